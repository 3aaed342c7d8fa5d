"""Responses to Neurodata Without Borders files (needs the ``nwb`` extra).

Simulated spikes as units and trials, which any reader of NWB opens.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults
from neurosim.base.files import folder_for_output, path_of, written_together
from neurosim.recordings.from_nwb import require_pynwb
from neurosim.recordings.timeline import Timeline, describing, timeline_of

__all__ = ["responses_to_nwb"]

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
        When there are no spike times, cells differ in their trials, or pynwb is missing.
    """
    path = path_of(path, "responses_to_nwb")
    faults = Faults("responses_to_nwb")
    faults.require(path.suffix == ".nwb", "a path that ends in .nwb", path)
    faults.stop()
    responses, line = timeline_of(responses, "responses_to_nwb")
    folder = folder_for_output(path.parent)
    require_pynwb(path)
    from pynwb import NWBHDF5IO, NWBFile

    nwb = NWBFile(
        session_description="spikes of simulated cells",
        identifier=str(uuid4()),
        session_start_time=datetime.now(UTC),
        notes=json.dumps(dict(responses.attrs), default=str),
    )
    nwb.trials = _trial_table(responses, line)
    nwb.units = _unit_table(responses, line.trains)
    with written_together(folder) as scratch, NWBHDF5IO(str(scratch / path.name), "w") as io:
        io.write(nwb)
        io.close()  # before the file moves


def _trial_table(responses: xr.Dataset, line: Timeline) -> Any:
    from hdmf.common import ElementIdentifiers, VectorData
    from pynwb.epoch import TimeIntervals

    drive = responses["drive"].transpose("stimulus", "cell")
    columns = {
        "start_time": (line.start, "start of counting, s"),
        "stop_time": (line.stop, "end of counting, s"),
        "stimulus": (line.stimulus, "number of the stimulus"),
        "trial": (line.repeat, "number of the repeat"),
        "drive": (drive.values[line.stimulus], f"drive of each unit ({_unit(drive)})"),
    }
    for name, values in describing(responses, "stimulus", _TAKEN):
        told = f"{name} of the stimulus ({_unit(values)})"
        columns[name] = (values.values[line.stimulus], told)
    stored = [
        VectorData(name=name, description=told, data=_storable(values))
        for name, (values, told) in columns.items()
    ]
    return TimeIntervals(
        name="trials",
        description="one presentation of one stimulus to all units",
        columns=stored,
        id=ElementIdentifiers(name="id", data=np.arange(line.start.size)),
    )


def _unit_table(responses: xr.Dataset, trains: list[Array]) -> Any:
    from hdmf.common import ElementIdentifiers, VectorData, VectorIndex
    from pynwb.misc import Units

    times = VectorData(name="spike_times", description="s", data=np.concatenate(trains))
    ends = np.cumsum([len(train) for train in trains])
    index = VectorIndex(name="spike_times_index", target=times, data=ends.astype(np.uint64))
    columns = [times, index]
    cells = responses["cell"].values if "cell" in responses.coords else np.arange(len(trains))
    columns.append(
        VectorData(name="cell", description="label of the cell", data=[str(each) for each in cells])
    )
    for name, values in describing(responses, "cell", _TAKEN):
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


def _storable(values: AnyArray) -> Any:
    return values if values.dtype.kind in "biuf" else [str(value) for value in values]


def _unit(values: xr.DataArray) -> str:
    return str(values.attrs.get("units", "1"))
