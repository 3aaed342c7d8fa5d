r"""Orientation and direction selectivity, with intervals.

With r_j the mean rate (less a stated baseline) at angle :math:`\theta_j`, angles equally spaced
over 180 or 360 degrees:

==========================  ========================================================================
circular variance           :math:`1 - |\sum r_j e^{2i\theta_j}| / \sum r_j` (Ringach et al. 2002,
                            J Neurosci 22:5639)
direction circular variance :math:`1 - |\sum r_j e^{i\theta_j}| / \sum r_j` (Mazurek et al. 2014,
                            Front Neural Circuits 8:92, as 1 - L_dir)
OSI                         (r_pref - r_orth) / (r_pref + r_orth), r_orth at +-90 deg (Niell &
                            Stryker 2008, J Neurosci 28:7520); directions averaged in pairs
DSI                         (r_pref - r_null) / (r_pref + r_null), r_null at 180 deg (Niell &
                            Stryker 2008)
preferred orientation       half the angle of :math:`\sum r_j e^{2i\theta_j}`, deg in
                            [0, 180); the ends of its interval may lie beyond
half-width                  deg from the preferred angle to half of the peak above the baseline, on
                            a fitted von Mises curve or on the interpolated means
==========================  ========================================================================

The von Mises curve is that of `neurosim.analysis.tuning.von_mises`. Indices of
noisy rates are biased towards selectivity, those that take the preferred angle from the same counts
the most; intervals are bias-corrected.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.measures.bootstrap import baseline_of, check_sampling
from neurosim.analysis.measures.measures import Measure, Measures, bias_corrected_interval
from neurosim.analysis.tuning.von_mises import fitted_width, width_on
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of

__all__ = ["orientation_selectivity", "stimulus_values"]

Array = NDArray[np.float64]

_UNITS = {"preferred orientation": "deg", "half-width": "deg"}
_DEFINITIONS = {
    "preferred orientation": "half the angle of sum r exp(2i angle)",
    "circular variance": "1 - |sum r exp(2i angle)| / sum r; Ringach et al. 2002",
    "direction circular variance": "1 - |sum r exp(i angle)| / sum r; Mazurek et al. 2014",
    "OSI": "(pref - orth) / (pref + orth), at the highest mean; Niell & Stryker 2008",
    "DSI": "(pref - null) / (pref + null), at the highest mean; Niell & Stryker 2008",
    "half-width": "angle from the peak to half of its height above the baseline",
}


def orientation_selectivity(
    responses: Any,
    angle: str | ArrayLike = "orientation",
    duration: Any = None,
    baseline: ArrayLike = 0.0,
    width: Literal["von Mises", "interpolated"] = "von Mises",
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Measures:
    """Orientation and direction selectivity of every cell; see the module for the definitions.

    Parameters
    ----------
    responses : Dataset, or counts (stimulus, cell, trial) or (stimulus, trial)
        One stimulus per angle (select one contrast, frequency and so on).
    angle : str or array (stimulus,)
        Coordinate along stimulus, or the angles; deg. Angles that span more than 180 degrees are
        directions of drift, and each measure of direction is NaN without them.
    duration : float, optional
        Of bare counts, s.
    baseline : float or array (cell,)
        Rate without a stimulus, Hz, taken off all rates (which may then be negative: sums of
        vectors take them as they are, OSI and DSI as 0). 0 by default: state it.
    width : "von Mises" or "interpolated"
        The curve on which the half-width is read.
    level, samples, seed : float, int, int
        Bootstrap over trials within each angle, bias-corrected percentiles.

    Returns
    -------
    Measures

    Raises
    ------
    InputError
        For angles that are not equally spaced over 180 or 360 degrees, or fewer than 4.

    Examples
    --------
    >>> counts = [[9, 11], [31, 29], [10, 10], [1, 1]]
    >>> found = orientation_selectivity(counts, [0, 45, 90, 135])
    >>> found["circular variance"].value.round(3), found["preferred orientation"].value.round(1)
    (array([0.431]), array([45.]))
    """
    repeats, data = repeats_of(responses, duration, "orientation_selectivity")
    faults = Faults("orientation_selectivity")
    check_sampling(faults, level, samples, seed)
    ways = ("von Mises", "interpolated")
    faults.require(width in ways, f"width among {', '.join(ways)}", repr(width))
    angles = stimulus_values(data, angle, faults)
    cells = len(repeats.cells)
    base = baseline_of(baseline, cells, faults)
    faults.require((repeats.trials > 0).all(), "a trial at every angle in every cell", "none")
    faults.stop()
    period = _period(angles, faults)
    order = np.argsort(angles % period)
    angles = angles[order] % period
    random, seconds = np.random.default_rng(seed), repeats.duration[:, order]
    freedom = repeats.freedom
    values = {name: np.full(cells, np.nan) for name in _DEFINITIONS}
    ends = {name: np.full((2, cells), np.nan) for name in _DEFINITIONS}
    for c in range(cells):
        drawn = repeats.resampled_mean(c, samples, random)[:, order] / seconds[c]
        if repeats.count[c].sum() == 0:
            continue
        both = np.concatenate([repeats.rate[c, order][None], drawn])
        found = _indices(both - base[c], angles, period)
        found["half-width"] = (
            fitted_width(both, repeats.trials[c, order] * seconds[c], angles, period, base[c])
            if width == "von Mises"
            else width_on(both - base[c], angles, period)
        )
        for name, value in found.items():
            values[name][c] = value[0]
            turn = 180.0 if name == "preferred orientation" else None
            ends[name][:, c] = _ends(value, level, turn, freedom[c])
    return _as_measures(repeats, values, ends, period, width, base, level)


def stimulus_values(data: xr.Dataset, given: str | ArrayLike, faults: Faults) -> Array:
    """A stimulus variable (stimulus,), each value once; raises any faults found."""
    if isinstance(given, str):
        along = given in data.coords and data[given].dims == ("stimulus",)
        known = [str(n) for n in data.coords if data[n].dims == ("stimulus",)]
        faults.require(along, f"{given!r} along stimulus", ", ".join(known) or "none")
        values: Any = data[given].values if along else None
    else:
        values = given.values if isinstance(given, xr.DataArray) else np.asarray(given)
        size = data.sizes["stimulus"]
        faults.require(values.shape == (size,), f"{size} values, one per stimulus", values.shape)
    if faults.found:
        faults.stop()
    values = np.asarray(values, dtype=float)
    faults.require(np.isfinite(values).all(), "finite values", values)
    once = np.unique(values).size == values.size
    faults.require(
        once,
        "each value at one stimulus",
        "repeated values",
        "select among the others: responses.isel(stimulus=...)",
    )
    faults.stop()
    return values


def _period(angles: Array, faults: Faults) -> float:
    """180 (orientations) or 360 (directions: angles that span 180 or more)."""
    period = 180.0 if np.ptp(angles) < 180 else 360.0
    turned = np.sort(angles % period)
    gaps = np.diff(np.r_[turned, turned[0] + period])
    if angles.size >= 4 and np.allclose(gaps, period / angles.size, rtol=0, atol=1e-6):
        return period
    faults.require(
        False,
        "at least 4 angles, equally spaced over 180 or 360 deg",
        np.array2string(np.sort(angles), threshold=8),
        "leave out an end that repeats the start",
    )
    faults.stop()
    raise AssertionError


def _indices(rate: Array, angles: Array, period: float) -> dict[str, Array]:
    """Everything but the half-width, of rates (row, angle)."""
    total = rate.sum(-1)
    axial = rate @ np.exp(2j * np.deg2rad(angles))
    found = {
        "preferred orientation": np.rad2deg(np.angle(axial)) / 2 % 180,
        "circular variance": 1 - _over(np.abs(axial), total),
    }
    each = np.arange(len(rate))
    folded = rate
    if period == 360:
        found["direction circular variance"] = 1 - _over(
            np.abs(rate @ np.exp(1j * np.deg2rad(angles))), total
        )
        best = rate.argmax(-1)
        found["DSI"] = _contrast(rate[each, best], _at(rate, best + rate.shape[1] / 2))
        if rate.shape[1] % 2 == 0:
            folded = rate.reshape(len(rate), 2, -1).mean(1)
        else:
            folded = (rate + _at_all(rate, rate.shape[1] / 2)) / 2
    best = folded.argmax(-1)
    quarter = folded.shape[1] / (2 if folded is rate or rate.shape[1] % 2 == 0 else 4)
    found["OSI"] = _contrast(folded[each, best], _at(folded, best + quarter))
    return found


def _at_all(rate: Array, shift: float) -> Array:
    """Rates at places shifted around the circle, interpolated."""
    whole, part = int(np.floor(shift)), shift % 1
    return (1 - part) * np.roll(rate, -whole, 1) + part * np.roll(rate, -whole - 1, 1)


def _at(rate: Array, place: Array) -> Array:
    """Each row's rate at a place along the circle, interpolated between angles."""
    each, size = np.arange(len(rate)), rate.shape[1]
    whole = np.floor(place).astype(int)
    part = place - whole
    return (1 - part) * rate[each, whole % size] + part * rate[each, (whole + 1) % size]


def _over(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def _contrast(best: Array, other: Array) -> Array:
    best, other = np.maximum(best, 0), np.maximum(other, 0)
    return _over(best - other, best + other)


def _ends(value: Array, level: float, turn: float | None, freedom: float) -> Array:
    """Interval of the first value by the others; around the circle where it has one."""
    estimate, drawn = value[0], value[1:, None]
    if turn is not None:
        drawn = estimate + (drawn - estimate + turn / 2) % turn - turn / 2
    low, high = bias_corrected_interval(np.array([estimate]), drawn, level, freedom)
    return np.array([low[0], high[0]])


def _as_measures(
    repeats: Repeats,
    values: dict[str, Array],
    ends: dict[str, Array],
    period: float,
    width: str,
    baseline: Array,
    level: float,
) -> Measures:
    """The measures, and why some are missing."""
    silent = repeats.count.sum((1, 2)) == 0
    single = [bool(n.min() < 2) for n in repeats.trials]
    measures = {}
    for name, definition in _DEFINITIONS.items():
        value, (low, high) = values[name], ends[name]
        directional = name in ("DSI", "direction circular variance") and period == 180
        no_half = name == "half-width"
        status = [
            "orientations only: no opposite directions"
            if directional
            else "no spikes"
            if silent[c]
            else ("never falls to half height" if no_half else "nothing above baseline")
            if np.isnan(value[c])
            else "single trials: no interval"
            if single[c]
            else "no interval: undefined in most resamples"
            if np.isnan(low[c])
            else "ok"
            for c in range(len(value))
        ]
        off = f"; baseline {baseline.mean():.3g} Hz" if baseline.any() else "; baseline 0 Hz"
        how = f" ({width} curve)" if no_half else ""
        measures[name] = Measure(
            name, value, low, high, status, definition + how + off, _UNITS.get(name, "1"), level
        )
    return Measures("Orientation selectivity", {"cell": repeats.cells}, measures)
