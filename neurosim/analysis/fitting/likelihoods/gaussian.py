"""Rates with a Gaussian error: weighted least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from neurosim.analysis.fitting.likelihoods.base import Likelihood
from neurosim.base.arrays import AnyArray, Array, divided
from neurosim.data.counts import Counts

__all__ = ["Gaussian"]


@dataclass(frozen=True, eq=False)
class Gaussian(Likelihood):
    """Rates with a Gaussian error of known standard deviation.

    The rate measured in a condition is spikes / exposure, so that with an exposure of 1 the
    "spikes" are rates, which may be negative.

    Parameters
    ----------
    sd : array (row, condition)
        Hz; ignored where there is no exposure.
    """

    sd: Array

    name = "Gaussian"
    source = "Gauss 1809"
    of = "rates"

    @classmethod
    def begin(cls, counts: Counts) -> Self:
        """The standard deviation of all rates of a row, a weight of 1 being the mean exposure."""
        weight = divided(counts.exposure, counts.exposure.sum(-1, keepdims=True), 0.0)
        measured = divided(counts.spikes, counts.exposure, 0.0)
        mean = (weight * measured).sum(-1, keepdims=True)
        sd = np.sqrt((weight * (measured - mean) ** 2).sum(-1, keepdims=True))
        typical = counts.exposure.sum(-1) / np.maximum(counts.conditions, 1)
        share = divided(counts.exposure, typical[:, None], 1.0)
        return cls(np.where(sd > 0, sd, 1.0) / np.sqrt(np.where(share > 0, share, 1.0)))

    def _residual(self, rate: Array, counts: Counts) -> Array:
        seen = counts.exposure > 0
        return np.where(seen, divided(counts.spikes, counts.exposure, 0.0) - rate, 0.0)

    def terms(self, rate: Array, counts: Counts) -> Array:
        return -((self._residual(rate, counts) / self.sd) ** 2) / 2

    def slope(self, rate: Array, counts: Counts) -> Array:
        return self._residual(rate, counts) / self.sd**2

    def expected(self, rate: Array, counts: Counts) -> Array:
        return np.broadcast_to((counts.exposure > 0) / self.sd**2, np.shape(rate)).copy()

    def constant(self, counts: Counts) -> Array:
        each = -np.log(self.sd) - np.log(2 * np.pi) / 2
        return np.where(counts.exposure > 0, each, 0.0)

    def sample(self, rate: Array, counts: Counts, random: np.random.Generator) -> Counts:
        drawn = random.normal(rate, self.sd) * counts.exposure
        return counts.with_spikes(np.where(counts.exposure > 0, drawn, 0.0))

    def best_log_likelihood(self, rate: Array, counts: Counts) -> Array:
        """At the most likely standard deviation, an exposure of 1 being one rate."""
        number = counts.exposure.sum(-1)
        squares = (counts.exposure * self._residual(rate, counts) ** 2).sum(-1)
        with np.errstate(divide="ignore"):
            best_log_likelihood: Array = -number / 2 * (np.log(2 * np.pi * squares / number) + 1)
            return best_log_likelihood

    def take(self, rows: AnyArray) -> Self:
        return type(self)(self.sd[rows])

    def merged(self, before: Counts, after: Counts) -> Self:
        each = (self.sd**2 * before.exposure).mean()  # its variances are over the exposure
        return type(self)(np.sqrt(each / after.exposure))
