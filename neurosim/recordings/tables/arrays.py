"""MATLAB and NumPy files of named arrays: a vector per column, or a struct of trials.

Nothing in them is executed or unpickled. Sizes that a file declares are checked before anything is
read, so that a few damaged bytes do not ask for all memory.
"""

from __future__ import annotations

import io
import json
import math
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.base.arrays import AnyArray
from neurosim.base.child_processes import child_settings, end_child, own_process
from neurosim.base.errors import Faults, InputError
from neurosim.base.messages import received
from neurosim.recordings.tables.mat_program import joined

__all__ = ["arrays_of", "columns_of"]

_MOST = 2**30  # bytes that a file's arrays may take
_LONGEST = 300.0  # s for a MATLAB file


def arrays_of(path: Path) -> dict[str, Any]:
    """Every array of a .npz or .mat file (v5 to v7.3) by its name; structs by dotted names.

    Raises
    ------
    InputError
        When it cannot be read, or holds objects, or more than 1 GiB.
    """
    read = _npz if path.suffix.lower() == ".npz" else _mat73 if _is_hdf5(path) else _mat5
    try:
        return dict(read(path))
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  # the readers raise anything for broken files
        kind = "NumPy's .npz" if read is _npz else "a MATLAB file"
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path}: cannot be read as {kind} ({reason})") from None


def columns_of(path: Path) -> dict[str, list[Any]]:
    """The vectors of a file that are as long as most of them, as columns of a table.

    Raises
    ------
    InputError
        When there are none, or several lengths are as frequent.
    """
    vectors = {}
    for name, array in arrays_of(path).items():
        flat = np.asarray(array)
        if flat.ndim == 1 or (flat.ndim == 2 and 1 in flat.shape):
            vectors[name] = flat.ravel()
    lengths = [each.size for each in vectors.values() if each.size > 1]
    often = {length: lengths.count(length) for length in lengths}
    longest = [length for length, many in often.items() if many == max(often.values())]
    faults = Faults(str(path))
    told = ", ".join(f"{name} {each.size}" for name, each in vectors.items()) or "none"
    faults.require(len(longest) == 1, "vectors with a value per trial, all of one length", told)
    faults.stop()
    return {name: each.tolist() for name, each in vectors.items() if each.size == longest[0]}


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(512)
        return b"\x89HDF\r\n\x1a\n" in (start, file.read(8))


def _refuse_large(path: Path, size: float) -> None:
    faults = Faults(str(path))
    faults.require(size <= _MOST, "arrays of up to 1 GiB", f"{size / 2**30:.3g} GiB")
    faults.stop()


def _npz(path: Path) -> Iterator[tuple[str, AnyArray]]:
    with zipfile.ZipFile(path) as archive:
        _refuse_large(path, sum(each.file_size for each in archive.infolist()))
        for each in archive.infolist():
            with archive.open(each) as file:
                version = np.lib.format.read_magic(file)  # type: ignore[no-untyped-call]
                of = {(1, 0): "1_0", (2, 0): "2_0"}.get(version)
                if of is None:
                    raise InputError(f"{path}: {each.filename} is of another version of NumPy's")
                shape, _, dtype = getattr(np.lib.format, f"read_array_header_{of}")(file)
            if dtype.hasobject:
                raise InputError(
                    f"{path}: expected numbers and text, got Python objects in {each.filename} "
                    "(save text as arrays of str)"
                )
            _refuse_large(path, math.prod(shape) * dtype.itemsize)
    with np.load(path, allow_pickle=False) as found:
        for name in found.files:
            yield name, found[name]


def _mat5(path: Path) -> Iterator[tuple[str, Any]]:
    """By a process of its own, as SciPy's reader can crash over a damaged file."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            own_process("neurosim.recordings.tables.mat_program", str(path.absolute())),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            **child_settings(),
        )
        late = threading.Timer(_LONGEST, end_child, [process])
        late.start()
        try:
            reply = process.communicate()[0]
        finally:
            late.cancel()
            end_child(process)
        said.seek(0)
        words = said.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        crashed = process.returncode < 0 or not words
        raise ValueError("its reader crashed" if crashed else words[-1])
    text, arrays = received(io.BytesIO(reply))
    for name, kept in json.loads(text):
        if kept is None:
            yield name, arrays[name]
        elif isinstance(kept, str):
            raise InputError(f"{path}: {name} {kept}")
        else:
            found = np.empty(len(kept), dtype=object)
            found[:] = kept
            yield name, found


def _mat73(path: Path) -> Iterator[tuple[str, Any]]:
    import h5py

    with h5py.File(path, "r") as file:
        total = 0.0
        for key in file:
            name = key if isinstance(key, str) else key.decode(errors="replace")
            if name != "#refs#" and name != "#subsystem#":
                for found, array in _of_hdf5(path, file, name, file[key], 0):
                    total += np.asarray(array).nbytes
                    _refuse_large(path, total)
                    yield found, array


def _of_hdf5(path: Path, file: Any, name: str, item: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """A variable of v7.3: datasets with their dimensions turned, groups as structs."""
    if depth > 8:
        raise InputError(f"{path}: {name} holds structs within structs within structs")
    if hasattr(item, "keys"):
        for key in item:
            field = key if isinstance(key, str) else key.decode(errors="replace")
            yield from _of_hdf5(path, file, f"{name}.{field}", item[key], depth + 1)
        return
    _refuse_large(path, math.prod(item.shape) * item.dtype.itemsize)
    kind = item.attrs.get("MATLAB_class", b"").decode(errors="replace")
    if item.attrs.get("MATLAB_empty", 0):
        yield name, np.zeros(0)
    elif item.dtype.kind == "O" or kind == "cell":
        values = [_cell(file[reference]) for reference in item[()].ravel()]
        yield name, joined(values)
    elif kind in ("double", "single", "logical", "") or kind.startswith(("int", "uint")):
        yield name, item[()].T
    elif kind == "char":
        yield name, np.array([_text(item)])
    else:
        raise InputError(
            f"{path}: {name} is an object of MATLAB's ({kind}; strings: save cellstr(x))"
        )


def _cell(item: Any) -> Any:
    if item.attrs.get("MATLAB_class", b"") == b"char":
        return "" if item.attrs.get("MATLAB_empty", 0) else _text(item)
    return item[()].T


def _text(item: Any) -> str:
    return "".join(chr(code) for code in np.asarray(item[()]).ravel(order="F").tolist())
