"""The maximum of a rectifier's likelihood in every row: from a grid of shapes, climbs.

Starts are the peaks of the likelihood on a grid of the shapes, and the tops of the rectifiers that
this one contains, so that it is never worse than they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurosim.analysis.fitting.ascent import Top
from neurosim.analysis.fitting.beside_top import best_beside
from neurosim.analysis.fitting.held_r0 import climb_held, r0_held
from neurosim.analysis.fitting.kinks import best_of_rows, climb, joined
from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.own_unit import converted, in_own_unit
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.starts import peaks_on_grid
from neurosim.analysis.fitting.steep_thresholds import best_of_every_interval
from neurosim.base.arrays import Array, Flags, Indices
from neurosim.data.counts import Counts
from neurosim.models.rectifiers.base import RECTIFIERS, Rectifier

__all__ = ["Optimum", "best_parameters", "nested_starts", "rate_model"]

_FIRST_STEPS = 25  # of climbs from the many starts of two corners, after which the low are given up
_DEEPEST_CLIMB = 3.0  # nats below the best after those steps, from where one goes on
_ROWS_AT_ONCE = 50_000  # climbed together; bounds the memory and nothing else
_LEAST_R0 = 1e-3  # of the mean rate, in a start: at 0 a spike there would be impossible
_AT_BOUND = 1e-6  # of a large change of a shape: so near to its bound it is at it


class Optimum(NamedTuple):
    """The top of the likelihood in every row.

    Attributes
    ----------
    values : array (row, parameter)
        In the order of `Rectifier.parameter_names`.
    log_likelihood : array (row,)
        nats, without its constant.
    converged : bool array (row,)
    at_bound : bool array (row, parameter)
    model : RateModel
    """

    values: Array
    log_likelihood: Array
    converged: Flags
    at_bound: Flags
    model: RateModel


def rate_model(
    rectifier: Rectifier,
    counts: Counts,
    likelihood: Likelihood | None = None,
    fixed: dict[str, float] | None = None,
) -> RateModel:
    """A rectifier over cells, with the bounds of its parameters; those in `fixed` do not move."""
    rows = len(counts.x)
    given = {name: each.max(1) for name, each in counts.regressors.items()}
    pairs = [p.bounds(counts.shown, given) for p in rectifier.parameters.values()]
    linear = 1 + len(rectifier.gains)
    low = np.zeros((rows, linear + len(pairs)))
    high = np.full(low.shape, np.inf)
    for k, (least, most) in enumerate(pairs):
        low[:, linear + k], high[:, linear + k] = least, most
    spread = high[:, linear:] - low[:, linear:]
    scale = np.where(np.isfinite(spread) & (spread > 0), spread, 1.0)
    for k, parameter in enumerate(rectifier.parameters.values()):
        if parameter.within == "drive":
            wide = np.ptp(counts.shown, axis=1)
            scale[:, k] = np.where(wide > 0, wide, scale[:, k])
        if parameter.by_decades:  # the middle decade: values far below the upper end are no bound
            scale[:, k] = parameter.centre
    for name, value in (fixed or {}).items():
        index = rectifier.parameter_names.index(name)
        low[:, index] = high[:, index] = value
    return RateModel(rectifier, counts, likelihood or Poisson(), low, high, scale)


def best_parameters(model: RateModel, start: Array | None = None, search: bool = False) -> Optimum:
    """The maximum-likelihood parameters of every row.

    Parameters
    ----------
    model : RateModel
    start : array (row, parameter), optional
        Parameters known to be near the optimum, in place of the grid.
    search : bool
        Whether to look beside them, on a coarse grid.

    Returns
    -------
    Optimum
    """
    given, (model, unit) = model, in_own_unit(model)
    rows, linear = len(model.low), model.linear
    held = r0_held(model)
    model = model.plain if held else model
    if start is not None:
        start = converted(model.rectifier, start, unit)
        starts = model.shift(start)[:, None]
        mean = model.counts.spikes.sum(1) / np.maximum(model.counts.exposure.sum(1), 1e-12)
        starts[:, 0, 0] = np.maximum(starts[:, 0, 0], _LEAST_R0 * np.abs(mean))
        if search:
            starts = np.concatenate([peaks_on_grid(model, coarse=True), starts], axis=1)
    else:
        starts = np.concatenate([peaks_on_grid(model), *nested_starts(model)], axis=1)
    row, number = np.nonzero(np.isfinite(starts).all(-1))
    begin = starts[row, number]
    if sum(p.kinked for p in model.rectifier.parameters.values()) > 1 and not held:
        row, begin = _promising(model, row, begin)
    climbed = climb_held if held else climb
    top = best_of_rows(climbed(model.take(row), begin), row, rows)
    for k, parameter in enumerate(model.rectifier.parameters.values()):
        if parameter.steep:
            top = best_of_every_interval(model, top, linear + k)
    if not held:
        top = best_beside(model, top, far=start is None)
    theta, value, converged = top
    reach = np.zeros(theta.shape)
    reach[:, linear:] = _AT_BOUND * model.scale
    at_bound = (theta <= model.low + reach) | (theta >= model.high - reach)
    values = model.unshift(theta)
    # without a spike the best rate is 0 at every condition, whatever the shapes
    silent = ~model.counts.spikes.any(1) & (model.likelihood.of == "counts")
    values[silent, :linear] = 0.0
    value = np.where(silent, 0.0, value)
    values = converted(model.rectifier, values, 1 / unit)
    return Optimum(values, value, converged | silent, at_bound, given)


def _promising(model: RateModel, row: Indices, begin: Array) -> tuple[Indices, Array]:
    """Rows and starts of those that a short climb between the same drives takes near the best."""
    parts = np.array_split(np.arange(len(row)), -(-len(row) // _ROWS_AT_ONCE))
    first = joined(*(climb(model.take(row[part]), begin[part], _FIRST_STEPS, 0) for part in parts))
    best: Top = best_of_rows(first, row, len(model.low))
    kept = first.value >= best.value[row] - _DEEPEST_CLIMB
    return row[kept], first.theta[kept]


def nested_starts(model: RateModel) -> list[Array]:
    """Where the rectifiers that this one contains are at their own best; (row, 1, parameter) each.

    So that it is never worse than they are.
    """
    outer = model.rectifier
    starts = []
    for name, at in outer.contains.items():
        inner = RECTIFIERS[name]
        if isinstance(at, str) or not outer.parameters:
            continue
        best = best_parameters(rate_model(inner, model.counts, model.likelihood)).values
        linear = 1 + len(inner.gains)
        start = np.zeros_like(model.low)
        start[:, :linear] = best[:, :linear]
        for parameter, value in at.items():
            start[:, outer.parameter_names.index(parameter)] = value
        for k, parameter in enumerate(inner.parameters):
            start[:, outer.parameter_names.index(parameter)] = best[:, linear + k]
        shapes = slice(model.linear, None)
        start[:, shapes] = np.clip(start[:, shapes], model.low[:, shapes], model.high[:, shapes])
        starts.append(start[:, None])
    return starts
