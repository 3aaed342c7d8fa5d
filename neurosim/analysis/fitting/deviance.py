r"""Likelihood and deviance of samples under a rate, and the fraction of deviance explained.

.. math:: D = 2 \sum_i t_i \left[y_i \ln(y_i / r_i) - y_i + r_i\right]

for the Poisson likelihood of rates y_i seen over exposures t_i, the sum of squares
:math:`\sum_i t_i (y_i - r_i)^2` for the Gaussian (McCullagh & Nelder 1989, section 2.3).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, kl_div, xlogy

__all__ = ["LIKELIHOODS", "Likelihood", "deviance_explained"]

Array = NDArray[np.float64]


class Likelihood(Protocol):
    """Of y, rate and weight, each (sample,); samples of weight 0 do not count."""

    def log_likelihood(self, y: Array, rate: Array, weight: Array) -> float:
        """Nats."""

    def deviance(self, y: Array, rate: Array, weight: Array) -> float:
        """Twice what it lacks to the likelihood of rates that are y, in units of the dispersion."""


class _Poisson:
    def log_likelihood(self, y: Array, rate: Array, weight: Array) -> float:
        """Each sample a count, y times its weight."""
        count, mean = y * weight, rate * weight
        return float((xlogy(count, mean) - mean - gammaln(count + 1)).sum())

    def deviance(self, y: Array, rate: Array, weight: Array) -> float:
        seen = weight > 0  # infinite where the rate is 0 and y is not
        return float(2 * (weight[seen] @ kl_div(y[seen], rate[seen])))


class _Gaussian:
    def log_likelihood(self, y: Array, rate: Array, weight: Array) -> float:
        """With the variance of the residuals, for a weight of 1."""
        n = weight.sum()
        variance = (weight @ (y - rate) ** 2) / n
        with np.errstate(divide="ignore"):
            return float(-n / 2 * (np.log(2 * np.pi * variance) + 1))

    def deviance(self, y: Array, rate: Array, weight: Array) -> float:
        return float(weight @ (y - rate) ** 2)


LIKELIHOODS: dict[str, Likelihood] = {"poisson": _Poisson(), "gaussian": _Gaussian()}


def deviance_explained(y: Array, rate: Array, weight: Array, likelihood: Likelihood) -> float:
    """1 less the deviance of a rate over that of the mean of y.

    Parameters
    ----------
    y, rate, weight : array (sample,)
    likelihood : Likelihood
        One of `LIKELIHOODS`.

    Returns
    -------
    float
        Where y is constant, 1 for rates that are y and 0 for others.

    Examples
    --------
    >>> y, weight = np.array([0.0, 1.0, 5.0]), np.ones(3)
    >>> round(deviance_explained(y, np.array([0.5, 1.0, 4.5]), weight, LIKELIHOODS["poisson"]), 3)
    0.865
    """
    mean = np.full(y.shape, np.average(y, weights=weight))
    left, all_of_it = (likelihood.deviance(y, each, weight) for each in (rate, mean))
    if all_of_it <= 0:
        return 1.0 if left <= 0 else 0.0
    return float(1 - left / all_of_it)
