"""The run of a LIF population on the exact engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.simulation.engine.blocks import Block, Plan
from neurosim.simulation.engine.cells import settled_start, stationary_noise
from neurosim.simulation.engine.protocol import BLOCK, Model
from neurosim.simulation.engine.worker import Target, Worker

__all__ = ["LIFPlan", "Sinusoid"]

DriveOverTime = Callable[[AnyArray, AnyArray, int, int], Array]

_CPP_SIZE = BLOCK  # instances in a block of the C++ worker, which can hold no more
_RUNTIME_SIZE = 8192  # of the NumPy and Cython targets: hides Python's share
_DRIVE_BYTES = 1 << 23  # of drive over time sent to a worker at once


class Sinusoid(NamedTuple):
    """A mean potential that is a sinusoid in time; arrays (stimulus, cell) and (stimulus,)."""

    mean: Array  # V
    amplitude: Array  # V
    turns: Array  # phase at the first counted step, in cycles
    frequency: Array  # Hz, (stimulus,)


@dataclass(frozen=True)
class LIFPlan(Plan):
    """Everything about a run; SI units.

    Attributes
    ----------
    shape : (stimuli, cells, trials)
    cells : mapping of name to array (cell,)
        tau_m, noise_sd, v_threshold, v_reset, t_ref, v_start where cells start at rest, and
        tau_noise where the noise is synaptic.
    drive : array (stimulus, cell), Sinusoid, or function
        Mean potential, V; or what gives it, (steps, instance), for the stimulus and cell of each
        instance and a range of steps counted from the first counted one.
    dt : float
    settle, steps : int
        Uncounted and counted steps.
    seed : int
    settled : bool
        Whether cells start as if they had been firing for some time.
    times : bool
        Whether the spikes themselves are wanted.
    target : "cpp", "cython" or "numpy"
    correlation : float
        Of the noise of the cells of one stimulus and trial.
    """

    shape: tuple[int, int, int]
    cells: Mapping[str, Array]
    drive: Array | Sinusoid | DriveOverTime
    dt: float
    settle: int
    steps: int
    seed: int
    settled: bool
    times: bool
    target: Target
    correlation: float = 0.0

    @property
    def model(self) -> Model:
        """What the worker must have compiled in."""
        sinusoid, synaptic = isinstance(self.drive, Sinusoid), "tau_noise" in self.cells
        return Model(sinusoid, synaptic, self.correlation > 0)

    @property
    def size(self) -> int:
        return min(_CPP_SIZE if self.target == "cpp" else _RUNTIME_SIZE, self.instances)

    def open(self) -> _Runner:
        return _Runner(self)

    def block(self, start: int, stop: int) -> dict[str, AnyArray]:
        """The worker's arrays for a range of instances."""
        stimulus, cell, trial = self.where(start, stop)
        block: dict[str, AnyArray] = {n: values[cell] for n, values in self.cells.items()}
        block |= {"stimulus": stimulus, "cell": cell, "trial": trial}
        if isinstance(self.drive, Sinusoid):
            mean, amplitude, turns, frequency = self.drive
            block["mean"], block["amplitude"] = mean[stimulus, cell], amplitude[stimulus, cell]
            block["turns_per_step"] = frequency[stimulus] * self.dt
            block["turns"] = turns[stimulus, cell] - block["turns_per_step"] * self.settle
            block["mu"] = block["mean"]
        elif callable(self.drive):
            block["mu"] = self.drive(stimulus, cell, 0, 1)[0]
        else:
            block["mu"] = self.drive[stimulus, cell]
        if self.settled:
            block["v"], block["release"] = settled_start(block, self.dt, self.seed)
        else:
            before = -1.0 if self.model.synaptic else 0.0  # a release at 0 is a reset at 0
            block["v"], block["release"] = block["v_start"], np.full(stop - start, before)
        own, common = np.sqrt([1 - self.correlation, self.correlation])
        if self.model.shared:
            block["own_weight"], block["common_weight"] = own, common
        if self.model.synaptic:
            block["noise"] = stationary_noise(block, self.seed, own, common)
        return block


class _Runner:
    """A worker process and the plan it follows."""

    def __init__(self, plan: LIFPlan) -> None:
        self._plan = plan
        self._worker = Worker(plan.target, plan.model, plan.size)

    def close(self) -> None:
        self._worker.close(at_once=True)

    def advance(self, start: int, stop: int) -> Block:
        plan = self._plan
        block = plan.block(start, stop)
        self._worker.load(block, plan.seed, plan.dt)
        before: Indices | int = 0
        if plan.settle:
            before = self._steps(block, 0, plan.settle, times=False)[0]
        counts, who, when = self._steps(block, plan.settle, plan.steps, plan.times)
        return Block(start, stop, counts - before, who + start, when - plan.settle * plan.dt)

    def _steps(
        self, block: Mapping[str, AnyArray], first: int, steps: int, times: bool
    ) -> tuple[Indices, Indices, Array]:
        """Counts since the load, and the spikes of these steps where they are wanted."""
        plan, worker = self._plan, self._worker
        if isinstance(plan.drive, np.ndarray | Sinusoid):
            return worker.run(first, steps, plan.dt, times=times)
        most = max(1, _DRIVE_BYTES // (8 * worker.size))
        counts, who, when = np.zeros(0, dtype=np.int64), [], []
        for begin in range(first, first + steps, most):
            part = min(most, first + steps - begin)
            # before counting starts, the drive is held at its first value
            table = plan.drive(block["stimulus"], block["cell"], begin - plan.settle, part)
            counts, cells, seconds = worker.run(begin, part, plan.dt, table, times)
            who.append(cells)
            when.append(seconds)
        return counts, np.concatenate(who), np.concatenate(when)
