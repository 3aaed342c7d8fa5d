"""The comparison figure: stimuli and receptive fields, fits, two paths, the population."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure, SubFigure

from neurosim.analysis.comparison import panels
from neurosim.analysis.comparison.comparison import Comparison

__all__ = ["comparison_figure", "save_figure"]

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def comparison_figure(
    comparison: Comparison,
    frames: xr.DataArray | None = None,
    kernels: xr.DataArray | None = None,
) -> Figure:
    """Draw a comparison on one page.

    Parameters
    ----------
    comparison : Comparison
    frames : DataArray (stimulus, y, x), optional
        The stimuli, for the row of pictures.
    kernels : DataArray (cell, y, x), optional
        The receptive fields, for the same row.

    Returns
    -------
    Figure
        10 inches wide.
    """
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        pictures = frames is not None or kernels is not None
        middle = _middle_panels(comparison)
        heights = [1.25] * pictures + [4.4] + [3.1] * bool(middle) + [2.7]
        figure = Figure(figsize=(10, sum(heights)), dpi=160, layout="constrained")
        grid = figure.subfigures(len(heights), 1, height_ratios=heights, hspace=0.03)
        rows = list(np.ravel(np.asarray(grid)))
        if pictures:
            _pictures(rows.pop(0), frames, kernels)
        _fits(rows.pop(0), comparison)
        if middle:
            _two_paths_and_decision(rows.pop(0), comparison, middle)
        _population(rows.pop(0), comparison)
        return figure


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure; in a PDF or SVG the text stays text."""
    import matplotlib as mpl

    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
        figure.savefig(path)


def _pictures(row: SubFigure, frames: xr.DataArray | None, kernels: xr.DataArray | None) -> None:
    shown = []
    if frames is not None:
        kinds = frames["kind"].values
        for kind in dict.fromkeys(kinds):
            mine = np.flatnonzero(kinds == kind)
            strong = mine[np.argsort(-frames["contrast"].values[mine], kind="stable")]
            some = np.unique(np.linspace(0, strong.size // 2, 3).astype(int))
            for k in strong[some]:
                bound = max(1.0, float(np.percentile(np.abs(frames.values[k]), 99)))
                wide = float(np.ptp(frames["x"].values)) * (1 + 1 / (frames.sizes["x"] - 1))
                shown.append((frames.values[k], f"{kind}, {wide:.1f}°", bound))
    if kernels is not None:
        first_set = kernels[:4]
        bound = float(np.abs(first_set).max())
        middle = abs(first_set).max("cell") > 0.02 * bound
        near = middle.any("y").values, middle.any("x").values  # cut to where the fields are
        for k, image in enumerate(first_set.values[:, near[1]][:, :, near[0]]):
            phase = float(kernels["preferred_phase"].values[k])
            wide = image.shape[1] * float(abs(kernels["x"][1] - kernels["x"][0]))
            shown.append((image, f"field {phase:.0f}°, {wide:.1f}° wide", bound))
    axes = np.atleast_1d(row.subplots(1, len(shown)))
    for ax, (image, title, bound) in zip(axes, shown, strict=True):
        panels.draw_patch(ax, image, title, bound)


def _fits(row: SubFigure, comparison: Comparison) -> None:
    cells = panels.representative_cells(comparison)
    axes = row.subplots(2, len(cells), sharex="col", height_ratios=[3, 1.1], squeeze=False)
    names = comparison.fits[0].cells
    for column, cell in enumerate(cells):
        top, bottom = axes[:, column]
        panels.draw_fits(top, comparison, cell)
        panels.draw_residuals(bottom, comparison, cell)
        bottom.set_xlabel(_drive_label(comparison))
        if comparison.undetermined[cell]:
            top.set_title(f"cell {names[cell]}: says nothing", fontsize="medium")
            continue
        chosen = comparison.rectifiers[comparison.chosen[cell]]
        like = comparison.rectifiers[comparison.resembles[0][cell]]
        title = f"cell {names[cell]}: {chosen.name}"
        if comparison.indistinguishable[cell]:
            title += " (not the only one)"
        if chosen.mechanistic and like is not chosen:
            title += f"\n(reference aside: {like.name})"
        top.set_title(title, fontsize="medium")
    axes[0, 0].set_ylabel("rate (Hz)")
    axes[1, 0].set_ylabel("residual (SD)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    lines = [(h, text) for h, text in zip(handles, labels, strict=True) if "=" in text]
    row.legend(
        *zip(*lines, strict=True),
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize="small",
    )


def _drive_label(comparison: Comparison) -> str:
    said = comparison.responses["drive"].attrs
    name, unit = said.get("long_name", "drive"), said.get("units", "1")
    if unit == "1":
        return "drive (contrast units)" if name == "drive" else name
    return f"{name} ({unit})"


def _middle_panels(comparison: Comparison) -> dict[str, tuple[int, ...]]:
    """Which of the two panels in the middle the responses can fill, with the cells they need."""
    found: dict[str, tuple[int, ...]] = {}
    if pair := panels.opposite_pair(comparison.responses):
        found["two paths"] = pair
    if {"noise_sd", "v_rest", "v_threshold", "gain"} <= set(comparison.responses.coords):
        found["decision"] = ()
    return found


def _two_paths_and_decision(
    row: SubFigure, comparison: Comparison, which: dict[str, tuple[int, ...]]
) -> None:
    axes = list(row.subplots(1, len(which), squeeze=False)[0])
    if pair := which.get("two paths"):
        ax = axes.pop(0)
        panels.draw_two_paths(ax, comparison, pair[0], pair[1])
        names = comparison.fits[0].cells
        ax.set_title(f"two paths: cells {names[pair[0]]} and {names[pair[1]]}", fontsize="medium")
    if "decision" in which:
        panels.draw_decision(axes[0], comparison)
        aside = ", reference aside" if any(r.mechanistic for r in comparison.rectifiers) else ""
        axes[0].set_title(f"what decides the rectifier{aside}", fontsize="medium")


def _population(row: SubFigure, comparison: Comparison) -> None:
    left, middle, right = row.subplots(1, 3, width_ratios=[2, 1, 1])
    panels.draw_delta_aicc(left, comparison)
    panels.draw_cells_described(middle, comparison)
    panels.draw_held_out(right, comparison)
    number = len(comparison.chosen)
    left.set_title(f"{number} cell" + "s" * (number != 1), fontsize="medium")
