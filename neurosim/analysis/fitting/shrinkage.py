r"""Parameters of cells drawn towards their population, by how uncertain each is (empirical Bayes).

A parameter is taken as normally distributed over cells, with a mean and a spread that are the most
likely given every cell's profile; a cell's own value is then the mean of its posterior (Efron &
Morris 1975, J Am Stat Assoc 70:311). The profile is read off its interval: on each side of the
estimate the fall of the log-likelihood is quadratic with the width of that side, so that it is as
lopsided as the interval; on a side that has no end it falls as on the other, to half of what an end
would need.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

from neurosim.base.arrays import Array

__all__ = ["Shrunk", "shrunk"]

_NODES = 401  # of a grid over what the parameter can be, for every cell
_TURNS, _SETTLED = 500, 1e-8  # of mean and spread, in widths of the grid
_REACH = 4.0  # widths of an interval's sides, and spreads, that the grid goes beyond estimates
_FEWEST = 3  # cells that have an interval; of fewer there is no population


class Shrunk(NamedTuple):
    """One parameter over cells.

    Attributes
    ----------
    value, low, high : array (cell,)
        Posterior means and central 95 % intervals; a cell without an interval has the population's.
    mean, spread : float
        Of the population; NaN where fewer than three cells have an interval, and values are then as
        they were estimated.
    """

    value: Array
    low: Array
    high: Array
    mean: float
    spread: float


def shrunk(estimate: Array, low: Array, high: Array, level: float = 0.95) -> Shrunk:
    """Draw estimates towards their population.

    Parameters
    ----------
    estimate, low, high : array (cell,)
        With the ends of the profile-likelihood intervals, which may be infinite.
    level : float
        Of the intervals.

    Examples
    --------
    Ten cells of one true value, each known to 1:

    >>> at = np.array([-1.5, -1.0, -0.6, -0.3, -0.1, 0.1, 0.3, 0.6, 1.0, 1.5])
    >>> found = shrunk(at, at - 1.96, at + 1.96)
    >>> float(found.spread) < 0.2, bool((np.abs(found.value) < 0.1).all())
    (True, True)
    """
    z = float(norm.ppf(0.5 + level / 2))
    below, above = (estimate - low) / z, (high - estimate) / z
    told = np.isfinite(estimate) & (np.isfinite(below) | np.isfinite(above))
    if told.sum() < _FEWEST:
        return Shrunk(estimate, low, high, np.nan, np.nan)
    sides = np.concatenate([below[told], above[told]])
    wide = np.median(sides[np.isfinite(sides)])
    centre, about = np.median(estimate[told]), np.std(estimate[told])
    reach = _REACH * (wide + about) or 1.0
    grid = np.linspace(
        max(estimate[told].min(), centre - 3 * reach) - reach,
        min(estimate[told].max(), centre + 3 * reach) + reach,
        _NODES,
    )
    least = grid[1] - grid[0]
    away = grid - estimate[told][:, None]
    width = np.where(away < 0, below[told][:, None], above[told][:, None])
    # on a side without an end it falls by less than the level's: as on the other side, to the half
    other = np.where(away < 0, above[told][:, None], below[told][:, None])
    fall = 0.5 * (away / np.maximum(np.where(np.isfinite(width), width, other), least / 2)) ** 2
    logs = -np.where(np.isfinite(width), fall, np.minimum(fall, z**2 / 4))
    mean, spread = float(centre), float(max(about, least))
    for _ in range(_TURNS):  # expectation and maximisation
        prior = norm.logpdf(grid, mean, max(spread, least / 2))
        weight = np.exp(logs + prior - logsumexp(logs + prior, axis=1, keepdims=True))
        new = float((weight * grid).sum(1).mean())
        around = float(np.sqrt((weight * (grid - new) ** 2).sum(1).mean()))
        done = abs(new - mean) + abs(around - spread) < _SETTLED * (grid[-1] - grid[0])
        mean, spread = new, around
        if done:
            break
    value = np.full(len(estimate), mean)
    ends = np.tile([[mean - z * spread], [mean + z * spread]], len(estimate))
    value[told] = (weight * grid).sum(1)
    sums = weight.cumsum(1)
    for at, share in enumerate(((1 - level) / 2, (1 + level) / 2)):
        ends[at, told] = grid[np.minimum((sums < share).sum(1), _NODES - 1)]
    return Shrunk(value, ends[0], ends[1], mean, spread)
