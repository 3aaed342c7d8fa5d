"""How experiments are run: seeds, processes, progress, and the data they are shown."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeVar

from neurosim.base.child_processes import safe_children
from neurosim.base.errors import Faults
from neurosim.base.processors import workers_of
from neurosim.base.progress import Advance, progress_bar

if TYPE_CHECKING:
    from neurosim.convnet.datasets import Dataset

__all__ = ["Run"]

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass
class Run:
    """What an experiment is given; a context in which its processes live.

    Parameters
    ----------
    seed : int
        The base seed; `seeds` derives one for each repetition.
    repeats : int, optional
        Seeds per condition, instead of each experiment's own number.
    workers : int, optional
        Processes, each with one thread. Default: as in `simulate`.
    data : Dataset, optional
        Images to learn from, instead of scikit-learn's handwritten digits.
    filters : array (filter, channel, row, column), optional
        A first layer to look at.
    progress : bool

    Examples
    --------
    >>> with Run(seed=3, workers=1) as run:
    ...     run.seeds(2), run.map(abs, [-1, 2, -3])
    ([3000, 3001], [1, 2, 3])
    """

    seed: int = 0
    repeats: int | None = None
    workers: int | None = None
    data: Dataset | None = None
    filters: Any = None
    progress: bool = False
    label: str = ""
    _pool: ProcessPoolExecutor | None = field(default=None, repr=False)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def seeds(self, usual: int) -> list[int]:
        """Seeds of the repetitions, of which there are usually so many."""
        return [1000 * self.seed + k for k in range(self.repeats or usual)]

    def images(self) -> Dataset:
        """What a network learns: the data given, or the handwritten digits."""
        if self.data is None:
            from neurosim.convnet.datasets import digits

            self.data = digits()
        return self.data

    def map(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
        """The function of every job, in order; on several processes, with a progress bar.

        Parameters
        ----------
        function : callable
            Of a module, not a lambda, so that another process finds it.
        jobs : sequence
            Longest first is fastest.
        """
        with progress_bar(self.label or "running", self.progress) as advance:
            if self._count() == 1:
                _reproducible()
                return [_noted(function(job), k, len(jobs), advance) for k, job in enumerate(jobs)]
            pool = self._processes()
            with _deaf_to_interrupts(), safe_children():  # processes start as jobs are handed in
                futures = {pool.submit(function, job): k for k, job in enumerate(jobs)}
            results: dict[int, Result] = {}
            try:
                for done in as_completed(futures):
                    results[futures[done]] = done.result()
                    advance(len(results) / len(jobs))
            except BaseException:
                for future in futures:
                    future.cancel()
                raise
            return [results[k] for k in range(len(jobs))]

    def _count(self) -> int:
        faults = Faults("Run")
        workers = workers_of(self.workers, faults)
        faults.stop()
        return workers

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # each computes on one thread: the processes are what runs side by side
            for library in ("OMP", "OPENBLAS", "MKL"):
                os.environ.setdefault(f"{library}_NUM_THREADS", "1")
            self._pool = ProcessPoolExecutor(
                self._count(), multiprocessing.get_context("spawn"), initializer=_reproducible
            )
        return self._pool


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started in it leaves Ctrl-C to the parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _noted(result: Result, done: int, of: int, advance: Advance) -> Result:
    advance((done + 1) / of)
    return result


def _reproducible() -> None:
    """One thread in torch too, so that sums are in one order whatever the machine; and an end with
    the process that started this one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()
    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)


def _end_after(sentinel: int) -> None:
    """End this process when the one that the sentinel stands for is gone."""
    wait([sentinel])
    os._exit(1)
