"""How sparse the outputs of ReLU are, when units die, and what a layer of silent units passes on.

A network of two convolutions is trained with ReLU and with tanh at several learning rates. At
every look it is shown all training images: the share of its outputs that are exactly 0, and the
share of its filters that are dead, silent at every place of every image. A dead filter gets no
gradient, so it stays dead unless the layer before it changes.

Then the degenerate case: the biases of one layer are set so low that all its units are negative.
The gradient that reaches the layer before it, over the gradient without those biases, is 0 with
ReLU and near the leak with LReLU; training such a network shows whether it recovers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.reproduce.inputs import centred
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from neurosim.convnet.datasets import Dataset

__all__ = ["Sparsity", "silence"]

CHANNELS = (16, 32)
GAINS = {"ReLU": 2.0, "LReLU": 2.0, "tanh": 1.0}  # variance of the weights times fan-in
VALUES: dict[str, dict[str, float]] = {"ReLU": {}, "LReLU": {"leak": 0.1}, "tanh": {"width": 1.0}}
RATES = (0.025, 0.05, 0.1, 0.2, 0.4)
USUAL = 0.05
SHOWN = (RATES[0], USUAL, RATES[-1])  # over time; tanh is trained at these alone
EPOCHS = 3
BELOW = 3.0  # margin by which the units of a degenerate layer are negative, SD of their inputs
_SECOND = 2  # place of the second convolution in the network
_COLOURS = {"ReLU": "C0", "LReLU": "C2", "tanh": "C1"}


@dataclass(frozen=True)
class Trial:
    """A network to train; degenerate if the second layer starts with negative units only."""

    dataset: Dataset
    rectifier: str
    learning_rate: float
    seed: int
    degenerate: bool = False


@dataclass(frozen=True)
class History:
    """What a network's outputs and errors were over training."""

    epochs: np.ndarray
    zeros: np.ndarray  # share, over both layers
    dead: np.ndarray
    error: np.ndarray
    gradient: float = float("nan")  # below the degenerate layer, over that without its biases


class Sparsity(Reproduction):
    """Zeros and dead units over training and learning rates; the layer that is all negative."""

    number = 4
    name = "sparsity-and-dead-units"
    statement = (
        "ReLU makes outputs sparse; its units can die; a layer whose units are all negative "
        "passes no gradient, with LReLU it does."
    )
    source = "Hadji & Wildes 2018, statements 9 and 10; Maas et al. 2013; He et al. 2015"
    needs = ("torch", "sklearn")
    rules = (
        Rule("share of zeros with ReLU, trained", ">", 0.4, "50 % at random weights"),
        Rule("share of zeros with tanh, trained", "<", 0.01),
        Rule("dead ReLU units, learning rate 0.4 minus 0.025", ">", 0.05),
        Rule("dead ReLU units, learning rate 0.025", "<", 0.05),
        Rule("gradient passed by an all-negative layer, ReLU", "<", 1e-300),
        Rule(
            "gradient passed by an all-negative layer, LReLU",
            ">",
            0.05,
            "0.1/sqrt((1 + 0.1^2)/2) = 0.14",
        ),
        Rule("training error from an all-negative layer, ReLU", ">", 0.8),
        Rule("training error from an all-negative layer, LReLU", "<", 0.3),
    )

    def run(self, run: Run) -> Found:
        seeds, dataset = run.seeds(6), centred(run.images())
        trials = [
            Trial(dataset, name, rate, seed)
            for rate in RATES
            for name in ("ReLU", "tanh")
            for seed in seeds
            if name == "ReLU" or rate in SHOWN
        ]
        trials += [Trial(dataset, n, USUAL, seed, True) for n in GAINS for seed in seeds]
        histories = run.map(followed, trials)
        found: dict[tuple[str, float, bool], list[History]] = {}
        for trial, history in zip(trials, histories, strict=True):
            key = trial.rectifier, trial.learning_rate, trial.degenerate
            found.setdefault(key, []).append(history)
        dead = {rate: _last(found["ReLU", rate, False], "dead") for rate in RATES}
        silent = {name: found[name, USUAL, True] for name in ("ReLU", "LReLU")}
        values = [
            _last(found["ReLU", USUAL, False], "zeros"),
            _last(found["tanh", USUAL, False], "zeros"),
            dead[RATES[-1]] - dead[RATES[0]],
            dead[RATES[0]],
            *(np.array([one.gradient for one in each]) for each in silent.values()),
            *(_last(each, "error") for each in silent.values()),
        ]
        quantities = {r.quantity: v for r, v in zip(self.rules, values, strict=True)}
        return Found(_table(found), _figure(found, dataset.name), quantities)


def followed(trial: Trial) -> History:
    """Train one network and look at the outputs of its rectifiers."""
    import torch

    from neurosim.convnet.training import Kind, Training, network, train

    dataset, name = trial.dataset, trial.rectifier
    model = network(
        Kind(name, values=VALUES[name]).layer, dataset, CHANNELS, seed=trial.seed, gain=GAINS[name]
    )
    images = torch.from_numpy(dataset.train_images)
    gradient = float("nan")
    if trial.degenerate:
        without = first_gradient(model, _SECOND, images)
        lower(model, _SECOND, images)
        gradient = first_gradient(model, _SECOND, images) / without
    looks: list[tuple[float, float, float]] = []
    learned = train(
        model,
        dataset,
        Training(EPOCHS, trial.learning_rate, seed=trial.seed, watched=0.5),
        lambda now, epochs: looks.append((epochs, *silence(now, images))),
    )
    epochs, zeros, dead = np.array(looks).T
    return History(epochs, zeros, dead, np.array(learned.train_error), gradient)


def silence(model: Any, images: Any) -> tuple[float, float]:
    """Share of the rectifiers' outputs that are 0, and of their channels that never are not.

    Parameters
    ----------
    model : Sequential
        Whose rectifiers are Activations.
    images : tensor (image, channel, row, column)

    Returns
    -------
    zeros : float
        Of all outputs of all rectifiers, at every place for every image.
    dead : float
        Of all channels: silent at every place for every image.

    Both are NaN for a network that diverged.
    """
    import torch

    from neurosim.convnet.activation import Activation

    zero = outputs = 0
    dead: list[Any] = []
    x = images
    with torch.no_grad():
        for part in model:
            x = part(x)
            if isinstance(part, Activation):
                silent = x == 0
                zero, outputs = zero + int(silent.sum()), outputs + silent.numel()
                dead.append(silent.transpose(0, 1).flatten(1).all(1))
    if not torch.isfinite(x).all():
        return float("nan"), float("nan")
    return zero / outputs, float(torch.cat(dead).double().mean())


def lower(model: Any, layer: int, images: Any) -> None:
    """Set the biases of a convolution so that no unit is positive for any image.

    Parameters
    ----------
    model : Sequential
    layer : int
        Its place in the model.
    images : tensor (image, channel, row, column)
    """
    import torch

    with torch.no_grad():
        inputs = model[: layer + 1](images).transpose(0, 1).flatten(1)
        model[layer].bias -= inputs.amax(1) + BELOW * inputs.std(1)


def first_gradient(model: Any, layer: int, images: Any) -> float:
    """Norm of the gradient by the first layer's weights that comes down through a layer.

    What comes down from above is the same whatever the outputs: of random signs.

    Parameters
    ----------
    model : Sequential
    layer : int
        The place of a convolution; its rectifier follows it.
    images : tensor (image, channel, row, column)
    """
    import torch

    outputs = model[: layer + 2](images)
    signs = torch.randint(2, outputs.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    (gradient,) = torch.autograd.grad((outputs * signs).sum(), [model[0].weight])
    return float(gradient.norm())


def _last(histories: list[History], name: str) -> np.ndarray:
    return np.array([getattr(one, name)[-1] for one in histories])


def _table(found: dict[tuple[str, float, bool], list[History]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rectifier": name,
            "learning rate": rate,
            "all negative at first": degenerate,
            "zeros at first": np.mean([one.zeros[0] for one in each]),
            "zeros, trained": _last(each, "zeros").mean(),
            "dead units, trained": _last(each, "dead").mean(),
            "SD over seeds": _last(each, "dead").std(),
            "training error": _last(each, "error").mean(),
            "gradient passed": np.mean([one.gradient for one in each]),
        }
        for (name, rate, degenerate), each in found.items()
    )


def _figure(found: dict[tuple[str, float, bool], list[History]], data: str) -> Figure:
    figure = Figure(figsize=(10.5, 3.6), dpi=150, layout="constrained")
    over, against, recovery = figure.subplots(1, 3)
    for name in ("ReLU", "tanh"):
        for rate, style in zip(SHOWN, ("-", "--", ":"), strict=True):
            each = found[name, rate, False]
            over.plot(
                each[0].epochs,
                100 * _mean(each, "zeros"),
                style,
                color=_COLOURS[name],
                label=f"{name}, rate {rate:g}",
            )
        rates = [rate for rate in RATES if (name, rate, False) in found]
        dead = np.stack([_last(found[name, rate, False], "dead") for rate in rates])
        against.plot(rates, 100 * dead, ".", ms=4, color=_COLOURS[name])
        against.plot(rates, 100 * dead.mean(1), color=_COLOURS[name], label=f"{name}: dead")
    wrong = np.stack([_last(found["ReLU", rate, False], "error") for rate in RATES])
    against.plot(RATES, 100 * wrong.mean(1), "--", color="0.5", label="ReLU: training error")
    for name in GAINS:
        each = found[name, USUAL, True]
        recovery.plot(each[0].epochs, 100 * _mean(each, "error"), color=_COLOURS[name], label=name)
    over.set(
        xlabel="epoch", ylabel="outputs that are 0 (%)", ylim=(-3, 103), title=f"sparsity, {data}"
    )
    against.set(
        xscale="log",
        xlabel="learning rate",
        ylabel="share of units, of images (%)",
        ylim=(-3, 103),
        title=f"dead units after {EPOCHS} epochs",
    )
    against.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    against.xaxis.minorticks_off()
    recovery.set(
        xlabel="epoch",
        ylabel="training error (%)",
        ylim=(-3, 103),
        title="second layer all negative at first",
    )
    over.legend(fontsize=8, loc="center", bbox_to_anchor=(0.5, 0.26), ncols=2)
    against.legend(fontsize=8, loc="upper left")
    recovery.legend(fontsize=8)
    return figure


def _mean(histories: list[History], name: str) -> np.ndarray:
    """Over seeds; up to where the first of them stopped, if one diverged."""
    shortest = min(len(one.epochs) for one in histories)
    mean: np.ndarray = np.mean([getattr(one, name)[:shortest] for one in histories], axis=0)
    return mean
