"""What host and worker say to each other over a pipe: a header, then arrays.

A request is six int64 (kind, first step, steps, low and high half of the seed, whether spike times
are wanted), dt as float64, and, by kind: LOAD, one array per name in `arrays`
and one number per name in `numbers`; DRIVE, steps x BLOCK
float64 of mean potential; RUN, nothing more. LOAD has no reply. The reply to the others is the
block's spike counts since LOAD as float64, and, if spike times were wanted, their number as int64,
the positions of their cells in the block and their times in steps since 0, both as float64. Numbers
are in the machine's byte order, potentials in volt: both ends are on one machine.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = ["BLOCK", "DRIVE", "HEADER", "LOAD", "RUN", "Model", "arrays", "numbers"]

LOAD, RUN, DRIVE = 1, 2, 3
HEADER = struct.Struct("=6qd")

BLOCK = 2088
"""Cells in a worker: they fit the second-level cache, and their arrays do not start at multiples of
4096 bytes, where they would fight for the same cache lines."""

_FLOATS = (
    "mu",
    "tau_m",
    "noise_sd",
    "v_threshold",
    "v_reset",
    "rest_steps",
    "step_in_tau",
    "decay",
    "kick",
    "v",
    "release",
)
_WHITE = ("steepness",)
_SYNAPTIC = ("tau_noise", "feed", "decay_noise", "kick_noise", "follow", "near", "noise")
_SINUSOID = ("mean", "amplitude", "turns_per_step", "turns")
_INTEGERS = ("cell", "stimulus", "trial")


class Model(NamedTuple):
    """What is compiled in; everything else is data."""

    sinusoid: bool = False  # the drive is a sinusoid in time
    synaptic: bool = False  # the noise is an Ornstein-Uhlenbeck process, not white
    shared: bool = False  # part of the noise is common to the cells of a stimulus and trial

    def words(self) -> list[str]:
        """As words of a command line."""
        return [name for name in self._fields if getattr(self, name)]

    @classmethod
    def of(cls, words: list[str]) -> Model:
        """From words of a command line."""
        return cls(**dict.fromkeys(words, True))


def arrays(model: Model) -> list[tuple[str, str]]:
    """(name, dtype) of the arrays of a LOAD, in order."""
    floats = _FLOATS + (_SYNAPTIC if model.synaptic else _WHITE) + _SINUSOID * model.sinusoid
    return [(n, "float64") for n in floats] + [(n, "int32") for n in _INTEGERS]


def numbers(model: Model) -> tuple[str, ...]:
    """Names of the float64 numbers that follow the arrays: those that all cells share."""
    return ("own_weight", "common_weight") * model.shared
