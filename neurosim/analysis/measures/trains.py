"""Spike times by condition, trial by trial: what measures of when spikes fall are made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats

__all__ = ["Trains", "trains_by_condition", "trains_of_times"]


class Trains(NamedTuple):
    """The spikes of all trials of one condition.

    Attributes
    ----------
    times : array (spike,)
        s, each trial's in order.
    trial : array (spike,)
        The index of each spike's trial.
    seconds : array (trial,)
        How long each trial was observed, s.
    """

    times: Array
    trial: Indices
    seconds: Array


def trains_by_condition(responses: xr.Dataset, repeats: Repeats) -> list[list[Trains]]:
    """The trains of responses that have spike times; by cell, and of each cell by stimulus.

    Parameters
    ----------
    responses : Dataset
        Checked.
    repeats : Repeats
        Theirs.
    """
    cells, stimuli = repeats.trials.shape
    times, trial = responses["spike_time"].values, responses["spike_trial"].values
    condition = responses["spike_cell"].values * stimuli + responses["spike_stimulus"].values
    order = np.lexsort((times, trial, condition))
    parts = np.split(order, np.searchsorted(condition[order], np.arange(1, stimuli * cells)))
    seconds, exists = repeats.seconds, repeats.exists
    return [
        [
            Trains(times[part], trial[part], seconds[c, s][exists[c, s]])
            for s, part in enumerate(parts[c * stimuli : (c + 1) * stimuli])
        ]
        for c in range(cells)
    ]


def trains_of_times(spike_times: Iterable[ArrayLike], duration: Any, faults: Faults) -> Trains:
    """The trains of one condition from one array of spike times per trial, s; raises faults.

    Parameters
    ----------
    spike_times : list of array (spike,)
    duration : float
        Of each trial, s.
    faults : Faults
        Of who asks: raised with what is wrong here, if anything is.

    Raises
    ------
    InputError
        Without a trial, and for times outside the trial.

    Examples
    --------
    >>> trains_of_times([[0.2, 0.1], [0.3]], 0.5, Faults("example"))
    Trains(times=array([0.1, 0.2, 0.3]), trial=array([0, 0, 1]), seconds=array([0.5, 0.5]))
    """
    given = faults.several("spike_times", spike_times, "an array of times per trial")
    trials = [np.sort(np.ravel(faults.numbers("spike times", times))) for times in given]
    faults.require(trials or faults.found, "at least one trial", "none")
    duration = faults.number("duration", duration, "> 0 s", lambda s: 0 < s < np.inf)
    if duration > 0:
        inside = all(((times >= 0) & (times <= duration)).all() for times in trials)
        faults.require(inside, f"spike times from 0 to {duration:g} s", "others")
    faults.stop()
    trial = np.repeat(np.arange(len(trials)), [times.size for times in trials])
    return Trains(np.concatenate(trials), trial, np.full(len(trials), float(duration)))
