"""The maximum of a rectifier's likelihood: profile over its shape, then polish; all cells at once.

For every value of the shape parameters the gains and r0 are solved exactly (`best_gains`), which
leaves a profile likelihood over the shape alone. It is evaluated on a grid (a threshold makes it
kinked and many-peaked), and the best peaks are polished by a shrinking stencil: the best of its
points or of Newton's step on the quadratic through them, so that it is fast where the profile is
smooth and still climbs where it is kinked or ends at a bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.analysis.gains import best_gains
from neurosim.analysis.likelihood import Counts
from neurosim.models.rectifier import Rectifier

__all__ = ["Optimum", "best_parameters", "rate_jacobian"]

Array = NDArray[np.float64]

_PEAKS = 5  # peaks of the profile that are polished
_GRID = {1: (96,), 2: (24, 11)}  # points along each shape parameter
_BATCH = 4_000_000  # array elements worked on at once
_FAR = 1e3  # where a grid ends for a parameter that has no bound
_CLIMBS = 150  # moves or shrinkings of one stencil, at the most


class Optimum(NamedTuple):
    """Parameters (cell, parameter) in the order of `Rectifier.parameter_names`; log-likelihood
    without its constant (cell,); whether each cell converged (cell,); the bounds of every
    parameter (cell, parameter)."""

    values: Array
    log_likelihood: Array
    converged: NDArray[np.bool_]
    low: Array
    high: Array


def best_parameters(rectifier: Rectifier, counts: Counts, start: Array | None = None) -> Optimum:
    """The maximum-likelihood parameters of every cell.

    Parameters
    ----------
    rectifier : Rectifier
    counts : Counts
    start : array (cell, shape parameter), optional
        Shapes known to be near the optimum (of the same cells with a few more conditions, say).
        They replace the grid where there are two shape parameters or more.

    Returns
    -------
    Optimum
    """
    cells, shapes = len(counts.x), len(rectifier.parameters)
    low, high = _bounds(rectifier, counts.shown)
    if shapes == 0:
        shape, coefficients, value, converged = _solve(rectifier, counts, np.zeros((cells, 0)))
    else:
        if start is not None and shapes > 1:
            peaks = np.clip(start, low, high)[:, None]
        else:
            peaks = _grid_peaks(rectifier, counts, low, high)
        many = counts.take(np.repeat(np.arange(cells), peaks.shape[1]))
        starts = peaks.reshape(-1, shapes)
        wide = [np.repeat(bound, peaks.shape[1], axis=0) for bound in (low, high)]
        found = _polish(rectifier, many, starts, *wide)
        which = found[2].reshape(cells, -1).argmax(-1) + np.arange(cells) * peaks.shape[1]
        shape, coefficients, value, converged = (part[which] for part in found)
    lower = np.concatenate([np.zeros_like(coefficients), low], axis=1)
    upper = np.concatenate([np.full_like(coefficients, np.inf), high], axis=1)
    values = np.concatenate([coefficients, shape], axis=1)
    return Optimum(values, value, converged, lower, upper)


def _bounds(rectifier: Rectifier, x: Array) -> tuple[Array, Array]:
    """Bounds of the shape parameters, each (cell, shape parameter)."""
    pairs = [p.bounds(x) for p in rectifier.parameters.values()]
    if not pairs:
        return np.zeros((len(x), 0)), np.zeros((len(x), 0))
    return np.stack([p[0] for p in pairs], -1), np.stack([p[1] for p in pairs], -1)


def basis(rectifier: Rectifier, x: Array, shape: Array) -> Array:
    """The constant and the paths at x; (cell, 1 + path, condition) for x (cell, condition)."""
    paths = rectifier.paths(x, *(shape[:, [k]] for k in range(shape.shape[1])))
    return np.stack([np.ones_like(x), *paths], axis=1)


def _solve(
    rectifier: Rectifier, counts: Counts, shape: Array, start: Array | None = None
) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Shape, best coefficients for it, log-likelihood, converged; in batches that fit memory."""
    size = max(1, _BATCH // (counts.x.shape[1] * (1 + len(rectifier.gains))))
    parts = []
    for first in range(0, len(shape), size):
        rows = slice(first, first + size)
        parts.append(
            best_gains(
                basis(rectifier, counts.x[rows], shape[rows]),
                counts.spikes[rows],
                counts.exposure[rows],
                None if start is None else start[rows],
            )
        )
    coefficients, value, converged = (np.concatenate(part) for part in zip(*parts, strict=True))
    return shape, coefficients, value, converged


def _grid_peaks(rectifier: Rectifier, counts: Counts, low: Array, high: Array) -> Array:
    """The highest local peaks of the profile likelihood on a grid; (cell, peak, shape)."""
    points = _GRID[len(rectifier.parameters)]
    axes = []
    for k, (parameter, number) in enumerate(
        zip(rectifier.parameters.values(), points, strict=True)
    ):
        fraction = np.linspace(0, 1, number)
        if parameter.within == "spread":  # a scale: as many small values as large ones
            fraction = np.r_[0, np.geomspace(0.005, 1, number - 1)]
            axes.append(low[:, [k]] + fraction * (high - low)[:, [k]])
            continue
        if parameter.within is None:
            ends = np.clip(np.stack([low[:, k], high[:, k]], 1), -_FAR, _FAR)
            axes.append(ends[:, [0]] + fraction * (ends[:, [1]] - ends[:, [0]]))
            continue
        even = low[:, [k]] + fraction[::2] * (high - low)[:, [k]]
        where_data = np.quantile(counts.shown, fraction[1::2], axis=1).T
        axes.append(np.sort(np.concatenate([even, where_data], axis=1), axis=1))
    mesh = np.stack(np.meshgrid(*(np.arange(n) for n in points), indexing="ij"), -1)
    index = mesh.reshape(-1, len(points))
    grid = np.stack([axis[:, index[:, k]] for k, axis in enumerate(axes)], -1)
    rows = np.repeat(np.arange(len(low)), grid.shape[1])
    value = _solve(rectifier, counts.take(rows), grid.reshape(-1, len(points)))[2]
    value = value.reshape(len(low), *points)
    value = np.where(np.isfinite(value), value, -np.inf)
    padded = np.pad(value, [(0, 0)] + [(1, 1)] * len(points), constant_values=-np.inf)
    peak = np.ones(value.shape, dtype=bool)
    for dimension in range(1, value.ndim):
        inner = [slice(1, -1) if d else slice(None) for d in range(value.ndim)]
        for side in (slice(0, -2), slice(2, None)):
            inner[dimension] = side
            peak &= value >= padded[tuple(inner)]
    height = np.where(peak, value, -np.inf).reshape(len(low), -1)
    best = np.argsort(-height, axis=1, kind="stable")[:, :_PEAKS]
    return np.take_along_axis(grid, best[..., None], axis=1)


def _polish(
    rectifier: Rectifier, counts: Counts, start: Array, low: Array, high: Array
) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Climb to the top of the profile from each start, the gains and r0 solved at every point."""
    rows, shapes = start.shape
    offsets = np.stack(np.meshgrid(*[(-1, 0, 1)] * shapes, indexing="ij"), -1).reshape(-1, shapes)
    room = np.where(high > low, high - low, 1.0)
    reach = room / np.array(_GRID[shapes])  # size of the stencil
    centre, coefficients, value, _ = _solve(rectifier, counts, start)
    converged = np.zeros(rows, dtype=bool)
    active = np.arange(rows)
    for _ in range(_CLIMBS):
        if active.size == 0:
            break
        here, h = counts.take(active), reach[active]
        bounds = low[active], high[active]
        points = np.clip(centre[active, None] + h[:, None] * offsets, *(b[:, None] for b in bounds))
        around, around_gains = _at_points(rectifier, here, points, coefficients[active])
        step, promised = _newton_step(around, points, h, offsets)
        ahead = centre[active, None] + step[:, None] * np.array([[1.0], [0.2]])
        ahead = np.clip(ahead, *(b[:, None] for b in bounds))
        ahead_value, ahead_gains = _at_points(rectifier, here, ahead, coefficients[active])
        points = np.concatenate([points, ahead], axis=1)
        values = np.concatenate([around, ahead_value], axis=1)
        gains = np.concatenate([around_gains, ahead_gains], axis=1)
        best, each = values.argmax(1), np.arange(active.size)
        better = values[each, best] > value[active] + 1e-13 * np.abs(value[active])
        moved = np.abs(points[each, best] - centre[active])
        centre[active] = np.where(better[:, None], points[each, best], centre[active])
        coefficients[active] = np.where(better[:, None], gains[each, best], coefficients[active])
        value[active] = np.where(better, values[each, best], value[active])
        by_newton = better & (best >= len(offsets))
        follow = np.clip(2 * moved, 0.05 * h, 2 * h)
        reach[active] = np.where(by_newton[:, None], follow, np.where(better[:, None], h, 0.3 * h))
        fine = (reach[active] < 1e-8 * room[active]).all(1)
        smooth = ~better & (promised < 1e-10) & (h < 1e-3 * room[active]).all(1)
        converged[active[fine | smooth]] = True
        active = active[~(fine | smooth)]
    _, coefficients, value, solved = _solve(rectifier, counts, centre, coefficients)
    return centre, coefficients, value, converged & solved


def _at_points(
    rectifier: Rectifier, counts: Counts, points: Array, start: Array
) -> tuple[Array, Array]:
    """Profile likelihood (row, point) and coefficients (row, point, path) at several shapes."""
    rows, many, shapes = points.shape
    repeated = counts.take(np.repeat(np.arange(rows), many))
    begin = np.repeat(start, many, axis=0)
    _, gains, value, _ = _solve(rectifier, repeated, points.reshape(-1, shapes), begin)
    return value.reshape(rows, many), gains.reshape(rows, many, -1)


def _newton_step(
    values: Array, points: Array, h: Array, offsets: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Newton's step on the quadratic through a 3^d stencil (at most thirty times it); its gain.

    A coordinate whose stencil is cut off by a bound stays.
    """
    shapes = offsets.shape[1]
    at = {tuple(offset): k for k, offset in enumerate(offsets)}
    unit = np.eye(shapes, dtype=int)
    middle = values[:, at[(0,) * shapes]]
    slope = np.zeros((len(values), shapes))
    curve = np.zeros((len(values), shapes, shapes))
    whole = np.zeros((len(values), shapes), dtype=bool)
    for i in range(shapes):
        up, down = at[tuple(unit[i])], at[tuple(-unit[i])]
        width = points[:, up, i] - points[:, down, i]
        whole[:, i] = width > 1.999 * h[:, i]
        slope[:, i] = (values[:, up] - values[:, down]) / 2
        curve[:, i, i] = 2 * middle - values[:, up] - values[:, down]
        for j in range(i):
            same = (
                values[:, at[tuple(unit[i] + unit[j])]] + values[:, at[tuple(-unit[i] - unit[j])]]
            )
            cross = (
                values[:, at[tuple(unit[i] - unit[j])]] + values[:, at[tuple(unit[j] - unit[i])]]
            )
            curve[:, i, j] = curve[:, j, i] = (cross - same) / 4
    usable = whole & np.isfinite(slope) & np.isfinite(np.einsum("rii->ri", curve))
    slope = np.where(usable, slope, 0.0)
    curve = np.where(usable[:, :, None] & usable[:, None, :] & np.isfinite(curve), curve, 0.0)
    bend, axes = np.linalg.eigh(curve)
    size = np.abs(bend)  # uphill also where the surface curves up
    size = np.maximum(size, 1e-4 * size.max(1, keepdims=True) + 1e-14 * np.abs(middle)[:, None])
    along = np.einsum("rij,ri->rj", axes, slope)
    step = np.einsum("rij,rj->ri", axes, along / np.where(size > 0, size, 1.0))
    promised = (step * slope).sum(1) / 2
    too_long = np.maximum(np.abs(step).max(1) / 30, 1.0)  # the direction is kept: ridges are narrow
    return step / too_long[:, None] * h, promised


def rate_jacobian(
    rectifier: Rectifier, x: Array, values: Array, low: Array, high: Array
) -> tuple[Array, Array]:
    """Rate (cell, condition) and its derivatives (cell, parameter, condition).

    Shape parameters are differenced centrally, within their bounds.
    """
    linear = 1 + len(rectifier.gains)
    coefficients, shape = values[:, :linear], values[:, linear:]
    paths = basis(rectifier, x, shape)
    columns = [paths]
    spread = (high - low).max(-1, initial=0.0)
    for k in range(shape.shape[1]):
        step = 1e-5 * np.where(spread > 0, spread, 1.0)
        up, down = shape.copy(), shape.copy()
        up[:, k] = np.minimum(shape[:, k] + step, high[:, k])
        down[:, k] = np.maximum(shape[:, k] - step, low[:, k])
        difference = basis(rectifier, x, up) - basis(rectifier, x, down)
        slope = np.einsum("cks,ck->cs", difference, coefficients)
        width = (up - down)[:, [k]]
        columns.append((slope / np.where(width > 0, width, 1.0))[:, None, :])
    return np.einsum("cks,ck->cs", paths, coefficients), np.concatenate(columns, axis=1)
