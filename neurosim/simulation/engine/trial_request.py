"""A real request to a compiled worker, by which it is known to work."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import numpy as np

from neurosim.base.child_processes import child_settings, end_child
from neurosim.simulation.engine.cells import constants
from neurosim.simulation.engine.protocol import BLOCK, HEADER, LOAD, RUN, Model, arrays, numbers

__all__ = ["fault_of"]

_WITHIN = 20.0  # s; it takes some milliseconds
_DT, _STEPS = 1e-3, 20
_FIRES = {  # without noise, from reset, far above threshold: 6.93 ms to each spike, and no rest
    "mu": 0.04,
    "tau_m": 0.01,
    "noise_sd": 0.0,
    "v_threshold": 0.02,
    "v_reset": 0.0,
    "t_ref": 0.0,
    "v": 0.0,
    "release": 0.0,
}
_SPIKES = 2  # in 20 ms


def fault_of(binary: Path, model: Model) -> str:
    """What a worker does instead of answering; "" for one that answers rightly."""
    try:
        process = subprocess.Popen(
            [str(binary)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **child_settings(),
        )
    except OSError as error:
        return f"does not start ({error.strerror})"
    late = threading.Event()

    def give_up() -> None:
        late.set()
        end_child(process)

    clock = threading.Timer(_WITHIN, give_up)
    clock.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(_request(model))
            process.stdin.flush()  # and open until it has answered
            reply = process.stdout.read(8 * BLOCK)
        except OSError:
            reply = b""
        if late.is_set():
            return f"does not answer within {_WITHIN:.0f} s"
        if len(reply) != 8 * BLOCK:
            return f"stops with exit status {process.wait(_WITHIN)}"
        if not (np.frombuffer(reply) == _SPIKES).all():
            return "answers wrongly"
        return ""
    except subprocess.TimeoutExpired:
        return "answers half and does not stop"
    finally:
        clock.cancel()
        end_child(process)
        process.communicate()


def _request(model: Model) -> bytes:
    """A block of cells that fire without noise, loaded and run."""
    cells = {name: np.full(BLOCK, value) for name, value in _FIRES.items()}
    if model.synaptic:
        cells["tau_noise"] = np.full(BLOCK, 5e-3)
        cells["noise"] = np.zeros(BLOCK)
        cells["release"] = np.full(BLOCK, -1.0)
    full = constants(cells, _DT)
    full |= {"mean": full["mu"], "own_weight": np.ones(1), "common_weight": np.zeros(1)}
    data = [HEADER.pack(LOAD, 0, 0, 0, 0, 0, _DT)]
    for name, dtype in arrays(model):
        data.append(np.asarray(full.get(name, np.zeros(BLOCK)), dtype).tobytes())
    data += [np.asarray(full[name], dtype=float).tobytes() for name in numbers(model)]
    return b"".join([*data, HEADER.pack(RUN, 0, _STEPS, 0, 0, 0, _DT)])
