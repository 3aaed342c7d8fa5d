r"""The contrast response of Naka and Rushton, fitted to counts, with profile intervals.

.. math:: R(c) = r_0 + r_{max}\, \frac{c^n}{c^n + c_{50}^n}

Maximum Poisson likelihood. The interval of a parameter is all of its values at which the
likelihood, maximised over the others, stays within :math:`\chi^2_1 \varphi / 2` of its maximum,
:math:`\varphi` being the counts' dispersion (1 for Poisson; see `contrast_response`). A parameter
whose interval does not close within the values searched is not identified, and says so: where the
response does not saturate within the contrasts shown, c50 and rmax grow together.

Sources: Naka & Rushton 1966, J Physiol 185:536; Albrecht & Hamilton 1982, J Neurophysiol 48:217.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from neurosim.analysis.fitting.likelihood import likelihood_terms
from neurosim.analysis.measures.measures import Measure, Measures
from neurosim.analysis.tuning.curves import best_curves, climb
from neurosim.analysis.tuning.selectivity import stimulus_values
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of

__all__ = ["contrast_response", "naka_rushton"]

Array = NDArray[np.float64]

_NAMES = ("r0", "rmax", "n", "c50")
_WHAT = (
    "response without contrast",
    "response added at saturation",
    "exponent",
    "contrast of half of rmax",
)
_SHALLOWEST, _STEEPEST = 0.2, 20.0  # exponents searched
_BEYOND = 100.0  # c50 is searched from 1/100 of the least contrast to 100 times the greatest
_HALVINGS = 22


def naka_rushton(
    contrast: ArrayLike, r0: ArrayLike, rmax: ArrayLike, n: ArrayLike, c50: ArrayLike
) -> Any:
    """Rate (Hz) at contrasts.

    Parameters
    ----------
    contrast : array
        Of any unit, c50 being in the same; >= 0.
    r0, rmax : array
        Hz.
    n, c50 : array

    Returns
    -------
    ndarray
        Broadcast.

    Examples
    --------
    >>> naka_rushton([0, 0.065, 1], 2, 40, 2.16, 0.065).round(2)
    array([ 2.  , 22.  , 41.89])
    """
    c = np.asarray(contrast, dtype=float)
    with np.errstate(divide="ignore", over="ignore"):
        against = np.where(c > 0, (np.asarray(c50, dtype=float) / c) ** np.asarray(n), np.inf)
    return np.asarray(r0) + np.asarray(rmax) / (1 + against)


def contrast_response(
    responses: Any,
    contrast: str | ArrayLike = "contrast",
    duration: Any = None,
    dispersion: float | str = 1.0,
    level: float = 0.95,
) -> Measures:
    """The Naka-Rushton parameters of every cell.

    Parameters
    ----------
    responses : Dataset, or counts (stimulus, cell, trial) or (stimulus, trial)
        One stimulus per contrast.
    contrast : str or array (stimulus,)
        Coordinate along stimulus, or the contrasts; >= 0, any unit (c50 comes in the same).
    duration : float, optional
        Of bare counts, s.
    dispersion : float or "estimated"
        Variance over mean of the counts, by which intervals widen: 1 for Poisson counts, a number,
        or each cell's own pooled over its conditions (where that is above 1).
    level : float

    Returns
    -------
    Measures
        "r0", "rmax" (Hz), "n" and "c50".

    Raises
    ------
    InputError
        For fewer than 4 contrasts above 0, or contrasts that are negative or repeat.

    Examples
    --------
    >>> contrast = [0, 2, 4, 8, 16, 32, 64]  # per cent
    >>> counts = [[2, 2], [5, 4], [13, 12], [27, 25], [36, 37], [41, 40], [42, 41]]
    >>> found = contrast_response(counts, contrast)
    >>> found["c50"].value.round(1), found["n"].value.round(1)
    (array([6.5]), array([2.2]))
    """
    repeats, data = repeats_of(responses, duration, "contrast_response")
    faults = Faults("contrast_response")
    faults.require(0.5 <= level < 1, "level in [0.5, 1)", level)
    number = isinstance(dispersion, int | float) and dispersion > 0
    faults.require(
        number or dispersion == "estimated", "dispersion > 0, or 'estimated'", repr(dispersion)
    )
    c = stimulus_values(data, contrast, faults)
    faults.require((c >= 0).all(), "contrast >= 0", c.min())
    faults.require((c > 0).sum() >= 4, "at least 4 contrasts above 0", (c > 0).sum())
    seen = ((repeats.trials > 0) & (c > 0)).sum(-1) >= 4
    faults.require(
        seen.all(),
        "trials at 4 contrasts above 0 in every cell",
        f"fewer in cell {repeats.cells[~seen][:5]}",
    )
    faults.stop()
    spikes, exposure = repeats.count.sum(-1), repeats.exposure
    scale = _dispersion(repeats, dispersion)
    bounds = np.log(
        [
            [1e-6, 1e5],
            [1e-6, 1e5],
            [_SHALLOWEST, _STEEPEST],
            [c[c > 0].min() / _BEYOND, c.max() * _BEYOND],
        ]
    )
    curve = _Bounded(bounds)
    best, top = best_curves(curve, c, spikes, exposure, _starts(spikes, exposure, c))
    best = np.clip(best, bounds[:, 0], bounds[:, 1])
    drop = chi2.ppf(level, 1) * scale / 2
    low, high = np.empty_like(best), np.empty_like(best)
    for k in range(4):
        low[:, k], high[:, k] = _profile(curve, c, spikes, exposure, best, top, k, drop)
    flat = likelihood_terms(_mean_rate(spikes, exposure), spikes, exposure).sum(-1)
    responds = top - flat > chi2.ppf(level, 3) * scale / 2
    status = _status(low, high, bounds, responds, c.max())
    return _as_measures(repeats, best, low, high, bounds, status, dispersion, level)


class _Bounded:
    """The curve of log parameters, those beyond their bounds taken at them."""

    def __init__(self, bounds: Array) -> None:
        self.bounds = bounds

    def __call__(self, p: Array, x: Array) -> Array:
        r0, rmax, n, c50 = np.exp(np.clip(p, *self.bounds.T)).T[..., None]
        return naka_rushton(x, r0, rmax, n, c50)


def _mean_rate(spikes: Array, exposure: Array) -> Array:
    rate = spikes.sum(-1, keepdims=True) / exposure.sum(-1, keepdims=True)
    return np.broadcast_to(rate, spikes.shape)


def _dispersion(repeats: Repeats, given: float | str) -> Array:
    """Variance over mean of each cell, pooled over conditions with spikes; at least 1."""
    if not isinstance(given, str):
        return np.full(len(repeats.cells), float(given))
    freedom = np.where(
        (repeats.trials > 1) & (np.nan_to_num(repeats.mean) > 0), repeats.trials - 1, 0
    )
    mean = np.where(freedom > 0, repeats.mean, 1.0)
    total = np.where(freedom > 0, freedom * repeats.variance / mean, 0.0).sum(-1)
    return np.maximum(total / np.maximum(freedom.sum(-1), 1), 1.0)


def _starts(spikes: Array, exposure: Array, c: Array) -> Array:
    """Starts (start, cell, parameter): half saturations along the contrasts, some exponents."""
    rate = np.divide(spikes, exposure, out=np.zeros_like(spikes), where=exposure > 0)
    top = np.maximum(rate.max(-1), 1e-2)
    low = np.maximum(np.where(exposure > 0, rate, np.inf).min(-1), top / 100)
    positive = np.sort(c[c > 0])
    middles = [*np.geomspace(positive[0], positive[-1], 4), 2 * positive[-1]]
    starts = [
        np.log(np.stack([low, 1.1 * top, np.full_like(top, n), np.full_like(top, middle)], -1))
        for middle in middles
        for n in (1.2, 3.0)
    ]
    return np.stack(starts)


def _profile(
    curve: _Bounded,
    c: Array,
    spikes: Array,
    exposure: Array,
    best: Array,
    top: Array,
    k: int,
    drop: Array,
) -> tuple[Array, Array]:
    """Ends of the profile interval of parameter k, bisected; at its bound where it stays inside."""
    free = np.arange(4) != k
    ends = []
    for bound in curve.bounds[k]:
        inside, outside = best[:, k].copy(), np.full(len(best), bound)
        at = best.copy()
        for turn in range(_HALVINGS):
            # outward from the optimum first, so that every climb starts close to its goal
            place = outside if turn == 0 else (inside + outside) / 2
            trial = at.copy()
            trial[:, k] = place
            trial, value = climb(curve, c, spikes, exposure, trial, free)
            other = best.copy()
            other[:, k] = place
            other, second = climb(curve, c, spikes, exposure, other, free)
            trial = np.where((second > value)[:, None], other, trial)
            holds = top - np.maximum(value, second) <= drop
            inside = np.where(holds, place, inside)
            at = np.where(holds[:, None], np.clip(trial, *curve.bounds.T), at)
            outside = np.where(holds, outside, place)
        ends.append(inside)
    return ends[0], ends[1]


def _status(
    low: Array, high: Array, bounds: Array, responds: NDArray[np.bool_], greatest: float
) -> list[list[str]]:
    """Per parameter and cell: "ok", or why it is not known."""
    open_above = high >= bounds[:, 1] - 1e-3
    open_below = low <= bounds[:, 0] + 1e-3
    rows = []
    for c, responding in enumerate(responds):
        beyond = high[c, 3] > np.log(greatest)
        status = ["ok"] * 4
        if beyond:
            short = "not identified: no saturation within the contrasts shown"
            status[1] = status[3] = short
        if open_above[c, 2] or open_below[c, 2]:
            status[2] = "not identified: the exponent has no " + (
                "upper limit" if open_above[c, 2] else "lower limit"
            )
        if open_below[c, 3]:
            status[3] = "not identified: saturated at the contrasts shown"
        if not responding:
            status[1:] = ["no response to contrast"] * 3
        rows.append(status)
    return [list(each) for each in zip(*rows, strict=True)]


def _as_measures(
    repeats: Repeats,
    best: Array,
    low: Array,
    high: Array,
    bounds: Array,
    status: list[list[str]],
    dispersion: float | str,
    level: float,
) -> Measures:
    """The four parameters; ends that were not found are 0 or infinite."""
    ends = np.exp(low), np.exp(high)
    ends[0][low <= bounds[:, 0] + 1e-3] = 0.0
    ends[1][high >= bounds[:, 1] - 1e-3] = np.inf
    value = np.exp(best)
    value[best <= bounds[:, 0] + 1e-3] = 0.0
    how = f"maximum Poisson likelihood, profile interval, dispersion {dispersion}"
    units = ("Hz", "Hz", "1", "as contrast")
    measures = {
        name: Measure(
            name,
            value[:, k],
            ends[0][:, k],
            ends[1][:, k],
            status[k],
            f"{_WHAT[k]} in r0 + rmax c^n / (c^n + c50^n); Albrecht & Hamilton 1982; {how}",
            units[k],
            level,
        )
        for k, name in enumerate(_NAMES)
    }
    return Measures("Contrast response (Naka-Rushton)", {"cell": repeats.cells}, measures)
