"""What host and worker say to each other over a pipe: a header, then arrays.

A request is six int64 (kind, first step, steps, low and high half of the seed, whether spike times
are wanted), dt as float64, and, by kind: LOAD, one array per name in `arrays`; DRIVE, steps x BLOCK
float64 of mean potential; RUN, nothing more. LOAD has no reply. The reply to the others is the
block's spike counts since LOAD as float64, and, if spike times were wanted, their number as int64,
the positions of their cells in the block and their times in steps since 0, both as float64. Numbers
are in the machine's byte order, potentials in volt: both ends are on one machine.
"""

from __future__ import annotations

import struct

__all__ = ["BLOCK", "DRIVE", "HEADER", "LOAD", "RUN", "arrays"]

LOAD, RUN, DRIVE = 1, 2, 3
HEADER = struct.Struct("=6qd")

BLOCK = 2088
"""Cells in a worker: they fit the second-level cache, and their arrays do not start at multiples of
4096 bytes, where they would fight for the same cache lines."""

_FLOATS = (
    "mu", "tau_m", "noise_sd", "v_threshold", "v_reset", "rest_steps", "step_in_tau", "decay",
    "kick", "steepness", "v", "release",
)  # fmt: skip
_SINUSOID = ("mean", "amplitude", "turns_per_step", "turns")
_INTEGERS = ("cell", "stimulus", "trial")


def arrays(sinusoid: bool) -> list[tuple[str, str]]:
    """(name, dtype) of the arrays of a LOAD, in order."""
    floats = _FLOATS + _SINUSOID * sinusoid
    return [(n, "float64") for n in floats] + [(n, "int32") for n in _INTEGERS]
