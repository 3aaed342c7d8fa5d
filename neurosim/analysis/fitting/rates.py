"""Rectifiers fitted to rates: least squares, with errors that are known or estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods.gaussian import Gaussian
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.data.beside import REGRESSORS
from neurosim.data.cells import where_not_finite
from neurosim.data.counts import Counts
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["fit_rates"]

_SEARCHES = 4  # with errors nearer and nearer to the residuals
_ROUNDING = 1e-14  # of the largest rate, below which a residual is none


def fit_rates(
    rectifier: Rectifier | str,
    x: ArrayLike,
    rate: ArrayLike,
    error: ArrayLike | None = None,
    fixed: Mapping[str, float] | None = None,
    regressors: Mapping[str, ArrayLike] | None = None,
    drive_unit: str = "1",
) -> Fit:
    """Fit a rectifier to rates with Gaussian errors (weighted least squares).

    Spike counts have a likelihood of their own: `fit`.

    Parameters
    ----------
    rectifier : Rectifier or str
    x : array (condition,) or (cell, condition)
        Drive; of one dimension that of every cell.
    rate : array (condition,) or (cell, condition)
        Hz.
    error : float or array, optional
        Standard error of each rate, Hz. Default: one standard deviation for each cell, estimated
        from the residuals (it counts as a parameter).
    fixed : mapping of name to number, optional
    regressors : mapping of name to array, optional
        See `Rectifier.regressors`.
    drive_unit : str

    Returns
    -------
    Fit
        ``scatter`` is the estimated standard deviation of the rates, Hz (with n - k degrees of
        freedom); standard errors are with it. The likelihood is at the most likely one.

    Raises
    ------
    InputError
        Naming everything that cannot be.

    Examples
    --------
    >>> fitted = fit_rates("ReLU", [-1, 0, 1, 2], [1.1, 0.9, 11.2, 20.8])
    >>> fitted.values.round(2)
    array([[1.05, 9.93]])
    """
    rectifier = named_rectifier(rectifier)
    faults = Faults("fit_rates")
    drive, measured = (
        np.atleast_2d(faults.numbers(name, values)) for name, values in (("x", x), ("rate", rate))
    )
    beside, held = faults.mapping("regressors", regressors), faults.mapping("fixed", fixed)
    faults.kind("drive_unit", drive_unit, str, "text")
    faults.stop()
    if len(drive) == 1 and measured.ndim == 2 and drive.shape[1:] == measured.shape[1:]:
        drive = np.broadcast_to(drive, measured.shape)  # one axis for all cells
    same = drive.shape == measured.shape and drive.ndim == 2 and drive.size > 0
    faults.require(same, "as many rates as drives", f"{measured.shape} and {drive.shape}")
    faults.stop()
    for name, values in (("x", drive), ("rate", measured)):
        _require_finite(name, values, faults)
    unknown = [str(name) for name in beside if name not in REGRESSORS]
    faults.require(not unknown, f"regressors among {', '.join(REGRESSORS)}", unknown)
    given = {name: faults.numbers(name, values, drive.shape) for name, values in beside.items()}
    for name, values in given.items():
        _require_finite(name, values, faults)
    sd = faults.numbers("error", 1.0 if error is None else error, drive.shape).copy()
    faults.require((sd > 0).all() and np.isfinite(sd).all(), "errors > 0 Hz", sd.min(initial=1))
    conditions = drive.shape[1]
    free = len(rectifier.parameter_names) - len(held)
    enough = conditions > free or error is not None
    faults.require(enough, f"more than {free} conditions, or known errors", conditions)
    faults.stop()
    counts = Counts(drive, measured, np.ones(drive.shape), np.zeros(drive.shape), given)
    found = _searched(rectifier, counts, sd, drive_unit, held)
    if error is not None:
        return found
    rounding = conditions * (_ROUNDING * np.abs(measured).max(-1)) ** 2 + np.finfo(float).tiny
    squares = np.maximum(((measured - found.rates) ** 2).sum(-1), rounding)
    most_likely = np.sqrt(squares / conditions)
    likelihood = Gaussian(np.repeat(most_likely[:, None], conditions, axis=1))
    scatter = np.sqrt(squares / (conditions - free))
    return replace(
        found,
        standard_errors=found.standard_errors * scatter[:, None],
        log_likelihood=likelihood.log_likelihood(found.rates, counts),
        scatter=scatter,
        model=replace(found.model, likelihood=likelihood),
    )


def _require_finite(name: str, values: Array, faults: Faults) -> None:
    """Note values (cell, condition) that are NaN or infinite, with their places."""
    if not np.isfinite(values).all():
        told = where_not_finite(xr.DataArray(values, dims=("cell", "condition")))
        faults.require(False, f"finite {name}", told)


def _searched(
    rectifier: Rectifier, counts: Counts, sd: Array, drive_unit: str, held: dict[str, float]
) -> Fit:
    """The fit with errors `sd`, searched with errors as large as the residuals: far smaller ones
    leave nothing but the highest peak to climb from, and a factor moves no least-squares solution.
    """

    def misfit(rate: Array) -> float:
        return float(np.sqrt((((counts.spikes - rate) / sd) ** 2).mean()))

    factor = misfit(np.broadcast_to(counts.spikes.mean(-1, keepdims=True), sd.shape))
    best: Fit | None = None
    for _ in range(_SEARCHES):
        likelihood = Gaussian(sd * (factor if factor > 0 else 1.0))
        found = fit_counts(rectifier, counts, None, drive_unit, likelihood=likelihood, fixed=held)
        best = found if best is None or misfit(found.rates) < misfit(best.rates) else best
        smaller = misfit(best.rates)
        if not _ROUNDING < smaller < factor / 2:
            break
        factor = smaller
    assert best is not None  # it is searched once at least
    return fit_counts(
        rectifier,
        counts,
        None,
        drive_unit,
        start=best.values,
        likelihood=Gaussian(sd),
        fixed=held,
    )
