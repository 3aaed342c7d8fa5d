"""Small networks that differ in nothing but their rectifier, and how they are trained.

Stochastic gradient descent with momentum; the seed decides weights and order of images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from neurosim.base.errors import Faults
from neurosim.base.numbers import LARGEST
from neurosim.convnet.activation import Activation
from neurosim.convnet.labelled_images import Dataset

__all__ = ["Kind", "Learned", "Training", "network", "share_wrong", "train"]


@dataclass(frozen=True)
class Kind:
    """Which activation a network has, as plain values that another process can be sent.

    Parameters
    ----------
    rectifier : str
    learn : bool or names
    per_channel : bool
        Whether each channel learns its own.
    values : mapping
        Of parameters.
    """

    rectifier: str
    learn: bool | tuple[str, ...] = False
    per_channel: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)

    def layer(self, channels: int) -> Activation:
        """A layer for so many channels."""
        each = channels if self.per_channel and self.learn else None
        return Activation(self.rectifier, self.learn, each, precise=False, **self.values)


@dataclass(frozen=True)
class Training:
    """How a network is trained."""

    epochs: int = 10
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 0.0
    batch: int = 64
    seed: int = 0
    watched: float = 1.0
    """Epochs between two looks at the training error (a fraction, too)."""
    enough: float | None = None
    """Training error at which to stop, when a look finds it."""

    def __post_init__(self) -> None:
        faults, not_negative = Faults("Training"), lambda number: 0 <= number < math.inf
        checked: dict[str, Any] = {
            name: faults.number(name, getattr(self, name), ">= 0", not_negative)
            for name in ("learning_rate", "momentum", "weight_decay")
        }
        for name in ("epochs", "batch"):
            checked[name] = faults.whole(name, getattr(self, name))
        checked["seed"] = faults.whole("seed", self.seed, 0)
        watched, some = self.watched, lambda epochs: 0 < epochs < math.inf
        checked["watched"] = faults.number("watched", watched, "> 0 epochs", some)
        if self.enough is not None:
            checked["enough"] = faults.number("enough", self.enough, ">= 0", not_negative)
        faults.stop()
        for name, value in checked.items():
            object.__setattr__(self, name, value)


@dataclass
class Learned:
    """What training brought: the error on the training images at each look, at the end on both."""

    epochs: list[float]
    train_error: list[float]
    test_error: float
    finite: bool


def network(
    layer: Callable[[int], nn.Module],
    dataset: Dataset,
    channels: Sequence[int] = (16, 32),
    kernel: int = 3,
    seed: int = 0,
    pooled: bool = True,
    gain: float = 2.0,
) -> nn.Sequential:
    """Convolutions of the image's size, each with its activation; pooling; a linear read-out.

    Parameters
    ----------
    layer : callable
        Makes the activation of so many channels, such as ``Kind("ReLU").layer``.
    dataset : Dataset
        For the shape of its images and the number of its classes.
    channels : sequence of int
        Filters of each convolution.
    kernel : int
        Their size, pixels.
    seed : int
        Of the weights.
    pooled : bool
        Whether the last map is averaged over 2 x 2 pixels.
    gain : float
        Variance of the weights, times how many come together: 2 keeps the size of what passes
        through ReLU (He et al. 2015), 1 suits tanh (LeCun et al. 1998).
    """
    faults = Faults("network")
    faults.require(callable(layer), "layer as a function of the number of channels", layer)
    faults.kind("dataset", dataset, Dataset, "a Dataset")
    channels = faults.wholes("channels", channels, 1, LARGEST)
    kernel, seed = faults.whole("kernel", kernel), faults.whole("seed", seed, 0)
    pooled = faults.flag("pooled", pooled)
    gain = faults.number("gain", gain, "> 0", lambda number: 0 < number < math.inf)
    faults.stop()
    generator = torch.Generator().manual_seed(seed)
    depth, rows, columns = dataset.train_images.shape[1:]
    parts: list[nn.Module] = []
    for filters in channels:
        parts.append(nn.Conv2d(depth, filters, kernel, padding="same"))
        parts.append(layer(filters))
        faults.kind("what layer gives", parts[-1], nn.Module, "a Module")
        faults.stop()
        depth = filters * int(getattr(parts[-1], "paths", 1))
    if pooled:
        parts.append(nn.AvgPool2d(2))
        rows, columns = rows // 2, columns // 2
    parts += [nn.Flatten(), nn.Linear(depth * rows * columns, dataset.classes)]
    made = nn.Sequential(*parts)
    for part in made:
        if isinstance(part, nn.Conv2d | nn.Linear):
            fan_in = part.weight[0].numel()
            nn.init.normal_(part.weight, 0.0, (gain / fan_in) ** 0.5, generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    return made


def train(
    model: nn.Module,
    dataset: Dataset,
    training: Training,
    watch: Callable[[nn.Module, float], Any] | None = None,
) -> Learned:
    """Train a network to tell the classes.

    Parameters
    ----------
    model : Module
        Changed in place.
    dataset : Dataset
    training : Training
    watch : callable, optional
        Called with the model and the epochs so far at each look, the start among them.

    Returns
    -------
    Learned
        `finite` is False where training diverged.
    """
    faults = Faults("train")
    faults.kind("model", model, nn.Module, "a Module")
    faults.kind("dataset", dataset, Dataset, "a Dataset")
    faults.kind("training", training, Training, "a Training")
    faults.require(watch is None or callable(watch), "watch as a function", watch)
    faults.stop()
    images, labels = (torch.from_numpy(a) for a in (dataset.train_images, dataset.train_labels))
    order = np.random.default_rng(training.seed)
    optimiser = torch.optim.SGD(
        model.parameters(),
        lr=training.learning_rate,
        momentum=training.momentum,
        weight_decay=training.weight_decay,
    )
    loss = nn.CrossEntropyLoss()
    steps = -(-len(images) // training.batch)
    every = max(1, round(steps * training.watched))
    learned = Learned([], [], 1.0, True)

    def look(done: int) -> None:
        learned.epochs.append(done / steps)
        learned.train_error.append(share_wrong(model, images, labels))
        if watch is not None:
            watch(model, done / steps)

    def enough(error: float) -> bool:
        return training.enough is not None and error <= training.enough

    look(0)
    done = 0
    for _ in range(training.epochs):
        shuffled = torch.from_numpy(order.permutation(len(images)))
        for rows in shuffled.split(training.batch):
            optimiser.zero_grad()
            cost = loss(model(images[rows]), labels[rows])
            cost.backward()
            optimiser.step()
            done += 1
            if done % every == 0:
                look(done)
                if enough(learned.train_error[-1]):
                    break
        learned.finite = bool(torch.isfinite(cost))
        if not learned.finite or enough(learned.train_error[-1]):
            break
    test = (torch.from_numpy(a) for a in (dataset.test_images, dataset.test_labels))
    learned.test_error = share_wrong(model, *test)
    return learned


@torch.no_grad()
def share_wrong(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of images given another label than theirs."""
    wrong = 0
    for part, told in zip(images.split(2048), labels.split(2048), strict=True):
        wrong += int((model(part).argmax(1) != told).sum())
    return wrong / len(images)
