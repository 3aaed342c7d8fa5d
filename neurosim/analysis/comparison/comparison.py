"""Rectifiers compared on the same responses: which one is each cell, and how sure is that?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from neurosim.analysis.comparison.drawn import Drawn
from neurosim.analysis.comparison.held_out import HeldOut
from neurosim.analysis.comparison.ranking import fits_of_one_likelihood, likelihood_ratios
from neurosim.analysis.comparison.selection import INDISTINGUISHABLE, Selection, simplest
from neurosim.analysis.fitting.criteria import above_best, akaike_weights
from neurosim.analysis.fitting.goodness import deviance, deviance_explained
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import AnyArray, Array, Flags, Indices, divided
from neurosim.base.errors import Faults
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
    """

    responses: xr.Dataset
    fits: list[Fit]
    scores: list[HeldOut]
    folds: int

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
    def delta_aicc(self) -> Array:
        """AICc above the cell's best; (cell, rectifier). Infinite for a rectifier that has too many
        parameters for the cell's conditions, NaN where every one has."""
        return above_best(np.stack([each.aicc for each in self.fits], axis=1))

    @cached_property
    def delta_bic(self) -> Array:
        """Schwarz's criterion above the cell's best; (cell, rectifier)."""
        return above_best(np.stack([each.bic for each in self.fits], axis=1))

    @cached_property
    def undetermined(self) -> Flags:
        """Cells that say nothing: no spikes, or too few conditions for any rectifier; (cell,)."""
        silent = self.fits[0].model.counts.spikes.sum(1) == 0
        undetermined: Flags = silent | np.isnan(self.delta_aicc).all(1)
        return undetermined

    @property
    def chosen(self) -> Indices:
        """Index of each cell's rectifier: the one with the fewest parameters among those within
        4 AICc units of the best (the better of equals); -1 where undetermined; (cell,)."""
        return self._selection.chosen

    @property
    def indistinguishable(self) -> Flags:
        """Cells in which a rectifier that is no limit or extension of the chosen one is also
        within 4 AICc units of the best; (cell,)."""
        return self._selection.rivalled

    @cached_property
    def resembles(self) -> Selection:
        """`chosen` and `indistinguishable` among the descriptive rectifiers alone, without the
        mechanistic reference: what the cell is called when it is called a rectifier."""
        descriptive = np.array([not each.mechanistic for each in self.rectifiers])
        among = descriptive if descriptive.any() else ~descriptive
        return simplest(self._candidates, self.rectifiers, among)

    @cached_property
    def _selection(self) -> Selection:
        return simplest(self._candidates, self.rectifiers)

    @property
    def _candidates(self) -> Array:
        return np.where(self.undetermined[:, None], np.inf, self.delta_aicc)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per cell and rectifier: parameters, errors, likelihoods, criteria, status."""
        import pandas as pd

        weights = akaike_weights(self.delta_aicc)
        rows, parameters = [], []
        for k, each in enumerate(self.fits):
            frame = each.to_dataframe()
            parameters += [c for c in frame.columns if _is_of_parameter(c)]
            frame.insert(2, "ConvNet twin", each.rectifier.convnet)
            frame["delta AICc"] = self.delta_aicc[:, k]
            frame["Akaike weight"] = weights[:, k]
            frame["delta BIC"] = self.delta_bic[:, k]
            frame["chosen"] = self.chosen == k
            if self.scores:
                frame = frame.assign(**_columns_of(self.scores[k]))
            rows.append(frame)
        table = pd.concat(rows).sort_values("cell", kind="stable").reset_index(drop=True)
        parameters = [c for c in table.columns if c in set(parameters)]
        rest = [c for c in table.columns if c not in (*parameters, "status")]
        return table[[*rest[:3], *parameters, *rest[3:], "status"]]

    @cached_property
    def likelihood_ratios(self) -> pd.DataFrame:
        """Likelihood-ratio tests of every nested pair in every cell (see `ranking`)."""
        return likelihood_ratios(self.fits)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per rectifier: its two names, the cells it describes, its held-out score, its
        deviance over the degrees of freedom (1 where likelihood and rectifier are right)."""
        import pandas as pd

        misfits = [deviance(each) for each in self.fits]
        columns: dict[str, object] = {
            "rectifier": [each.name for each in self.rectifiers],
            "ConvNet twin": [each.convnet for each in self.rectifiers],
            "parameters": [len(each.parameter_names) for each in self.rectifiers],
            "cells described best": self._number(self.chosen),
            "cells described best, reference aside": self._number(self.resembles.chosen),
            "cells with lowest AICc": (self.delta_aicc == 0).sum(0),
            "median delta AICc": [_median(each) for each in self.delta_aicc.T],
        }
        if self.scores:
            columns |= {
                "median held-out log-likelihood per spike (nats)": [
                    _median(score.per_spike) for score in self.scores
                ],
                "median held-out information per spike (bits)": [
                    _median(score.bits_per_spike) for score in self.scores
                ],
            }
        columns |= {
            "median deviance per degree of freedom": [
                _median(divided(each.value, each.degrees_of_freedom)) for each in misfits
            ],
            "cells not converged": [
                sum(status == "not-converged" for status in each.status) for each in self.fits
            ],
        }
        return pd.DataFrame(columns)

    def _number(self, which: Indices) -> Indices:
        return np.bincount(which[which >= 0], minlength=len(self.fits))

    def report(self) -> str:
        """What was found, in one sentence."""
        known = ~self.undetermined
        silent = f" ({(~known).sum()} more say nothing: no spikes or too few conditions)"
        aside = silent if not known.all() else ""
        if not known.any():
            return f"Of {_cells(len(known))}, none says anything: no spikes or too few conditions."
        found = (
            f"Of {_cells(int(known.sum()))}{aside}, {self._shares(self.chosen)}"
            f"{self._doubt(self.indistinguishable[known])}"
        )
        kinds = {each.mechanistic for each in self.rectifiers}
        if kinds == {True, False} and any(
            self.rectifiers[k].mechanistic for k in self.chosen[known]
        ):
            which, unsure = self.resembles
            found += (
                f"; with the mechanistic reference set aside, {self._shares(which)}"
                f"{self._doubt(unsure[known])}"
            )
        return f"{found}, by the simplest rectifier within {INDISTINGUISHABLE:g} AICc of the best."

    def _shares(self, which: Indices) -> str:
        won = self._number(which)
        order = [k for k in np.argsort(-won, kind="stable") if won[k]]
        names = [self.rectifiers[k].name for k in order]
        parts = [f"{won[k]} best described as {n}" for k, n in zip(order[:1], names, strict=False)]
        return ", ".join(
            parts + [f"{won[k]} as {n}" for k, n in zip(order[1:], names[1:], strict=True)]
        )

    def _doubt(self, unsure: Flags) -> str:
        if len(self.fits) == 1:
            return " (nothing was compared)"
        if unsure.all():
            return " (another kind is indistinguishable in every one)"
        return f" (another kind is indistinguishable in {unsure.sum() or 'none'})"

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
        bits = [score.bits_per_spike for score in self.scores]
        return Drawn(
            responses=self.responses,
            counts=self.fits[0].model.counts,
            likelihood=self.fits[0].model.likelihood,
            cells=self.fits[0].cells,
            rectifiers=self.rectifiers,
            values=[each.values for each in self.fits],
            explained=[deviance_explained(each) for each in self.fits],
            delta_aicc=self.delta_aicc,
            selected=self._selection,
            resembles=self.resembles,
            undetermined=self.undetermined,
            bits=np.stack(bits, axis=1) if bits else None,
        )

    def __repr__(self) -> str:
        names = ", ".join(each.name for each in self.rectifiers)
        return f"<Comparison of {names} on {_cells(len(self.chosen))}>\n{self.report()}"


def _cells(number: int) -> str:
    return f"{number} cell" + "s" * (number != 1)


def _median(values: Array) -> float:
    kept = values[np.isfinite(values)]
    return float(np.median(kept)) if kept.size else float("nan")


def _is_of_parameter(column: str) -> bool:
    """Whether a column of a fit's table is a parameter's: it ends in a unit in parentheses."""
    return column.endswith(")") and "log-likelihood" not in column


def _columns_of(score: HeldOut) -> dict[str, AnyArray]:
    return {
        "held-out log-likelihood per spike (nats)": score.per_spike,
        "held-out standard error (nats)": score.standard_error,
        "held-out information per spike (bits)": score.bits_per_spike,
        "held-out log-likelihood at maximum (nats)": score.log_likelihood_at_maximum,
        "held-out impossible conditions": score.impossible,
    }
