"""Panels about single cells; each draws one idea onto Axes it is given."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from neurosim.analysis.comparison.drawn import HALF_SQUARED, PALETTE, Drawn, colours
from neurosim.base.arrays import Array

__all__ = ["draw_fits", "draw_patch", "draw_residuals", "draw_two_paths"]

_STYLES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1, 1, 1)))
_DATA = "0.35"  # grey of what was measured
_LEAST_VARIANCE = 0.5  # of spikes: less would make a single one where none is expected infinite
_POOLED = 16  # residuals of neighbouring conditions, at the most; of more, none could be read


def draw_patch(ax: Axes, image: Array, title: str, limit: float) -> None:
    """A stimulus or receptive field in grey, mid-grey being zero."""
    ax.imshow(image, cmap="gray", vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set_title(title, fontsize="x-small", pad=3)
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])


def draw_fits(ax: Axes, drawn: Drawn, cell: int) -> None:
    """Rate against drive of one cell, with every rectifier of the drive alone."""
    x, rate, error = _measured(drawn, cell)
    ax.errorbar(x, rate, error, fmt=".", ms=3, lw=0.5, color=_DATA, alpha=0.7, zorder=1)
    at = np.linspace(x.min(), x.max(), 400)
    colour = colours(drawn.names)
    for k in drawn.drawable():
        best, each = drawn.verdicts.which[cell] == k, drawn.rectifiers[k]
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
    kept = np.flatnonzero(counts.exposure[cell] > 0)
    order = kept[np.argsort(counts.x[cell][kept], kind="stable")]
    x, time = counts.x[cell][order], counts.exposure[cell][order]
    measured = drawn.measured[0][cell][order]
    groups = np.array_split(np.arange(x.size), min(x.size, _POOLED))
    colour = colours(drawn.names)
    middle = [x[g].mean() for g in groups]
    for k in drawn.drawable():
        rate = drawn.rate(k, counts.x[cell], cell)
        whole = np.zeros(counts.x.shape)
        whole[cell] = rate
        variance = (drawn.standard_error(whole)[cell][order] * time) ** 2
        left = (measured - rate[order]) * time
        residual = []
        for g in groups:  # pooled: observed minus expected spikes over their standard deviation
            residual.append(left[g].sum() / np.sqrt(max(variance[g].sum(), _LEAST_VARIANCE)))
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
    squared = drawn.names.index(HALF_SQUARED)
    x, rate, error = _measured(drawn, on)
    at = np.linspace(x.min(), x.max(), 401)
    for sign, cell, mark, name, colour in ((1, on, "o", "+", 0), (-1, off, "s", "−", 1)):
        x, rate, error = _measured(drawn, cell)
        ax.errorbar(
            sign * x,
            rate,
            error,
            fmt=mark,
            ms=3,
            lw=0.5,
            color=PALETTE[colour],
            alpha=0.7,
            label=f"{_kind(phase[cell])} cell",
        )
        ax.plot(
            at,
            drawn.rate(squared, sign * at, cell),
            color=PALETTE[colour],
            lw=1.6,
            label=rf"$r_0 + g\,E_{{{name}}}$, g = {drawn.values[squared][cell, 1]:.0f} Hz",
        )
    ax.set_xlabel(f"drive of the {_kind(phase[on])} cell (contrast units)")
    ax.set_ylabel("rate (Hz)")
    ax.legend(fontsize="x-small", loc="upper center", ncols=2, frameon=False)
    ax.set_ylim(0, 1.35 * ax.get_ylim()[1])


def _kind(phase: float) -> str:
    """What a cell of a phase (deg) is called."""
    return {0.0: "ON", 180.0: "OFF"}.get(float(phase), f"{phase:.0f}°")


def _measured(drawn: Drawn, cell: int) -> tuple[Array, Array, Array]:
    """Drive, rate and its standard error (Hz) of the conditions that have data."""
    kept = drawn.counts.exposure[cell] > 0
    rate, error = (part[cell][kept] for part in drawn.measured)
    return drawn.counts.x[cell][kept], rate, error
