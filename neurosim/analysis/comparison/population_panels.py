"""Panels about all cells; each draws one idea onto Axes it is given."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from neurosim.analysis.comparison.deciding import PAIR, membrane
from neurosim.analysis.comparison.drawn import Drawn, cells_of_each, colours
from neurosim.analysis.comparison.selection import INDISTINGUISHABLE
from neurosim.models.rectifiers.constant import CONSTANT

__all__ = ["draw_cells_described", "draw_decision", "draw_delta_aic", "draw_held_out"]


def draw_delta_aic(ax: Axes, drawn: Drawn) -> None:
    """AIC above each cell's best, a dot per cell and rectifier."""
    names = drawn.names
    colour = colours(names)
    for k, name in enumerate(names):
        delta = drawn.delta_aic[drawn.candidates[:, k], k]
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
    ax.set_xlabel("ΔAIC (grey: within 4 of the best)")


def draw_cells_described(ax: Axes, drawn: Drawn) -> None:
    """How many cells each rectifier is the simplest adequate description of."""
    names = drawn.names
    colour = [colours(names)[n] for n in names]
    rows = np.arange(len(names))
    won, aside = (
        cells_of_each(which, len(names)) for which in (drawn.verdicts.which, drawn.resembles.chosen)
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
    ax.set_xlabel("cells with this verdict")


def draw_held_out(ax: Axes, drawn: Drawn) -> None:
    """Held-out information per spike against the cell's best: median and quartiles over cells."""
    names = drawn.names
    bits = np.stack(drawn.bits, axis=1) if drawn.bits else np.empty((0, len(names)))
    bits = bits[np.isfinite(bits).all(1)]
    short = bits - bits.max(1, keepdims=True)
    if len(short):
        quartiles = np.percentile(short, [25, 50, 75], axis=0)
        # a constant rate may be so far out that nothing else is told apart
        least = min(
            (q for q, n in zip(quartiles[0], names, strict=True) if n != CONSTANT.name), default=0.0
        )
        left = 1.15 * least if least < 0 else -np.inf
        for k, (low, middle, high) in enumerate(quartiles.T):
            ax.plot([max(low, left), max(high, left)], [k, k], color=colours(names)[names[k]], lw=2)
            marker = "<" if middle < left else "o"
            ax.plot(max(middle, left), k, marker, color=colours(names)[names[k]], ms=5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks([])
    ax.axvline(0, color="0.6", lw=0.6, zorder=0)
    ax.set_xlabel("held-out bits per spike\nbelow the cell's best")


def draw_decision(ax: Axes, drawn: Drawn) -> None:
    """What decides which rectifier a simulated cell resembles: noise and distance to threshold.

    Of half-squared and the thresholded half-wave it is the nearer, where both are compared. Else
    the mechanistic reference is set aside; open symbols: another kind is indistinguishable.
    """
    known = membrane(drawn.responses)
    assert known is not None  # or there is no such panel
    noise, distance, gain = known.noise, known.distance, known.gain
    names = drawn.names
    which, doubtful = drawn.resembles
    if set(PAIR) <= set(names):
        above, below = (names.index(name) for name in PAIR)
        which = np.where(drawn.delta_aic[:, above] < drawn.delta_aic[:, below], above, below)
        doubtful = np.zeros(len(which), dtype=bool)
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
    if drawn.cut is not None:
        ax.plot(
            [0, right],
            [0, drawn.cut.at * right],
            "k--",
            lw=0.9,
            label=f"{drawn.cut.at:.2g} SD",
        )
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
    if (gain == gain[0]).all():
        unit = gain[0]
        twin = ax.secondary_yaxis("right", functions=(lambda v: v / unit, lambda d: d * unit))
        twin.set_ylabel("threshold (drive)")
