"""The figure of keep-both: accuracy by activation, and how the learning rates were chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurosim.reproduce.few_images import spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["keep_both_figure"]

_COLOURS = ("#000000", "#56B4E9", "#E69F00", "#0072B2", "#D55E00", "#009E73")
_MARKERS = ("o", "s", "^", "D", "v", "P")


def keep_both_figure(
    accuracy: Mapping[str, NDArray[np.float64]],
    errors: pd.DataFrame,
    rates: Mapping[str, float],
) -> Figure:
    """Accuracy of each activation beside the test errors its learning rate was chosen by.

    Parameters
    ----------
    accuracy : mapping
        Activation -> per cent (seed,).
    errors : DataFrame
        Test error, per cent, of learning rate x activation, on other seeds.
    rates : mapping
        Activation -> learning rate chosen.
    """
    figure = Figure(figsize=(10, 4), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_accuracy(left, accuracy)
    for name, colour, marker in zip(accuracy, _COLOURS, _MARKERS, strict=True):
        right.plot(
            errors.index, errors[name], marker=marker, ms=4, lw=1.2, color=colour, label=name
        )
        chosen = errors[name].loc[rates[name]]
        right.plot(rates[name], chosen, marker=marker, ms=10, mfc="none", color=colour)
    right.set(xscale="log", yscale="log", xlabel="learning rate")
    right.set_ylabel("mean test error on seeds apart, per cent")
    right.set_yticks([3, 5, 10, 20, 50, 90], ["3", "5", "10", "20", "50", "90"])
    right.minorticks_off()
    right.set_xticks(errors.index.to_list(), [f"{rate:g}" for rate in errors.index])
    right.set_title("the rate of each (ringed): its worst network is best", fontsize=9)
    right.legend(fontsize=8, frameon=False, loc="upper left")
    figure.suptitle("The same network and number of parameters, different rectifiers", fontsize=10)
    return figure


def _draw_accuracy(ax: Axes, accuracy: Mapping[str, NDArray[np.float64]]) -> None:
    for k, (values, colour, marker) in enumerate(
        zip(accuracy.values(), _COLOURS, _MARKERS, strict=True)
    ):
        mean, reach = spread(values)
        across = k + np.linspace(-0.15, 0.15, values.size)
        ax.plot(across, values, ".", ms=4, color=colour, alpha=0.5)
        ax.errorbar(k + 0.28, mean, reach, fmt=marker, ms=5, capsize=4, color=colour)
    names = [name.replace("-sq", "-\nsq").replace("dR", "d\nR") for name in accuracy]
    ax.set_xticks(np.arange(len(names)) + 0.1, names, fontsize=8)
    ax.set(xlim=(-0.4, len(names) - 0.4), ylabel="test accuracy, per cent")
    ax.grid(axis="y", alpha=0.3)
    ax.set_title("dots: seeds; markers: mean and 99 % interval", fontsize=9)
