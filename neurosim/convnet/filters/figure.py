"""The figure of `paired_filters`: smallest cosines beside the nulls, and the best pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurosim.convnet.filters.paired_filters import PairedFilters

__all__ = ["paired_filters_figure"]

_STYLE: dict[Any, Any] = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}
_COLOURS = ("0.55", "tab:green", "tab:orange")  # of the nulls
_BINS = np.linspace(-1, 0.5, 31)


def paired_filters_figure(found: PairedFilters, most: int) -> Figure:
    """Left: the distributions. Right: up to `most` pairs, one filter above the other."""
    import matplotlib as mpl

    pairs = found.pairs[:most]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(4.2 + len(pairs), 2.9), dpi=150, layout="constrained")
        widths = [4.2, len(pairs)]
        left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=widths)[0]
        _distributions(left.subplots(), found)
        panels = right.subplots(2, len(pairs), squeeze=False)
        for column, (one, other, cosine) in enumerate(pairs):
            for panel, k in zip(panels[:, column], (one, other), strict=True):
                _draw(panel, found.filters[k])
                panel.set_xlabel(str(found.indices[k]), labelpad=2)
            panels[0, column].set_title(_signed(f"{cosine:.2f}"), fontsize=8)
        right.suptitle("the most opposite pairs: their cosine, and their indices", fontsize=8)
    return figure


def _distributions(ax: Axes, found: PairedFilters) -> None:
    """Share of filters by smallest cosine; each null over all its draws, and its mean."""
    for null, colour in zip(found.nulls, _COLOURS, strict=True):
        share = np.histogram(null.cosines, _BINS)[0] / null.cosines.size
        told = f"{null.name} {_signed(f'{null.mean:.3f}')} ± {null.sd:.3f}"
        ax.stairs(share, _BINS, color=colour, lw=1.2, label=told)
        ax.axvline(null.mean, color=colour, lw=0.8, ls=":")
    share = np.histogram(found.cosines, _BINS)[0] / len(found.cosines)
    told = f"filters {_signed(f'{found.mean:.3f}')}"
    ax.stairs(share, _BINS, color="tab:blue", alpha=0.5, fill=True, label=told, zorder=0)
    ax.axvline(found.mean, color="tab:blue", lw=0.8, ls=":")
    ax.set_xlim(-1, max(0.1, max(null.cosines.max() for null in found.nulls)))
    ax.set_xlabel("smallest cosine to another filter")
    ax.set_ylabel("share of filters")
    ax.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1),
        ncols=2,
        frameon=False,
        fontsize="small",
        title="mean (dotted) ± SD over draws",
        title_fontsize="small",
    )


def _draw(ax: Axes, weights: NDArray[np.float64]) -> None:
    """A filter about grey: in colour if it has three channels, else its strongest channel."""
    limit = np.abs(weights).max()
    if len(weights) == 3:
        ax.imshow(0.5 + weights.transpose(1, 2, 0) / (2 * limit), interpolation="nearest")
    else:
        strongest = weights[np.argmax((weights**2).sum((1, 2)))]
        ax.imshow(strongest, cmap="gray", vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _signed(number: str) -> str:
    return number.replace("-", "−")
