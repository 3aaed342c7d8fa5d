"""The curves of all rectifiers: figure 3.7 of Hadji & Wildes (2018) and its biological counterpart.

Each panel has one kind: what clips, what is a power, what saturates, what keeps a negative side,
and how a spiking cell itself answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurosim.base.arrays import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PANELS", "Curve", "rectifier_figure"]

PANELS = {
    "figure 3.7": "figure 3.7 of Hadji & Wildes 2018",
    "relatives": "the newer relatives",
    "simple cells": "simple cells and their paths",
    "power laws": "power laws and saturation",
    "spikes": "how spikes arise",
}
"""What `Rectifier.panels` may name, and its title; another name is the title of a panel more."""

_CELLS = ("simple cells", "power laws", "spikes")  # in the lower row, by biological names


class Curve(NamedTuple):
    """A rectifier's curve.

    Attributes
    ----------
    name, convnet : str
        Its two names.
    panels : tuple of str
        Where it is drawn; in none of them, it is among "your own".
    y : array (drive,)
    """

    name: str
    convnet: str
    panels: tuple[str, ...]
    y: Array


def rectifier_figure(x: Array, curves: Iterable[Curve]) -> Figure:
    """Every rectifier that is a function of the drive alone, without its spontaneous rate.

    Parameters
    ----------
    x : array (drive,)
    curves : iterable of Curve

    Returns
    -------
    Figure
        The upper row by ConvNet names, the lower by biological ones.
    """
    from matplotlib.figure import Figure

    panels: dict[str, list[Curve]] = {name: [] for name in PANELS}
    for curve in curves:
        for name in curve.panels or ("your own",):
            panels.setdefault(name, []).append(curve)
    upper = [name for name, within in panels.items() if within and name not in _CELLS]
    figure = Figure(figsize=(10.5, 6.4), dpi=150, layout="constrained")
    rows = np.ravel(np.asarray(figure.subfigures(2, 1)))
    labels = ("output", "rate about r0 (Hz per unit gain)")
    for row, names, label in zip(rows, (upper, _CELLS), labels, strict=True):
        axes = np.ravel(row.subplots(1, len(names)))
        for panel, name in zip(axes, names, strict=True):
            _draw(panel, x, panels[name], names is upper)
            panel.set_title(PANELS.get(name, name), fontsize=9)
        row.supylabel(label, fontsize=8)
    return figure


def _draw(panel: Axes, x: Array, curves: list[Curve], by_convnet: bool) -> None:
    """One panel's curves, the first the widest, so that those below others are seen."""
    lowest = -0.15
    for number, curve in enumerate(curves):
        lowest = min(lowest, float(curve.y.min()))
        label = curve.convnet if by_convnet and curve.convnet else curve.name
        style, width = ("-", "--", "-.", ":")[number % 4], max(2.2 - 0.2 * number, 0.6)
        panel.plot(x, curve.y, lw=width, ls=style, label=label)
    panel.axhline(0, color="0.8", lw=0.8, zorder=0)
    panel.axvline(0, color="0.8", lw=0.8, zorder=0)
    panel.set_ylim(1.1 * lowest, 3.4)  # the legend has the room above
    panel.set_xlabel("drive", fontsize=8)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(fontsize=7, frameon=False, loc="upper left")
