r"""Variability of interspike intervals: CV, CV2, and a test against a Poisson process.

.. math::

    CV = \frac{\mathrm{sd}(I)}{\mathrm{mean}(I)}, \qquad
    CV_2 = \left\langle \frac{2\,|I_{k+1} - I_k|}{I_{k+1} + I_k} \right\rangle

Both are 1 for a Poisson process observed for ever and 0 for a regular one; CV2 compares neighbours,
so that a slow change of the rate does not raise it (Holt et al. 1996, J Neurophysiol 75:1806). In
a window of a few intervals both are too low, long intervals being cut off; the null of the
test is therefore Poisson spikes in the same windows: each trial's number of spikes, anywhere in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.measures.bootstrap import bootstrapped, check_sampling
from neurosim.analysis.measures.measures import (
    Measure,
    Measures,
    Number,
    row_by_row,
    statuses,
)
from neurosim.analysis.measures.trains import Trains, trains_by_condition, trains_of_times
from neurosim.base.arrays import AnyArray, Array, Indices, divided
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats
from neurosim.data.responses import check_responses

__all__ = ["interval_variability", "interval_variability_of_spikes"]

_FEWEST = 10  # intervals below which the status warns
_AT_ONCE = 2_000_000  # random spikes held at a time: 16 MB an array
_DEFINITIONS = {
    "CV": "sd over mean of interspike intervals, trials pooled",
    "CV2": "mean of 2 |difference| / sum of neighbouring intervals; Holt et al. 1996",
}


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums from which CV and CV2 follow, (..., trial): intervals, their sum and squares, pairs,
    and the sum of the pairs' 2 |difference| / sum."""

    number: Array
    total: Array
    square: Array
    pairs: Array
    local: Array

    def of(self, weight: Array | None = None) -> dict[str, Array]:
        """CV and CV2, trials weighted (sample, trial) if asked for."""
        parts = (self.number, self.total, self.square, self.pairs, self.local)
        number, total, square, pairs, local = (
            part.sum(-1) if weight is None else weight @ part for part in parts
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / number
            spread = np.maximum(square - number * mean**2, 0) / (number - 1)
            return {
                "CV": np.where(number > 1, np.sqrt(spread) / mean, np.nan),
                "CV2": np.where(pairs > 0, local / pairs, np.nan),
            }


def interval_variability(
    responses: xr.Dataset, level: float = 0.95, samples: int = 500, seed: int = 0
) -> Measures:
    """CV and CV2 of the interspike intervals of every condition.

    Parameters
    ----------
    responses : Dataset
        With spike times (``simulate(..., spike_times=True)``).
    level, samples, seed : float, int, int
        Bootstrap over trials; as many samples of the null.

    Returns
    -------
    Measures
        "CV" and "CV2" by cell and stimulus; beside each the number of intervals, the mean of the
        Poisson null and the two-sided p against it.

    Raises
    ------
    InputError
        When the responses have no spike times.

    Examples
    --------
    >>> from neurosim import LIF, simulate
    >>> drive = xr.DataArray([[1.0]], dims=("stimulus", "cell"))
    >>> responses = simulate(LIF(noise_sd=0), drive, trials=3, spike_times=True)
    >>> interval_variability(responses)["CV2"].value < 1e-3  # no noise: a clock
    array([ True])
    """
    faults = Faults("interval_variability")
    level, samples, seed = check_sampling(faults, level, samples, seed)
    responses = check_responses(responses)
    faults.require("spike_time" in responses, "spike times", "none", "simulate(spike_times=True)")
    faults.stop()
    repeats = Repeats.from_responses(responses)
    cells, stimuli = repeats.trials.shape
    conditions = [each for of_cell in trains_by_condition(responses, repeats) for each in of_cell]
    rows = {
        "cell": np.repeat(repeats.cells, stimuli),
        "stimulus": np.tile(np.arange(stimuli), cells),
    }
    return _measured(conditions, rows, level, samples, seed)


def interval_variability_of_spikes(
    spike_times: Iterable[ArrayLike],
    duration: float,
    level: float = 0.95,
    samples: int = 500,
    seed: int = 0,
) -> Measures:
    """CV and CV2 of one cell from its spike times; see `interval_variability`.

    Parameters
    ----------
    spike_times : list of array (spike,)
        One array per trial, s.
    duration : float
        Of each trial, s.
    level, samples, seed
        As for `interval_variability`.

    Returns
    -------
    Measures
        One row.

    Raises
    ------
    InputError
        For times outside the trial.

    Examples
    --------
    >>> found = interval_variability_of_spikes([[0.1, 0.2, 0.4, 0.5, 0.7]], duration=1.0)
    >>> found["CV2"].value.round(3)  # intervals 0.1, 0.2 in turn
    array([0.667])
    """
    faults = Faults("interval_variability_of_spikes")
    level, samples, seed = check_sampling(faults, level, samples, seed)
    one = trains_of_times(spike_times, duration, faults)
    return _measured([one], {"cell": np.zeros(1, dtype=int)}, level, samples, seed)


def _sums(times: Array, trial: Indices, trials: int) -> _Sums:
    """The sums of each trial for spike times (..., spike), each trial's in order."""
    first = times.reshape(-1, times.shape[-1])
    gap = np.diff(first)
    same = np.diff(trial) == 0
    twice = same[1:] & same[:-1]
    after, before = gap[:, 1:][:, twice], gap[:, :-1][:, twice]
    together = after + before
    local = divided(2 * np.abs(after - before), together, 0.0)
    gap = gap[:, same]
    owner, pair_owner = trial[:-1][same], trial[:-2][twice]

    def by_trial(values: Array, owners: Indices) -> Array:
        member = (owners[:, None] == np.arange(trials)).astype(float)
        total: Array = (values @ member).reshape(*times.shape[:-1], trials)
        return total

    number, pairs = np.ones_like(gap), np.ones_like(local)
    return _Sums(
        by_trial(number, owner),
        by_trial(gap, owner),
        by_trial(gap**2, owner),
        by_trial(pairs, pair_owner),
        by_trial(local, pair_owner),
    )


def _null(trains: Trains, samples: int, random: np.random.Generator) -> dict[str, Array]:
    """CV and CV2 of as many spikes in each trial, placed at random; (sample,)."""
    parts, trial = [], trains.trial
    size = max(1, _AT_ONCE // trial.size)
    for start in range(0, samples, size):
        many = min(size, samples - start)
        place = np.sort(trial + random.random((many, trial.size)), axis=-1) - trial
        sums = _sums(place * trains.seconds[trial], trial, trains.seconds.size)
        parts.append(sums.of())
    return {name: np.concatenate([part[name] for part in parts]) for name in _DEFINITIONS}


def _against(value: float, null: Array) -> tuple[float, float]:
    """The null's mean, and the two-sided p of a value (counting the value itself)."""
    known = null[~np.isnan(null)]
    if known.size == 0 or np.isnan(value):
        return np.nan, np.nan
    beyond = min((known <= value).sum(), (known >= value).sum())
    return float(known.mean()), min(1.0, 2 * (beyond + 1) / (known.size + 1))


def _measured(
    conditions: list[Trains], rows: Mapping[str, AnyArray], level: float, samples: int, seed: int
) -> Measures:
    """Both measures of every condition."""
    random = np.random.default_rng(seed)
    beside = [f"{name}, {of}" for name in _DEFINITIONS for of in ("Poisson mean", "Poisson p")]

    def of_condition(k: int) -> dict[str, Number]:
        trains, trials = conditions[k], conditions[k].seconds.size
        if trains.times.size < 3:
            return {"intervals": 0.0}
        sums = _sums(trains.times, trains.trial, trials)
        value, null = sums.of(), _null(trains, samples, random)
        drawn = {name: np.full(samples, np.nan) for name in value}
        if trials > 1:
            chance = np.full(trials, 1 / trials)
            drawn = sums.of(random.multinomial(trials - 1, chance, samples).astype(float))
        found: dict[str, Number] = {"intervals": float(sums.number.sum())}
        for name in _DEFINITIONS:
            values = np.r_[value[name], drawn[name]]
            found[name] = bootstrapped(values, level, max(trials - 1, 1))
            mean, p = _against(float(value[name]), null[name])
            found |= {f"{name}, Poisson mean": mean, f"{name}, Poisson p": p}
        return found

    found = row_by_row(len(conditions), ("intervals", *_DEFINITIONS, *beside), of_condition)
    number = found["intervals"].value
    single = np.array([trains.seconds.size < 2 for trains in conditions])
    measures = {}
    for name, definition in _DEFINITIONS.items():
        status = statuses(
            (np.isnan(found[name].value), "too few spikes"),
            (number < _FEWEST, [f"few intervals ({n:.0f})" for n in number]),
            (single, "single trial: no interval"),
        )
        more = {"intervals": number}
        more |= {of: found[f"{name}, {of}"].value for of in ("Poisson mean", "Poisson p")}
        measures[name] = Measure(name, *found[name], status, definition, level=level, more=more)
    return Measures("Variability of interspike intervals", rows, measures)
