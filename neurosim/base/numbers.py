"""What counts as a number: of any type that holds one, but no text, truth value or date."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from neurosim.base.arrays import AnyArray, Array

__all__ = ["LARGEST", "as_array", "is_number", "is_truth", "is_whole", "real_numbers"]

LARGEST = 2**63 - 1
"""Whole number that NumPy and files can hold."""


def is_whole(value: Any, least: int = 1, most: float = LARGEST) -> TypeGuard[int]:
    """Whether it is one whole number from `least` to `most`.

    Examples
    --------
    >>> [is_whole(value) for value in (3, 2.0, 0, 2.5, float("inf"), "3", None, True, 10**30)]
    [True, True, False, False, False, False, False, False, False]
    """
    number = _as_float(value)
    if number is None or not math.isfinite(number) or number != int(number):
        return False
    return least <= int(value) <= most


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is one real number (which may be infinite).

    Examples
    --------
    >>> [is_number(value) for value in (3, float("inf"), float("nan"), "3", None, True, 1j)]
    [True, True, False, False, False, False, False]
    """
    number = _as_float(value)
    return number is not None and not math.isnan(number)


def is_truth(value: Any) -> bool:
    """Whether it is one bool, of Python or of an array library."""
    truth = str(getattr(value, "dtype", "")) in ("bool", "torch.bool")
    return isinstance(value, bool) or (truth and getattr(value, "ndim", 0) == 0)


def real_numbers(value: Any) -> Array | None:
    """Real numbers (NaN among them) of any shape as floats; None for what is not, or not all of it.

    Examples
    --------
    >>> real_numbers([1, 2.5]), real_numbers(["1"]), real_numbers([1, None]), real_numbers(True)
    (array([1. , 2.5]), None, None, None)
    """
    array = as_array(value)
    if array is None:
        return None
    if array.dtype.kind == "O":  # Python's own numbers, or anything
        if any(_as_float(each) is None for each in array.ravel()):
            return None
    elif array.dtype.kind not in "iuf":
        return None
    return array.astype(float)


def as_array(value: Any) -> AnyArray | None:
    """The value as NumPy has it; None where it makes no array, as of lists of unequal length.

    Examples
    --------
    >>> as_array(["a"]), as_array([[1], [1, 2]])
    (array(['a'], dtype='<U1'), None)
    """
    import numpy as np

    try:
        return np.asarray(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last: of a torch graph
        return None


def _as_float(value: Any) -> float | None:
    """One real number, NaN among them, of any type; None for anything else."""
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    if isinstance(value, str | bytes) or is_truth(value) or kind not in "iufO":
        return None
    if not hasattr(value, "__float__") or getattr(value, "ndim", 0) != 0:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return None
