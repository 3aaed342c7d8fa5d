"""Responses to Neurodata Without Borders files (needs the ``nwb`` extra).

Simulated spikes as units and trials, which any reader of NWB opens.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults
from neurosim.base.files import folder_for_output, path_of, written_together
from neurosim.data.responses import check_responses
from neurosim.recordings.from_nwb import require_pynwb

__all__ = ["responses_to_nwb"]

_PAUSE = 0.1  # s between the trials of a simulation, in which nothing was simulated
_INSIDE = 1e-9  # s by which a spike at the very end of a trial is put before it
_TAKEN = {
    "start_time",
    "stop_time",
    "tags",
    "timeseries",
    "id",
    "name",
    "description",
    "columns",
    "colnames",
    "parent",
    "children",
    "fields",
    "drive",
    "stimulus",
    "trial",
    "cell",
    "spike_times",
}


def responses_to_nwb(responses: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write simulated spikes as an NWB file of units and trials; whole or not at all.

    Trials stand one behind another, 0.1 s apart: all stimuli once, then again. The columns of the
    trials table are the number of the stimulus and of the repeat, the drive of each unit, and
    whatever describes the stimuli; attrs are in the file's notes, as JSON.
    ``responses_from_nwb(path, x="drive", by=["stimulus"])`` gives the counts back.

    Parameters
    ----------
    responses : Dataset
        With spike times (``simulate(..., spike_times=True)``).
    path : path
        Ends in .nwb; replaced if it exists.

    Raises
    ------
    InputError
        When there are no spike times, or pynwb is missing.
    """
    path = path_of(path, "responses_to_nwb")
    faults = Faults("responses_to_nwb")
    faults.require(path.suffix == ".nwb", "a path that ends in .nwb", path)
    faults.require(
        isinstance(responses, xr.Dataset) and "spike_time" in responses,
        "spike times",
        "none",
        "simulate(..., spike_times=True) keeps them",
    )
    faults.stop()
    responses = check_responses(responses)
    whole = (responses["trials"] == responses.sizes["trial"]).all() and responses[
        "duration"
    ].ndim == 0
    faults.require(whole, "all trials of every stimulus, of one duration", "unequal ones")
    faults.stop()
    folder = folder_for_output(path.parent)
    require_pynwb(path)
    from pynwb import NWBHDF5IO, NWBFile

    nwb = NWBFile(
        session_description="spikes of simulated cells",
        identifier=str(uuid4()),
        session_start_time=datetime.now(UTC),
        notes=json.dumps(dict(responses.attrs), default=str),
    )
    nwb.trials = _trial_table(responses)
    nwb.units = _unit_table(responses)
    with written_together(folder) as scratch, NWBHDF5IO(str(scratch / path.name), "w") as io:
        io.write(nwb)
        io.close()  # before the file moves


def _onsets(responses: xr.Dataset) -> Array:
    """When each trial starts, s; (trial, stimulus)."""
    shape = (responses.sizes["trial"], responses.sizes["stimulus"])
    every = float(responses["duration"]) + _PAUSE
    return np.arange(shape[0] * shape[1], dtype=float).reshape(shape) * every


def _trial_table(responses: xr.Dataset) -> Any:
    from hdmf.common import ElementIdentifiers, VectorData
    from pynwb.epoch import TimeIntervals

    trials, stimuli = responses.sizes["trial"], responses.sizes["stimulus"]
    start = _onsets(responses).ravel()
    drive = responses["drive"].transpose("stimulus", "cell")
    columns = {
        "start_time": (start, "start of counting, s"),
        "stop_time": (start + float(responses["duration"]), "end of counting, s"),
        "stimulus": (np.tile(np.arange(stimuli), trials), "number of the stimulus"),
        "trial": (np.repeat(np.arange(trials), stimuli), "number of the repeat"),
        "drive": (np.tile(drive.values, (trials, 1)), f"drive of each unit ({_unit(drive)})"),
    }
    for name, values in _describing(responses, "stimulus"):
        told = f"{name} of the stimulus ({_unit(values)})"
        columns[name] = (np.tile(values.values, trials), told)
    stored = [
        VectorData(name=name, description=told, data=_storable(values))
        for name, (values, told) in columns.items()
    ]
    return TimeIntervals(
        name="trials",
        description="one presentation of one stimulus to all units",
        columns=stored,
        id=ElementIdentifiers(name="id", data=np.arange(start.size)),
    )


def _unit_table(responses: xr.Dataset) -> Any:
    from hdmf.common import ElementIdentifiers, VectorData, VectorIndex
    from pynwb.misc import Units

    trains = _spike_trains(responses)
    times = VectorData(name="spike_times", description="s", data=np.concatenate(trains))
    ends = np.cumsum([len(train) for train in trains])
    index = VectorIndex(name="spike_times_index", target=times, data=ends.astype(np.uint64))
    columns = [times, index]
    cells = responses["cell"].values if "cell" in responses.coords else np.arange(len(trains))
    columns.append(
        VectorData(name="cell", description="label of the cell", data=[str(each) for each in cells])
    )
    for name, values in _describing(responses, "cell"):
        told = f"{name} of the cell ({_unit(values)})"
        columns.append(VectorData(name=name, description=told, data=_storable(values.values)))
    whole = cells.dtype.kind in "iu" and (cells >= 0).all() and len(set(cells)) == len(cells)
    ids = cells if whole else np.arange(len(trains))
    return Units(
        name="units",
        description="simulated cells",
        columns=columns,
        id=ElementIdentifiers(name="id", data=ids),
    )


def _spike_trains(responses: xr.Dataset) -> list[Array]:
    """Times of each cell's spikes on the clock of the file, in order, s."""
    onset = _onsets(responses)[responses["spike_trial"].values, responses["spike_stimulus"].values]
    inside = float(responses["duration"]) - _INSIDE
    time = onset + np.minimum(responses["spike_time"].values, inside)
    cell = responses["spike_cell"].values
    return [np.sort(time[cell == k]) for k in range(responses.sizes["cell"])]


def _describing(responses: xr.Dataset, dim: str) -> Iterator[tuple[str, xr.DataArray]]:
    """Coordinates along a dimension whose names NWB does not use itself."""
    for name, values in responses.coords.items():
        if values.dims == (dim,) and str(name) not in _TAKEN:
            yield str(name), values


def _storable(values: AnyArray) -> Any:
    return values if values.dtype.kind in "biuf" else [str(value) for value in values]


def _unit(values: xr.DataArray) -> str:
    return str(values.attrs.get("units", "1"))
