"""Directions in which a linear-nonlinear model may look: where ascents begin, which is kept."""

from __future__ import annotations

import numpy as np

from neurosim.base.arrays import Array
from neurosim.data.counts import Counts
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["starting_directions", "upright"]


def starting_directions(
    features: Array, counts: Counts, random: np.random.Generator, number: int = 16
) -> Array:
    """Directions to begin with, (direction, feature), each of length 1.

    Ridge regression at three strengths; the axes along which spikes change the variance of the
    stimulus most; random ones. Each with its opposite, since a rectifier tells them apart.

    Parameters
    ----------
    features : array (condition, feature)
    counts : Counts
        One cell.
    random : Generator
    number : int
        Of random directions.
    """
    weight, spikes = counts.exposure[0], counts.spikes[0]
    centred = features - np.average(features, axis=0, weights=weight)
    covariance = centred.T @ (centred * weight[:, None])
    size = np.trace(covariance) / features.shape[1]
    if not size > 0:
        return np.eye(1, features.shape[1])
    average = centred.T @ (spikes - weight * spikes.sum() / weight.sum())
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, 0.0)[:, None]
    turned = (vectors.T @ average)[:, None]
    found = [(vectors @ (turned / (values + k * size))).T for k in (1e-8, 1e-2, 1.0)]
    # white stimuli first: what spikes change is then their own doing
    whitening = vectors / np.sqrt(values.T + 1e-6 * size)
    white = centred @ whitening
    excess = white.T @ (white * (spikes - weight * spikes.sum() / weight.sum())[:, None])
    axes = np.linalg.eigh((excess + excess.T) / 2)[1]
    found.append((whitening @ axes[:, [0, -1]]).T)
    found.append(random.normal(size=(number, features.shape[1])))
    every = np.concatenate(found)
    every = np.concatenate([every, -every])
    length = np.linalg.norm(every, axis=1, keepdims=True)
    every = every[length[:, 0] > 0]
    starting_directions: Array = every / length[length[:, 0] > 0]
    return starting_directions


def upright(rectifier: Rectifier, weights: Array, values: Array) -> tuple[Array, Array]:
    """The one of two opposite directions that is kept, where both say the same.

    The larger gain is the first path's; of an even rectifier, the largest weight is positive.

    Parameters
    ----------
    rectifier : Rectifier
    weights : array (feature,)
    values : array (parameter,)
        In the order of ``rectifier.parameter_names``.

    Examples
    --------
    >>> from neurosim.models.rectifiers import RECTIFIERS
    >>> upright(RECTIFIERS["CReLU"], np.array([0.6, -0.8]), np.array([1.0, 2.0, 5.0]))
    (array([-0.6,  0.8]), array([1., 5., 2.]))
    """
    if len(weights) == 1:
        return weights, values
    linear = 1 + len(rectifier.gains)
    x = np.array([0.1, 0.5, 1.0])
    usual = [p.default for p in rectifier.parameters.values()]  # steps may look even where they end
    there, opposite = (rectifier.paths(sign * x, *usual) for sign in (1, -1))
    if any(not np.array_equal(a, b) for a, b in zip(there, opposite[::-1], strict=True)):
        return weights, values
    turned = values.copy()
    turned[1:linear] = values[1:linear][::-1]
    gains = values[1:linear]
    downward = weights[np.abs(weights).argmax()] < 0
    wrong = downward if gains[0] == gains[-1] else gains[0] < gains[-1]
    return (-weights, turned) if wrong else (weights, values)
