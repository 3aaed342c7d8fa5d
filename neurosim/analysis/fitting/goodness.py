"""How well a fit describes the responses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Array, divided
from neurosim.base.errors import Faults

__all__ = ["Deviance", "deviance", "deviance_explained"]


class Deviance(NamedTuple):
    """Deviance of every cell's fit.

    Attributes
    ----------
    value : array (cell,)
        Twice the nats that a rate of its own for every condition would gain.
    degrees_of_freedom : array (cell,)
        Conditions more than parameters of the rate.
    p : array (cell,)
        Of a deviance as large, if the rectifier is right; NaN without degrees of freedom.
    """

    value: Array
    degrees_of_freedom: Array
    p: Array


def deviance(fitted: Fit) -> Deviance:
    """Deviance of a fit against a rate of its own for every condition, and its p-value.

    Under the Poisson likelihood

    .. math:: D = 2\\sum_i [n_i \\ln(n_i / \\mu_i) - (n_i - \\mu_i)]

    with n spikes where mu are expected; under another the likelihood's own, its own parameters as
    they were estimated with the rectifier. It is compared with a chi-squared distribution of as
    many degrees of freedom as conditions more than parameters of the rate. The comparison is rough
    where few spikes are expected, and counts more variable than the likelihood has them make the
    deviance large whatever the rectifier.

    Parameters
    ----------
    fitted : Fit

    Returns
    -------
    Deviance

    References
    ----------
    McCullagh & Nelder 1989, section 2.3.

    Examples
    --------
    >>> from neurosim import fit, poisson_responses
    >>> made = poisson_responses("ReLU", {"r0": 5, "gain": 50}, np.linspace(-1, 1, 20), 10, 1.0, 1)
    >>> bool(deviance(fit("ReLU", made)).p[0] > 0.01)
    True
    """
    faults = Faults("deviance")
    faults.kind("fitted", fitted, Fit, "a Fit")
    faults.stop()
    model = fitted.model
    value = model.likelihood.deviance(fitted.rates, model.counts).sum(-1)
    of_rate = fitted.free - (len(model.likelihood.parameters) if fitted.scatter is not None else 0)
    freedom = np.asarray(fitted.conditions - of_rate, dtype=float)
    p = np.where(freedom > 0, chi2.sf(value, np.maximum(freedom, 1)), np.nan)
    return Deviance(value, freedom, p)


def deviance_explained(fitted: Fit) -> Array:
    """1 less the deviance of a fit over that of each cell's mean rate; (cell,).

    0 where the mean rate leaves nothing to explain.
    """
    model = fitted.model
    counts, likelihood = model.counts, model.likelihood
    flat = np.broadcast_to(likelihood.constant_rate(counts)[:, None], counts.x.shape)
    left, all_of_it = (likelihood.deviance(rate, counts).sum(-1) for rate in (fitted.rates, flat))
    return np.where(all_of_it > 0, 1 - divided(left, all_of_it, 1.0), 0.0)
