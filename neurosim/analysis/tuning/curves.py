"""Smooth curves fitted to counts by maximum Poisson likelihood, many fits at once.

Fisher scoring with Levenberg's damping (Nelder & Wedderburn 1972; Marquardt 1963). Parameters are
unbounded (logarithms of what is positive); a step is taken only if the likelihood rises.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosim.analysis.fitting.likelihood import likelihood_terms

__all__ = ["Curve", "best_curves", "climb"]

Array = NDArray[np.float64]
Curve = Callable[[Array, Array], Array]
"""Rate (row, condition), Hz, of parameters (row, parameter) at x (condition,)."""

_STEPS = 60
_DIFFERENCE = 1e-5  # of the parameters, which are of order 1
_LEAST_RATE = 1e-9  # Hz, in the weights only


def climb(
    curve: Curve,
    x: Array,
    spikes: Array,
    exposure: Array,
    start: Array,
    free: NDArray[np.bool_] | None = None,
    steps: int = _STEPS,
) -> tuple[Array, Array]:
    """The parameters to which the likelihood rises from `start`, and its value there.

    Parameters
    ----------
    curve : Curve
    x : array (condition,)
    spikes, exposure : array (row, condition)
        Summed over trials; s.
    start : array (row, parameter)
    free : bool array (parameter,), optional
        Those that may move.
    steps : int
        At most.

    Returns
    -------
    parameters : array (row, parameter)
    log_likelihood : array (row,)
        Without its constant.

    Examples
    --------
    >>> line = lambda p, x: np.exp(p[:, :1] + p[:, 1:] * x)
    >>> spikes = np.exp(1 + 0.5 * np.arange(4.0))[None]
    >>> found, _ = climb(line, np.arange(4.0), spikes, np.ones((1, 4)), np.zeros((1, 2)))
    >>> found.round(4)
    array([[1. , 0.5]])
    """
    here = start.copy()
    move = np.ones(start.shape[1], dtype=bool) if free is None else free
    value = likelihood_terms(curve(here, x), spikes, exposure).sum(-1)
    damping, active = np.full(len(here), 1e-3), np.arange(len(here))
    for _ in range(steps):
        if active.size == 0:
            break
        n, t = spikes[active], exposure[active]
        step = _scoring_step(curve, x, n, t, here[active], move, damping[active])
        ahead = here[active] + step
        new = likelihood_terms(curve(ahead, x), n, t).sum(-1)
        rise = new - value[active]
        better = rise >= 0  # false for NaN
        took = active[better]
        here[took], value[took] = ahead[better], new[better]
        damping[active] = np.clip(damping[active] * np.where(better, 0.2, 8.0), 1e-9, 1e9)
        still = np.abs(step).max(1) < 1e-7
        flat = better & (rise < 1e-9) & (damping[active] < 1e-4)
        active = active[~(still | flat)]
    return here, value


def _scoring_step(
    curve: Curve,
    x: Array,
    spikes: Array,
    exposure: Array,
    here: Array,
    move: NDArray[np.bool_],
    damping: Array,
) -> Array:
    """Expected information against score, damped; no parameter moves by more than 1."""
    rate = curve(here, x)
    slopes = []
    for k in np.flatnonzero(move):
        apart = np.zeros(here.shape[1])
        apart[k] = _DIFFERENCE
        slopes.append((curve(here + apart, x) - curve(here - apart, x)) / (2 * _DIFFERENCE))
    jacobian = np.stack(slopes, axis=1)
    safe = np.maximum(rate, _LEAST_RATE)
    score = np.einsum("rks,rs->rk", jacobian, spikes / safe - exposure)
    information = np.einsum("rks,rls,rs->rkl", jacobian, jacobian, exposure / safe)
    scale = np.einsum("rkk->rk", information).copy()
    scale = np.where(scale > 0, scale, 1.0) * damping[:, None] + 1e-10
    information[:, np.arange(scale.shape[1]), np.arange(scale.shape[1])] += scale
    step = np.zeros_like(here)
    step[:, move] = np.linalg.solve(information, score[..., None])[..., 0]
    return step / np.maximum(np.abs(step).max(1, keepdims=True), 1.0)


def best_curves(
    curve: Curve, x: Array, spikes: Array, exposure: Array, starts: Array
) -> tuple[Array, Array]:
    """The best of several starts (start, row, parameter); as `climb` returns."""
    number, rows, parameters = starts.shape
    found, value = climb(
        curve,
        x,
        np.tile(spikes, (number, 1)),
        np.tile(exposure, (number, 1)),
        starts.reshape(-1, parameters),
    )
    value = np.where(np.isnan(value), -np.inf, value).reshape(number, rows)
    best = value.argmax(0)
    each = np.arange(rows)
    return found.reshape(number, rows, parameters)[best, each], value[best, each]
