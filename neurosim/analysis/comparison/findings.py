"""What was found in a comparison, as arrays: what its tables and words are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from neurosim.analysis.comparison.evidence import LEVEL
from neurosim.analysis.comparison.held_out import HeldOut
from neurosim.analysis.comparison.selection import Selection, related, simplest
from neurosim.analysis.comparison.verdicts import Verdicts
from neurosim.analysis.fitting.goodness import deviance, goodness
from neurosim.analysis.fitting.likelihoods.negative_binomial import NegativeBinomial
from neurosim.analysis.fitting.result import Fit
from neurosim.analysis.variability.ceilings import explained_signal_power
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Findings", "explained_share", "goodness_of", "scatter_told"]


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found: nothing here is fitted or reduced again.

    Attributes
    ----------
    fits : list of Fit
        One per rectifier, simplest first.
    scores : list of HeldOut
        In the same order, or none.
    delta_aic, delta_bic : array (cell, rectifier)
    aside : array of str (cell, rectifier)
        Why one is no candidate; "" for candidates.
    chosen : int array (cell,)
    resembles : Selection
        Without the mechanistic reference.
    verdicts : Verdicts
    goodness : array (cell, rectifier)
        p of the deviance.
    not_told_apart : bool array (cell, rectifier)
    explained : array (cell,)
        Share of the explainable variance.
    folds : int
    opposite : list of Fit, optional
        Of the other sign of the drive, on some of the cells.
    """

    fits: list[Fit]
    scores: list[HeldOut]
    delta_aic: Array
    delta_bic: Array
    aside: AnyArray
    chosen: Indices
    resembles: Selection
    verdicts: Verdicts
    goodness: Array
    not_told_apart: Flags
    explained: Array
    folds: int
    opposite: list[Fit] | None = None

    @property
    def rectifiers(self) -> list[Rectifier]:
        return [each.rectifier for each in self.fits]

    @property
    def cells(self) -> AnyArray:
        return self.fits[0].cells

    @property
    def rivals(self) -> Flags:
        """What is not told from the verdict and is no limit or extension of it;
        (cell, rectifier)."""
        rivals: Flags = self.not_told_apart & ~related(self.rectifiers)[self.verdicts.which]
        return rivals


def goodness_of(fits: Sequence[Fit], chosen: Indices, criterion: Array, candidates: Flags) -> Array:
    """p of the deviance of every candidate; (cell, rectifier), NaN for what is none.

    Of the chosen one by simulation where few spikes are expected, and where that is refused of the
    next simplest, until one is not.

    Parameters
    ----------
    fits : sequence of Fit
    chosen : int array (cell,)
        -1 for none.
    criterion : array (cell, rectifier)
    candidates : bool array (cell, rectifier)
    """
    p = np.where(candidates, np.stack([deviance(each).p for each in fits], axis=1), np.nan)
    rectifiers = [each.rectifier for each in fits]
    done, index = np.zeros(p.shape, dtype=bool), chosen.copy()
    rows = np.arange(len(chosen))
    for _ in fits:
        asked = (index >= 0) & ~done[rows, index]
        for k in np.unique(index[asked]).tolist():
            mine = np.flatnonzero(asked & (index == k))
            p[mine, k] = goodness(fits[k].take(mine))
            done[mine, k] = True
        adequate = candidates & ~(p < LEVEL)
        refused = (index >= 0) & ~adequate[rows, index]
        if not (refused & asked).any():
            break
        other = simplest(np.where(adequate, criterion, np.inf), rectifiers).chosen
        index = np.where(refused, other, -1)
    return p


def scatter_told(fits: Sequence[Fit], p: Array, candidates: Flags) -> Flags:
    """Whether a cell's misfit, if there is one, is no more than scatter could be; (cell,).

    It may be where the trials do not tell how counts scatter, and where the largest dispersion that
    they do not exclude makes one of the candidates fit.

    Parameters
    ----------
    fits : sequence of Fit
    p : array (cell, rectifier)
        Goodness of fit.
    candidates : bool array (cell, rectifier)
    """
    told = fits[0].scatter_known.copy()
    most = fits[0].model.likelihood.most_dispersion(len(told))
    misfit = told & candidates.any(1) & ~(candidates & ~(p < LEVEL)).any(1) & (most > 0)
    for k, each in enumerate(fits):
        rows = np.flatnonzero(misfit & candidates[:, k])
        if rows.size:
            model = each.take(rows).model
            wider = NegativeBinomial(most[rows])
            value = wider.deviance(np.maximum(each.rates[rows], 0.0), model.counts).sum(-1)
            freedom = np.maximum(each.conditions - each.free_of_rate, 1)[rows]
            told[rows] &= chi2.sf(value, freedom) < LEVEL
    return told


def explained_share(fits: Sequence[Fit], index: Indices) -> Array:
    """Share of the explainable variance of rates that a cell's rectifier explains; (cell,).

    Parameters
    ----------
    fits : sequence of Fit
    index : int array (cell,)
        Of the rectifier; -1 for none.

    Returns
    -------
    ndarray (cell,)
        Explained signal power (Sahani & Linden 2003): NaN where no rectifier is named, where only
        sums of trials are known or trials are single, and where no signal is seen above the noise.
    """
    share = np.full(len(index), np.nan)
    counts = fits[0].model.counts
    if counts.source is None:
        return share
    single = counts.single
    mean, variance, trials = single.rate, single.rate_variance, single.trials
    for k, each in enumerate(fits):
        rows = np.flatnonzero(index == k)
        predicted = each.take(rows).rates if rows.size else np.empty((0, mean.shape[1]))
        for row, x in zip(rows, predicted, strict=True):
            here = trials[row] > 1
            share[row] = explained_signal_power(
                mean[row, here], variance[row, here], trials[row, here], x[here]
            )
    return share
