"""The ConvNet reading of a receptive field: its response at every position of an image."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal import oaconvolve

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_whole

__all__ = ["Padding", "check_padding", "correlate"]

_MOST_PADDED = 2**16  # pixels

Padding = int | Literal["valid", "same"]


def correlate(
    image: ArrayLike,
    kernels: Array,
    stride: int = 1,
    padding: Padding = "valid",
) -> Array:
    """Sum of kernel times patch at every position, as a ConvNet layer without bias has it.

    Parameters
    ----------
    image : array (row, column)
    kernels : array (cell, row, column)
    stride : int
        Pixels between positions.
    padding : int, "valid" or "same"
        Zeros around the image: so many pixels, none, or as many as keep the image's size at
        stride 1 (for an even kernel one more at the end).

    Returns
    -------
    ndarray (cell, row, column)

    Raises
    ------
    InputError
        When the kernel does not fit into the padded image.

    Examples
    --------
    >>> correlate(np.eye(3), np.ones((1, 2, 2)))
    array([[[2., 1.],
            [1., 2.]]])
    """
    rows, columns = kernels.shape[1:]
    faults = Faults("convolve")
    image = faults.numbers("image", image)
    faults.stop()
    faults.require(image.ndim == 2, "an image of shape (row, column)", image.shape)
    faults.require(np.isfinite(image).all(), "a finite image", "NaN or infinity")
    stride = faults.whole("stride", stride)
    check_padding(padding, faults)
    faults.stop()
    if padding == "same":
        around = [((n - 1) // 2, n // 2) for n in (rows, columns)]
    else:
        pixels = 0 if isinstance(padding, str) else int(padding)
        around = [(pixels, pixels)] * 2
    padded = np.pad(image, around)
    fits = padded.shape[0] >= rows and padded.shape[1] >= columns
    faults.require(fits, f"an image of at least {rows} x {columns} pixels", image.shape)
    faults.stop()
    # a kernel at a time: memory is that of the result and of one transform
    height, width = (full - n + 1 for full, n in zip(padded.shape, (rows, columns), strict=True))
    response = np.empty((len(kernels), -(-height // stride), -(-width // stride)))
    for kernel, out in zip(kernels, response, strict=True):
        out[:] = oaconvolve(padded, kernel[::-1, ::-1], mode="valid")[::stride, ::stride]
    return response


def check_padding(padding: Any, faults: Faults) -> None:
    """Note a padding that is none."""
    named = isinstance(padding, str) and padding in ("valid", "same")
    pixels = is_whole(padding, 0, _MOST_PADDED)
    faults.require(named or pixels, "padding as a number of pixels, 'valid' or 'same'", padding)
