"""Conditions that nothing tells apart are one condition, under however many labels.

Two are the same for a cell when drive and regressors are equal and so is every coordinate of the
stimuli (an orientation, a column that was asked for by `by`), whatever the lengths of their trials.
Where a coordinate differs they stay apart, and a difference of rates at equal drives is a misfit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.data.repeats import Repeats

__all__ = ["first_equal", "put_together"]


def first_equal(responses: xr.Dataset, alike: Sequence[Array]) -> Indices:
    """The first condition that is the same as each; (cell, stimulus).

    Parameters
    ----------
    responses : Dataset
        Its coordinates along `stimulus` (other than its index) tell conditions apart.
    alike : sequence of array (cell, stimulus)
        Drive and regressors.
    """
    labels = [
        _codes(each.values)
        for name, each in responses.coords.items()
        if each.dims == ("stimulus",) and name != "stimulus"
    ]
    shape = alike[0].shape
    keys = [*(np.broadcast_to(code, shape) for code in labels), *alike]
    first = np.tile(np.arange(shape[1]), (shape[0], 1))
    for row, key in enumerate(np.stack(keys, axis=-1).astype(float)):
        _, index, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
        first[row] = index[inverse.reshape(-1)]
    return first


def put_together(repeats: Repeats, first: Indices) -> Repeats:
    """Trials of conditions that are the same, at the first of them; the others have none.

    Parameters
    ----------
    repeats : Repeats
    first : int array (cell, stimulus)
        See `first_equal`.

    Examples
    --------
    >>> from neurosim.data.repeats import repeats_of
    >>> apart, _ = repeats_of([[1, 3], [5]], None, "example")
    >>> put_together(apart, np.array([[0, 0]])).count
    array([[[1., 3., 5.],
            [0., 0., 0.]]])
    """
    cells, stimuli = first.shape
    own = np.arange(stimuli)
    if (first == own).all():
        return repeats
    trials = repeats.trials
    before = np.zeros_like(trials)  # trials of the same condition that come first
    for each in range(stimuli):
        earlier = (first == first[:, [each]]) & (own < each)
        before[:, each] = np.where(earlier, trials, 0).sum(1)
    most = int((before + trials).max())
    count, seconds = np.zeros((2, cells, stimuli, most))
    exists = np.zeros(count.shape, dtype=bool)
    row, stimulus, trial = np.nonzero(repeats.exists)
    # the trials of a condition are counted in the order they are in, gaps closed
    place = np.cumsum(repeats.exists, axis=-1)[row, stimulus, trial] - 1
    at = row, first[row, stimulus], before[row, stimulus] + place
    count[at] = repeats.count[row, stimulus, trial]
    seconds[at] = repeats.seconds[row, stimulus, trial]
    exists[at] = True
    return Repeats(count, exists, seconds, repeats.cells)


def _codes(values: AnyArray) -> Indices:
    """A number for each different value; what is missing is equal to what is missing."""
    text = values.astype(str) if values.dtype.kind == "O" else values
    codes: Indices = np.unique(text, return_inverse=True)[1].reshape(-1)
    return codes
