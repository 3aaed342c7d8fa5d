r"""Counts of a Poisson process.

.. math:: \log L = \sum_i [n_i \log r_i - r_i t_i] + \sum_{ij} [n_{ij}\log d_{ij} - \log n_{ij}!]

with n_i spikes in a time t_i of condition i, n_ij of them in its trial j of length d_ij. The second
sum does not depend on the rate and is kept, so that values are those of the Poisson probabilities
themselves.
"""

from __future__ import annotations

import numpy as np
from scipy.special import kl_div

from neurosim.analysis.fitting.likelihoods.base import Likelihood, per_rate
from neurosim.base.arrays import Array
from neurosim.data.counts import Counts

__all__ = ["Poisson"]


class Poisson(Likelihood):
    """Counts of a Poisson process.

    A rate of 0 Hz where a spike fell gives -inf: there is no floor under the logarithm.

    Examples
    --------
    >>> one = Counts(*np.array([[[0.0]], [[3.0]], [[2.0]], [[3 * np.log(2.0) - np.log(6.0)]]]))
    >>> rate = np.array([[1.0]])
    >>> Poisson().log_likelihood(rate, one).round(6)  # scipy.stats.poisson(2).logpmf(3)
    array([-1.712318])
    """

    name = "Poisson"
    source = "McCullagh & Nelder 1989, chapter 6"

    def terms(self, rate: Array, counts: Counts) -> Array:
        logs = np.log(rate, out=np.zeros(np.shape(rate)), where=rate > 0)
        terms = counts.spikes * logs - rate * counts.exposure
        return np.where((counts.spikes > 0) & (rate <= 0), -np.inf, terms)

    def slope(self, rate: Array, counts: Counts) -> Array:
        return per_rate(counts.spikes, rate) - counts.exposure

    def expected(self, rate: Array, counts: Counts) -> Array:
        return counts.exposure / rate

    def information(self, rate: Array, counts: Counts) -> Array:
        return per_rate(per_rate(counts.spikes, rate), rate)

    def constant(self, counts: Counts) -> Array:
        return counts.constant

    def sample(self, rate: Array, counts: Counts, random: np.random.Generator) -> Counts:
        return counts.with_spikes(random.poisson(rate * counts.exposure).astype(float))

    def deviance(self, rate: Array, counts: Counts) -> Array:
        deviance: Array = 2 * kl_div(counts.spikes, np.maximum(rate, 0.0) * counts.exposure)
        return deviance
