"""Counts more variable than Poisson: rates and each cell's dispersion, estimated in turn.

The two are orthogonal in the negative binomial's information, so a few turns suffice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.analysis.fitting import Fit, fit_counts
from neurosim.analysis.likelihood import Counts
from neurosim.analysis.noise_models import NegativeBinomial, sum_over_trials
from neurosim.models.rectifier import Rectifier

__all__ = ["fit_with_dispersion"]

Array = NDArray[np.float64]
_LEAST, _MOST = 1e-6, 1e3
_TURNS = 30
_SETTLED = 1e-7  # nats


def fit_with_dispersion(
    rectifier: Rectifier,
    responses: xr.Dataset,
    counts: Counts,
    cells: NDArray,
    drive_unit: str,
    fixed: Mapping[str, float] | None,
) -> Fit:
    """`fit` with the negative binomial; `Fit.scatter` is the dispersion.

    Parameters
    ----------
    rectifier, responses, cells, drive_unit, fixed
        As for `fit`.
    counts : Counts
        Of the responses.
    """
    count = responses["count"].transpose("cell", "stimulus", "trial").values.astype(float)
    trials = responses["trials"].transpose("cell", "stimulus").values
    exists = np.arange(count.shape[-1]) < trials[..., None]
    found = fit_counts(rectifier, counts, cells, drive_unit, fixed=fixed)
    dispersion, before = np.full(len(cells), 0.1), np.full(len(cells), -np.inf)
    for _ in range(_TURNS):
        assert found.model is not None
        rate = np.maximum(replace(found.model, shifted=False).rate(found.values), 0.0)
        dispersion = _best_dispersion(rate, counts, count, exists)
        noise = NegativeBinomial(dispersion, sum_over_trials(count, exists, dispersion))
        found = fit_counts(rectifier, counts, cells, drive_unit, found.values, noise, fixed)
        if (np.abs(found.log_likelihood - before) < _SETTLED).all():
            break
        before = found.log_likelihood
    return replace(found, scatter=dispersion, free=found.free + 1)


def _best_dispersion(rate: Array, counts: Counts, count: Array, exists: NDArray[np.bool_]) -> Array:
    """The most likely dispersion of each cell at its rates, by golden section of its logarithm."""

    def value(log_dispersion: Array) -> Array:
        dispersion = np.exp(log_dispersion)
        noise = NegativeBinomial(dispersion, sum_over_trials(count, exists, dispersion))
        return (noise.terms(rate, counts) + noise.constant(counts)).sum(-1)

    grid = np.linspace(np.log(_LEAST), np.log(_MOST), 25)
    values = np.stack([value(np.full(len(rate), g)) for g in grid])
    middle = grid[np.clip(values.argmax(0), 1, 23)]
    low, high = middle - (grid[1] - grid[0]), middle + (grid[1] - grid[0])
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(45):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        up = value(left) < value(right)
        low, high = np.where(up, left, low), np.where(up, high, right)
    return np.exp((low + high) / 2)
