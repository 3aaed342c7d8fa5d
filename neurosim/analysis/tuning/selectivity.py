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
the most; intervals are bias-corrected. Whether a cell is tuned at all is asked by exchanging trials
between angles: ``more["permutation p"]`` is of vectors (twice around for orientation, once for
direction) as long as the cell's, and where it is above 1 less the level, the interval of an index
reaches to its value without tuning (1 of a circular variance, 0 of OSI and DSI).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from neurosim.analysis.measures.bootstrap import (
    baseline_of,
    check_sampling,
    functions_of_rates,
    silent,
    without_interval,
)
from neurosim.analysis.measures.measures import Estimate, Measure, Measures, statuses
from neurosim.analysis.tuning.stimulus_values import angles_around
from neurosim.analysis.tuning.von_mises import fitted_width, width_on
from neurosim.base.arrays import Array, Indices, divided
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of

__all__ = ["orientation_selectivity"]

_UNITS = {"preferred orientation": "deg", "half-width": "deg"}
_DIRECTIONAL = ("DSI", "direction circular variance")
_NULL = {"circular variance": 1.0, "direction circular variance": 1.0, "OSI": 0.0, "DSI": 0.0}
"""What each index is of a cell without tuning."""
_STREAM = 3  # of the seed: permutations that are independent of the bootstrap
_ROUNDING = 1e-12  # relative, by which equal lengths may differ
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
    level, samples, seed = check_sampling(faults, level, samples, seed)
    ways = ("von Mises", "interpolated")
    faults.one_of("width", width, ways)
    base = baseline_of(baseline, len(repeats.cells), faults)
    faults.require((repeats.trials > 0).all(), "a trial at every angle in every cell", "none")
    order, angles, period = angles_around(data, angle, faults)
    exposure = repeats.exposure[:, order]

    def of_cell(cell: int, rate: Array) -> dict[str, Array]:
        rate = rate[:, order]
        above = rate - base[cell]
        if width == "von Mises":
            half = fitted_width(rate, exposure[cell], angles, period, base[cell])
        else:
            half = width_on(above, angles, period)
        return _indices(above, angles, period) | {"half-width": half}

    around = {"preferred orientation": 180.0}
    found = functions_of_rates(repeats, _DEFINITIONS, of_cell, level, samples, seed, around)
    p = _permuted(repeats, order, angles, samples, seed)
    found = {name: _with_null(name, each, p, level) for name, each in found.items()}
    return _as_measures(repeats, found, period, width, base, level, p)


def _permuted(
    repeats: Repeats, order: Indices, angles: Array, samples: int, seed: int
) -> dict[str, Array]:
    """p of vectors as long if the angle makes no difference, once and twice around; (cell,) each.

    By trials exchanged between angles; NaN where there is no angle with a second trial.
    """
    random = np.random.default_rng([seed, _STREAM])
    once, twice = np.full((2, len(repeats.cells)), np.nan)
    for cell in range(len(repeats.cells)):
        exists = repeats.exists[cell, order]
        if exists.sum() <= len(order) or not repeats.spikes[cell].any():
            continue
        seconds = np.where(exists, repeats.seconds[cell, order], 1.0)
        rate = (repeats.count[cell, order] / seconds)[exists]
        place = np.nonzero(exists)[0]
        weight = 1 / exists.sum(1)[place]  # so that sums over trials are of the means of angles
        turns = np.exp(1j * np.deg2rad(angles))[place] * weight
        axes = np.exp(2j * np.deg2rad(angles))[place] * weight
        shuffled = random.permuted(np.tile(rate, (samples, 1)), axis=1)
        for found, around in ((once, turns), (twice, axes)):
            seen, chance = np.abs(rate @ around), np.abs(shuffled @ around)
            found[cell] = (1 + (chance >= seen * (1 - _ROUNDING)).sum()) / (samples + 1)
    return {"once": once, "twice": twice}


def _with_null(name: str, each: Estimate, p: dict[str, Array], level: float) -> Estimate:
    """The interval as far as no selectivity, where shuffled trials are as selective: an index of
    noisy rates is never that of a cell without tuning, and resampling does not show it."""
    if name not in _NULL:
        return each
    untuned = p["once" if name in _DIRECTIONAL else "twice"] > 1 - level
    null = _NULL[name]
    low = np.where(untuned, np.fmin(each.low, null), each.low)
    return Estimate(each.value, low, np.where(untuned, np.fmax(each.high, null), each.high))


def _indices(rate: Array, angles: Array, period: float) -> dict[str, Array]:
    """Everything but the half-width, of rates (row, angle)."""
    total, rows, size = rate.sum(-1), np.arange(len(rate)), rate.shape[1]
    axial = rate @ np.exp(2j * np.deg2rad(angles))
    indices = {
        "preferred orientation": np.rad2deg(np.angle(axial)) / 2 % 180,
        "circular variance": 1 - divided(np.abs(axial), total),
    }
    folded, right_angle = rate, size / 2
    if period == 360:
        polar = rate @ np.exp(1j * np.deg2rad(angles))
        indices["direction circular variance"] = 1 - divided(np.abs(polar), total)
        best = rate.argmax(-1)
        indices["DSI"] = _contrast(rate[rows, best], _at(rate, best + size / 2))
        # opposite directions averaged: every orientation twice around
        folded, right_angle = (rate + _at_all(rate, size / 2)) / 2, size / 4
    best = folded.argmax(-1)
    indices["OSI"] = _contrast(folded[rows, best], _at(folded, best + right_angle))
    return indices


def _at_all(rate: Array, shift: float) -> Array:
    """Rates at places shifted around the circle, interpolated."""
    whole, part = int(np.floor(shift)), shift % 1
    return (1 - part) * np.roll(rate, -whole, 1) + part * np.roll(rate, -whole - 1, 1)


def _at(rate: Array, place: Array | Indices) -> Array:
    """Each row's rate at a place along the circle, interpolated between angles."""
    rows, size = np.arange(len(rate)), rate.shape[1]
    whole = np.floor(place).astype(int)
    part = place - whole
    below, above = rate[rows, whole % size], rate[rows, (whole + 1) % size]
    return np.asarray((1 - part) * below + part * above)


def _contrast(best: Array, other: Array) -> Array:
    """(best - other) / (best + other), rates below the baseline taken as at it."""
    best, other = np.maximum(best, 0), np.maximum(other, 0)
    return divided(best - other, best + other)


def _as_measures(
    repeats: Repeats,
    found: dict[str, Estimate],
    period: float,
    width: str,
    baseline: Array,
    level: float,
    p: dict[str, Array],
) -> Measures:
    """The measures, and why some are missing."""
    measures = {}
    for name, definition in _DEFINITIONS.items():
        of_width = name == "half-width"
        missing = "never falls to half height" if of_width else "nothing above baseline"
        status = statuses(
            (name in _DIRECTIONAL and period == 180, "orientations only: no opposite directions"),
            (silent(repeats), "no spikes"),
            (np.isnan(found[name].value), missing),
            *without_interval(repeats, found[name]),
        )
        how = f"{definition} ({width} curve)" if of_width else definition
        how += f"; baseline {baseline.mean():.3g} Hz"
        unit = _UNITS.get(name, "1")
        tested = p["once" if name in _DIRECTIONAL else "twice"]
        more = {"permutation p": tested} if name in _NULL else {}
        measures[name] = Measure(name, *found[name], status, how, unit, level=level, more=more)
    return Measures("Orientation selectivity", {"cell": repeats.cells}, measures)
