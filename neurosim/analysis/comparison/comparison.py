"""Rectifiers compared on the same responses: which one is each cell, and how sure is that?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from neurosim.analysis.comparison.deciding import (
    Cut,
    effective_parameters,
    membrane,
    squared_cut,
)
from neurosim.analysis.comparison.drawn import Drawn
from neurosim.analysis.comparison.evidence import LEVEL, told_apart_p
from neurosim.analysis.comparison.findings import (
    Findings,
    explained_share,
    goodness_of,
    scatter_told,
)
from neurosim.analysis.comparison.held_out import HeldOut
from neurosim.analysis.comparison.opposite import opposed, turned
from neurosim.analysis.comparison.population import Population, population_of
from neurosim.analysis.comparison.ranking import fits_of_one_likelihood, likelihood_ratios
from neurosim.analysis.comparison.saved import Parts, packed_comparison, unpacked_comparison
from neurosim.analysis.comparison.selection import Selection, above_best, descriptive, simplest
from neurosim.analysis.comparison.standing import reasons_aside, undetermined_cells
from neurosim.analysis.comparison.tables import comparison_summary, comparison_table
from neurosim.analysis.comparison.verdicts import Verdicts, judged, kinds_of
from neurosim.analysis.comparison.words import cells_said, headline, paragraph, report, summed_up
from neurosim.analysis.fitting.goodness import deviance_explained
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.base.errors import Faults
from neurosim.data.response_files import load_responses, save_responses
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several rectifiers fitted to the same cells.

    Attributes
    ----------
    responses : Dataset
    fits : list of Fit
        One per rectifier, simplest first.
    scores : list of HeldOut
        In the same order.
    folds : int
        Held-out folds, by condition.
    opposite : Comparison, optional
        Of the other sign of the drive, on the cells that nothing describes on this one.
    """

    responses: xr.Dataset
    fits: list[Fit]
    scores: list[HeldOut]
    folds: int
    opposite: Comparison | None = None

    def __post_init__(self) -> None:
        fits = fits_of_one_likelihood("Comparison", self.fits)
        faults = Faults("Comparison")
        faults.kind("responses", self.responses, xr.Dataset, "a Dataset")
        scores = faults.several("scores", self.scores, "a list of HeldOut")
        for each in scores:
            faults.kind("each of scores", each, HeldOut, "a HeldOut")
        scored = faults.found or len(scores) in (0, len(fits))
        faults.require(scored, f"{len(fits)} held-out scores, or none", len(scores))
        folds = faults.whole("folds", self.folds, 0)
        faults.stop()
        for name, value in (("fits", fits), ("scores", scores), ("folds", folds)):
            object.__setattr__(self, name, value)

    @property
    def rectifiers(self) -> list[Rectifier]:
        return [each.rectifier for each in self.fits]

    @cached_property
    def aside(self) -> AnyArray:
        """Why a rectifier is no candidate for a cell's name, as text; "" for candidates;
        (cell, rectifier)."""
        return reasons_aside(self.fits)

    @property
    def candidates(self) -> Flags:
        """(cell, rectifier)"""
        candidates: Flags = (self.aside == "") & ~self.undetermined[:, None]
        return candidates

    @cached_property
    def delta_aic(self) -> Array:
        """AIC above the best candidate's; (cell, rectifier)."""
        return above_best([each.aic for each in self.fits], self.aside == "")

    @cached_property
    def delta_bic(self) -> Array:
        """Schwarz's criterion above the best candidate's; (cell, rectifier)."""
        return above_best([each.bic for each in self.fits], self.aside == "")

    @cached_property
    def silent(self) -> Flags:
        """Cells without a spike; (cell,)."""
        silent: Flags = self.fits[0].model.counts.spikes.sum(1) == 0
        return silent

    @cached_property
    def undetermined(self) -> Flags:
        """Cells that say nothing: no spikes, or too few conditions for any rectifier; (cell,)."""
        return undetermined_cells(self.aside, self.rectifiers, self.silent)

    @property
    def chosen(self) -> Indices:
        """Index of each cell's rectifier: the one with the fewest parameters among the candidates
        within 4 AIC units of the best (the better of equals); -1 where undetermined; (cell,)."""
        return self._selection.chosen

    @cached_property
    def goodness(self) -> Array:
        """p of each candidate's deviance, if it is right; NaN for others; (cell, rectifier). By a
        parametric bootstrap for the chosen one where few spikes are expected."""
        return goodness_of(self.fits, self.chosen, self.delta_aic, self.candidates)

    @cached_property
    def verdicts(self) -> Verdicts:
        """What each cell is called, and why where it is no rectifier; see `verdict`."""
        told = scatter_told(self.fits, self.goodness, self.candidates)
        seen = (self.chosen, self.delta_aic, self.goodness, self.candidates)
        found = judged(*seen, self.rectifiers, self.silent, told)
        if self.opposite is None:
            return found
        return opposed(found, self.fits, self.opposite.verdicts, self.opposite.fits)

    @property
    def verdict(self) -> AnyArray:
        """What each cell is called: a rectifier ("half-wave of -x" for the other sign of the
        drive), "constant rate", "none" (nothing in the list describes it, at the 1 % level), or
        "undetermined" (no spikes, too few conditions, scatter unknown); (cell,)."""
        return self.verdicts.names

    @property
    def kinds(self) -> AnyArray:
        """Kind of each cell's verdict ("corner", "soft corner", "power", ...; see
        `Rectifier.kind`); the verdict itself where that is no rectifier of the drive; (cell,)."""
        return kinds_of(self.verdicts, self.rectifiers)

    @cached_property
    def told_apart_p(self) -> Array:
        """p of each candidate being right in spite of the verdict's higher likelihood;
        (cell, rectifier)."""
        values = np.stack([each.log_likelihood for each in self.fits], axis=1)
        return told_apart_p(values, self.verdicts.which, self.rectifiers, self.candidates)

    @property
    def not_told_apart(self) -> Flags:
        """Candidates that the data do not tell from the verdict at the 1 % level, itself among
        them; (cell, rectifier)."""
        return self.told_apart_p >= LEVEL  # NaN is not

    @property
    def indistinguishable(self) -> Flags:
        """Cells in which a rectifier that is no limit or extension of the verdict is not told from
        it; (cell,)."""
        indistinguishable: Flags = np.any(self.findings.rivals, axis=1)
        return indistinguishable

    @cached_property
    def resembles(self) -> Selection:
        """`chosen` among the descriptive rectifiers alone, without the mechanistic reference, and
        whether one that is no limit or extension of it is within 4 AIC units too: what the cell is
        called when it is called a rectifier."""
        return simplest(self._candidates, self.rectifiers, descriptive(self.rectifiers))

    @cached_property
    def _selection(self) -> Selection:
        return simplest(self._candidates, self.rectifiers)

    @property
    def _candidates(self) -> Array:
        return np.where(self.candidates, self.delta_aic, np.inf)

    @cached_property
    def findings(self) -> Findings:
        """What tables and words are made of, as arrays."""
        return Findings(
            fits=self.fits,
            scores=self.scores,
            delta_aic=self.delta_aic,
            delta_bic=self.delta_bic,
            aside=self.aside,
            chosen=self.chosen,
            resembles=self.resembles,
            verdicts=self.verdicts,
            goodness=self.goodness,
            not_told_apart=self.not_told_apart,
            explained=self.explained,
            folds=self.folds,
            opposite=None if self.opposite is None else self.opposite.fits,
        )

    @cached_property
    def explained(self) -> Array:
        """Share of the explainable variance of each cell's rates that the verdict's rectifier
        explains (fitted to the same trials); NaN where none is named or trials are single;
        (cell,)."""
        return explained_share(self.fits, self.verdicts.which)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per cell and rectifier: parameters, errors, likelihoods, criteria, goodness of
        fit, verdict, status. Intervals are those of rectifiers within 10 AIC units of the cell's
        best; ``fits[k].intervals`` has all."""
        return comparison_table(self.findings)

    @cached_property
    def likelihood_ratios(self) -> pd.DataFrame:
        """Likelihood-ratio tests of every nested pair in every cell (see `ranking`)."""
        return likelihood_ratios(self.fits)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per rectifier: its two names, its kind, the cells it describes, its held-out
        score, its deviance over the degrees of freedom (1 where likelihood and rectifier are
        right)."""
        return comparison_summary(self.findings)

    @cached_property
    def cut(self) -> Cut | None:
        """Of simulated cells: how many noise SDs from rest to threshold part those nearer
        half-squared (above) from those nearer a thresholded half-wave; None where none do."""
        return squared_cut(self.fits, membrane(self.responses))

    @cached_property
    def effective(self) -> pd.DataFrame:
        """Of simulated cells: the effective threshold and noise of a mechanistic rectifier, with
        95 % intervals, beside the membrane's own; a row per cell and parameter, in units of the
        drive. Empty where the membrane is not known."""
        return effective_parameters(self.fits, membrane(self.responses))

    @property
    def headline(self) -> str:
        """What decides the rectifier, in numbers, and what plain ReLU costs; "" if unknown."""
        return headline(self.findings, self.cut, self.effective)

    def population(self) -> Population:
        """Shares of kinds among the cells, with their uncertainty: more than a vote."""
        return population_of(self.findings)

    def report(self) -> str:
        """What was found: per cell where there are few, per kind where there are many, then one
        paragraph that says how."""
        return report(self.findings)

    @property
    def paragraph(self) -> str:
        """How it was found, to paste into a paper."""
        return paragraph(self.findings)

    def plot(
        self, frames: xr.DataArray | None = None, kernels: xr.DataArray | None = None
    ) -> Figure:
        """Rates against drive with every rectifier, and the comparison over cells.

        Parameters
        ----------
        frames : DataArray (stimulus, y, x), optional
            The stimuli, for a row of pictures.
        kernels : DataArray (cell, y, x), optional
            The receptive fields, for the same row.
        """
        from neurosim.analysis.comparison.figure import comparison_figure

        return comparison_figure(self.drawn, frames, kernels)

    @property
    def drawn(self) -> Drawn:
        """What `plot` draws, as arrays."""
        return Drawn(
            responses=self.responses,
            counts=self.fits[0].model.counts,
            likelihood=self.fits[0].model.likelihood,
            cells=self.fits[0].cells,
            rectifiers=self.rectifiers,
            values=[each.values for each in self.fits],
            explained=[deviance_explained(each) for each in self.fits],
            delta_aic=self.delta_aic,
            candidates=self.candidates,
            verdicts=self.verdicts,
            doubtful=self.indistinguishable,
            resembles=self.resembles,
            undetermined=self.undetermined,
            bits=[score.bits_per_spike for score in self.scores],
            cut=self.cut,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write responses and fits to a NetCDF file or a Zarr store, see `save_responses`.

        Examples
        --------
        >>> import tempfile
        >>> from neurosim import compare, responses_from_counts
        >>> found = compare(responses_from_counts([-1, 0, 1], [[1], [2], [9]], 1.0), "ReLU")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found.save(f"{folder}/found.nc")
        ...     Comparison.load(f"{folder}/found.nc").verdict.tolist() == found.verdict.tolist()
        True
        """
        other = None if self.opposite is None else (self.opposite.responses, self.opposite.fits)
        parts = Parts(self.responses, self.fits, self.scores, self.folds, other)
        save_responses(packed_comparison(parts), path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], rectifiers: Iterable[Rectifier] = ()) -> Comparison:
        """Read what `save` wrote; nothing is fitted again.

        Parameters
        ----------
        path : path
        rectifiers : Rectifiers, optional
            Of your own, where some were compared.

        Raises
        ------
        InputError
            When it cannot be read, holds no comparison, or a rectifier is not known here.
        """
        found = unpacked_comparison(load_responses(path), rectifiers, turned, path)
        other = None if found.opposite is None else cls(*found.opposite, [], 0)
        return cls(*found[:4], other)

    def __repr__(self) -> str:
        names = ", ".join(each.name for each in self.rectifiers)
        return (
            f"<Comparison of {names} on {cells_said(len(self.chosen))}>\n{summed_up(self.findings)}"
        )
