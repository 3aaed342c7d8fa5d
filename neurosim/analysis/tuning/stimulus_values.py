"""What varied from stimulus to stimulus: a coordinate of the responses, or given beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults

__all__ = ["stimulus_values"]


def stimulus_values(data: xr.Dataset, given: str | ArrayLike, faults: Faults) -> Array:
    """A stimulus variable, (stimulus,), each value at one stimulus.

    Parameters
    ----------
    data : Dataset
        Responses.
    given : str or array (stimulus,)
        A coordinate along stimulus, or the values.
    faults : Faults
        Of who asks: raised with what is wrong here, if anything is.

    Raises
    ------
    InputError
        For an unknown coordinate, another number of values, and values that are not finite or
        repeat.

    Examples
    --------
    >>> from neurosim import responses_from_counts
    >>> responses = responses_from_counts([0, 0], [[1], [2]], duration=1.0)
    >>> responses = responses.assign_coords(contrast=("stimulus", [0.1, 0.2]))
    >>> stimulus_values(responses, "contrast", Faults("example"))
    array([0.1, 0.2])
    """
    if isinstance(given, str):
        along = given in data.coords and data[given].dims == ("stimulus",)
        known = [str(n) for n in data.coords if data[n].dims == ("stimulus",)]
        faults.require(along, f"{given!r} along stimulus", ", ".join(known) or "none")
        values: Any = data[given].values if along else None
    else:
        values = given.values if isinstance(given, xr.DataArray) else np.asarray(given)
        size = data.sizes["stimulus"]
        faults.require(values.shape == (size,), f"{size} values, one per stimulus", values.shape)
    if faults.found:
        faults.stop()
    found: Array = np.asarray(values, dtype=float)
    faults.require(np.isfinite(found).all(), "finite values", found)
    once = np.unique(found).size == found.size
    faults.require(
        once,
        "each value at one stimulus",
        "repeated values",
        "select among the others: responses.isel(stimulus=...)",
    )
    faults.stop()
    return found
