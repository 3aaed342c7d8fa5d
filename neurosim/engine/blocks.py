"""A run cut into blocks of instances, and the worker processes that take them.

An instance is one trial of one stimulus shown to one cell. Trials vary slowest, so that what is
done when somebody stops early is whole trials of every condition.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.engine.cells import settled_start
from neurosim.engine.protocol import BLOCK
from neurosim.engine.worker import Target, Worker
from neurosim.progress import Advance

__all__ = ["Block", "Plan", "Sinusoid", "run_blocks"]

Array = NDArray[np.float64]

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
class Plan:
    """Everything about a run; SI units.

    Attributes
    ----------
    shape : (stimuli, cells, trials)
    cells : mapping of name to array (cell,)
        tau_m, noise_sd, v_threshold, v_reset, t_ref, and v_start where cells start at rest.
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
    """

    shape: tuple[int, int, int]
    cells: Mapping[str, Array]
    drive: Array | Sinusoid | Callable[[NDArray, NDArray, int, int], Array]
    dt: float
    settle: int
    steps: int
    seed: int
    settled: bool
    times: bool
    target: Target

    @property
    def instances(self) -> int:
        return int(np.prod(self.shape))

    def where(self, start: int, stop: int) -> tuple[NDArray, NDArray, NDArray]:
        """Stimulus, cell and trial of a range of instances."""
        stimuli, cells, trials = self.shape
        trial, stimulus, cell = np.unravel_index(np.arange(start, stop), (trials, stimuli, cells))
        return stimulus, cell, trial

    def block(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """The worker's arrays for a range of instances."""
        stimulus, cell, trial = self.where(start, stop)
        block: dict[str, NDArray[Any]] = {n: values[cell] for n, values in self.cells.items()}
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
            block["v"], block["release"] = block["v_start"], np.zeros(stop - start)
        return block


class Block(NamedTuple):
    """What a block of instances gave."""

    start: int
    stop: int
    counts: NDArray[np.int64]
    instance: NDArray[np.int64]  # of each spike
    time: Array  # of each spike, s from the start of counting


def run_blocks(plan: Plan, workers: int, take: Callable[[Block], None], advance: Advance) -> int:
    """Run every block, hand each to `take`, and return how many instances are done.

    Ctrl-C stops after the blocks that are running; what is done is then a prefix of the instances.
    """
    size = min(_CPP_SIZE if plan.target == "cpp" else _RUNTIME_SIZE, plan.instances)
    probe = Worker(plan.target, isinstance(plan.drive, Sinusoid), size)
    idle, every = [probe], [probe]
    lock = threading.Lock()

    def one(start: int) -> Block:
        with lock:
            worker = idle.pop() if idle else None
        if worker is None:
            worker = Worker(plan.target, probe.sinusoid, size)
            with lock:
                every.append(worker)
        done = _advance_block(plan, worker, start, size)
        with lock:
            idle.append(worker)
        return done

    starts = iter(range(0, plan.instances, size))
    done = 0
    stopped = False
    try:
        with ThreadPoolExecutor(workers) as pool:
            running: set[Future[Block]] = set()
            while True:
                try:
                    while not stopped and len(running) < workers + 1:
                        start = next(starts, None)
                        if start is None:
                            break
                        running.add(pool.submit(one, start))
                    if not running:
                        return done
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        block = future.result()
                        take(block)
                        done += block.stop - block.start
                    advance(done / plan.instances)
                except KeyboardInterrupt:
                    if stopped:  # the second time means it
                        raise
                    stopped = True
    finally:
        for worker in every:
            worker.close(at_once=True)


def _advance_block(plan: Plan, worker: Worker, start: int, size: int) -> Block:
    """Take one block of instances from its start to its end."""
    stop = min(start + size, plan.instances)
    block = plan.block(start, stop)
    worker.load(block, plan.seed, plan.dt)
    drive = plan.drive if callable(plan.drive) else None
    before: NDArray[np.int64] | int = 0
    if plan.settle:
        held = None if drive is None else drive(block["stimulus"], block["cell"], 0, 1)
        before = _run(plan, worker, 0, plan.settle, lambda *_: held, held is not None)[0]
    counts, who, when = _run(
        plan,
        worker,
        plan.settle,
        plan.steps,
        lambda first, steps: drive(  # type: ignore[misc]
            block["stimulus"], block["cell"], first - plan.settle, steps
        ),
        drive is not None,
    )
    return Block(start, stop, counts - before, who + start, when - plan.settle * plan.dt)


def _run(
    plan: Plan,
    worker: Worker,
    first: int,
    steps: int,
    drive: Callable[[int, int], Array | None],
    varies: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Counts since the load, and the spikes of these steps where they are wanted."""
    times = plan.times and first >= plan.settle
    if not varies:
        return worker.run(first, steps, plan.dt, times=times)
    most = max(1, _DRIVE_BYTES // (8 * worker.size))
    who, when = [], []
    counts = np.zeros(0, dtype=np.int64)
    for begin in range(first, first + steps, most):
        part = min(most, first + steps - begin)
        table = np.broadcast_to(np.asarray(drive(begin, part)), (part, worker.loaded))
        counts, cells, seconds = worker.run(begin, part, plan.dt, table, times)
        who.append(cells)
        when.append(seconds)
    return counts, np.concatenate(who), np.concatenate(when)
