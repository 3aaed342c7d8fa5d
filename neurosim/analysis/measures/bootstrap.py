"""Bootstrap intervals of measures, and what every measure with one asks of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm
from scipy.stats import t as student

from neurosim.analysis.measures.measures import Estimate, row_by_row
from neurosim.base.arrays import Array, Flags
from neurosim.base.errors import Faults
from neurosim.base.numbers import real_numbers
from neurosim.data.repeats import Repeats

__all__ = [
    "baseline_of",
    "bootstrapped",
    "check_level",
    "check_sampling",
    "functions_of_rates",
    "silent",
    "without_interval",
]

_LEAST_KNOWN = 0.5  # of the samples: quantiles of fewer describe the samples that have a value


def baseline_of(given: ArrayLike, cells: int, faults: Faults) -> Array:
    """The rate without a stimulus of each cell, Hz; (cell,)."""
    rate = real_numbers(given)
    good = rate is not None and rate.shape in ((), (cells,))
    if rate is None or not (good and np.isfinite(rate).all() and (rate >= 0).all()):
        faults.require(False, f"baseline >= 0 Hz, one or {cells}", given)
        return np.zeros(cells)
    return np.broadcast_to(rate, (cells,))


def check_level(faults: Faults, level: Any) -> float:
    """The confidence level of an interval, noting what is wrong with it."""
    return faults.number("level", level, "in [0.5, 1)", lambda share: 0.5 <= share < 1)


def check_sampling(faults: Faults, level: Any, samples: Any, seed: Any) -> tuple[float, int, int]:
    """The arguments that every bootstrap has, noting what is wrong with them."""
    level = check_level(faults, level)
    return level, faults.whole("samples", samples, 100), faults.whole("seed", seed, 0)


def bootstrapped(
    values: Array, level: float = 0.95, freedom: float = np.inf, period: float | None = None
) -> tuple[float, float, float]:
    r"""An estimate and its bias-corrected percentile interval.

    The quantiles taken are :math:`\Phi(2 z_0 \pm z)`, :math:`z_0` being the normal quantile of the
    share of samples below the estimate, so that a statistic biased upward by noise (as every
    selectivity index is) does not have its bias counted twice.

    Parameters
    ----------
    values : array (1 + sample,)
        The estimate, and bootstrap samples of it; those that are NaN are left out.
    level : float
    freedom : float
        Degrees of freedom (units resampled, less one): z is Student's t, as resamples of few units
        spread by a noise that is itself estimated (Hesterberg 2015, Am Stat 69:371).
    period : float, optional
        Of values around a circle: each sample is taken at its turn nearest to the estimate.

    Returns
    -------
    value, low, high : float
        The ends are NaN where fewer than half of the samples are numbers.

    References
    ----------
    Efron 1981, Can J Stat 9:139.

    Examples
    --------
    >>> [round(end, 2) for end in bootstrapped(np.r_[0.0, np.linspace(-1, 1, 1001)])]
    [0.0, -0.95, 0.95]
    """
    estimate, drawn = float(values[0]), values[1:]
    if period is not None:
        drawn = estimate + (drawn - estimate + period / 2) % period - period / 2
    known = drawn[~np.isnan(drawn)]
    if np.isnan(estimate) or known.size < max(_LEAST_KNOWN * drawn.size, 1):
        return estimate, np.nan, np.nan
    share = ((known < estimate).sum() + (known <= estimate).sum()) / (2 * known.size)
    few = 1 / (known.size + 1)
    shift = norm.ppf(np.clip(share, few, 1 - few))
    reach = student.ppf(0.5 + level / 2, freedom)
    low, high = np.quantile(known, norm.cdf(2 * shift + np.array([-1, 1]) * reach))
    return estimate, float(low), float(high)


def functions_of_rates(
    repeats: Repeats,
    names: Iterable[str],
    of_cell: Callable[[int, Array], Mapping[str, Array]],
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
    periods: Mapping[str, float] | None = None,
) -> dict[str, Estimate]:
    """Functions of every cell's mean rates, with intervals: trials are drawn within each stimulus.

    Parameters
    ----------
    repeats : Repeats
    names : of the functions
    of_cell : callable
        Of a cell's index and rates (1 + sample, stimulus), Hz, the first row as measured and the
        others of drawn trials (NaN below two trials): each function by name, (1 + sample,). It is
        not asked of a cell without spikes, all of whose values are NaN.
    level, samples, seed : float, int, int
        Bias-corrected percentiles of so many samples.
    periods : mapping of name to float, optional
        Of functions that go around a circle.

    Examples
    --------
    >>> repeats = Repeats(
    ...     np.array([[[9.0, 11.0], [31.0, 29.0]]]), np.ones((1, 2, 2), bool), np.ones((1, 2, 2)),
    ...     np.arange(1),
    ... )
    >>> ratio = functions_of_rates(repeats, ["ratio"], lambda _, r: {"ratio": r[:, 1] / r[:, 0]})
    >>> ratio["ratio"].value, (ratio["ratio"].low < 3) & (ratio["ratio"].high > 3)
    (array([3.]), array([ True]))
    """
    random = np.random.default_rng(seed)
    measured, seconds, freedom = repeats.rate, repeats.duration, repeats.freedom
    nothing, around = silent(repeats), periods or {}

    def of_row(cell: int) -> dict[str, tuple[float, float, float]]:
        drawn = repeats.resampled_mean(cell, samples, random) / seconds[cell]
        if nothing[cell]:
            return {}
        found = of_cell(cell, np.concatenate([measured[cell][None], drawn]))
        return {
            name: bootstrapped(values, level, freedom[cell], around.get(name))
            for name, values in found.items()
        }

    return row_by_row(len(repeats.cells), names, of_row)


def silent(repeats: Repeats) -> Flags:
    """Cells without a spike, (cell,)."""
    return np.asarray(repeats.spikes.sum(-1) == 0)


def without_interval(repeats: Repeats, found: Estimate) -> Sequence[tuple[Flags, str]]:
    """The last rungs of the `statuses` of a function of rates: why it has no interval."""
    return (
        (repeats.trials.min(-1) < 2, "single trials: no interval"),
        (np.isnan(found.low), "no interval: undefined in most resamples"),
    )
