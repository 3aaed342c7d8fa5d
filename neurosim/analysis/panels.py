"""The panels of the comparison figure; each draws one idea onto Axes it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.analysis.comparison import Comparison
from neurosim.analysis.fitting import fit_counts
from neurosim.analysis.likelihood import Counts
from neurosim.models.rectifiers import RECTIFIERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
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


def colours(names: list[str]) -> dict[str, str]:
    """One colour per rectifier, the same in every figure."""
    every = list(dict.fromkeys([*RECTIFIERS, *names]))
    return {name: _PALETTE[every.index(name) % len(_PALETTE)] for name in names}


def draw_patch(ax: Axes, image: NDArray[np.float64], title: str, limit: float | None = None) -> None:
    """A stimulus or receptive field in grey, mid-grey being zero."""
    bound = np.abs(image).max() if limit is None else limit
    ax.imshow(image, cmap="gray", vmin=-bound, vmax=bound, interpolation="nearest")
    ax.set_title(title, fontsize="small", pad=3)
    ax.set_xticks([])
    ax.set_yticks([])


def draw_fits(ax: Axes, comparison: Comparison, cell: int) -> None:
    """Rate against drive of one cell, with every rectifier."""
    counts = Counts.from_responses(comparison.responses)
    x, rate, error = _measured(counts, cell)
    ax.errorbar(x, rate, error, fmt=".", ms=3, lw=0.5, color=_DATA, alpha=0.7, zorder=1)
    at = np.linspace(x.min(), x.max(), 400)
    colour = colours([r.name for r in comparison.rectifiers])
    for k, each in enumerate(comparison.fits):
        best = comparison.chosen[cell] == k
        ax.plot(
            at,
            each.rate(at, cell),
            color=colour[each.rectifier.name],
            ls=_STYLES[k % len(_STYLES)],
            lw=2.2 if best else 1.2,
            label=f"{each.rectifier.name} = {each.rectifier.convnet}",
            zorder=3 if best else 2,
        )
    ax.set_ylim(bottom=min(0.0, -0.02 * rate.max()))


def draw_residuals(ax: Axes, comparison: Comparison, cell: int) -> None:
    """Pearson residuals of one cell, smoothed over neighbouring conditions, per rectifier."""
    counts = Counts.from_responses(comparison.responses)
    kept = counts.exposure[cell] > 0
    order = np.argsort(counts.x[cell][kept], kind="stable")
    x, spikes, time = (
        a[cell][kept][order] for a in (counts.x, counts.spikes, counts.exposure)
    )
    groups = np.array_split(np.arange(x.size), min(x.size, 16))
    colour = colours([r.name for r in comparison.rectifiers])
    middle = [x[g].mean() for g in groups]
    for k, each in enumerate(comparison.fits):
        expected = each.rate(x, cell) * time
        residual = []
        for g in groups:  # pooled: observed minus expected spikes over the root of expected
            left = spikes[g].sum() - expected[g].sum()
            residual.append(left / np.sqrt(max(expected[g].sum(), 0.5)))
        ax.plot(middle, residual, marker="o", ms=2, lw=0.8, color=colour[each.rectifier.name],
                ls=_STYLES[k % len(_STYLES)])  # fmt: skip
    ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.axhspan(-2, 2, color="0.93", zorder=-1)
    ax.set_yscale("symlog", linthresh=3)
    ax.set_yticks([-30, -3, 0, 3, 30], labels=["−30", "−3", "0", "3", "30"])
    ax.minorticks_off()


def draw_two_paths(ax: Axes, comparison: Comparison, on: int, off: int) -> None:
    """An ON cell and its opposite-phase partner against the ON cell's drive, with E+ and E−."""
    counts = Counts.from_responses(comparison.responses)
    squared = RECTIFIERS["half-squared"]
    pair = fit_counts(squared, counts.take(np.array([on, off])))
    x, rate, error = _measured(counts, on)
    ax.errorbar(x, rate, error, fmt="o", ms=3, lw=0.5, color=_PALETTE[0], alpha=0.7,
                label="ON cell")  # fmt: skip
    at = np.linspace(-np.abs(x).max(), np.abs(x).max(), 401)
    x, rate, error = _measured(counts, off)
    ax.errorbar(-x, rate, error, fmt="s", ms=3, lw=0.5, color=_PALETTE[1], alpha=0.7,
                label="OFF cell")  # fmt: skip
    for row, (name, colour) in enumerate((("+", _PALETTE[0]), ("−", _PALETTE[1]))):
        gain = pair.values[row, 1]
        ax.plot(at, pair.rate(at if row == 0 else -at, row), color=colour, lw=1.6,
                label=rf"$r_0 + g\,E_{{{name}}}$, g = {gain:.0f} Hz")  # fmt: skip
    ax.set_xlabel("drive of the ON cell (contrast units)")
    ax.set_ylabel("rate (Hz)")
    ax.legend(fontsize="x-small", loc="upper center", ncols=2, frameon=False)
    ax.set_ylim(0, 1.35 * ax.get_ylim()[1])


def draw_delta_aicc(ax: Axes, comparison: Comparison) -> None:
    """AICc above each cell's best, a dot per cell and rectifier."""
    names = [r.name for r in comparison.rectifiers]
    colour = colours(names)
    for k, name in enumerate(names):
        delta = comparison.delta_aicc[:, k]
        spread = 0.3 * np.linspace(-1, 1, delta.size)[np.argsort(np.argsort(delta, kind="stable"))]
        ax.plot(delta, k + spread, ".", ms=4, color=colour[name], alpha=0.8)
        ax.plot([np.median(delta)] * 2, [k - 0.38, k + 0.38], color="k", lw=1.2)
    ax.axvspan(0, 4, color="0.9", zorder=-1)
    ax.set_xscale("symlog", linthresh=4)
    ax.set_xlim(left=-0.4)
    ax.set_yticks(range(len(names)), labels=names)
    ax.invert_yaxis()
    ax.set_xlabel("ΔAICc (grey: within 4 of the best)")


def draw_cells_described(ax: Axes, comparison: Comparison) -> None:
    """How many cells each rectifier is the simplest adequate description of."""
    names = [r.name for r in comparison.rectifiers]
    won = np.bincount(comparison.chosen, minlength=len(names))
    bars = ax.barh(range(len(names)), won, color=[colours(names)[n] for n in names])
    ax.bar_label(bars, fontsize="small", padding=2)
    ax.set_xlim(0, 1.15 * max(won.max(), 1))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_xlabel("cells described best")


def draw_held_out(ax: Axes, comparison: Comparison) -> None:
    """Held-out information per spike: median and quartiles over cells."""
    names = [r.name for r in comparison.rectifiers]
    for k, (name, score) in enumerate(zip(names, comparison.scores, strict=True)):
        bits = score.bits_per_spike
        low, middle, high = np.percentile(bits[np.isfinite(bits)], [25, 50, 75])
        ax.plot([low, high], [k, k], color=colours(names)[name], lw=2)
        ax.plot(middle, k, "o", color=colours(names)[name], ms=5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_xlabel("held-out bits per spike")


def draw_decision(ax: Axes, comparison: Comparison) -> None:
    """What decides which rectifier a simulated cell is: its noise and its distance to threshold."""
    data = comparison.responses
    gain = data["gain"].values
    noise = np.broadcast_to(data["noise_sd"].values, data.sizes["cell"])
    rest = data["v_rest"] + data["baseline"]
    distance = np.broadcast_to((data["v_threshold"] - rest).values, noise.shape)
    names = [r.name for r in comparison.rectifiers]
    for k, name in enumerate(names):
        mine = comparison.chosen == k
        sure = mine & ~comparison.indistinguishable
        unsure = mine & comparison.indistinguishable
        colour = colours(names)[name]
        ax.plot(noise[sure], distance[sure], "o", ms=5, color=colour)
        ax.plot(noise[unsure], distance[unsure], "o", ms=5, mfc="none", mec=colour)
    top = 1.12 * distance.max()
    for sds in (1, 2, 3, 4):
        ax.plot([0, noise.max()], [0, sds * noise.max()], color="0.8", lw=0.6, zorder=0)
        end = min(noise.max(), top / sds)
        ax.annotate(f"{sds} SD", (end, sds * end), fontsize="x-small", color="0.5", ha="right")
    ax.set_xlim(0.9 * noise.min(), 1.03 * noise.max())
    ax.set_ylim(0, top)
    ax.set_xlabel("membrane noise SD (mV)")
    ax.set_ylabel("rest to threshold (mV)")
    if np.ndim(gain) == 0:
        twin = ax.secondary_yaxis("right", functions=(lambda v: v / gain, lambda d: d * gain))
        twin.set_ylabel("threshold (drive)")


def _measured(
    counts: Counts, cell: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Drive, rate and its Poisson standard error (Hz) of the conditions that have data."""
    kept = counts.exposure[cell] > 0
    spikes, time = counts.spikes[cell][kept], counts.exposure[cell][kept]
    return counts.x[cell][kept], spikes / time, np.sqrt(spikes) / time


def opposite_pair(responses: xr.Dataset) -> tuple[int, int] | None:
    """An even cell and its opposite-phase partner that both fire, if the responses have one."""
    if "preferred_phase" not in responses.coords or "quadrature_set" not in responses.coords:
        return None
    phase, sets = responses["preferred_phase"].values, responses["quadrature_set"].values
    spikes = responses["count"].sum(("stimulus", "trial")).values
    best: tuple[float, tuple[int, int] | None] = (-1.0, None)
    for on in np.flatnonzero(phase < 180):
        partners = np.flatnonzero((sets == sets[on]) & (phase == phase[on] + 180))
        for off in partners:
            best = max(best, (float(min(spikes[on], spikes[off])), (int(on), int(off))))
    return best[1]


def representative_cells(comparison: Comparison, number: int = 3) -> list[int]:
    """Cells described by different rectifiers where there are such, those with most spikes first."""
    spikes = comparison.responses["count"].sum(("stimulus", "trial")).values
    spikes = np.asarray(spikes, dtype=float)
    won = np.bincount(comparison.chosen, minlength=len(comparison.fits))
    picked: list[int] = []
    for k in np.argsort(-won, kind="stable"):
        mine = np.flatnonzero(comparison.chosen == k)
        if mine.size:  # the cell of median activity stands for its kind
            picked.append(int(mine[np.argsort(spikes[mine], kind="stable")[mine.size // 2]]))
    rest = [int(c) for c in np.argsort(-spikes, kind="stable") if c not in picked]
    return (picked + rest)[: min(number, len(spikes))]
