"""Shared by the tests of the experiments: images, and a cell without a simulation."""

from dataclasses import replace

import numpy as np
import pytest

from neurosim.convnet.labelled_images import Dataset


@pytest.fixture
def few():
    """The first images of a data set to train on."""

    def first(dataset, images=64):
        return replace(
            dataset,
            train_images=dataset.train_images[:images],
            train_labels=dataset.train_labels[:images],
        )

    return first


@pytest.fixture
def colour():
    """Images of three colours and 12 x 12 pixels, all noise, of four classes."""

    def made(images=40):
        random = np.random.default_rng(3)
        pixels = random.random((images, 3, 12, 12)).astype(np.float32)
        labels = np.arange(images) % 4
        return Dataset(pixels, labels, pixels[:20], labels[:20], "colour", {}, "made up")

    return made


@pytest.fixture
def bars():
    """A bar across or down, in noise: two classes."""

    def made(size=8, channels=1, number=120, seed=0):
        random = np.random.default_rng(seed)
        labels = np.arange(number) % 2
        images = random.uniform(0, 0.3, (number, channels, size, size))
        places = random.integers(size, size=number)
        for image, label, where in zip(images, labels, places, strict=True):
            image[(slice(None), where) if label else (slice(None), slice(None), where)] += 0.7
        half = number // 2
        images = images.astype(np.float32)
        rest = images[half:], labels[half:]
        return Dataset(images[:half], labels[:half], *rest, "bars", {}, "made")

    return made


@pytest.fixture
def by_hand(few):
    """One-pixel filters of weight 1, -1 and 1 with bias -10, on images between 0 and 1."""
    import torch

    from neurosim.convnet.datasets import digits
    from neurosim.convnet.training import Kind, network

    data = few(digits())
    model = network(Kind("ReLU").layer, data, (3,), kernel=1)
    with torch.no_grad():
        model[0].weight[:] = torch.tensor([1.0, -1.0, 1.0]).reshape(3, 1, 1, 1)
        model[0].bias[:] = torch.tensor([0.0, 0.0, -10.0])
    return model, data


@pytest.fixture
def poisson_neuron():
    """Counts about a rate of 40 Hz per unit above -1, without a simulation."""
    from neurosim.reproduce.keep_both import Neuron

    drive = np.linspace(-3, 5, 33)
    rate = 40 * np.maximum(drive + 1, 0.01)
    count = np.random.default_rng(0).poisson(2 * rate[:, None], (33, 20))
    return Neuron(drive, count, 2.0)
