"""Responses on disk: NetCDF (one file) or Zarr (a folder), each with a digest of all its bytes.

A NetCDF file of ours ends in a line with the SHA-256 of what stands before it, which other readers
pass over; a Zarr store of ours holds a list of its files with theirs. Both are verified before
anything is parsed, as HDF5 reads a flipped byte without a word and can loop over another for ever.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xarray as xr

from neurosim.base.errors import InputError
from neurosim.base.extras import needs
from neurosim.base.files import path_of, regular_file
from neurosim.data.responses import check_responses
from neurosim.data.storable import RECORD, packed, unpacked

__all__ = ["load_responses", "save_responses"]

_LINE = re.compile(rb"\n# neurosim: SHA-256 of the bytes before this line ([0-9a-f]{64})\n\Z")
_LINE_SIZE = len(b"\n# neurosim: SHA-256 of the bytes before this line \n") + 64
_LIST = "sha256sums.txt"  # of a Zarr store: hash and path, a line a file, as sha256sum writes them
_NETCDF, _ZARR = (".nc", ".nc4", ".cdf", ".netcdf", ".h5", ".hdf5"), ".zarr"
_DAMAGED = "it is damaged: its bytes are not those that were written (use a copy)"


def save_responses(responses: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write responses as NetCDF, or as Zarr where the name ends in .zarr; whole or not at all.

    What is read back equals what was written. Labels and attrs may be numbers, text, dates, truth
    values, None, and lists, tuples and mappings of them; what a file cannot say stands in the
    attribute ``neurosim_record``.

    Parameters
    ----------
    responses : Dataset
    path : path
        Ends in .nc (or another name of NetCDF or HDF5), or in .zarr (needs the ``zarr`` extra).

    Raises
    ------
    InputError
        When they are no responses, or there is no such folder, or something else in the way.

    Examples
    --------
    >>> import tempfile
    >>> from neurosim import responses_from_counts
    >>> made = responses_from_counts([0, 1], [[3], [9]], 0.5, attrs={"animal": None})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_responses(made, f"{folder}/responses.nc")
    ...     load_responses(f"{folder}/responses.nc").identical(made)
    True
    """
    path = path_of(path, "save_responses")
    responses = check_responses(responses)
    kind = path.suffix.lower()
    if kind not in (*_NETCDF, _ZARR):
        raise InputError(f"{path}: expected a file that ends in .nc, or a folder in .zarr")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    if kind == _ZARR:
        ours = (path / _LIST).is_file() or (path.is_dir() and not any(path.iterdir()))
        if path.exists() and not ours:
            raise InputError(f"{path}: expected a Zarr store of ours, got something else there")
    elif path.is_dir():
        raise InputError(f"{path}: expected a file, got a folder")
    elif path.exists():
        regular_file(path)
    write = _write_zarr if kind == _ZARR else _write_netcdf
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
            whole = Path(scratch) / path.name
            write(packed(responses), whole)
            if path.is_dir():  # a folder cannot take another's place at once
                os.replace(path, Path(scratch) / "before")
            os.replace(whole, path)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    except (TypeError, ValueError) as error:  # variables beside ours may be anything
        raise InputError(f"{path}: cannot be written ({' '.join(str(error).split())})") from None


def load_responses(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read responses that `save_responses` wrote, or another NetCDF file or Zarr store of them.

    Parameters
    ----------
    path : path
        A file, or the folder of a Zarr store.

    Raises
    ------
    InputError
        When it is missing, damaged, neither NetCDF nor Zarr, or does not hold responses.

    Examples
    --------
    >>> load_responses("absent.nc")
    Traceback (most recent call last):
    neurosim.base.errors.InputError: absent.nc: there is no such file
    """
    path = path_of(path, "load_responses")
    if path.is_dir():
        _verify_store(path)
        return _read(path, "Zarr", lambda: _open_zarr(path))
    _verify_file(path)
    return _read(path, "NetCDF", lambda: xr.open_dataset(path, engine="h5netcdf", decode_cf=False))


def _read(path: Path, kind: str, opened: Callable[[], xr.Dataset]) -> xr.Dataset:
    """What a file holds, checked; whatever its reader raises is one line with its name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of readers, about what is checked here
            with opened() as stored:
                data = stored.load()
            ours = RECORD in data.attrs
            # ours says itself what its numbers mean; others may pack them, or count days
            data = unpacked(_bare(data)) if ours else xr.decode_cf(data)
            return check_responses(data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except RecursionError:
        raise InputError(f"{path}: cannot be read as {kind} (too deep)") from None
    except Exception as error:  # noqa: BLE001  # HDF5's and Zarr's readers raise anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path}: cannot be read as {kind} ({reason})") from None


def _bare(data: xr.Dataset) -> xr.Dataset:
    """Without what xarray wrote beside our attrs."""
    for attrs in (data.attrs, *(variable.attrs for variable in data.variables.values())):
        for name in ("_FillValue", "coordinates"):
            attrs.pop(name, None)
    return data


def _unfilled(data: xr.Dataset) -> dict[str, dict[str, Any]]:
    """How variables are written: as they are, nothing standing for what is missing."""
    numbers = [name for name, each in data.variables.items() if each.dtype.kind in "fiu"]
    return {str(name): {"_FillValue": None} for name in numbers}


def _write_netcdf(data: xr.Dataset, whole: Path) -> None:
    how = _unfilled(data)
    for name in ("drive", "count"):
        how[name] |= {"zlib": True}
    data.to_netcdf(whole, engine="h5netcdf", encoding=how)
    digest = _hash(whole, whole.stat().st_size)
    with whole.open("ab") as file:
        file.write(b"\n# neurosim: SHA-256 of the bytes before this line %s\n" % digest.encode())
        file.flush()
        os.fsync(file.fileno())


def _verify_file(path: Path) -> None:
    """Refuse a file of ours whose bytes are others than its last line says."""
    regular_file(path)
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            file.seek(max(size - _LINE_SIZE, 0))
            said = _LINE.match(file.read())
            if said is None:
                if size and _says_record(file):  # ours have a line: it is cut or changed
                    raise InputError(f"{path}: {_DAMAGED}")
                return
        if _hash(path, size - _LINE_SIZE) != said[1].decode():
            raise InputError(f"{path}: {_DAMAGED}")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def _says_record(file: Any) -> bool:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(RECORD.encode()) >= 0


def _hash(path: Path, size: int) -> str:
    """SHA-256 of the first bytes of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (part := file.read(min(size, 1 << 20))):
            digest.update(part)
            size -= len(part)
    return digest.hexdigest()


def _zarr(path: Path) -> None:
    try:
        import zarr  # noqa: F401
    except ImportError:
        raise InputError(f"{path}: Zarr {needs('zarr', 'zarr')}") from None


def _write_zarr(data: xr.Dataset, whole: Path) -> None:
    _zarr(whole)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.to_zarr(whole, encoding=_unfilled(data), zarr_format=2, consolidated=True)
    text = "".join(_listed(file, whole) for file in _files(whole))
    text += f"{hashlib.sha256(text.encode()).hexdigest()}  {_LIST}\n"
    (whole / _LIST).write_text(text)


def _files(store: Path) -> list[Path]:
    return sorted(path for path in store.rglob("*") if not path.is_dir())


def _listed(file: Path, store: Path) -> str:
    """A file's line in the list."""
    return f"{_hash(file, file.stat().st_size)}  {file.relative_to(store).as_posix()}\n"


def _verify_store(path: Path) -> None:
    """Refuse a store of ours whose files are others than its list says."""
    _zarr(path)
    found = _files(path)
    for file in found:
        regular_file(file)
    listed = path / _LIST
    if listed not in found:
        record = RECORD.encode()
        meta = [p for p in found if p.name in (".zattrs", ".zmetadata", "zarr.json")]
        if any(record in file.read_bytes() for file in meta):
            raise InputError(f"{path}: {_DAMAGED}")
        return
    text = listed.read_bytes()
    lines = text.splitlines(keepends=True)
    said = b"".join(lines[:-1])
    last = f"{hashlib.sha256(said).hexdigest()}  {_LIST}\n".encode()
    now = [_listed(file, path).encode() for file in found if file != listed]
    if lines[-1:] != [last] or lines[:-1] != now:
        raise InputError(f"{path}: {_DAMAGED}")


def _open_zarr(path: Path) -> xr.Dataset:
    opened: xr.Dataset = xr.open_zarr(path, decode_cf=False, chunks=None)
    return opened
