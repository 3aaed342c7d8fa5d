"""Labels and attrs as files hold them: all that a file cannot say goes into one record beside it.

NetCDF and Zarr hold numbers and text. Everything else that may describe responses (None, truth
values, mappings, dates, labels of several levels or kinds) is kept as JSON in the attribute
``neurosim_record`` and put back on reading; what cannot be kept is refused before any work is done.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from numbers import Integral, Real
from os import PathLike, fspath
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import Faults, InputError

__all__ = ["RECORD", "check_storable", "packed", "plain_labels", "unpacked"]

RECORD = "neurosim_record"
"""The attribute that holds the record."""

# names that NetCDF, Zarr and CF give a meaning of their own
_MEANING = {
    *("_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned", "dtype"),
    *("valid_min", "valid_max", "valid_range", "flag_values", "units", "calendar", "compress"),
    *("coordinates", "bounds", "grid_mapping", "cell_measures", "ancillary_variables"),
    *("formula_terms", "_ARRAY_DIMENSIONS", "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"),
    *("_NCProperties", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict"),
}
_LARGEST = 2**63
_DEEPEST = 20  # mappings within mappings


class _NotKept(ValueError):
    """A value that no file of ours can hold."""


def plain_labels(responses: xr.Dataset) -> xr.Dataset:
    """The same with labels of pandas' own kinds (categories, nullable numbers) as plain arrays."""
    plain: dict[str, Any] = {}
    for name, given in responses.coords.items():
        index = responses.indexes.get(name)
        if getattr(index, "nlevels", 1) > 1:
            continue  # and a level of it is plain in the end
        own = given.dtype if index is None else index.dtype
        if not isinstance(own, np.dtype) or not isinstance(given.dtype, np.dtype):
            values = _of_one_kind(list(np.asarray(given.values)))
            plain[str(name)] = (given.dims, values, given.attrs)
    return responses.assign_coords(plain) if plain else responses


def _of_one_kind(values: list[Any]) -> AnyArray:
    """Labels as an array of one dtype, or as they are."""
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    kinds = {type(value) for value in values}
    if len(kinds) == 1 and kinds <= {str, int, float, bool}:
        return np.array(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def check_storable(responses: xr.Dataset, faults: Faults) -> None:
    """Note what no file could hold, in labels and attrs, with its name."""
    for name in [*responses.variables, *responses.dims]:
        if not isinstance(name, str) or not name:
            faults.require(False, "names of variables and dimensions as text", repr(name))
    if RECORD in responses.attrs:
        faults.require(False, f"attrs without {RECORD}", "one", "files keep theirs there")
    for owner, attrs in _every_attrs(responses):
        for key, value in attrs.items():
            where = f"attrs of {owner}" if owner else "attrs"
            if not isinstance(key, str) or not key:
                faults.require(False, f"names in {where} as text", repr(key))
                continue
            try:
                _plain(value)
            except _NotKept as error:
                faults.require(
                    False, f"{where} as numbers, text, or lists of them", f"{key}: {error}"
                )
    for name, given in responses.variables.items():
        try:
            _labels(responses[name] if given.dtype.kind == "O" else given)
        except _NotKept as error:
            faults.require(False, f"{name} as numbers or text", str(error))


def packed(responses: xr.Dataset) -> xr.Dataset:
    """Responses that NetCDF and Zarr can hold, with the record of what they cannot.

    Examples
    --------
    >>> made = xr.Dataset(attrs={"anaesthetised": None, "eyes": ("left", "right"), "weight": 2.5})
    >>> sorted(packed(made).attrs)
    ['neurosim_record', 'weight']
    >>> unpacked(packed(made)).attrs == made.attrs
    True
    """
    levels = {
        str(dim): [str(name) for name in index.names]
        for dim, index in responses.indexes.items()
        if getattr(index, "nlevels", 1) > 1 and dim in responses.dims
    }
    data = responses.reset_index(list(levels)) if levels else responses.copy()
    labels, attrs = {}, {}
    for name in list(data.variables):
        variable = data[name].variable
        attrs[str(name)], kept = _divided(variable.attrs)
        stored, how = _labels(data[name])
        if how is not None:
            labels[str(name)] = how
        data[name] = (variable.dims, stored, kept)
    attrs[""], data.attrs = _divided(responses.attrs)
    names = {
        str(name): f"renamed_{k}"
        for k, name in enumerate([*data.variables, *(d for d in data.dims if d not in data)])
        if not _nameable(str(name))
    }
    record: dict[str, Any] = {
        "attrs": {owner: some for owner, some in attrs.items() if some},
        "labels": labels,
        "levels": levels,
        "names": {new: old for old, new in names.items()},
    }
    record["coords"] = sorted(map(str, data.coords))
    data = data.rename(names)
    data.attrs[RECORD] = json.dumps({key: some for key, some in record.items() if some})
    return data


def unpacked(stored: xr.Dataset) -> xr.Dataset:
    """Responses from what `packed` made of them.

    Raises
    ------
    InputError
        When the record is not one of ours.
    """
    if RECORD not in stored.attrs:
        return stored
    data = stored.copy()
    try:
        record = json.loads(data.attrs.pop(RECORD))
        data = data.rename(record.get("names", {}))
        for name, how in record.get("labels", {}).items():
            variable = data[name].variable
            data[name] = (variable.dims, _relabelled(variable.values, how), variable.attrs)
        for owner, some in record.get("attrs", {}).items():
            mine = data[owner].attrs if owner else data.attrs
            mine |= {key: _valued(value) for key, value in some.items()}
        coords = [name for name in record.get("coords", []) if name in data.variables]
        data = data.set_coords(coords)
        for dim, names in record.get("levels", {}).items():
            data = data.set_index({dim: names})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"responses: expected a record of ours in attrs ({reason})") from None
    return data


def _every_attrs(responses: xr.Dataset) -> list[tuple[str, Mapping[Any, Any]]]:
    own = [(str(name), each.attrs) for name, each in responses.variables.items()]
    return [("", responses.attrs), *own]


def _nameable(name: str) -> bool:
    """Whether it can be a variable's or attribute's name in any file."""
    return name.isprintable() and name.strip() == name and not set(name) & set("/\\.")


def _divided(attrs: Mapping[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes into the record, and what a file holds as it is."""
    record, kept = {}, {}
    for key, value in attrs.items():
        native = isinstance(value, str | int | float) and not isinstance(value, bool)
        if native and isinstance(value, str):
            native = bool(value) and value.isprintable()
        elif native and isinstance(value, int):
            native = -_LARGEST <= value < _LARGEST
        if native and key not in _MEANING and _nameable(key):
            kept[key] = value
        else:
            record[key] = _plain(value)
            if key == "units" and isinstance(value, str) and " since " not in value:
                kept[key] = value  # for other readers too
    return record, kept


def _plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON says it, with what it is where JSON has no such thing."""
    if depth > _DEEPEST:
        raise _NotKept("mappings or lists that hold themselves, or nearly")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "biu":
        return value.item()
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and not isinstance(value, np.longdouble):
        return float(value)
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        kind = "datetime" if isinstance(value, datetime) else "date"
        return {kind: value.isoformat()}
    if isinstance(value, timedelta):
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if (array.dtype.kind in "biufUmM" and array.dtype.itemsize <= 8) or array.dtype.kind == "U":
            numbers = array.view(np.int64) if array.dtype.kind in "mM" else array
            return {"array": [array.dtype.str, list(array.shape), numbers.ravel().tolist()]}
        raise _NotKept(f"an array of {array.dtype}")
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(each, depth + 1) for each in value]}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise _NotKept("a mapping whose names are no text")
        return {"mapping": {key: _plain(each, depth + 1) for key, each in value.items()}}
    if isinstance(value, PathLike):
        return fspath(value)
    raise _NotKept(f"a {type(value).__name__}")


def _valued(said: Any) -> Any:
    """The value that `_plain` said."""
    if isinstance(said, list):
        return [_valued(each) for each in said]
    if not isinstance(said, dict):
        return said
    ((kind, held),) = said.items()
    if kind == "tuple":
        return tuple(_valued(each) for each in held)
    if kind == "mapping":
        return {key: _valued(each) for key, each in held.items()}
    if kind == "array":
        dtype, shape, values = held
        known = np.dtype(dtype)
        array = np.array(values, np.int64 if known.kind in "mM" else known)
        array = (array.view(known) if known.kind in "mM" else array).reshape(shape)
        return array if shape else array[()]
    if kind == "bytes":
        return base64.b64decode(held)
    if kind == "timedelta":
        return timedelta(*held)
    return {"datetime": datetime, "date": date}[kind].fromisoformat(held)


def _labels(given: xr.DataArray | xr.Variable) -> tuple[AnyArray, Any]:
    """Values as a file holds them, and what says how they were; None where they are the same."""
    values = np.asarray(given.values)
    kind = values.dtype.kind
    if kind in "iuf" and values.dtype.itemsize <= 8:
        return (
            (values.astype(np.float32), values.dtype.str)
            if values.dtype == "f2"
            else (values, None)
        )
    if kind == "b":
        return values.astype(np.int8), values.dtype.str
    if kind in "mM":
        return values.view(np.int64), values.dtype.str
    if kind == "S":
        return values.astype("U").astype(object), values.dtype.str
    if kind in "UT" or (kind == "O" and all(isinstance(each, str) for each in values.flat)):
        if all(each.isprintable() and each for each in values.flat):
            return values.astype(object), None
        return _numbered(values), _plain([str(each) for each in values.flat])
    if kind == "O":
        index = given.to_index() if given.ndim == 1 else None
        for level in getattr(index, "levels", []):
            _labels(xr.Variable("level", np.asarray(level)))
        return _numbered(values), None if hasattr(index, "levels") else _plain(list(values.flat))
    raise _NotKept(f"labels of {values.dtype}")


def _numbered(values: AnyArray) -> AnyArray:
    """A stand-in for labels that only the record holds."""
    return np.arange(values.size).reshape(values.shape)


def _relabelled(values: AnyArray, how: Any) -> AnyArray:
    """Labels as they were."""
    if isinstance(how, str):
        dtype = np.dtype(how)
        if dtype.kind == "S":
            return values.astype(object).astype("U").astype("S")
        return values.astype(np.int64).view(dtype) if dtype.kind in "mM" else values.astype(dtype)
    labels = [_valued(each) for each in how]
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array.reshape(values.shape)
