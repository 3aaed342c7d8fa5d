"""The top of a likelihood within bounds, many rows at once: damped Gauss-Newton steps.

Each step solves for all parameters together (Levenberg 1944; Marquardt 1963) with the information
about the rates in place of the second derivatives, so that the matrix is never indefinite. A row
that follows a curved ridge and gains next to nothing in many steps goes on with the second
derivatives themselves. A parameter at a bound that the gradient pushes against is left out of the
step. A row is done when the quadratic promises less than a billionth of a nat, or, at a corner, no
step however small gains anything.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, Self

import numpy as np

from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.base.arrays import AnyArray, Array, Flags
from neurosim.data.counts import Counts

__all__ = ["ITERATIONS", "LEAST_PROMISE", "Climbed", "Top", "ascend", "score"]

ITERATIONS = 1000
"""Steps of an ascent, at the most; rows that need them end as not converged."""

LEAST_PROMISE = 1e-9  # nats; larger leaves maxima short by as much, rounding is near 1e-11
_RIDGE_STEPS = 40  # in which a row must gain _RIDGE_GAIN nats, or it is on a ridge
_RIDGE_GAIN = 1e-4  # larger sends rows to Newton's steps that still rise; smaller, few in time
_NEWTON_STEPS = 25  # of a row on a ridge, at the most
_NEWTON_DIFFERENCE = 1e-4  # of a parameter's size, for second derivatives: rounding below it
_MOST_CURVATURE = 1e100  # beyond it squares overflow
_FIRST_DAMPING, _LEAST_DAMPING = 1e-3, 1e-9  # in curvatures; the least keeps a step finite
_SHORTER, _LONGER = 6.0, 0.2  # damping after a step that lost or gained (Marquardt 1963)
_TRUSTED, _STUCK = 1e3, 1e12  # damping up to which a promise counts, from which no step is left


class Climbed(Protocol):
    """What is asked of a model of rates, such as a `RateModel`; many rows at once."""

    @property
    def counts(self) -> Counts:
        """(row, condition)"""

    @property
    def likelihood(self) -> Likelihood:
        """How they scatter about the rates."""

    @property
    def low(self) -> Array:
        """Lower bounds, (row, parameter)."""

    @property
    def high(self) -> Array:
        """Upper bounds, (row, parameter); equal ones fix a parameter."""

    @property
    def scale(self) -> Array:
        """What counts as a large change of each shape, (row, shape)."""

    @property
    def linear(self) -> int:
        """How many parameters, the first, the rate is linear in."""

    def take(self, rows: AnyArray) -> Self:
        """Some rows (repeats allowed)."""

    def value(self, theta: Array) -> Array:
        """Log-likelihood without its constant, (row,)."""

    def rate_and_jacobian(self, theta: Array) -> tuple[Array, Array]:
        """(row, condition) and (row, parameter, condition)."""


class Top(NamedTuple):
    """Parameters (row, parameter), log-likelihood (row,), whether it is the top (row,)."""

    theta: Array
    value: Array
    converged: Flags


def ascend(
    model: Climbed, start: Array, iterations: int = ITERATIONS, promise: float = LEAST_PROMISE
) -> Top:
    """Climb from a start in each row.

    Parameters
    ----------
    model : RateModel
    start : array (row, parameter)
        Moved into the bounds.
    iterations : int
        At the most.
    promise : float
        nats that a step has to promise, or the top is reached.
    """
    theta = np.clip(start, model.low, model.high)
    value = model.value(theta)
    converged = np.zeros(len(theta), dtype=bool)
    damping = np.full(len(theta), _FIRST_DAMPING)
    active = np.arange(len(theta))
    before_long = np.full(len(theta), -np.inf)
    for turn in range(iterations):
        if turn % _RIDGE_STEPS == 0:  # along a ridge a row gains next to nothing for ever
            with np.errstate(invalid="ignore"):
                on_ridge = ~(value[active] - before_long[active] >= _RIDGE_GAIN)
            ridge = active[on_ridge]
            theta[ridge], value[ridge] = _newton(model.take(ridge), theta[ridge], value[ridge])
            converged[ridge] = True
            before_long[active] = value[active]
            active = active[~on_ridge]
        if active.size == 0:
            break
        here = model.take(active)
        now, before = theta[active], value[active]
        step, promised = _step(here, now, damping[active])
        trial = np.clip(now + step, here.low, here.high)
        reached = here.value(trial)
        better = reached > before
        theta[active] = np.where(better[:, None], trial, now)
        value[active] = np.where(better, reached, before)
        damping[active] *= np.where(better, _LONGER, _SHORTER)
        np.clip(damping, _LEAST_DAMPING, None, out=damping)
        at_top = (promised < promise) & (damping[active] < _TRUSTED)
        stuck = damping[active] > _STUCK
        converged[active] = at_top | stuck
        active = active[~(at_top | stuck)]
    return Top(theta, value, converged & np.isfinite(value))


def _step(model: Climbed, theta: Array, damping: Array) -> tuple[Array, Array]:
    """The damped step of each row, and what the undamped one promises."""
    rate, jacobian = model.rate_and_jacobian(theta)
    slope = model.likelihood.slope(rate, model.counts)
    weight = model.likelihood.information(rate, model.counts)
    with np.errstate(invalid="ignore", over="ignore"):
        gradient = np.einsum("rps,rs->rp", jacobian, slope)
        matrix = (jacobian * weight[:, None, :]) @ jacobian.swapaxes(1, 2)
    known = np.isfinite(matrix).all((1, 2)) & np.isfinite(gradient).all(1)
    gradient = np.where(known[:, None], gradient, 0.0)
    matrix = np.where(known[:, None, None], matrix, 0.0)
    free = (model.high > model.low) & ~(
        ((theta <= model.low) & (gradient <= 0)) | ((theta >= model.high) & (gradient >= 0))
    )
    gradient = gradient * free
    matrix = matrix * (free[:, :, None] & free[:, None, :])
    diagonal = np.einsum("rpp->rp", matrix).copy()
    # a coefficient that no spike bears on yet has a slope and no curvature: its own size is a scale
    alone = free & (diagonal <= 0)
    diagonal = np.where(alone, np.abs(gradient) / np.maximum(np.abs(theta), 1e-3), diagonal)
    scale = np.sqrt(np.where(free & (diagonal > 0), diagonal, 1.0))
    normal = matrix / (scale[:, :, None] * scale[:, None, :])
    unit = np.eye(theta.shape[1])
    normal = np.where(unit > 0, 1.0, normal)
    toward = (gradient / scale)[..., None]
    full = np.linalg.solve(normal + 1e-10 * unit, toward)[..., 0]
    damped = np.linalg.solve(normal + damping[:, None, None] * unit, toward)[..., 0]
    with np.errstate(over="ignore", invalid="ignore"):
        # beyond a bound the promise cannot be kept
        reach = np.clip(theta + full / scale, model.low, model.high) - theta
        kept = np.nan_to_num(np.abs(gradient * reach).sum(1), nan=np.inf)
        promised = np.minimum((full * toward[..., 0]).sum(1) / 2, kept)
        step = np.nan_to_num(damped / scale)
    return step, np.where(known, promised, 0.0)


def _newton(model: Climbed, theta: Array, value: Array) -> tuple[Array, Array]:
    """Newton steps, the second derivatives from differences of the gradient; never downhill."""
    theta, value = theta.copy(), value.copy()
    rows, many = theta.shape
    size = np.concatenate([np.maximum(np.abs(theta[:, : model.linear]), 1e-3), model.scale], axis=1)
    for _ in range(_NEWTON_STEPS if rows else 0):
        gradient = score(model, theta)
        free = (model.high > model.low) & ~(
            ((theta <= model.low) & (gradient <= 0)) | ((theta >= model.high) & (gradient >= 0))
        )
        hessian = np.empty((rows, many, many))
        for k in range(many):
            up, down = theta.copy(), theta.copy()
            up[:, k] = np.minimum(up[:, k] + _NEWTON_DIFFERENCE * size[:, k], model.high[:, k])
            down[:, k] = np.maximum(down[:, k] - _NEWTON_DIFFERENCE * size[:, k], model.low[:, k])
            width = np.where(up[:, k] > down[:, k], up[:, k] - down[:, k], 1.0)
            with np.errstate(over="ignore", invalid="ignore"):
                hessian[:, k] = (score(model, up) - score(model, down)) / width[:, None]
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = hessian * size[:, :, None] * size[:, None, :]
        scaled = np.clip(np.nan_to_num(scaled), -_MOST_CURVATURE, _MOST_CURVATURE)
        scaled = (scaled + scaled.swapaxes(1, 2)) / 2
        scaled *= free[:, :, None] & free[:, None, :]
        bend, axes = np.linalg.eigh(scaled)
        bend = np.maximum(np.abs(bend), 1e-12 * np.abs(bend).max(1, keepdims=True) + 1e-300)
        along = np.einsum("rij,ri->rj", axes, np.nan_to_num(gradient * size) * free)
        step = np.einsum("rij,rj->ri", axes, along / bend) * size * free
        better = np.zeros(rows, dtype=bool)
        for length in 0.25 ** np.arange(6):
            trial = np.clip(theta + length * step, model.low, model.high)
            reached = model.value(trial)
            win = ~better & (reached > value)
            theta[win], value[win] = trial[win], reached[win]
            better |= win
        if not better.any():
            break
    return theta, value


def score(model: Climbed, theta: Array) -> Array:
    """Slope of the log-likelihood with every parameter, (row, parameter)."""
    rate, jacobian = model.rate_and_jacobian(theta)
    with np.errstate(invalid="ignore", over="ignore"):
        score: Array = np.einsum("rps,rs->rp", jacobian, model.likelihood.slope(rate, model.counts))
        return score
