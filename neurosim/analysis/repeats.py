"""Repeated trials of each condition: their moments and their bootstrap, repeats being unequal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import Faults
from neurosim.responses import check_responses, responses_from_counts

__all__ = ["Repeats", "baseline_of", "check_sampling", "repeats_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Repeats:
    """Counts by cell.

    Attributes
    ----------
    count : array (cell, stimulus, trial)
        0 where there is no trial.
    trials : int array (cell, stimulus)
    duration : array (cell, stimulus)
        s.
    cells : array (cell,)
        Labels.
    responses : Dataset
        Where they are from.
    """

    count: Array
    trials: NDArray[np.int64]
    duration: Array
    cells: NDArray
    responses: xr.Dataset

    @property
    def exists(self) -> NDArray[np.bool_]:
        return np.arange(self.count.shape[-1]) < self.trials[..., None]

    @property
    def mean(self) -> Array:
        """Mean count (cell, stimulus); NaN without a trial."""
        return _ratio(self.count.sum(-1), self.trials)

    @property
    def variance(self) -> Array:
        """Unbiased variance of the count over trials (cell, stimulus); NaN below two trials."""
        mean = np.nan_to_num(self.mean)
        square = np.where(self.exists, (self.count - mean[..., None]) ** 2, 0.0).sum(-1)
        return _ratio(square, self.trials - 1)

    @property
    def rate(self) -> Array:
        """Hz; (cell, stimulus)."""
        return self.mean / self.duration

    @property
    def freedom(self) -> Array:
        """Degrees of freedom of the noise of the summed means (Satterthwaite 1946); (cell,).

        At least 1; without limit where there is no noise.
        """
        part = np.nan_to_num(self.variance) / np.maximum(self.trials, 1)
        below = (part**2 / np.maximum(self.trials - 1, 1)).sum(-1)
        above = part.sum(-1) ** 2
        return np.divide(above, below, out=np.full(above.shape, np.inf), where=below > 0)

    def resampled_mean(self, cell: int, samples: int, random: np.random.Generator) -> Array:
        """Bootstrap samples of a cell's mean counts; (sample, stimulus).

        n - 1 of a condition's n trials are drawn with replacement: the variance of their mean is
        then s^2/n, where n draws would give (n - 1)/n of it (Rao & Wu 1988). NaN below two trials.
        """
        n = self.trials[cell]
        draws = max(int(n.max(initial=0)) - 1, 1)
        which = random.random((samples, n.size, draws)) * n[:, None]
        taken = np.arange(draws) < (n - 1)[:, None]
        index = np.where(taken, which, 0.0).astype(np.int64)
        total = np.zeros((samples, n.size))
        for k in range(n.size):
            total[:, k] = np.where(taken[k], self.count[cell, k][index[:, k]], 0.0).sum(-1)
        return _ratio(total, np.broadcast_to(n - 1, total.shape))


def _ratio(above: NDArray, below: NDArray) -> Array:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def repeats_of(responses: Any, duration: Any, subject: str) -> Repeats:
    """The repeats of responses, or of bare counts.

    Parameters
    ----------
    responses : Dataset, or array (stimulus, cell, trial) or (stimulus, trial)
        See `neurosim.responses`; bare counts may be padded with NaN, or be lists of unequal length.
    duration : float or array, or None
        s; of bare counts (1 s if None). Responses have their own.
    subject : str
        Who asks.

    Examples
    --------
    >>> repeats_of([[1, 3], [5]], None, "example").mean
    array([[2., 5.]])
    """
    if isinstance(responses, xr.Dataset):
        faults = Faults(subject)
        faults.require(duration is None, "no duration beside responses", duration,
                       "they have their own")  # fmt: skip
        faults.stop()
        data = check_responses(responses)
    else:
        data = _from_counts(responses, 1.0 if duration is None else duration)
    by = ("cell", "stimulus")
    count = data["count"].transpose(*by, "trial").values.astype(float)
    trials = data["trials"].transpose(*by).values
    seconds = data["duration"].broadcast_like(data["drive"]).transpose(*by).values.astype(float)
    count = np.where(np.arange(count.shape[-1]) < trials[..., None], count, 0.0)
    labels = data["cell"].values if "cell" in data.coords else np.arange(len(count))
    return Repeats(count, trials, seconds, labels, data)


def _from_counts(count: Any, duration: Any) -> xr.Dataset:
    """Responses of which only the counts are known."""
    if isinstance(count, xr.DataArray):
        sizes = count.sizes
        cells = sizes.get("cell", 1)
        return responses_from_counts(np.zeros((sizes.get("stimulus", 1), cells)), count, duration)
    many = np.shape(count)[1] if not isinstance(count, list | tuple) and np.ndim(count) == 3 else 1
    return responses_from_counts(np.zeros((len(count), many)), count, duration)


def baseline_of(given: ArrayLike, cells: int, faults: Faults) -> Array:
    """The rate without a stimulus of each cell, Hz; (cell,)."""
    rate = np.asarray(given, dtype=float)
    good = rate.shape in ((), (cells,)) and np.isfinite(rate).all() and (rate >= 0).all()
    faults.require(good, f"baseline >= 0 Hz, one or {cells}", given)
    return np.broadcast_to(rate, (cells,)) if good else np.zeros(cells)


def check_sampling(faults: Faults, level: float, samples: int, seed: int) -> None:
    """Note what is wrong with the arguments that every bootstrap has."""
    faults.require(0.5 <= level < 1, "level in [0.5, 1)", level)
    whole = isinstance(samples, int | np.integer) and samples >= 100
    faults.require(whole, "samples as a whole number >= 100", samples)
    known = isinstance(seed, int | np.integer) and seed >= 0
    faults.require(known, "seed as a whole number >= 0", seed)
