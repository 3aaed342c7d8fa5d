"""Comparing rectifiers on the same responses: which one is each cell, and how sure is that?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.analysis.comparison.held_out import HeldOut, folds_by_condition, held_out
from neurosim.analysis.comparison.ranking import require_one_likelihood
from neurosim.analysis.fitting.dispersion import Trials
from neurosim.analysis.fitting.fit import Fit, fit
from neurosim.analysis.fitting.likelihood import Counts, akaike_weights
from neurosim.base.errors import Faults
from neurosim.base.progress import progress_bar
from neurosim.data.responses import check_responses
from neurosim.models.rectifiers import RECTIFIERS, named_rectifier
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["INDISTINGUISHABLE", "Comparison", "compare"]

INDISTINGUISHABLE = 4.0
"""AICc units within which a rectifier counts as no worse than the best."""


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
        require_one_likelihood("Comparison", self.fits)

    @property
    def rectifiers(self) -> list[Rectifier]:
        return [each.rectifier for each in self.fits]

    @cached_property
    def delta_aicc(self) -> NDArray[np.float64]:
        """AICc above the cell's best; (cell, rectifier). Infinite for a rectifier that has too many
        parameters for the cell's conditions, NaN where every one has."""
        criterion = np.stack([each.aicc for each in self.fits], axis=1)
        best = criterion.min(1, keepdims=True)
        return np.where(np.isfinite(best), criterion - np.where(np.isfinite(best), best, 0), np.nan)

    @cached_property
    def delta_bic(self) -> NDArray[np.float64]:
        """Schwarz's criterion above the cell's best; (cell, rectifier)."""
        criterion = np.stack([each.bic for each in self.fits], axis=1)
        return criterion - criterion.min(1, keepdims=True)

    @cached_property
    def undetermined(self) -> NDArray[np.bool_]:
        """Cells that say nothing: no spikes, or too few conditions for any rectifier; (cell,)."""
        silent = Counts.from_responses(self.responses).spikes.sum(1) == 0
        return silent | np.isnan(self.delta_aicc).all(1)

    @cached_property
    def chosen(self) -> NDArray[np.int64]:
        """Index of each cell's rectifier: the one with the fewest parameters among those within
        4 AICc units of the best (the better of equals); -1 where undetermined; (cell,)."""
        return self._simplest(np.ones(len(self.fits), dtype=bool))[0]

    @cached_property
    def indistinguishable(self) -> NDArray[np.bool_]:
        """Cells in which a rectifier that is no limit or extension of the chosen one is also
        within 4 AICc units of the best; (cell,)."""
        return self._simplest(np.ones(len(self.fits), dtype=bool))[1]

    @cached_property
    def resembles(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """`chosen` and `indistinguishable` among the descriptive rectifiers alone, without the
        mechanistic reference: what the cell is called when it is called a rectifier."""
        descriptive = np.array([not each.mechanistic for each in self.rectifiers])
        return self._simplest(descriptive if descriptive.any() else ~descriptive)

    def _simplest(self, among: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The simplest adequate rectifier of each cell, and whether a rival is adequate too."""
        size = np.array([len(each.parameter_names) for each in self.rectifiers], dtype=float)
        delta = np.where(among & ~self.undetermined[:, None], self.delta_aicc, np.inf)
        best = delta.min(1, keepdims=True)
        delta = np.where(np.isfinite(best), delta - np.where(np.isfinite(best), best, 0), np.inf)
        near = delta <= INDISTINGUISHABLE
        tie = np.where(near, delta, 0.0) / (10 * INDISTINGUISHABLE)
        chosen = np.where(near.any(1), np.where(near, size + tie, np.inf).argmin(1), -1)
        rivals = np.array(
            [
                [not (a.is_nested_in(b) or b.is_nested_in(a)) for b in self.rectifiers]
                for a in self.rectifiers
            ]
        )
        return chosen, (rivals[chosen] & near).any(1)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per cell and rectifier: parameters, errors, likelihoods, criteria, status."""
        import pandas as pd

        weights = akaike_weights(self.delta_aicc)
        rows = []
        for k, (each, score) in enumerate(zip(self.fits, self.scores, strict=True)):
            frame = each.to_dataframe()
            frame.insert(2, "ConvNet twin", each.rectifier.convnet)
            frame["delta AICc"] = self.delta_aicc[:, k]
            frame["Akaike weight"] = weights[:, k]
            frame["delta BIC"] = self.delta_bic[:, k]
            frame["chosen"] = self.chosen == k
            frame["held-out log-likelihood per spike (nats)"] = score.per_spike
            frame["held-out standard error (nats)"] = score.standard_error
            frame["held-out information per spike (bits)"] = score.bits_per_spike
            frame["held-out log-likelihood at maximum (nats)"] = score.log_likelihood_at_maximum
            frame["held-out impossible conditions"] = score.impossible
            rows.append(frame)
        table = pd.concat(rows).sort_values("cell", kind="stable").reset_index(drop=True)
        parameters = [
            c
            for c in table.columns
            if c.endswith(")") and "likelihood" not in c and "information" not in c
        ]
        last = ["status"]
        first = [c for c in table.columns if c not in parameters + last]
        lead = first[:3]
        return table[[*lead, *parameters, *(c for c in first if c not in lead), *last]]

    @cached_property
    def likelihood_ratios(self) -> pd.DataFrame:
        """Likelihood-ratio tests of every nested pair in every cell.

        Twice the gain in log-likelihood against a chi-squared distribution with as many degrees of
        freedom as parameters more (Wilks 1938). Where the smaller model has a parameter of the
        larger one at its bound (a gain or a noise of 0) the p-value is too large, at most twofold.
        """
        import pandas as pd
        from scipy.stats import chi2

        rows = []
        for small in self.fits:
            for large in self.fits:
                more = large.free - small.free
                if more < 1 or not small.rectifier.is_nested_in(large.rectifier):
                    continue
                gained = np.maximum(2 * (large.log_likelihood - small.log_likelihood), 0.0)
                rows.append(
                    pd.DataFrame(
                        {
                            "cell": small.cells,
                            "rectifier": small.rectifier.name,
                            "within": large.rectifier.name,
                            "statistic": gained,
                            "degrees of freedom": more,
                            "p": chi2.sf(gained, more),
                        }
                    )
                )
        if not rows:
            return pd.DataFrame(
                columns=["cell", "rectifier", "within", "statistic", "degrees of freedom", "p"]
            )
        return pd.concat(rows).sort_values("cell", kind="stable").reset_index(drop=True)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per rectifier: its two names, the cells it describes, its held-out score."""
        import pandas as pd

        return pd.DataFrame(
            {
                "rectifier": [each.name for each in self.rectifiers],
                "ConvNet twin": [each.convnet for each in self.rectifiers],
                "parameters": [len(each.parameter_names) for each in self.rectifiers],
                "cells described best": self._number(self.chosen),
                "cells described best, reference aside": self._number(self.resembles[0]),
                "cells with lowest AICc": (self.delta_aicc == 0).sum(0),
                "median delta AICc": [_median(each) for each in self.delta_aicc.T],
                "median held-out log-likelihood per spike (nats)": [
                    _median(score.per_spike) for score in self.scores
                ],
                "median held-out information per spike (bits)": [
                    _median(score.bits_per_spike) for score in self.scores
                ],
                "cells not converged": [
                    sum(status == "not-converged" for status in each.status) for each in self.fits
                ],
            }
        )

    def _number(self, which: NDArray[np.int64]) -> NDArray[np.int64]:
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

    def _shares(self, which: NDArray[np.int64]) -> str:
        won = self._number(which)
        order = [k for k in np.argsort(-won, kind="stable") if won[k]]
        names = [self.rectifiers[k].name for k in order]
        parts = [f"{won[k]} best described as {n}" for k, n in zip(order[:1], names, strict=False)]
        return ", ".join(
            parts + [f"{won[k]} as {n}" for k, n in zip(order[1:], names[1:], strict=True)]
        )

    def _doubt(self, unsure: NDArray[np.bool_]) -> str:
        if len(self.fits) == 1:
            return " (nothing was compared)"
        if unsure.all():
            return " (another kind is indistinguishable in every one)"
        return f" (another kind is indistinguishable in {unsure.sum() or 'none'})"

    def plot(self, **options: Any) -> Figure:
        """Rates against drive with every rectifier, and the comparison over cells.

        Options are those of `neurosim.analysis.comparison.figure.comparison_figure`.
        """
        from neurosim.analysis.comparison.figure import comparison_figure

        return comparison_figure(self, **options)

    def __repr__(self) -> str:
        names = ", ".join(each.name for each in self.rectifiers)
        return f"<Comparison of {names} on {_cells(len(self.chosen))}>\n{self.report()}"


def _cells(number: int) -> str:
    return f"{number} cell" + "s" * (number != 1)


def _median(values: NDArray[np.float64]) -> float:
    kept = values[np.isfinite(values)]
    return float(np.median(kept)) if kept.size else float("nan")


def compare(
    responses: xr.Dataset,
    rectifiers: Iterable[Rectifier | str] | Rectifier | str | None = None,
    folds: int = 5,
    seed: int = 0,
    progress: bool = False,
    likelihood: str = "Poisson",
) -> Comparison:
    """Fit several rectifiers to the same responses and compare them.

    Parameters
    ----------
    responses : Dataset
        See `neurosim.data.responses`.
    rectifiers : Rectifier or str, or several, optional
        By either of their names. Default: the standard six (`Rectifier.standard`).
    folds : int
        Held-out folds, by stimulus condition.
    seed : int
        Shuffles the conditions into folds.
    progress : bool
        Show a bar on a terminal.
    likelihood : "Poisson" or "negative binomial"
        How counts scatter, of every fit and of the held-out scores. For rates there are `fit_rates`
        and `rank`.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        As for `fit`, and for fewer conditions than folds.

    Examples
    --------
    >>> from neurosim.data.responses import responses_from_counts
    >>> drive = [-1, -0.6, -0.2, 0.2, 0.6, 1]
    >>> count = [[0, 1], [1, 0], [1, 1], [9, 7], [24, 20], [33, 37]]
    >>> responses = responses_from_counts(drive, count, duration=1.0)
    >>> compare(responses, ["ReLU", "half-squared"], folds=3)
    <Comparison of half-wave, half-squared on 1 cell>
    Of 1 cell, 1 best described as half-wave (another kind is indistinguishable in none), by the
    simplest rectifier within 4 AICc of the best.
    """
    if isinstance(rectifiers, str | Rectifier):
        rectifiers = [rectifiers]
    chosen = [named_rectifier(r) for r in (_standard() if rectifiers is None else rectifiers)]
    responses = check_responses(responses)
    chosen = sorted(dict.fromkeys(chosen), key=lambda r: len(r.parameter_names))
    conditions = responses.sizes.get("stimulus", 0)
    faults = Faults("compare")
    faults.require(chosen, "at least one rectifier", "none")
    whole = folds == int(folds) and 2 <= folds <= conditions
    faults.require(whole, f"folds from 2 to {conditions} (conditions)", folds)
    faults.require(seed >= 0, "seed >= 0", seed)
    known = likelihood in ("Poisson", "negative binomial")
    faults.require(
        known,
        "likelihood 'Poisson' or 'negative binomial'",
        likelihood,
        "rates are fitted by fit_rates and compared by rank",
    )
    faults.stop()
    counts = Counts.from_responses(responses)
    trials = Trials.from_responses(responses) if likelihood == "negative binomial" else None
    fold = folds_by_condition(conditions, folds, seed)
    fits, scores = [], []
    with progress_bar("fitting", progress) as advance:
        for done, rectifier in enumerate(chosen):
            fits.append(fit(rectifier, responses, likelihood))
            scores.append(held_out(fits[-1], counts, fold, trials))
            advance((done + 1) / len(chosen))
    return Comparison(responses, fits, scores, folds)


def _standard() -> list[str]:
    """The rectifiers that are compared when none are named."""
    return [name for name, each in RECTIFIERS.items() if each.standard]
