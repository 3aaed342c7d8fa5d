"""Which of the fits of a cell compete for its name, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import AnyArray, Flags
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.constant import CONSTANT

__all__ = ["TOO_MANY", "reasons_aside", "undetermined_cells"]

TOO_MANY = "not ranked: k >= conditions"
"""Why a rectifier with as many parameters as a cell has conditions is no candidate."""


def reasons_aside(fits: Sequence[Fit]) -> AnyArray:
    """Why each fit is no candidate for a cell's name: text (cell, rectifier), "" for candidates.

    One with as many parameters as there are conditions with data describes whatever was measured.
    One of several paths, of which one is 0 at every drive shown (no negative drive, say), is the
    rectifier of the others by another name.

    Parameters
    ----------
    fits : sequence of Fit
        Of the same cells.
    """
    reasons = np.full((len(fits[0].cells), len(fits)), "", dtype=object)
    for k, each in enumerate(fits):
        for name, unseen in zip(each.rectifier.gains, _unseen_paths(each).T, strict=True):
            reasons[unseen, k] = f"set aside: no drive shown bears on {name}"
        reasons[~each.ranked, k] = TOO_MANY
    return reasons


def _unseen_paths(fit: Fit) -> Flags:
    """Of rectifiers with several paths: which are 0 at all conditions with data; (cell, path)."""
    model, rectifier = fit.model, fit.rectifier
    if len(rectifier.gains) < 2:
        return np.zeros((len(fit.cells), len(rectifier.gains)), dtype=bool)
    paths = model.plain.basis(fit.values[:, model.linear :])[:, 1:]
    seen = (paths != 0) & (model.counts.exposure > 0)[:, None]
    unseen: Flags = ~seen.any(-1)
    return unseen


def undetermined_cells(aside: AnyArray, rectifiers: list[Rectifier], silent: Flags) -> Flags:
    """Cells that say nothing: no spikes, or too few conditions for any rectifier; (cell,)."""
    constant = np.array([each.name == CONSTANT.name for each in rectifiers])
    able = (aside == "") & ~(constant & ~constant.all())
    undetermined: Flags = silent | ~able.any(1)
    return undetermined
