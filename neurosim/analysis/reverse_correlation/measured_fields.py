"""Receptive fields as they were measured, brought to (cell, y, x) with places in deg."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.numbers import as_array
from neurosim.stimuli import VisualField
from neurosim.stimuli.field import field_given

__all__ = ["measured_fields", "noise_variance"]


def measured_fields(
    receptive_field: Any, field: VisualField | None, fewest: int, faults: Faults
) -> xr.DataArray:
    """Check receptive fields and label them.

    Parameters
    ----------
    receptive_field : DataArray or array (y, x) or (cell, y, x)
    field : VisualField or None
        The pixels' places, where the receptive field does not say.
    fewest : int
        Pixels.
    faults : Faults
        What is wrong already; it is stopped here.

    Returns
    -------
    DataArray (cell, y, x)
        y and x in deg, evenly spaced.
    """
    images = receptive_field
    field = None if field is None else field_given(field, "fit_gabor")
    if not isinstance(images, xr.DataArray):
        array = as_array(images)
        axes = 0 if array is None else array.ndim
        dims = [*range(axes - 3), "cell", "y", "x"]
        images = xr.DataArray(array, dims=dims[len(dims) - axes :])
    known = set(images.dims) in ({"y", "x"}, {"cell", "y", "x"})
    if not faults.require(
        known,
        "a receptive field (y, x) or (cell, y, x)",
        f"{images.dims} of shape {images.shape}",
        "choose one lag",
    ):
        faults.stop()
    images = images if "cell" in images.dims else images.expand_dims("cell")
    images = images.transpose("cell", "y", "x")
    if "cell" not in images.coords or images["cell"].ndim == 0:
        images = images.assign_coords(cell=np.arange(images.sizes["cell"]))
    _check_values(images, fewest, faults)
    images = _with_places(images, field, faults)
    faults.stop()
    return images.astype(float)


def _check_values(images: xr.DataArray, fewest: int, faults: Faults) -> None:
    if not faults.require(images.dtype.kind in "iufb", "numbers", images.dtype):
        faults.stop()
    labels, pixels = images["cell"].values, images[0].size
    finite = np.isfinite(images.values).all((1, 2))
    faults.require(
        finite.all(),
        "finite receptive fields",
        f"NaN or infinity in cell {', '.join(map(str, labels[~finite][:5]))}",
        "leave out cells without spikes",
    )
    empty = ~images.values.any((1, 2))
    faults.require(
        not empty.any(),
        "receptive fields that are not all 0",
        f"all 0 in cell {', '.join(map(str, labels[empty][:5]))}",
    )
    large = pixels >= fewest and min(images.shape[1:]) >= 2 and len(images) > 0
    faults.require(
        large, f"at least one cell, of {fewest} or more pixels in 2 dimensions", dict(images.sizes)
    )
    faults.stop()


def _with_places(images: xr.DataArray, field: VisualField | None, faults: Faults) -> xr.DataArray:
    """With y and x in deg, evenly spaced."""
    if field is not None:
        fits = faults.require(
            images.shape[1:] == field.shape, f"the field's {field.shape} pixels", images.shape[1:]
        )
        if not fits:
            faults.stop()
        unit = {"units": "deg"}
        images = images.assign_coords(y=("y", field.y, unit), x=("x", field.x, unit))
    placed = {"y", "x"} <= set(images.coords)
    if not faults.require(placed, "y and x of the pixels in deg", "none", "give the field"):
        faults.stop()
    for name in ("y", "x"):
        unit = images[name].attrs.get("units", "deg")
        degrees = unit == "deg" and images[name].dtype.kind in "iuf"
        if not faults.require(degrees, f"{name} in deg", unit):
            faults.stop()
        step = np.diff(images[name].values.astype(float))
        even = np.allclose(step, step.mean(), rtol=1e-3, atol=0) and step.mean() != 0
        faults.require(even, f"evenly spaced {name}", images[name].values[:4])
    return images


def noise_variance(noise_sd: Any, images: xr.DataArray, faults: Faults) -> Array:
    """Sum over each cell's pixels of the noise's variance, (cell,)."""
    noise = faults.numbers("noise_sd", noise_sd, images.shape)
    faults.stop()
    usable = np.isfinite(noise).all() and (noise >= 0).all()
    faults.require(usable, "finite noise_sd >= 0", noise_sd)
    faults.stop()
    variance: Array = (noise**2).sum((1, 2))
    return variance
