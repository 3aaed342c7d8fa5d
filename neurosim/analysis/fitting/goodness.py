"""How well a fit describes the responses, and what resampled trials would have given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import xlogy
from scipy.stats import chi2

from neurosim.analysis.fitting.fit import Fit, fit_counts
from neurosim.analysis.fitting.likelihood import Counts
from neurosim.base.errors import Faults, is_whole
from neurosim.data.responses import check_responses
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Deviance", "bootstrap_intervals", "deviance", "plot_fit"]

Array = NDArray[np.float64]


class Deviance(NamedTuple):
    """Of each cell, (cell,) each."""

    value: Array  # nats, twice what a rate of its own for every condition would gain
    degrees_of_freedom: Array
    p: Array  # of a deviance as large, if the rectifier is right


def deviance(fitted: Fit) -> Deviance:
    """Deviance of a Poisson fit against a rate of its own for every condition, and its p-value.

    .. math:: D = 2\\sum_i [n_i \\ln(n_i / \\mu_i) - (n_i - \\mu_i)]

    with n spikes where mu are expected, compared with a chi-squared distribution of as many degrees
    of freedom as conditions more than parameters. The comparison is rough where few spikes are
    expected, and counts more variable than Poisson make it large whatever the rectifier.

    Examples
    --------
    >>> from neurosim.analysis.comparison.recovery import poisson_responses
    >>> from neurosim import fit
    >>> made = poisson_responses("ReLU", {"r0": 5, "gain": 50}, np.linspace(-1, 1, 20), 10, 1.0, 1)
    >>> bool(deviance(fit("ReLU", made)).p[0] > 0.01)
    True
    """
    faults = Faults("deviance")
    poisson = fitted.model is not None and fitted.likelihood == "Poisson"
    faults.require(poisson, "a Poisson fit with its data", fitted.likelihood)
    faults.stop()
    assert fitted.model is not None
    counts = fitted.model.counts
    expected = replace(fitted.model, shifted=False).rate(fitted.values) * counts.exposure
    ratio = np.divide(counts.spikes, expected, out=np.ones(expected.shape), where=expected > 0)
    terms = xlogy(counts.spikes, ratio) - (counts.spikes - expected)
    value = 2 * np.where(counts.exposure > 0, terms, 0.0).sum(-1)
    freedom = np.asarray(counts.conditions - fitted.free, dtype=float)
    p = np.where(freedom > 0, chi2.sf(value, np.maximum(freedom, 1)), np.nan)
    return Deviance(value, freedom, p)


def bootstrap_intervals(
    rectifier: Rectifier | str,
    responses: xr.Dataset,
    resamples: int = 500,
    level: float = 0.95,
    seed: int = 0,
    fixed: Mapping[str, float] | None = None,
) -> tuple[Array, Array]:
    """Percentile intervals from trials resampled within each condition.

    They need no Poisson variability, but several trials of each condition, and a parameter at its
    bound leaves them too narrow.

    Parameters
    ----------
    rectifier : Rectifier or str
    responses : Dataset
    resamples : int
    level : float
    seed : int
    fixed : mapping of name to number, optional

    Returns
    -------
    low, high : ndarray (cell, parameter)

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    rectifier, responses = named_rectifier(rectifier), check_responses(responses)
    faults = Faults("bootstrap_intervals")
    faults.require(is_whole(resamples, 20), "resamples >= 20", resamples)
    faults.require(0 < level < 1, "level between 0 and 1", level)
    trials = responses["trials"].transpose("cell", "stimulus").values
    faults.require((trials[trials > 0] > 1).all(), "at least 2 trials of every condition", 1)
    faults.stop()
    counts = Counts.from_responses(responses)
    count = responses["count"].transpose("cell", "stimulus", "trial").values.astype(float)
    cells, conditions, most = count.shape
    random = np.random.default_rng(seed)
    drawn = random.random((resamples, cells, conditions, most)) * trials[..., None]
    picked = np.take_along_axis(count[None], drawn.astype(np.int64), axis=-1)
    spikes = np.where(np.arange(most) < trials[..., None], picked, 0.0).sum(-1)
    every = replace(
        counts.take(np.tile(np.arange(cells), resamples)), spikes=spikes.reshape(-1, conditions)
    )
    values = fit_counts(rectifier, every, fixed=fixed).values.reshape(resamples, cells, -1)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def plot_fit(fitted: Fit, cell: int = 0, simulations: int = 200, seed: int = 0) -> Figure:
    """Rates of one cell with the fitted curve, its 95 % band, and residuals.

    The band is pointwise, from refits of Poisson counts simulated from the fit (parametric
    bootstrap); residuals are in standard deviations of a Poisson count.
    """
    from neurosim.analysis.fitting.figure import fit_figure

    faults = Faults("plot_fit")
    kept = fitted.model is not None and fitted.likelihood != "Gaussian"
    faults.require(kept, "a fit of counts that keeps its data", fitted.likelihood)
    inside = is_whole(cell, 0) and cell < len(fitted.cells)
    faults.require(inside, f"cell from 0 to {len(fitted.cells) - 1}", cell)
    faults.require(
        not fitted.rectifier.regressors, "a rectifier of the drive alone", fitted.rectifier.name
    )
    faults.stop()
    assert fitted.model is not None
    counts = fitted.model.counts.take(np.array([cell]))
    shown = counts.exposure[0] > 0
    x = np.linspace(counts.x[0][shown].min(), counts.x[0][shown].max(), 201)
    many = counts.take(np.zeros(simulations, dtype=np.int64))
    expected = np.maximum(fitted.rate(counts.x[0], cell), 0.0) * many.exposure
    spikes = np.random.default_rng(seed).poisson(expected).astype(float)
    refits = fit_counts(fitted.rectifier, replace(many, spikes=spikes))
    curves = np.stack([refits.rate(x, k) for k in range(simulations)])
    return fit_figure(fitted, cell, counts, x, np.quantile(curves, [0.025, 0.975], axis=0))
