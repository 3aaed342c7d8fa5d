"""The comparison figure: stimuli and receptive fields, fits, two paths, the population."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.figure import Figure, SubFigure

from neurosim.analysis.comparison import cell_panels, deciding, population_panels
from neurosim.analysis.comparison.drawn import Drawn, opposite_pair, representative_cells
from neurosim.base.arrays import Array
from neurosim.base.errors import Faults

__all__ = ["comparison_figure"]

_ALIKE = 6  # decimals of a contrast by which pictures differ
_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def comparison_figure(
    drawn: Drawn,
    frames: xr.DataArray | None = None,
    kernels: xr.DataArray | None = None,
) -> Figure:
    """A comparison on one page.

    Parameters
    ----------
    drawn : Drawn
    frames : DataArray (stimulus, y, x), optional
        The stimuli, for the row of pictures.
    kernels : DataArray (cell, y, x), optional
        The receptive fields, for the same row.

    Returns
    -------
    Figure
        10 inches wide.
    """
    faults = Faults("Comparison.plot")
    for name, given in (("frames", frames), ("kernels", kernels)):
        if given is not None:
            _check_pictures(name, given, faults)
    faults.stop()
    with mpl.rc_context(_STYLE):
        pictures = frames is not None or kernels is not None
        middle = _middle_panels(drawn)
        heights = [1.25] * pictures + [4.4] + [3.1] * bool(middle) + [2.7]
        figure = Figure(figsize=(10, sum(heights)), dpi=160, layout="constrained")
        grid = figure.subfigures(len(heights), 1, height_ratios=heights, hspace=0.03)
        rows = list(np.ravel(np.asarray(grid)))
        if pictures:
            _pictures(rows.pop(0), frames, kernels)
        _fits(rows.pop(0), drawn)
        if middle:
            _two_paths_and_decision(rows.pop(0), drawn, middle)
        _population(rows.pop(0), drawn)
        return figure


def _check_pictures(name: str, given: Any, faults: Faults) -> None:
    """Note what is no labelled pictures: (first, y, x), or over time (first, time, y, x)."""
    last = ("y", "x")
    named = isinstance(given, xr.DataArray) and given.ndim in (3, 4) and given.dims[-2:] == last
    if not faults.require(named, f"{name} as a DataArray (..., y, x)", type(given).__name__):
        return
    drawn = given.dtype.kind in "iuf" and given.size > 0 and np.isfinite(given.values).all()
    faults.require(drawn, f"{name} as finite numbers", given.dtype)
    wide = "x" in given.coords and given.sizes["x"] > 1 and given["x"].dtype.kind in "iuf"
    faults.require(wide, f"{name} with the x of 2 pixels or more, deg", "none")


def _pictures(row: SubFigure, frames: xr.DataArray | None, kernels: xr.DataArray | None) -> None:
    shown = []
    if frames is not None:
        shown += _stimuli(frames)
    if kernels is not None:
        shown += _fields(kernels)
    axes = np.atleast_1d(row.subplots(1, len(shown)))
    for ax, (image, title, bound) in zip(axes, shown, strict=True):
        cell_panels.draw_patch(ax, image, title, bound)


def _stimuli(frames: xr.DataArray) -> list[tuple[Array, str, float]]:
    """Three pictures of each kind, from the strongest to the median, with title and scale."""
    kinds = frames["kind"].values if "kind" in frames.coords else np.full(len(frames), "stimulus")
    pictures = _strongest(frames)
    strength = pictures.std((1, 2))
    wide = float(np.ptp(frames["x"].values)) * (1 + 1 / (frames.sizes["x"] - 1))
    shown = []
    for kind in dict.fromkeys(kinds):
        mine = np.flatnonzero(kinds == kind)
        strong = mine[np.argsort(-strength[mine].round(_ALIKE), kind="stable")]
        some = np.unique(np.linspace(0, strong.size // 2, 3).astype(int))
        for k in strong[some]:
            bound = max(1.0, float(np.percentile(np.abs(pictures[k]), 99)))
            shown.append((pictures[k], f"{kind}, {wide:.1f}°", bound))
    return shown


def _fields(kernels: xr.DataArray) -> list[tuple[Array, str, float]]:
    """The first four receptive fields, cut to where they are, with title and scale."""
    first_set = _strongest(kernels[:4])
    bound = float(np.abs(first_set).max())
    there = np.abs(first_set).max(0) > 0.02 * bound
    cut = first_set[:, there.any(1)][:, :, there.any(0)]
    wide = cut.shape[2] * float(abs(kernels["x"][1] - kernels["x"][0]))
    phases = kernels["preferred_phase"].values if "preferred_phase" in kernels.coords else None
    names = ["" if phases is None else f" {phases[k]:.0f}°" for k in range(len(cut))]
    return [
        (image, f"field{name}, {wide:.1f}° wide", bound)
        for image, name in zip(cut, names, strict=True)
    ]


def _strongest(pictures: xr.DataArray) -> Array:
    """Pictures (first, y, x), of those that change in time the frame of the highest contrast."""
    values: Array = pictures.values
    if values.ndim == 3:
        return values
    flat = values.reshape(len(values), -1, *values.shape[-2:])
    best = flat.std((2, 3)).argmax(1)
    strongest: Array = flat[np.arange(len(flat)), best]
    return strongest


def _fits(row: SubFigure, drawn: Drawn) -> None:
    cells = representative_cells(drawn)
    axes = row.subplots(2, len(cells), sharex="col", height_ratios=[3, 1.1], squeeze=False)
    names = drawn.cells
    for column, cell in enumerate(cells):
        top, bottom = axes[:, column]
        cell_panels.draw_fits(top, drawn, cell)
        cell_panels.draw_residuals(bottom, drawn, cell)
        bottom.set_xlabel(_drive_label(drawn))
        verdict, index = drawn.verdicts.names[cell], drawn.verdicts.which[cell]
        reason = drawn.verdicts.reasons[cell]
        title = f"cell {names[cell]}: {verdict}" + (f" ({reason})" if reason else "")
        if drawn.doubtful[cell]:
            title += "\n(not the only one)"
        like = drawn.rectifiers[drawn.resembles.chosen[cell]]
        if index >= 0 and drawn.rectifiers[index].mechanistic and like.name != verdict:
            title += f"\n(reference aside: {like.name})"
        top.set_title(title, fontsize="medium")
    axes[0, 0].set_ylabel("rate (Hz)")
    axes[1, 0].set_ylabel("residual (SD)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    lines = [(h, text) for h, text in zip(handles, labels, strict=True) if "=" in text]
    if not lines:
        return
    row.legend(
        *zip(*lines, strict=True),
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize="small",
    )


def _drive_label(drawn: Drawn) -> str:
    said = drawn.responses["drive"].attrs
    name, unit = said.get("long_name", "drive"), said.get("units", "1")
    if unit == "1":
        return "drive (contrast units)" if name == "drive" else name
    return f"{name} ({unit})"


def _middle_panels(drawn: Drawn) -> dict[str, tuple[int, ...]]:
    """Which of the two panels in the middle the responses can fill, with the cells they need."""
    found: dict[str, tuple[int, ...]] = {}
    if pair := opposite_pair(drawn):
        found["two paths"] = pair
    if deciding.membrane(drawn.responses) is not None:
        found["decision"] = ()
    return found


def _two_paths_and_decision(
    row: SubFigure, drawn: Drawn, which: dict[str, tuple[int, ...]]
) -> None:
    axes = list(row.subplots(1, len(which), squeeze=False)[0])
    if pair := which.get("two paths"):
        ax = axes.pop(0)
        cell_panels.draw_two_paths(ax, drawn, pair[0], pair[1])
        names = drawn.cells
        ax.set_title(f"two paths: cells {names[pair[0]]} and {names[pair[1]]}", fontsize="medium")
    if "decision" in which:
        population_panels.draw_decision(axes[0], drawn)
        two = set(deciding.PAIR) <= set(drawn.names)
        aside = any(each.mechanistic for each in drawn.rectifiers)
        of = ": which of two is nearer" if two else ", reference aside" if aside else ""
        axes[0].set_title(f"what decides the rectifier{of}", fontsize="medium")


def _population(row: SubFigure, drawn: Drawn) -> None:
    left, middle, right = row.subplots(1, 3, width_ratios=[2, 1, 1])
    population_panels.draw_delta_aic(left, drawn)
    population_panels.draw_cells_described(middle, drawn)
    population_panels.draw_held_out(right, drawn)
    number = len(drawn.cells)
    left.set_title(f"{number} cell" + "s" * (number != 1), fontsize="medium")
