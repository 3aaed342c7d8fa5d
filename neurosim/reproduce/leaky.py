"""LReLU and PReLU: what a slope on the negative side is good for, and which slopes are learned.

He et al. (2015) learned the slopes with the weights, from 0.25 and without weight decay, shared by
the channels of a layer or one per channel; so it is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurosim.reproduce.few_images import Lesson, few, learn, networks, spread
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurosim.convnet.training import Kind

__all__ = ["LeakyAndLearned"]

_SEEDS, _NETWORKS = 10, 3
_CHANNELS = (12, 12, 12, 12, 12)
_IMAGES, _EPOCHS, _RATE = 800, 5, 0.02
_START = 0.25
_RELU, _LEAKY = "ReLU", "LReLU, a = 0.1"
_SHARED, _OWN = "PReLU, shared", "PReLU, per channel"
_PUBLISHED = {_SHARED: 0.681, _OWN: 0.596}  # first layer, He et al. 2015

Values = Mapping[str, NDArray[np.float64]]


class LeakyAndLearned(Reproduction):
    """Five convolutions of twelve filters, 800 images, five epochs.

    A seed's value is the mean over three networks. Training stops while the training error is
    still above zero, so that it can be compared too.
    """

    name = "leaky-and-prelu"
    statement = (
        "A slope on the negative side, fixed (LReLU) or learned (PReLU), lowers the error, and "
        "learned slopes are larger in the first layer than deeper."
    )
    source = "Hadji & Wildes 2018, (3.3), statement 10; Maas et al. 2013; He et al. 2015"
    needs = ("torch", "sklearn")
    rules = (
        Rule("first layer's learned slope minus the mean of the deeper ones', shared", ">", 0.0,
             "0.681 in the first layer, small ones above"),
        Rule("first layer's learned slope minus the mean of the deeper ones', per channel", ">",
             0.0, "0.596 in the first layer, small ones above"),
        Rule("test error of ReLU minus that of LReLU, per cent", ">", 0.0),
        Rule("test error of ReLU minus that of PReLU per channel, per cent", ">", 0.0),
    )  # fmt: skip

    def run(self, run: Run) -> Found:
        test, training, slopes = _measured(run)
        first = {n: s[..., 0] - s[..., 1:].mean(axis=-1) for n, s in slopes.items()}
        measured = [
            first[_SHARED],
            first[_OWN],
            test[_RELU] - test[_LEAKY],
            test[_RELU] - test[_OWN],
        ]
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        return Found(_table(test, training, slopes), _figure(test, training, slopes), quantities)


def _kinds() -> dict[str, Kind]:
    from neurosim.convnet.training import Kind

    start = {"leak": _START}
    return {
        _RELU: Kind("ReLU"),
        _LEAKY: Kind("LReLU", values={"leak": 0.1}),
        _SHARED: Kind("PReLU", learn=("leak",), values=start),
        _OWN: Kind("PReLU", learn=("leak",), per_channel=True, values=start),
    }


def _measured(run: Run) -> tuple[Values, Values, Values]:
    """Test and training error (seed,), per cent, and slopes (seed, layer) of the learned kinds."""
    kinds, images = _kinds(), run.images()
    every = [n for seed in run.seeds(_SEEDS) for n in networks(seed, _NETWORKS)]
    jobs = [
        Lesson([kind] * len(_CHANNELS), _CHANNELS, few(images, _IMAGES, n), n, _RATE, _EPOCHS)
        for kind in kinds.values()
        for n in every
    ]
    found = iter(run.map(learn, jobs))
    test, training, slopes = {}, {}, {}
    for name in kinds:
        mine = [next(found) for _ in every]
        test[name] = np.reshape([one.test_error for one in mine], (-1, _NETWORKS)).mean(1)
        training[name] = np.reshape([one.train_error for one in mine], (-1, _NETWORKS)).mean(1)
        if name in _PUBLISHED:
            each = [[layer["leak"] for layer in one.layers] for one in mine]
            slopes[name] = np.reshape(each, (-1, _NETWORKS, len(_CHANNELS))).mean(1)
    return test, training, slopes


def _table(test: Values, training: Values, slopes: Values) -> pd.DataFrame:
    rows = []
    for name in test:
        (error, reach), (fitted, fit_reach) = spread(test[name]), spread(training[name])
        difference, apart = spread(test[_RELU] - test[name])
        row: dict[str, Any] = {
            "activation": name,
            "test error, %": error, "test error ±, 99 %": reach,
            "training error, %": fitted, "training error ±, 99 %": fit_reach,
            "test error below ReLU's, %": difference, "below ReLU's ±, 99 %": apart,
        }  # fmt: skip
        for k, slope in enumerate(slopes.get(name, np.empty((1, 0))).T, start=1):
            row[f"slope, layer {k}"], row[f"slope, layer {k} ±, 99 %"] = spread(slope)
        row["published, first layer"] = _PUBLISHED.get(name, np.nan)
        rows.append({key: v if isinstance(v, str) else float(v) for key, v in row.items()})
    return pd.DataFrame(rows)


def _figure(test: Values, training: Values, slopes: Values) -> Figure:
    figure = Figure(figsize=(9.5, 3.8), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_slopes(left, slopes)
    _draw_errors(right, test, training)
    figure.suptitle("A slope on the negative side, fixed or learned (intervals: 99 % over seeds)",
                    fontsize=10)  # fmt: skip
    return figure


def _draw_slopes(ax: Axes, slopes: Values) -> None:
    layer = np.arange(1, len(_CHANNELS) + 1)
    for name, colour, shift in ((_SHARED, "#0072B2", -0.06), (_OWN, "#D55E00", 0.06)):
        mean, reach = spread(slopes[name].T)
        ax.errorbar(layer + shift, mean, reach, fmt="o-", ms=5, capsize=2, color=colour,
                    label=name)  # fmt: skip
        ax.plot(1 + shift, _PUBLISHED[name], "*", ms=11, mfc="none", color=colour,
                label=f"He et al. 2015: {_PUBLISHED[name]}")  # fmt: skip
    ax.axhline(_START, color="0.5", ls="--", lw=1, label=f"start, {_START}")
    ax.set(xlabel="convolution", ylabel="learned slope a (no unit)", xticks=layer)
    ax.set_ylim(0, 1)
    ax.legend(fontsize=8, frameon=False, ncols=2, loc="upper right")


def _draw_errors(ax: Axes, test: Values, training: Values) -> None:
    at = np.arange(len(test))
    for values, label, marker, colour in (
        (test, "test", "o", "#000000"),
        (training, "training", "s", "#009E73"),
    ):
        mean, reach = spread(np.array(list(values.values())))
        ax.errorbar(at, mean, reach, fmt=marker, ms=5, capsize=2, color=colour, label=label)
    ax.set_xticks(at, [name.replace(", ", "\n") for name in test], fontsize=8)
    ax.set(xlim=(-0.5, len(test) - 0.5), ylabel=f"error after {_EPOCHS} epochs, per cent")
    ax.set_ylim(bottom=0)
    ax.legend(fontsize=8, frameon=False)
