"""A cell by what it is called."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import Faults

__all__ = ["place_of_cell", "where_not_finite"]

_SHOWN = 8  # labels that a message lists
_FEW = 3  # values


def place_of_cell(labels: AnyArray, cell: Any, faults: Faults) -> int:
    """Where a cell stands among others, by its label as everything printed shows it.

    Parameters
    ----------
    labels : array (cell,)
    cell : label, or its text
        None is the first. A number is a label, never a place: the third of all is ``labels[2]``.
    faults : Faults
        In which a label that none has is noted, and one that several have.

    Examples
    --------
    >>> labels = np.array(["probe A, 1.10", "probe A, 1.2"])
    >>> faults = Faults("Fit.plot")
    >>> place_of_cell(labels, "probe A, 1.2", faults), place_of_cell(labels, None, faults)
    (1, 0)
    >>> _ = place_of_cell(labels, 1, faults)
    >>> faults.stop()
    Traceback (most recent call last):
    neurosim.base.errors.InputError: Fit.plot: expected cell as a label, got 1 (cells: \
probe A, 1.10; probe A, 1.2)
    """
    if cell is None:
        return 0
    every = labels.tolist()
    number = isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool | np.bool_)
    place = [k for k, label in enumerate(every) if _is(label, cell, number)]
    place = place or [k for k, label in enumerate(every) if not number and str(label) == str(cell)]
    if len(place) == 1:
        return place[0]
    names = [str(label) for label in every]
    near = get_close_matches(str(cell), names, _SHOWN) if not number else []
    shown = near or names[:_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    what = "cell as a label that one has" if place else "cell as a label"
    faults.require(False, what, cell, f"cells: {'; '.join(shown)}{more}")
    return 0


def where_not_finite(given: xr.DataArray) -> str:
    """The first values that are NaN or infinite, and where: cells by their labels, stimuli and
    others by their places.

    Examples
    --------
    >>> drive = xr.DataArray([[0.5, 1], [np.nan, 0]], {"cell": ["a", "b"]}, ("stimulus", "cell"))
    >>> where_not_finite(drive)
    'nan at stimulus 1, cell a'
    """
    values = given.values
    bad = np.argwhere(~np.isfinite(values))
    labels = given["cell"].values if "cell" in given.coords else None

    def told(place: AnyArray) -> str:
        named = [
            f"{dim} {labels[k] if dim == 'cell' and labels is not None else k}"
            for dim, k in zip(given.dims, place.tolist(), strict=True)
        ]
        return f"{values[tuple(place)]} at {', '.join(named)}"

    more = f" and {len(bad) - _FEW} more" if len(bad) > _FEW else ""
    return "; ".join(told(place) for place in bad[:_FEW]) + more


def _is(label: Any, cell: Any, number: bool) -> bool:
    """Whether a label is the one given, as a value of its kind."""
    if isinstance(label, str) or isinstance(cell, str):
        return isinstance(label, str) and isinstance(cell, str) and label == cell
    if isinstance(label, tuple) or isinstance(cell, tuple):
        return bool(label == cell)
    return number and bool(label == cell)
