"""Shares of kinds in a population, as a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from neurosim.base.arrays import Array

__all__ = ["shares_figure"]


def shares_figure(
    kinds: Sequence[str], share: Array, low: Array, high: Array, cells: int
) -> Figure:
    """Shares with their intervals, a row per kind.

    Parameters
    ----------
    kinds : sequence of str
    share, low, high : array (kind,)
    cells : int
    """
    figure = Figure(figsize=(6, 1.1 + 0.4 * len(kinds)), dpi=150, layout="constrained")
    ax = figure.subplots()
    rows = np.arange(len(kinds))
    ax.barh(rows, share, 0.6, color="0.8")
    ax.errorbar(share, rows, xerr=[share - low, high - share], fmt="ko", ms=4, lw=1.2)
    ax.set_yticks(rows, kinds)
    ax.set_ylim(len(kinds) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.set_xlabel(f"share of {cells} cells (95 % credible interval)")
    ax.spines[["top", "right"]].set_visible(False)
    return figure
