r"""Counts more variable than Poisson: variance = mean + dispersion mean^2 on each trial.

With m trials of length d, n spikes in all and dispersion a, the log-likelihood of a rate is
:math:`n \log r - (n + m/a) \log(1 + a d r)`, and its constant
:math:`n \log(a d) + \sum_j [\log\Gamma(n_j + 1/a) - \log\Gamma(1/a) - \log n_j!]`. Rates and
dispersion are orthogonal in the information, so that estimating them in turn takes few turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import elementwise
from scipy.special import gammaln

from neurosim.analysis.fitting.likelihoods.base import Likelihood, per_rate
from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.data.counts import Counts
from neurosim.data.repeats import Repeats

__all__ = ["NegativeBinomial"]

_POISSON = 1e-8  # dispersion at which counts are Poisson's to the last digits
_LEAST, _MOST = 1e-6, 1e3  # dispersions that are looked at
_LEAST_RATE = 1e-12  # Hz, in the information alone, which has no end at a rate of 0
_PLACES = 25  # of them, before the least is closed in on
_CLOSE = 1e-6  # of its logarithm: the likelihood is then short of its top by rounding
_MOST_SPIKES = 2000  # of a trial, up to which trials are counted by their spikes
_TAIL = 10.0  # trials over dispersion: of fewer, as of as many, or a rate would have no mean


@dataclass(frozen=True, eq=False)
class NegativeBinomial(Likelihood):
    """Counts more variable than Poisson, by a gamma-distributed gain of each trial.

    Parameters
    ----------
    dispersion : array (row,)
        > 0; at 1e-8 and below it is Poisson's.
    """

    dispersion: Array

    name = "negative binomial"
    source = "McCullagh & Nelder 1989, section 11.2"
    single_trials = True
    parameters = ("dispersion",)

    @classmethod
    def begin(cls, counts: Counts) -> Self:
        return cls(np.full(len(counts.x), _POISSON))

    def terms(self, rate: Array, counts: Counts) -> Array:
        a, (spikes, trials, d) = self.dispersion[:, None, None], counts.groups
        swell = (spikes + trials / a) * np.log1p(a * d * np.maximum(rate, 0.0)[..., None])
        logs = np.log(rate, out=np.zeros(np.shape(rate)), where=rate > 0)
        impossible = (counts.spikes > 0) & (rate <= 0)
        return np.where(impossible, -np.inf, counts.spikes * logs - swell.sum(-1))

    def slope(self, rate: Array, counts: Counts) -> Array:
        a, (spikes, trials, d) = self.dispersion[:, None, None], counts.groups
        swell = (spikes * a + trials) * d / (1 + a * d * np.maximum(rate, 0.0)[..., None])
        slope: Array = per_rate(counts.spikes, rate) - swell.sum(-1)
        return slope

    def expected(self, rate: Array, counts: Counts) -> Array:
        _, trials, d = counts.groups
        swell = self.dispersion[:, None, None] * d
        # a rate may be infinite where nothing was shown
        swell = np.multiply(swell, rate[..., None], out=np.zeros(swell.shape), where=swell > 0)
        return per_rate((trials * d / (1 + swell)).sum(-1), np.maximum(rate, _LEAST_RATE))

    def information(self, rate: Array, counts: Counts) -> Array:
        a, (spikes, trials, d) = self.dispersion[:, None, None], counts.groups
        swell = 1 + a * d * np.maximum(rate, 0.0)[..., None]
        seen = per_rate(per_rate(counts.spikes, rate), rate)
        bend = seen - ((spikes * a + trials) * a * (d / swell) ** 2).sum(-1)
        # below 0 where far fewer spikes came than are expected: a step is of its usual size then
        information: Array = np.maximum(bend, self.expected(rate, counts) / 2)
        return information

    def constant(self, counts: Counts) -> Array:
        return _constant(self.dispersion, counts, counts.single)

    def sample(self, rate: Array, counts: Counts, random: np.random.Generator) -> Counts:
        single = counts.single
        size = 1 / self.dispersion[:, None, None]
        gain = random.gamma(np.broadcast_to(size, single.count.shape)) / size
        mean = rate[..., None] * single.seconds
        return counts.with_trials(random.poisson(gain * mean).astype(float))

    @classmethod
    def fault(cls, counts: Counts) -> str:
        return counts.without_trials

    def estimated(self, rate: Array, counts: Counts) -> Self:
        spikes, trials, length = counts.groups
        mean, single = np.maximum(rate, 0.0)[..., None] * length, counts.single
        beyond = _trials_beyond(single)

        def lacking(log_dispersion: Array, row: AnyArray) -> Array:
            a, row = np.exp(log_dispersion)[:, None], row.astype(np.int64)
            rising = _rising(beyond, single, a, row)
            swell = (spikes[row] + trials[row] / a[..., None]) * np.log1p(a[..., None] * mean[row])
            return np.asarray(swell.sum((1, 2)) - rising)

        rows = np.arange(len(rate))
        grid = np.linspace(np.log(_LEAST), np.log(_MOST), _PLACES)
        values = np.stack([lacking(np.full(rows.size, place), rows) for place in grid])
        best = np.clip(values.argmin(0), 1, _PLACES - 2)
        found = elementwise.find_minimum(
            lacking,
            (grid[best - 1], grid[best], grid[best + 1]),
            args=(rows.astype(float),),
            tolerances={"xatol": _CLOSE, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0},
        )
        return type(self)(np.exp(np.where(found.success, found.x, _edge(values, grid))))

    @property
    def scatter(self) -> Array:
        return self.dispersion

    def take(self, rows: AnyArray) -> Self:
        return type(self)(self.dispersion[rows])

    def with_mean(self, counts: Counts) -> Self:
        most = np.maximum(counts.each[0].sum(-1), 1.0) / _TAIL
        return type(self)(np.minimum(self.dispersion, most))


def _constant(dispersion: Array, counts: Counts, single: Repeats) -> Array:
    """Of single trials at a dispersion (row,)."""
    size = 1 / dispersion[:, None, None]
    each = gammaln(single.count + size) - gammaln(size) - gammaln(single.count + 1.0)
    spikes, _, length = counts.groups
    logs = np.log(dispersion[:, None, None] * np.where(length > 0, length, 1.0))
    constant: Array = np.where(single.exists, each, 0.0).sum(-1) + (spikes * logs).sum(-1)
    return constant


def _trials_beyond(single: Repeats) -> Array | None:
    """How many trials of each row have more than k spikes, k from 0; (row, k). None where that says
    no more than the trials themselves."""
    count = single.count
    most = count.max(initial=0.0)
    if most > _MOST_SPIKES or (count != np.floor(count)).any():
        return None
    rows, size = len(count), int(most) + 1
    place = count.astype(np.int64) + size * np.arange(rows)[:, None, None]
    of_each = np.bincount(place.ravel(), minlength=rows * size).reshape(rows, size)
    beyond: Array = of_each[:, ::-1].cumsum(1)[:, ::-1][:, 1:].astype(float)
    return beyond


def _rising(beyond: Array | None, single: Repeats, a: Array, row: Indices) -> Array:
    """Sum over trials of the logarithm of (1 + a)(1 + 2 a) ... (1 + (n - 1) a); (row,)."""
    if beyond is not None:
        places = np.arange(beyond.shape[1])
        rising: Array = (beyond[row] * np.log1p(a * places)).sum(-1)
        return rising
    count, size = single.count[row], 1 / a[:, None]
    each = gammaln(count + size) - gammaln(size) + count * np.log(a[:, None])
    summed: Array = np.where(single.exists[row], each, 0.0).sum((1, 2))
    return summed


def _edge(values: Array, grid: Array) -> Array:
    """The place of the least value on the grid, for what has no least value within."""
    edge: Array = grid[values.argmin(0)]
    return edge
