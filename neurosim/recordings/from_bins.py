"""Responses from counts in bins of time, beside a stimulus that changes through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults
from neurosim.base.units import in_unit
from neurosim.data.responses import responses_from_counts

__all__ = ["responses_from_bins"]

_FEWEST = 2  # conditions


def responses_from_bins(
    x: ArrayLike,
    counts: ArrayLike,
    bin_width: Any,
    *,
    edges: ArrayLike | None = None,
    equal_numbers: int | None = None,
    lag: int = 0,
    drop_missing: bool = False,
    unit: str = "1",
) -> xr.Dataset:
    """Responses from a movie or another continuous stimulus: bins of time are trials.

    Bins whose x is alike are trials of one condition, whose drive is the mean of their x. Bins that
    follow one another are not independent where the stimulus, or the cell's excitability, changes
    slowly: intervals are then too narrow, and a wider bin or every second one is the honest choice.

    Parameters
    ----------
    x : array (bin,) or (bin, cell)
        The stimulus variable in each bin of time; its own for each cell where they differ.
    counts : int array (bin,) or (bin, cell)
        Spikes in each.
    bin_width : float or quantity
        Of time, s.
    edges : array, optional
        Of conditions, in order: a bin of time belongs to the condition whose edges its x lies
        between, the lower included, and the highest too; others are left out and counted in attrs.
    equal_numbers : int, optional
        So many conditions, each of as many bins of time. Default: every value of x is one.
    lag : int
        Bins by which spikes follow the stimulus.
    drop_missing : bool
        Leave out bins whose x is NaN. Default: they are refused.
    unit : str
        Of x.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`; attrs say how x was binned.

    Raises
    ------
    InputError
        Naming everything that cannot be.

    Examples
    --------
    >>> made = responses_from_bins([0.1, 0.3, 0.2, 0.4], [1, 4, 2, 7], "20 ms", equal_numbers=2)
    >>> made["drive"].values.ravel(), made["count"].values[:, 0].tolist()
    (array([0.15, 0.35]), [[1, 2], [4, 7]])
    """
    faults = Faults("responses_from_bins")
    drive, spikes = faults.numbers("x", x), faults.numbers("counts", counts)
    lag = faults.whole("lag", lag, 0, max(len(np.atleast_1d(drive)) - 1, 0))
    drop = faults.flag("drop_missing", drop_missing)
    one_way = edges is None or equal_numbers is None
    faults.require(one_way, "either edges or equal_numbers", "both")
    faults.stop()
    spikes = spikes[:, None] if spikes.ndim == 1 else spikes
    drive = drive[:, None] if drive.ndim == 1 else drive
    shaped = drive.ndim == spikes.ndim == 2 and len(drive) == len(spikes)
    shaped = shaped and drive.shape[1] in (1, spikes.shape[1])
    faults.require(shaped, "x and counts (bin,) or (bin, cell)", f"{drive.shape}, {spikes.shape}")
    seconds = in_unit(bin_width, "s", "responses_from_bins", "bin_width")
    seconds = faults.number("bin_width", seconds, "> 0 s", lambda s: 0 < s < np.inf)
    faults.stop()
    drive, spikes = drive[: len(drive) - lag], spikes[lag:]
    missing = np.isnan(drive)
    if missing.any():
        many = int(missing.sum())
        faults.require(drop, "x of every bin", f"{many} NaN", "drop_missing=True leaves them out")
    faults.require(not np.isinf(drive).any(), "finite x", "infinity")
    faults.stop()
    cells = spikes.shape[1]
    parts = [
        _binned(drive[:, k % drive.shape[1]], edges, equal_numbers, faults) for k in range(cells)
    ]
    faults.stop()
    conditions = max(number for _, number in parts)
    most = max(int(np.bincount(of[of >= 0]).max(initial=0)) for of, _ in parts)
    count = np.zeros((conditions, cells, most))
    trials = np.zeros((conditions, cells), dtype=np.int64)
    shown = np.full((conditions, cells), np.nan)
    for k, (of, _) in enumerate(parts):
        mine = drive[:, k % drive.shape[1]]
        for c in range(conditions):
            rows = np.flatnonzero(of == c)
            trials[c, k] = rows.size
            count[c, k, : rows.size] = spikes[rows, k]
            shown[c, k] = mine[rows].mean() if rows.size else np.nan
    known = ~np.isnan(shown)
    keep = known.any(1)
    faults.require(keep.sum() >= _FEWEST, "at least 2 conditions with bins", int(keep.sum()))
    faults.stop()
    first = np.take_along_axis(shown, known.argmax(1)[:, None], axis=1)
    shown = np.where(known, shown, first)[keep]
    left = int(sum((of < 0).sum() for of, _ in parts))
    attrs: dict[str, Any] = {"source": "spike counts in bins of time", "lag": lag}
    attrs["conditions"] = (
        "values of x"
        if edges is None and equal_numbers is None
        else "bins of x of equal numbers"
        if edges is None
        else "bins of x by edges"
    )
    if left:
        attrs["bins_left_out"] = left
    return responses_from_counts(shown, count[keep], seconds, trials[keep], unit, attrs)


def _binned(
    x: Array, edges: ArrayLike | None, equal: int | None, faults: Faults
) -> tuple[Indices, int]:
    """The condition of each bin of time, -1 for none, and how many there are."""
    of = np.full(x.size, -1)
    known = np.flatnonzero(~np.isnan(x))
    if edges is not None:
        given: AnyArray = faults.numbers("edges", edges)
        rising = given.ndim == 1 and given.size > 2 and (np.diff(given) > 0).all()
        if not faults.require(rising, "edges in order, at least 3", given):
            return of, 1
        place = np.searchsorted(given, x[known], side="right") - 1
        place[x[known] == given[-1]] = given.size - 2
        of[known] = np.where((place >= 0) & (place < given.size - 1), place, -1)
        return of, given.size - 1
    unique, which = np.unique(x[known], return_inverse=True)
    if equal is None:
        of[known] = which
        return of, unique.size
    number = faults.whole("equal_numbers", equal, 2)
    # equal values stay together: each goes where the middle of its ranks does
    ends = np.cumsum(np.bincount(which))
    middle = ends - np.bincount(which) / 2
    group = np.minimum((middle * number / max(known.size, 1)).astype(int), number - 1)
    _, group = np.unique(group, return_inverse=True)
    of[known] = group[which]
    return of, int(group.max(initial=0)) + 1
