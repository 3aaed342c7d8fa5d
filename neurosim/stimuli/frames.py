"""Frames as the display shows them, labelled; and what is said of pixels that it clips."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import xarray as xr

from neurosim.base.arrays import Array
from neurosim.stimuli.field import VisualField

__all__ = ["ClippingWarning", "labelled_frames", "warn_of_clipping"]


class ClippingWarning(UserWarning):
    """A display could not show a stimulus as it is; the fraction of pixels is said."""


def warn_of_clipping(subject: str, clipped: Array) -> None:
    """Warn if the display clips any of the pixels.

    Parameters
    ----------
    subject : str
        What is shown.
    clipped : array (stimulus,)
        Fraction of each stimulus's pixels.
    """
    if clipped.any():
        what = f"{subject}: the display clips {clipped.mean():.2%} of the pixels"
        warnings.warn(what, ClippingWarning, stacklevel=4)


def labelled_frames(
    field: VisualField,
    labels: Mapping[str, xr.Variable],
    values: Array,
    clipped: Array,
    times: Array | None = None,
) -> xr.DataArray:
    """Frames with their places (deg), times (s) and labels.

    Parameters
    ----------
    field : VisualField
    labels : mapping of str to Variable (stimulus,)
    values : array (stimulus, row, column), or (stimulus, time, row, column) with `times`
        Contrast about the mean.
    clipped : array (stimulus,)
        Fraction of the pixels; said where a display is declared.
    times : array (time,), optional
        s.

    Returns
    -------
    DataArray (stimulus, y, x) or (stimulus, time, y, x)
    """
    coords = {
        **labels,
        "y": ("y", field.y, {"units": "deg"}),
        "x": ("x", field.x, {"units": "deg"}),
    }
    if times is not None:
        coords["time"] = ("time", times, {"units": "s"})
    dims = ("stimulus", "y", "x") if times is None else ("stimulus", "time", "y", "x")
    attrs = {"units": "1", "long_name": "luminance contrast about the mean"}
    if field.contrast_range is not None:
        coords["clipped"] = ("stimulus", clipped, {"units": "1"})
    return xr.DataArray(values, coords, dims, "frames", attrs)
