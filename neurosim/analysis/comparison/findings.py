"""What was found in a comparison, as arrays: what its tables and words are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurosim.analysis.comparison.held_out import HeldOut
from neurosim.analysis.comparison.selection import Selection, related
from neurosim.analysis.comparison.verdicts import Verdicts
from neurosim.analysis.fitting.goodness import deviance
from neurosim.analysis.fitting.result import Fit
from neurosim.analysis.variability.ceilings import explained_signal_power
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Findings", "explained_share", "goodness_of"]


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


def goodness_of(fits: Sequence[Fit], chosen: Indices, candidates: Flags) -> Array:
    """p of the deviance of every candidate; (cell, rectifier), NaN for what is none.

    Parameters
    ----------
    fits : sequence of Fit
    chosen : int array (cell,)
        Index of the rectifier for which few expected spikes are made up for by a bootstrap.
    candidates : bool array (cell, rectifier)
    """
    p = np.stack([deviance(each).p for each in fits], axis=1)
    return np.where(candidates, p, np.nan)


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
    seconds = np.where(single.exists, single.seconds, 1.0)
    rates = single.replaced(single.count / seconds)
    mean, variance, trials = rates.mean, rates.variance, rates.trials
    for k, each in enumerate(fits):
        rows = np.flatnonzero(index == k)
        predicted = each.take(rows).rates if rows.size else np.empty((0, mean.shape[1]))
        for row, x in zip(rows, predicted, strict=True):
            here = trials[row] > 1
            share[row] = explained_signal_power(
                mean[row, here], variance[row, here], trials[row, here], x[here]
            )
    return share
