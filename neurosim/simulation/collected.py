"""What the blocks of a simulation give, put together into responses."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults
from neurosim.simulation.engine.blocks import Block, Plan
from neurosim.simulation.request import Request

__all__ = ["Collected"]

_TOLD = 0.02  # of the memory, from which on what is there tells what will be
_SPIKE = 90.0  # bytes of a spike time, with those that its sorting takes


class _Histogram:
    """Spikes per condition and bin, of whole trials: those of unfinished ones wait."""

    def __init__(self, conditions: int, bins: int) -> None:
        self.total = np.zeros((conditions, bins), dtype=np.int64)
        self.waiting: list[tuple[Indices, Indices]] = []

    def add(self, instance: Indices, place: Array, whole: int) -> None:
        """Spikes of instances at places in bins; those below `whole` belong to whole trials."""
        bins = np.minimum(place.astype(np.int64), self.total.shape[1] - 1)
        self.waiting.append((instance, bins))
        self.up_to(whole)

    def up_to(self, whole: int) -> Indices:
        """The histogram of all instances below `whole`."""
        if self.waiting:
            instance, bins = (np.concatenate(part) for part in zip(*self.waiting, strict=True))
            sure = instance < whole
            np.add.at(self.total, (instance[sure] % len(self.total), bins[sure]), 1)
            self.waiting = [(instance[~sure], bins[~sure])]
        return self.total


class Collected:
    """What the blocks have given so far."""

    def __init__(self, plan: Plan, request: Request) -> None:
        self.plan, self.request = plan, request
        stimuli, cells = plan.shape[:2]
        self.counts = np.zeros(plan.instances, dtype=np.int32)
        self.spikes: list[tuple[Indices, Array]] = []
        self.held, self.seen = 0.0, 0  # bytes of spike times, and instances they are of
        self.bins, self.phases = request.time_bin, request.phase_bins
        self.conditions, self.frontier = stimuli * cells, 0
        self.taken: dict[int, int] = {}
        if self.bins is not None:
            self.in_bin = _Histogram(self.conditions, round(request.duration / self.bins))
        if self.phases is not None and request.drive.frequency is not None:
            self.at_phase = _Histogram(self.conditions, self.phases)
            self.frequency = np.repeat(request.drive.frequency, cells)

    def put(self, begun: xr.Dataset) -> int:
        """Take over the trials of responses (see `taken_over`); returns how many instances."""
        trials = begun.sizes["trial"]
        done = trials * self.conditions
        counts = begun["count"].transpose("trial", "stimulus", "cell").values
        self.counts[:done] = counts.reshape(-1)
        self.frontier = done
        if self.bins is not None:
            in_bin = begun["count_in_bin"].transpose("stimulus", "cell", "time_bin").values
            self.in_bin.total += in_bin.reshape(self.conditions, -1)
        if self.phases is not None:
            at_phase = begun["count_at_phase"].transpose("stimulus", "cell", "phase_bin").values
            self.at_phase.total += at_phase.reshape(self.conditions, -1)
        if self.request.spike_times:
            of = [begun[f"spike_{name}"].values for name in ("trial", "stimulus", "cell")]
            shape = (trials, *self.plan.shape[:2])
            instance = np.ravel_multi_index(tuple(each.astype(np.int64) for each in of), shape)
            self.spikes.append((instance, begun["spike_time"].values.astype(float)))
        return done

    def take(self, block: Block) -> None:
        """Keep what a block gave."""
        self.counts[block.start : block.stop] = block.counts
        self.taken[block.start] = block.stop
        while self.frontier in self.taken:  # blocks come back in almost their order
            self.frontier = self.taken.pop(self.frontier)
        whole = self.frontier // self.conditions * self.conditions
        if self.bins is not None:
            self.in_bin.add(block.instance, block.time / self.bins, whole)
        if self.phases is not None:
            turn = block.time * self.frequency[block.instance % self.conditions] % 1.0
            self.at_phase.add(block.instance, turn * self.phases, whole)
        if self.request.spike_times:
            self.spikes.append((block.instance, block.time))
            self._check_spikes(block)

    def _check_spikes(self, block: Block) -> None:
        """Refuse spike times for which there is no memory, as soon as a whole trial tells."""
        self.held += _SPIKE * len(block.time)
        self.seen += block.stop - block.start
        limit, expected = self.request.memory, self.held
        if self.seen >= self.conditions and self.held > _TOLD * limit:
            expected *= len(self.counts) / self.seen
        faults = Faults("simulate")
        faults.require(
            expected <= limit,
            f"spike times within memory={limit:g} bytes",
            f"some {expected:.2g}",
            "fewer trials or stimuli, or more memory",
        )
        faults.stop()

    def into(self, responses: xr.Dataset, done: int) -> xr.Dataset:
        """The responses, with as many trials as were finished."""
        stimuli, cells, trials = self.plan.shape
        conditions = stimuli * cells
        whole = done // conditions
        if whole < trials:
            if whole == 0:
                raise KeyboardInterrupt
            warnings.warn(f"stopped after {whole} of {trials} trials", stacklevel=3)
            responses = responses.isel(trial=slice(whole))
            responses["trials"] = xr.full_like(responses["trials"], whole)
            responses.attrs["stopped_early"] = 1
        counts = self.counts[: whole * conditions].reshape(whole, stimuli, cells)
        by = ("stimulus", "cell")
        responses["count"] = ((*by, "trial"), np.moveaxis(counts, 0, -1))
        shape = (stimuli, cells, -1)
        if self.bins is not None:
            binned = self.in_bin.up_to(whole * conditions)
            responses["count_in_bin"] = ((*by, "time_bin"), binned.reshape(shape))
            start = np.arange(binned.shape[1]) * self.bins
            responses = responses.assign_coords(time_bin=("time_bin", start, {"units": "s"}))
        if self.phases is not None:
            binned = self.at_phase.up_to(whole * conditions)
            responses["count_at_phase"] = ((*by, "phase_bin"), binned.reshape(shape))
            middle = (np.arange(self.phases) + 0.5) * 360 / self.phases
            responses = responses.assign_coords(phase_bin=("phase_bin", middle, {"units": "deg"}))
        if self.request.spike_times:
            responses = responses.assign(self._spike_table(whole * conditions))
        return responses

    def _spike_table(self, instances: int) -> dict[str, tuple[str, AnyArray]]:
        instance = np.concatenate([s[0] for s in self.spikes])
        time = np.concatenate([s[1] for s in self.spikes])
        kept = instance < instances
        instance, time = instance[kept], time[kept]
        stimuli, cells, trials = self.plan.shape
        trial, stimulus, cell = np.unravel_index(instance, (trials, stimuli, cells))
        order = np.lexsort((time, trial, cell, stimulus))
        named = {
            "spike_time": time,
            "spike_stimulus": stimulus,
            "spike_cell": cell,
            "spike_trial": trial,
        }
        return {name: ("spike", values[order]) for name, values in named.items()}
