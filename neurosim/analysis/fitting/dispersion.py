"""Counts more variable than Poisson: rates and each cell's dispersion, estimated in turn.

The two are orthogonal in the negative binomial's information, so a few turns suffice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.analysis.fitting.fit import Fit, fit_counts
from neurosim.analysis.fitting.likelihood import Counts
from neurosim.analysis.fitting.noise_models import NegativeBinomial, sum_over_trials
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Trials", "best_dispersion", "fit_with_dispersion"]

Array = NDArray[np.float64]
_LEAST, _MOST = 1e-6, 1e3
_TURNS = 30
_SETTLED = 1e-7  # nats


@dataclass(frozen=True)
class Trials:
    """Counts of single trials (row, condition, trial), and which of them exist."""

    count: Array
    exists: NDArray[np.bool_]

    @classmethod
    def from_responses(cls, responses: xr.Dataset) -> Trials:
        count = responses["count"].transpose("cell", "stimulus", "trial").values.astype(float)
        trials = responses["trials"].transpose("cell", "stimulus").values
        return cls(count, np.arange(count.shape[-1]) < trials[..., None])

    def take(self, rows: NDArray) -> Trials:
        """The trials of some cells (repeats allowed)."""
        return Trials(self.count[rows], self.exists[rows])

    def only(self, keep: NDArray[np.bool_]) -> Trials:
        """Those of conditions outside `keep` (row, condition) taken as never shown."""
        return Trials(self.count, self.exists & keep[..., None])

    def noise(self, dispersion: Array) -> NegativeBinomial:
        """How they scatter at a dispersion (row,)."""
        return NegativeBinomial(dispersion, sum_over_trials(self.count, self.exists, dispersion))


def fit_with_dispersion(
    rectifier: Rectifier,
    counts: Counts,
    trials: Trials,
    cells: NDArray | None = None,
    drive_unit: str = "1",
    fixed: Mapping[str, float] | None = None,
    start: Array | None = None,
) -> Fit:
    """`fit_counts` with the negative binomial; `Fit.scatter` is the dispersion.

    Parameters
    ----------
    rectifier, counts, cells, drive_unit, fixed, start
        As for `fit_counts`.
    trials : Trials
        What the counts are the sums of.
    """
    found = fit_counts(rectifier, counts, cells, drive_unit, start, fixed=fixed)
    rows = len(counts.x)
    dispersion, before = np.full(rows, 0.1), np.full(rows, -np.inf)
    for _ in range(_TURNS):
        assert found.model is not None
        rate = np.maximum(replace(found.model, shifted=False).rate(found.values), 0.0)
        dispersion = best_dispersion(rate, counts, trials)
        noise = trials.noise(dispersion)
        found = fit_counts(rectifier, counts, cells, drive_unit, found.values, noise, fixed)
        with np.errstate(invalid="ignore"):
            if not (np.abs(found.log_likelihood - before) >= _SETTLED).any():
                break
        before = found.log_likelihood
    return replace(found, scatter=dispersion, free=found.free + 1)


def best_dispersion(rate: Array, counts: Counts, trials: Trials) -> Array:
    """The most likely dispersion of each cell at its rates, by golden section of its logarithm."""

    def value(log_dispersion: Array) -> Array:
        dispersion = np.exp(log_dispersion)
        noise = trials.noise(dispersion)
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
