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
from numpy.typing import NDArray
from scipy.stats import chi2, gamma
from scipy.stats import t as student

from neurosim.analysis.measures.measures import Measure, Measures
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of

__all__ = ["count_variability", "fano_factor"]

Array = NDArray[np.float64]

_FANO = "variance over mean of the count over trials"
_CONDITIONS = 4  # fewest for a power law
_CLIMBS = 50


def fano_factor(responses: Any, level: float = 0.95) -> Measures:
    """The Fano factor of every condition.

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
    >>> fano_factor([[3, 5, 4, 6, 2]])["Fano factor"].value
    array([0.625])
    """
    repeats, freedom = _checked(responses, level, "fano_factor")
    mean, variance = np.nan_to_num(repeats.mean).ravel(), repeats.variance.ravel()
    trials, free = repeats.trials.ravel(), freedom.ravel()
    value = np.divide(variance, mean, out=np.full(mean.shape, np.nan), where=free > 0)
    low, high = _chi_squared_interval(value, free.astype(float), level)
    status = [
        "fewer than 2 trials" if n < 2 else "no spikes" if m == 0 else "ok"
        for n, m in zip(trials, mean, strict=True)
    ]
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
    cells = len(repeats.cells)
    used = freedom > 0
    numbers = {
        name: np.full((3, cells), np.nan)
        for name in ("Fano factor", "variance exponent", "variance factor")
    }
    p = np.full(cells, np.nan)
    for c in range(cells):
        here = used[c]
        if not here.any():
            continue
        free = freedom[c, here].astype(float)
        mean, variance = repeats.mean[c, here], repeats.variance[c, here]
        numbers["Fano factor"][:, c] = _pooled(variance / mean, free, level)
        p[c] = _poisson_p(variance / mean, free, repeats.count[c, here].sum(-1))
        if np.unique(mean).size >= _CONDITIONS and variance.any():
            power = _power_law(mean, variance, free, level)
            numbers["variance exponent"][:, c], numbers["variance factor"][:, c] = power
    return _as_measures(repeats, numbers, p, [bool(each.any()) for each in used], level)


def _checked(responses: Any, level: float, subject: str) -> tuple[Repeats, NDArray[np.int64]]:
    """Repeats, and n - 1 of the conditions that have two trials and a spike (else 0)."""
    repeats, data = repeats_of(responses, None, subject)
    faults = Faults(subject)
    faults.require(0.5 <= level < 1, "level in [0.5, 1)", level)
    most = int(repeats.trials.max())
    faults.require(most >= 2, "at least 2 trials of a condition", most)
    expected = data["count"].attrs.get("expected", 0)
    faults.require(not expected, "counts of spikes", "expected counts", "engine='spikes'")
    faults.stop()
    counted = (repeats.trials > 1) & (repeats.count.sum(-1) > 0)
    return repeats, np.where(counted, repeats.trials - 1, 0)


def _chi_squared_interval(value: Array, freedom: Array, level: float) -> tuple[Array, Array]:
    """Interval of a variance-like number with so many degrees of freedom; NaN with none."""
    known = np.where(freedom > 0, freedom, np.nan)
    tail = (1 - level) / 2
    with np.errstate(divide="ignore"):
        low = value * known / chi2.ppf(1 - tail, known)
        high = value * known / chi2.ppf(tail, known)
    return low, high


def _pooled(fano: Array, freedom: Array, level: float) -> Array:
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
    return np.array([value, low, high])


def _poisson_p(fano: Array, freedom: Array, spikes: Array) -> float:
    """Two-sided p of the sum of (n - 1) F, gamma with its exact moments given the spikes."""
    mean, variance = freedom.sum(), (2 * freedom * (1 - 1 / spikes)).sum()
    if variance == 0:  # one spike per condition: nothing can be said
        return 1.0
    against = gamma(mean**2 / variance, scale=variance / mean)
    statistic = (freedom * fano).sum()
    return float(min(1.0, 2 * min(against.cdf(statistic), against.sf(statistic))))


def _power_law(mean: Array, variance: Array, freedom: Array, level: float) -> tuple[Array, Array]:
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
    return beta[1] + apart * error[0], np.exp(factor + apart * error[1])


def _as_measures(
    repeats: Repeats, numbers: dict[str, Array], p: Array, counted: list[bool], level: float
) -> Measures:
    """The three measures."""
    few = f"fewer than {_CONDITIONS} different means, or no variance"
    silent = "no spikes in repeated conditions"
    power = "in variance = factor * mean^exponent, gamma likelihood; Tolhurst et al. 1983"
    definitions = {
        "Fano factor": f"{_FANO}, conditions weighted by trials - 1 (slope of variance on mean)",
        "variance exponent": f"exponent {power}",
        "variance factor": f"factor {power}",
    }
    measures = {}
    for name, (value, low, high) in numbers.items():
        status = [
            silent if not any_ else few if np.isnan(v) else "ok"
            for any_, v in zip(counted, value, strict=True)
        ]
        more = {"Poisson p": p} if name == "Fano factor" else {}
        measures[name] = Measure(
            name, value, low, high, status, definitions[name], level=level, more=more
        )
    return Measures("Variability of counts", {"cell": repeats.cells}, measures)
