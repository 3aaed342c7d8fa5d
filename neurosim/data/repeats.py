"""Single trials by cell: their counts, how long each was observed, their moments and bootstrap.

The one reduction of a responses data set from which all others follow: `neurosim.data.counts` sums
over trials. What is observed for how long is known here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array, Flags, Indices, divided
from neurosim.base.errors import Faults
from neurosim.data.responses import cell_labels, check_responses, responses_from_counts

__all__ = ["Repeats", "repeats_of"]

_SAME = 1e-9  # of a length: trials that differ by less are of one


@dataclass(frozen=True, eq=False)
class Repeats:
    """Counts of single trials; repeats may be unequal, in number and in length.

    Attributes
    ----------
    count : array (cell, stimulus, trial)
        0 where there is no trial.
    exists : bool array (cell, stimulus, trial)
    seconds : array (cell, stimulus, trial)
        Time observed, s; 0 where there is no trial.
    cells : array (cell,)
        Labels.
    """

    count: Array
    exists: Flags
    seconds: Array
    cells: AnyArray

    @classmethod
    def from_responses(cls, responses: xr.Dataset) -> Repeats:
        """The trials of responses that are checked already."""
        by = ("cell", "stimulus")
        trials = responses["trials"].transpose(*by).values
        count = responses["count"].transpose(*by, "trial").values
        duration = responses["duration"].broadcast_like(responses["count"])
        exists = np.arange(count.shape[-1]) < trials[..., None]
        seconds = np.where(exists, duration.transpose(*by, "trial").values, 0.0)
        count = np.where(exists, count, 0).astype(float)
        return cls(count, exists, seconds, cell_labels(responses))

    @cached_property
    def trials(self) -> Indices:
        """How many trials there are; (cell, stimulus)."""
        trials: Indices = self.exists.sum(-1)
        return trials

    @cached_property
    def spikes(self) -> Array:
        """Summed over trials; (cell, stimulus)."""
        spikes: Array = self.count.sum(-1)
        return spikes

    @cached_property
    def exposure(self) -> Array:
        """Time observed in all, s; (cell, stimulus)."""
        exposure: Array = self.seconds.sum(-1)
        return exposure

    @cached_property
    def uneven(self) -> bool:
        """Whether trials of a condition differ in length."""
        longest = self.seconds.max(-1, keepdims=True, initial=0.0)
        return bool((self.exists & (self.seconds < longest * (1 - _SAME))).any())

    @property
    def duration(self) -> Array:
        """Mean time observed of a trial, s; (cell, stimulus), NaN without a trial."""
        return divided(self.exposure, self.trials)

    @property
    def mean(self) -> Array:
        """Mean count of a trial, whose mean length is `duration`; (cell, stimulus), NaN without
        one."""
        return divided(self.spikes, self.trials)

    @property
    def variance(self) -> Array:
        """Unbiased variance of the count in a trial of the mean length (cell, stimulus); NaN below
        two trials.

        Of trials of unequal length each is held against what it has of the rate, and weighs as much
        less as it is longer, so that variance over mean is 1 for Poisson counts of any lengths.
        """
        mean = np.nan_to_num(self.mean)[..., None]
        if self.uneven:
            length = (
                np.where(self.exists, self.seconds, 1.0)
                / np.where(self.trials > 0, self.duration, 1.0)[..., None]
            )
            square = (self.count - mean * length) ** 2 / length
        else:
            square = (self.count - mean) ** 2
        return divided(np.where(self.exists, square, 0.0).sum(-1), self.trials - 1)

    @property
    def rate(self) -> Array:
        """Hz; (cell, stimulus), NaN without a trial."""
        return divided(self.spikes, self.exposure)

    @property
    def rate_variance(self) -> Array:
        """Unbiased variance of the rate in a trial of the mean length, Hz^2; (cell, stimulus)."""
        return divided(self.variance, self.duration**2)

    @property
    def freedom(self) -> Array:
        """Degrees of freedom of the noise of the summed means (Satterthwaite 1946); (cell,).

        At least 1; without limit where there is no noise.
        """
        part = np.nan_to_num(self.variance) / np.maximum(self.trials, 1)
        below = (part**2 / np.maximum(self.trials - 1, 1)).sum(-1)
        return divided(part.sum(-1) ** 2, below, np.inf)

    def take(self, rows: AnyArray) -> Repeats:
        """The trials of some cells (repeats allowed)."""
        return Repeats(self.count[rows], self.exists[rows], self.seconds[rows], self.cells[rows])

    def only(self, keep: Flags) -> Repeats:
        """The same without the conditions outside `keep` (cell, stimulus)."""
        kept = keep[..., None]
        return Repeats(
            np.where(kept, self.count, 0.0),
            self.exists & kept,
            np.where(kept, self.seconds, 0.0),
            self.cells,
        )

    def resampled_mean(self, cell: int, samples: int, random: np.random.Generator) -> Array:
        """Bootstrap samples of a cell's mean counts; (sample, stimulus).

        n - 1 of a condition's n trials are drawn with replacement: the variance of their mean is
        then s^2/n, where n draws would give (n - 1)/n of it (Rao & Wu 1988). NaN below two trials.
        Of trials of unequal length it is the rate of those drawn, in a trial of the mean length.
        """
        n = self.trials[cell]
        draws = max(int(n.max(initial=0)) - 1, 1)
        which = random.random((samples, n.size, draws)) * n[:, None]
        taken = np.arange(draws) < (n - 1)[:, None]
        index = np.where(taken, which, 0.0).astype(np.int64)
        total, length = np.zeros((2, samples, n.size))
        for k in range(n.size):
            total[:, k] = np.where(taken[k], self.count[cell, k][index[:, k]], 0.0).sum(-1)
            if self.uneven:
                length[:, k] = np.where(taken[k], self.seconds[cell, k][index[:, k]], 0.0).sum(-1)
        if self.uneven:
            drawn: Array = divided(total, length) * self.duration[cell]
            return drawn
        return divided(total, n - 1)


def repeats_of(responses: Any, duration: Any, subject: str) -> tuple[Repeats, xr.Dataset]:
    """The repeats of responses, or of bare counts, and the responses themselves.

    Parameters
    ----------
    responses : Dataset, or array (stimulus, cell, trial) or (stimulus, trial)
        See `neurosim.data.responses`; bare counts may be padded with NaN, or be lists of unequal
        length.
    duration : float or array, or None
        s; of bare counts (1 s if None). Responses have their own.
    subject : str
        Who asks.

    Raises
    ------
    InputError
        For what is no responses and no counts, and a duration beside responses.

    Examples
    --------
    >>> repeats_of([[1, 3], [5]], None, "example")[0].mean
    array([[2., 5.]])
    """
    if isinstance(responses, xr.Dataset):
        faults = Faults(subject)
        faults.require(
            duration is None, "no duration beside responses", duration, "they have their own"
        )
        faults.stop()
        data = check_responses(responses)
    else:
        data = _from_counts(responses, 1.0 if duration is None else duration, subject)
    return Repeats.from_responses(data), data


def _from_counts(count: Any, duration: Any, subject: str) -> xr.Dataset:
    """Responses of which only the counts are known."""
    faults = Faults(subject)
    listed = isinstance(count, list | tuple) or np.ndim(count) > 0
    known = listed and not isinstance(count, str | bytes | xr.Dataset) and len(count) > 0
    faults.require(known, "responses, or counts (stimulus, cell, trial)", count)
    faults.stop()
    if isinstance(count, xr.DataArray):
        sizes = count.sizes
        cells = sizes.get("cell", 1)
        return responses_from_counts(np.zeros((sizes.get("stimulus", 1), cells)), count, duration)
    many = np.shape(count)[1] if not isinstance(count, list | tuple) and np.ndim(count) == 3 else 1
    return responses_from_counts(np.zeros((len(count), many)), count, duration)
