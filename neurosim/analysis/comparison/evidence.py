"""Which rectifiers the data tell from the one that a cell is called, at a stated level.

Not by the price of parameters, which chooses, but by evidence: a rival is told apart when the
likelihood of the chosen one is higher by more than chance would make it, were the rival true. Twice
the gap of two likelihoods then has, at the most, the chi-squared distribution of as many degrees of
freedom as the chosen one has beyond what both share: beyond the rival, if it contains that one
(Wilks 1938); else beyond the constant rate, which all share.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2

from neurosim.base.arrays import Array, Flags, Indices
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["LEVEL", "degrees_beyond", "told_apart_p"]

LEVEL = 0.01
"""Of the evidence by which a rival is told apart, and by which a rectifier does not fit."""


def degrees_beyond(rectifiers: Sequence[Rectifier]) -> Indices:
    """Degrees of freedom of each (row) beyond what it shares with another (column).

    Examples
    --------
    >>> from neurosim import RECTIFIERS
    >>> degrees_beyond([RECTIFIERS[n] for n in ("half-wave", "half-squared", "ReLU with a bias")])
    array([[0, 1, 1],
           [1, 0, 1],
           [1, 2, 0]])
    """
    size = np.array([len(each.parameter_names) for each in rectifiers])
    inside = np.array([[b.is_nested_in(a) for b in rectifiers] for a in rectifiers])
    beyond = np.where(inside, size[:, None] - size, size[:, None] - 1)
    return np.where(np.eye(len(size), dtype=bool), 0, np.maximum(beyond, 1))


def told_apart_p(
    log_likelihood: Array, chosen: Indices, rectifiers: Sequence[Rectifier], candidates: Flags
) -> Array:
    """p of a gap to the chosen rectifier as large, if the rival is true; (cell, rectifier).

    Parameters
    ----------
    log_likelihood : array (cell, rectifier)
        nats.
    chosen : int array (cell,)
        Index of each cell's rectifier; -1 for none.
    rectifiers : sequence of Rectifier
    candidates : bool array (cell, rectifier)

    Returns
    -------
    ndarray (cell, rectifier)
        1 for the chosen one and for those that fit no worse; NaN for what is no candidate, and
        where none is chosen.
    """
    rows = np.arange(len(chosen))
    gap = 2 * (log_likelihood[rows, chosen][:, None] - log_likelihood)
    freedom = degrees_beyond(rectifiers)[chosen]
    p = np.where((gap > 0) & (freedom > 0), chi2.sf(gap, np.maximum(freedom, 1)), 1.0)
    return np.where(candidates & (chosen >= 0)[:, None], p, np.nan)
