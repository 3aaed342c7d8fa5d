r"""F1/F0 of spikes: debiased, with an interval and with what as many random spikes give.

Every spike is a unit vector at its phase of the stimulus cycle. With S their sum, over whole
cycles only, N the number of spikes, b the baseline rate and T the time observed,

.. math:: F_n/F_0 = 2\,|S|\,/\,(N - bT), \qquad S = \sum_k e^{-i n \phi_k},

1 being the boundary between complex and simple cells (Skottun et al. 1991). Noise alone makes |S|
positive. The debiased value takes pairs of spikes of different cycles only, whose noise is
independent (of different spikes, where only the cycle histogram is known):

.. math:: |S|^2/N^2 \;\to\; \sum_{c \ne d} z_c \bar z_d \Big/ \sum_{c \ne d} n_c n_d

with z_c and n_c a cycle's vector and number of spikes; below zero it is zero (as Vinck et al. 2010,
NeuroImage 51:112, for locking to a rhythm). The square is unbiased, its root a little low (0.475
for 0.5 with 100 spikes).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.measures.bootstrap import baseline_of, check_sampling
from neurosim.analysis.measures.measures import Measure, Measures, bias_corrected_interval
from neurosim.analysis.tuning.phase_vectors import (
    PhaseVectors,
    mean_resultant_length,
    time_observed,
    vectors_by_cycle,
    vectors_from_histogram,
    vectors_from_times,
)
from neurosim.base.errors import Faults
from neurosim.data.responses import check_responses

__all__ = ["modulation_index", "modulation_of_spikes", "random_modulation"]

Array = NDArray[np.float64]

_FEWEST = 10  # spikes below which the status warns


def random_modulation(quantile: ArrayLike, spikes: ArrayLike) -> Any:
    r"""Quantiles of F1/F0 (any harmonic) of so many spikes at random phases.

    Rayleigh's distribution with Wilkie's correction for few spikes, solved for the resultant R:

    .. math:: \log p = \sqrt{1 + 4N + 4(N^2 - R^2)} - (1 + 2N), \qquad F_1/F_0 = 2R/N

    Parameters
    ----------
    quantile : array
        In (0, 1).
    spikes : array
        N; broadcasts with quantile.

    Returns
    -------
    ndarray
        NaN without spikes; at most 2.

    References
    ----------
    Wilkie 1983, J R Stat Soc C 32:311; Zar, Biostatistical Analysis, section 27.1.

    Examples
    --------
    >>> random_modulation(0.5, 20).round(2)  # median of an unmodulated cell: not 0
    np.float64(0.38)
    """
    n = np.asarray(spikes, dtype=float)
    logs = np.log(1 - np.asarray(quantile, dtype=float))
    square = n**2 - ((logs + 1 + 2 * n) ** 2 - 1 - 4 * n) / 4
    reach = 2 * np.sqrt(np.clip(square, 0, n**2))
    return np.divide(reach, n, out=np.full(np.shape(reach), np.nan), where=n > 0)[()]


def modulation_index(
    responses: xr.Dataset,
    harmonic: int = 1,
    baseline: ArrayLike = 0.0,
    stimulus: Literal["best", "each"] = "best",
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Measures:
    r"""F1/F0 (or F2/F0 ...) of responses to gratings that drift or reverse.

    From spike times where the responses have them (every cycle of every trial is one unit of the
    bootstrap), else from cycle histograms (spikes taken as Poisson; vectors corrected for the width
    of K bins by :math:`\pi n/K / \sin(\pi n/K)`).

    Parameters
    ----------
    responses : Dataset
        With ``spike_time`` and ``temporal_frequency`` along stimulus, or with ``count_at_phase``
        (stimulus, cell, phase_bin), as ``simulate(phase_bins=...)`` gives.
    harmonic : int
        n.
    baseline : float or array (cell,)
        Rate b without a stimulus, Hz, taken off the mean. 0 by default: state it.
    stimulus : "best" or "each"
        The stimulus with the highest rate of each cell, or a row for every one.
    level, samples, seed : float, int, int
        Of the bootstrap interval.

    Returns
    -------
    Measures
        "F1/F0" (as measured; no interval: noise makes it too high) and "F1/F0 debiased" with its
        interval. Beside the first: spikes, the null's median and 95 % quantile (as many spikes at
        random phases), its p; beside the second: kind, "simple" or "complex" where the interval
        lies on one side of 1, else "undecided".

    Raises
    ------
    InputError
        Without cycle histograms or spike times, with fewer bins than the harmonic needs, or a
        window shorter than a cycle.

    References
    ----------
    Skottun et al. 1991, Vision Res 31:1079 (F1/F0 at the optimal stimulus, spontaneous rate
    subtracted).

    Examples
    --------
    >>> from neurosim.data.responses import responses_from_counts
    >>> responses = responses_from_counts([1.0], [[40]], duration=4.0)
    >>> rectified = [[[0, 0, 4, 16, 16, 4, 0, 0]]]
    >>> responses["count_at_phase"] = ("stimulus", "cell", "phase_bin"), np.array(rectified)
    >>> modulation_index(responses)["F1/F0 debiased"].value.round(2)
    array([1.66])
    """
    faults = Faults("modulation_index")
    check_sampling(faults, level, samples, seed)
    faults.require(harmonic >= 1 and harmonic == int(harmonic), "harmonic >= 1", harmonic)
    faults.require(stimulus in ("best", "each"), "stimulus 'best' or 'each'", repr(stimulus))
    faults.stop()
    responses = check_responses(responses)
    timed = "spike_time" in responses and "temporal_frequency" in responses
    faults.require(
        timed or "count_at_phase" in responses,
        "count_at_phase, or spike_time and temporal_frequency",
        sorted(map(str, responses)),
        "simulate(phase_bins=16)",
    )
    cells, shape = responses.sizes["cell"], responses["drive"].shape
    rate = baseline_of(baseline, cells, faults)
    faults.stop()
    units = (vectors_from_times if timed else vectors_from_histogram)(
        responses, int(harmonic), rate, faults
    )
    chosen = np.arange(shape[0] * cells).reshape(shape)
    if stimulus == "best":
        total = np.array([unit.number.sum() - unit.baseline for unit in units]).reshape(shape)
        seconds = np.maximum(time_observed(responses), 1e-300)
        best = np.where(time_observed(responses) > 0, total / seconds, -np.inf).argmax(0)
        chosen = chosen[best, np.arange(cells)][None]
    labels = responses["cell"].values if "cell" in responses.coords else np.arange(cells)
    which = chosen.T.ravel()
    rows = {"cell": labels[which % cells], "stimulus": which // cells}
    return _measured([units[k] for k in which], rows, int(harmonic), rate, level, samples, seed)


def modulation_of_spikes(
    spike_times: Iterable[ArrayLike],
    frequency: float,
    duration: float,
    harmonic: int = 1,
    baseline: float = 0.0,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Measures:
    """F1/F0 of one cell from its spike times; see `modulation_index`.

    Parameters
    ----------
    spike_times : list of array (spike,)
        One array per trial, s from a fixed phase of the stimulus.
    frequency : float
        Of the stimulus, Hz.
    duration : float
        Of each trial, s; what exceeds whole cycles is left out.
    harmonic, baseline, level, samples, seed
        As for `modulation_index`.

    Returns
    -------
    Measures
        One row.

    Raises
    ------
    InputError
        For times outside the trial, or a trial shorter than one cycle.

    Examples
    --------
    >>> trial = np.array([0.1, 0.2, 0.3, 1.1, 1.25, 2.2, 2.3])
    >>> found = modulation_of_spikes([trial, trial + 0.05], frequency=1.0, duration=3.5)
    >>> found["F1/F0"].value.round(2)
    array([1.75])
    """
    trials = [np.asarray(trial, dtype=float).ravel() for trial in spike_times]
    faults = Faults("modulation_of_spikes")
    check_sampling(faults, level, samples, seed)
    faults.require(harmonic >= 1 and harmonic == int(harmonic), "harmonic >= 1", harmonic)
    faults.require(trials, "at least one trial", "none")
    faults.require(frequency > 0, "frequency > 0 Hz", frequency)
    faults.require(duration * frequency >= 1 - 1e-9, "a duration of at least one cycle", duration)
    faults.require(np.ndim(baseline) == 0 and baseline >= 0, "baseline >= 0 Hz", baseline)
    inside = all(((trial >= 0) & (trial <= duration)).all() for trial in trials)
    faults.require(inside, f"spike times from 0 to {duration:g} s", "others")
    faults.stop()
    times = np.concatenate(trials)
    trial = np.repeat(np.arange(len(trials)), [t.size for t in trials])
    unit = vectors_by_cycle(times, trial, len(trials), frequency, duration, int(harmonic), baseline)
    rows = {"cell": np.zeros(1, dtype=int)}
    return _measured([unit], rows, int(harmonic), np.array([baseline]), level, samples, seed)


def _measured(
    units: list[PhaseVectors],
    rows: dict[str, NDArray],
    harmonic: int,
    baseline: Array,
    level: float,
    samples: int,
    seed: int,
) -> Measures:
    """Both values of every row, and what is known about them."""
    random = np.random.default_rng(seed)
    raw, value, low, high, p, spikes, above = (np.full(len(units), np.nan) for _ in range(7))
    for k, unit in enumerate(units):
        n, size = unit.number.sum(), abs(unit.vector.sum())
        spikes[k], above[k] = n, n - unit.baseline
        if above[k] <= 0:
            continue
        scale = 2 / unit.attenuation
        raw[k] = scale * size / above[k]
        value[k] = scale * mean_resultant_length(*unit.pairs()) * n / above[k]
        p[k] = np.exp(min(np.sqrt(1 + 4 * n + 4 * (n**2 - size**2)) - (1 + 2 * n), 0))
        number, *pairs = unit.resampled(samples, random)
        over = number - unit.baseline
        share = np.divide(number, over, out=np.full(samples, np.nan), where=over > 0)
        drawn = scale * mean_resultant_length(*pairs) * share
        ends = bias_corrected_interval(value[k : k + 1], drawn[:, None], level, unit.freedom)
        low[k], high[k] = ends[0][0], ends[1][0]
    return _named(
        raw,
        value,
        low,
        high,
        p,
        spikes,
        above,
        rows,
        harmonic,
        baseline,
        level,
        all(unit.cycles for unit in units),
    )


def _named(
    raw: Array,
    value: Array,
    low: Array,
    high: Array,
    p: Array,
    spikes: Array,
    above: Array,
    rows: dict[str, NDArray],
    harmonic: int,
    baseline: Array,
    level: float,
    cycles: bool,
) -> Measures:
    """The measures of the numbers."""
    name = f"F{harmonic}/F0"
    status = [
        "no response above baseline" if a <= 0 else f"few spikes ({n:.0f})" if n < _FEWEST else "ok"
        for a, n in zip(above, spikes, strict=True)
    ]
    kind = np.where(low > 1, "simple", np.where(high < 1, "complex", "undecided"))
    off = "none" if not baseline.any() else f"{baseline.mean():.3g} Hz (mean over cells)"
    pairs = "cycles" if cycles else "spikes"
    how = "cycles drawn with replacement" if cycles else "Poisson counts in each phase bin"
    what = f"2 |sum exp(-i {harmonic} phase)| / (spikes - baseline), whole cycles; baseline: {off}"
    over = np.divide(spikes, above, out=np.full(len(raw), np.nan), where=above > 0)
    null = {
        "spikes": spikes,
        "null median": random_modulation(0.5, spikes) * over,
        "null 95 %": random_modulation(0.95, spikes) * over,
        "null p": p,
    }
    nothing = np.full(len(raw), np.nan)
    source = "Skottun et al. 1991"
    first = Measure(
        name, raw, nothing, nothing, status, f"{what}; {source}", level=level, more=null
    )
    second = Measure(
        f"{name} debiased",
        value,
        low,
        high,
        status,
        f"{what}, from pairs of different {pairs}; {source}; interval: {how}",
        level=level,
        more={"kind": kind} if harmonic == 1 else {},
    )
    return Measures(f"Modulation, {name}", rows, {first.name: first, second.name: second})
