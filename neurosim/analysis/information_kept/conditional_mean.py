r"""What can be read off outputs, at best: a conditional mean that assumes no shape.

.. math:: \hat t(y) = \mathrm{mean}\{t_i : y_i \text{ among the neighbours of } y\}

Every value that many samples share (the zeros of a ReLU) is a level of its own, with the mean of
its samples. Between levels neighbours are counted in the order of the outputs, so a strictly
increasing transform of the outputs changes nothing, however it saturates; a sample's weight goes
half to each side, and how many neighbours there are is decided by leaving out each sample of the
training set in turn (1 where the output determines the target, hundreds where it does not). Where
several outputs vary at once, neighbours are the nearest in the plane of their ranks.
(Nadaraya 1964; Stone 1977, Ann Stat 5:595.)
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from neurosim.base.arrays import Array, Indices

__all__ = ["conditional_mean"]

_LEVEL = 32  # samples that share a value make it a level
_FACTOR = 4  # between the numbers of neighbours that are tried
_NEAREST = (1, 4, 16, 64)  # neighbours that are tried where several outputs vary


def conditional_mean(outputs: Array, targets: Array, at: Array) -> Array:
    """Mean of the targets given the outputs, learnt from some samples and read at others.

    Parameters
    ----------
    outputs : array (path, sample)
        Of the samples learnt from.
    targets : array (target, sample)
    at : array (path, other)
        Outputs of the other samples.

    Returns
    -------
    ndarray (target, other)
        NaN when there is nothing to learn from.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 2001)
    >>> relu = np.maximum(x, 0)[None]
    >>> conditional_mean(relu, x[None], np.array([[0.0, 0.5]])).round(2)
    array([[-0.5,  0.5]])
    """
    found = np.full((len(targets), at.shape[1]), np.nan)
    if outputs.shape[1] == 0:
        return found
    known, asked = _levels(outputs, at)
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    which = which.ravel()
    size = np.bincount(which)
    means = np.array([np.bincount(which, each) / size for each in targets])
    place = {tuple(pattern): k for k, pattern in enumerate(patterns.T)}
    wanted, of = np.unique(asked, axis=1, return_inverse=True)
    of = of.ravel()
    for k, pattern in enumerate(wanted.T):
        there = of == k
        seen = place.get(tuple(pattern))
        vary = np.flatnonzero(pattern < 0)
        if seen is None:  # a combination of levels never seen: the nearest of anything
            found[:, there] = _nearest(outputs, targets, at[:, there])
        elif vary.size == 0:
            found[:, there] = means[:, seen, None]
        else:
            here = which == seen
            arguments = outputs[vary][:, here], targets[:, here], at[vary][:, there]
            between = _between if vary.size == 1 else _nearest
            found[:, there] = between(*arguments)
    return found


def _levels(outputs: Array, at: Array) -> tuple[Indices, Indices]:
    """Index of the level that each output is at, -1 between levels; (path, sample) of both."""
    known, asked = (np.full(each.shape, -1, dtype=np.int64) for each in (outputs, at))
    for path, (y, other) in enumerate(zip(outputs, at, strict=True)):
        values, count = np.unique(y, return_counts=True)
        levels = values[count >= _LEVEL]
        if levels.size:
            for level, each in ((known, y), (asked, other)):
                place = np.searchsorted(levels, each).clip(max=levels.size - 1)
                level[path] = np.where(levels[place] == each, place, -1)
    return known, asked


def _between(outputs: Array, targets: Array, at: Array) -> Array:
    """One output: the mean over as many neighbours on either side."""
    order = np.argsort(outputs[0], kind="stable")
    y, t = outputs[0][order], targets[:, order]
    total = np.concatenate([np.zeros((len(t), 1)), np.cumsum(t, axis=1)], axis=1)
    reach = _reach(t, total)
    low, high = (np.searchsorted(y, at[0], side) for side in ("left", "right"))
    middle = (low + high) // 2
    found = np.empty((len(t), at.shape[1]))
    for k, h in enumerate(reach):
        first = np.minimum(low, middle - h).clip(min=0)
        last = np.maximum(high, middle + h).clip(max=y.size)
        found[k] = (total[k, last] - total[k, first]) / (last - first)
    return found


def _reach(t: Array, total: Array) -> list[int]:
    """Neighbours on either side that predict each left-out sample best; (target,)."""
    n = t.shape[1]
    if n == 1:
        return [1] * len(t)
    sample = np.arange(n)
    tried, errors = [], []
    h = 1
    while True:
        first, last = (sample - h).clip(min=0), (sample + h + 1).clip(max=n)
        others = (total[:, last] - total[:, first] - t) / (last - first - 1)
        errors.append(((others - t) ** 2).sum(1))
        tried.append(h)
        if h >= n:
            break
        h = min(_FACTOR * h, n)
    return [tried[k] for k in np.argmin(errors, axis=0)]


def _nearest(outputs: Array, targets: Array, at: Array) -> Array:
    """Several outputs: the mean over the nearest in ranks."""
    ordered = np.sort(outputs, axis=1)
    ranked, asked = (
        np.stack(
            [
                np.searchsorted(own, y, "left") + np.searchsorted(own, y, "right")
                for own, y in zip(ordered, each, strict=True)
            ],
            axis=1,
        ).astype(float)
        for each in (outputs, at)
    )
    tree, n = cKDTree(ranked), outputs.shape[1]
    tried = [k for k in _NEAREST if k < n] or [1]
    own = np.atleast_2d(tree.query(ranked, min(tried[-1] + 1, n))[1].reshape(n, -1))
    errors = []
    for k in tried:
        near = own[:, 1 : k + 1] if own.shape[1] > 1 else own
        errors.append(((targets[:, near].mean(-1) - targets) ** 2).sum(1))
    best = np.array(tried)[np.argmin(errors, axis=0)]
    near = tree.query(asked, int(best.max()))[1].reshape(at.shape[1], -1)
    return np.array([t[near[:, :k]].mean(-1) for t, k in zip(targets, best, strict=True)])
