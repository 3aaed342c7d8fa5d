"""A rectifier fitted again to what its own fit would have given: pointwise bands of its curve."""

from __future__ import annotations

import numpy as np

from neurosim.analysis.fitting.optimum import best_parameters, rate_model
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array

__all__ = ["refitted_band"]


def refitted_band(
    model: RateModel, values: Array, x: Array, simulations: int = 200, seed: int = 0
) -> Array:
    """The central 95 % of curves fitted to responses simulated from a fit (parametric bootstrap).

    The likelihood's own parameters stay as they are.

    Parameters
    ----------
    model : RateModel
        One row.
    values : array (1, parameter)
        The fit.
    x : array (point,)
        Drives.
    simulations : int
    seed : int

    Returns
    -------
    ndarray (2, point)
        Hz.
    """
    many = np.zeros(simulations, dtype=np.int64)
    counts, likelihood = model.counts.take(many), model.likelihood.take(many)
    rate = model.plain.rate(values)
    if likelihood.of == "counts":
        rate = np.maximum(rate, 0.0)
    drawn = likelihood.sample(rate[many], counts, np.random.default_rng(seed))
    held = dict(zip(model.rectifier.parameter_names, values[0], strict=True))
    fixed = (model.high <= model.low)[0]
    held = {name: value for (name, value), f in zip(held.items(), fixed, strict=True) if f}
    refits = best_parameters(rate_model(model.rectifier, drawn, likelihood, held)).values
    linear = model.linear
    paths = model.rectifier.paths(
        np.broadcast_to(x, (simulations, x.size)), *refits[:, linear:, None].swapaxes(0, 1)
    )
    curves = refits[:, :1] + sum(
        (refits[:, [1 + k]] * path for k, path in enumerate(paths)), np.zeros((simulations, x.size))
    )
    refitted_band: Array = np.quantile(curves, [0.025, 0.975], axis=0)
    return refitted_band
