"""What resampled trials would have given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods import AUTO, Likelihood, likelihood_of
from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.data.counts import Counts, reduced
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["bootstrap_intervals"]


def bootstrap_intervals(
    rectifier: Rectifier | str,
    responses: xr.Dataset,
    resamples: int = 500,
    level: float = 0.95,
    seed: int = 0,
    fixed: Mapping[str, float] | None = None,
    likelihood: str | type[Likelihood] = AUTO,
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
    likelihood : str
        Whose maximum the estimates are.

    Returns
    -------
    low, high : ndarray (cell, parameter)

    Raises
    ------
    InputError
        As for `fit`, and for conditions of one trial.

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    rectifier, counts = named_rectifier(rectifier), reduced(responses).counts
    faults = Faults("bootstrap_intervals")
    resamples = faults.whole("resamples", resamples, 20)
    seed = faults.whole("seed", seed, 0)
    level = faults.number("level", level, "between 0 and 1", lambda share: 0 < share < 1)
    single = counts.single
    shown = single.trials[single.trials > 0]
    faults.require((shown > 1).all(), "at least 2 trials of every condition", 1)
    begun = likelihood_of(likelihood, counts, faults)
    faults.stop()
    assert begun is not None  # or it is a fault
    cells = len(counts.x)
    drawn = np.random.default_rng(seed).random((resamples, *single.count.shape))
    index = (drawn * single.trials[..., None]).astype(np.int64)
    again = np.tile(np.arange(cells), resamples)
    every = single.take(again)
    picked = np.take_along_axis(single.count[None], index, axis=-1).reshape(every.count.shape)
    picked = np.where(every.exists, picked, 0.0)
    many = counts.take(again)
    resampled = Counts.from_repeats(many.x, replace(every, count=picked), many.regressors)
    begun = begun.take(again).begun(resampled)
    values = fit_counts(rectifier, resampled, likelihood=begun, fixed=fixed).values
    low, high = np.quantile(
        values.reshape(resamples, cells, -1), [(1 - level) / 2, (1 + level) / 2], axis=0
    )
    return low, high
