"""The rule that names a cell's rectifier: a pure function of criteria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neurosim.base.arrays import Array, Flags, Indices
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["INDISTINGUISHABLE", "Selection", "above_best", "descriptive", "related", "simplest"]

INDISTINGUISHABLE = 4.0
"""AIC units within which a rectifier counts as no worse than the best."""


class Selection(NamedTuple):
    """The rectifier that each cell is called, and how sure that is.

    Attributes
    ----------
    chosen : int array (cell,)
        Index of the simplest adequate rectifier (the better of equals); -1 where there is none.
    rivalled : bool array (cell,)
        Whether one that is no limit or extension of it is adequate too.
    """

    chosen: Indices
    rivalled: Flags


def simplest(
    delta: Array, rectifiers: Sequence[Rectifier], among: Flags | None = None
) -> Selection:
    """The simplest rectifier within `INDISTINGUISHABLE` units of each cell's best.

    Parameters
    ----------
    delta : array (cell, rectifier)
        A criterion, from any origin; NaN or infinite for what is no candidate.
    rectifiers : sequence of Rectifier
    among : bool array (rectifier,), optional
        The candidates; default all.

    Examples
    --------
    >>> from neurosim import RECTIFIERS
    >>> family = [RECTIFIERS[name] for name in ("ReLU", "squared ReLU", "ReLU with a bias")]
    >>> simplest(np.array([[3.0, 9.0, 0.0], [9.0, 9.0, 0.0]]), family)
    Selection(chosen=array([0, 2]), rivalled=array([False, False]))
    """
    size = np.array([len(each.parameter_names) for each in rectifiers], dtype=float)
    candidates = np.isfinite(delta) if among is None else np.isfinite(delta) & among
    criterion = np.where(candidates, delta, np.inf)
    best = criterion.min(1, keepdims=True)
    above = np.where(np.isfinite(best), criterion - np.where(np.isfinite(best), best, 0.0), np.inf)
    near = above <= INDISTINGUISHABLE
    tie = np.where(near, above, 0.0) / (10 * INDISTINGUISHABLE)  # below the step of one parameter
    chosen = np.where(near.any(1), np.where(near, size + tie, np.inf).argmin(1), -1)
    return Selection(chosen, (near & ~related(rectifiers)[chosen]).any(1))


def related(rectifiers: Sequence[Rectifier]) -> Flags:
    """Whether one of two is a limit of the other; (rectifier, rectifier)."""
    inside = np.array([[a.is_nested_in(b) for b in rectifiers] for a in rectifiers])
    related: Flags = inside | inside.T
    return related


def above_best(criteria: Sequence[Array], candidates: Flags) -> Array:
    """A criterion above that of the cell's best candidate, or of the best where there is none.

    Parameters
    ----------
    criteria : sequence of array (cell,)
        One per rectifier.
    candidates : bool array (cell, rectifier)

    Returns
    -------
    array (cell, rectifier)
    """
    criterion = np.stack(criteria, axis=1)
    best = np.where(candidates, criterion, np.inf).min(1, keepdims=True)
    best = np.where(np.isfinite(best), best, criterion.min(1, keepdims=True))
    above: Array = criterion - best
    return above


def descriptive(rectifiers: Sequence[Rectifier]) -> Flags:
    """Which are no mechanistic reference; all of them where none is; (rectifier,)."""
    mechanistic = np.array([each.mechanistic for each in rectifiers])
    return ~mechanistic | mechanistic.all()
