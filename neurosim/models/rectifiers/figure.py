"""The curves of all rectifiers: figure 3.7 of Hadji & Wildes (2018) and its biological counterpart.

Each panel has one kind: what clips, what is a power, what saturates, what keeps a negative side,
and how a spiking cell itself answers.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.models.rectifiers.base import Rectifier

__all__ = ["rectifier_figure"]

_CONVNET = {
    "figure 3.7 of Hadji & Wildes 2018": (
        "logistic",
        "tanh",
        "half-wave",
        "leaky half-wave",
        "S-shaped linear",
        "exponential-linear",
    ),
    "the newer relatives": (
        "thresholded half-wave",
        "half-squared",
        "full-wave",
        "rectified tanh",
        "softplus",
    ),
}
_CELLS = {
    "simple cells and their paths": (
        "half-wave",
        "thresholded half-wave",
        "half-squared",
        "thresholded half-squared",
        "two-path half-wave",
        "two-path energy",
    ),
    "power laws and saturation": ("power law", "thresholded power law", "Naka-Rushton"),
    "how spikes arise": ("noise-smoothed threshold", "LIF f-I", "Siegert"),
}
_GAINS = {
    "LIF f-I": 0.35,
    "Siegert": 0.35,
    "two-path half-wave": (1.0, 0.5),
    "two-path energy": (1.0, 0.5),
}


def rectifier_figure(rectifiers: dict[str, Rectifier]) -> Figure:
    """Every rectifier that is a function of the drive alone, at its default parameters.

    Parameters
    ----------
    rectifiers : mapping of name to Rectifier

    Returns
    -------
    Figure
        The upper row by ConvNet names, the lower by biological ones; a rectifier of your own is in
        a panel of its own.
    """
    drawn = {name for group in (*_CONVNET.values(), *_CELLS.values()) for name in group}
    own = tuple(
        name for name, each in rectifiers.items() if name not in drawn and not each.regressors
    )
    upper = {**_CONVNET, **({"your own": own} if own else {})}
    figure = Figure(figsize=(10.5, 6.4), dpi=150, layout="constrained")
    rows = np.ravel(np.asarray(figure.subfigures(2, 1)))
    for row, panels, convnet in ((rows[0], upper, True), (rows[1], _CELLS, False)):
        axes = np.ravel(row.subplots(1, len(panels)))
        for panel, (title, names) in zip(axes, panels.items(), strict=False):
            _curves(panel, [rectifiers[n] for n in names if n in rectifiers], convnet)
            panel.set_title(title, fontsize=9)
        row.supylabel("output" if convnet else "rate about r0 (Hz per unit gain)", fontsize=8)
    return figure


def _curves(panel: Axes, rectifiers: list[Rectifier], convnet: bool) -> None:
    """Basis functions, without r0, so that the negative sides are seen."""
    x, lowest = np.linspace(-2, 2, 801), -0.15
    for number, each in enumerate(rectifiers):
        shapes = (p.default for p in each.parameters.values())
        paths = each.paths(x, *shapes)
        gains = _GAINS.get(each.name, 1.0)
        weights = gains if isinstance(gains, tuple) else (gains,) * len(paths)
        y = sum(w * path for w, path in zip(weights, paths, strict=True))
        lowest = min(lowest, float(y.min()))
        label = each.convnet if convnet else each.name
        panel.plot(x, y, lw=2.2 - 0.2 * number, ls=("-", "--", "-.", ":")[number % 4], label=label)
    panel.axhline(0, color="0.8", lw=0.8, zorder=0)
    panel.axvline(0, color="0.8", lw=0.8, zorder=0)
    panel.set_ylim(1.1 * lowest, 3.4)  # the legend has the room above
    panel.set_xlabel("drive", fontsize=8)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(fontsize=7, frameon=False, loc="upper left")
