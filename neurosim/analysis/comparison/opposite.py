"""Cells that fire for the other sign of the drive: the rectifiers of -x.

A cell that nothing describes, or that two paths describe of which the one of negative drives is the
stronger, is compared once more with the sign of its drive turned. What then describes it names it
("half-wave of -x"), if it shows a silent side, which a straight line that falls has not, and if two
paths are not better by more than the units within which the simplest is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from neurosim.analysis.comparison.selection import INDISTINGUISHABLE
from neurosim.analysis.comparison.verdicts import NONE, Verdicts
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Flags, Indices
from neurosim.models.rectifiers.constant import CONSTANT

__all__ = ["opposed", "turned", "worth_turning"]

_SILENT = 0.02  # of the largest rise: below it a condition is on the silent side
_FEWEST = 2  # conditions there, for the side to be seen


def worth_turning(fits: Sequence[Fit], found: Verdicts) -> Indices:
    """Cells, by index, whose other sign of the drive is worth a look.

    Parameters
    ----------
    fits : sequence of Fit
    found : Verdicts
    """
    counts = fits[0].model.counts
    shown = counts.shown
    signed = (shown.min(1) < 0) & (shown.max(1) > 0)
    weaker = np.zeros(len(signed), dtype=bool)
    for k, each in enumerate(fits):
        if len(each.rectifier.gains) == 2:
            weaker |= (found.which == k) & (each.values[:, 1] < each.values[:, 2])
    worth: Indices = np.flatnonzero(signed & ((found.names == NONE) | weaker))
    return worth


def turned(responses: xr.Dataset, rows: Indices) -> xr.Dataset:
    """Responses of some cells to a drive of the other sign."""
    some = responses.isel(cell=rows)
    return some.assign(drive=-some["drive"].assign_attrs(responses["drive"].attrs))


def opposed(
    found: Verdicts, fits: Sequence[Fit], other: Verdicts, turned: Sequence[Fit]
) -> Verdicts:
    """The verdicts with those of the other sign of the drive, where these are names of rectifiers.

    Parameters
    ----------
    found : Verdicts
    fits : sequence of Fit
        Behind them.
    other : Verdicts
        On the cells that were turned.
    turned : sequence of Fit
        Behind them.
    """
    names, which, reasons = (each.copy() for each in found)
    place = {label: row for row, label in enumerate(fits[0].cells.tolist())}
    one_sided = _one_sided(turned, other)
    for row, label in enumerate(turned[0].cells.tolist()):
        here = place[label]
        if one_sided[row] and _as_good(fits, which[here], here, turned, other.which[row], row):
            names[here] = f"{other.names[row]} of -x"
            which[here], reasons[here] = -1, ""
    return Verdicts(names, which, reasons)


def _as_good(
    fits: Sequence[Fit], which: int, row: int, turned: Sequence[Fit], other: int, at: int
) -> bool:
    """Whether what describes the turned drive does as well as the verdict, if there is one."""
    if which < 0:
        return True
    return bool(turned[other].aic[at] <= fits[which].aic[row] + INDISTINGUISHABLE)


def _one_sided(fits: Sequence[Fit], found: Verdicts) -> Flags:
    """Which verdicts name a rectifier of one path whose silent side was shown; (cell,)."""
    sided = np.zeros(len(found.which), dtype=bool)
    for k, each in enumerate(fits):
        rows = np.flatnonzero(found.which == k)
        if rows.size == 0 or len(each.rectifier.gains) != 1 or each.rectifier.name == CONSTANT.name:
            continue
        some = each.take(rows)
        seen = some.model.counts.exposure > 0
        path = some.model.plain.basis(some.values[:, some.model.linear :])[:, 1]
        rise = np.where(seen, path - np.where(seen, path, np.inf).min(1, keepdims=True), np.nan)
        silent = rise <= _SILENT * np.nanmax(rise, axis=1, keepdims=True)
        sided[rows] = silent.sum(1) >= _FEWEST
    return sided
