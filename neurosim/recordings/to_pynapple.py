"""Responses to pynapple's objects (needs the ``pynapple`` extra), in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from neurosim.base.errors import InputError
from neurosim.base.extras import needs
from neurosim.recordings.timeline import describing, timeline_of

__all__ = ["PynappleSession", "responses_to_pynapple"]

_TAKEN = {"start", "end", "rate", "index", "t", "drive", "stimulus", "repeat", "cell", "trial"}


class PynappleSession(NamedTuple):
    """Spikes and trials on one clock.

    Attributes
    ----------
    units : TsGroup
        Of the cells, in their order; metadata: label, and what describes the cells.
    trials : IntervalSet
        Metadata: stimulus, repeat, drive (drive_0, drive_1, ... where cells differ in it), and what
        describes the stimuli.
    """

    units: Any
    trials: Any


def responses_to_pynapple(responses: xr.Dataset) -> PynappleSession:
    """Spikes as a TsGroup and trials as an IntervalSet; trials stand 0.1 s apart.

    ``responses_from_spike_times(units, trials, "drive", by=["stimulus"])`` gives the counts back.

    Parameters
    ----------
    responses : Dataset
        With spike times (``simulate(..., spike_times=True)``).

    Returns
    -------
    PynappleSession

    Raises
    ------
    InputError
        When there are no spike times, cells differ in their trials, or pynapple is missing.

    Examples
    --------
    >>> from neurosim import LIF, responses_from_spike_times, simulate
    >>> drive = xr.DataArray([[0.5], [1.0]], dims=("stimulus", "cell"))
    >>> responses = simulate(LIF(), drive, trials=3, spike_times=True)
    >>> units, trials = responses_to_pynapple(responses)  # doctest: +SKIP
    >>> again = responses_from_spike_times(units, trials, "drive")  # doctest: +SKIP
    """
    responses, line = timeline_of(responses, "responses_to_pynapple")
    try:
        import pynapple as nap
    except ImportError:
        raise InputError(f"responses_to_pynapple: {needs('pynapple', 'pynapple')}") from None
    drive = responses["drive"].transpose("stimulus", "cell").values[line.stimulus]
    metadata: dict[str, Any] = {"stimulus": line.stimulus, "repeat": line.repeat}
    if (drive == drive[:, :1]).all():
        metadata["drive"] = drive[:, 0]
    else:
        metadata |= {f"drive_{k}": drive[:, k] for k in range(drive.shape[1])}
    for name, values in describing(responses, "stimulus", _TAKEN):
        metadata[_named(name)] = values.values[line.stimulus]
    trials = nap.IntervalSet(start=line.start, end=line.stop, metadata=metadata)
    every = nap.IntervalSet(start=0.0, end=float(line.stop[-1]) + 1e-6)
    cells = responses["cell"].values if "cell" in responses.coords else np.arange(len(line.trains))
    about = {"label": np.array([str(each) for each in cells])}
    about |= {_named(name): values.values for name, values in describing(responses, "cell", _TAKEN)}
    listed = cells.tolist()
    whole = cells.dtype.kind in "iu" and listed == sorted(set(listed))
    keys = listed if whole else list(range(len(listed)))
    trains = [nap.Ts(train, time_support=every) for train in line.trains]
    named = dict(zip(keys, trains, strict=True))
    units = nap.TsGroup(named, time_support=every, metadata=about)
    return PynappleSession(units, trials)


def _named(name: str) -> str:
    """A name that pynapple takes for metadata."""
    text = "".join(each if each.isalnum() or each == "_" else "_" for each in name)
    return text if text[:1].isalpha() else f"m_{text}"
