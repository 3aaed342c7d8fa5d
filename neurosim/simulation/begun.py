"""Going on from responses that an earlier call of `simulate` gave, as when it was stopped."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurosim.base.errors import Faults
from neurosim.data.responses import check_responses
from neurosim.simulation.request import Request

__all__ = ["taken_over"]

_DIGITS = 1e-9  # to which numbers agree that were worked out on two machines
_SAME = ("engine", "seed", "dt", "correlation", "settle", "start", "cell")  # attrs
_OTHERS = ("trial", "trials")  # what more trials change


def taken_over(begun: xr.Dataset, responses: xr.Dataset, request: Request) -> xr.Dataset:
    """The responses of an earlier call, seen to be of this one.

    Parameters
    ----------
    begun : Dataset
    responses : Dataset
        Everything but counts, of this call.
    request : Request

    Raises
    ------
    InputError
        Naming everything in which they differ, and what the earlier call did not keep.
    """
    faults = Faults("simulate")
    if not faults.kind("begun", begun, xr.Dataset, "responses"):
        faults.stop()
    begun = check_responses(begun)
    other = [
        name
        for name, ours in responses.variables.items()
        if name not in _OTHERS and not (name in begun.variables and _alike(begun[name], ours))
    ]
    of_call = [name for name in _SAME if begun.attrs.get(name) != responses.attrs.get(name)]
    differ = ", ".join(map(str, [*other, *of_call]))
    faults.require(not differ, "begun with the same arguments", f"another {differ}")
    trials = begun.sizes["trial"]
    whole = bool((begun["trials"] == trials).all())
    faults.require(whole, "begun with as many trials of every condition", "unequal ones")
    faults.require(trials <= request.trials, f"begun of at most {request.trials} trials", trials)
    for asked, name in (
        (request.spike_times, "spike_time"),
        (request.time_bin is not None, "count_in_bin"),
        (request.phase_bins is not None, "count_at_phase"),
    ):
        faults.require(not asked or name in begun, f"begun with {name}", "none")
    bins, phases = begun.sizes.get("time_bin", 0), begun.sizes.get("phase_bin", 0)
    if request.time_bin is not None and "count_in_bin" in begun:
        wanted = round(request.duration / request.time_bin)
        faults.require(bins == wanted, f"begun with {wanted} time bins", bins)
    if request.phase_bins is not None and "count_at_phase" in begun:
        wanted = request.phase_bins
        faults.require(phases == wanted, f"begun with {wanted} phase bins", phases)
    faults.stop()
    return begun


def _alike(begun: xr.DataArray, ours: xr.Variable) -> bool:
    """Whether a variable is the same, numbers to nine digits."""
    if set(begun.dims) != set(ours.dims) or begun.sizes != dict(ours.sizes):
        return False
    mine, given = ours.values, begun.variable.transpose(*ours.dims).values
    if mine.dtype.kind in "iuf" and given.dtype.kind in "iuf":
        return bool(np.allclose(given, mine, rtol=_DIGITS, atol=_DIGITS, equal_nan=True))
    return bool(np.array_equal(given, mine))
