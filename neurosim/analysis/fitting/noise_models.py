r"""How responses scatter about a rate: Poisson, negative binomial, Gaussian.

Each gives, condition by condition, the log-likelihood of a rate (without what does not depend on
it), its slope, and the information about the rate, which is all that a fit asks of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from neurosim.analysis.fitting.likelihood import Counts, likelihood_terms

__all__ = ["Gaussian", "NegativeBinomial", "NoiseModel", "Poisson"]

Array = NDArray[np.float64]


class NoiseModel(Protocol):
    """What a fit asks; rates and results (row, condition)."""

    name: str

    def terms(self, rate: Array, counts: Counts) -> Array:
        """Log-likelihood of each condition, nats; -inf where it cannot be."""

    def slope(self, rate: Array, counts: Counts) -> Array:
        """Its derivative with respect to the rate."""

    def information(self, rate: Array, counts: Counts) -> Array:
        """Minus the second derivative, or its expectation; >= 0."""

    def expected(self, rate: Array, counts: Counts) -> Array:
        """Its expectation at a rate > 0."""

    def constant(self, counts: Counts) -> Array:
        """What does not depend on the rate, (row, condition)."""

    def take(self, rows: NDArray) -> NoiseModel:
        """The noise of some rows."""


@dataclass(frozen=True)
class Poisson:
    """Counts of a Poisson process."""

    name = "Poisson"

    def terms(self, rate: Array, counts: Counts) -> Array:
        return likelihood_terms(rate, counts.spikes, counts.exposure)

    def slope(self, rate: Array, counts: Counts) -> Array:
        return _over(counts.spikes, rate) - counts.exposure

    def information(self, rate: Array, counts: Counts) -> Array:
        return _over(_over(counts.spikes, rate), rate)

    def expected(self, rate: Array, counts: Counts) -> Array:
        return counts.exposure / rate

    def constant(self, counts: Counts) -> Array:
        return counts.constant

    def take(self, rows: NDArray) -> Poisson:
        return self


@dataclass(frozen=True)
class NegativeBinomial:
    r"""Counts more variable than Poisson: variance = mean + dispersion mean^2 on each trial.

    With m trials of length d, n spikes in all and dispersion a,
    :math:`n \log r - (n + m/a) \log(1 + a d r)`.

    Parameters
    ----------
    dispersion : array (row,)
        > 0; at 1e-8 and below it is Poisson's.
    per_trial : array (row, condition) or None
        The sum over trials of log Gamma(n_j + 1/a) - log Gamma(1/a) - log n_j!, for the constant.
    """

    dispersion: Array
    per_trial: Array | None = None

    name = "negative binomial"

    def _length(self, counts: Counts) -> Array:
        assert counts.trials is not None
        return counts.exposure / np.maximum(counts.trials, 1.0)

    def terms(self, rate: Array, counts: Counts) -> Array:
        a = self.dispersion[:, None]
        assert counts.trials is not None
        mean = self._length(counts) * np.maximum(rate, 0.0)
        swell = (counts.spikes + counts.trials / a) * np.log1p(a * mean)
        logs = np.log(rate, out=np.zeros(np.shape(rate)), where=rate > 0)
        impossible = (counts.spikes > 0) & (rate <= 0)
        return np.where(impossible, -np.inf, counts.spikes * logs - swell)

    def slope(self, rate: Array, counts: Counts) -> Array:
        a, d = self.dispersion[:, None], self._length(counts)
        assert counts.trials is not None
        swell = (counts.spikes * a + counts.trials) * d / (1 + a * d * np.maximum(rate, 0.0))
        return _over(counts.spikes, rate) - swell

    def information(self, rate: Array, counts: Counts) -> Array:
        swell = np.broadcast_to(self.dispersion[:, None] * self._length(counts), np.shape(rate))
        # a rate may be infinite where nothing was shown
        swell = np.multiply(swell, rate, out=np.zeros(swell.shape), where=swell > 0)
        return _over(counts.exposure / (1 + swell), np.maximum(rate, 1e-12))

    expected = information

    def constant(self, counts: Counts) -> Array:
        a, d = self.dispersion[:, None], self._length(counts)
        logs = np.log(a * np.where(d > 0, d, 1.0))
        each = np.zeros(counts.x.shape) if self.per_trial is None else self.per_trial
        return each + counts.spikes * logs

    def take(self, rows: NDArray) -> NegativeBinomial:
        kept = None if self.per_trial is None else self.per_trial[rows]
        return replace(self, dispersion=self.dispersion[rows], per_trial=kept)


@dataclass(frozen=True)
class Gaussian:
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

    def _residual(self, rate: Array, counts: Counts) -> Array:
        seen = counts.exposure > 0
        measured = np.divide(counts.spikes, counts.exposure, out=np.zeros(seen.shape), where=seen)
        return np.where(seen, measured - rate, 0.0)

    def terms(self, rate: Array, counts: Counts) -> Array:
        return -((self._residual(rate, counts) / self.sd) ** 2) / 2

    def slope(self, rate: Array, counts: Counts) -> Array:
        return self._residual(rate, counts) / self.sd**2

    def information(self, rate: Array, counts: Counts) -> Array:
        return np.broadcast_to((counts.exposure > 0) / self.sd**2, np.shape(rate)).copy()

    expected = information

    def constant(self, counts: Counts) -> Array:
        each = -np.log(self.sd) - np.log(2 * np.pi) / 2
        return np.where(counts.exposure > 0, each, 0.0)

    def take(self, rows: NDArray) -> Gaussian:
        return Gaussian(self.sd[rows])


def sum_over_trials(count: Array, exists: NDArray[np.bool_], dispersion: Array) -> Array:
    """What the negative binomial's constant owes to single trials; (cell, condition).

    Parameters
    ----------
    count : array (cell, condition, trial)
    exists : bool array (cell, condition, trial)
    dispersion : array (cell,)
    """
    size = 1 / dispersion[:, None, None]
    each = gammaln(count + size) - gammaln(size) - gammaln(count + 1.0)
    return np.where(exists, each, 0.0).sum(-1)


def _over(a: Array, b: Array) -> Array:
    """a / b, 0 where either is 0."""
    out = np.zeros(np.broadcast_shapes(a.shape, b.shape))
    return np.divide(a, b, out=out, where=(a != 0) & (b != 0))
