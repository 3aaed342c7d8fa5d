"""Pictures of stimuli: a page of them, and the same page moving."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults
from neurosim.stimuli.field import VisualField

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.image import AxesImage

__all__ = ["animation", "gallery", "page"]

Show = Callable[[int, float], Array]
"""Of a stimulus and a time (s), its picture (row, column)."""

_COLUMNS = 6
_SIGNS = {
    "orientation": "°",
    "phase": "°",
    "spatial_frequency": " c/deg",
    "temporal_frequency": " Hz",
}
_UNWRITTEN = {"frame", "top", "left", "sample"}  # labels that say nothing of the look
_SHORT = {
    "spatial_frequency": "f",
    "temporal_frequency": "ω",
    "orientation": "θ",
    "phase": "φ",
    "contrast": "C",
    "rms_contrast": "RMS",
}


def gallery(
    show: Show, labels: Mapping[str, xr.Variable], field: VisualField, most: int, time: float
) -> Figure:
    """A page of stimuli at one time, evenly chosen, on one grey scale symmetric about the mean.

    Parameters
    ----------
    show : function
        Of a stimulus and a time (s): its picture (row, column).
    labels : mapping of str to Variable (stimulus,)
        Its `kind`, and what it is told apart by.
    field : VisualField
    most : int
        How many stimuli are drawn.
    time : float
        s.
    """
    chosen, titles = _chosen(labels, most)
    pictures = np.array([show(k, time) for k in chosen])
    figure, _ = page(pictures, field, titles, "gray", "contrast about the mean")
    return figure


def animation(
    show: Show, labels: Mapping[str, xr.Variable], field: VisualField, times: Array, most: int
) -> FuncAnimation:
    """The page over `times` (s), at the field's frame rate; the rest as for `gallery`."""
    from matplotlib.animation import FuncAnimation
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    chosen, titles = _chosen(labels, most)

    def at(time: float) -> Array:
        return np.array([show(k, time) for k in chosen])

    sample = np.concatenate([at(t) for t in times[:: max(1, len(times) // 8)]])
    limit = float(np.abs(sample).max()) or 1.0
    figure, images = page(at(times[0]), field, titles, "gray", "contrast about the mean", limit)
    FigureCanvasAgg(figure)

    def draw(frame: int) -> list[AxesImage]:
        for image, picture in zip(images, at(times[frame]), strict=True):
            image.set_data(picture)
        return images

    return FuncAnimation(figure, draw, frames=len(times), interval=1e3 / field.frame_rate)


def page(
    pictures: Array,
    field: VisualField,
    titles: list[str],
    colours: str,
    scale: str,
    limit: float | None = None,
) -> tuple[Figure, list[AxesImage]]:
    """Pictures side by side with one colour scale, the lower left one with degrees on its axes.

    Parameters
    ----------
    pictures : array (picture, row, column)
    field : VisualField
    titles : list of str
    colours : str
        A Matplotlib colour map.
    scale : str
        What the colour bar shows.
    limit : float, optional
        The scale is from -limit to limit. Default: what holds 98 % of the pixels, at least 1.
    """
    columns = min(_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    lines = max(title.count("\n") + 1 for title in titles)
    width, height = field.width_and_height
    tall = 1.4 * min(height / width, 2.0) + 0.16 * lines + 0.1
    figure = Figure(
        figsize=(1.65 * columns + 1.1, tall * rows + 0.45), dpi=150, layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False)
    largest = float(np.abs(pictures).max()) or 1.0
    if limit is None:  # a few bright pixels do not make the rest pale
        limit = min(largest, max(1.0, float(np.quantile(np.abs(pictures), 0.98))))
    extent = (-width / 2, width / 2, -height / 2, height / 2)
    images = []
    for k, panel in enumerate(axes.ravel()):
        if k >= len(pictures):
            panel.set_axis_off()
            continue
        image = panel.imshow(
            pictures[k],
            cmap=colours,
            vmin=-limit,
            vmax=limit,
            extent=extent,
            interpolation="nearest",
        )
        panel.set_title(titles[k], fontsize=7, pad=2)
        _ticks(panel, labelled=k == (rows - 1) * columns)
        images.append(image)
    bar = figure.colorbar(
        images[0],
        ax=axes,
        shrink=min(1.0, 2.5 / (tall * rows)),
        pad=0.02,
        extend="both" if largest > limit * 1.001 else "neither",
    )
    bar.set_label(scale, fontsize=7)
    bar.ax.tick_params(labelsize=7)
    return figure, images


def _ticks(panel: Axes, labelled: bool) -> None:
    panel.tick_params(labelsize=7, length=2, labelbottom=labelled, labelleft=labelled)
    width, height = np.ptp(panel.get_xlim()), np.ptp(panel.get_ylim())
    panel.locator_params("x", nbins=3 if width > height / 2 else 1)
    panel.locator_params("y", nbins=3 if height > width / 2 else 1)
    if labelled:
        panel.set_xlabel("deg", fontsize=7, labelpad=1)
        panel.set_ylabel("deg", fontsize=7, labelpad=1)


def _chosen(labels: Mapping[str, xr.Variable], most: int) -> tuple[list[int], list[str]]:
    """Which stimuli are drawn, and what is written above each: the labels that differ."""
    faults = Faults("plot")
    most = faults.whole("most", most)
    faults.stop()
    count = labels["kind"].size
    chosen = np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int)).tolist()
    differing = {
        name: variable
        for name, variable in labels.items()
        if name not in _UNWRITTEN and not _constant(variable.values)
    }
    shown = dict(list(differing.items())[:4])
    return chosen, [_title(shown, k) or str(labels["kind"].values[k]) for k in chosen]


def _constant(values: AnyArray) -> bool:
    return bool((values == values[0]).all() or (values != values).all())


def _title(labels: dict[str, xr.Variable], index: int) -> str:
    said = []
    for name, variable in labels.items():
        value = variable.values[index]
        if isinstance(value, str) or value != value:
            said += [value] if isinstance(value, str) and value else []
            continue
        unit = variable.attrs.get("units", "")
        base, _, number = name.rpartition("_")
        base, number = (base, number) if number.isdigit() else (name, "")  # of a plaid's component
        sign = _SIGNS.get(base, f" {unit}" if unit not in ("", "1") else "")
        said.append(f"{_SHORT.get(base, base.replace('_', ' '))}{number} {value:.4g}{sign}")
    return "\n".join(said)
