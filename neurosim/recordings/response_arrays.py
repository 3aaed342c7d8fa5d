"""Responses as named arrays, for MATLAB (.mat, v5) and NumPy (.npz), and back."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import Faults, InputError
from neurosim.base.files import path_of
from neurosim.data.responses import check_responses, responses_from_counts
from neurosim.data.storable import RECORD, packed, unpacked
from neurosim.recordings.tables.arrays import arrays_of
from neurosim.recordings.tables.table import file_source

__all__ = ["responses_from_arrays", "responses_to_arrays"]

_KINDS = (".mat", ".npz")
_ABOUT = "neurosim"  # the array that says what the others are, as JSON


def responses_to_arrays(responses: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write responses as named arrays; whole or not at all.

    In MATLAB ``load("responses.mat")`` gives drive (stimulus, cell), count (stimulus, cell, trial),
    trials, duration, and every coordinate; `responses_from_arrays` gives the responses back.

    Parameters
    ----------
    responses : Dataset
    path : path
        Ends in .mat or .npz.

    Raises
    ------
    InputError
        When they are no responses, or the path is another.

    Examples
    --------
    >>> import tempfile
    >>> made = responses_from_counts([0, 1], [[3], [9]], 0.5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     responses_to_arrays(made, f"{folder}/responses.mat")
    ...     responses_from_arrays(f"{folder}/responses.mat").identical(made)
    True
    """
    path = path_of(path, "responses_to_arrays")
    faults = Faults(str(path))
    faults.require(path.suffix.lower() in _KINDS, "a path that ends in .mat or .npz", path.suffix)
    faults.require(path.parent.is_dir(), "a folder that is there", path.parent)
    faults.require(not path.is_dir(), "a file", "a folder")
    faults.stop()
    data = packed(check_responses(responses))
    about: dict[str, Any] = {
        "attrs": data.attrs,
        "dims": {str(name): list(map(str, each.dims)) for name, each in data.variables.items()},
        "coords": list(map(str, data.coords)),
        "of": {str(name): each.attrs for name, each in data.variables.items()},
        "names": {f"v{k}": str(name) for k, name in enumerate(data.variables)},
    }
    plain = {str(name): key for key, name in about["names"].items() if not _plain_name(str(name))}
    arrays = {
        plain.get(str(name), str(name)): _stored(each.values)
        for name, each in data.variables.items()
    }
    arrays[_ABOUT] = np.array(json.dumps(about))
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
        whole = Path(scratch) / path.name
        if path.suffix.lower() == ".npz":
            np.savez_compressed(whole, allow_pickle=False, **arrays)
        else:
            from scipy.io import savemat

            savemat(whole, arrays, do_compression=True, long_field_names=True)
        os.replace(whole, path)


def responses_from_arrays(
    path: str | os.PathLike[str],
    *,
    x: str = "drive",
    count: str = "count",
    duration: Any = "duration",
    trials: str | None = None,
    unit: str = "1",
) -> xr.Dataset:
    """Responses from a MATLAB (v5 to v7.3) or NumPy file of arrays by stimulus, cell and trial.

    One value per trial, in vectors or a struct of trials, is a table: `responses_from_table` takes
    such files too.

    Parameters
    ----------
    path : path
        Ends in .mat or .npz. Of one that `responses_to_arrays` wrote nothing needs to be said.
    x : str
        Name of the array of the stimulus variable that drives, (stimulus,) or (stimulus, cell).
        Fields of structs have dotted names.
    count : str
        Of the spikes, (stimulus, cell, trial); padded with NaN where repeats are unequal.
    duration : str, float or quantity
        Name of an array, or the time itself, s.
    trials : str, optional
        Name of the number of trials of each condition.
    unit : str
        Of x.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        Naming everything that cannot be.
    """
    path = path_of(path, "responses_from_arrays")
    faults = Faults(str(path))
    faults.require(path.suffix.lower() in _KINDS, "a path that ends in .mat or .npz", path.suffix)
    for name, text in (("x", x), ("count", count), ("trials", trials or ""), ("unit", unit)):
        faults.kind(name, text, str, "text")
    faults.stop()
    source = file_source(path)
    found = arrays_of(path)
    if _ABOUT in found:
        return _ours(path, found)
    named = {"x": x, "count": count} | ({"trials": trials} if trials else {})
    if isinstance(duration, str) and (duration in found or not duration[:1].isdigit()):
        named["duration"] = duration
    there = ", ".join(found) or "none"
    for role, name in named.items():
        faults.require(name in found, f"an array {name!r} for {role}", f"arrays {there}")
    faults.stop()
    drive = np.asarray(found[x], dtype=float)
    spikes = np.asarray(found[count])
    drive = drive.ravel() if 1 in drive.shape else drive
    seconds: Any = np.squeeze(found[named["duration"]]) if "duration" in named else duration
    exist = None if trials is None else np.asarray(found[trials])
    spikes = spikes[:, :, None] if spikes.ndim == 2 and drive.ndim == 2 else spikes
    attrs = {"source": "recorded spike counts", **source}
    return responses_from_counts(drive, spikes, seconds, exist, unit, attrs)


def _ours(path: Path, found: dict[str, Any]) -> xr.Dataset:
    """What `responses_to_arrays` wrote."""
    try:
        about = json.loads(str(np.ravel(found[_ABOUT])[0]))
        plain = {name: key for key, name in about["names"].items() if not _plain_name(name)}
        variables = {}
        for name, dims in about["dims"].items():
            array = np.asarray(found[plain.get(name, name)])
            variables[name] = (dims, array, about["of"][name])
        sizes = _sizes(variables)
        shaped = {
            name: (dims, np.reshape(array, [sizes[dim] for dim in dims]), attrs)
            for name, (dims, array, attrs) in variables.items()
        }
        data = xr.Dataset(shaped, attrs=about["attrs"])
        data = data.set_coords([name for name in about["coords"] if name in data])
        if RECORD not in data.attrs:
            raise ValueError("no record")
        return check_responses(unpacked(data))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: expected arrays that neurosim wrote ({reason})") from None


def _sizes(variables: dict[str, tuple[list[str], AnyArray, Any]]) -> dict[str, int]:
    """The length of every dimension: MATLAB keeps no arrays of one dimension, nor ends of 1."""
    sizes: dict[str, int] = {}
    for dims, array, _ in variables.values():
        if len(dims) == 1:
            sizes[dims[0]] = array.size
    for dims, array, _ in variables.values():
        if len(dims) == array.ndim:
            for dim, size in zip(dims, array.shape, strict=True):
                sizes.setdefault(dim, size)
    return {dim: sizes.get(dim, 1) for dims, _, _ in variables.values() for dim in dims}


def _plain_name(name: str) -> bool:
    """Whether MATLAB takes it for a variable."""
    return name.isidentifier() and name.isascii() and not name.startswith("_") and len(name) < 60


def _stored(values: AnyArray) -> AnyArray:
    """Text as text of a fixed length, which needs no pickle."""
    if values.dtype.kind in "OT":
        return np.array([str(each) for each in values.ravel()]).reshape(values.shape)
    return values
