"""A run cut into blocks of instances, and the processes that take them.

An instance is one trial of one stimulus shown to one cell. Trials vary slowest, so that what is
done when somebody stops early is whole trials of every condition.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple, Protocol

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.progress import Advance

__all__ = ["Block", "Plan", "Runner", "run_blocks"]


class Block(NamedTuple):
    """What a block of instances gave."""

    start: int
    stop: int
    counts: Indices
    instance: Indices  # of each spike
    time: Array  # of each spike, s from the start of counting


class Runner(Protocol):
    """What takes blocks, one at a time; usually a process."""

    def advance(self, start: int, stop: int) -> Block:
        """Take a range of instances from their start to their end."""

    def close(self) -> None:
        """Free what it holds, even in the middle of a block."""


class Plan(ABC):
    """A run: its instances, and what takes blocks of them.

    Attributes
    ----------
    shape : (stimuli, cells, trials)
    size : int
        Most instances in a block.
    """

    shape: tuple[int, int, int]

    @property
    def instances(self) -> int:
        return int(np.prod(self.shape))

    def where(self, start: int, stop: int) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Stimulus, cell and trial of a range of instances."""
        stimuli, cells, trials = self.shape
        trial, stimulus, cell = np.unravel_index(np.arange(start, stop), (trials, stimuli, cells))
        return stimulus, cell, trial

    @property
    @abstractmethod
    def size(self) -> int: ...

    @abstractmethod
    def open(self) -> Runner:
        """A runner of its own."""


def run_blocks(
    plan: Plan, workers: int, take: Callable[[Block], None], advance: Advance, first: int = 0
) -> int:
    """Run every block from instance `first` on, hand each to `take`, and return how many instances
    are done, those before the first counted.

    Ctrl-C stops after the blocks that are running; what is done is then a prefix of the instances.
    """
    idle: list[Runner] = []
    every: list[Runner] = []
    lock = threading.Lock()

    def one(start: int) -> Block:
        with lock:
            runner = idle.pop() if idle else None
        if runner is None:
            runner = plan.open()
            with lock:
                every.append(runner)
        done = runner.advance(start, min(start + plan.size, plan.instances))
        with lock:
            idle.append(runner)
        return done

    starts = iter(range(first, plan.instances, plan.size))
    running: set[Future[Block]] = set()
    done, stopped = first, False
    try:
        with ThreadPoolExecutor(workers) as pool:
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
        for runner in every:
            runner.close()
