"""A rectifier at the conditions of many cells: rates and their derivatives, in arrays.

Parameters stand in rows (row, parameter): the constant, the gains, the shapes. A rectifier with a
negative side may be shifted: its basis functions have their least value over the conditions (or 0)
taken off, so that the constant is the rate at the lowest condition, and a rate that is nowhere
negative is the same as coefficients that are not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.base.arrays import AnyArray, Array
from neurosim.data.counts import Counts
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["RateModel"]

_STEP = 1e-6  # of a shape's scale, for its derivative
_PART = 1e-3  # of the way from a steep threshold to the next drive, the same


@dataclass(frozen=True)
class RateModel:
    """Rows of cells under one rectifier and one likelihood.

    Attributes
    ----------
    rectifier : Rectifier
    counts : Counts
        (row, condition)
    likelihood : Likelihood
    low, high : array (row, parameter)
        Bounds; equal ones fix a parameter.
    scale : array (row, shape parameter)
        What counts as a large change of each shape.
    shifted : bool
    touching : bool
        Whether the gain is as large as it can be, so that the rate is 0 at the lowest condition (of
        one path with a negative side, not shifted): r0 and the shapes say all.
    """

    rectifier: Rectifier
    counts: Counts
    likelihood: Likelihood
    low: Array
    high: Array
    scale: Array
    shifted: bool = True
    touching: bool = False

    @property
    def plain(self) -> RateModel:
        """The same rows not shifted: the constant is r0."""
        return replace(self, shifted=False)

    @property
    def linear(self) -> int:
        """How many parameters the rate is linear in."""
        return 1 + len(self.rectifier.gains)

    def take(self, rows: AnyArray) -> RateModel:
        """Some rows (repeats allowed)."""
        return replace(
            self,
            counts=self.counts.take(rows),
            likelihood=self.likelihood.take(rows),
            low=self.low[rows],
            high=self.high[rows],
            scale=self.scale[rows],
        )

    def within(self, low: Array, high: Array) -> RateModel:
        """The same rows with other bounds."""
        return replace(self, low=low, high=high)

    def basis(self, shape: Array) -> Array:
        """The constant and the paths; (row, 1 + path, condition)."""
        x = self.counts.x
        given = [self.counts.regressors[name] for name in self.rectifier.regressors]
        paths = self.rectifier.paths(x, *given, *(shape[:, [k]] for k in range(shape.shape[1])))
        if self.shifted and self.rectifier.negative_side:
            paths = tuple(p - np.minimum(p.min(-1, keepdims=True), 0.0) for p in paths)
        elif self.touching:
            (path,) = paths
            deepest = -path.min(-1, keepdims=True)
            whole = 1 + path / np.where(deepest > 0, deepest, np.nan)
            return np.stack([np.maximum(whole, 0.0), np.zeros_like(x)], axis=1)
        return np.stack([np.ones_like(x), *paths], axis=1)

    def least(self, shape: Array) -> Array:
        """What `shifted` takes off the paths; (row, path)."""
        if not self.rectifier.negative_side:
            return np.zeros((len(shape), len(self.rectifier.gains)))
        least: Array = np.minimum(self.plain.basis(shape)[:, 1:].min(-1), 0.0)
        return least

    def shift(self, values: Array) -> Array:
        """Parameters (row, parameter) with the rate at the lowest condition in place of r0."""
        theta = values.copy()
        if not self.shifted:
            return theta
        theta[:, 0] += self._lowest(values)
        return theta

    def unshift(self, theta: Array) -> Array:
        """Parameters (row, parameter) with r0 in place of the rate at the lowest condition."""
        values = theta.copy()
        if not self.shifted:
            return values
        values[:, 0] -= self._lowest(theta)
        return values

    def largest_gain(self, values: Array) -> Array:
        """With which the rate, of one path, is 0 at the lowest condition; infinite where it never
        falls; (row,)."""
        deepest = -self.least(values[:, self.linear :])[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            most: Array = np.where(deepest > 0, values[:, 0] / deepest, np.inf)
        return most

    def _lowest(self, theta: Array) -> Array:
        """How far below r0 the rate is at the lowest condition, (row,); <= 0."""
        lowest: Array = (theta[:, 1 : self.linear] * self.least(theta[:, self.linear :])).sum(1)
        return lowest

    def rate(self, theta: Array) -> Array:
        """(row, condition), Hz."""
        basis = self.basis(theta[:, self.linear :])
        rate: Array = np.einsum("rks,rk->rs", basis, theta[:, : self.linear])
        return rate

    def value(self, theta: Array) -> Array:
        """Log-likelihood without its constant, (row,); -inf for a rate below 0."""
        return self._value(self.rate(theta))

    def _value(self, rate: Array) -> Array:
        total = self.likelihood.terms(rate, self.counts).sum(-1)
        if self.rectifier.negative_side and not self.shifted:
            total = np.where((rate < 0).any(-1), -np.inf, total)
        return np.where(np.isnan(total), -np.inf, total)

    def _difference(self, shape: Array, k: int) -> Array:
        """How far apart a shape's derivative is taken, (row,)."""
        step = _STEP * self.scale[:, k]
        if not list(self.rectifier.parameters.values())[k].steep:
            return step
        # upright just below a drive: the scale there is the way to it
        away = self.counts.x - shape[:, [k]]
        nearest = np.where(away > 0, away, np.inf).min(1)
        difference: Array = np.maximum(
            np.minimum(step, _PART * nearest), 2 * np.spacing(np.abs(shape[:, k]))
        )
        return difference

    def rate_and_jacobian(self, theta: Array) -> tuple[Array, Array]:
        """(row, condition) and (row, parameter, condition); shapes differenced in their bounds."""
        coefficients, shape = theta[:, : self.linear], theta[:, self.linear :]
        basis = self.basis(shape)
        columns = [basis]
        for k in range(shape.shape[1]):
            step = self._difference(shape, k)
            low, high = self.low[:, self.linear + k], self.high[:, self.linear + k]
            fixed = high <= low
            up, down = shape.copy(), shape.copy()
            up[:, k] = np.where(fixed, shape[:, k], np.minimum(shape[:, k] + step, high))
            down[:, k] = np.where(fixed, shape[:, k], np.maximum(shape[:, k] - step, low))
            change = np.einsum("rks,rk->rs", self.basis(up) - self.basis(down), coefficients)
            width = (up - down)[:, [k]]
            columns.append((change / np.where(width > 0, width, 1.0))[:, None])
        return np.einsum("rks,rk->rs", basis, coefficients), np.concatenate(columns, axis=1)
