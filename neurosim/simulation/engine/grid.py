"""The run of cells given as Brian2 equations, on the plain time grid."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neurosim.base.arrays import Array
from neurosim.base.errors import InputError
from neurosim.models.cells.brian_cell import BrianCell
from neurosim.simulation.engine.blocks import Block, Plan
from neurosim.simulation.engine.cache import own_process

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
        self._process: subprocess.Popen[str] | None = None

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

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
            "arrays": list(arrays),
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
        with tempfile.TemporaryDirectory(prefix="neurosim-") as name:
            folder = Path(name)
            (folder / "request.json").write_text(json.dumps(ask))
            for key, array in arrays.items():
                np.save(folder / f"{key}.npy", array)
            self._process = subprocess.Popen(
                own_process("grid_program", name),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C is the host's to handle
            )
            said = self._process.communicate()[1]
            if self._process.returncode:
                # the first error of the chain is the cause of the others
                causes = re.findall(r"^[\w.]*(?:Error|Exception): .+$", said, re.MULTILINE)
                cause = causes[0] if causes else f"exit status {self._process.returncode}"
                raise InputError(f"simulate: Brian2 cannot run these equations: {cause}")
            counts, instance, time = (
                np.load(folder / f"{key}.npy", allow_pickle=False)
                for key in ("counts", "instance", "time")
            )
        order = np.lexsort((time, instance))
        return Block(start, stop, counts, instance[order] + start, time[order])
