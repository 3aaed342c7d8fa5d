r"""Variability of interspike intervals: CV, CV2, LV, LvR, and a test against a Poisson process.

.. math::

    CV = \frac{\mathrm{sd}(I)}{\mathrm{mean}(I)}, \qquad
    CV_2 = \left\langle \frac{2\,|I_{k+1} - I_k|}{I_{k+1} + I_k} \right\rangle, \qquad
    LV = 3 \left\langle \Big(\frac{I_{k+1} - I_k}{I_{k+1} + I_k}\Big)^2 \right\rangle, \\
    LvR = 3 \left\langle \Big(1 - \frac{4 I_k I_{k+1}}{(I_k + I_{k+1})^2}\Big)
          \Big(1 + \frac{4R}{I_k + I_{k+1}}\Big) \right\rangle

All but LvR are 1 for a Poisson process observed for ever, and all are 0 for a regular one; for
gamma intervals of shape k, LV is 3/(2k + 1). CV2, LV and LvR compare neighbours, so that a slow
change of the rate does not raise them (Holt et al. 1996, J Neurophysiol 75:1806; Shinomoto, Shima &
Tanji 2003, Neural Comput 15:2823); LvR makes up for a refractory time R (Shinomoto et al. 2009,
PLoS Comput Biol 5:e1000433). In a window of a few intervals they are too low, long intervals being
cut off; the null of the test is therefore Poisson spikes in the same windows: each trial's number
of spikes, anywhere in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
from neurosim.base.units import in_unit
from neurosim.data.repeats import Repeats
from neurosim.data.responses import check_responses

__all__ = ["interval_variability", "interval_variability_of_spikes"]

_FEWEST = 10  # intervals below which the status warns
_AT_ONCE = 2_000_000  # random spikes held at a time: 16 MB an array
_DEFINITIONS = {
    "CV": "sd over mean of interspike intervals, trials pooled",
    "CV2": "mean of 2 |difference| / sum of neighbouring intervals; Holt et al. 1996",
    "LV": "3 times the mean of (difference / sum)^2 of neighbours; Shinomoto et al. 2003",
    "LvR": "LV, each pair times 1 + 4 R / sum; Shinomoto et al. 2009",
}


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums from which the measures follow, (..., trial): intervals, their sum and squares, pairs,
    and the sums over pairs of what CV2, LV and LvR are means of."""

    number: Array
    total: Array
    square: Array
    pairs: Array
    local: Array
    squared: Array
    revised: Array

    def of(self, weight: Array | None = None) -> dict[str, Array]:
        """All measures, trials weighted (sample, trial) if asked for."""
        parts = (self.number, self.total, self.square, self.pairs)
        by_pairs = {"CV2": self.local, "LV": self.squared, "LvR": self.revised}

        def over(part: Array) -> Array:
            summed: Array = part.sum(-1) if weight is None else weight @ part
            return summed

        number, total, square, pairs = map(over, parts)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / number
            spread = np.maximum(square - number * mean**2, 0) / (number - 1)
            return {
                "CV": np.where(number > 1, np.sqrt(spread) / mean, np.nan),
                **{
                    name: np.where(pairs > 0, over(part) / pairs, np.nan)
                    for name, part in by_pairs.items()
                },
            }


def interval_variability(
    responses: xr.Dataset,
    level: float = 0.95,
    samples: int = 500,
    seed: int = 0,
    refractory: Any = 0.005,
) -> Measures:
    """CV, CV2, LV and LvR of the interspike intervals of every condition.

    Parameters
    ----------
    responses : Dataset
        With spike times (``simulate(..., spike_times=True)``).
    level, samples, seed : float, int, int
        Bootstrap over trials; as many samples of the null.
    refractory : float or quantity
        R of LvR, s.

    Returns
    -------
    Measures
        "CV", "CV2", "LV" and "LvR" by cell and stimulus; beside each the number of intervals, the
        mean of the Poisson null and the two-sided p against it.

    Raises
    ------
    InputError
        When the responses have no spike times, or for a refractory time below 0.

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
    rest = _refractory(refractory, faults)
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
    return _measured(conditions, rows, level, samples, seed, rest)


def interval_variability_of_spikes(
    spike_times: Iterable[ArrayLike],
    duration: float,
    level: float = 0.95,
    samples: int = 500,
    seed: int = 0,
    refractory: Any = 0.005,
) -> Measures:
    """CV, CV2, LV and LvR of one cell from its spike times; see `interval_variability`.

    Parameters
    ----------
    spike_times : list of array (spike,)
        One array per trial, s.
    duration : float
        Of each trial, s.
    level, samples, seed, refractory
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
    >>> found["CV2"].value.round(3), found["LV"].value.round(3)  # intervals 0.1, 0.2 in turn
    (array([0.667]), array([0.333]))
    """
    faults = Faults("interval_variability_of_spikes")
    level, samples, seed = check_sampling(faults, level, samples, seed)
    rest = _refractory(refractory, faults)
    one = trains_of_times(spike_times, duration, faults)
    return _measured([one], {"cell": np.zeros(1, dtype=int)}, level, samples, seed, rest)


def _refractory(given: Any, faults: Faults) -> float:
    """The refractory time, s."""
    seconds = in_unit(given, "s", faults.subject, "refractory")
    return faults.number("refractory", seconds, ">= 0 s", lambda s: 0 <= s < np.inf)


def _sums(times: Array, trial: Indices, trials: int, rest: float) -> _Sums:
    """The sums of each trial for spike times (..., spike), each trial's in order."""
    first = times.reshape(-1, times.shape[-1])
    gap = np.diff(first)
    same = np.diff(trial) == 0
    twice = same[1:] & same[:-1]
    after, before = gap[:, 1:][:, twice], gap[:, :-1][:, twice]
    together = after + before
    apart = divided(np.abs(after - before), together, 0.0)
    squared = 3 * apart**2
    revised = squared * (1 + divided(4 * rest, together, 0.0))
    gap = gap[:, same]
    owner, pair_owner = trial[:-1][same], trial[:-2][twice]

    def by_trial(values: Array, owners: Indices) -> Array:
        member = (owners[:, None] == np.arange(trials)).astype(float)
        total: Array = (values @ member).reshape(*times.shape[:-1], trials)
        return total

    number, pairs = np.ones_like(gap), np.ones_like(apart)
    return _Sums(
        by_trial(number, owner),
        by_trial(gap, owner),
        by_trial(gap**2, owner),
        by_trial(pairs, pair_owner),
        by_trial(2 * apart, pair_owner),
        by_trial(squared, pair_owner),
        by_trial(revised, pair_owner),
    )


def _null(
    trains: Trains, samples: int, random: np.random.Generator, rest: float
) -> dict[str, Array]:
    """The measures of as many spikes in each trial, placed at random; (sample,)."""
    parts, trial = [], trains.trial
    size = max(1, _AT_ONCE // trial.size)
    for start in range(0, samples, size):
        many = min(size, samples - start)
        place = np.sort(trial + random.random((many, trial.size)), axis=-1) - trial
        sums = _sums(place * trains.seconds[trial], trial, trains.seconds.size, rest)
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
    conditions: list[Trains],
    rows: Mapping[str, AnyArray],
    level: float,
    samples: int,
    seed: int,
    rest: float,
) -> Measures:
    """The measures of every condition."""
    random = np.random.default_rng(seed)
    beside = [f"{name}, {of}" for name in _DEFINITIONS for of in ("Poisson mean", "Poisson p")]

    def of_condition(k: int) -> dict[str, Number]:
        trains, trials = conditions[k], conditions[k].seconds.size
        if trains.times.size < 3:
            return {"intervals": 0.0}
        sums = _sums(trains.times, trains.trial, trials, rest)
        value, null = sums.of(), _null(trains, samples, random, rest)
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
