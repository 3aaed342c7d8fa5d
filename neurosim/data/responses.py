"""The one data set that everything after the spikes works on; simulated or recorded alike.

A responses `Dataset` holds

- ``drive(stimulus, cell)``: the linear response, contrast units (or any other, named in attrs);
- ``count(stimulus, cell, trial)``: spikes per trial, integers (or expected counts, marked
  ``expected`` in attrs); beyond ``trials`` they mean nothing;
- ``trials(stimulus, cell)``: how many trials exist (repeats may be unequal; nothing is NaN);
- ``duration``: s; one number, or (stimulus, cell), or where trials of a condition differ in length
  (stimulus, cell, trial), beyond ``trials`` NaN.

Where the responses came from stands in attrs. `response_files` writes and reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.base.errors import Faults, InputError
from neurosim.base.units import in_unit
from neurosim.data.beside import check_beside
from neurosim.data.cells import where_not_finite
from neurosim.data.storable import check_storable, plain_labels
from neurosim.data.trials import LONGEST, MOST_SPIKES, SHORTEST, duration_variable, selected

__all__ = [
    "cell_labels",
    "check_responses",
    "responses_from_counts",
]


def responses_from_counts(
    drive: xr.DataArray | ArrayLike,
    count: ArrayLike,
    duration: Any,
    trials: ArrayLike | None = None,
    drive_unit: str = "1",
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Responses from spike counts, however they were obtained.

    Parameters
    ----------
    drive : DataArray or array (stimulus, cell)
        The drive (or any other stimulus variable) of each condition. A one-dimensional array is
        that of every cell. A Brian2 quantity is a potential, in mV.
    count : array (stimulus, cell, trial)
        Spike counts; integers >= 0. (stimulus, trial) for one cell, which may be lists of unequal
        length. Unequal repeats may be padded with NaN. A DataArray is turned by its dims.
    duration : float, array (stimulus, cell) or array (stimulus, cell, trial)
        How long spikes were counted, s (or a Brian2 quantity, or text). That of single trials is
        padded as counts are, and of one cell (stimulus, trial) or lists of unequal length too.
    trials : int array (stimulus, cell), optional
        How many of the trials exist, where repeats are unequal. Default: all that are not NaN.
    drive_unit : str
        Unit of the drive when it is a bare array; "1" is dimensionless contrast.
    attrs : mapping, optional
        Where the responses came from.

    Returns
    -------
    Dataset
        As the module describes.

    Raises
    ------
    InputError
        Naming everything that cannot be.

    Examples
    --------
    >>> responses = responses_from_counts([-1, 0, 1], [[0, 1], [2, 3], [9, 8]], duration=0.5)
    >>> dict(responses.sizes)
    {'stimulus': 3, 'cell': 1, 'trial': 2}
    """
    faults = Faults("responses")
    faults.kind("drive_unit", drive_unit, str, "text")
    origin = faults.mapping("attrs", attrs)
    faults.stop()
    count = _count_array(count)
    drive_labels = drive.coords if isinstance(drive, xr.DataArray) else {}
    if not isinstance(drive, xr.DataArray):
        drive = _labelled_drive(drive, drive_unit)
    if count.ndim == 2 and drive.sizes.get("cell") == 1:
        count = count[:, None, :]
    if count.ndim == 3 and drive.sizes.get("cell") == 1 and "cell" not in drive_labels:
        drive = drive.isel(cell=[0] * count.shape[1])  # one axis for all cells
        drive = drive.assign_coords(cell=np.arange(count.shape[1]))
    faults.require(set(drive.dims) == {"stimulus", "cell"}, "drive (stimulus, cell)", drive.dims)
    faults.require(
        count.ndim == 3, "count of shape (stimulus, cell, trial)", f"{count.ndim} dimensions"
    )
    faults.stop()
    drive = drive.transpose("stimulus", "cell")
    faults.require(
        count.shape[:2] == drive.shape,
        f"count for {drive.shape[0]} stimuli x {drive.shape[1]} cells",
        f"{count.shape[0]} x {count.shape[1]}",
    )
    faults.stop()
    exist = _trials_that_exist(count, trials)
    seconds = _seconds(duration)
    if drive.sizes["cell"] == 1:  # one cell may come without its dimension
        exist, seconds = (a[:, None] if a.ndim == 1 else a for a in (exist, seconds))
        of_trials = seconds.ndim == 2 and seconds.shape[1] != 1
        seconds = seconds[:, None] if of_trials else seconds
    shape = f"{drive.shape[0]} stimuli x {drive.shape[1]} cells"
    exist = np.broadcast_to(exist, drive.shape) if exist.ndim == 0 else exist
    faults.require(exist.shape == drive.shape, f"trials for {shape}", exist.shape)
    most = np.max(exist, initial=0)  # of a selection of responses more may be said
    faults.require(
        most <= count.shape[2], f"trials as whole numbers from 0 to {count.shape[2]}", exist
    )
    one = seconds.shape in ((), drive.shape, count.shape)
    each = f"{shape} (x {count.shape[2]} trials)"
    faults.require(one, f"duration as one number or for {each}", seconds.shape)
    faults.stop()
    responses = xr.Dataset(
        {
            "drive": drive,
            "count": (("stimulus", "cell", "trial"), count),
            "trials": (("stimulus", "cell"), exist),
            "duration": duration_variable(seconds, exist),
        },
        coords={"trial": np.arange(count.shape[2])},
        attrs=origin,
    )
    return check_responses(responses)


def _seconds(duration: Any) -> NDArray[Any]:
    """Durations, s; lists of unequal length of one cell are padded with NaN."""
    if isinstance(duration, list | tuple) and len({np.size(each) for each in duration}) > 1:
        rows = [np.ravel(in_unit(each, "s", "responses", "duration")) for each in duration]
        most = max(row.size for row in rows)
        return np.array([[np.r_[row, np.full(most - row.size, np.nan)]] for row in rows])
    return np.asarray(in_unit(duration, "s", "responses", "duration"))


def _count_array(count: Any) -> NDArray[Any]:
    """Counts by position; lists of unequal length are padded with NaN, labelled arrays turned."""
    if isinstance(count, xr.DataArray):
        order = [d for d in ("stimulus", "cell", "trial") if d in count.dims]
        faults = Faults("responses")
        known = set(order) == set(count.dims)
        faults.require(known, "count with dims among stimulus, cell, trial", count.dims)
        faults.stop()
        return count.transpose(*order).values
    try:
        array = np.asarray(count)
    except TypeError:  # of another library, that makes no array of it
        array = np.array(None)
    except ValueError:  # ragged: (stimulus, trial) of one cell
        array = _padded(count)
    if array.dtype.kind not in "iufb":
        raise InputError(f"responses: expected counts as numbers, got {type(count).__name__}")
    return array


def _padded(rows: Any) -> NDArray[Any]:
    """Trials of unequal number of one cell, NaN behind the last; (stimulus, 1, trial)."""
    faults = Faults("responses")
    trials = [np.ravel(faults.numbers("counts of a stimulus", row)) for row in rows]
    faults.stop()
    most = max(each.size for each in trials)
    return np.array([[np.r_[each, np.full(most - each.size, np.nan)]] for each in trials])


def _labelled_drive(drive: Any, unit: str) -> xr.DataArray:
    """A bare drive as (stimulus, cell)."""
    if hasattr(drive, "dim"):  # a Brian2 quantity: only a potential has a unit here
        drive, unit = in_unit(drive, "mV", "responses", "drive"), "mV"
    faults = Faults("responses")
    values = faults.numbers("drive", drive)
    faults.stop()
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2:
        raise InputError(f"responses: expected drive (stimulus, cell), got {values.ndim}-d")
    dims = ("stimulus", "cell")
    coords = {d: np.arange(n) for d, n in zip(dims, values.shape, strict=True)}
    return xr.DataArray(values, coords, dims, attrs={"units": unit, "long_name": "drive"})


def _trials_that_exist(count: NDArray[Any], trials: ArrayLike | None) -> NDArray[Any]:
    """The trials given, or those before the NaN that pads each condition."""
    if trials is not None:
        faults = Faults("responses")
        given = faults.numbers("trials", trials)
        faults.stop()
        whole = (np.abs(given) <= count.size) & (given == np.floor(given))
        return given.astype(np.int64) if whole.all() else given
    missing = np.isnan(count) if count.dtype.kind == "f" else np.zeros(count.shape, dtype=bool)
    exist = (~missing).sum(-1)
    if not (missing == (np.arange(count.shape[-1]) >= exist[..., None])).all():
        raise InputError(
            "responses: expected NaN only behind the last trial of a condition, got NaN before "
            "counts (leave those trials out, or give trials=)"
        )
    trials_that_exist: NDArray[Any] = exist
    return trials_that_exist


def check_responses(responses: xr.Dataset) -> xr.Dataset:
    """`responses`, checked to be what the module describes, counts as integers.

    Raises
    ------
    InputError
        Naming everything that is missing or cannot be.
    """
    faults = Faults("responses")
    if not isinstance(responses, xr.Dataset):
        got = type(responses).__name__
        faults.require(False, "a Dataset", got, "responses_from_counts makes one of counts")
        faults.stop()
    for name in ("drive", "count", "trials", "duration"):
        rates = name == "count" and "rate" in responses
        faults.require(
            name in responses,
            f"a variable {name!r}",
            sorted(map(str, responses.data_vars)),
            "rates have no counts: fit_rates takes them, and rank compares its fits" * rates,
        )
    faults.stop()
    by = ("stimulus", "cell")
    gone = [dim for dim in by if dim not in responses.dims]
    faults.require(
        not gone,
        f"dimensions {', '.join(by)}",
        f"no {' and '.join(gone)}",
        f"select with a list, as isel({gone[0] if gone else ''}=[0])",
    )
    faults.stop()
    responses = plain_labels(selected(responses, faults))
    for name, dims in (("drive", by), ("trials", by), ("count", (*by, "trial"))):
        faults.require(
            set(responses[name].dims) == set(dims), f"{name} {dims}", responses[name].dims
        )
    each = responses["duration"].dims
    known = set(each) <= {*by, "trial"}
    faults.require(known, f"duration as one number, {by} or {(*by, 'trial')}", each)
    for name in ("drive", "count", "duration"):
        numbers = responses[name].dtype.kind in ("iufb" if name == "count" else "iuf")
        faults.require(numbers, f"{name} as numbers", responses[name].dtype)
    faults.stop()
    responses = responses.transpose(*by, "trial", ...)
    faults.require(responses["drive"].size > 0, "at least one stimulus and cell", "none")
    faults.stop()
    drive, count = responses["drive"].values, responses["count"].values
    trials, duration = responses["trials"].values, responses["duration"].values
    faults.require(np.isfinite(drive).all(), "finite drive", where_not_finite(responses["drive"]))
    inside = trials.dtype.kind in "iu" and (trials >= 0).all() and (trials <= count.shape[2]).all()
    faults.require(inside, f"trials as whole numbers from 0 to {count.shape[2]}", trials)
    faults.stop()
    real = np.arange(count.shape[2]) < trials[..., None]
    if "trial" in responses["duration"].dims:
        each_trial = responses["duration"].broadcast_like(responses["count"])
        duration = each_trial.transpose(*by, "trial").values[real]
    good = np.isfinite(duration).all() and (duration > 0).all()
    if faults.require(good, "duration > 0 s of every trial", np.min(duration, initial=np.inf)):
        least, most = np.min(duration, initial=1.0), np.max(duration, initial=1.0)
        possible = least >= SHORTEST and most <= LONGEST
        reach = f"durations from {SHORTEST:g} to {LONGEST:g} s"
        faults.require(possible, reach, least if least < SHORTEST else most)
    counted = count[real]
    if not np.isfinite(counted).all():
        told = where_not_finite(responses["count"].where(real, 0))
        faults.require(False, "counts for every trial that exists", told)
    possible = (counted >= 0).all() and (counted <= MOST_SPIKES).all()
    worst = counted.min(initial=0) if counted.min(initial=0) < 0 else counted.max(initial=0)
    faults.require(possible, f"counts from 0 to {MOST_SPIKES:g}", worst)
    expected = bool(responses["count"].attrs.get("expected", 0))
    whole = count.dtype.kind in "iu" or expected or (counted == np.floor(counted)).all()
    faults.require(whole, "whole numbers of spikes", "fractions")
    check_beside(responses, faults)
    check_storable(responses, faults)
    faults.stop()
    if count.dtype.kind not in "iu" and not expected:
        whole = np.where(real, count, 0).astype(np.int64)
        responses = responses.assign(count=(responses["count"].dims, whole))
    return responses


def cell_labels(responses: xr.Dataset) -> NDArray[Any]:
    """What each cell of responses is called; its number where it has no label."""
    if "cell" in responses.coords:
        return responses["cell"].values
    return np.arange(responses.sizes["cell"])
