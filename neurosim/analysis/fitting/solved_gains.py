"""Coefficients of given shapes by least squares, and the likelihood there: a start for each shape.

Weights are from the counts themselves and then from the fit; coefficients are not negative.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, divided

__all__ = ["MOST_ELEMENTS", "solved", "solved_in_parts"]

MOST_ELEMENTS = 2_000_000
"""Of an array worked on at once; it bounds the memory and nothing else."""

_PARTS = (1.0, 0.3, 0.1)  # of a step from a constant rate
_WEIGHTINGS = 2  # of the least squares: by the counts, and by the fit that this gives
_LEAST_R0 = 1e-3  # of the mean rate, in a start: at 0 a spike there would be impossible


def solved(model: RateModel, grid: Array) -> tuple[Array, Array]:
    """Coefficients for every shape (row, point, parameter), and the likelihood (row, point)."""
    rows, many = grid.shape[:2]
    counts, linear = model.counts, model.linear
    flat = model.take(np.repeat(np.arange(rows), many))
    basis = flat.basis(grid.reshape(rows * many, -1)).reshape(rows, many, linear, -1)
    typical = divided(counts.spikes.sum(-1), counts.exposure.sum(-1), 1.0)
    # first about the counts' own rates, drawn to the mean where they are few, then about the fit
    drawn = 1 / np.maximum(np.abs(typical), 1e-9)[:, None]
    rate = ((np.abs(counts.spikes) + 1.0) / (counts.exposure + drawn))[:, None]
    floor = _LEAST_R0 * np.abs(typical)[:, None]
    for turn in range(_WEIGHTINGS):
        rate = np.maximum(rate, np.maximum(floor, 1e-9)[..., None])
        if turn == 0:
            weight = model.likelihood.expected(rate[:, 0], counts)[:, None]
        else:
            weight = flat.likelihood.expected(rate.reshape(rows * many, -1), flat.counts)
            weight = weight.reshape(rows, many, -1)
        coefficients = _least_squares(model, basis, weight)
        rate = np.matmul(coefficients[..., None, :], basis)[..., 0, :]
    theta, value = _inside(model, flat, coefficients, grid)
    highest = np.take_along_axis(theta, value.argmax(1)[:, None, None], axis=1)[:, 0]
    gainless = ~(highest[:, 1:linear] > 0).any(-1) & counts.spikes.any(-1)
    lost = np.flatnonzero(gainless & (model.high[:, 0] > model.low[:, 0]))
    if lost.size and many > 1:  # without shapes the climb is concave
        theta[lost], value[lost] = _from_the_mean(model.take(lost), basis[lost], grid[lost])
    return theta, value


def solved_in_parts(model: RateModel, grid: Array) -> tuple[Array, Array]:
    """The same, some rows at a time."""
    rows, many = grid.shape[:2]
    parts = -(-rows * many * model.counts.x.shape[1] // MOST_ELEMENTS)
    each = [
        solved(model.take(part), grid[part])
        for part in np.array_split(np.arange(rows), min(max(parts, 1), rows))
    ]
    return np.concatenate([theta for theta, _ in each]), np.concatenate([v for _, v in each])


def _from_the_mean(model: RateModel, basis: Array, grid: Array) -> tuple[Array, Array]:
    """The same by a step from a constant rate: up wherever the likelihood rises from there, as it
    is concave in the coefficients. Of counts that a rectifier does not describe least squares may
    find no gain for any shape where there is one."""
    rows, many = grid.shape[:2]
    counts = model.counts
    flat = model.take(np.repeat(np.arange(rows), many))
    mean = np.maximum(divided(counts.spikes.sum(-1), counts.exposure.sum(-1), 1.0), 1e-9)
    rate = np.broadcast_to(mean[:, None], counts.x.shape)
    step = _least_squares(model, basis, model.likelihood.expected(rate, counts)[:, None])
    constant = np.zeros_like(step)
    constant[..., 0] = mean[:, None]
    best, height = _inside(model, flat, constant, grid)
    for part in _PARTS:
        theta, value = _inside(model, flat, part * step + (1 - part) * constant, grid)
        better = value > height
        best, height = np.where(better[..., None], theta, best), np.where(better, value, height)
    return best, height


def _least_squares(model: RateModel, basis: Array, weight: Array) -> Array:
    """Coefficients (row, point, path) of the counts' rates over a basis, with weights (row, point
    or 1, condition)."""
    counts = model.counts
    measured = divided(counts.spikes, counts.exposure, 0.0)
    weighted = basis * np.where(counts.exposure[:, None] > 0, weight, 0.0)[:, :, None]
    gram = np.matmul(weighted, basis.swapaxes(-1, -2))
    side = np.matmul(weighted, measured[:, None, :, None])[..., 0]
    low, high = model.low[:, None, : model.linear], model.high[:, None, : model.linear]
    return _non_negative(gram, side, low, high)


def _inside(
    model: RateModel, flat: RateModel, coefficients: Array, grid: Array
) -> tuple[Array, Array]:
    """Parameters and likelihoods of coefficients moved to where every rate is above 0."""
    rows, many = grid.shape[:2]
    typical = divided(model.counts.spikes.sum(-1), model.counts.exposure.sum(-1), 1.0)
    floor = _LEAST_R0 * np.abs(typical)[:, None]
    # a spike where the rate is 0 would hide a good shape: a start is inside
    can = model.high[:, None, 0] > model.low[:, None, 0]
    first = np.where(can, np.maximum(coefficients[..., 0], floor), coefficients[..., 0])
    theta = np.concatenate([first[..., None], coefficients[..., 1:], grid], axis=-1)
    if model.rectifier.negative_side and not model.shifted:  # the rate may not fall below 0
        most = flat.largest_gain(theta.reshape(rows * many, -1)).reshape(rows, many)
        theta[..., 1] = np.minimum(theta[..., 1], (1 - _LEAST_R0) * most)
    return theta, flat.value(theta.reshape(rows * many, -1)).reshape(rows, many)


def _non_negative(gram: Array, side: Array, low: Array, high: Array) -> Array:
    """The least-squares coefficients that are not negative: the best of every set that is free.

    Coefficients whose bounds are equal are fixed there.
    """
    paths = side.shape[-1]
    if paths == 2 and not (high <= low).any():
        return _two_non_negative(gram, side)
    fixed = np.broadcast_to(high <= low, side.shape)
    value_fixed = np.where(fixed, np.broadcast_to(low, side.shape), 0.0)
    side = side - np.einsum("rpkl,rpl->rpk", gram, value_fixed)
    best = value_fixed.copy()
    score = np.full(side.shape[:-1], -np.inf)
    for free in product((False, True), repeat=paths):
        chosen = np.array(free) & ~fixed
        both = chosen[..., :, None] & chosen[..., None, :]
        scale = np.sqrt(np.maximum(np.einsum("rpkk->rpk", gram), 1e-300))
        scaled = np.where(both, gram / (scale[..., :, None] * scale[..., None, :]), 0.0)
        scaled = scaled + np.eye(paths) * np.where(chosen, 1e-12, 1.0)[..., None]
        toward = np.where(chosen, side / scale, 0.0)
        found = np.linalg.solve(scaled, toward[..., None])[..., 0]
        gained = (found * toward).sum(-1)
        allowed = (found >= 0).all(-1) & (gained > score)
        best = np.where(allowed[..., None], found / scale * chosen + value_fixed, best)
        score = np.where(allowed, gained, score)
    return best


def _two_non_negative(gram: Array, side: Array) -> Array:
    """The same for two coefficients, both free, written out."""
    a, b, c = gram[..., 0, 0], gram[..., 0, 1], gram[..., 1, 1]
    p, q = side[..., 0], side[..., 1]
    determinant = np.maximum(a * c - b * b, 1e-12 * a * c + 1e-300)
    one, other = (c * p - b * q) / determinant, (a * q - b * p) / determinant
    alone = np.maximum(p, 0.0) / np.maximum(a, 1e-300)
    only = np.maximum(q, 0.0) / np.maximum(c, 1e-300)
    inside = (one >= 0) & (other >= 0)
    first = alone * np.maximum(p, 0.0) >= only * np.maximum(q, 0.0)
    return np.stack(
        [
            np.where(inside, one, np.where(first, alone, 0.0)),
            np.where(inside, other, np.where(first, 0.0, only)),
        ],
        axis=-1,
    )
