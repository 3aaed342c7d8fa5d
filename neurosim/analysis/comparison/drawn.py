"""What the figure of a comparison is drawn from, and which cells stand for the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from neurosim.analysis.comparison.deciding import Cut
from neurosim.analysis.comparison.selection import Selection
from neurosim.analysis.comparison.verdicts import Verdicts
from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.data.counts import Counts
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.constant import CONSTANT

__all__ = [
    "HALF_SQUARED",
    "PALETTE",
    "Drawn",
    "cells_of_each",
    "colours",
    "opposite_pair",
    "representative_cells",
]

# Okabe & Ito's, distinct for colour-blind readers, and three of Tol's
PALETTE: tuple[str, ...] = (
    *("#0072B2", "#D55E00", "#009E73", "#56B4E9", "#E69F00", "#CC79A7", "#F0E442", "#000000"),
    *("#882255", "#999933", "#332288"),
)
HALF_SQUARED = "half-squared"
"""The rectifier of each of the two paths of an energy mechanism."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What the figure of a comparison is drawn from: nothing is fitted or reduced again.

    Attributes
    ----------
    responses : Dataset
        Only its labels are looked at.
    counts : Counts
    likelihood : Likelihood
        How they scatter: what is drawn as measured, and its errors, are its own.
    cells : array (cell,)
        Labels.
    rectifiers : list of Rectifier
        Simplest first.
    values : list of array (cell, parameter)
        The fitted parameters of each rectifier.
    explained : list of array (cell,)
        The fraction of deviance that each explains.
    delta_aic : array (cell, rectifier)
    candidates : bool array (cell, rectifier)
        Of which the criterion means something.
    verdicts : Verdicts
    doubtful : bool array (cell,)
        Where another kind is not told from the verdict.
    resembles : Selection
        Without the mechanistic reference.
    undetermined : bool array (cell,)
    bits : list of array (cell,)
        Held-out information per spike.
    cut : Cut or None
        Noise SDs from rest to threshold that part cells nearer half-squared from others.
    """

    responses: xr.Dataset
    counts: Counts
    likelihood: Likelihood
    cells: AnyArray
    rectifiers: list[Rectifier]
    values: list[Array]
    explained: list[Array]
    delta_aic: Array
    candidates: Flags
    verdicts: Verdicts
    doubtful: Flags
    resembles: Selection
    undetermined: Flags
    bits: list[Array]
    cut: Cut | None

    @cached_property
    def measured(self) -> tuple[Array, Array]:
        """Rates and their standard errors, Hz; (cell, condition) each."""
        rate = self.likelihood.measured(self.counts)
        return rate, self.standard_error(rate)

    def standard_error(self, rate: Array) -> Array:
        """Of a rate of each condition, Hz, by the likelihood; (cell, condition)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            information = self.likelihood.expected(rate, self.counts)
            return np.where(rate > 0, 1 / np.sqrt(information), 0.0)

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.rectifiers]

    def rate(self, k: int, x: Array, cell: int) -> Array:
        """Fitted rate (Hz) of a rectifier and a cell, by their indices, at drives x."""
        each = self.rectifiers[k]
        return each.rate(x, **dict(zip(each.parameter_names, self.values[k][cell], strict=True)))

    def drawable(self) -> list[int]:
        """Indices of the rectifiers that are functions of the drive alone."""
        return [k for k, each in enumerate(self.rectifiers) if not each.regressors]


def colours(names: list[str]) -> dict[str, str]:
    """One colour per rectifier: the standard ones keep theirs, others have what is left."""
    taken = {CONSTANT.name: "0.6"} | dict(zip(RECTIFIERS.standard, PALETTE, strict=False))
    left = [c for c in PALETTE if c not in (taken[name] for name in names if name in taken)]
    others = [name for name in names if name not in taken]
    for k, name in enumerate(others):
        taken[name] = left[k % len(left)] if left else PALETTE[k % len(PALETTE)]
    return {name: taken[name] for name in names}


def opposite_pair(drawn: Drawn) -> tuple[int, int] | None:
    """The ON cell (phase 0) and OFF partner that half-squaring describes best, if there are such.

    Where no cell has phase 0, any opposite pair will do. Best is the largest sum of the fractions
    of deviance that the two half-squared fits explain; without those fits there is no pair.
    """
    labels = drawn.responses.coords
    known = "preferred_phase" in labels and "quadrature_set" in labels
    if not known or HALF_SQUARED not in drawn.names:
        return None
    phase, sets = labels["preferred_phase"].values, labels["quadrature_set"].values
    explained = drawn.explained[drawn.names.index(HALF_SQUARED)]
    pairs = [
        (float(explained[on] + explained[off]), int(on), int(off))
        for on in np.flatnonzero(phase == 0 if (phase == 0).any() else phase < 180)
        for off in np.flatnonzero((sets == sets[on]) & (phase == phase[on] + 180))
    ]
    return max(pairs)[1:] if pairs else None


def representative_cells(drawn: Drawn, number: int = 3) -> list[int]:
    """Cells that resemble different rectifiers, as far as there are, then those that spike most."""
    spikes, which = drawn.counts.spikes.sum(1), drawn.resembles.chosen
    won = cells_of_each(which, len(drawn.rectifiers))
    picked: list[int] = []
    for k in np.argsort(-won, kind="stable"):
        mine = np.flatnonzero(which == k)
        if mine.size:  # the cell of median activity stands for its kind
            picked.append(int(mine[np.argsort(spikes[mine], kind="stable")[mine.size // 2]]))
    rest = [int(c) for c in np.argsort(-spikes, kind="stable") if c not in picked]
    return (picked + rest)[: min(number, len(spikes))]


def cells_of_each(which: Indices, of: int) -> Indices:
    """How many cells have each index; -1 is none of them."""
    return np.bincount(which[which >= 0], minlength=of)
