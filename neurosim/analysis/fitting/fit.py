"""Fitting a rectifier to responses: maximum likelihood, with what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from neurosim.analysis.fitting.identifiability import informed, statuses
from neurosim.analysis.fitting.likelihoods import AUTO, Likelihood, likelihood_of
from neurosim.analysis.fitting.likelihoods.by_scatter import warn_of_scatter
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.optimum import Optimum, best_parameters, rate_model
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import AnyArray, Array, Indices, in_parts
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_number
from neurosim.data.beside import REGRESSORS
from neurosim.data.counts import Counts, Reduction, reduced
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["fit", "fit_counts", "fit_reduced"]

_MIN_CONDITIONS = 2
_ADDED = {"quadrature": "; with_quadrature adds it for sets of Gabor cells"}
_TURNS = 30  # of rates and the likelihood's own parameters, at the most
_SETTLED = 1e-7  # nats that a turn gains when both are at their best


def fit(
    rectifier: Rectifier | str,
    responses: xr.Dataset,
    likelihood: str | type[Likelihood] = AUTO,
    fixed: Mapping[str, float] | None = None,
) -> Fit:
    """Fit a rectifier to each cell of responses by maximum likelihood.

    Parameters
    ----------
    rectifier : Rectifier or str
        By either of its names.
    responses : Dataset
        See `neurosim.data.responses`.
    likelihood : str
        How counts scatter. By default ("auto") the trials decide for each cell between "Poisson",
        "negative binomial" (variance above the mean) and "under-dispersed" counts, by the scatter
        within conditions at the 20 % level; each of these, or another `Likelihood` of counts, may
        be asked for. `fit_rates` takes rates.
    fixed : mapping of name to number, optional
        Parameters that are not estimated.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        For an unknown rectifier or likelihood, responses that are not what they should be or that
        the likelihood cannot be of, or a cell with fewer than two conditions.

    Examples
    --------
    >>> from neurosim import responses_from_counts
    >>> drive = [-1, -0.5, 0, 0.5, 1]
    >>> count = [[1, 0], [0, 1], [1, 1], [5, 7], [11, 10]]
    >>> fit("ReLU", responses_from_counts(drive, count, duration=1.0))
    half-wave (ReLU), 1 of 1 cells ok
      cell 0: r0 0.6722 [0.209, 1.55] Hz, gain 10.09 [6.6, 14.4] Hz; ok
    """
    found = fit_reduced(named_rectifier(rectifier), reduced(responses), likelihood, fixed)
    warn_of_scatter("fit", found.model.likelihood, found.model.counts)
    return found


def fit_reduced(
    rectifier: Rectifier,
    data: Reduction,
    likelihood: str | type[Likelihood] = AUTO,
    fixed: Mapping[str, float] | None = None,
) -> Fit:
    """`fit` for responses that are checked and reduced already (see there)."""
    counts, labels = data.counts, data.cells
    faults = Faults("fit")
    begun = likelihood_of(likelihood, counts, faults)
    few = labels[counts.conditions < _MIN_CONDITIONS]
    faults.require(
        few.size == 0,
        "at least 2 conditions with data in every cell",
        f"fewer in cell {', '.join(map(str, few[:5]))}",
    )
    faults.stop()
    return fit_counts(rectifier, counts, labels, data.drive_unit, None, begun, fixed)


def fit_counts(
    rectifier: Rectifier,
    counts: Counts,
    cells: AnyArray | None = None,
    drive_unit: str = "1",
    start: Array | None = None,
    likelihood: Likelihood | None = None,
    fixed: Mapping[str, float] | None = None,
    settled: float = _SETTLED,
) -> Fit:
    """`fit` for counts, under a likelihood from where it begins.

    The likelihood's own parameters, if it has any, and the rectifier's are estimated in turn.

    Parameters
    ----------
    rectifier : Rectifier
    counts : Counts
    cells : array (cell,), optional
        Labels.
    drive_unit : str
    start : array (cell, parameter), optional
        Parameters near the optimum.
    likelihood : Likelihood, optional
        As `Likelihood.begin` gives it; default Poisson.
    fixed : mapping of name to number, optional
        Parameters that are not estimated.
    settled : float
        nats that a turn of rates and the likelihood's own parameters gains when it is the last.
    """
    cells = np.arange(len(counts.x)) if cells is None else cells
    held = _checked(rectifier, counts, fixed)
    likelihood = Poisson() if likelihood is None else likelihood
    parts = likelihood.parts(counts)
    each = []
    for rows, part in parts:
        for some in in_parts(len(rows), counts.width if part.divisible else 0):
            of, own = rows[some], part.take(some) if some.size < len(rows) else part
            taken = counts if of.size == len(counts.x) else counts.take(of)
            begun = None if start is None else start[of]
            found = _alternately(rectifier, taken, cells[of], drive_unit, begun, own, held, settled)
            each.append((of, found))
    alone = len(each) == 1 and parts[0][1] is likelihood
    return each[0][1] if alone else _joined(each, counts, likelihood)


def _alternately(
    rectifier: Rectifier,
    counts: Counts,
    cells: AnyArray,
    drive_unit: str,
    start: Array | None,
    likelihood: Likelihood,
    held: dict[str, float],
    settled: float,
) -> Fit:
    """The rectifier's parameters and the likelihood's own in turn, until nothing is gained."""
    few = len(rectifier.parameters) < 2  # shapes: they are searched as fast as they are climbed
    model = rate_model(rectifier, counts, likelihood, held)
    best = best_parameters(model, start, search=few)
    before, active = np.full(len(cells), -np.inf), np.arange(len(cells))
    for turn in range(_TURNS if likelihood.parameters else 0):
        rates = np.maximum(model.plain.rate(best.values), 0.0)
        likelihood = likelihood.estimated(rates, counts)
        model = replace(model, likelihood=likelihood)
        best.log_likelihood[:] = likelihood.terms(rates, counts).sum(-1)
        # by how counts scatter the highest of several maxima may become another, but once
        search = few and turn == 0
        again = best_parameters(model.take(active), best.values[active], search)
        for kept, new in zip(best[:4], again[:4], strict=True):
            kept[active] = new
        reached = best.log_likelihood + likelihood.constant(counts).sum(-1)
        with np.errstate(invalid="ignore"):
            active = np.flatnonzero(np.abs(reached - before) >= settled)
        before = reached
        if active.size == 0:
            break
    return _as_fit(model, best, cells, drive_unit, len(held))


def _joined(each: list[tuple[Indices, Fit]], counts: Counts, likelihood: Likelihood) -> Fit:
    """Fits of some rows each, put together in the rows' order."""
    order = np.argsort(np.concatenate([rows for rows, _ in each]), kind="stable")
    fits = [found for _, found in each]
    models = [found.model for found in fits]
    whole = likelihood.put_together([(rows, found.model.likelihood) for rows, found in each])
    model = replace(
        models[0],
        counts=counts,
        likelihood=whole,
        low=np.concatenate([one.low for one in models])[order],
        high=np.concatenate([one.high for one in models])[order],
        scale=np.concatenate([one.scale for one in models])[order],
    )
    said = [status for found in fits for status in found.status]
    return replace(
        fits[0],
        cells=np.concatenate([found.cells for found in fits])[order],
        values=np.concatenate([found.values for found in fits])[order],
        standard_errors=np.concatenate([found.standard_errors for found in fits])[order],
        at_bound=np.concatenate([found.at_bound for found in fits])[order],
        log_likelihood=np.concatenate([found.log_likelihood for found in fits])[order],
        status=[said[row] for row in order],
        scatter=whole.scatter,
        model=model,
    )


def _as_fit(model: RateModel, best: Optimum, cells: AnyArray, drive_unit: str, fixed: int) -> Fit:
    """A fit of the parameters at their best, of which some are fixed."""
    held, names = model.high <= model.low, model.rectifier.parameter_names
    at_bound = best.at_bound & ~held
    found = informed(model, best.values, ~at_bound & ~held)
    constant = model.likelihood.constant(model.counts).sum(-1)
    return Fit(
        rectifier=model.rectifier,
        cells=cells,
        values=best.values,
        standard_errors=found.standard_errors,
        at_bound=at_bound,
        log_likelihood=best.log_likelihood + constant,
        status=statuses(names, best.converged, at_bound, found.identified),
        drive_unit=drive_unit,
        free_of_rate=len(names) - fixed,
        scatter=model.likelihood.scatter if model.likelihood.parameters else None,
        model=model,
    )


def _checked(
    rectifier: Rectifier, counts: Counts, fixed: Mapping[str, float] | None
) -> dict[str, float]:
    """The parameters that are fixed; refused with responses that lack what the rectifier needs."""
    faults = Faults(rectifier.name)
    held = faults.mapping("fixed", fixed)
    for name in rectifier.regressors:
        faults.require(
            name in counts.regressors,
            f"{REGRESSORS[name]} (stimulus, cell) in the responses",
            "none",
            f"it needs the {name} of every condition{_ADDED.get(name, '')}",
        )
    for name, value in held.items():
        known = faults.require(
            name in rectifier.parameter_names,
            f"fixed parameters among {', '.join(rectifier.parameter_names)}",
            name,
        )
        if known:
            shape = rectifier.parameters.get(name)
            low, high = (0.0, np.inf) if shape is None else (shape.low, shape.high)
            inside = is_number(value) and low <= float(value) <= high and abs(float(value)) < np.inf
            faults.require(inside, f"{name} in [{low:g}, {high:g}]", value)
    faults.stop()
    return held
