"""Rectifiers that keep both signs against those that lose one, with parameters matched.

Statement 16 says of CReLU and of E+, E- that they keep energy and phase both, and do better in
several tasks than the absolute value, which loses phase, and ReLU, which loses half the energy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from neurosim.reproduce.few_images import Lesson, few, learn, networks, spread
from neurosim.reproduce.keep_both_plots import keep_both_figure
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from torch import nn

    from neurosim.convnet.labelled_images import Dataset

__all__ = ["KeepBoth", "Neuron", "counted", "matched", "slowest_safe"]

_SEEDS, _NETWORKS = 10, 3
_CHANNELS = (8, 16)  # of one path
_KERNEL = 3
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
        return Found(table, keep_both_figure(accuracy, chosen_on, rates), quantities)


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

    drive: NDArray[np.float64]
    count: NDArray[np.int64]
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


def counted(
    filters: Sequence[int], paths: int, depth: int, pixels: int, classes: int, kernel: int = _KERNEL
) -> int:
    """Parameters of a network: weights and biases of its convolutions and of its read-out.

    Parameters
    ----------
    filters : sequence of int
        Of each convolution.
    paths : int
        Channels that go on for each filter.
    depth : int
        Channels of an image.
    pixels : int
        That the read-out sees of each channel.
    classes, kernel : int

    Examples
    --------
    >>> counted([8, 16], 1, 1, 16, 10)
    3818
    """
    total = 0
    for each in filters:
        total += each * (depth * kernel**2 + 1)
        depth = each * paths
    return total + classes * (depth * pixels + 1)


def matched(filters: Sequence[int], paths: int, count: Callable[[Sequence[int], int], int]) -> list:
    """Filters of a two-layer network of more paths with as many parameters as one of one path.

    The second layer has 1.6 to 2.5 times the filters of the first; of those, the nearest in number.

    Parameters
    ----------
    filters : sequence of int
        Of the network of one path.
    paths : int
    count : callable
        Parameters of (filters, paths).

    Examples
    --------
    >>> matched([8, 16], 2, lambda filters, paths: counted(filters, paths, 1, 16, 10))
    [5, 9]
    """
    if paths == 1:
        return [*filters]
    wanted = count(filters, 1)
    tried = [
        [first, second]
        for first in range(1, filters[0] + 1)
        for second in range(first, filters[1] + 1)
        if 1.6 <= second / first <= 2.5
    ]
    return min(tried, key=lambda each: abs(count(each, paths) - wanted))


def slowest_safe(error: NDArray[np.float64], rates: Sequence[float]) -> float:
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
    accuracy: Mapping[str, NDArray[np.float64]],
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
