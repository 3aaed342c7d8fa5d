"""A process that advances blocks of LIF cells: the host's end of the pipe."""

from __future__ import annotations

import contextlib
import subprocess
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.child_processes import child_settings, end_child, own_process
from neurosim.simulation.engine import cache
from neurosim.simulation.engine.cells import constants
from neurosim.simulation.engine.protocol import (
    BLOCK,
    DRIVE,
    HEADER,
    LOAD,
    RUN,
    Model,
    arrays,
    numbers,
)

__all__ = ["MOST_TRIALS", "Target", "Worker", "usable_target"]

Target = Literal["auto", "cpp", "cython", "numpy"]

MOST_TRIALS = 1 << 24
"""The number of a trial shares a word of the counter with the number of the draw."""

# what fills a block up: cells that never do anything
_SILENT = {
    "tau_m": 1.0,
    "noise_sd": 1.0,
    "v_threshold": 1.0,
    "step_in_tau": 0.01,
    "decay": 0.99,
    "steepness": 1.0,
    "release": np.inf,
    "tau_noise": 1.0,
}

_PLAIN = Model()
_said: set[str] = set()


def usable_target(target: Target, model: Model) -> Target:
    """The code-generation target to use; for "cpp" its worker is there when this returns.

    Parameters
    ----------
    target : "auto", "cpp", "cython" or "numpy"
        "auto" is C++ where there is a compiler, else NumPy: slower, with the same counts, and said
        once.
    """
    if target not in ("auto", "cpp"):
        return target
    try:
        cache.compiled_worker(model)
    except cache.NoCompiler as error:
        if target == "cpp":
            raise
        if "numpy" not in _said:
            _said.add("numpy")
            warnings.warn(
                f"simulating with NumPy, which is slower but gives the same counts ({error})",
                RuntimeWarning,
                stacklevel=2,
            )
        return "numpy"
    return "cpp"


class Worker:
    """Advances one block of cells at a time, in a process of its own.

    Parameters
    ----------
    target : "cpp", "cython" or "numpy"
    model : Model
        What the process has compiled in.
    size : int
        Most cells at a time; a C++ worker has its own.
    """

    def __init__(self, target: Target, model: Model = _PLAIN, size: int = BLOCK) -> None:
        self.model = model
        self.size = BLOCK if target == "cpp" else size
        if target == "cpp":
            command = [str(cache.compiled_worker(model))]
        else:
            options = [target, str(size), *model.words()]
            command = own_process("neurosim.simulation.engine.runtime", *options)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=1 << 20,
            **child_settings(),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self.loaded = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)

    def close(self, at_once: bool = False) -> None:
        """End the process."""
        if at_once:
            end_child(self._process)
        with contextlib.suppress(BrokenPipeError):
            self._in.close()
        self._out.close()
        self._process.wait()

    def load(self, cells: Mapping[str, AnyArray], seed: int, dt: float) -> None:
        """Put at most `size` cells into the block (see `cells.constants`; SI units)."""
        full = constants(cells, dt)
        self.loaded = len(cells["cell"])
        data = []
        for name, dtype in arrays(self.model):
            array = np.empty(self.size, dtype)
            array[: self.loaded] = full[name]
            array[self.loaded :] = _SILENT.get(name, 0)
            data.append(array)
        data += [np.array([full[name]], dtype=float) for name in numbers(self.model)]
        self._send(LOAD, 0, 0, seed, dt, *data)

    def run(
        self,
        first: int,
        steps: int,
        dt: float,
        drive: Array | None = None,
        times: bool = False,
    ) -> tuple[Indices, Indices, Array]:
        """Advance the block.

        Parameters
        ----------
        first, steps : int
            The steps to take.
        dt : float
            s.
        drive : array (step, cell), optional
            Mean potential at the middle of each step, V.
        times : bool
            Whether the spikes of these steps are wanted.

        Returns
        -------
        counts : int array (cell,)
            Since `load`.
        cells, times : array (spike,)
            Position in the block, and seconds since step 0; by cell, then in order of time. Empty
            unless wanted.
        """
        if drive is None:
            self._send(RUN, first, steps, 0, dt, times=times)
        else:
            table = np.zeros((steps, self.size))
            table[:, : self.loaded] = drive
            self._send(DRIVE, first, steps, 0, dt, table, times=times)
        counts = self._receive(self.size)[: self.loaded].astype(np.int64)
        number = int(self._receive(1).view(np.int64)[0]) if times else 0
        cells = self._receive(number).astype(np.int64)
        when = self._receive(number) * dt
        order = np.lexsort((when, cells))
        return counts, cells[order], when[order]

    def _send(
        self,
        kind: int,
        first: int,
        steps: int,
        seed: int,
        dt: float,
        *data: Any,
        times: bool = False,
    ) -> None:
        header = (kind, first, steps, _signed(seed), _signed(seed >> 32), int(times), dt)
        try:
            self._in.write(HEADER.pack(*header))
            for array in data:
                self._in.write(memoryview(array).cast("B"))
            self._in.flush()
        except BrokenPipeError:
            raise self._stopped() from None

    def _receive(self, number: int) -> Array:
        reply = self._out.read(8 * number)
        if len(reply) != 8 * number:
            raise self._stopped()
        return np.frombuffer(reply)

    def _stopped(self) -> RuntimeError:
        status = self._process.wait()
        return RuntimeError(f"the simulation's worker process stopped (exit status {status})")


def _signed(word: int) -> int:
    """The low 32 bits as a signed integer."""
    return (word & 0xFFFFFFFF) - ((word & 0x80000000) << 1)
