r"""Counts more regular than Poisson: variance = mean / (1 + regularity mean) on each trial.

A quasi-likelihood: its slope with the mean m of a trial is :math:`(n - m)/V(m)`, so that, with
:math:`V = m/(1 + b m)`, it is :math:`n \log m - m + b(n m - m^2/2)` (Wedderburn 1974, Biometrika
61:439). What does not depend on m is that of the extended quasi-likelihood (Nelder & Pregibon 1987,
Biometrika 74:221), by which values for different b compare: in all

.. math:: n \log m - m - \log n! - b(n - m)^2/2 + \log(1 + b n)/2

of a trial, a Poisson probability at b = 0. The Fano factor falls with the mean, as that of
integrate-and-fire cells does; a renewal process of one shape is too regular at few spikes. The
variance is that of the binomial with m + 1/b tries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from neurosim.analysis.fitting.likelihoods.base import Likelihood, per_rate
from neurosim.base.arrays import AnyArray, Array, divided
from neurosim.data.counts import Counts

__all__ = ["UnderDispersed"]

_MOST = 12.0  # counts of whole spikes about any mean have a variance of 1/12, on the average
_STEPS = 60  # of Newton's method, which from 0 rises to the root of a convex function
_SETTLED = 1e-10  # of the regularity
_LEAST_RATE = 1e-12  # Hz, in the information alone, which has no end at a rate of 0
_POISSON = 1e-6  # regularity times mean, below which counts are drawn as Poisson's


@dataclass(frozen=True, eq=False)
class UnderDispersed(Likelihood):
    """Counts more regular than Poisson, by a quasi-likelihood.

    It has no distribution of its own: `sample` draws binomial counts, of the same mean and
    variance (nearly, at a regularity above 1).

    Parameters
    ----------
    regularity : array (row,)
        >= 0; Poisson's at 0.
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
        b, (trials, d) = self.regularity[:, None], counts.each
        logs = np.log(rate, out=np.zeros(np.shape(rate)), where=rate > 0)
        mean = rate * d
        terms = counts.spikes * (logs + b * mean) - trials * (mean + b * mean**2 / 2)
        return np.where((counts.spikes > 0) & (rate <= 0), -np.inf, terms)

    def slope(self, rate: Array, counts: Counts) -> Array:
        b, (trials, d) = self.regularity[:, None], counts.each
        slope: Array = per_rate(counts.spikes, rate) - trials * d
        return slope + b * d * (counts.spikes - trials * d * rate)

    def expected(self, rate: Array, counts: Counts) -> Array:
        stiff = self.regularity[:, None] * counts.exposure * counts.each[1]
        return per_rate(counts.exposure, np.maximum(rate, _LEAST_RATE)) + stiff

    def information(self, rate: Array, counts: Counts) -> Array:
        stiff = self.regularity[:, None] * counts.exposure * counts.each[1]
        information: Array = per_rate(per_rate(counts.spikes, rate), rate) + stiff
        return information

    def constant(self, counts: Counts) -> Array:
        b, count = self.regularity[:, None, None], counts.single.count
        own = np.log1p(b * count) / 2 - b * count**2 / 2
        constant: Array = counts.constant + own.sum(-1)
        return constant

    def sample(self, rate: Array, counts: Counts, random: np.random.Generator) -> Counts:
        mean = rate[..., None] * counts.single.seconds
        b = np.broadcast_to(self.regularity[:, None, None], mean.shape)
        regular = b * mean > _POISSON
        tries = mean + divided(1.0, np.where(regular, b, 0.0), 0.0)
        low = np.floor(tries)
        # of one try more or not, each with the chance for the mean, the variances average to it
        even = (low >= mean) & (low > 0)
        more = np.where(even, divided(low + 1, tries, 0.0) * (tries - low), tries - low)
        whole = low + (random.random(mean.shape) < more)
        chance = np.clip(divided(mean, np.where(even, whole, tries), 0.0), 0.0, 1.0)
        drawn = random.binomial(np.where(regular, whole, 0.0).astype(np.int64), chance)
        poisson = random.poisson(np.where(regular, 0.0, mean))
        return counts.with_trials(np.where(regular, drawn, poisson).astype(float))

    @classmethod
    def fault(cls, counts: Counts) -> str:
        return counts.uneven

    def measured(self, counts: Counts) -> Array:
        return divided(counts.spikes, counts.exposure, 0.0)

    def estimated(self, rate: Array, counts: Counts) -> Self:
        single = counts.single
        seconds = np.where(single.exists, single.seconds, 0.0)
        squares = ((single.count - rate[..., None] * seconds) ** 2).sum((1, 2))
        b = np.zeros(len(rate))
        for _ in range(_STEPS):
            swell = 1 + b[:, None, None] * single.count
            slope = (single.count / swell).sum((1, 2)) - squares
            bend = ((single.count / swell) ** 2).sum((1, 2))
            step = np.clip(divided(slope, bend, 0.0), -b, _MOST - b)
            b = b + step
            if not (np.abs(step) > _SETTLED * b).any():
                break
        return type(self)(b)

    @property
    def scatter(self) -> Array:
        return self.regularity

    def take(self, rows: AnyArray) -> Self:
        return type(self)(self.regularity[rows])
