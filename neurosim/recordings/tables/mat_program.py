"""Reads a MATLAB file (v5) and sends its arrays; a program: PATH.

Standard output gets a list of names, each with its values where they are no plain array, and the
plain arrays.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["joined", "sent"]

_MOST = 2**30  # bytes


class _Refused(str):
    """Why a variable is not read."""


def sent(path: str, sink: Any) -> None:
    """Read a file and send what is in it."""
    from scipy.io import loadmat, whosmat

    from neurosim.base.messages import send

    size = sum(math.prod(shape) for _, shape, _ in whosmat(path))
    if 8 * size > _MOST:
        raise ValueError(f"it says that it holds {size:.3g} values")
    found = loadmat(path, squeeze_me=False, struct_as_record=True, chars_as_strings=True)
    names: list[tuple[str, Any]] = []
    arrays = {}
    for variable, value in found.items():
        if variable.startswith("__"):
            continue
        for name, each in _unfolded(variable, value):
            if isinstance(each, _Refused):
                names.append((name, str(each)))
            elif np.asarray(each).dtype.kind in "biufcU":
                names.append((name, None))
                arrays[name] = np.asarray(each)
            else:
                names.append((name, [_plain(one) for one in np.ravel(each)]))
    send(sink, json.dumps(names), arrays)


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _unfolded(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A variable of MATLAB's, its structs by dotted names and its cells as text or numbers."""
    array = np.asarray(value)
    if type(value).__name__ in ("MatlabOpaque", "MatlabFunction", "MatlabObject"):
        yield (
            name,
            _Refused(
                "is an object of MATLAB's (strings: save cellstr(x); tables: save table2struct(x, "
                "ToScalar=true))"
            ),
        )
        return
    if array.dtype.names:
        for field in array.dtype.names:
            yield from _unfolded(f"{name}.{field}", joined(array[field].ravel()))
    elif array.dtype == object:
        yield name, joined(array.ravel())
    elif array.dtype.kind == "U":
        yield name, np.array([str(each).rstrip() for each in array.ravel()])
    else:
        yield name, array


def joined(cells: Any) -> Any:
    """Values of a struct array's field or of a cell array: one value each, or one array alone."""
    if len(cells) == 1:
        return cells[0]
    values = []
    for each in cells:
        flat = np.asarray(each).ravel()
        while flat.dtype == object and flat.size == 1:
            flat = np.asarray(flat[0]).ravel()
        if flat.size > 1 or flat.dtype.names:
            return np.zeros((0, 0))  # not one value per trial: no column
        values.append(flat[0] if flat.size else None)
    if all(isinstance(v, str) for v in values):
        return np.array([str(v) for v in values])
    found = np.empty(len(values), dtype=object)
    found[:] = [v.item() if isinstance(v, np.generic) else v for v in values]
    return found


if __name__ == "__main__":
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints goes to standard error
    try:
        sent(sys.argv[1], pipe)
        pipe.close()
    except Exception as error:  # noqa: BLE001  # the reader raises anything for broken files
        print(" ".join(f"{error}".split())[:200] or type(error).__name__, file=sys.stderr)
        sys.exit(1)
