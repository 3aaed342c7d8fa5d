"""Filter responses to put rectifiers to: Gabor cells over a photograph, and over white noise.

Each is a Dataset of maps (cell, y, x): `response`, and `quadrature`, the response of the partner
90 deg further in phase at the same place. Positions are a quarter of the carrier's cycle apart, so
that one position is a small shift.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.bank import QUADRATURE, GaborBank
from neurosim.stimuli import VisualField
from neurosim.stimuli.images import read_image
from neurosim.stimuli.photographs import embedded_photograph

__all__ = ["photograph_responses", "white_noise_responses"]

_ORIENTATION = (0.0, 45.0, 90.0, 135.0)  # deg
_CYCLE = 16  # pixels of the image
_STEPS = 4  # positions in a cycle
_SIZE = 6.5  # cycles that hold the whole receptive field


def photograph_responses(image: ArrayLike | None = None) -> xr.Dataset:
    """Even and odd Gabor cells of four orientations at every place of a photograph.

    Parameters
    ----------
    image : array (row, column), optional
        Luminance, linear in light and of any unit. Default: the photograph that Matplotlib ships.

    Returns
    -------
    Dataset
        response and quadrature, (cell, y, x), contrast units.

    Raises
    ------
    InputError
        For an image of mean 0 and one that is smaller than a receptive field.

    Examples
    --------
    >>> photograph_responses().response.sizes
    Frozen({'cell': 8, 'y': 125, 'x': 103})
    """
    given = image is not None
    faults = Faults("photograph_responses")
    shown = image if given else read_image(embedded_photograph()).luminance
    light = faults.numbers("image", shown)
    faults.stop()
    faults.require(light.ndim == 2 and light.size > 0, "an image (row, column)", light.shape)
    faults.stop()
    if faults.require(np.isfinite(light).all(), "a finite image", "NaN or infinity"):
        faults.require(light.mean() > 0, "an image of positive mean luminance", light.mean())
    faults.stop()
    return _responses(light / light.mean() - 1, "a photograph's" if given else "the photograph's")


def white_noise_responses(seed: int = 0, rows: int = 600, columns: int = 512) -> xr.Dataset:
    """The same cells over Gaussian white noise: Gaussian, and symmetric about zero.

    Parameters
    ----------
    seed : int
    rows, columns : int
        Pixels of the image; default: as many as the photograph has. A cycle is 16 of them.

    Returns
    -------
    Dataset
        response and quadrature, (cell, y, x).

    Examples
    --------
    >>> noise = white_noise_responses(seed=1).response
    >>> round(float((noise**4).mean() / (noise**2).mean() ** 2), 1)  # 3 for a Gaussian
    3.0
    """
    faults = Faults("white_noise_responses")
    rows, columns = faults.whole("rows", rows), faults.whole("columns", columns)
    seed = faults.whole("seed", seed, 0)
    faults.stop()
    image = np.random.default_rng(seed).standard_normal((rows, columns))
    return _responses(image, "white noise's")


def _responses(image: Array, whose: str) -> xr.Dataset:
    bank = GaborBank.quadrature(_ORIENTATION, spatial_frequency=1.0)
    field = VisualField(size=_SIZE, ppd=_CYCLE)
    maps = bank.convolve(image, field, stride=_CYCLE // _STEPS)
    phase = np.arange(len(bank)) % len(QUADRATURE)
    own, partner = np.flatnonzero(phase < 2), np.flatnonzero((phase > 0) & (phase < 3))
    response = maps.isel(cell=own)
    quadrature = response.copy(data=maps.values[partner])
    data = xr.Dataset({"response": response, "quadrature": quadrature})
    return data.assign_attrs(ensemble=f"{whose} Gabor responses")
