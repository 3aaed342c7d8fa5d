"""Gains and spontaneous rate: Poisson regression with non-negative coefficients, many at once.

With the shape of a rectifier fixed, its rate is linear in r0 and the gains, and the log-likelihood
is concave in them: there is one maximum. It is found by Newton steps projected onto the
non-negative numbers (Bertsekas 1982), with steps of expectation-maximisation (which always
ascend) where a Newton step does not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.analysis.likelihood import likelihood_terms

__all__ = ["Linear", "best_gains"]

Array = NDArray[np.float64]

_ITERATIONS = 100
_TINY = 1e-100
_TOLERANCE = 1e-11  # nats still to be gained
_GOOD = 1e-6  # the same, where rounding ends the ascent


class Linear(NamedTuple):
    """Coefficients (row, path) in Hz per unit of basis, log-likelihood (row,), converged (row,).

    The log-likelihood leaves out the constant that does not depend on the rate.
    """

    coefficients: Array
    log_likelihood: Array
    converged: NDArray[np.bool_]


def best_gains(basis: Array, spikes: Array, exposure: Array, start: Array | None = None) -> Linear:
    """Maximise the Poisson likelihood of rate = sum_k c_k basis_k over c >= 0.

    Parameters
    ----------
    basis : array (row, path, condition)
        Non-negative.
    spikes, exposure : array (row, condition)
        Spikes observed in so many seconds.
    start : array (row, path), optional
        Where to begin; zeros are moved inside.

    Returns
    -------
    Linear

    Examples
    --------
    >>> constant = np.ones((1, 1, 2))
    >>> best_gains(constant, np.array([[3.0, 5.0]]), np.array([[1.0, 1.0]])).coefficients
    array([[4.]])
    """
    paths = basis.shape[1]
    seen = np.einsum("rks,rs->rk", basis, exposure)  # expected spikes per unit coefficient
    total = spikes.sum(-1)
    usable = (seen > 0) & (total[:, None] > 0)
    safe = np.where(usable, seen, 1.0)
    even = np.where(usable, total[:, None] / (paths * safe), 0.0)
    # work in units of expected spikes, so that every coefficient is of the same order
    scaled = np.where(usable[..., None], basis / safe[..., None], 0.0)
    counts = even * safe if start is None else np.maximum(start * safe, 1e-3 * even * safe)
    log_likelihood = _value(scaled, counts, spikes, exposure)
    if start is not None:  # a start may lie where a spike is impossible
        lost = ~np.isfinite(log_likelihood)
        counts[lost] = (even * safe)[lost]
        log_likelihood = _value(scaled, counts, spikes, exposure)
    converged = total == 0
    active = np.flatnonzero(~converged)
    for _ in range(_ITERATIONS):
        if active.size == 0:
            break
        here = (scaled[active], spikes[active], exposure[active])
        counts[active], log_likelihood[active], done, good = _step(
            *here, usable[active], counts[active], log_likelihood[active]
        )
        converged[active] = done & good
        active = active[~done]
    nothing = counts <= 1e-10 * counts.sum(-1, keepdims=True)
    value = _value(scaled, np.where(nothing, 0.0, counts), spikes, exposure)
    zero = nothing & (value >= log_likelihood - 1e-9)[:, None]  # what is left of it is rounding
    counts[zero] = 0.0
    return Linear(counts / safe * usable, log_likelihood, converged)


def _value(basis: Array, counts: Array, spikes: Array, exposure: Array) -> Array:
    rate = np.einsum("rks,rk->rs", basis, counts)
    # a spike at 1e-100 of the mean rate: never a maximum, and its curvature would overflow
    hopeless = ((rate < _TINY * rate.max(-1, keepdims=True)) & (spikes > 0)).any(-1)
    return np.where(hopeless, -np.inf, likelihood_terms(rate, spikes, exposure).sum(-1))


def _step(
    basis: Array, spikes: Array, exposure: Array, usable: NDArray, counts: Array, value: Array
) -> tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """One ascent of every row; the rows that need no more, and those that are at the top."""
    rate = np.einsum("rks,rk->rs", basis, counts)
    ratio = np.divide(spikes, rate, out=np.zeros_like(rate), where=spikes > 0)
    gradient = np.einsum("rks,rs->rk", basis, ratio - exposure) * usable
    at_zero = counts <= 0
    curvature = np.divide(ratio, rate, out=np.zeros_like(rate), where=spikes > 0)
    hessian = np.einsum("rks,rs,rls->rkl", basis, curvature, basis)
    free = usable & ~(at_zero & (gradient <= 0))
    step = _newton(hessian, gradient, free)
    small = counts <= 1e-8 * counts.sum(-1, keepdims=True)
    for _ in range(counts.shape[1]):  # one that is all but zero and would go below it waits
        stuck = free & small & (step < 0)
        if not stuck.any():
            break
        free = free & ~stuck
        step = _newton(hessian, gradient, free)
    # what the quadratic still promises; beyond the step to zero it promises too much, never less
    promised = (step * gradient * free).sum(-1) / 2
    done = promised <= _TOLERANCE
    improved, new_value = counts.copy(), value.copy()
    waiting = np.flatnonzero(~done)
    blocked = step < 0
    reach = np.divide(-counts, step, out=np.full(counts.shape, np.inf), where=blocked).min(-1)
    reach = np.minimum(reach, 1.0)[:, None]  # as far as the first coefficient that meets zero
    for length in (1.0, reach, *(reach * 0.3**k for k in range(1, 12))):
        part = np.broadcast_to(length, (len(counts), 1))[waiting]
        trial = counts[waiting] + part * step[waiting]
        trial[trial < 1e-14 * counts[waiting]] = 0.0
        trial_value = _value(basis[waiting], trial, spikes[waiting], exposure[waiting])
        better = trial_value > value[waiting]
        improved[waiting[better]], new_value[waiting[better]] = trial[better], trial_value[better]
        waiting = waiting[~better]
        if waiting.size == 0:
            break
    if waiting.size:  # expectation-maximisation; where even that gains nothing, the top is reached
        ascent = np.einsum("rks,rs->rk", basis[waiting], ratio[waiting])
        trial = counts[waiting] * ascent
        trial_value = _value(basis[waiting], trial, spikes[waiting], exposure[waiting])
        better = trial_value > value[waiting]
        improved[waiting[better]], new_value[waiting[better]] = trial[better], trial_value[better]
        done[waiting[~better]] = True
    return improved, new_value, done, promised <= _GOOD


def _newton(hessian: Array, gradient: Array, free: NDArray[np.bool_]) -> Array:
    """Newton's step of the free coefficients; 0 for the others."""
    kept = hessian * (free[:, :, None] & free[:, None, :])
    diagonal = np.einsum("rkk->rk", kept)
    diagonal += np.where(free, 1e-12 * diagonal.max(-1, keepdims=True) + 1e-300, 1.0)
    return np.linalg.solve(kept, (gradient * free)[..., None])[..., 0].astype(float)
