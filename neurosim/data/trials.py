"""Trials of responses: how long they may be and are, and which are left after a selection."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.base.errors import Faults

__all__ = ["LONGEST", "MOST_SPIKES", "SHORTEST", "duration_variable", "selected"]

MOST_SPIKES = 1e9
"""Of one trial; more is a mistake."""

SHORTEST, LONGEST = 1e-9, 1e9
"""Trials, s."""


def duration_variable(
    seconds: NDArray[Any], trials: NDArray[Any]
) -> tuple[tuple[str, ...], NDArray[Any], dict[str, str]]:
    """The variable ``duration``: of single trials only where those of a condition differ.

    Parameters
    ----------
    seconds : array (), (stimulus, cell) or (stimulus, cell, trial)
    trials : int array (stimulus, cell)
    """
    attrs, dims = {"units": "s"}, ("stimulus", "cell", "trial")
    if seconds.ndim == 3:
        real = np.arange(seconds.shape[2]) < trials[..., None]
        seconds = np.where(real, seconds, np.nan)
        first = seconds[..., :1]
        if (~real | (seconds == first)).all():
            seconds = first[..., 0]
            some = seconds[trials > 0]
            # where nothing was shown it does not matter
            seconds = np.where(trials > 0, seconds, some[0] if some.size else 1.0)
            one = seconds.size > 0 and bool((seconds == seconds.flat[0]).all())
            seconds = seconds.flat[0] if one else seconds
    return dims[: np.ndim(seconds)], np.asarray(seconds), attrs


def selected(responses: xr.Dataset, faults: Faults) -> xr.Dataset:
    """Responses after a selection: trials that `where` made floats are whole again, and those that
    `isel` left out are none."""
    if "trial" not in responses.dims:
        return responses
    trials, size = responses["trials"], responses.sizes["trial"]
    values = trials.values
    if values.dtype.kind == "f" and np.isfinite(values).all() and (values == values.round()).all():
        values = values.astype(np.int64)
        responses = responses.assign(trials=(trials.dims, values, trials.attrs))
    if values.dtype.kind not in "iu" or values.size == 0 or "trial" not in responses.coords:
        return responses
    label = responses["trial"].values
    if values.max() <= size or label.dtype.kind not in "iu":  # nothing was left out
        return responses
    there = label < values[..., None]
    kept = there.sum(-1)
    first = (there == (np.arange(size) < kept[..., None])).all()
    faults.require(first, "trials in their order", f"trial {label.tolist()}", "sort them")
    faults.stop()
    return responses.assign(trials=(trials.dims, kept, trials.attrs)).assign_coords(
        trial=np.arange(size)
    )
