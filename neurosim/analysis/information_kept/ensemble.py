"""The input of `what_is_kept`: responses in one layout, the blocks they are judged by, outputs.

Blocks are what is held out and what uncertainty comes from. The units of one place are always in
the same block, since a quadrature pair or an opposite-phase partner repeats it; blocks of a map are
strips of it, as neighbours on a map repeat each other too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults, InputError
from neurosim.base.numbers import is_number, real_numbers
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["BLOCKS", "Ensemble", "Outputs", "ensemble_of", "outputs_of"]

BLOCKS = 20
"""Blocks that samples are dealt into; learnt from the even ones, read from the odd, and in turn."""

_STREAM = 5  # of the seed: independent of what the same seed made elsewhere
_NAMES = {"cell": "unit", "y": "row", "x": "column"}  # of labelled arrays
_LAYOUT = ("unit", "sample", "row", "column")


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Filter responses in one layout.

    Attributes
    ----------
    x : array (unit, sample, row, column)
        In `sd` / `scale` of the unit they were given in.
    regressors : dict of array, as `x`
        "quadrature" and "noise", as far as they are known, in the same unit.
    block : int array (sample, row, column)
    axes : tuple of str
        Which axes of x were given.
    sd : float
        Standard deviation of x as given.
    name : str
    """

    x: Array
    regressors: Mapping[str, Array]
    block: Indices
    axes: tuple[str, ...]
    sd: float
    name: str

    @property
    def mapped(self) -> bool:
        """Whether there are maps, so that pooling means something."""
        return "row" in self.axes

    def blocks(self, values: Array) -> Array:
        """Sums of values (..., unit, sample, row, column) in each block; (block,)."""
        summed = values.reshape(-1, self.block.size).sum(0)
        return np.bincount(self.block.ravel(), summed, self.block.max() + 1).astype(float)


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a rectifier makes of an ensemble.

    Attributes
    ----------
    rectifier : Rectifier
    parameters : tuple of float
    f, slope : array (path, unit, sample, row, column)
    """

    rectifier: Rectifier
    parameters: tuple[float, ...]
    f: Array
    slope: Array


def outputs_of(rectifier: Rectifier, ensemble: Ensemble, given: Mapping[str, float]) -> Outputs:
    """Outputs and slopes, at the rectifier's defaults where no parameter is given."""
    named = {name: p.default for name, p in rectifier.parameters.items()} | dict(given)
    values = tuple(float(value) for value in named.values())
    with_regressors = [ensemble.regressors[name] for name in rectifier.regressors]
    paths = rectifier.paths(ensemble.x, *with_regressors, *values)
    slopes = rectifier.slopes(ensemble.x, *with_regressors, *values)
    f, slope = (_stacked(each, ensemble.x.shape) for each in (paths, slopes))
    return Outputs(rectifier, values, f, slope)


def _stacked(paths: tuple[Array, ...], shape: tuple[int, ...]) -> Array:
    return np.stack([np.broadcast_to(np.asarray(each, dtype=float), shape) for each in paths])


def ensemble_of(
    x: ArrayLike | xr.DataArray | xr.Dataset,
    quadrature: ArrayLike | None,
    noise: ArrayLike | None,
    dims: Sequence[str] | None,
    scale: float | None,
    seed: int,
) -> Ensemble:
    """Responses, checked and laid out; the arguments are those of `what_is_kept`."""
    faults, name = Faults("what_is_kept"), "responses"
    if isinstance(x, xr.Dataset):
        faults.require("response" in x, "a variable 'response'", ", ".join(map(str, x)))
        faults.stop()
        name = x.attrs.get("ensemble", name)
        quadrature = x.get("quadrature") if quadrature is None else quadrature
        x = x["response"]
    if isinstance(x, xr.DataArray):
        dims = [_NAMES.get(str(d), str(d)) for d in x.dims]
        quadrature, noise = (_aligned(each, x) for each in (quadrature, noise))
    values = _numbers("x", x)
    named = ["sample"] * values.ndim
    if dims is not None:
        named = faults.several("dims", dims, "a role for each axis")
        faults.require(all(isinstance(d, str) for d in named), "dims as text", named)
        faults.stop()
    found = _laid_out(values, quadrature, noise, named, faults)
    positive = scale is None or (is_number(scale) and 0 < scale < np.inf)
    faults.require(positive, "scale > 0, or None", scale)
    faults.stop()
    sd = float(found.x.std())
    unit = 1.0 if scale is None else scale / sd
    regressors = {k: v * unit for k, v in found.regressors.items()}
    block = _blocks(found.x.shape[1:], found.mapped, seed)
    return replace(found, x=found.x * unit, regressors=regressors, block=block, sd=sd, name=name)


def _numbers(name: str, values: object) -> Array:
    found = real_numbers(values)
    if found is None:
        kind = type(values).__name__
        raise InputError(f"what_is_kept: expected {name} as numbers, got {kind}")
    return found


def _aligned(values: ArrayLike | None, x: xr.DataArray) -> ArrayLike | None:
    same = isinstance(values, xr.DataArray) and set(values.dims) == set(x.dims)
    return values.transpose(*x.dims) if same else values  # type: ignore[union-attr]


def _laid_out(
    values: Array,
    quadrature: ArrayLike | None,
    noise: ArrayLike | None,
    named: list[str],
    faults: Faults,
) -> Ensemble:
    """(unit, sample, row, column), whatever is lacking being of length 1."""
    order = [[k for k, n in enumerate(named) if n == role] for role in ("unit", "row", "column")]
    unit, row, column = order
    once = all(len(each) <= 1 for each in order) and len(row) == len(column)
    faults.require(len(named) == values.ndim, f"dims of {values.ndim} axes", named)
    faults.require(once, "at most one unit axis, and row with column", named)
    faults.stop()
    samples = [k for k in range(values.ndim) if k not in (*unit, *row, *column)]
    given: dict[str, Array] = {"x": values}
    for name, each in (("quadrature", quadrature), ("noise", noise)):
        if each is None:
            continue
        array = _numbers(name, each)
        if faults.require(
            np.ndim(array) == 0 or array.shape == values.shape,
            f"{name} of shape {values.shape}",
            array.shape,
        ):
            given[name] = np.broadcast_to(array, values.shape)
    for name, each in given.items():
        faults.require(np.isfinite(each).all(), f"finite {name}", "NaN or infinity")
    if "noise" in given:
        faults.require((given["noise"] >= 0).all(), "noise >= 0", given["noise"].min())
    faults.stop()
    size = [[values.shape[k] for k in each] for each in (unit, samples, row, column)]
    shape = [int(np.prod(each)) for each in size]
    turned = {
        name: each.transpose(*unit, *samples, *row, *column).reshape(shape)
        for name, each in given.items()
    }
    faults.require(int(np.prod(shape[1:])) >= 4, "4 samples or more of every unit", shape[1:])
    faults.require(values.size == 0 or np.ptp(values) > 0, "responses that differ", "all the same")
    faults.stop()
    axes = tuple(n for n, k in zip(_LAYOUT, (unit, samples, row, column), strict=True) if k)
    return Ensemble(turned.pop("x"), turned, np.zeros(shape[1:], dtype=np.int64), axes, 1.0, "")


def _blocks(shape: tuple[int, ...], mapped: bool, seed: int) -> Indices:
    """Block of every (sample, row, column): strips of maps, or samples at random."""
    samples, _, columns = shape
    if mapped:
        strips = samples * columns
        number = min(BLOCKS, strips)
        of = (np.arange(strips) * number // strips).reshape(samples, 1, columns)
        return np.broadcast_to(of, shape).copy()
    dealt = np.arange(samples) % min(BLOCKS, samples)
    return np.random.default_rng([seed, _STREAM]).permutation(dealt).reshape(shape)
