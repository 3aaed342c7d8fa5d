"""The panels of the comparison figure; each draws one idea onto Axes it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from neurosim.analysis.comparison.selection import INDISTINGUISHABLE, Selection
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.data.counts import Counts
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Drawn",
    "colours",
    "draw_cells_described",
    "draw_decision",
    "draw_delta_aicc",
    "draw_fits",
    "draw_held_out",
    "draw_patch",
    "draw_residuals",
    "draw_two_paths",
]

# Okabe & Ito's palette, distinct for colour-blind readers
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#56B4E9", "#E69F00", "#CC79A7", "#F0E442", "#000000")
_STYLES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1, 1, 1)))
_DATA = "0.35"
_SQUARED = "half-squared"


@dataclass(frozen=True, eq=False)
class Drawn:
    """What the figure of a comparison is drawn from: nothing is fitted or reduced again.

    Attributes
    ----------
    responses : Dataset
        Only its labels are looked at.
    counts : Counts
    cells : array (cell,)
        Labels.
    rectifiers : list of Rectifier
        Simplest first.
    values : list of array (cell, parameter)
        The fitted parameters of each rectifier.
    explained : list of array (cell,)
        The fraction of deviance that each explains.
    delta_aicc : array (cell, rectifier)
    selected, resembles : Selection
        Among all rectifiers, and without the mechanistic reference.
    undetermined : bool array (cell,)
    bits : array (cell, rectifier) or None
        Held-out information per spike.
    """

    responses: xr.Dataset
    counts: Counts
    cells: AnyArray
    rectifiers: list[Rectifier]
    values: list[Array]
    explained: list[Array]
    delta_aicc: Array
    selected: Selection
    resembles: Selection
    undetermined: Flags
    bits: Array | None

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.rectifiers]

    def rate(self, k: int, x: Array, cell: int) -> Array:
        """Fitted rate (Hz) of a rectifier and a cell, by their indices, at drives x."""
        each = self.rectifiers[k]
        return each.rate(x, **dict(zip(each.parameter_names, self.values[k][cell], strict=True)))

    def drawable(self) -> list[int]:
        """Indices of the rectifiers that are functions of the drive alone."""
        return [k for k, each in enumerate(self.rectifiers) if not each.regressors]


def colours(names: list[str]) -> dict[str, str]:
    """One colour per rectifier: the standard ones keep theirs, others have what is left."""
    standard = [name for name, each in RECTIFIERS.items() if each.standard]
    taken = dict(zip(standard, _PALETTE, strict=False))
    left = [c for c in _PALETTE if c not in (taken[name] for name in names if name in taken)]
    others = [name for name in names if name not in taken]
    for k, name in enumerate(others):
        taken[name] = left[k % len(left)] if left else _PALETTE[k % len(_PALETTE)]
    return {name: taken[name] for name in names}


def draw_patch(ax: Axes, image: Array, title: str, limit: float) -> None:
    """A stimulus or receptive field in grey, mid-grey being zero."""
    ax.imshow(image, cmap="gray", vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set_title(title, fontsize="x-small", pad=3)
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])


def draw_fits(ax: Axes, drawn: Drawn, cell: int) -> None:
    """Rate against drive of one cell, with every rectifier of the drive alone."""
    x, rate, error = _measured(drawn.counts, cell)
    ax.errorbar(x, rate, error, fmt=".", ms=3, lw=0.5, color=_DATA, alpha=0.7, zorder=1)
    at = np.linspace(x.min(), x.max(), 400)
    colour = colours(drawn.names)
    for k in drawn.drawable():
        best, each = drawn.selected.chosen[cell] == k, drawn.rectifiers[k]
        ax.plot(
            at,
            drawn.rate(k, at, cell),
            color=colour[each.name],
            ls=_STYLES[k % len(_STYLES)],
            lw=2.2 if best else 1.2,
            label=f"{each.name} = {each.convnet}",
            zorder=3 if best else 2,
        )
    ax.set_ylim(bottom=min(0.0, -0.02 * rate.max()))


def draw_residuals(ax: Axes, drawn: Drawn, cell: int) -> None:
    """Pearson residuals of one cell, smoothed over neighbouring conditions, per rectifier."""
    counts = drawn.counts
    kept = counts.exposure[cell] > 0
    order = np.argsort(counts.x[cell][kept], kind="stable")
    x, spikes, time = (a[cell][kept][order] for a in (counts.x, counts.spikes, counts.exposure))
    groups = np.array_split(np.arange(x.size), min(x.size, 16))
    colour = colours(drawn.names)
    middle = [x[g].mean() for g in groups]
    for k in drawn.drawable():
        expected = drawn.rate(k, x, cell) * time
        residual = []
        for g in groups:  # pooled: observed minus expected spikes over the root of expected
            left = spikes[g].sum() - expected[g].sum()
            residual.append(left / np.sqrt(max(expected[g].sum(), 0.5)))
        ax.plot(
            middle,
            residual,
            marker="o",
            ms=2,
            lw=0.8,
            color=colour[drawn.names[k]],
            ls=_STYLES[k % len(_STYLES)],
        )
    ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.axhspan(-2, 2, color="0.93", zorder=-1)
    ax.set_yscale("symlog", linthresh=3)
    ax.set_yticks([-30, -3, 0, 3, 30], labels=["−30", "−3", "0", "3", "30"])
    ax.minorticks_off()


def draw_two_paths(ax: Axes, drawn: Drawn, on: int, off: int) -> None:
    """An ON cell and its opposite-phase partner against the ON cell's drive, with E+ and E−."""
    phase = drawn.responses["preferred_phase"].values
    squared = drawn.names.index(_SQUARED)
    x, rate, error = _measured(drawn.counts, on)
    at = np.linspace(x.min(), x.max(), 401)
    for sign, cell, mark, name, colour in ((1, on, "o", "+", 0), (-1, off, "s", "−", 1)):
        x, rate, error = _measured(drawn.counts, cell)
        ax.errorbar(
            sign * x,
            rate,
            error,
            fmt=mark,
            ms=3,
            lw=0.5,
            color=_PALETTE[colour],
            alpha=0.7,
            label=f"{_kind(phase[cell])} cell",
        )
        ax.plot(
            at,
            drawn.rate(squared, sign * at, cell),
            color=_PALETTE[colour],
            lw=1.6,
            label=rf"$r_0 + g\,E_{{{name}}}$, g = {drawn.values[squared][cell, 1]:.0f} Hz",
        )
    ax.set_xlabel(f"drive of the {_kind(phase[on])} cell (contrast units)")
    ax.set_ylabel("rate (Hz)")
    ax.legend(fontsize="x-small", loc="upper center", ncols=2, frameon=False)
    ax.set_ylim(0, 1.35 * ax.get_ylim()[1])


def draw_delta_aicc(ax: Axes, drawn: Drawn) -> None:
    """AICc above each cell's best, a dot per cell and rectifier."""
    names = drawn.names
    colour = colours(names)
    for k, name in enumerate(names):
        delta = drawn.delta_aicc[~drawn.undetermined, k]
        delta = delta[np.isfinite(delta)]
        if delta.size == 0:
            continue
        spread = 0.3 * np.linspace(-1, 1, delta.size)[np.argsort(np.argsort(delta, kind="stable"))]
        ax.plot(delta, k + spread, ".", ms=4, color=colour[name], alpha=0.8)
        ax.plot([np.median(delta)] * 2, [k - 0.38, k + 0.38], color="k", lw=1.2)
    ax.axvspan(0, INDISTINGUISHABLE, color="0.9", zorder=-1)
    ax.set_xscale("symlog", linthresh=4)
    ax.set_xlim(left=-0.4)
    ax.set_yticks(range(len(names)), labels=names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel("ΔAICc (grey: within 4 of the best)")


def draw_cells_described(ax: Axes, drawn: Drawn) -> None:
    """How many cells each rectifier is the simplest adequate description of."""
    names = drawn.names
    colour = [colours(names)[n] for n in names]
    rows = np.arange(len(names))
    won, aside = (
        _number(which, len(names)) for which in (drawn.selected.chosen, drawn.resembles.chosen)
    )
    both = not np.array_equal(won, aside)
    if both:  # what remains when the mechanistic reference is not among the candidates
        outlined = ax.barh(rows + 0.2, aside, 0.36, fc="none", ec=colour)
        ax.bar_label(outlined, [str(n) if n else "" for n in aside], fontsize="small", padding=2)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    bars = ax.barh(rows - 0.2 * both, won, 0.36 if both else 0.7, color=colour)
    ax.bar_label(bars, [str(n) if n else "" for n in won], fontsize="small", padding=2)
    if both:
        grey = [Patch(fc="0.4", label="all"), Patch(fc="none", ec="0.4", label="reference aside")]
        ax.legend(handles=grey, fontsize="x-small", frameon=False, loc="upper right")
    ax.set_xlim(0, 1.2 * max(won.max(), aside.max(), 1))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_xlabel("cells described best")


def draw_held_out(ax: Axes, drawn: Drawn) -> None:
    """Held-out information per spike against the cell's best: median and quartiles over cells."""
    names = drawn.names
    bits = np.empty((0, len(names))) if drawn.bits is None else drawn.bits
    bits = bits[np.isfinite(bits).all(1)]
    short = bits - bits.max(1, keepdims=True)
    for k, name in enumerate(names):
        if len(short):
            low, middle, high = np.percentile(short[:, k], [25, 50, 75])
            ax.plot([low, high], [k, k], color=colours(names)[name], lw=2)
            ax.plot(middle, k, "o", color=colours(names)[name], ms=5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks([])
    ax.axvline(0, color="0.6", lw=0.6, zorder=0)
    ax.set_xlabel("held-out bits per spike\nbelow the cell's best")


def draw_decision(ax: Axes, drawn: Drawn) -> None:
    """What decides which rectifier a simulated cell resembles: noise and distance to threshold.

    The mechanistic reference is set aside; open symbols: another kind is indistinguishable.
    """
    data = drawn.responses
    gain = data["gain"].values
    noise = np.broadcast_to(data["noise_sd"].values, data.sizes["cell"])
    rest = data["v_rest"] + data["baseline"]
    distance = np.broadcast_to((data["v_threshold"] - rest).values, noise.shape)
    names = drawn.names
    which, doubtful = drawn.resembles
    for k, name in enumerate(names):
        mine = which == k
        colour = colours(names)[name]
        if mine.any():
            ax.plot(
                noise[mine & ~doubtful],
                distance[mine & ~doubtful],
                "o",
                ms=5,
                color=colour,
                label=name,
            )
        ax.plot(
            noise[mine & doubtful], distance[mine & doubtful], "o", ms=5, mfc="none", mec=colour
        )
    right, top = 1.08 * noise.max(), 1.15 * distance.max()
    for sds in (1, 2, 3, 4):
        ax.plot([0, right], [0, sds * right], color="0.8", lw=0.6, zorder=0)
        end = min(right, top / sds)
        ax.annotate(
            f"{sds} SD",
            (end, sds * end),
            xytext=(-3, -2),
            textcoords="offset points",
            fontsize="x-small",
            color="0.5",
            ha="right",
            va="top",
        )
    ax.set_xlim(0.9 * noise.min(), right)
    ax.set_ylim(0, top)
    handles = ax.get_legend_handles_labels()[0]
    if (which >= 0)[doubtful].any():
        handles.append(
            Line2D(
                [],
                [],
                ls="",
                marker="o",
                mfc="none",
                mec="0.4",
                ms=5,
                label="open: not the only one",
            )
        )
    ax.legend(
        handles=handles,
        fontsize="x-small",
        loc="upper center",
        bbox_to_anchor=(0.5, -0.22),
        ncols=3,
        frameon=False,
        handletextpad=0.2,
        columnspacing=1,
    )
    ax.set_xlabel("membrane noise SD (mV)")
    ax.set_ylabel("rest to threshold (mV)")
    if np.ndim(gain) == 0:
        twin = ax.secondary_yaxis("right", functions=(lambda v: v / gain, lambda d: d * gain))
        twin.set_ylabel("threshold (drive)")


def _kind(phase: float) -> str:
    """What a cell of a phase (deg) is called."""
    return {0.0: "ON", 180.0: "OFF"}.get(float(phase), f"{phase:.0f}°")


def _number(which: Indices, of: int) -> Indices:
    """How many cells have each index; -1 is none of them."""
    return np.bincount(which[which >= 0], minlength=of)


def _measured(counts: Counts, cell: int) -> tuple[Array, Array, Array]:
    """Drive, rate and its Poisson standard error (Hz) of the conditions that have data."""
    kept = counts.exposure[cell] > 0
    spikes, time = counts.spikes[cell][kept], counts.exposure[cell][kept]
    return counts.x[cell][kept], spikes / time, np.sqrt(spikes) / time


def opposite_pair(drawn: Drawn) -> tuple[int, int] | None:
    """The ON cell (phase 0) and OFF partner that half-squaring describes best, if there are such.

    Where no cell has phase 0, any opposite pair will do. Best is the largest sum of the fractions
    of deviance that the two half-squared fits explain; without those fits there is no pair.
    """
    labels = drawn.responses.coords
    known = "preferred_phase" in labels and "quadrature_set" in labels
    if not known or _SQUARED not in drawn.names:
        return None
    phase, sets = labels["preferred_phase"].values, labels["quadrature_set"].values
    explained = drawn.explained[drawn.names.index(_SQUARED)]
    pairs = [
        (float(explained[on] + explained[off]), int(on), int(off))
        for on in np.flatnonzero(phase == 0 if (phase == 0).any() else phase < 180)
        for off in np.flatnonzero((sets == sets[on]) & (phase == phase[on] + 180))
    ]
    return max(pairs)[1:] if pairs else None


def representative_cells(drawn: Drawn, number: int = 3) -> list[int]:
    """Cells that resemble different rectifiers, as far as there are, then those that spike most."""
    spikes, which = drawn.counts.spikes.sum(1), drawn.resembles.chosen
    won = _number(which, len(drawn.rectifiers))
    picked: list[int] = []
    for k in np.argsort(-won, kind="stable"):
        mine = np.flatnonzero(which == k)
        if mine.size:  # the cell of median activity stands for its kind
            picked.append(int(mine[np.argsort(spikes[mine], kind="stable")[mine.size // 2]]))
    rest = [int(c) for c in np.argsort(-spikes, kind="stable") if c not in picked]
    return (picked + rest)[: min(number, len(spikes))]
