"""Pictures of a bank: its receptive fields, and its widths against the published ones."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.base.arrays import Array
from neurosim.models.receptive_fields.gabor_cells import GaborCells
from neurosim.models.receptive_fields.macaque_v1 import (
    PUBLISHED_MEDIANS,
    Histogram,
    bandwidth,
    histograms,
)
from neurosim.models.receptive_fields.macaque_v1 import orientation_width as width_of
from neurosim.models.receptive_fields.pixels import sampled_pairs
from neurosim.stimuli import VisualField
from neurosim.stimuli.plots import page

__all__ = ["against_published_figure", "receptive_fields_figure"]

_PANELS = {
    "nx": ("envelope width nx (cycles)", True),
    "ny": ("envelope length ny (cycles)", True),
    "bandwidth": ("spatial-frequency bandwidth (octaves)", False),
    "orientation_width": ("orientation width (deg, full at half height)", False),
    "spatial_frequency": ("preferred spatial frequency (cycles/deg)", True),
}
_SOURCES = {
    "ringach foveal": ("Ringach 2002", "C2"),
    "devalois foveal": ("De Valois et al. 1982, foveal", "C0"),
    "devalois parafoveal": ("De Valois et al. 1982, parafoveal", "C1"),
}


def receptive_fields_figure(cells: GaborCells, field: VisualField | None) -> Figure:
    """A page of receptive fields, each on its own scale.

    Parameters
    ----------
    cells : GaborCells
    field : VisualField or None
        None: one that shows the largest whole.
    """
    if field is None:
        reach = np.maximum(np.abs(cells.x), np.abs(cells.y)) + 3.5 * np.maximum(*cells.sigma)
        field = VisualField(size=float(2 * reach.max()), shape=160)
    weights = sampled_pairs(field, cells).real
    weights /= np.abs(weights).max((1, 2), keepdims=True)
    titles = [
        f"θ {orientation:.0f}°  φ {phase % 360:.0f}°\nf {frequency:.3g} c/deg"
        for orientation, frequency, phase, *_ in zip(*cells, strict=True)
    ]
    return page(weights, field, titles, "RdBu_r", "weight, of each cell's largest")[0]


def against_published_figure(cells: GaborCells) -> Figure:
    """Histograms of a bank's widths and frequencies, with the digitised ones and both medians.

    Returns
    -------
    Figure
        A panel per quantity; a source is drawn where it has the quantity.
    """
    own = {
        "nx": cells.nx,
        "ny": cells.ny,
        "bandwidth": np.asarray(bandwidth(cells.nx)),
        "orientation_width": np.asarray(width_of(cells.nx, cells.ny)),
        "spatial_frequency": cells.spatial_frequency,
    }
    figure = Figure(figsize=(10, 5.6), dpi=150, layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    for panel, (name, values) in zip(axes, own.items(), strict=False):
        _panel(panel, name, values, histograms(name))
    axes[-1].set_axis_off()
    handles = {
        label: handle
        for panel in axes[:-1]
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    axes[-1].legend(handles.values(), handles.keys(), loc="center", frameon=False, fontsize=9)
    return figure


def _panel(panel: Axes, name: str, values: Array, published: dict[str, Histogram]) -> None:
    title, logarithmic = _PANELS[name]
    first = next(iter(published.values()))
    edges = np.asarray(first.edges, dtype=float)
    inside = np.clip(values, edges[0], edges[-1])
    share = np.histogram(inside, edges)[0] / len(values)
    panel.stairs(share, edges, fill=True, color="0.8", label=f"this bank ({len(values)} cells)")
    panel.axvline(float(np.median(values)), color="0.35", lw=1.2, label="its median")
    for source, histogram in published.items():
        name_of, colour = _SOURCES[source]
        counts = np.asarray(histogram.counts, dtype=float)
        error = np.sqrt(counts) / counts.sum()
        middle = np.asarray(histogram.edges, dtype=float)
        middle = (
            np.sqrt(middle[:-1] * middle[1:]) if logarithmic else (middle[:-1] + middle[1:]) / 2
        )
        panel.errorbar(
            middle,
            counts / counts.sum(),
            error,
            fmt="o",
            ms=3.5,
            lw=1,
            color=colour,
            label=name_of,
        )
        median = PUBLISHED_MEDIANS[_key(source)]._asdict().get(name, np.nan)
        if np.isfinite(median):
            panel.axvline(median, color=colour, ls="--", lw=1.2, label=f"{name_of}: median")
    if logarithmic:
        panel.set_xscale("log")
        ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if edges[0] <= t <= edges[-1]]
        panel.set_xticks(ticks, [f"{t:g}" for t in ticks])
        panel.minorticks_off()
    panel.set_xlabel(title, fontsize=8)
    panel.set_ylabel("share of cells", fontsize=8)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)


def _key(source: str) -> tuple[str, str]:
    name, eccentricity = source.split()
    return name, eccentricity
