"""Spikes as vectors at their phase of the stimulus cycle: what F1/F0 is computed from.

From spike times a unit is one whole cycle of one trial; from a cycle histogram it is a phase bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.base.errors import Faults

__all__ = [
    "PhaseVectors",
    "mean_resultant_length",
    "time_observed",
    "vectors_by_cycle",
    "vectors_from_histogram",
    "vectors_from_times",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhaseVectors:
    """Of one row: spikes and vectors by independent unit (cycle or phase bin), the baseline's
    expected spikes in all, whether the units are cycles, and how much binning shortens vectors."""

    number: Array
    vector: NDArray[np.complex128]
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
            each = np.maximum(self.number, 1)
            number, vector = drawn.sum(1), drawn @ (self.vector / each)
            own = ((drawn + drawn * (drawn - 1) / each).sum(1),) * 2
        return number, np.abs(vector) ** 2 - own[0], number**2.0 - own[1]


def mean_resultant_length(product: Any, number: Any) -> Any:
    """Mean resultant length from sums over pairs; NaN where there are none."""
    square = np.divide(
        product, number, out=np.full(np.shape(number), np.nan), where=np.asarray(number) > 0
    )
    return np.sqrt(np.maximum(square, 0))


def vectors_by_cycle(
    times: Array,
    trial: NDArray[np.int64],
    trials: int,
    frequency: float,
    duration: float,
    harmonic: int,
    baseline: float,
) -> PhaseVectors:
    """Spikes and vectors of every whole cycle of every trial."""
    cycles = int(np.floor(duration * frequency + 1e-9))
    turn = times * frequency
    whole = turn < cycles
    unit = trial[whole] * cycles + turn[whole].astype(np.int64)
    wave = np.exp(-2j * np.pi * harmonic * turn[whole])
    size = trials * cycles
    vector = np.bincount(unit, wave.real, size) + 1j * np.bincount(unit, wave.imag, size)
    number = np.bincount(unit, minlength=size).astype(float)
    return PhaseVectors(number, vector, baseline * size / frequency, True)


def time_observed(responses: xr.Dataset) -> Array:
    """Time observed, s; (stimulus, cell)."""
    return (responses["trials"] * responses["duration"]).transpose("stimulus", "cell").values


def vectors_from_times(
    responses: xr.Dataset, harmonic: int, baseline: Array, faults: Faults
) -> list[PhaseVectors]:
    """Every condition's cycles, from spike times."""
    stimuli, cells = responses["drive"].shape
    frequency = responses["temporal_frequency"]
    along = frequency.dims == ("stimulus",)
    if not faults.require(along, "temporal_frequency along stimulus", frequency.dims):
        faults.stop()
    duration = responses["duration"].broadcast_like(responses["drive"]).values
    cycles = duration * frequency.values[:, None]
    faults.require((cycles >= 1 - 1e-9).all(), "at least one cycle of every stimulus", cycles.min())
    faults.stop()
    index = {d: responses[f"spike_{d}"].values for d in ("stimulus", "cell", "trial")}
    condition = index["stimulus"] * cells + index["cell"]
    order = np.argsort(condition, kind="stable")
    ends = np.searchsorted(condition[order], np.arange(stimuli * cells + 1))
    times, trials = responses["spike_time"].values, responses["trials"].values
    units = []
    for k in range(stimuli * cells):
        mine = order[ends[k] : ends[k + 1]]
        s, c = divmod(k, cells)
        units.append(
            vectors_by_cycle(
                times[mine],
                index["trial"][mine],
                int(trials[s, c]),
                float(frequency[s]),
                float(duration[s, c]),
                harmonic,
                float(baseline[c]),
            )
        )
    return units


def vectors_from_histogram(
    responses: xr.Dataset, harmonic: int, baseline: Array, faults: Faults
) -> list[PhaseVectors]:
    """Every condition's bins, from cycle histograms."""
    by = ("stimulus", "cell", "phase_bin")
    histogram = responses["count_at_phase"]
    if not faults.require(set(histogram.dims) == set(by), f"count_at_phase {by}", histogram.dims):
        faults.stop()
    count = histogram.transpose(*by).values.astype(float)
    bins = count.shape[-1]
    faults.require(bins > 2 * harmonic, f"more than {2 * harmonic} phase bins", bins)
    faults.require((count >= 0).all(), "counts >= 0", count.min())
    faults.stop()
    wave = np.exp(-2j * np.pi * harmonic * (np.arange(bins) + 0.5) / bins)
    expected = time_observed(responses) * baseline
    width = float(np.sinc(harmonic / bins))  # a bin's mean vector is this long
    return [
        PhaseVectors(number, number * wave, float(off), False, width)
        for number, off in zip(count.reshape(-1, bins), expected.ravel(), strict=True)
    ]
