"""What decides which rectifier a simulated cell is: noise, and the distance to its threshold.

The cell's membrane is known there, so that what was fitted can be set against it: a noise-smoothed
threshold describes rates by an effective threshold and noise, which are not the membrane's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Array, Flags

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PAIR", "Cut", "Membrane", "best_cut", "effective_parameters", "membrane", "squared_cut"]

_LABELS = ("noise_sd", "v_rest", "v_threshold", "gain")
PAIR = ("half-squared", "thresholded half-wave")
"""The rectifiers that noise decides between: above the cut, below it."""
_FEWEST = 4  # cells on each side of a cut; of fewer nothing is said


class Membrane(NamedTuple):
    """What is known of simulated cells; (cell,) each.

    Attributes
    ----------
    noise : array
        Standard deviation of the free potential, mV.
    distance : array
        From rest, with the baseline, to threshold, mV.
    gain : array
        mV for a unit of drive.
    """

    noise: Array
    distance: Array
    gain: Array


def membrane(responses: xr.Dataset) -> Membrane | None:
    """The membrane of simulated cells; None where the responses do not say it.

    Parameters
    ----------
    responses : Dataset
        See `neurosim.simulate`.
    """
    if not set(_LABELS) <= set(responses.coords):
        return None
    known = {name: np.asarray(responses[name].values, dtype=float) for name in _LABELS}
    known["baseline"] = np.asarray(responses.get("baseline", 0.0), dtype=float)
    if any(each.ndim > 1 for each in known.values()):
        return None
    each = np.broadcast_arrays(
        known["noise_sd"],
        known["v_threshold"] - known["v_rest"] - known["baseline"],
        known["gain"],
        np.empty(responses.sizes["cell"]),
    )
    return Membrane(*each[:3])


class Cut(NamedTuple):
    """Where one kind of cell gives way to another.

    Attributes
    ----------
    at : float
    above, below : int
        Cells on each side.
    right_above, right_below : int
        Of them, those that are as the side says.
    """

    at: float
    above: int
    below: int
    right_above: int
    right_below: int


def best_cut(along: Array, upper: Flags) -> Cut | None:
    """The value that parts two kinds of cells with the fewest on the wrong side.

    Parameters
    ----------
    along : array (cell,)
    upper : bool array (cell,)
        Cells of the kind that is to be above.

    Returns
    -------
    Cut or None
        Halfway between the cells next to it, and in the middle of equals; None where cells are
        few on a side, or a cut says no more than the commoner kind does.

    Examples
    --------
    >>> best_cut(np.arange(10.0), np.arange(10) > 4)
    Cut(at=4.5, above=5, below=5, right_above=5, right_below=5)
    """
    known = np.isfinite(along)
    order = np.argsort(along[known], kind="stable")
    values, kinds = along[known][order], upper[known][order]
    below = np.concatenate([[0], np.cumsum(~kinds)])  # right ones, of the first so many
    right = below + kinds.sum() - np.concatenate([[0], np.cumsum(kinds)])
    places = np.arange(_FEWEST, values.size - _FEWEST + 1)
    places = places[values[places - 1] < values[np.minimum(places, values.size - 1)]]
    if places.size == 0 or right[places].max() <= max(kinds.sum(), (~kinds).sum()):
        return None
    best = places[right[places] == right[places].max()]
    at = int(best[best.size // 2])
    cut = (values[at - 1] + values[at]) / 2
    return Cut(float(cut), values.size - at, at, int(right[at] - below[at]), int(below[at]))


def squared_cut(fits: Sequence[Fit], known: Membrane | None) -> Cut | None:
    """How many noise SDs from rest to threshold part cells nearer half-squared from those nearer
    a thresholded half-wave; None where that does not part them, these are not compared, or the
    membrane is not known."""
    names = [each.rectifier.name for each in fits]
    if known is None or not set(PAIR) <= set(names) or not (known.noise > 0).all():
        return None
    above, below = (fits[names.index(name)].aic for name in PAIR)
    return best_cut(known.distance / known.noise, above < below)


def effective_parameters(fits: Sequence[Fit], known: Membrane | None) -> pd.DataFrame:
    """Threshold and noise of every cell as fitted by a mechanistic rectifier, beside the
    membrane's own, in units of the drive; a row per cell and parameter.

    Parameters
    ----------
    fits : sequence of Fit
    known : Membrane, optional
        Without it the table is empty.
    """
    import pandas as pd

    columns = ["cell", "rectifier", "parameter", "unit", "membrane", "effective", "low", "high"]
    rows: list[pd.DataFrame] = []
    for each in fits if known is not None else ():
        names = each.rectifier.parameter_names
        if not each.rectifier.mechanistic or not {"threshold", "noise"} <= set(names):
            continue
        assert known is not None
        own = {"threshold": known.distance / known.gain, "noise": known.noise / known.gain}
        for name, true in own.items():
            k = names.index(name)
            found = (each.values[:, k], each.intervals.low[:, k], each.intervals.high[:, k])
            unit = each.rectifier.units(each.drive_unit)[name]
            said = (each.cells, each.rectifier.name, f"effective {name}", unit)
            values = dict(zip(columns, (*said, true, *found), strict=True))
            rows.append(pd.DataFrame(values))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
