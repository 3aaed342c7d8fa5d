"""Small networks taught on few images: what the experiments about keeping a sign have in common.

With few images to learn from, errors stay well above zero and rectifiers can differ. Whatever is
compared shares, for each seed, the images, their order, and the weights at the start where the
shapes agree, so that differences are taken seed by seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.reproduce.inputs import smaller
from neurosim.reproduce.statement import half_interval

if TYPE_CHECKING:
    from torch import nn

    from neurosim.convnet.labelled_images import Dataset

__all__ = ["Learnt", "Lesson", "few", "learn", "made", "networks", "spread"]

_TESTED = 1500  # images at most


@dataclass(frozen=True)
class Lesson:
    """One network to train, as plain values that another process can be sent.

    Parameters
    ----------
    kinds : sequence
        The activation of each convolution, from the first on: what has a ``layer`` of so many
        channels, such as `Kind`.
    channels : sequence of int
        Filters of each convolution.
    dataset : Dataset
    seed : int
        Of weights and order.
    learning_rate : float
    epochs : int
    batch : int
    followed : bool
        Whether to test after every epoch.
    """

    kinds: Sequence[Any]
    channels: Sequence[int]
    dataset: Dataset
    seed: int
    learning_rate: float = 0.02
    epochs: int = 15
    batch: int = 32
    followed: bool = False


@dataclass(frozen=True)
class Learnt:
    """What came of a lesson.

    Attributes
    ----------
    test_error, train_error : float
        Per cent.
    parameters : int
        That were learned, the activations' among them.
    layers : sequence of mapping
        Learned parameters of each activation, name -> mean over its channels.
    course : sequence of float
        Test error, per cent, before training and after each epoch, if it was followed.
    """

    test_error: float
    train_error: float
    parameters: int
    layers: Sequence[Mapping[str, float]] = field(default_factory=tuple)
    course: Sequence[float] = ()


def few(dataset: Dataset, number: int, seed: int) -> Dataset:
    """So many training images, drawn anew for each seed; pixels about their mean, unit variance.

    All images that were not drawn, those of the test set among them, are there to be tested on, or
    1500 of them; large ones are made smaller (`inputs.smaller`). Mean and variance are those of all
    pixels of the images drawn.

    Parameters
    ----------
    dataset : Dataset
    number : int
    seed : int

    Examples
    --------
    >>> from neurosim.convnet.datasets import digits
    >>> drawn = few(digits(), 200, seed=0)
    >>> len(drawn.train_images), len(drawn.test_images), round(float(drawn.train_images.std()), 4)
    (200, 1500, 1.0)
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(dataset.train_images))
    drawn, left = order[:number], order[number : number + _TESTED]
    images = np.concatenate([dataset.train_images[left], dataset.test_images])
    labels = np.concatenate([dataset.train_labels[left], dataset.test_labels])
    test = random.permutation(len(images))[:_TESTED]
    train = smaller(dataset.train_images[drawn]).astype(float)
    mean, deviation = train.mean(), train.std()
    return replace(
        dataset,
        train_images=((train - mean) / deviation).astype(np.float32),
        train_labels=dataset.train_labels[drawn],
        test_images=((smaller(images[test]) - mean) / deviation).astype(np.float32),
        test_labels=labels[test],
    )


def networks(seed: int, number: int) -> list[int]:
    """Seeds of several networks whose mean is one seed's value; at most ten.

    Examples
    --------
    >>> networks(1002, 3)
    [10020, 10021, 10022]
    """
    return [10 * seed + k for k in range(number)]


def made(lesson: Lesson) -> nn.Sequential:
    """The network of a lesson before it is taught."""
    from neurosim.convnet.training import network

    kinds = iter(lesson.kinds)
    return network(
        lambda channels: next(kinds).layer(channels),
        lesson.dataset,
        lesson.channels,
        seed=lesson.seed,
    )


def learn(lesson: Lesson) -> Learnt:
    """Teach, and test; a job of `Run.map`."""
    from neurosim.convnet.activation import Activation
    from neurosim.convnet.training import Training, train

    model, course = made(lesson), []
    training = Training(
        lesson.epochs,
        lesson.learning_rate,
        batch=lesson.batch,
        seed=lesson.seed,
        watched=1.0 if lesson.followed else float(lesson.epochs),
    )

    def follow(model: nn.Module, _: float) -> None:
        course.append(_error(model, lesson.dataset))

    learned = train(model, lesson.dataset, training, follow if lesson.followed else None)
    layers = [
        {name: float(getattr(part, name).detach().mean()) for name in part.learned}
        for part in model
        if isinstance(part, Activation)
    ]
    count = sum(each.numel() for each in model.parameters())
    return Learnt(100 * learned.test_error, 100 * learned.train_error[-1], count, layers, course)


def _error(model: nn.Module, dataset: Dataset) -> float:
    """Test error, per cent."""
    from torch import from_numpy

    from neurosim.convnet.training import share_wrong

    images, labels = from_numpy(dataset.test_images), from_numpy(dataset.test_labels)
    error: float = 100 * share_wrong(model, images, labels)
    return error


def spread(values: ArrayLike) -> tuple[Array, Array]:
    """Mean over the last dimension, the seeds, and half the width of its 99 % interval.

    Examples
    --------
    >>> spread([0.2, 0.3, 0.25])
    (array(0.25), array(0.28650554))
    """
    value = np.asarray(values, dtype=float)
    return np.asarray(value.mean(axis=-1)), half_interval(value)
