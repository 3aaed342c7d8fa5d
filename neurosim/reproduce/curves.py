"""Figure 3.7: logistic, tanh, ReLU, LReLU, SReLU and ELU, with what is said of each curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.models.rectifiers import RECTIFIERS
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

__all__ = ["Curves"]

# the curves as the figure has them: saturation at 1, ELU at -1
_DRAWN = {
    "logistic": {"midpoint": 0.0, "width": 1.0},
    "tanh": {"width": 1.0},
    "half-wave": {},
    "leaky half-wave": {"leak": 0.1},
    "S-shaped linear": {"left": -1.0, "right": 1.0, "left_slope": 0.2, "right_slope": 0.5},
    "exponential-linear": {"depth": 1.0, "width": 1.0},
}
_FAR = 30.0  # drive at which a limit is read


class Curves(Reproduction):
    """The curves and their limits, from the formulas and their derivatives."""

    number = 1
    name = "figure-3.7"
    statement = (
        "Logistic and tanh saturate, tanh about zero; ReLU has slope 1 for every positive input "
        "and 0 for every negative one; LReLU keeps a slope there; ELU saturates only there."
    )
    source = "Hadji & Wildes 2018, figure 3.7, statements 7, 9, 10, 12, 13, 17"
    rules = (
        Rule("largest slope of logistic or tanh at |x| = 30", "<", 1e-10),
        Rule("slope of tanh at 0 over that of the logistic", ">", 3.9, "4 in closed form"),
        Rule("|tanh| at 0", "<", 1e-12),
        Rule("largest |slope - 1| of ReLU for x > 0", "<", 1e-12),
        Rule("largest |slope| of ReLU for x < 0", "<", 1e-12),
        Rule("smallest slope of LReLU", ">", 0.0, "its a, 0.1"),
        Rule("|ELU + alpha| at x = -30", "<", 1e-10),
        Rule("slope of ELU at x = 30", ">", 0.999),
        Rule("different slopes of SReLU", ">", 2.5, "3 pieces"),
    )

    def run(self, run: Run) -> Found:
        x = np.linspace(-6, 6, 2401)
        x = x[np.abs(x) > 1e-9]
        far = np.array([-_FAR, _FAR])
        slope = _at(x)[1]
        limit, far_slope = _at(far)
        middle, steep = _at(np.zeros(1))
        positive = x > 0
        three = np.unique(slope["S-shaped linear"].round(9)).size
        largest = max(np.abs(far_slope[n]).max() for n in ("logistic", "tanh"))
        relu = slope["half-wave"]
        measured = [
            largest,
            steep["tanh"][0] / steep["logistic"][0],
            abs(middle["tanh"][0]),
            np.abs(relu[positive] - 1).max(),
            np.abs(relu[~positive]).max(),
            slope["leaky half-wave"].min(),
            abs(limit["exponential-linear"][0] + 1),
            far_slope["exponential-linear"][1],
            float(three),
        ]
        table = pd.DataFrame(
            {
                "rectifier": list(_DRAWN),
                "ConvNet": [RECTIFIERS[n].convnet for n in _DRAWN],
                "slope at 0, from below": [steep[n][0] for n in _DRAWN],
                "slope at -30": [far_slope[n][0] for n in _DRAWN],
                "slope at 30": [far_slope[n][1] for n in _DRAWN],
                "value at -30": [limit[n][0] for n in _DRAWN],
                "value at 30": [limit[n][1] for n in _DRAWN],
            }
        )
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        return Found(table, _figure(), quantities)


def _at(x: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Values about r0, and slopes, of every curve."""
    values, slopes = {}, {}
    for name, parameters in _DRAWN.items():
        rectifier = RECTIFIERS[name]
        shapes = [parameters[p] for p in rectifier.parameters]
        values[name] = rectifier.paths(x, *shapes)[0]
        slopes[name] = np.asarray(rectifier.slope(x, *shapes), dtype=float)
    return values, slopes


def _figure() -> Figure:
    """A panel for each curve, with its derivative."""
    x = np.linspace(-4, 4, 801)
    values, slopes = _at(x)
    figure = Figure(figsize=(9, 5), dpi=150, layout="constrained")
    panels = figure.subplots(2, 3, sharex=True)
    for panel, name in zip(panels.flat, _DRAWN, strict=True):
        panel.axhline(0, color="0.85", lw=0.8, zorder=0)
        panel.axvline(0, color="0.85", lw=0.8, zorder=0)
        panel.plot(x, values[name], lw=2, label="f(x)")
        panel.plot(x, slopes[name], lw=1.2, ls="--", label="f'(x)")
        panel.set_title(f"{RECTIFIERS[name].convnet} = {name}", fontsize=9)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_ylim(min(-1.2, 1.1 * values[name].min()), max(1.2, 1.1 * values[name].max()))
    panels[0, 0].legend(frameon=False, fontsize=8)
    figure.supxlabel("input x", fontsize=9)
    figure.supylabel("output, derivative", fontsize=9)
    return figure
