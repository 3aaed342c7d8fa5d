"""The worker on Brian2's runtime targets; a program: numpy|cython, SIZE and the words of a Model.

The same protocol, the same abstract code and the same counts as the C++ worker, for machines
without a compiler.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

import numpy as np

from neurosim.base.child_processes import end_with_parent
from neurosim.simulation.engine.build_key import FLAGS
from neurosim.simulation.engine.protocol import DRIVE, HEADER, LOAD, Model, arrays, numbers

__all__ = ["Block", "serve"]


class Block:
    """One Brian2 network whose state is data and whose steps are taken one by one."""

    def __init__(self, target: str, size: int, model: Model) -> None:
        from brian2 import ms, prefs

        prefs.reset_to_defaults()  # whatever the user prefers elsewhere
        prefs.codegen.target = target
        prefs.codegen.loop_invariant_optimisations = False
        prefs.codegen.cpp.extra_compile_args = [f for f in FLAGS if not f.startswith("-std")]
        from neurosim.simulation.engine.model import population

        self.size, self.model = size, model
        group, network = population(size, 1 * ms, model)
        network.run(0 * ms)  # makes the code objects
        self.variable = group.variables
        self.objects = [o for o in network.sorted_objects if o.active]
        self.every_other = {o for o in self.objects if o.name.startswith("lif_draw")}

    def load(self, source: BinaryIO, seed_low: int, seed_high: int) -> None:
        """Read every array of a LOAD."""
        for name, dtype in arrays(self.model):
            data = source.read(self.size * np.dtype(dtype).itemsize)
            self.variable[name].set_value(np.frombuffer(data, dtype))
        for name in numbers(self.model):
            self.variable[name].set_value(np.frombuffer(source.read(8)))
        self.variable["spike_count"].set_value(np.zeros(self.size))
        for name, word in (("seed_low", seed_low), ("seed_high", seed_high)):
            self.variable[name].set_value(np.array(word, np.int64).astype(np.int32))

    def step(self, step: int) -> None:
        """Take one step; the noise of two is drawn in the even ones."""
        for one in self.objects:
            one.clock.variables["timestep"].set_value(
                step // 2 if one in self.every_other else step
            )
        for one in self.objects:
            if step % 2 == 0 or one not in self.every_other:
                one.run()

    @property
    def counts(self) -> Any:
        return self.variable["spike_count"].get_value()

    def spikes_since(self, before: Any) -> tuple[Any, Any]:
        """Cells and times, in steps, of the spikes since the counts were `before`."""
        new = self.counts - before
        first, second = np.flatnonzero(new > 0), np.flatnonzero(new > 1)
        crossing, release, rest = (
            self.variable[n].get_value() for n in ("crossing", "release", "rest_steps")
        )
        times = np.concatenate([crossing[first], (release - rest)[second]])
        return np.concatenate([first, second]).astype(float), times


def serve(block: Block, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the host closes the pipe."""
    while len(head := source.read(HEADER.size)) == HEADER.size:
        kind, first, steps, low, high, wanted, _ = HEADER.unpack(head)
        if kind == LOAD:
            block.load(source, low, high)
            continue
        spikes = [(np.zeros(0), np.zeros(0))]
        for step in range(first, first + steps):
            if kind == DRIVE:
                block.variable["mu"].set_value(np.frombuffer(source.read(8 * block.size)))
            before = block.counts.copy() if wanted else None
            block.step(step)
            if wanted:
                spikes.append(block.spikes_since(before))
        sink.write(np.ascontiguousarray(block.counts, dtype=float).tobytes())
        if wanted:
            cells, times = (np.concatenate(part) for part in zip(*spikes, strict=True))
            sink.write(np.int64(len(cells)).tobytes() + cells.tobytes() + times.tobytes())
        sink.flush()


if __name__ == "__main__":
    end_with_parent()
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints goes to standard error
    with np.errstate(all="ignore"):  # the branch that choose() does not take
        serve(
            Block(sys.argv[1], int(sys.argv[2]), Model.of(sys.argv[3:])),
            sys.stdin.buffer,
            pipe,
        )
