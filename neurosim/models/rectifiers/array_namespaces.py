"""Which library's functions an array goes with: a formula is written once for all of them.

Beside `of`, only what NumPy and torch do not call by one name.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import scipy.special

__all__ = [
    "broadcast",
    "dawsn",
    "erfcx",
    "expit",
    "floats",
    "like",
    "ndtr",
    "of",
    "positive",
    "tiny",
]


def of(array: Any) -> Any:
    """The module whose `exp`, `log`, `where`, ... take this array: torch for a tensor, else NumPy.

    Examples
    --------
    >>> of(np.zeros(3)).__name__
    'numpy'
    """
    library = type(array).__module__.partition(".")[0]
    return sys.modules["torch"] if library == "torch" else np


def broadcast(*arrays: Any) -> Any:
    """The arrays, all of one shape."""
    library = of(arrays[0])
    return (np.broadcast_arrays if library is np else library.broadcast_tensors)(*arrays)


def floats(*values: Any) -> Any:
    """Numbers and sequences as arrays of floats; nothing to be done where one is a tensor."""
    if any(of(value) is not np for value in values):
        return values
    return tuple(np.asarray(value, dtype=float) for value in values)


def like(x: Any, value: Any) -> Any:
    """A number as an array of the library of x, and of a tensor's precision and device.

    Examples
    --------
    >>> like(np.zeros(3), 2)
    array(2.)
    """
    if of(x) is np:
        return np.asarray(value, dtype=float)
    return of(x).as_tensor(value, dtype=x.dtype, device=x.device)


def positive(x: Any) -> Any:
    """max(x, 0); its derivative at 0 is 0, in torch too."""
    return x.clip(min=0) if of(x) is np else x.relu()


def tiny(x: Any, root: int = 4) -> float:
    """So little that adding it changes no number that matters, and its square still divides.

    A width of 0 with it added is a step and not a division by 0. It is the fourth (or another)
    root of the smallest number of the array's precision.
    """
    library = of(x)
    precision = np.result_type(np.asarray(x), np.float32) if library is np else x.dtype
    return math.pow(library.finfo(precision).tiny, 1 / root)


def ndtr(x: Any) -> Any:
    """The cumulative normal distribution."""
    return scipy.special.ndtr(x) if of(x) is np else of(x).special.ndtr(x)


def erfcx(x: Any) -> Any:
    """The scaled complementary error function, exp(x²) erfc(x)."""
    return scipy.special.erfcx(x) if of(x) is np else of(x).special.erfcx(x)


def expit(x: Any) -> Any:
    """1/(1 + exp(-x))."""
    return scipy.special.expit(x) if of(x) is np else x.sigmoid()


def dawsn(x: Any) -> Any:
    r"""Dawson's integral, exp(-x²) ∫₀ˣ exp(t²) dt.

    torch has none: for its tensors the sum of Rybicki (1989),

    .. math:: F(x) = \pi^{-1/2} \sum_{n\ \mathrm{odd}} e^{-(x - nh)^2}/n,

    which at h = 1/4 is off by less than 1e-16.
    """
    if of(x) is np:
        return scipy.special.dawsn(x)
    h = 0.25
    even = 2 * (x.detach() / (2 * h)).round()
    away = x - even * h
    total = 0.0
    for n in range(-25, 26, 2):
        total = total + (-((away - n * h) ** 2)).exp() / (even + n)
    return total / math.sqrt(math.pi)
