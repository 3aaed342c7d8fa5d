r"""Responses summed over trials: what a likelihood of rates asks of them.

A condition is one stimulus shown to one cell. Where nothing but the rate tells trials apart their
counts enter through their sum and the time observed; `Counts.single` has the single trials for
likelihoods that need them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.special import gammaln, xlogy

from neurosim.base.arrays import AnyArray, Array, Flags, Indices, divided
from neurosim.data.beside import REGRESSORS
from neurosim.data.equal_conditions import first_equal, put_together
from neurosim.data.repeats import Repeats
from neurosim.data.responses import cell_labels, check_responses

__all__ = ["Counts", "Reduction", "reduced"]

_TRIALS = 16  # that take as much memory as a condition does in a fit


@dataclass(frozen=True, eq=False)
class Counts:
    """Responses summed over trials; every array (row, condition), a row being a cell.

    Attributes
    ----------
    x : drive
    spikes : sum of the counts over trials
    exposure : time observed, s; 0 where there is no trial (or the condition is held out)
    constant : log of what a Poisson process owes to single trials: the sum of n log d - log n! over
        trials of length d
    regressors : what else is known of each condition, by name (see `Rectifier.regressors`)
    trials : how many, where a likelihood needs to know
    source : the single trials that the counts are the sums of; None where they are not known
    row : index of each row among those of `source`
    """

    x: Array
    spikes: Array
    exposure: Array
    constant: Array
    regressors: Mapping[str, Array] = field(default_factory=dict)
    trials: Array | None = None
    source: Repeats | None = None
    row: Indices | None = None

    @classmethod
    def from_repeats(
        cls, x: Array, repeats: Repeats, regressors: Mapping[str, Array] | None = None
    ) -> Counts:
        """The sums of single trials at drives x (cell, condition)."""
        longest = repeats.seconds.max(-1, initial=0.0)
        longest = np.where(longest > 0, longest, 1.0)
        # to the last bit what one length gives, where all trials of a condition have one
        shorter = xlogy(repeats.count, divided(repeats.seconds, longest[..., None], 1.0))
        logs = repeats.spikes * np.log(longest) + shorter.sum(-1)
        constant = logs - gammaln(repeats.count + 1.0).sum(-1)
        return cls(
            x,
            repeats.spikes,
            repeats.exposure,
            constant,
            dict(regressors or {}),
            repeats.trials.astype(float),
            repeats,
            np.arange(len(x)),
        )

    @property
    def conditions(self) -> Indices:
        """How many conditions have data, per row."""
        conditions: Indices = (self.exposure > 0).sum(-1)
        return conditions

    @property
    def width(self) -> int:
        """Items of a row, for work that is done on many: conditions, and trials where many are
        held."""
        trials = 0 if self.source is None else self.source.count.shape[-1]
        return int(self.x.shape[1]) * max(1, trials // _TRIALS)

    @property
    def shown(self) -> Array:
        """The drive, those of conditions without data replaced by one that has some."""
        seen = self.exposure > 0
        one = np.take_along_axis(self.x, seen.argmax(-1)[:, None], axis=-1)
        return np.where(seen, self.x, one)

    @property
    def single(self) -> Repeats:
        """The single trials of every row, those of conditions that are held out left out.

        Raises
        ------
        ValueError
            Where only sums are known.
        """
        if self.source is None or self.row is None:
            raise ValueError("single trials are asked of counts of which only sums are known")
        return self.source.take(self.row).only(self.exposure > 0)

    @property
    def each(self) -> tuple[Array, Array]:
        """Trials of every condition, and the length of one, s; (cell, condition) both.

        Raises
        ------
        ValueError
            Where the number of trials is not known.
        """
        if self.trials is None:
            raise ValueError("trials are asked of counts of which only sums are known")
        return self.trials, self.exposure / np.maximum(self.trials, 1.0)

    @property
    def without_trials(self) -> str:
        """What is wrong with counts where single trials are needed: "expected ..., got ...", or
        nothing."""
        known = self.source is not None and self.trials is not None
        return "" if known else "expected counts of single trials, got sums"

    @property
    def groups(self) -> tuple[Array, Array, Array]:
        """Trials of one length of every condition: their spikes, how many they are, and the length,
        s; (cell, condition, group) each. One group where all trials of a condition are alike.

        Raises
        ------
        ValueError
            Where the number of trials is not known.
        """
        if self.source is not None and self.source.uneven:
            single = self.single
            return single.count, single.exists.astype(float), single.seconds
        trials, length = self.each
        return self.spikes[..., None], trials[..., None], length[..., None]

    def only(self, keep: Flags) -> Counts:
        """The same conditions with those outside `keep` (broadcast) taken as never shown."""
        keep = np.broadcast_to(keep, self.x.shape)
        return replace(
            self,
            spikes=np.where(keep, self.spikes, 0.0),
            exposure=np.where(keep, self.exposure, 0.0),
            constant=np.where(keep, self.constant, 0.0),
            trials=None if self.trials is None else np.where(keep, self.trials, 0.0),
        )

    def take(self, rows: AnyArray) -> Counts:
        """The counts of some rows (repeats allowed)."""
        return Counts(
            self.x[rows],
            self.spikes[rows],
            self.exposure[rows],
            self.constant[rows],
            {name: values[rows] for name, values in self.regressors.items()},
            None if self.trials is None else self.trials[rows],
            self.source,
            None if self.row is None else self.row[rows],
        )

    def with_trials(self, count: Array) -> Counts:
        """Other counts (row, condition, trial) in the same trials."""
        return Counts.from_repeats(self.x, replace(self.single, count=count), self.regressors)

    def with_spikes(self, spikes: Array) -> Counts:
        """Other counts in the same conditions, of which only the sums are known."""
        return replace(self, spikes=spikes, constant=np.zeros(spikes.shape), source=None, row=None)


class Reduction(NamedTuple):
    """Responses checked and reduced, once: counts, the cells' labels, what the drive is called and
    its unit."""

    counts: Counts
    cells: AnyArray
    drive: str
    drive_unit: str


def reduced(responses: xr.Dataset) -> Reduction:
    """Responses checked, and reduced to what fits and measures take.

    Conditions that nothing tells apart become one, at the place of the first; the others are as if
    they had not been shown.

    Parameters
    ----------
    responses : Dataset
        See `neurosim.data.responses`.

    Raises
    ------
    InputError
        Naming everything that is missing or cannot be.

    Examples
    --------
    >>> from neurosim import responses_from_counts
    >>> found = reduced(responses_from_counts([-1, 1], [[0, 1], [2, 3]], duration=0.5))
    >>> found.counts.spikes, found.counts.exposure
    (array([[1., 5.]]), array([[1., 1.]]))
    """
    responses = check_responses(responses)
    drive = responses["drive"]
    regressors = {
        name: responses[variable].transpose("cell", "stimulus").values.astype(float)
        for name, variable in REGRESSORS.items()
        if variable in responses
    }
    x = drive.transpose("cell", "stimulus").values.astype(float)
    repeats = Repeats.from_responses(responses)
    repeats = put_together(repeats, first_equal(responses, (x, *regressors.values())))
    counts = Counts.from_repeats(x, repeats, regressors)
    said = drive.attrs
    name, unit = said.get("long_name", "drive"), said.get("units", "1")
    return Reduction(counts, cell_labels(responses), name, unit)
