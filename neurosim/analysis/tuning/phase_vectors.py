"""Spikes as vectors at their phase of the stimulus cycle: what F1/F0 is computed from.

From spike times a unit is one whole cycle of one trial; from a cycle histogram it is a phase bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from neurosim.analysis.measures.trains import Trains, trains_by_condition
from neurosim.base.arrays import Array, Complexes, divided
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats

__all__ = [
    "MOST_CYCLES",
    "WHOLE",
    "PhaseVectors",
    "mean_resultant_length",
    "vectors_by_cycle",
    "vectors_from_histogram",
    "vectors_from_times",
]

MOST_CYCLES = 1e8
"""Of all trials together; each has a count and a vector."""

WHOLE = 1e-9
"""Of a cycle: a duration short of whole cycles by less than this is rounded, not cut."""


@dataclass(frozen=True, eq=False)
class PhaseVectors:
    """Spikes of one condition by independent unit: a whole cycle of a trial, or a phase bin.

    Attributes
    ----------
    number : array (unit,)
        Spikes.
    vector : complex array (unit,)
        Their vectors, summed.
    baseline : float
        Spikes expected of the baseline in all units.
    cycles : bool
        Whether the units are cycles.
    attenuation : float
        How long binning leaves a vector of length 1.
    """

    number: Array
    vector: Complexes
    baseline: float
    cycles: bool
    attenuation: float = 1.0

    @property
    def freedom(self) -> float:
        """Units that are resampled, less one; without limit where counts are taken as Poisson."""
        return max(self.number.size - 1, 1) if self.cycles else np.inf

    def pairs(self) -> tuple[float, float]:
        """Sums over pairs of different units of the product of their vectors, and of numbers."""
        if self.cycles:
            own = (np.abs(self.vector) ** 2).sum(), (self.number**2).sum()
        else:
            own = self.number.sum(), self.number.sum()
        return float(abs(self.vector.sum()) ** 2 - own[0]), float(self.number.sum() ** 2 - own[1])

    def resampled(self, samples: int, random: np.random.Generator) -> tuple[Array, Array, Array]:
        """Bootstrap samples of the number of spikes and of both sums of `pairs`.

        Of U cycles U - 1 are drawn, as in `Repeats.resampled_mean`. A unit drawn twice is no pair
        of different ones: such pairs are left out.
        """
        units = self.number.size
        if self.cycles:
            weight = random.multinomial(max(units - 1, 1), np.full(units, 1 / units), samples)
            number, vector = weight @ self.number, weight @ self.vector
            own = weight**2 @ np.abs(self.vector) ** 2, weight**2 @ self.number**2
        else:  # m of a bin's n spikes, each drawn a Poisson number of times
            drawn = random.poisson(self.number, (samples, units))
            spikes = np.maximum(self.number, 1)
            number, vector = drawn.sum(1), drawn @ (self.vector / spikes)
            own = ((drawn + drawn * (drawn - 1) / spikes).sum(1),) * 2
        return number, np.abs(vector) ** 2 - own[0], number**2.0 - own[1]


def mean_resultant_length(product: Any, number: Any) -> Any:
    """Mean resultant length from sums over pairs; NaN where there are none."""
    return np.sqrt(np.maximum(divided(product, number), 0))


def vectors_by_cycle(
    trains: Trains, frequency: float, harmonic: int, baseline: float
) -> PhaseVectors:
    """Spikes and vectors of every whole cycle of every trial.

    Parameters
    ----------
    trains : Trains
        Times from a fixed phase of the stimulus.
    frequency : float
        Of the stimulus, Hz.
    harmonic : int
    baseline : float
        Rate, Hz.
    """
    cycles = np.floor(trains.seconds * frequency + WHOLE).astype(np.int64)
    turn, size = trains.times * frequency, int(cycles.sum())
    whole = turn < cycles[trains.trial]
    turn, trial = turn[whole], trains.trial[whole]
    unit = (np.cumsum(cycles) - cycles)[trial] + turn.astype(np.int64)
    wave = np.exp(-2j * np.pi * harmonic * turn)
    vector = np.bincount(unit, wave.real, size) + 1j * np.bincount(unit, wave.imag, size)
    number = np.bincount(unit, minlength=size).astype(float)
    return PhaseVectors(number, vector, baseline * size / frequency, True)


def vectors_from_times(
    responses: xr.Dataset, harmonic: int, baseline: Array, faults: Faults
) -> list[PhaseVectors]:
    """Every condition's cycles, from spike times; of each stimulus the cells, in order."""
    repeats = Repeats.from_responses(responses)
    cells, stimuli = repeats.trials.shape
    frequency = responses["temporal_frequency"]
    along = frequency.dims == ("stimulus",)
    faults.require(along, "temporal_frequency along stimulus", frequency.dims)
    faults.require(frequency.dtype.kind in "iuf", "temporal_frequency as numbers", frequency.dtype)
    faults.stop()
    finite = np.isfinite(frequency.values).all()
    faults.require(finite, "finite temporal_frequency", "NaN or infinity")
    faults.stop()
    cycles = (repeats.seconds * frequency.values[:, None])[repeats.exists]
    least = cycles.min(initial=np.inf)
    faults.require(least >= 1 - WHOLE, "at least one cycle of every stimulus", least)
    total = cycles.sum()
    faults.require(total <= MOST_CYCLES, f"at most {MOST_CYCLES:g} cycles", total)
    faults.stop()
    trains = trains_by_condition(responses, repeats)
    return [
        vectors_by_cycle(trains[c][s], float(frequency[s]), harmonic, float(baseline[c]))
        for s in range(stimuli)
        for c in range(cells)
    ]


def vectors_from_histogram(
    responses: xr.Dataset, harmonic: int, baseline: Array, faults: Faults
) -> list[PhaseVectors]:
    """Every condition's bins, from cycle histograms; of each stimulus the cells, in order."""
    by = ("stimulus", "cell", "phase_bin")
    histogram = responses["count_at_phase"]
    faults.require(set(histogram.dims) == set(by), f"count_at_phase {by}", histogram.dims)
    faults.require(histogram.dtype.kind in "iuf", "count_at_phase as numbers", histogram.dtype)
    faults.stop()
    count = histogram.transpose(*by).values.astype(float)
    bins = count.shape[-1]
    faults.require(bins > 2 * harmonic, f"more than {2 * harmonic} phase bins", bins)
    counted = np.isfinite(count).all() and (count >= 0).all()
    faults.require(counted, "finite counts >= 0", count.min(initial=0))
    faults.stop()
    wave = np.exp(-2j * np.pi * harmonic * (np.arange(bins) + 0.5) / bins)
    expected = Repeats.from_responses(responses).exposure.T * baseline
    width = float(np.sinc(harmonic / bins))  # a bin's mean vector is this long
    return [
        PhaseVectors(number, number * wave, float(off), False, width)
        for number, off in zip(count.reshape(-1, bins), expected.ravel(), strict=True)
    ]
