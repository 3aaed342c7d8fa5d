r"""Shares of kinds in a population, each cell a draw from it: random-effects model selection.

Every cell is of one kind, and the shares r of the kinds have a flat Dirichlet prior. Given each
cell's log evidence for every kind, their posterior is approximated by a Dirichlet distribution
(Stephan et al. 2009, NeuroImage 46:1004). That takes each cell's chances of being of a kind as if
they were known; the intervals are of the posterior itself, in which they are not, by Gibbs' sampler
(Penny et al. 2010, PLoS Computational Biology 6:e1000709). How surely one kind is the commonest is
its exceedance probability; protected, it allows for the shares being equal and what differs being
chance (Rigoux et al. 2014, NeuroImage 84:971).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp, psi, softmax, xlogy
from scipy.stats import beta, gamma

from neurosim.base.arrays import Array

__all__ = ["Shares", "shares_of"]

_TURNS, _SETTLED = 10_000, 1e-10  # of the Dirichlet's parameters
_SAMPLES, _STEPS, _BURNT = 2_000_000, 120, 20  # cells in all chains; steps of each, not counted
_CHAINS = (8, 256)  # at the least and the most
_NODES = 4001  # of the integral for exceedance, over quantiles from nothing to all but nothing


class Shares(NamedTuple):
    """The posterior of the shares.

    Attributes
    ----------
    alpha : array (kind,)
        Of the Dirichlet distribution.
    weight : array (cell, kind)
        Probability of each cell being of each kind.
    exceedance, protected : array (kind,)
        Probability of being the commonest; protected against chance.
    omnibus_risk : float
        Probability of the shares being equal.
    numbers : array (kind, cells + 1)
        Probability of so many of the cells being of each kind.
    """

    alpha: Array
    weight: Array
    exceedance: Array
    protected: Array
    omnibus_risk: float
    numbers: Array

    @property
    def mean(self) -> Array:
        mean: Array = self.alpha / self.alpha.sum()
        return mean

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Ends of the central credible intervals, (kind,) each; 1 where all cells may be of the
        kind, as of a kind that is alone, and 0 where none may be."""
        kinds, cells = len(self.alpha), self.numbers.shape[1] - 1
        if kinds == 1:
            return np.array([beta.ppf(1 - level, cells + 1.0, 1.0)]), np.ones(1)
        ends = np.empty((2, kinds))
        for k, chance in enumerate(self.numbers):
            for end, p in enumerate(((1 - level) / 2, (1 + level) / 2)):
                ends[end, k] = brentq(_below, 0.0, 1.0, (p, chance, kinds), xtol=1e-9)
            # as of a kind that is alone, where the others' cells may all be of this one
            if chance[-1] >= (1 - level) / 2:
                ends[:, k] = min(ends[0, k], beta.ppf(1 - level, cells + 1.0, 1.0)), 1.0
            if chance[0] >= (1 - level) / 2:
                ends[0, k] = 0.0
        return ends[0], ends[1]


def _below(share: float, p: float, chance: Array, kinds: int) -> float:
    """How much more than p lies below a share, given the chances of so many cells of its kind."""
    number = np.flatnonzero(chance)
    rest = chance.size - 1 - number + kinds - 1
    return float(chance[number] @ beta.cdf(share, number + 1, rest)) - p


def shares_of(log_evidence: Array) -> Shares:
    """Shares of kinds from the log evidence of each cell for each.

    Parameters
    ----------
    log_evidence : array (cell, kind)
        nats; -inf for a kind that cannot be a cell's, but not for all.

    Examples
    --------
    >>> found = shares_of(np.array([[0.0, -9.0]] * 8 + [[-9.0, 0.0]] * 2))
    >>> found.alpha.round(2), found.exceedance.round(2)
    (array([9., 3.]), array([0.97, 0.03]))
    """
    evidence = log_evidence - log_evidence.max(1, keepdims=True)
    number = evidence.shape[1]
    alpha = np.ones(number) + len(evidence) / number
    for _ in range(_TURNS):
        weight = softmax(evidence + psi(alpha) - psi(alpha.sum()), axis=1)
        new = 1 + weight.sum(0)
        if np.abs(new - alpha).max() < _SETTLED:
            break
        alpha = new
    exceedance = _exceedance(alpha)
    risk = _omnibus_risk(evidence, weight, alpha)
    protected = (1 - risk) * exceedance + risk / number
    return Shares(alpha, weight, exceedance, protected, risk, _numbers(evidence, weight))


def _numbers(evidence: Array, weight: Array) -> Array:
    """Chances of so many cells being of each kind, (kind, cells + 1): shares by cells' kinds and
    these by the shares, in turn, in many chains."""
    cells, kinds = evidence.shape
    random = np.random.default_rng(0)
    chains = int(np.clip(_SAMPLES // (cells * _STEPS), *_CHAINS))
    likelihood = np.exp(evidence)
    number = np.tile(weight.sum(0), (chains, 1))
    found = np.zeros((kinds, cells + 1))
    for step in range(_STEPS):
        share = random.standard_gamma(1 + number)
        chance = np.cumsum(share[:, None] * likelihood, axis=-1)
        at = random.random((chains, cells, 1)) * chance[..., -1:]
        kind = (at > chance).sum(-1)
        number = np.stack([(kind == k).sum(-1) for k in range(kinds)], axis=1)
        if step >= _BURNT:
            for k in range(kinds):
                found[k] += np.bincount(number[:, k], minlength=cells + 1)
    numbers: Array = found / found.sum(1, keepdims=True)
    return numbers


def _exceedance(alpha: Array) -> Array:
    """Of gamma variables, whose shares are the Dirichlet's, how often each is the largest."""
    found = []
    for k, one in enumerate(alpha):
        chance = (np.arange(_NODES) + 0.5) / _NODES
        at = gamma.ppf(chance, one)
        others = np.delete(alpha, k)
        found.append(np.prod(gamma.cdf(at[:, None], others), axis=1).mean())
    exceedance = np.array(found)
    total: Array = exceedance / exceedance.sum()
    return total


def _omnibus_risk(evidence: Array, weight: Array, alpha: Array) -> float:
    """Posterior probability of equal shares, by the variational bounds of both evidences."""
    number = len(alpha)
    logs = psi(alpha) - psi(alpha.sum())
    seen = np.where(weight > 0, weight * np.where(weight > 0, evidence + logs, 0.0), 0.0)
    free = seen.sum() - xlogy(weight, weight).sum() + gammaln(number)
    free += gammaln(alpha).sum() - gammaln(alpha.sum()) - ((alpha - 1) * logs).sum()
    equal = (logsumexp(evidence, axis=1) - np.log(number)).sum()
    return float(1 / (1 + np.exp(np.clip(free - equal, -700, 700))))
