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
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.measures.bootstrap import baseline_of, check_sampling
from neurosim.analysis.measures.measures import Measure, Measures, bias_corrected_interval
from neurosim.analysis.tuning.curves import best_curves, climb
from neurosim.analysis.tuning.selectivity import stimulus_values
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of

__all__ = ["frequency_bandwidth", "log_gaussian_curve"]

Array = NDArray[np.float64]

_FINE = 1 / 100  # octaves, grid on which widths are read off
_PREFERRED, _BANDWIDTH = "preferred frequency", "bandwidth"


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
    check_sampling(faults, level, samples, seed)
    kinds = ("log-Gaussian", "interpolated")
    faults.require(curve in kinds, f"curve among {', '.join(kinds)}", repr(curve))
    cells = len(repeats.cells)
    base = baseline_of(baseline, cells, faults)
    values = stimulus_values(data, frequency, faults)
    faults.require((values > 0).all(), "frequencies > 0", values.min(), "leave out the blank")
    faults.require(values.size >= 5, "at least 5 frequencies", values.size)
    faults.require((repeats.trials > 0).all(), "a trial of every frequency in every cell", "none")
    faults.stop()
    order = np.argsort(values)
    octaves = np.log2(values[order])
    random = np.random.default_rng(seed)
    peaks, widths = (np.full((samples + 1, cells), np.nan) for _ in range(2))
    sides = [""] * cells
    for c in range(cells):
        seconds = repeats.duration[c, order]
        drawn = repeats.resampled_mean(c, samples, random)[:, order] / seconds
        rate = np.concatenate([repeats.rate[c, order][None], drawn])
        if repeats.count[c].sum() == 0:
            continue
        at, height = octaves, rate - base[c]
        if curve == "log-Gaussian":
            at = np.linspace(octaves[0], octaves[-1], int(np.ptp(octaves) / _FINE) + 2)
            height = _fitted(rate, repeats.trials[c, order] * seconds, octaves, at) - base[c]
        peaks[:, c], widths[:, c], sides[c] = _read(height, at)
    named = isinstance(frequency, str) and frequency == "spatial_frequency"
    unit = "cycles/deg" if named else "as frequency"
    return _as_measures(repeats, peaks, widths, sides, base, curve, unit, level)


def log_gaussian_curve(p: Array, x: Array) -> Array:
    """Rate (row, x), Hz, at x octaves; p are log b, log a, log2 f0 and log s.

    Examples
    --------
    >>> log_gaussian_curve(np.array([[0, np.log(8), 1, 0]]), np.array([1.0, 2.17741])).round(3)
    array([[9., 5.]])
    """
    p = np.clip(p, -30, 30)
    apart = (x - p[:, [2]]) * np.exp(-p[:, [3]])
    return np.exp(p[:, [0]]) + np.exp(p[:, [1]]) * np.exp(-(apart**2) / 2)


def _fitted(rate: Array, exposure: Array, octaves: Array, at: Array) -> Array:
    """The log-Gaussian curves that fit each row, at `at`; the first row is the data."""
    spikes, time = rate * exposure, np.broadcast_to(exposure, rate.shape)
    first = rate[0]
    tall, low = np.log(max(np.ptp(first), 1e-3)), np.log(max(first.min(), first.max() / 100))
    peak = octaves[first.argmax()]
    starts = np.array(
        [[[low, tall, peak + off, np.log(s)]] for s in (0.4, 0.8, 1.6) for off in (-0.5, 0, 0.5)]
    )
    best, _ = best_curves(log_gaussian_curve, octaves, spikes[:1], time[:1], starts)
    start = np.repeat(best, len(rate), axis=0)
    found, _ = climb(log_gaussian_curve, octaves, spikes, time, start, steps=25)
    return np.where(np.isnan(rate[:, :1]), np.nan, log_gaussian_curve(found, at))


def _read(height: Array, at: Array) -> tuple[Array, Array, str]:
    """Peak (octaves) and bandwidth (octaves) of rows, and what keeps the first from having them."""
    each, last = np.arange(len(height)), len(at) - 1
    known = ~np.isnan(height[:, 0])
    best = np.where(known, np.nan_to_num(height).argmax(-1), 0)
    half = height[each, best] / 2
    positive = known & (half > 0)
    inside = (best > 0) & (best < last) & positive
    peak = np.where(inside, at[best], np.nan)
    edges, missing = [], []
    for sign in (-1, 1):
        place = best[:, None] + sign * np.arange(last + 1)
        walk = np.where(
            (place >= 0) & (place <= last), height[each[:, None], place % (last + 1)], np.inf
        )
        below = walk <= half[:, None]
        first = np.maximum(below.argmax(-1), 1)
        above, under = walk[each, first - 1], walk[each, first]
        drop = np.where(below.any(-1), above - under, 1.0)
        part = np.divide(above - half, drop, out=np.zeros_like(drop), where=drop > 0)
        start = np.clip(best + sign * (first - 1), 0, last)
        step = np.abs(at[np.clip(best + sign * first, 0, last)] - at[start])
        edges.append(np.where(below.any(-1) & positive, at[start] + sign * part * step, np.nan))
        missing.append(not below[0].any())
    names = ["low-pass", "high-pass"]
    side = (
        "nothing above baseline"
        if not positive[0]
        else "all-pass"
        if all(missing)
        else "".join(n for n, gone in zip(names, missing, strict=True) if gone)
    )
    return peak, edges[1] - edges[0], side


def _as_measures(
    repeats: Repeats,
    peaks: Array,
    widths: Array,
    sides: list[str],
    baseline: Array,
    curve: str,
    unit: str,
    level: float,
) -> Measures:
    """Both measures, and why some are missing."""
    silent = repeats.count.sum((1, 2)) == 0
    single = [bool(n.min() < 2) for n in repeats.trials]
    off = f"{curve} curve; baseline {baseline.mean():.3g} Hz; De Valois et al. 1982"
    measures = {}
    for name, sample, what, its_unit, in_octaves in (
        (_PREFERRED, peaks, "frequency of the peak", unit, True),
        (_BANDWIDTH, widths, "log2 ratio of the frequencies at half of the peak", "octaves", False),
    ):
        value = sample[0]
        low, high = bias_corrected_interval(value, sample[1:], level, repeats.freedom)
        status = []
        for c, side in enumerate(sides):
            short = f"{side}: no half height within the frequencies shown" if side else ""
            at_end = "peak at an end of the frequencies shown"
            status.append(
                "no spikes"
                if silent[c]
                else side
                if side.startswith("nothing")
                else at_end
                if name == _PREFERRED and np.isnan(value[c])
                else short
                if name == _BANDWIDTH and short
                else "single trials: no interval"
                if single[c]
                else "no interval: undefined in most resamples"
                if np.isnan(low[c])
                else "ok"
            )
        if in_octaves:
            value, low, high = np.exp2(value), np.exp2(low), np.exp2(high)
        measures[name] = Measure(name, value, low, high, status, f"{what}; {off}", its_unit, level)
    return Measures("Frequency tuning", {"cell": repeats.cells}, measures)
