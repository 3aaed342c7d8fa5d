"""How far the filters of a layer come in opposite pairs, beside what they would by chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.convnet.filters.filter_nulls import PairingNull
from neurosim.report.figure_files import figure_style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PairedFilters", "cosines_to_others"]

_TEXT = 8  # points
_COLOURS = ("0.55", "tab:green", "tab:orange")  # of the nulls
_BINS = np.linspace(-1, 0.5, 31)


@dataclass(frozen=True, eq=False, repr=False)
class PairedFilters:
    """How far the filters of a layer come in opposite pairs, and how far they would by chance.

    Attributes
    ----------
    filters : array (filter, channel, row, column)
        Scaled to unit norm (and of mean zero, if that was asked for).
    cosines : array (filter,)
        The smallest cosine of each filter to another one.
    opposites : array (filter,)
        Place of that other filter among `filters`.
    indices : array (filter,)
        Index of each filter in the layer, from which some may have been dropped.
    nulls : tuple of PairingNull
        Gaussian, phase-randomised, sign-flipped.
    """

    filters: Array
    cosines: Array
    opposites: Indices
    indices: Indices
    nulls: tuple[PairingNull, ...]

    @property
    def mean(self) -> float:
        """Mean over filters of the smallest cosine."""
        return float(self.cosines.mean())

    @property
    def median(self) -> float:
        """Median over filters of the smallest cosine."""
        return float(np.median(self.cosines))

    @property
    def best(self) -> float:
        """The smallest cosine of all."""
        return float(self.cosines.min())

    def share_below(self, cosine: float) -> float:
        """Share of the filters whose smallest cosine is below `cosine`."""
        faults = Faults("PairedFilters.share_below")
        cosine = faults.number("cosine", cosine, "in [-1, 1]", lambda each: -1 <= each <= 1)
        faults.stop()
        return float((self.cosines < cosine).mean())

    def null(self, name: str) -> PairingNull:
        """A null ensemble by its name."""
        found = {each.name: each for each in self.nulls}
        faults = Faults("PairedFilters.null")
        faults.one_of("a name", name, found)
        faults.stop()
        return found[name]

    def z(self, null: PairingNull) -> float:
        """Mean of the filters less that of the null, in its SDs; negative: they are paired more."""
        return float((self.mean - null.mean) / null.sd) if null.sd > 1e-9 else np.nan

    def p(self, null: PairingNull) -> float:
        """Share of draws that are paired as much or more, the filters counted as one of them."""
        at_most = self.mean + 1e-12  # rounding is no difference
        return float((1 + (null.means <= at_most).sum()) / (1 + len(null.means)))

    @cached_property
    def pairs(self) -> list[tuple[int, int, float]]:
        """Pairs from the most opposite on, each filter once: (place, place, cosine)."""
        cosine = cosines_to_others(self.filters.reshape(len(self.filters), -1))
        one, other = np.triu_indices(len(cosine), 1)
        free = np.ones(len(cosine), dtype=bool)
        found = []
        for k in np.argsort(cosine[one, other].round(12), kind="stable"):
            i, j = int(one[k]), int(other[k])
            if free[i] and free[j]:
                free[[i, j]] = False
                found.append((i, j, float(cosine[i, j])))
        return found

    def to_dataframe(self) -> pd.DataFrame:
        """The filters and each null, a row each.

        Returns
        -------
        DataFrame
            mean (over filters, and over draws in a null), sd (of the mean, over draws), median,
            the shares below -0.5 and -0.8, best (the mean over draws), z and p (one-sided) of the
            filters against that null.
        """
        import pandas as pd

        rows: dict[str, dict[str, float]] = {"filters": {"mean": self.mean} | _told(self.cosines)}
        for each in self.nulls:
            rows[each.name] = {
                "mean": each.mean,
                "sd": each.sd,
                **_told(each.cosines),
                "z": self.z(each),
                "p": self.p(each),
            }
        columns = ["mean", "sd", "median", "below -0.5", "below -0.8", "best", "z", "p"]
        return pd.DataFrame(rows).T.reindex(columns=columns)

    def plot(self, pairs: int = 8) -> Figure:
        """The distribution of the smallest cosines beside the nulls, and the best pairs.

        Parameters
        ----------
        pairs : int
            How many pairs to show.
        """
        faults = Faults("PairedFilters.plot")
        most = faults.whole("pairs", pairs)
        faults.stop()
        return _drawn(self, most)

    def __repr__(self) -> str:
        table = self.to_dataframe().to_string(float_format=lambda v: f"{v:.3f}", na_rep="")
        shape = " x ".join(str(n) for n in self.filters.shape[1:])
        draws = len(self.nulls[0].cosines)
        return (
            f"{len(self.filters)} filters of {shape}: smallest cosine to another filter "
            f"({draws} draws of each null)\n{table}"
        )


def cosines_to_others(flat: Array) -> Array:
    """Cosines of unit vectors (filter, weight) to each other; (filter, filter), infinite to self.

    Infinite, so that a filter is never its own opposite.
    """
    cosine = np.clip(flat @ flat.T, -1, 1)
    np.fill_diagonal(cosine, np.inf)
    return cosine


def _told(cosines: Array) -> dict[str, float]:
    """What is said of smallest cosines, (filter,) or (draw, filter)."""
    return {
        "median": float(np.median(cosines, axis=-1).mean()),
        "below -0.5": float((cosines < -0.5).mean()),
        "below -0.8": float((cosines < -0.8).mean()),
        "best": float(cosines.min(-1).mean()),
    }


def _drawn(found: PairedFilters, most: int) -> Figure:
    """Left: the distributions. Right: up to `most` pairs, one filter above the other."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    pairs = found.pairs[:most]
    with mpl.rc_context(figure_style(_TEXT)):
        figure = Figure(figsize=(4.2 + len(pairs), 2.9), dpi=150, layout="constrained")
        widths = [4.2, len(pairs)]
        left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=widths)[0]
        _distributions(left.subplots(), found)
        panels = right.subplots(2, len(pairs), squeeze=False)
        for column, (one, other, cosine) in enumerate(pairs):
            for panel, k in zip(panels[:, column], (one, other), strict=True):
                _draw_filter(panel, found.filters[k])
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


def _draw_filter(ax: Axes, weights: Array) -> None:
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
