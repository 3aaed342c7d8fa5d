r"""Counts more regular than Poisson: variance = mean / (1 + (regularity mean)^1.5) on each trial.

Spikes of an integrate-and-fire cell are Poisson's where noise alone brings it to threshold, and the
more regular the more it fires; over the rates of one cell its Fano factor is this to 6 % (root mean
square; with an exponent of 1 it is off by more than 9 %, see `tests/analysis/fitting/likelihoods`).

A quasi-likelihood: its slope with the mean m of a trial is :math:`(n - m)/V(m)`, so that, with
:math:`V = m/(1 + c m^{3/2})`, it is :math:`n \log m - m + c(n m^{3/2}/1.5 - m^{5/2}/2.5)`
(Wedderburn 1974, Biometrika 61:439). What does not depend on m is that of the extended
quasi-likelihood (Nelder & Pregibon 1987, Biometrika 74:221), by which values for different c
compare: in all

.. math:: n \log m - m - \log n! - c(4 n^{5/2} - 10 n m^{3/2} + 6 m^{5/2})/15
          + \log(1 + c n^{3/2})/2

of a trial, a Poisson probability at c = 0; c is the regularity to the power of 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from neurosim.analysis.fitting.likelihoods.base import Likelihood, per_rate
from neurosim.base.arrays import AnyArray, Array, divided
from neurosim.data.counts import Counts

__all__ = ["UnderDispersed"]

_POWER = 1.5
_MOST = 12.0  # counts of whole spikes about any mean have a variance of 1/12, on the average
_STEPS = 60  # of Newton's method, which from 0 rises to the root of a convex function
_SETTLED = 1e-10  # of the regularity
_LEAST_RATE = 1e-12  # Hz, in the information alone, which has no end at a rate of 0
_MOST_RATE = 1e90  # Hz, so that its powers are numbers in the steps of a search that go astray
_POISSON = 1e-6  # regularity times mean, below which counts are drawn as Poisson's


@dataclass(frozen=True, eq=False)
class UnderDispersed(Likelihood):
    """Counts more regular than Poisson, by a quasi-likelihood.

    It has no distribution of its own: `sample` draws binomial counts, of the same mean and
    variance (nearly, where the variance is below a quarter).

    Parameters
    ----------
    regularity : array (row,)
        >= 0, per spike: at a mean of 1/regularity the variance is half of Poisson's, which it is
        at 0.
    """

    regularity: Array

    name = "under-dispersed"
    source = "Wedderburn 1974; Nelder & Pregibon 1987"
    single_trials = True
    parameters = ("regularity",)

    @classmethod
    def begin(cls, counts: Counts) -> Self:
        return cls(np.zeros(len(counts.x)))

    def terms(self, rate: Array, counts: Counts) -> Array:
        c, (spikes, trials, d) = self._stiff[:, None, None], counts.groups
        logs = np.log(rate, out=np.zeros(np.shape(rate)), where=rate > 0)
        mean = _mean(rate, d)
        root = np.sqrt(mean)
        stiff = c * mean * root * (spikes / 1.5 - trials * mean / 2.5)
        terms = counts.spikes * logs - rate * counts.exposure + stiff.sum(-1)
        return np.where((counts.spikes > 0) & (rate <= 0), -np.inf, terms)

    def slope(self, rate: Array, counts: Counts) -> Array:
        c, (spikes, trials, d) = self._stiff[:, None, None], counts.groups
        mean = _mean(rate, d)
        stiff = (c * d * np.sqrt(mean) * (spikes - trials * mean)).sum(-1)
        slope: Array = per_rate(counts.spikes, rate) - counts.exposure + stiff
        return slope

    def expected(self, rate: Array, counts: Counts) -> Array:
        _, trials, d = counts.groups
        mean = _mean(np.maximum(rate, _LEAST_RATE), d)
        stiff = (self._stiff[:, None, None] * trials * d**2 * np.sqrt(mean)).sum(-1)
        expected: Array = per_rate(counts.exposure, np.maximum(rate, _LEAST_RATE)) + stiff
        return expected

    def information(self, rate: Array, counts: Counts) -> Array:
        c, (spikes, trials, d) = self._stiff[:, None, None], counts.groups
        mean = _mean(np.maximum(rate, _LEAST_RATE), d)
        seen = per_rate(per_rate(counts.spikes, rate), rate)
        far = divided(1.5 * trials * mean - 0.5 * spikes, np.sqrt(mean), 0.0)
        bend = (c * d**2 * far).sum(-1)
        # below 0 where many more spikes came than are expected: a step is of that size then
        usual = seen + (c * d**2 * trials * np.sqrt(mean)).sum(-1)
        information: Array = np.maximum(seen + bend, usual / 2)
        return information

    def constant(self, counts: Counts) -> Array:
        c, count = self._stiff[:, None, None], counts.single.count
        root = np.sqrt(count)
        own = np.log1p(c * count * root) / 2 - c * (4 / 15) * count**2 * root
        constant: Array = counts.constant + own.sum(-1)
        return constant

    def sample(self, rate: Array, counts: Counts, random: np.random.Generator) -> Counts:
        mean = rate[..., None] * counts.single.seconds
        swell = self._stiff[:, None, None] * mean**_POWER
        regular = swell > _POISSON
        # binomial counts of that mean have that variance for mean (1 + 1/swell) tries
        tries = mean + divided(mean, np.where(regular, swell, 0.0), 0.0)
        low = np.floor(tries)
        # of one try more or not, each with the chance for the mean, the variances average to it
        even = (low >= mean) & (low > 0)
        more = np.where(even, divided(low + 1, tries, 0.0) * (tries - low), tries - low)
        whole = low + (random.random(mean.shape) < more)
        chance = np.clip(divided(mean, np.where(even, whole, tries), 0.0), 0.0, 1.0)
        drawn = random.binomial(np.where(regular, whole, 0.0).astype(np.int64), chance)
        poisson = random.poisson(np.where(regular, 0.0, mean))
        return counts.with_trials(np.where(regular, drawn, poisson).astype(float))

    @property
    def _stiff(self) -> Array:
        stiff: Array = self.regularity**_POWER
        return stiff

    @classmethod
    def fault(cls, counts: Counts) -> str:
        return counts.without_trials

    def measured(self, counts: Counts) -> Array:
        if counts.source is not None and counts.source.uneven:
            return super().measured(counts)
        return divided(counts.spikes, counts.exposure, 0.0)

    def estimated(self, rate: Array, counts: Counts) -> Self:
        single = counts.single
        mean = np.maximum(rate[..., None], 0.0) * np.where(single.exists, single.seconds, 0.0)
        root, own = (
            np.sqrt(mean),
            np.where(single.exists, single.count * np.sqrt(single.count), 0.0),
        )
        far = 4 * own * single.count - 10 * single.count * mean * root + 6 * mean**2 * root
        far = far.sum((1, 2)) * 2 / 15
        # a variance of 1/12 where the most is expected
        highest = np.maximum(mean.max((1, 2)), 1.0)
        most = (_MOST * highest - 1) / highest**_POWER
        c = np.zeros(len(rate))
        for _ in range(_STEPS):
            share = own / (1 + c[:, None, None] * own)
            slope, bend = share.sum((1, 2)) - far, (share**2).sum((1, 2))
            step = np.clip(divided(slope, bend, 0.0), -c, most - c)
            c = c + step
            if not (np.abs(step) > _SETTLED * c).any():
                break
        return type(self)(c ** (1 / _POWER))

    @property
    def scatter(self) -> Array:
        return self.regularity

    def take(self, rows: AnyArray) -> Self:
        return type(self)(self.regularity[rows])


def _mean(rate: Array, seconds: Array) -> Array:
    """Spikes expected of a trial of each length, (row, condition, group); a rate may be infinite
    where nothing was shown."""
    mean: Array = np.zeros(seconds.shape)
    within = np.clip(rate, 0.0, _MOST_RATE)[..., None]
    return np.multiply(within, seconds, out=mean, where=seconds > 0)
