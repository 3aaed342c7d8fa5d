"""Where to start: the likelihood over a grid of a rectifier's shapes, its gains by least squares.

Every shape on the grid gets the non-negative least-squares gains, with weights from the counts
themselves and then from the fit, and the exact likelihood there. Its highest local peaks are where
the ascent begins.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import generate_binary_structure, maximum_filter

from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.solved_gains import MOST_ELEMENTS, solved
from neurosim.base.arrays import Array, Flags

__all__ = ["peaks_on_grid", "starts_in_interval"]


# what is missed when one of these moves is counted by benchmarks/optima.py
# points along each shape, by the number of shapes
_POINTS = {1: (48,), 2: (24, 12), 3: (16, 8, 8), 4: (24, 24, 4, 4)}
_MOST_POINTS = 4096  # of a grid of more shapes
_LEAST_POINTS = 4  # along a shape of a coarse grid
_PEAKS = {1: 3, 2: 7, 3: 8}  # climbed from, at the most, by the number of shapes
_PEAKS_OF_MORE, _PEAKS_OF_CORNERS = 14, 300  # of more shapes; of several corners, many by nature
# nats below the best, from where a climb can still end above it: so many, and this share of what
# the best lacks to a rate of its own for every condition, by which least squares may be off
_DEEPEST, _DEEPER = 25.0, 0.5
_FAR = 20.0  # times the other bound (at least 1): where a grid ends without one
_NEAREST = 0.02  # of the way from the drives to where a threshold is looked for, in a grid
_STEEP = 200  # points, at the most, along a threshold whose rate leaves its corner upright
# below the upper end of an interval, in its lengths
_UPRIGHT = np.r_[1.0, 0.75, 0.5, 0.25, 0.1, 0.03, 0.01, 1e-3, 1e-6, 1e-9, 1e-13]
_OTHERS = {1: 8, 2: 6, 3: 4}  # points along each other shape there, by their number; one of more


def peaks_on_grid(model: RateModel, coarse: bool = False) -> Array:
    """Starting parameters (row, peak, parameter), NaN for fewer peaks, for the rows of a model; of
    a coarse grid with half as many points along each shape."""
    shapes = len(model.rectifier.parameters)
    if shapes == 0:
        return solved(model, np.zeros((len(model.low), 1, 0)))[0]
    held: Flags = np.all((model.high <= model.low)[:, model.linear :], axis=0)
    free = int((~held).sum())
    even = int(_MOST_POINTS ** (1 / max(free, 1)))
    along = iter(_POINTS.get(free, (even,) * free))
    points, conditions = [1 if one else next(along) for one in held], model.counts.x.shape[1]
    for k, parameter in enumerate(model.rectifier.parameters.values()):
        if (parameter.before or parameter.beyond) and not held[k]:
            points[k] += points[k] // 2  # of which a third lies outside the drives
        if coarse and not held[k]:
            points[k] = max(points[k] // 2, _LEAST_POINTS)
        if parameter.steep and not held[k]:
            points[k] = max(points[k], min(conditions, _STEEP))
    size = max(1, MOST_ELEMENTS // (int(np.prod(points)) * conditions))
    rows = np.arange(len(model.low))
    starts = []
    for part in np.array_split(rows, -(-len(rows) // size)):
        here = model.take(part)
        axes = [_axis(here, k, number) for k, number in enumerate(points)]
        starts.append(_peaks(here, axes))
    return np.concatenate(starts)


def starts_in_interval(model: RateModel, index: int) -> tuple[Array, Array]:
    """Starts (row, place, parameter) and their likelihoods (row, place): the best of the other
    shapes at some places of one parameter within an interval.

    Parameters
    ----------
    model : RateModel
        Its bounds of the parameter are the interval; the rate leaves its upper end upright.
    index : int
        Of the parameter among all.
    """
    shapes = len(model.rectifier.parameters)
    low, high = model.low[:, [index]], model.high[:, [index]]
    axes = [_axis(model, k, _OTHERS.get(shapes - 1, 1)) for k in range(shapes)]
    axes[index - model.linear] = high - _UPRIGHT * (high - low)
    first = index - model.linear
    order = [first, *(k for k in range(shapes) if k != first)]
    mesh = np.meshgrid(*(np.arange(axes[k].shape[1]) for k in order), indexing="ij")
    point = np.empty((mesh[0].size, shapes), dtype=int)
    point[:, order] = np.stack(mesh, -1).reshape(-1, shapes)
    starts, heights = [], []
    size = len(low) * len(point) * model.counts.x.shape[1]
    for part in np.array_split(np.arange(len(low)), -(-size // MOST_ELEMENTS)):
        grid = np.stack([axes[k][part][:, point[:, k]] for k in range(shapes)], -1)
        theta, value = solved(model.take(part), grid)
        value = value.reshape(len(part), _UPRIGHT.size, -1)
        theta = theta.reshape(*value.shape, -1)
        best = value.argmax(2)[..., None]
        starts.append(np.take_along_axis(theta, best[..., None], axis=2)[:, :, 0])
        heights.append(np.take_along_axis(value, best, axis=2)[..., 0])
    return np.concatenate(starts), np.concatenate(heights)


def _peaks(model: RateModel, axes: list[Array]) -> Array:
    """The highest peaks on a grid along the shapes; as `peaks_on_grid`."""
    points = tuple(axis.shape[1] for axis in axes)
    mesh = np.stack(np.meshgrid(*(np.arange(n) for n in points), indexing="ij"), -1)
    index = mesh.reshape(-1, len(points))
    grid = np.stack([axis[:, index[:, k]] for k, axis in enumerate(axes)], -1)
    theta, value = solved(model, grid)
    value = value.reshape(len(grid), *points)
    named = list(model.rectifier.parameters.values())
    corners = [k for k, parameter in enumerate(named) if parameter.kinked]
    most = _PEAKS.get(len(points), _PEAKS_OF_MORE)
    if (
        len(corners) > 1
    ):  # a maximum may be between any two drives of each, the others at their best
        most = _PEAKS_OF_CORNERS
        value, theta = _best_of_others(value, theta.reshape(*value.shape, -1), corners)
    peak = np.ones(value.shape, dtype=bool) if len(corners) > 1 else _highest(value)
    # without a gain all shapes are one rate, and one start
    flat = ~(theta[..., 1 : model.linear] > 0).any(-1).reshape(value.shape)
    best = np.zeros(value.shape, dtype=bool).reshape(len(value), -1)
    best[np.arange(len(value)), value.reshape(len(value), -1).argmax(1)] = True
    peak = peak & (~flat | best.reshape(value.shape))
    height = np.where(peak, value, -np.inf).reshape(len(grid), -1)
    order = np.argsort(-height, axis=1, kind="stable")[:, :most]
    kept = np.take_along_axis(height, order, axis=1)
    starts = np.take_along_axis(theta, order[..., None], axis=1)
    # what is no peak, or far below the best of them, is no start; the best always is
    own = model.likelihood.terms(model.likelihood.measured(model.counts), model.counts).sum(-1)
    lacking = _DEEPER * np.nan_to_num(own[:, None] - kept[:, :1], posinf=0.0, neginf=0.0)
    deep = ~(kept > kept[:, :1] - np.maximum(lacking, _DEEPEST))
    deep[:, 0] = False
    starts = np.where(deep[..., None], np.nan, starts)
    if len(points) == 1 and named[0].within == "drive":
        starts = np.concatenate([starts, _beside_best(model, value, theta)], axis=1)
    return starts


def _beside_best(model: RateModel, value: Array, theta: Array) -> Array:
    """The best of each of the two intervals between drives beside that of the best grid point, as a
    maximum of its own may lie there between two points: (row, 2, parameter), NaN for none.
    """
    at = theta[..., model.linear]
    interval = (model.counts.shown[:, None] < at[..., None]).sum(-1)
    best = np.take_along_axis(interval, value.argmax(1)[:, None], axis=1)
    starts = []
    for side in (-1, 1):
        away = side * (interval - best)
        next_to = np.where(away > 0, away, np.inf).min(1)[:, None]
        height = np.where(away == next_to, value, -np.inf)
        place = height.argmax(1)[:, None]
        start = np.take_along_axis(theta, place[..., None], axis=1)
        there = np.isfinite(np.take_along_axis(height, place, axis=1))
        starts.append(np.where(there[..., None], start, np.nan))
    return np.concatenate(starts, axis=1)


def _best_of_others(value: Array, theta: Array, kept: list[int]) -> tuple[Array, Array]:
    """Values (row, kept point, ...) and parameters (row, any kept point, parameter), the shapes
    that are not kept being where they are best."""
    rows, parameters = len(value), theta.shape[-1]
    places = [1 + k for k in kept]
    value = np.moveaxis(value, places, range(1, 1 + len(kept)))
    theta = np.moveaxis(theta, places, range(1, 1 + len(kept)))
    shape = value.shape[: 1 + len(kept)]
    value, theta = value.reshape(*shape, -1), theta.reshape(*shape, -1, parameters)
    best = value.argmax(-1)[..., None]
    theta = np.take_along_axis(theta, best[..., None], axis=-2)
    return np.take_along_axis(value, best, axis=-1)[..., 0], theta.reshape(rows, -1, parameters)


def _highest(value: Array) -> Flags:
    """Where no neighbour on the grid (row, point, ...) is higher."""
    along = generate_binary_structure(value.ndim, 1)
    along[[0, 2]] = False  # rows are no neighbours
    highest: Flags = value >= maximum_filter(value, footprint=along, mode="constant", cval=-np.inf)
    return highest


def _axis(model: RateModel, k: int, number: int) -> Array:
    """The grid along one shape parameter, (row, point)."""
    parameter = list(model.rectifier.parameters.values())[k]
    low, high = model.low[:, model.linear + k], model.high[:, model.linear + k]
    fraction = np.linspace(0, 1, number)
    if number == 1:  # held, or as good as
        return np.asarray(low[:, None])
    if parameter.within == "spread":  # a scale: as many small values as large ones
        fraction = np.r_[0, np.geomspace(0.005 / parameter.stretch, 1, number - 1)]
        return np.asarray(low[:, None] + fraction * (high - low)[:, None])
    if parameter.within is None:
        end = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))
        far = _FAR * np.maximum(np.abs(end), 1.0)
        low = np.where(np.isfinite(low), low, end - far)
        high = np.where(np.isfinite(high), high, end + far)
        if parameter.by_decades:
            return np.asarray(np.geomspace(low, high, number, axis=1), dtype=float)
        if len(model.rectifier.parameters) == 4 and (low == 0).all():  # few points: by their sizes
            return np.asarray(np.r_[0, np.geomspace(0.01, 1, number - 1)] * high[:, None])
        return np.asarray(low[:, None] + fraction**1.5 * (high - low)[:, None])
    shown = model.counts.shown
    least, most = np.maximum(shown.min(1), low), np.minimum(shown.max(1), high)
    least, most = np.minimum(least, most), np.maximum(least, most)
    outside = number // 3 if parameter.before or parameter.beyond or parameter.past else 0
    inside = fraction[: number - outside] / fraction[number - outside - 1]
    even = least[:, None] + inside[::2] * (most - least)[:, None]
    where_data = np.quantile(shown, inside[1::2], axis=1).T
    points = [even, np.clip(where_data, low[:, None], high[:, None])]
    before, beyond = outside - outside // 2, outside // 2
    if not (parameter.beyond or parameter.past):
        before, beyond = outside, 0
    for edge, end, many in ((least, low, before), (most, high, beyond)):
        away = np.geomspace(_NEAREST, 1, many) if many > 1 else np.ones(many)
        points.append(edge[:, None] + away * (end - edge)[:, None])
    return np.sort(np.concatenate(points, axis=1), axis=1)
