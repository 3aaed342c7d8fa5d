"""The least value of a function that may have corners, by BFGS.

A function that is smooth almost everywhere needs no more than the weak Wolfe conditions, found by
bisection: the inverse Hessian grows ill-conditioned across the corner and the steps run along it
(Lewis & Overton 2013, algorithms 2.1 and 2.6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from neurosim.base.arrays import Array

__all__ = ["Descent", "descend"]


_DECREASE, _CURVATURE = 1e-4, 0.5  # of the weak Wolfe conditions
_HALVINGS = 30
_PATIENCE = 10  # steps in a row that gain next to nothing


class Descent(NamedTuple):
    """Where it ended, the value there, how many steps, whether no step gains any more."""

    point: Array
    value: float
    steps: int
    converged: bool


def descend(
    function: Callable[[Array], tuple[float, Array]],
    start: Array,
    inverse: Array,
    steps: int = 1000,
    tolerance: float = 1e-8,
) -> Descent:
    """Descend from a start.

    Parameters
    ----------
    function : callable
        Value and gradient at a point; infinite where it is not allowed.
    start : array (k,)
    inverse : array (k, k)
        What the inverse Hessian is thought to be, positive definite.
    steps : int
        At the most.
    tolerance : float
        It is done when ten steps in a row gain less than this together.

    Examples
    --------
    |x| + y^2 has a corner along x = 0:

    >>> def corner(z):
    ...     return abs(z[0]) + z[1] ** 2, np.array([np.sign(z[0]), 2 * z[1]])
    >>> found = descend(corner, np.array([1.7, -0.6]), np.eye(2))
    >>> bool(found.value < 1e-8), found.converged
    (True, True)
    """
    point, (value, gradient) = start, function(start)
    first, history = inverse, [value]
    for step in range(1, steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            direction = -inverse @ gradient
        found = _weak_wolfe(function, point, value, gradient, direction)
        if found is None:
            if inverse is first:
                return Descent(point, value, step, True)
            inverse = first  # once more without what was learnt
            continue
        moved, turned = found[0] - point, found[2] - gradient
        inverse = _updated(inverse, moved, turned)
        point, value, gradient = found
        history.append(value)
        if len(history) > _PATIENCE and history[-1 - _PATIENCE] - value < tolerance:
            return Descent(point, value, step, True)
    return Descent(point, value, steps, False)


def _weak_wolfe(
    function: Callable[[Array], tuple[float, Array]],
    point: Array,
    value: float,
    gradient: Array,
    direction: Array,
) -> tuple[Array, float, Array] | None:
    """A step that decreases enough and is not too short; None where none decreases."""
    slope = gradient @ direction
    if not -np.inf < slope < 0:
        return None
    low, high, length, kept = 0.0, np.inf, 1.0, None
    for _ in range(_HALVINGS):
        there = point + length * direction
        reached, turned = function(there)
        if not reached < value + _DECREASE * length * slope:
            high = length
        else:
            kept = (there, reached, turned)
            if turned @ direction >= _CURVATURE * slope:
                break
            low = length
        length = (low + high) / 2 if np.isfinite(high) else 2 * length
    return kept


def _updated(inverse: Array, moved: Array, turned: Array) -> Array:
    """The BFGS update of the inverse Hessian, where the curvature along the step is positive."""
    curvature = moved @ turned
    if not curvature > 1e-300:
        return inverse
    with np.errstate(over="ignore", invalid="ignore"):  # next to no curvature teaches nothing
        along = inverse @ turned
        cross = np.outer(moved, along)
        grown = (1 + turned @ along / curvature) / curvature
        updated = inverse - (cross + cross.T) / curvature + grown * np.outer(moved, moved)
    return updated if np.isfinite(updated).all() else inverse
