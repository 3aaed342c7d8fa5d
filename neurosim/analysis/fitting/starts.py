"""Where to start: the likelihood over a grid of a rectifier's shapes, its gains by least squares.

Every shape on the grid gets the non-negative least-squares gains, with weights from the counts
themselves and then from the fit, and the exact likelihood there. Its highest local peaks are where
the ascent begins.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.ndimage import generate_binary_structure, maximum_filter

from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, Flags, divided

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
_MOST_ELEMENTS = 2_000_000  # of an array worked on at once; bounds the memory and nothing else
_PARTS = (1.0, 0.3, 0.1)  # of a step from a constant rate
_WEIGHTINGS = 2  # of the least squares: by the counts, and by the fit that this gives
_LEAST_R0 = 1e-3  # of the mean rate, in a start: at 0 a spike there would be impossible
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
        return _solved(model, np.zeros((len(model.low), 1, 0)))[0]
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
    size = max(1, _MOST_ELEMENTS // (int(np.prod(points)) * conditions))
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
    for part in np.array_split(np.arange(len(low)), -(-size // _MOST_ELEMENTS)):
        grid = np.stack([axes[k][part][:, point[:, k]] for k in range(shapes)], -1)
        theta, value = _solved(model.take(part), grid)
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
    theta, value = _solved(model, grid)
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


def _solved(model: RateModel, grid: Array) -> tuple[Array, Array]:
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
