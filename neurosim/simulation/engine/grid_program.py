"""A block of cells given as Brian2 equations, on the plain time grid; a program.

Standard input holds the request and its arrays, standard output gets the counts and the instance
and time of each spike. Noise is the engine's: each randn() of the generated step is replaced by the
hash of seed, cell, stimulus, trial and step, so that the same seed gives the same spikes in any
block.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

import numpy as np

from neurosim.base.arrays import AnyArray
from neurosim.base.child_processes import end_with_parent
from neurosim.base.messages import received, send

__all__ = ["run"]

_IDENTITY = """
cell : integer (constant)
stimulus : integer (constant)
trial : integer (constant)
seed_low : integer (shared, constant)
seed_high : integer (shared, constant)
"""


def run(ask: dict[str, Any], arrays: dict[str, AnyArray]) -> dict[str, AnyArray]:
    """Simulate one block."""
    import brian2 as b2

    from neurosim.simulation.engine.model import functions

    b2.prefs.codegen.target = "numpy"
    namespace = {**functions(), **{n: _quantity(v) for n, v in ask["constants"].items()}}
    group = b2.NeuronGroup(
        len(arrays["cell"]),
        ask["equations"] + _IDENTITY,
        threshold=ask["threshold"],
        reset=ask["reset"],
        refractory=_quantity(ask["refractory"]),
        method=_hashed(ask["method"], ask["correlation"]),
        namespace=namespace,
        dt=ask["dt"] * b2.second,
    )
    for name in ("cell", "stimulus", "trial"):
        setattr(group, name, arrays[name])
    for name, shift in (("seed_low", 0), ("seed_high", 32)):
        word = (ask["seed"] >> shift) & 0xFFFFFFFF
        setattr(group, name, np.uint32(word).astype(np.int32))
    for name, value in ask["start"].items():
        setattr(group, name, _quantity(value))
    setattr(group, ask["driven"], arrays["driven"] * b2.volt)
    monitor = b2.SpikeMonitor(group, record=ask["times"])
    network = b2.Network(group, monitor)
    settle, total = ask["settle"] * ask["dt"], (ask["settle"] + ask["steps"]) * ask["dt"]
    if ask["settle"]:
        network.run(settle * b2.second)
    before = np.array(monitor.count)
    network.run((total - settle) * b2.second)
    counts = np.array(monitor.count) - before
    time = np.asarray(monitor.t) - settle if ask["times"] else np.zeros(0)
    instance = np.asarray(monitor.i) if ask["times"] else np.zeros(0, dtype=int)
    counted = time > -ask["dt"] / 2
    return {"counts": counts, "instance": instance[counted], "time": time[counted]}


def _quantity(text: str) -> Any:
    """A number with one of Brian2's units; nothing is executed."""
    from brian2.units import allunits, stdunits

    match = re.fullmatch(r"\s*([-+.\deE]+)\s*([A-Za-z]\w*)?\s*", text)
    unit = match and (
        match[2] is None or getattr(stdunits, match[2], None) or getattr(allunits, match[2], None)
    )
    if not match or unit is None:
        raise ValueError(f"expected a number with a unit of Brian2's, got {text!r}")
    return float(match[1]) * unit


def _hashed(method: str, correlation: float) -> Any:
    """Brian2's integration method with hashed noise, in part common to all cells (cell -1)."""
    from brian2.stateupdaters.base import StateUpdateMethod

    original = StateUpdateMethod.stateupdaters[method]

    def updater(equations: Any, variables: Any = None, method_options: Any = None) -> str:
        draw = iter(range(1, 255))

        def noise(_: re.Match[str]) -> str:
            where = f"stimulus, trial, t_in_timesteps, {next(draw)}, seed_low, seed_high"
            own, common = f"normal_cos(cell, {where})", f"normal_cos(-1, {where})"
            if not correlation:
                return own
            return f"({(1 - correlation) ** 0.5}*{own} + {correlation**0.5}*{common})"

        return re.sub(r"\brandn\(\)", noise, original(equations, variables, method_options))

    return updater


if __name__ == "__main__":
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints goes to standard error
    request, given = received(sys.stdin.buffer)
    end_with_parent()
    send(pipe, "", run(json.loads(request), given))
    pipe.close()
