r"""Do the filters of a first layer come in pairs of opposite phase? (the CReLU observation)

For every filter the smallest cosine to any other filter of the layer,

.. math:: \mu_i = \min_{j \ne i} \frac{\langle w_i, w_j \rangle}{\|w_i\|\,\|w_j\|}

is -1 where a filter has an exact opposite. How far below 0 it lies by chance depends on the size of
the filters and on what they have in common, so it is held against three null ensembles of the same
shape, each of which keeps more of the filters (`neurosim.convnet.filters.filter_nulls`): Gaussian
weights, randomised phases, flipped signs.

Source: Shang, Sohn, Almeida & Lee 2016, Understanding and improving convolutional neural networks
via concatenated rectified linear units, equation 1 and figure 2.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_whole, real_numbers
from neurosim.convnet.filters.filter_nulls import FILTER_NULLS, PairingNull
from neurosim.convnet.filters.pairs import PairedFilters, cosines_to_others

__all__ = ["paired_filters"]


def paired_filters(
    filters: ArrayLike,
    seed: int = 0,
    draws: int = 200,
    zero_mean: bool = False,
    drop: Iterable[int] = (),
) -> PairedFilters:
    """The smallest cosine of each filter to another one, and in three null ensembles.

    Parameters
    ----------
    filters : array (filter, row, column) or (filter, channel, row, column)
        Of any scale: each is scaled to unit norm.
    seed : int
        Of the nulls.
    draws : int
        Of each null.
    zero_mean : bool
        Whether the mean over all weights of a filter is taken off it first. The published
        observation is of the filters as they are, so by default it is not.
    drop : list of int, optional
        Indices of filters to leave out: dead ones, say.

    Returns
    -------
    PairedFilters

    Raises
    ------
    InputError
        For fewer than two filters, filters that are zero (or constant, if their mean is taken off)
        and weights that are not finite.

    References
    ----------
    Shang et al. 2016, ICML, equation 1.

    Examples
    --------
    >>> from neurosim import GaborBank, VisualField
    >>> bank = GaborBank.quadrature(orientation=[0, 60, 120], spatial_frequency=2)
    >>> found = paired_filters(bank.kernels(VisualField(size=3.5, ppd=12)), draws=50)
    >>> round(found.mean, 12), found.share_below(-0.8)
    (-1.0, 1.0)
    >>> [(each.name, round(each.mean, 1)) for each in found.nulls]
    [('Gaussian', -0.0), ('phase-randomised', -0.1), ('sign-flipped', -0.6)]
    """
    faults = Faults("paired_filters")
    seed = faults.whole("seed", seed, 0)
    draws = faults.whole("draws", draws, 2)
    zero_mean = faults.flag("zero_mean", zero_mean)
    values, indices = _kept(_filters(filters, faults), drop, faults)
    unit = _unit(values, indices, faults, zero_mean)
    faults.stop()
    cosine = cosines_to_others(unit.reshape(len(unit), -1))
    nulls: list[PairingNull] = []
    for name, draw in FILTER_NULLS.items():
        random = np.random.default_rng([seed, len(nulls)])
        found = [_smallest(draw(unit, random), zero_mean) for _ in range(draws)]
        nulls.append(PairingNull(name, np.array(found)))
    return PairedFilters(unit, cosine.min(1), cosine.argmin(1), indices, tuple(nulls))


def _filters(filters: ArrayLike, faults: Faults) -> Array:
    """Filters as (filter, channel, row, column); an empty array where there are faults."""
    none = np.zeros((0, 1, 1, 1))
    values = real_numbers(filters)
    if values is None:
        faults.add("expected filters as an array of numbers, got others")
        return none
    shape = "(filter, row, column) or (filter, channel, row, column)"
    if not faults.require(values.ndim in (3, 4) and values.size, shape, values.shape):
        return none
    wrong = int((~np.isfinite(values)).sum())
    finite = faults.require(not wrong, "finite weights", f"{wrong} that are NaN or infinite")
    return none if not finite else values if values.ndim == 4 else values[:, None]


def _kept(filters: Array, drop: Iterable[int], faults: Faults) -> tuple[Array, Indices]:
    """The filters that are not dropped, and their indices."""
    number = len(filters)
    left_out = faults.several("drop", drop, "indices of filters", int)
    strange = [k for k in left_out if not is_whole(k, 0, number - 1)] if number else []
    faults.require(not strange, f"drop as indices from 0 to {number - 1}", strange)
    left_out = [] if strange or not number else [int(k) for k in left_out]
    indices = np.setdiff1d(np.arange(number), np.array(left_out, dtype=int))
    faults.require(not number or len(indices) > 1, "at least two filters", len(indices))
    return filters[indices], indices


def _unit(filters: Array, indices: Indices, faults: Faults, zero_mean: bool) -> Array:
    """Filters at unit norm; those that have none are a fault."""
    axes = (1, 2, 3)
    largest = np.abs(filters).max(axes, keepdims=True, initial=0)
    scaled = filters / np.where(largest > 0, largest, 1)  # squares can neither over- nor underflow
    empty = largest.ravel() == 0
    if zero_mean and len(scaled):
        scaled = scaled - scaled.mean(axes, keepdims=True)
        empty |= np.abs(scaled).max(axes) < 1e-12
    which = ", ".join(str(k) for k in indices[empty])
    what = "filters that are not constant" if zero_mean else "filters that are not all zero"
    faults.require(not empty.any(), what, f"filter {which}", f"drop=[{which}]")
    norm = np.sqrt((scaled**2).sum(axes, keepdims=True))
    unit: Array = scaled / np.where(norm > 0, norm, 1)
    return unit


def _smallest(filters: Array, zero_mean: bool) -> Array:
    """The statistic of a draw, normalised as the filters were."""
    flat = filters.reshape(len(filters), -1)
    flat = flat - flat.mean(1, keepdims=True) if zero_mean else flat
    smallest: Array = cosines_to_others(flat / np.linalg.norm(flat, axis=1, keepdims=True)).min(1)
    return smallest
