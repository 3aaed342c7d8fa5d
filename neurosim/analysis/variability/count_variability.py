r"""Variability of counts: Fano factors, how variance grows with the mean, tests against Poisson.

For n trials of one condition with mean m and unbiased variance v, :math:`F = v/m`. Under Poisson
counts :math:`(n-1)F` is nearly :math:`\chi^2_{n-1}` (Fisher 1950, Biometrics 6:17; Eden & Kramer
2010, J Neurosci Methods 190:149); given the spikes N in all, its mean is n - 1 and its variance
:math:`2(n-1)(1 - 1/N)` exactly, which the test of a cell adds over conditions. The slope of
variance against mean through the origin, each condition weighted by (n - 1)/m^2, is the pooled
Fano factor; the power law :math:`v = k m^p` (Tolhurst et al. 1983, Vision Res 23:775) is fitted by
the gamma likelihood of variances, which takes variances of 0 as they are. With few trials of means
below 1 the Fano factor of counts more variable than Poisson is too low (1.82 for 2 with 5 trials).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import chi2
from scipy.stats import t as student

from neurosim.analysis.measures.bootstrap import check_level
from neurosim.analysis.measures.measures import (
    Estimate,
    Measure,
    Measures,
    Number,
    row_by_row,
    statuses,
)
from neurosim.base.arrays import AnyArray, Array, Flags, Indices, divided
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of
from neurosim.data.scatter import scatter_of

__all__ = ["count_variability", "fano_factor"]

_FANO = "variance over mean of the count over trials"
_POWER = "in variance = factor * mean^exponent, gamma likelihood; Tolhurst et al. 1983"
_DEFINITIONS = {
    "Fano factor": f"{_FANO}, conditions weighted by trials - 1 (slope of variance on mean)",
    "variance exponent": f"exponent {_POWER}",
    "variance factor": f"factor {_POWER}",
}
_CONDITIONS = 4  # of different means, for a power law: of three, its scatter has one freedom
_CLIMBS = 50  # steps of at most 1 in a logarithm: e^50 apart from the start


def fano_factor(responses: Any, level: float = 0.95) -> Measures:
    """The Fano factor of every condition.

    Variances have n - 1 degrees of freedom, so that the mean over conditions is not too low
    (Elephant's `fanofactor` and NumPy's `var` have n: theirs times n/(n - 1) is this).

    Parameters
    ----------
    responses : Dataset, or counts (stimulus, cell, trial) or (stimulus, trial)
    level : float

    Returns
    -------
    Measures
        "Fano factor" by cell and stimulus; beside it the mean count and the number of trials. The
        interval takes (n - 1) F / (its true value) as chi-squared: exact for normal counts, and
        good for counts near Poisson.

    Raises
    ------
    InputError
        When no condition has two trials.

    Examples
    --------
    >>> counts = np.array([3, 5, 4, 6, 2])
    >>> fano_factor(counts[None])["Fano factor"].value, counts.var() / counts.mean() * 5 / 4
    (array([0.625]), np.float64(0.625))
    """
    repeats, freedom = _checked(responses, level, "fano_factor")
    trials, free = repeats.trials.ravel(), freedom.ravel()
    mean, variance = np.nan_to_num(repeats.mean).ravel(), repeats.variance.ravel()
    value = np.where(free > 0, divided(variance, mean), np.nan)
    low, high = _chi_squared_interval(value, free.astype(float), level)
    status = statuses((trials < 2, "fewer than 2 trials"), (mean == 0, "no spikes"))
    more = {"mean count": repeats.mean.ravel(), "trials": trials}
    cells, stimuli = repeats.trials.shape
    rows = {"cell": np.repeat(repeats.cells, stimuli), "stimulus": np.tile(range(stimuli), cells)}
    definition = f"{_FANO}; interval: chi-squared with trials - 1 degrees of freedom"
    one = Measure("Fano factor", value, low, high, status, definition, level=level, more=more)
    return Measures("Fano factors", rows, {"Fano factor": one})


def count_variability(responses: Any, level: float = 0.95) -> Measures:
    """How variable the counts of every cell are, over all of its conditions.

    Parameters
    ----------
    responses : Dataset, or counts (stimulus, cell, trial) or (stimulus, trial)
    level : float

    Returns
    -------
    Measures
        "Fano factor" (pooled: the slope of variance against mean; beside it the two-sided p of the
        counts being Poisson), and "variance exponent" p and "variance factor" k of v = k m^p.

    Raises
    ------
    InputError
        When no condition has two trials.

    Examples
    --------
    >>> counts = np.random.default_rng(1).poisson([[1], [3], [9], [27], [50]], (5, 20))
    >>> found = count_variability(counts)
    >>> found["Fano factor"].value.round(2), found["variance exponent"].value.round(2)
    (array([0.87]), array([1.15]))
    """
    repeats, freedom = _checked(responses, level, "count_variability")
    means, variances = repeats.mean, repeats.variance
    scatter = scatter_of(repeats)
    poisson_p = np.minimum(1.0, 2 * np.minimum(scatter.more, scatter.less))

    def of_cell(c: int) -> dict[str, Number]:
        here = freedom[c] > 0
        if not here.any():
            return {}
        free = freedom[c, here].astype(float)
        mean, variance = means[c, here], variances[c, here]
        found: dict[str, Number] = {"Fano factor": _pooled(variance / mean, free, level)}
        found["Poisson p"] = float(poisson_p[c])
        if np.unique(mean).size >= _CONDITIONS and variance.any():
            exponent, factor = _power_law(mean, variance, free, level)
            found |= {"variance exponent": exponent, "variance factor": factor}
        return found

    found = row_by_row(len(repeats.cells), (*_DEFINITIONS, "Poisson p"), of_cell)
    return _as_measures(repeats.cells, found, freedom.sum(-1) > 0, level)


def _checked(responses: Any, level: float, subject: str) -> tuple[Repeats, Indices]:
    """Repeats, and n - 1 of the conditions that have two trials and a spike (else 0)."""
    repeats, data = repeats_of(responses, None, subject)
    faults = Faults(subject)
    level = check_level(faults, level)
    most = int(repeats.trials.max())
    faults.require(most >= 2, "at least 2 trials of a condition", most)
    expected = data["count"].attrs.get("expected", 0)
    faults.require(not expected, "counts of spikes", "expected counts", "engine='spikes'")
    faults.stop()
    counted = (repeats.trials > 1) & (repeats.spikes > 0)
    return repeats, np.where(counted, repeats.trials - 1, 0)


def _chi_squared_interval(value: Array, freedom: Array, level: float) -> tuple[Array, Array]:
    """Interval of a variance-like number with so many degrees of freedom; NaN with none."""
    known = np.where(freedom > 0, freedom, np.nan)
    tail = (1 - level) / 2
    with np.errstate(divide="ignore"):
        low = value * known / chi2.ppf(1 - tail, known)
        high = value * known / chi2.ppf(tail, known)
    return low, high


def _pooled(fano: Array, freedom: Array, level: float) -> tuple[float, float, float]:
    """Pooled Fano factor and its interval, widened where conditions scatter more than chi-squared.

    The degrees of freedom are those that the scatter between conditions leaves.
    """
    total = freedom.sum()
    value = (freedom * fano).sum() / total
    scatter = 1.0
    if fano.size > 2 and value > 0:
        relative = (freedom / 2 * (fano / value - 1) ** 2).sum() / (fano.size - 1)
        scatter = max(relative, 1.0)
    low, high = _chi_squared_interval(value, total / scatter, level)
    return float(value), float(low), float(high)


def _power_law(
    mean: Array, variance: Array, freedom: Array, level: float
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Exponent and factor of v = k m^p, each with its interval."""
    logs, weight = np.log(mean), freedom / 2
    centre = np.average(logs, weights=weight)
    design = np.stack([np.ones_like(logs), logs - centre], -1)
    beta = np.array([np.log(np.average(variance / mean, weights=weight)) + centre, 1.0])
    information = np.einsum("s,sk,sl->kl", weight, design, design)
    for _ in range(_CLIMBS):
        expected = np.exp(design @ beta)
        step = np.linalg.solve(information, design.T @ (weight * (variance / expected - 1)))
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    residual = variance / np.exp(design @ beta) - 1
    free = mean.size - 2
    scatter = float((weight * residual**2).sum() / free)
    covariance = np.linalg.inv(information) * scatter
    z = student.ppf(0.5 + level / 2, free)
    factor = beta[0] - beta[1] * centre
    error = np.sqrt(np.array([covariance[1, 1], covariance[0, 0] + centre**2 * covariance[1, 1]]))
    apart = np.array([0.0, -z, z])
    exponent, factor = beta[1] + apart * error[0], np.exp(factor + apart * error[1])
    return (exponent[0], exponent[1], exponent[2]), (factor[0], factor[1], factor[2])


def _as_measures(
    cells: AnyArray, found: dict[str, Estimate], counted: Flags, level: float
) -> Measures:
    """The three measures."""
    few = f"fewer than {_CONDITIONS} different means, or no variance"
    measures = {}
    for name, definition in _DEFINITIONS.items():
        status = statuses(
            (~counted, "no spikes in repeated conditions"),
            (np.isnan(found[name].value), few),
        )
        more = {"Poisson p": found["Poisson p"].value} if name == "Fano factor" else {}
        measures[name] = Measure(name, *found[name], status, definition, level=level, more=more)
    return Measures("Variability of counts", {"cell": cells}, measures)
