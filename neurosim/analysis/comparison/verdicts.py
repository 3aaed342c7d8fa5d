"""What a cell is called: a rectifier, a constant rate, none in the list, or undetermined.

A name is given to what is the simplest of those near the best and describes the responses; where
the simplest does not, to the simplest of those that do. Nothing is guessed: where every candidate
is refused by its goodness of fit the verdict is "none", and where the data cannot say it is
"undetermined", each with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neurosim.analysis.comparison.evidence import LEVEL
from neurosim.analysis.comparison.selection import simplest
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["NONE", "UNDETERMINED", "Verdicts", "judged", "kinds_of"]

NONE, UNDETERMINED = "none", "undetermined"
"""What a cell is called that nothing in the list describes, and one that tells too little."""

_SCATTER = "not described, or scatter above Poisson: not told"


class Verdicts(NamedTuple):
    """What every cell is called.

    Attributes
    ----------
    names : array of str (cell,)
        A rectifier's name, "constant rate", "none" or "undetermined".
    which : int array (cell,)
        Index of the rectifier that is named; -1 where none is.
    reasons : array of str (cell,)
        Why no rectifier is named; "" where one is.
    """

    names: AnyArray
    which: Indices
    reasons: AnyArray


def judged(
    chosen: Indices,
    criterion: Array,
    p: Array,
    candidates: Flags,
    rectifiers: Sequence[Rectifier],
    silent: Flags,
    scatter_known: Flags,
) -> Verdicts:
    """The verdict on every cell.

    Parameters
    ----------
    chosen : int array (cell,)
        The simplest near the best; -1 where there is none.
    criterion : array (cell, rectifier)
        From any origin.
    p : array (cell, rectifier)
        Goodness of fit; NaN where it was not worked out or cannot be, which refuses nothing.
    candidates : bool array (cell, rectifier)
    rectifiers : sequence of Rectifier
    silent : bool array (cell,)
        Without a spike.
    scatter_known : bool array (cell,)
        Whether the trials say how counts scatter: else a poor fit may be scatter.

    Examples
    --------
    >>> from neurosim import RECTIFIERS
    >>> family, yes = [RECTIFIERS["ReLU"], RECTIFIERS["squared ReLU"]], np.ones(3, dtype=bool)
    >>> judged(np.zeros(3, dtype=int), np.array([[0.0, 9.0]] * 3),
    ...        np.array([[0.3, 0.2], [1e-4, 0.2], [1e-4, 1e-5]]), np.ones((3, 2), dtype=bool),
    ...        family, ~yes, yes).names.tolist()
    ['half-wave', 'half-squared', 'none']
    """
    rows = np.arange(len(chosen))
    adequate = candidates & ~(p < LEVEL)
    index = np.where((chosen >= 0) & adequate[rows, chosen], chosen, -1)
    misfit = (chosen >= 0) & (index < 0)
    if misfit.any():
        other = simplest(np.where(adequate, criterion, np.inf), rectifiers).chosen
        index = np.where(misfit, other, index)
    labels = np.array([*(each.name for each in rectifiers), NONE], dtype=object)
    names = labels[index]
    reasons = np.full(len(chosen), "", dtype=object)
    unknown = misfit & (index < 0) & ~scatter_known
    few = ~silent & (chosen < 0)
    for which, reason in (
        (silent, "no spikes"),
        (few, "too few conditions"),
        (unknown, _SCATTER),
    ):
        names[which], index[which], reasons[which] = UNDETERMINED, -1, reason
    return Verdicts(names, index, reasons)


def kinds_of(found: Verdicts, rectifiers: Sequence[Rectifier]) -> AnyArray:
    """Kind of each verdict; the verdict itself where that is no rectifier of the drive; (cell,)."""
    kinds = np.array([*(each.kind for each in rectifiers), ""], dtype=object)
    return np.where(found.which >= 0, kinds[found.which], found.names)
