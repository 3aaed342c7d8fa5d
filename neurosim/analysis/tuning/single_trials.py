r"""F1/F0 trial by trial, whose mean does not ask where in its cycle each trial began.

Eyes drift by fractions of a cycle between trials, which blurs what all trials have in common; the
size of each trial's own harmonic stays. Sizes are positive and their noise is in proportion, so
their mean is geometric.

.. math:: F_1/F_0 = 2\,|\sum_k e^{-2 \pi i f t_k}|\,/\,(N - bT)

over N spikes in a window of T, b being the rate without a stimulus. T is whole cycles unless it is
given: in other windows even spikes that know nothing of the stimulus, at a rate above the baseline,
have a harmonic (the part of the window beyond whole cycles does not cancel).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.analysis.measures.bootstrap import baseline_of, bootstrapped, check_sampling
from neurosim.analysis.measures.measures import Estimate, Measure, Measures
from neurosim.analysis.measures.trains import Trains, trains_of_times
from neurosim.analysis.tuning.phase_vectors import WHOLE
from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.units import in_unit

__all__ = ["modulation_of_trials"]


def modulation_of_trials(
    spike_times: Iterable[ArrayLike],
    frequency: float,
    duration: Any,
    window: Any = None,
    harmonic: int = 1,
    baseline: float = 0.0,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Measures:
    """The geometric mean over trials of F1/F0 of one cell.

    Parameters
    ----------
    spike_times : list of array (spike,)
        One array per trial, s from the start of the stimulus; its phase may differ between trials.
    frequency : float
        Of the stimulus, Hz.
    duration : float or quantity
        Of each trial, s.
    window : float or quantity, optional
        What is counted of each trial, s from its start. Default: as many whole cycles as fit.
        Others' values can need another, such as 1 s at 7.5 Hz.
    harmonic : int
    baseline : float
        Rate without a stimulus, Hz, taken off the mean.
    level, samples, seed : float, int, int
        Of the bootstrap over trials.

    Returns
    -------
    Measures
        "F1/F0, geometric mean of trials"; beside it the trials that have a ratio, and those that
        have none (no spike, or no more than the baseline), which are left out.

    Raises
    ------
    InputError
        For times outside the trial, a window beyond it, or one shorter than a cycle.

    References
    ----------
    Skottun et al. 1991, Vision Res 31:1079.

    Examples
    --------
    >>> trial = np.array([0.1, 0.2, 0.3, 1.1, 1.25, 2.2, 2.3])
    >>> found = modulation_of_trials([trial, trial + 0.4, []], frequency=1.0, duration=3.5)
    >>> name = "F1/F0, geometric mean of trials"
    >>> found[name].value.round(2), found[name].more["trials without a ratio"]
    (array([1.77]), array([1]))
    """
    faults = Faults("modulation_of_trials")
    level, samples, seed = check_sampling(faults, level, samples, seed)
    harmonic = faults.whole("harmonic", harmonic)
    rate = float(baseline_of(baseline, 1, faults)[0])
    frequency = faults.number("frequency", frequency, "> 0 Hz", lambda f: 0 < f < np.inf)
    duration = in_unit(duration, "s", faults.subject, "duration")
    trains = trains_of_times(spike_times, duration, faults)
    long = float(duration)
    faults.require(long * frequency >= 1 - WHOLE, "a duration of at least one cycle", long)
    if window is None:
        span = np.floor(long * frequency + WHOLE) / frequency
    else:
        seconds = in_unit(window, "s", faults.subject, "window")
        inside = f"in (0, {long:g}] s"
        span = faults.number("window", seconds, inside, lambda s: 0 < s <= long * (1 + WHOLE))
    faults.stop()
    ratios = _ratios(trains, span, frequency, harmonic, rate)
    known = ratios[ratios > 0]
    value: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    if known.size:
        logs, random = np.log(known), np.random.default_rng(seed)
        drawn = np.full(samples, np.nan)
        if known.size > 1:
            drawn = random.choice(logs, (samples, known.size - 1)).mean(1)
        value = bootstrapped(np.exp(np.r_[logs.mean(), drawn]), level, max(known.size - 1, 1))
    name = f"F{harmonic}/F0, geometric mean of trials"
    status = "ok" if known.size > 1 else "no trial with a ratio" * (known.size == 0)
    measure = Measure(
        name,
        *Estimate(*(np.array([each]) for each in value)),
        [status or "single trial: no interval"],
        f"2 |sum exp(-i {harmonic} phase)| / (spikes - baseline) of each trial, "
        f"{span:.4g} s; baseline: {rate:.3g} Hz; Skottun et al. 1991",
        level=level,
        more={
            "trials": np.array([known.size]),
            "trials without a ratio": np.array([ratios.size - known.size]),
        },
    )
    return Measures(
        f"Modulation, F{harmonic}/F0", {"cell": np.zeros(1, dtype=int)}, {name: measure}
    )


def _ratios(trains: Trains, span: float, frequency: float, harmonic: int, baseline: float) -> Array:
    """F1/F0 of each trial; NaN where it has no more spikes than the baseline's."""
    counted, trials = trains.times < span * (1 + WHOLE), trains.seconds.size
    wave = np.exp(-2j * np.pi * harmonic * frequency * trains.times[counted])
    owner = trains.trial[counted]
    size = np.bincount(owner, wave.real, trials) + 1j * np.bincount(owner, wave.imag, trials)
    above = np.bincount(owner, minlength=trials) - baseline * span
    found: Array = np.where(above > 0, 2 * np.abs(size) / np.where(above > 0, above, 1.0), np.nan)
    return found
