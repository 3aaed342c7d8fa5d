"""What responses may hold beside drive, count, trials and duration: regressors and spike times."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurosim.base.errors import Faults
from neurosim.data.cells import where_not_finite

__all__ = ["REGRESSORS", "check_beside"]

REGRESSORS = {"quadrature": "drive_quadrature", "noise": "drive_noise"}
"""Name of a regressor -> variable of responses that holds it, (stimulus, cell)."""

_ROUND = 1e-6  # s by which a time may miss the trial: clocks round


def check_beside(responses: xr.Dataset, faults: Faults) -> None:
    """Note what cannot be in the variables that responses may lack.

    Parameters
    ----------
    responses : Dataset
        Of which the other variables are checked.
    faults : Faults
    """
    for name in REGRESSORS.values():
        if name not in responses:
            continue
        given = responses[name]
        by = set(given.dims) == {"stimulus", "cell"}
        if faults.require(by, f"{name} ('stimulus', 'cell')", given.dims) and faults.require(
            given.dtype.kind in "iuf", f"{name} as numbers", given.dtype
        ):
            finite = np.isfinite(given.values).all()
            faults.require(finite, f"finite {name}", "" if finite else where_not_finite(given))
    if "spike_time" in responses:
        _check_spikes(responses, faults)


def _check_spikes(responses: xr.Dataset, faults: Faults) -> None:
    """Note spikes without a time, a stimulus, a cell or a trial."""
    index = {f"spike_{dim}": dim for dim in ("stimulus", "cell", "trial")}
    missing = [name for name in index if name not in responses]
    if not faults.require(not missing, "whose each spike_time is", f"no {', '.join(missing)}"):
        return
    for name in ("spike_time", *index):
        given = responses[name]
        listed = given.ndim == 1 and given.dims == responses["spike_time"].dims
        if not faults.require(listed, f"{name} (spike,)", given.dims):
            continue
        if name == "spike_time":
            longest = float(np.fmax.reduce(np.ravel(responses["duration"].values), initial=0.0))
            counted = given.dtype.kind in "iuf" and (
                ((given >= -_ROUND) & (given <= longest + _ROUND)).all()
            )
            faults.require(counted, f"spike_time from 0 to {longest:g} s", "others")
            continue
        many = responses.sizes[index[name]]
        there = given.dtype.kind in "iu" and ((given >= 0) & (given < many)).all()
        faults.require(there, f"{name} as indices from 0 to {many - 1}", "others")
