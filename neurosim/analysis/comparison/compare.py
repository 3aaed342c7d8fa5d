"""Fitting several rectifiers to the same responses, and scoring them on what was held out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.comparison.held_out import folds_by_condition, held_out
from neurosim.analysis.comparison.opposite import turned, worth_turning
from neurosim.analysis.fitting.fit import fit_reduced
from neurosim.analysis.fitting.likelihoods import AUTO, Likelihood, likelihood_of
from neurosim.analysis.fitting.likelihoods.by_scatter import warn_of_scatter
from neurosim.base.errors import Faults
from neurosim.base.progress import progress_bar
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import RECTIFIERS, named_rectifiers
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.constant import CONSTANT

__all__ = ["compare"]

_FOLDS = 5  # of held-out conditions, where none are said; fewer where there are fewer conditions


def compare(
    responses: xr.Dataset,
    rectifiers: Iterable[Rectifier | str] | Rectifier | str | None = None,
    folds: int | None = None,
    seed: int = 0,
    progress: bool = False,
    likelihood: str | type[Likelihood] = AUTO,
    fixed: Mapping[str, float] | None = None,
) -> Comparison:
    """Fit several rectifiers to the same responses and compare them.

    Parameters
    ----------
    responses : Dataset
        See `neurosim.data.responses`.
    rectifiers : Rectifier or str, or several, optional
        By either of their names. Default: `RECTIFIERS.standard`. A constant rate, the null, is
        always compared too.
    folds : int, optional
        Held-out folds, by stimulus condition. Default: 5, or as many as there are conditions.
    seed : int
        Shuffles the conditions into folds.
    progress : bool
        Show a bar on a terminal.
    likelihood : str
        How counts scatter, of every fit and of the held-out scores. By default ("auto") each cell's
        trials decide, see `fit`; or "Poisson", "negative binomial", "under-dispersed" or another
        `Likelihood` of counts. For rates there are `fit_rates` and `rank`.
    fixed : mapping of name to number, optional
        Parameters that are known (``{"r0": 0}``), in every rectifier that has them; the constant
        rate is free.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        As for `fit`, and for more folds than conditions, or a fixed parameter that none has.

    Examples
    --------
    >>> from neurosim import responses_from_counts
    >>> drive = [-1, -0.6, -0.2, 0.2, 0.6, 1]
    >>> count = [[0, 1], [1, 0], [1, 1], [9, 7], [24, 20], [33, 37]]
    >>> responses = responses_from_counts(drive, count, duration=1.0)
    >>> compare(responses, ["ReLU", "half-squared"])
    <Comparison of constant rate, half-wave, half-squared on 1 cell>
    Of 1 cell: half-wave 1; another is not told apart at the 1 % level in none.
    """
    faults = Faults("compare")
    given = RECTIFIERS.standard if rectifiers is None else rectifiers
    asked = faults.several("rectifiers", given, "names or Rectifiers", (str, Rectifier, type))
    progress = faults.flag("progress", progress)
    named = named_rectifiers(asked, faults)
    faults.require(named or faults.found, "at least one rectifier", "none")
    null = [] if any(each.name == CONSTANT.name for each in named) else [CONSTANT]
    chosen = sorted([*null, *named], key=lambda each: len(each.parameter_names))
    data = reduced(responses)
    shown = np.flatnonzero(data.counts.exposure.any(0))
    conditions, parts = shown.size, 2
    if faults.require(conditions >= 2, "at least 2 conditions", conditions):
        given_folds = min(_FOLDS, conditions) if folds is None else folds
        parts = faults.whole("folds", given_folds, 2, conditions)
    seed = faults.whole("seed", seed, 0)
    begun = likelihood_of(likelihood, data.counts, faults)
    held = faults.mapping("fixed", fixed)
    names = sorted({name for each in named for name in each.parameter_names})
    for name in held:
        faults.require(name in names, f"fixed parameters among {', '.join(names)}", name)
    faults.stop()
    assert begun is not None  # or it is a fault
    warn_of_scatter("compare", begun, data.counts)
    fold = np.full(data.counts.x.shape[1], -1)  # of what was put together with another
    fold[shown] = folds_by_condition(conditions, parts, seed)
    fits, scores = [], []
    with progress_bar("fitting", progress) as advance:
        for done, rectifier in enumerate(chosen):
            fits.append(fit_reduced(rectifier, data, likelihood, _of(rectifier, held)))
            scores.append(held_out(fits[-1], fold))
            advance((done + 1) / len(chosen))
    found = Comparison(responses, fits, scores, parts)
    rows = worth_turning(fits, found.verdicts)
    if rows.size == 0:
        return found
    other = turned(responses, rows)
    data = reduced(other)
    again = [fit_reduced(each, data, likelihood, _of(each, held)) for each in chosen]
    return replace(found, opposite=Comparison(other, again, [], 0))


def _of(rectifier: Rectifier, held: Mapping[str, float]) -> dict[str, float]:
    """Which of the fixed parameters a rectifier has; the null, a constant rate, has none."""
    if rectifier is CONSTANT:
        return {}
    return {name: value for name, value in held.items() if name in rectifier.parameter_names}
