"""Fitting several rectifiers to the same responses, and scoring them on what was held out."""

from __future__ import annotations

from collections.abc import Iterable

import xarray as xr

from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.comparison.held_out import folds_by_condition, held_out
from neurosim.analysis.fitting.fit import fit_reduced
from neurosim.analysis.fitting.likelihoods import Likelihood, likelihood_of
from neurosim.base.errors import Faults
from neurosim.base.progress import progress_bar
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import RECTIFIERS, named_rectifier
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["compare"]


def compare(
    responses: xr.Dataset,
    rectifiers: Iterable[Rectifier | str] | Rectifier | str | None = None,
    folds: int = 5,
    seed: int = 0,
    progress: bool = False,
    likelihood: str | type[Likelihood] = "Poisson",
) -> Comparison:
    """Fit several rectifiers to the same responses and compare them.

    Parameters
    ----------
    responses : Dataset
        See `neurosim.data.responses`.
    rectifiers : Rectifier or str, or several, optional
        By either of their names. Default: `RECTIFIERS.standard`.
    folds : int
        Held-out folds, by stimulus condition.
    seed : int
        Shuffles the conditions into folds.
    progress : bool
        Show a bar on a terminal.
    likelihood : str
        How counts scatter, of every fit and of the held-out scores: "Poisson", "negative binomial"
        or another `Likelihood` of counts. For rates there are `fit_rates` and `rank`.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        As for `fit`, and for fewer conditions than folds.

    Examples
    --------
    >>> from neurosim import responses_from_counts
    >>> drive = [-1, -0.6, -0.2, 0.2, 0.6, 1]
    >>> count = [[0, 1], [1, 0], [1, 1], [9, 7], [24, 20], [33, 37]]
    >>> responses = responses_from_counts(drive, count, duration=1.0)
    >>> compare(responses, ["ReLU", "half-squared"], folds=3)
    <Comparison of half-wave, half-squared on 1 cell>
    Of 1 cell, 1 best described as half-wave (another kind is indistinguishable in none), by the
    simplest rectifier within 4 AICc of the best.
    """
    faults = Faults("compare")
    named = RECTIFIERS.standard if rectifiers is None else rectifiers
    asked = faults.several("rectifiers", named, "names or Rectifiers", (str, Rectifier, type))
    progress = faults.flag("progress", progress)
    faults.stop()
    chosen = sorted(
        dict.fromkeys(map(named_rectifier, asked)), key=lambda r: len(r.parameter_names)
    )
    data = reduced(responses)
    conditions = data.counts.x.shape[1]
    faults.require(chosen, "at least one rectifier", "none")
    if faults.require(conditions >= 2, "at least 2 conditions", conditions):
        folds = faults.whole("folds", folds, 2, conditions)
    seed = faults.whole("seed", seed, 0)
    likelihood_of(likelihood, data.counts, faults)
    faults.stop()
    fold = folds_by_condition(conditions, folds, seed)
    fits, scores = [], []
    with progress_bar("fitting", progress) as advance:
        for done, rectifier in enumerate(chosen):
            fits.append(fit_reduced(rectifier, data, likelihood))
            scores.append(held_out(fits[-1], fold))
            advance((done + 1) / len(chosen))
    return Comparison(responses, fits, scores, folds)
