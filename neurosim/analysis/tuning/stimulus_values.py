"""What varied from stimulus to stimulus: a coordinate of the responses, or given beside them."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults

__all__ = ["angles_around", "stimulus_values"]


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
        faults.stop()
        found = faults.numbers(given, data[given].values)
    else:
        found = faults.numbers("values along stimulus", given)
        faults.stop()
        size = data.sizes["stimulus"]
        faults.require(found.shape == (size,), f"{size} values, one per stimulus", found.shape)
    faults.stop()
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


def angles_around(
    data: xr.Dataset, given: str | ArrayLike, faults: Faults
) -> tuple[Indices, Array, float]:
    """Angles that go around, equally spaced over 180 deg (orientations) or 360 (directions).

    Parameters
    ----------
    data, given, faults
        As for `stimulus_values`; deg. Angles that span 180 or more are directions.

    Returns
    -------
    order : int array (stimulus,)
        Which stimuli to take for angles that rise.
    angles : array (stimulus,)
        From 0 on, in that order, deg.
    period : 180.0 or 360.0

    Raises
    ------
    InputError
        As `stimulus_values`, and for fewer than 4 angles or angles that are not equally spaced.

    Examples
    --------
    >>> from neurosim import responses_from_counts
    >>> responses = responses_from_counts([0] * 4, [[1], [2], [3], [4]], duration=1.0)
    >>> angles_around(responses, [90, 135, 180, 45], Faults("example"))[:2]
    (array([2, 3, 0, 1]), array([  0.,  45.,  90., 135.]))
    """
    angles = stimulus_values(data, given, faults)
    period = 180.0 if np.ptp(angles) < 180 else 360.0
    order = np.argsort(angles % period)
    turned = angles[order] % period
    gaps = np.diff(np.r_[turned, turned[0] + period])
    faults.require(
        angles.size >= 4 and np.allclose(gaps, period / angles.size, rtol=0, atol=1e-6),
        "at least 4 angles, equally spaced over 180 or 360 deg",
        np.array2string(np.sort(angles), threshold=8),
        "leave out an end that repeats the start",
    )
    faults.stop()
    return order, turned, period
