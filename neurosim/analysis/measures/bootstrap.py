"""What every measure with a bootstrap asks of its arguments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults

__all__ = ["baseline_of", "check_sampling"]


def baseline_of(given: ArrayLike, cells: int, faults: Faults) -> Array:
    """The rate without a stimulus of each cell, Hz; (cell,)."""
    rate = np.asarray(given, dtype=float)
    good = rate.shape in ((), (cells,)) and np.isfinite(rate).all() and (rate >= 0).all()
    faults.require(good, f"baseline >= 0 Hz, one or {cells}", given)
    return np.broadcast_to(rate, (cells,)) if good else np.zeros(cells)


def check_sampling(faults: Faults, level: float, samples: int, seed: int) -> None:
    """Note what is wrong with the arguments that every bootstrap has."""
    faults.require(0.5 <= level < 1, "level in [0.5, 1)", level)
    faults.whole("samples", samples, 100)
    faults.whole("seed", seed, 0)
