"""CReLU with half the filters: fewer parameters, and an error no larger?

Early filters come in pairs of opposite phase (Shang et al. 2016), so a layer that keeps both signs
of each needs only half of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.base.arrays import Array
from neurosim.reproduce.few_images import Lesson, few, learn, networks, spread
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HalfTheFilters", "designs"]

_SEEDS, _NETWORKS = 10, 6
_CHANNELS = (8, 8, 8)
_IMAGES, _EPOCHS, _RATE = 300, 20, 0.02
_RELU, _FEWER = "ReLU", "ReLU, half in every layer"
_FIRST, _ALL = "CReLU, half in the first layer", "CReLU, half in every layer"
_COLOURS = {_RELU: "#000000", _FIRST: "#0072B2", _ALL: "#D55E00", _FEWER: "0.55"}

Values = Mapping[str, Array]


class HalfTheFilters(Reproduction):
    """Three convolutions of eight filters with ReLU, or of four with CReLU.

    Halving is done in every layer, and in the first alone (CReLU there, ReLU above); as many
    channels go on from a halved layer as from a whole one. ReLU with half the filters says what
    the halving alone costs. A seed's value is the mean over six networks.
    """

    number = 7
    name = "crelu-parameters"
    statement = (
        "Early filters come in pairs of opposite phase, so CReLU, which keeps both signs, does "
        "better with half the filters, and so with fewer parameters."
    )
    source = "Hadji & Wildes 2018, statement 11; Shang et al. 2016"
    needs = ("torch", "sklearn")
    rules = (
        Rule("parameters of CReLU over ReLU's, half in every layer", "<", 1.0),
        Rule("parameters of CReLU over ReLU's, half in the first layer", "<", 1.0),
        Rule("test error of ReLU minus that of CReLU, half in every layer, per cent", ">", 0.0),
        Rule("test error of ReLU minus that of CReLU, half in the first layer, per cent", ">", 0.0),
    )

    def run(self, run: Run) -> Found:
        test, training, parameters = _measured(run)
        measured: list[Any] = [
            parameters[_ALL] / parameters[_RELU],
            parameters[_FIRST] / parameters[_RELU],
            test[_RELU] - test[_ALL],
            test[_RELU] - test[_FIRST],
        ]
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        table = _table(test, training, parameters)
        return Found(table, _figure(test, parameters), quantities)


def designs(channels: Sequence[int]) -> dict[str, tuple[list[Any], list[int]]]:
    """Activations and filters of each layer, by the name of the design.

    Parameters
    ----------
    channels : sequence of int
        Filters of the network with ReLU, even numbers.
    """
    from neurosim.convnet.training import Kind

    relu, crelu = Kind("ReLU"), Kind("CReLU")
    number, halves = len(channels), [n // 2 for n in channels]
    return {
        _RELU: ([relu] * number, [*channels]),
        _FIRST: ([crelu] + [relu] * (number - 1), [halves[0], *channels[1:]]),
        _ALL: ([crelu] * number, halves),
        _FEWER: ([relu] * number, halves),
    }


def _measured(run: Run) -> tuple[Values, Values, dict[str, int]]:
    """Test and training error (seed,), per cent, and the numbers of parameters."""
    compared, images = designs(_CHANNELS), run.images()
    every = [n for seed in run.seeds(_SEEDS) for n in networks(seed, _NETWORKS)]
    jobs = [
        Lesson(kinds, filters, few(images, _IMAGES, n), n, _RATE, _EPOCHS)
        for kinds, filters in compared.values()
        for n in every
    ]
    found = iter(run.map(learn, jobs))
    test, training, parameters = {}, {}, {}
    for name in compared:
        mine = [next(found) for _ in every]
        test[name] = np.reshape([one.test_error for one in mine], (-1, _NETWORKS)).mean(1)
        training[name] = np.reshape([one.train_error for one in mine], (-1, _NETWORKS)).mean(1)
        parameters[name] = mine[0].parameters
    return test, training, parameters


def _table(test: Values, training: Values, parameters: Mapping[str, int]) -> pd.DataFrame:
    rows = []
    for name, (_, filters) in designs(_CHANNELS).items():
        error, reach = spread(test[name])
        difference, apart = spread(test[_RELU] - test[name])
        rows.append(
            {
                "network": name,
                "filters": "-".join(str(n) for n in filters),
                "parameters": parameters[name],
                "parameters over ReLU's": parameters[name] / parameters[_RELU],
                "test error, %": float(error),
                "test error ±, 99 %": float(reach),
                "training error, %": float(training[name].mean()),
                "test error below ReLU's, %": float(difference),
                "below ReLU's ±, 99 %": float(apart),
            }
        )
    return pd.DataFrame(rows)


def _figure(test: Values, parameters: Mapping[str, int]) -> Figure:
    figure = Figure(figsize=(9.5, 3.8), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, colour in _COLOURS.items():
        mean, reach = spread(test[name])
        left.errorbar(
            parameters[name], mean, reach, fmt="o", ms=6, capsize=3, color=colour, label=name
        )
    left.set(xlabel="learned parameters", ylabel="test error, per cent")
    left.set_xlim(0, 1.1 * max(parameters.values()))
    left.set_ylim(bottom=0)
    left.legend(fontsize=8, frameon=False, loc="lower right")
    _draw_differences(right, test)
    figure.suptitle("Both signs of half the filters (intervals: 99 % over seeds)", fontsize=10)
    return figure


def _draw_differences(ax: Axes, test: Values) -> None:
    names = [name for name in _COLOURS if name != _RELU]
    for k, name in enumerate(names):
        difference = test[_RELU] - test[name]
        mean, reach = spread(difference)
        across = np.linspace(-0.12, 0.12, difference.size)
        ax.plot(k + across, difference, ".", ms=4, color=_COLOURS[name], alpha=0.5)
        ax.errorbar(k + 0.25, mean, reach, fmt="o", ms=6, capsize=3, color=_COLOURS[name])
    ax.axhline(0, color="0.5", lw=1)
    ax.set_xticks(range(len(names)), [name.replace(", ", "\n") for name in names], fontsize=8)
    ax.set(xlim=(-0.5, len(names) - 0.4))
    ax.set_ylabel("test error of ReLU minus its own, per cent\n(dots: seeds; above 0: better)")
