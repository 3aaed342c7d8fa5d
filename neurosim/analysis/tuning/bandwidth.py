r"""Preferred spatial (or temporal) frequency and bandwidth in octaves, with intervals.

The bandwidth is log2 of the ratio of the two frequencies at which the response, less a stated
baseline, is half of its peak (De Valois et al. 1982, Vision Res 22:545), on one of two curves:

- log-Gaussian: :math:`b + a\,e^{-(\log_2 f - \log_2 f_0)^2 / 2 s^2}`, fitted by maximum Poisson
  likelihood; where b equals the baseline the bandwidth is :math:`2 s \sqrt{2 \ln 2}` octaves;
- interpolated: the mean rates, joined by lines over log2 f.

A response that does not fall to half within the frequencies shown has no bandwidth: its value is
NaN and its status says on which side ("low-pass", "high-pass").
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
from neurosim.analysis.tuning.curves import Curve, fitted_curves
from neurosim.analysis.tuning.stimulus_values import stimulus_values
from neurosim.base.arrays import Array, Flags, Indices, divided
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of

__all__ = ["frequency_bandwidth", "log_gaussian_curve"]

_FINE = 1 / 100  # octaves, of the grid on which peaks are read off: they are rounded to it
_PREFERRED, _BANDWIDTH = "preferred frequency", "bandwidth"
_DEFINITIONS = {
    _PREFERRED: "frequency of the peak",
    _BANDWIDTH: "log2 ratio of the frequencies at half of the peak",
}


def frequency_bandwidth(
    responses: Any,
    frequency: str | ArrayLike = "spatial_frequency",
    duration: Any = None,
    baseline: ArrayLike = 0.0,
    curve: Literal["log-Gaussian", "interpolated"] = "log-Gaussian",
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Measures:
    """Preferred frequency and bandwidth of every cell.

    Parameters
    ----------
    responses : Dataset, or counts (stimulus, cell, trial) or (stimulus, trial)
        One stimulus per frequency.
    frequency : str or array (stimulus,)
        Coordinate along stimulus, or the frequencies; > 0, cycles/deg (or Hz).
    duration : float, optional
        Of bare counts, s.
    baseline : float or array (cell,)
        Rate without a stimulus, Hz; half height is half of the peak above it. 0 by default.
    curve : "log-Gaussian" or "interpolated"
    level, samples, seed : float, int, int
        Bootstrap over trials within each frequency, bias-corrected percentiles.

    Returns
    -------
    Measures
        "preferred frequency" (in the unit of frequency; NaN where the peak is at an end of the
        frequencies shown) and "bandwidth" (octaves). An interval needs more than half of the
        resamples to have a value.

    Raises
    ------
    InputError
        For fewer than 5 frequencies, or frequencies that are not > 0 or repeat.

    Examples
    --------
    >>> counts = [[1, 1], [4, 6], [21, 19], [5, 5], [2, 0]]
    >>> found = frequency_bandwidth(counts, [0.5, 1, 2, 4, 8])
    >>> found["preferred frequency"].value.round(1), found["bandwidth"].value.round(1)
    (array([2.]), array([1.4]))
    """
    repeats, data = repeats_of(responses, duration, "frequency_bandwidth")
    faults = Faults("frequency_bandwidth")
    level, samples, seed = check_sampling(faults, level, samples, seed)
    kinds = ("log-Gaussian", "interpolated")
    faults.one_of("curve", curve, kinds)
    cells = len(repeats.cells)
    base = baseline_of(baseline, cells, faults)
    values = stimulus_values(data, frequency, faults)
    faults.require((values > 0).all(), "frequencies > 0", values.min(), "leave out the blank")
    faults.require(values.size >= 5, "at least 5 frequencies", values.size)
    faults.require((repeats.trials > 0).all(), "a trial of every frequency in every cell", "none")
    faults.stop()
    order = np.argsort(values)
    octaves, exposure = np.log2(values[order]), repeats.exposure[:, order]
    sides = [""] * cells

    def of_cell(cell: int, rate: Array) -> dict[str, Array]:
        at, rate = octaves, rate[:, order]
        if curve == "log-Gaussian":
            at = np.linspace(octaves[0], octaves[-1], int(np.ptp(octaves) / _FINE) + 2)
            rate = _fitted(rate, exposure[cell], octaves, at)
        peak, width, sides[cell] = _read(rate - base[cell], at)
        return {_PREFERRED: peak, _BANDWIDTH: width}

    found = functions_of_rates(repeats, _DEFINITIONS, of_cell, level, samples, seed)
    named = isinstance(frequency, str) and frequency == "spatial_frequency"
    found[_PREFERRED] = Estimate(*(np.exp2(octave) for octave in found[_PREFERRED]))
    units = {_PREFERRED: "cycles/deg" if named else "as frequency", _BANDWIDTH: "octaves"}
    return _as_measures(repeats, found, sides, base, curve, units, level)


def _log_gaussian(shape: Array, x: Array) -> Array:
    """The peak (row, 1, x), of height 1, at x octaves; shapes are log2 f0 and log s."""
    apart = (x - shape[:, [0]]) * np.exp(-shape[:, [1]])
    return np.asarray(np.exp(-(apart**2) / 2))[:, None]


log_gaussian_curve = Curve(_log_gaussian, 1, 2)
"""Rates at x octaves; parameters are b and a, Hz, log2 f0 and log s."""


def _fitted(rate: Array, exposure: Array, octaves: Array, at: Array) -> Array:
    """The log-Gaussian curves that fit each row, at `at`; the first row is the data."""
    first = rate[0]
    low, tall = max(first.min(), first.max() / 100), max(np.ptp(first), 1e-3)
    peak = octaves[first.argmax()]
    starts = np.array(
        [[low, tall, peak + off, np.log(s)] for s in (0.4, 0.8, 1.6) for off in (-0.5, 0, 0.5)]
    )
    return log_gaussian_curve(
        fitted_curves(log_gaussian_curve, octaves, rate, exposure, starts), at
    )


def _read(height: Array, at: Array) -> tuple[Array, Array, str]:
    """Peak (octaves) and bandwidth (octaves) of rows, and what keeps the first from having them."""
    known = ~np.isnan(height[:, 0])
    best = np.where(known, np.nan_to_num(height).argmax(-1), 0)
    positive = known & (height[np.arange(len(height)), best] > 0)
    inside = (best > 0) & (best < len(at) - 1) & positive
    peak = np.where(inside, at[best], np.nan)
    (below, falls_below), (above, falls_above) = (
        _half(height, at, best, sign, positive) for sign in (-1, 1)
    )
    if not positive[0]:
        return peak, above - below, "nothing above baseline"
    if falls_below[0] or falls_above[0]:
        side = "low-pass" * (not falls_below[0]) + "high-pass" * (not falls_above[0])
        return peak, above - below, side
    return peak, above - below, "all-pass"


def _half(
    height: Array, at: Array, best: Indices, sign: int, positive: Flags
) -> tuple[Array, Flags]:
    """Where each row falls to half of its peak on one side, octaves, and whether it does."""
    rows, last = np.arange(len(height)), len(at) - 1
    half = height[rows, best] / 2
    place = best[:, None] + sign * np.arange(last + 1)
    on_grid = (place >= 0) & (place <= last)
    walk = np.where(on_grid, height[rows[:, None], place % (last + 1)], np.inf)
    low = walk <= half[:, None]
    falls = low.any(-1)
    first = np.maximum(low.argmax(-1), 1)
    above, under = walk[rows, first - 1], walk[rows, first]
    part = divided(above - half, np.where(falls, above - under, 1.0), 0.0)
    start, end = (np.clip(best + sign * k, 0, last) for k in (first - 1, first))
    edge = at[start] + sign * part * np.abs(at[end] - at[start])
    return np.where(falls & positive, edge, np.nan), falls


def _as_measures(
    repeats: Repeats,
    found: dict[str, Estimate],
    sides: list[str],
    baseline: Array,
    curve: str,
    units: dict[str, str],
    level: float,
) -> Measures:
    """Both measures, and why some are missing."""
    nothing = np.array([side == "nothing above baseline" for side in sides])
    open_ended = np.array([side != "" for side in sides])
    no_half = [f"{side}: no half height within the frequencies shown" for side in sides]
    missing = {
        _PREFERRED: (
            np.isnan(found[_PREFERRED].value),
            "peak at an end of the frequencies shown",
        ),
        _BANDWIDTH: (open_ended, no_half),
    }
    measures = {}
    for name, definition in _DEFINITIONS.items():
        status = statuses(
            (silent(repeats), "no spikes"),
            (nothing, "nothing above baseline"),
            missing[name],
            *without_interval(repeats, found[name]),
        )
        how = f"{definition}; {curve} curve; baseline {baseline.mean():.3g} Hz"
        how += "; De Valois et al. 1982"
        measures[name] = Measure(name, *found[name], status, how, units[name], level)
    return Measures("Frequency tuning", {"cell": repeats.cells}, measures)
