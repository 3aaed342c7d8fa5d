r"""Smooth tuning curves fitted to counts by maximum Poisson likelihood, many fits at once.

.. math:: r(x) = b + \sum_k a_k f_k(x; \mathrm{shape})

with a baseline b >= 0 and a height a >= 0 per peak, Hz, in which the rate is linear, and shapes
that are not bounded (logarithms of what is positive). It climbs by the steps of a rectifier's fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from neurosim.analysis.fitting.ascent import Top, ascend
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.base.arrays import AnyArray, Array
from neurosim.data.counts import Counts

__all__ = ["Curve", "CurveModel", "fitted_curves"]

_FURTHEST = 30.0  # of a shape from 0: a peak that vanishes between two conditions goes on for ever
_DIFFERENCE = 1e-5  # of a shape, which is of order 1, for its derivative: errors of 1e-10
_STEPS, _STEPS_RESAMPLED = 300, 25  # of a fit from elsewhere, and from the data's own curve


@dataclass(frozen=True, eq=False)
class Curve:
    """A tuning curve.

    Parameters
    ----------
    peaks : callable
        The f_k (row, peak, condition) of shapes (row, shape) at x, (condition,) or one per row.
    number : int
        How many peaks there are.
    shapes : int
        How many shapes.
    """

    peaks: Callable[[Array, Array], Array]
    number: int
    shapes: int

    def __call__(self, parameters: Array, x: Array) -> Array:
        """Rate (row, condition), Hz; parameters (row, parameter) are b, the a_k, the shapes."""
        linear = 1 + self.number
        peaks = self.peaks(parameters[:, linear:], x)
        above: Array = np.einsum("rkx,rk->rx", peaks, parameters[:, 1:linear])
        return parameters[:, :1] + above


@dataclass(frozen=True, eq=False)
class CurveModel:
    """Rows of counts under one curve, as `ascend` climbs them.

    Attributes
    ----------
    curve : Curve
    counts : Counts
        (row, condition); x is the curve's.
    """

    curve: Curve
    counts: Counts

    likelihood: ClassVar[Poisson] = Poisson()

    @property
    def linear(self) -> int:
        """How many parameters the rate is linear in."""
        return 1 + self.curve.number

    @cached_property
    def low(self) -> Array:
        """Bounds, (row, parameter)."""
        shape = np.full(self.curve.shapes, -_FURTHEST)
        return np.tile(np.r_[np.zeros(self.linear), shape], (len(self.counts.x), 1))

    @cached_property
    def high(self) -> Array:
        """Bounds, (row, parameter)."""
        shape = np.full(self.curve.shapes, _FURTHEST)
        return np.tile(np.r_[np.full(self.linear, np.inf), shape], (len(self.counts.x), 1))

    @cached_property
    def scale(self) -> Array:
        """What counts as a large change of each shape, (row, shape)."""
        return np.ones((len(self.counts.x), self.curve.shapes))

    def take(self, rows: AnyArray) -> CurveModel:
        """Some rows (repeats allowed)."""
        return CurveModel(self.curve, self.counts.take(rows))

    def value(self, theta: Array) -> Array:
        """Log-likelihood without its constant, (row,)."""
        total = self.likelihood.terms(self.curve(theta, self.counts.x), self.counts).sum(-1)
        return np.where(np.isnan(total), -np.inf, total)

    def rate_and_jacobian(self, theta: Array) -> tuple[Array, Array]:
        """(row, condition) and (row, parameter, condition)."""
        x, height, shape = self.counts.x, theta[:, 1 : self.linear], theta[:, self.linear :]
        peaks = self.curve.peaks(shape, x)
        columns = [np.ones((len(x), 1, x.shape[1])), peaks]
        for apart in _DIFFERENCE * np.eye(self.curve.shapes):
            change = self.curve.peaks(shape + apart, x) - self.curve.peaks(shape - apart, x)
            slope = np.einsum("rkx,rk->rx", change, height) / (2 * _DIFFERENCE)
            columns.append(slope[:, None])
        rate = theta[:, :1] + np.einsum("rkx,rk->rx", peaks, height)
        return rate, np.concatenate(columns, axis=1)


def fitted_curves(curve: Curve, x: Array, rate: Array, exposure: Array, starts: Array) -> Array:
    """The curves that fit rows of rates, the first the data and the others its resamples.

    Parameters
    ----------
    curve : Curve
    x : array (condition,)
    rate : array (row, condition)
        Hz.
    exposure : array (condition,)
        Time observed, s.
    starts : array (start, parameter)
        Of the data; the resamples start where the best of them ends.

    Returns
    -------
    array (row, parameter)
        NaN for a row with rates that are not known.

    Examples
    --------
    >>> gaussian = Curve(lambda p, x: np.exp(-((x - p) ** 2) / 2)[:, None], 1, 1)
    >>> x, truth = np.arange(5.0), np.array([[1.0, 9.0, 2.2]])
    >>> start = np.array([[0.5, 5.0, 2.0]])
    >>> fitted_curves(gaussian, x, gaussian(truth, x), np.ones(5), start).round(4)
    array([[1. , 9. , 2.2]])
    """
    found = np.full((len(rate), starts.shape[1]), np.nan)
    data = np.repeat(rate[:1], len(starts), axis=0)
    top = _climbed(curve, x, data, exposure, starts, _STEPS)
    found[0] = top.theta[top.value.argmax()]
    rest = 1 + np.flatnonzero(np.isfinite(rate[1:]).all(-1))
    start = np.repeat(found[:1], rest.size, axis=0)
    found[rest] = _climbed(curve, x, rate[rest], exposure, start, _STEPS_RESAMPLED).theta
    return found


def _climbed(curve: Curve, x: Array, rate: Array, exposure: Array, start: Array, steps: int) -> Top:
    """The tops from a start in each row."""
    nothing = np.zeros(rate.shape)
    counts = Counts(nothing + x, rate * exposure, nothing + exposure, nothing)
    return ascend(CurveModel(curve, counts), start, steps)
