"""LReLU and PReLU: what a slope on the negative side is good for, and which slopes are learned.

He et al. (2015) learned the slopes with the weights, from 0.25 and without weight decay, shared by
the channels of a layer or one per channel; so it is here.

What a slope does for the error depends on depth and on how long one trains: in five convolutions of
12 filters each, trained for five epochs, both LReLU and PReLU had the smaller test error (by 1 per
cent, base seed 1). The three convolutions here are trained until little training error is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from neurosim.base.arrays import Array
from neurosim.reproduce.few_images import Lesson, few, learn, networks, spread
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurosim.convnet.training import Kind

__all__ = ["LeakyAndLearned"]

_SEEDS, _NETWORKS = 10, 3
_CHANNELS = (8, 16, 16)
_IMAGES, _EPOCHS, _RATE = 800, 10, 0.02
_EARLY = 2  # epochs
_START = 0.25
_RELU, _LEAKY = "ReLU", "LReLU, a = 0.1"
_SHARED, _OWN = "PReLU, shared", "PReLU, per channel"
_COLOURS = {_RELU: "#000000", _LEAKY: "#009E73", _SHARED: "#0072B2", _OWN: "#D55E00"}
_MARKERS = "osD^"
_PUBLISHED = {_SHARED: 0.681, _OWN: 0.596}  # first layer, He et al. 2015

Values = Mapping[str, Array]


class LeakyAndLearned(Reproduction):
    """Three convolutions of 8, 16 and 16 filters, taught 800 images until hardly one is wrong.

    A seed's value is the mean over three networks. The error that decides is the one at the end;
    its course tells what is faster from what is better.
    """

    number = 5
    name = "leaky-and-prelu"
    statement = (
        "A slope on the negative side, fixed (LReLU) or learned (PReLU), lowers the error, and "
        "learned slopes are larger in the first layer than deeper."
    )
    source = "Hadji & Wildes 2018, (3.3), statement 10; Maas et al. 2013; He et al. 2015"
    needs = ("torch", "sklearn")
    rules = (
        Rule(
            "first layer's learned slope minus the mean of the deeper ones', shared",
            ">",
            0.0,
            "0.681 in the first layer, small ones above",
        ),
        Rule(
            "first layer's learned slope minus the mean of the deeper ones', per channel",
            ">",
            0.0,
            "0.596 in the first layer, small ones above",
        ),
        Rule("test error of ReLU minus that of LReLU, per cent", ">", 0.0),
        Rule("test error of ReLU minus that of PReLU per channel, per cent", ">", 0.0),
    )

    def run(self, run: Run) -> Found:
        course, training, slopes = _measured(run)
        first = {n: s[..., 0] - s[..., 1:].mean(axis=-1) for n, s in slopes.items()}
        test = {name: each[..., -1] for name, each in course.items()}
        measured = [
            first[_SHARED],
            first[_OWN],
            test[_RELU] - test[_LEAKY],
            test[_RELU] - test[_OWN],
        ]
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        return Found(_table(course, training, slopes), _figure(course, slopes), quantities)


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
    """Test error (seed, epoch) and training error (seed,), per cent; slopes (seed, layer)."""
    kinds, images = _kinds(), run.images()
    every = [n for seed in run.seeds(_SEEDS) for n in networks(seed, _NETWORKS)]
    jobs = [
        Lesson(
            [kind] * len(_CHANNELS),
            _CHANNELS,
            few(images, _IMAGES, n),
            n,
            _RATE,
            _EPOCHS,
            followed=True,
        )
        for kind in kinds.values()
        for n in every
    ]
    found = iter(run.map(learn, jobs))
    course, training, slopes = {}, {}, {}
    for name in kinds:
        mine = [next(found) for _ in every]
        course[name] = _by_seed([_whole(one.course) for one in mine])
        training[name] = _by_seed([one.train_error for one in mine])
        if name in _PUBLISHED:
            slopes[name] = _by_seed([[layer["leak"] for layer in one.layers] for one in mine])
    return course, training, slopes


def _by_seed(values: Sequence[Any]) -> Array:
    """Means over the networks of each seed."""
    array = np.asarray(values, dtype=float)
    means: Array = array.reshape(-1, _NETWORKS, *array.shape[1:]).mean(axis=1)
    return means


def _whole(course: Sequence[float]) -> list[float]:
    """One that diverged, and so stopped early, keeps its last error."""
    return [*course, *[course[-1]] * (1 + _EPOCHS - len(course))]


def _table(course: Values, training: Values, slopes: Values) -> pd.DataFrame:
    rows = []
    for name, each in course.items():
        row: dict[str, Any] = {"activation": name}
        for label, values in (
            ("test error, %", each[:, -1]),
            (f"test error after {_EARLY} epochs, %", each[:, min(_EARLY, _EPOCHS)]),
            ("training error, %", training[name]),
            ("test error below ReLU's, %", course[_RELU][:, -1] - each[:, -1]),
            *((f"slope, layer {k}", s) for k, s in enumerate(_layers(slopes, name), start=1)),
        ):
            mean, reach = spread(values)
            row[label], row[f"{label.removesuffix(', %')} ±, 99 %"] = float(mean), float(reach)
        row["published, first layer"] = _PUBLISHED.get(name, np.nan)
        rows.append(row)
    return pd.DataFrame(rows)


def _layers(slopes: Values, name: str) -> Array:
    """Slopes (layer, seed), or none."""
    return slopes[name].T if name in slopes else np.empty((0, 1))


def _figure(course: Values, slopes: Values) -> Figure:
    figure = Figure(figsize=(9.5, 3.8), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_slopes(left, slopes)
    _draw_course(right, course)
    figure.suptitle(
        "A slope on the negative side, fixed or learned (intervals: 99 % over seeds)", fontsize=10
    )
    return figure


def _draw_slopes(ax: Axes, slopes: Values) -> None:
    layer = np.arange(1, len(_CHANNELS) + 1)
    for name, shift in ((_SHARED, -0.06), (_OWN, 0.06)):
        colour = _COLOURS[name]
        mean, reach = spread(slopes[name].T)
        ax.errorbar(layer + shift, mean, reach, fmt="o-", ms=5, capsize=2, color=colour, label=name)
        ax.plot(
            1 + shift,
            _PUBLISHED[name],
            "*",
            ms=11,
            mfc="none",
            color=colour,
            label=f"He et al. 2015: {_PUBLISHED[name]}",
        )
    ax.axhline(_START, color="0.5", ls="--", lw=1, label=f"start, {_START}")
    ax.set(xlabel="convolution", ylabel="learned slope a (no unit)", xticks=layer)
    ax.set_ylim(0, 1)
    ax.legend(fontsize=8, frameon=False, ncols=2, loc="upper right")


def _draw_course(ax: Axes, course: Values) -> None:
    """Test error after each epoch but none."""
    epoch = np.arange(1, _EPOCHS + 1)
    for k, (name, values) in enumerate(course.items()):
        mean, reach = spread(values[:, 1:].T)
        ax.errorbar(
            epoch + 0.1 * (k - 1.5),
            mean,
            reach,
            fmt=_MARKERS[k] + "-",
            ms=4,
            lw=1.2,
            capsize=2,
            color=_COLOURS[name],
            label=name,
        )
    ax.set(xlabel="epochs", ylabel="test error, per cent", yscale="log", xticks=epoch)
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.grid(axis="y", alpha=0.3)
    ax.legend(fontsize=8, frameon=False)
