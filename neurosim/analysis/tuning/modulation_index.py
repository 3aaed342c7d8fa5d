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

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.measures.bootstrap import baseline_of, bootstrapped, check_sampling
from neurosim.analysis.measures.measures import (
    Estimate,
    Measure,
    Measures,
    Number,
    row_by_row,
    statuses,
)
from neurosim.analysis.measures.trains import trains_of_times
from neurosim.analysis.tuning.phase_vectors import (
    MOST_CYCLES,
    WHOLE,
    PhaseVectors,
    mean_resultant_length,
    vectors_by_cycle,
    vectors_from_histogram,
    vectors_from_times,
)
from neurosim.base.arrays import AnyArray, Array, divided
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats
from neurosim.data.responses import check_responses

__all__ = ["modulation_index", "modulation_of_spikes", "random_modulation"]

_FEWEST = 10  # spikes below which the status warns: of fewer, noise alone gives 0.5


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
    return divided(2 * np.sqrt(np.clip(square, 0, n**2)), n)[()]


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
    level, samples, seed = check_sampling(faults, level, samples, seed)
    harmonic = faults.whole("harmonic", harmonic)
    faults.one_of("stimulus", stimulus, ("best", "each"))
    faults.stop()
    responses = check_responses(responses)
    timed = "spike_time" in responses and "temporal_frequency" in responses
    faults.require(
        timed or "count_at_phase" in responses,
        "count_at_phase, or spike_time and temporal_frequency",
        sorted(map(str, responses)),
        "simulate(phase_bins=16)",
    )
    repeats = Repeats.from_responses(responses)
    cells, stimuli = repeats.trials.shape
    rate = baseline_of(baseline, cells, faults)
    faults.stop()
    from_responses = vectors_from_times if timed else vectors_from_histogram
    units = from_responses(responses, harmonic, rate, faults)
    chosen = np.arange(stimuli * cells).reshape(stimuli, cells)
    if stimulus == "best":
        above = np.array([unit.number.sum() - unit.baseline for unit in units])
        best = divided(above.reshape(stimuli, cells), repeats.exposure.T, -np.inf).argmax(0)
        chosen = chosen[best, np.arange(cells)][None]
    conditions = chosen.T.ravel()
    rows = {"cell": repeats.cells[conditions % cells], "stimulus": conditions // cells}
    return _measured([units[k] for k in conditions], rows, harmonic, rate, level, samples, seed)


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
    faults = Faults("modulation_of_spikes")
    level, samples, seed = check_sampling(faults, level, samples, seed)
    harmonic = faults.whole("harmonic", harmonic)
    rate = baseline_of(baseline, 1, faults)
    frequency = faults.number("frequency", frequency, "> 0 Hz", lambda f: 0 < f < np.inf)
    trains = trains_of_times(spike_times, duration, faults)
    whole = duration * frequency >= 1 - WHOLE
    faults.require(whole, "a duration of at least one cycle", duration)
    few = duration * frequency * trains.seconds.size <= MOST_CYCLES
    faults.require(few, f"at most {MOST_CYCLES:g} cycles", duration * frequency)
    faults.stop()
    unit = vectors_by_cycle(trains, frequency, harmonic, float(rate[0]))
    rows = {"cell": np.zeros(1, dtype=int)}
    return _measured([unit], rows, harmonic, rate, level, samples, seed)


def _measured(
    units: list[PhaseVectors],
    rows: Mapping[str, AnyArray],
    harmonic: int,
    baseline: Array,
    level: float,
    samples: int,
    seed: int,
) -> Measures:
    """Both values of every row, and what is known about them."""
    random = np.random.default_rng(seed)

    def of_row(k: int) -> dict[str, Number]:
        unit, n = units[k], float(units[k].number.sum())
        above = n - unit.baseline
        found: dict[str, Number] = {"spikes": n, "above": above}
        if above <= 0:
            return found
        scale, size = 2 / unit.attenuation, abs(unit.vector.sum())
        found["raw"] = scale * size / above
        found["p"] = np.exp(min(np.sqrt(1 + 4 * n + 4 * (n**2 - size**2)) - (1 + 2 * n), 0))
        value = scale * mean_resultant_length(*unit.pairs()) * n / above
        number, *pairs = unit.resampled(samples, random)
        drawn = scale * mean_resultant_length(*pairs) * divided(number, number - unit.baseline)
        return found | {"debiased": bootstrapped(np.r_[value, drawn], level, unit.freedom)}

    names = ("spikes", "above", "raw", "p", "debiased")
    found = row_by_row(len(units), names, of_row)
    by_cycles = all(unit.cycles for unit in units)
    return _as_measures(found, rows, harmonic, baseline, level, by_cycles)


def _as_measures(
    found: dict[str, Estimate],
    rows: Mapping[str, AnyArray],
    harmonic: int,
    baseline: Array,
    level: float,
    by_cycles: bool,
) -> Measures:
    """The measures of the numbers."""
    name, source = f"F{harmonic}/F0", "Skottun et al. 1991"
    spikes, above, raw = found["spikes"].value, found["above"].value, found["raw"]
    debiased = found["debiased"]
    status = statuses(
        (above <= 0, "no response above baseline"),
        (spikes < _FEWEST, [f"few spikes ({n:.0f})" for n in spikes]),
    )
    sides = [debiased.low > 1, debiased.high < 1]
    kind = np.select(sides, [np.asarray("simple"), np.asarray("complex")], "undecided")
    off = "none" if not baseline.any() else f"{baseline.mean():.3g} Hz (mean over cells)"
    pairs = "cycles" if by_cycles else "spikes"
    how = "cycles drawn with replacement" if by_cycles else "Poisson counts in each phase bin"
    what = f"2 |sum exp(-i {harmonic} phase)| / (spikes - baseline), whole cycles; baseline: {off}"
    over = divided(spikes, above)
    null = {
        "spikes": spikes,
        "null median": random_modulation(0.5, spikes) * over,
        "null 95 %": random_modulation(0.95, spikes) * over,
        "null p": found["p"].value,
    }
    first = Measure(name, *raw, status, f"{what}; {source}", level=level, more=null)
    second = Measure(
        f"{name} debiased",
        *debiased,
        status,
        f"{what}, from pairs of different {pairs}; {source}; interval: {how}",
        level=level,
        more={"kind": kind} if harmonic == 1 else {},
    )
    return Measures(f"Modulation, {name}", rows, {first.name: first, second.name: second})
