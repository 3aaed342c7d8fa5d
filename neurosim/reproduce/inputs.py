"""The images as a network is shown them: not too many or large, centred, of unit contrast."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from neurosim.convnet.datasets import Dataset

__all__ = ["centred", "manageable", "smaller"]

MOST = 1500  # images to train on: an experiment takes minutes on two cores whatever is given
LEAST_SIDE = 14  # pixels, of images that are made smaller


def manageable(dataset: Dataset, most: int = MOST) -> Dataset:
    """The data with as many and as large images as a small network learns in a minute.

    Images of 28 pixels or more are averaged over squares of 2 x 2 or larger ones.

    Parameters
    ----------
    dataset : Dataset
    most : int
        Images of each set, drawn at random, always the same ones, where there are more.

    Returns
    -------
    Dataset
    """
    train = _some(len(dataset.train_images), most)
    test = _some(len(dataset.test_images), most)
    return replace(
        dataset,
        train_images=smaller(dataset.train_images[train]),
        train_labels=dataset.train_labels[train],
        test_images=smaller(dataset.test_images[test]),
        test_labels=dataset.test_labels[test],
    )


def centred(dataset: Dataset, most: int = MOST) -> Dataset:
    """`manageable` data with each channel's mean taken off, and the SD of the training images as
    unit.

    The logistic, tanh and ReLU are all told apart by what they do about zero, so all are shown
    inputs about zero (LeCun et al. 1998, "Efficient BackProp", section 4.3).

    Parameters
    ----------
    dataset : Dataset
    most : int

    Returns
    -------
    Dataset
    """
    shown = manageable(dataset, most)
    mean = shown.train_images.mean((0, 2, 3), keepdims=True)
    unit = (shown.train_images - mean).std() or np.float32(1)
    return replace(
        shown,
        train_images=(shown.train_images - mean) / unit,
        test_images=(shown.test_images - mean) / unit,
    )


def smaller(images: np.ndarray) -> np.ndarray:
    """Averaged over as large squares as leave enough pixels; (image, channel, row, column)."""
    rows, columns = images.shape[2:]
    side = max(1, min(rows, columns) // LEAST_SIDE)
    rows, columns = rows // side, columns // side
    cut = images[:, :, : rows * side, : columns * side]
    averages: np.ndarray = cut.reshape(*images.shape[:2], rows, side, columns, side).mean((3, 5))
    return averages


def _some(of: int, most: int) -> np.ndarray:
    """Which images: all, or so many at random."""
    if of <= most:
        return np.arange(of)
    return np.sort(np.random.default_rng(0).choice(of, most, replace=False))
