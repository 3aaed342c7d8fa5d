"""Rectifiers that keep both signs against those that lose one, with parameters matched.

Statement 16 says of CReLU and of E+, E- that they keep energy and phase both, and do better in
several tasks than the absolute value, which loses phase, and ReLU, which loses half the energy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.base.arrays import Array, Indices
from neurosim.reproduce.few_images import Lesson, few, learn, networks, spread
from neurosim.reproduce.matched_parameters import counted, matched
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from torch import nn

    from neurosim.convnet.labelled_images import Dataset

__all__ = ["KeepBoth", "Neuron", "slowest_safe"]

_SEEDS, _NETWORKS = 10, 3
_CHANNELS = (8, 16)  # of one path
_IMAGES, _EPOCHS = 300, 15
_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
_CHOOSING = 4  # networks that choose a learning rate, none of which is evaluated
_RELU, _AVR, _SQUARED = "ReLU", "AVR", "half-squared"
_CRELU, _ENERGY, _MEASURED = "CReLU", "E+/E-", "MeasuredRate"

# the neuron: a LIF cell 10 mV above rest and 10 below threshold, 10 mV per unit of input;
# 40 Hz per unit of output gives its curve a slope of about 1 where it is straight, as ReLU's
_DRIVES = np.linspace(-3, 5, 65)
_CELL = {"gain": 10.0, "baseline": 10.0, "duration": 2.0, "trials": 20}
_NOISE, _HZ_PER_UNIT = 4.0, 40.0

_COLOURS = ("#000000", "#56B4E9", "#E69F00", "#0072B2", "#D55E00", "#009E73")
_MARKERS = ("o", "s", "^", "D", "v", "P")


class KeepBoth(Reproduction):
    """Two convolutions; the two-path kinds have fewer filters, so that parameters agree.

    Each kind has the learning rate of a declared grid that serves it best on other seeds, as
    squares need smaller steps. A seed's value is the median of three networks, as one with
    squares diverges now and then at any rate that teaches it.
    """

    number = 12
    name = "keep-both"
    statement = (
        "CReLU and E+, E- keep both energy and phase, and do better in several tasks than ReLU, "
        "which keeps half the energy, and AVR, which loses phase."
    )
    source = "Hadji & Wildes 2018, statement 16"
    needs = ("torch", "sklearn")
    rules = (
        Rule("accuracy of CReLU minus that of ReLU, per cent", ">", 0.0),
        Rule("accuracy of CReLU minus that of AVR, per cent", ">", 0.0),
        Rule("accuracy of E+/E- minus that of half-squared, per cent", ">", 0.0),
        Rule("accuracy of E+/E- minus that of ReLU, per cent", ">", 0.0),
        Rule("accuracy of E+/E- minus that of AVR, per cent", ">", 0.0),
    )

    def run(self, run: Run) -> Found:
        kinds, filters = _kinds(run), _filters(run.images())
        rates, chosen_on = _chosen_rates(run, kinds, filters)
        every = [n for seed in run.seeds(_SEEDS) for n in networks(seed, _NETWORKS)]
        jobs = [
            _lesson(kinds[name], filters[name], drawn, n, rates[name])
            for n, drawn in _drawn(run.images(), every)
            for name in kinds
        ]
        found = run.map(learn, jobs)
        accuracy, training, parameters = {}, {}, {}
        for k, name in enumerate(kinds):
            mine = found[k :: len(kinds)]
            right = [100 - one.test_error for one in mine]
            accuracy[name] = np.median(np.reshape(right, (-1, _NETWORKS)), axis=1)
            training[name] = float(np.mean([one.train_error for one in mine]))
            parameters[name] = mine[0].parameters
        compared = [
            (_CRELU, _RELU),
            (_CRELU, _AVR),
            (_ENERGY, _SQUARED),
            (_ENERGY, _RELU),
            (_ENERGY, _AVR),
        ]
        quantities = {
            rule.quantity: accuracy[one] - accuracy[other]
            for rule, (one, other) in zip(self.rules, compared, strict=True)
        }
        table = _table(accuracy, training, parameters, filters, rates)
        return Found(table, _figure(accuracy, chosen_on, rates), quantities)


@dataclass(frozen=True, eq=False)
class Neuron:
    """The f-I curve of a simulated cell as an activation, as plain numbers.

    Parameters
    ----------
    drive : array (stimulus,)
    count : array (stimulus, trial)
    duration : float
        s.
    """

    drive: Array
    count: Indices
    duration: float

    def layer(self, channels: int) -> nn.Module:
        """The same curve for every channel."""
        from neurosim.convnet.curve import MeasuredRate
        from neurosim.data.responses import responses_from_counts

        responses = responses_from_counts(self.drive, self.count, duration=self.duration)
        return MeasuredRate(responses, hz_per_unit=_HZ_PER_UNIT)

    @classmethod
    def simulated(cls, seed: int, workers: int | None = None) -> Neuron:
        """Spikes of the leaky integrate-and-fire cell, in Brian2."""
        import xarray as xr

        from neurosim.models.cells.lif import LIF
        from neurosim.simulation.simulate import simulate

        drive = xr.DataArray(_DRIVES[:, None], dims=("stimulus", "cell"), attrs={"units": "1"})
        cell = LIF(noise_sd=_NOISE)
        responses = simulate(cell, drive, seed=seed, workers=workers, **_CELL)  # type: ignore[arg-type]
        return cls(_DRIVES, responses["count"].values[:, 0], _CELL["duration"])


def slowest_safe(error: Array, rates: Sequence[float]) -> float:
    """The learning rate whose worst network is best; the smallest of several as good.

    The worst, not the mean: a rate at which one network in four diverges is no rate to choose.

    Parameters
    ----------
    error : array (rate, network)
    rates : sequence of float
        Rising.

    Examples
    --------
    >>> slowest_safe(np.array([[9.0, 9.0], [5.0, 6.0], [2.0, 90.0]]), [0.01, 0.02, 0.05])
    0.02
    """
    return rates[int(error.max(axis=1).argmin())]


def _kinds(run: Run) -> dict[str, Any]:
    from neurosim.convnet.training import Kind

    kinds: dict[str, Any] = {name: Kind(name) for name in (_RELU, _AVR, _SQUARED, _CRELU)}
    kinds[_ENERGY] = Kind("two-path energy")
    kinds[_MEASURED] = Neuron.simulated(run.seed, run.workers)
    return kinds


def _filters(images: Dataset) -> dict[str, list[int]]:
    """Filters of each kind: as many parameters in all as ReLU's network."""
    depth, rows, columns = images.train_images.shape[1:]
    pixels = (rows // 2) * (columns // 2)

    def count(filters: Sequence[int], paths: int) -> int:
        return counted(filters, paths, depth, pixels, images.classes)

    paths = {_RELU: 1, _AVR: 1, _SQUARED: 1, _CRELU: 2, _ENERGY: 2, _MEASURED: 1}
    return {name: matched(_CHANNELS, number, count) for name, number in paths.items()}


def _drawn(images: Dataset, every: Sequence[int]) -> list[tuple[int, Dataset]]:
    return [(n, few(images, _IMAGES, n)) for n in every]


def _lesson(kind: Any, filters: list[int], drawn: Dataset, seed: int, rate: float) -> Lesson:
    return Lesson([kind] * len(filters), filters, drawn, seed, rate, _EPOCHS)


def _chosen_rates(
    run: Run, kinds: Mapping[str, Any], filters: Mapping[str, list[int]]
) -> tuple[dict[str, float], pd.DataFrame]:
    """Learning rates, and the mean test error at each (rate x kind), on seeds of their own."""
    other = networks(1000 * run.seed + 900, _CHOOSING)
    jobs = [
        _lesson(kinds[name], filters[name], drawn, n, rate)
        for name in kinds
        for rate in _RATES
        for n, drawn in _drawn(run.images(), other)
    ]
    errors = [one.test_error for one in run.map(learn, jobs)]
    error = np.reshape(errors, (len(kinds), len(_RATES), _CHOOSING))
    rates = {name: slowest_safe(error[k], _RATES) for k, name in enumerate(kinds)}
    means = pd.DataFrame(error.mean(axis=2).T, index=pd.Index(_RATES), columns=list(kinds))
    return rates, means


def _table(
    accuracy: Mapping[str, Array],
    training: Mapping[str, float],
    parameters: Mapping[str, int],
    filters: Mapping[str, list[int]],
    rates: Mapping[str, float],
) -> pd.DataFrame:
    rows = []
    for name, values in accuracy.items():
        mean, reach = spread(values)
        row: dict[str, Any] = {
            "activation": name,
            "filters": "-".join(str(n) for n in filters[name]),
            "parameters": parameters[name],
            "parameters over ReLU's": parameters[name] / parameters[_RELU],
            "learning rate": rates[name],
            "accuracy, %": float(mean),
            "accuracy ±, 99 %": float(reach),
            "training error, %": training[name],
        }
        for other in (_RELU, _AVR):
            difference, apart = spread(values - accuracy[other])
            row[f"accuracy above {other}'s, %"] = float(difference)
            row[f"above {other}'s ±, 99 %"] = float(apart)
        rows.append(row)
    return pd.DataFrame(rows)


def _figure(
    accuracy: Mapping[str, Array],
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


def _draw_accuracy(ax: Axes, accuracy: Mapping[str, Array]) -> None:
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
