"""What each rectifier keeps, as one figure: its curve, and a shaded number for every measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.base.arrays import Array
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["kept_figure"]

_GROUPS = {
    "read off the outputs": (
        "energy kept",
        "phase kept",
        "negative side kept",
    ),
    "the outputs": ("energy passed", "at rest", "sparseness", "dead units"),
    "slope and noise": ("mean gradient", "noise passed (small)", "noise passed"),
    "average pooling": ("cancellation", "shift change"),
}
_LABELS = {
    "energy kept": "energy\nkept",
    "phase kept": "phase\nkept",
    "negative side kept": "negative\nside",
    "energy passed": "energy\npassed",
    "at rest": "at\nrest",
    "sparseness": "sparse-\nness",
    "dead units": "dead\nunits",
    "mean gradient": "mean\ngradient",
    "noise passed (small)": "weak noise\npassed",
    "noise passed": "noise\npassed",
    "cancellation": "can-\ncelled",
    "shift change": "change\nby shift",
}
_COLOURS = {"slope and noise": "Oranges", "average pooling": "Purples", "the outputs": "Greens"}
_REACH = 2.5  # of the curves, in units of x as scaled
_ROW, _COLUMN, _NAMES = 0.27, 0.62, 3.3  # inch


def kept_figure(
    table: pd.DataFrame,
    rectifiers: list[Rectifier],
    parameters: dict[str, dict[str, float]],
    title: str,
    caption: str,
) -> Figure:
    """Rows are rectifiers; the darker a number, the larger (up to 1); a dot has no meaning.

    Parameters
    ----------
    table : DataFrame
        A row per rectifier, a column per measure and one for its standard error ("... SE").
    rectifiers : list of Rectifier
    parameters : dict of dict of float
        By name of the rectifier, those that are not at their default.
    title, caption : str
        What stands above and below.
    """
    rows = len(rectifiers)
    groups = {
        group: [name for name in names if table[name].notna().any()]
        for group, names in _GROUPS.items()
    }
    groups = {group: names for group, names in groups.items() if names}
    widths = [_COLUMN * len(names) for names in groups.values()]
    figure = Figure(
        figsize=(_NAMES + 0.9 + sum(widths) + 0.3, 1.5 + _ROW * rows), dpi=150, layout="constrained"
    )
    axes = figure.subplots(1, 1 + len(groups), width_ratios=[0.9, *widths], sharey=True)
    _draw_curves(axes[0], rectifiers, parameters)
    for panel, (group, names) in zip(axes[1:], groups.items(), strict=True):
        values = table[names].to_numpy(dtype=float)
        _draw_numbers(panel, values, _COLOURS.get(group, "Blues"))
        errors = table[[f"{name} SE" for name in names]].max()
        labels = [f"{_LABELS[n]}\n±{e:.2g}" for n, e in zip(names, errors, strict=True)]
        panel.set_xticks(range(len(names)), labels, fontsize=7.5)
        panel.set_title(group if len(names) > 2 else group.replace(" ", "\n"), fontsize=8.5, pad=4)
    names = [f"{each.name} = {each.convnet}" for each in rectifiers]
    axes[0].set_yticks(range(rows), names, fontsize=8)
    axes[0].set_ylim(rows - 0.5, -0.5)
    figure.suptitle(title, fontsize=10)
    figure.supxlabel(caption, fontsize=7.5, color="0.35")
    return figure


def _draw_curves(
    panel: Axes, rectifiers: list[Rectifier], parameters: dict[str, dict[str, float]]
) -> None:
    """Each rectifier's paths over the drive, on a scale of its own; regressors at 0.5."""
    x = np.linspace(-_REACH, _REACH, 201)
    for row, each in enumerate(rectifiers):
        named = {name: p.default for name, p in each.parameters.items()}
        named |= parameters.get(each.name, {})
        paths = each.paths(x, *(np.full(x.shape, 0.5) for _ in each.regressors), *named.values())
        size = max(float(np.abs(path).max()) for path in paths) or 1.0
        down = any((path < 0).any() for path in paths)
        for path, colour in zip(paths, ("C0", "C3", "C2", "C1"), strict=False):
            middle = row if down else row + 0.36
            panel.plot(x, middle - path / size * (0.38 if down else 0.76), lw=1.1, color=colour)
        panel.plot(x[[0, -1]], [row if down else row + 0.36] * 2, color="0.8", lw=0.5, zorder=0)
    panel.axvline(0, color="0.8", lw=0.5, zorder=0)
    panel.set_xlim(-_REACH, _REACH)
    panel.set_xticks([0], ["drive"], fontsize=7.5)
    panel.set_title("output", fontsize=8.5, pad=4)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)


def _draw_numbers(panel: Axes, values: Array, colours: str) -> None:
    panel.imshow(values, cmap=colours, vmin=0, vmax=1.25, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        dark = np.isfinite(value) and value > 0.75
        text = f"{value:.2f}".replace("-0.00", "0.00") if np.isfinite(value) else "·"
        panel.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=7,
            color="white" if dark else "0.1",
        )
    panel.hlines(np.arange(len(values)) - 0.5, -0.5, values.shape[1] - 0.5, color="white", lw=0.8)
    panel.tick_params(length=0, labelleft=False)
    panel.spines[:].set_visible(False)
