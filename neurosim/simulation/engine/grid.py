"""The run of cells given as Brian2 equations, on the plain time grid."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.child_processes import child_settings, end_child, own_process
from neurosim.base.errors import InputError
from neurosim.base.messages import received, send
from neurosim.models.cells.brian_cell import BrianCell
from neurosim.simulation.engine.blocks import Block, Plan

__all__ = ["GridPlan"]

_SIZE = 16_384  # instances in a block: Brian2 starts anew for each


@dataclass(frozen=True)
class GridPlan(Plan):
    """Everything about a run.

    Attributes
    ----------
    shape : (stimuli, cells, trials)
    cell : BrianCell
    driven : array (stimulus, cell)
        The driven variable, V.
    dt : float
    settle, steps : int
    seed : int
    times : bool
    correlation : float
        Of the noise of the cells of one stimulus and trial.
    """

    shape: tuple[int, int, int]
    cell: BrianCell
    driven: Array
    dt: float
    settle: int
    steps: int
    seed: int
    times: bool
    correlation: float = 0.0

    @property
    def size(self) -> int:
        return min(_SIZE, self.instances)

    def open(self) -> _Runner:
        return _Runner(self)


class _Runner:
    """Runs each block in a process of its own."""

    def __init__(self, plan: GridPlan) -> None:
        self._plan = plan
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        if self._process is not None:
            end_child(self._process)

    def advance(self, start: int, stop: int) -> Block:
        plan, cell = self._plan, self._plan.cell
        stimulus, which, trial = plan.where(start, stop)
        arrays = {
            "stimulus": stimulus,
            "cell": which,
            "trial": trial,
            "driven": plan.driven[stimulus, which],
        }
        ask = {
            "equations": cell.equations,
            "threshold": cell.threshold,
            "reset": cell.reset,
            "refractory": cell.refractory,
            "driven": cell.driven,
            "start": dict(cell.start),
            "constants": dict(cell.constants),
            "method": cell.method,
            "dt": plan.dt,
            "settle": plan.settle,
            "steps": plan.steps,
            "seed": plan.seed,
            "times": plan.times,
            "correlation": plan.correlation,
        }
        counts, instance, time = self._answer(ask, arrays)
        order = np.lexsort((time, instance))
        return Block(start, stop, counts, instance[order] + start, time[order])

    def _answer(self, ask: dict[str, Any], arrays: dict[str, AnyArray]) -> list[AnyArray]:
        """Counts of the instances, and instance and time of each spike."""
        with tempfile.TemporaryFile() as said:
            self._process = process = subprocess.Popen(
                own_process("neurosim.simulation.engine.grid_program"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                **child_settings(),
            )
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                send(process.stdin, json.dumps(ask), arrays)  # and open until it has answered
            reply = process.stdout.read()
            process.stdout.close()
            status = process.wait()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            said.seek(0)
            words = said.read().decode(errors="replace")
        if status:
            # the first error of the chain is the cause of the others
            causes = re.findall(r"^[\w.]*(?:Error|Exception): .+$", words, re.MULTILINE)
            cause = causes[0] if causes else f"exit status {status}"
            raise InputError(f"simulate: Brian2 cannot run these equations: {cause}")
        _, found = received(io.BytesIO(reply))
        return [found[name] for name in ("counts", "instance", "time")]
