"""Current-clamp sweeps of an NWB file (needs the ``nwb`` extra): spikes against current."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.files import path_of
from neurosim.base.units import in_unit
from neurosim.base.version import __version__
from neurosim.recordings.conditions import Trials, responses_of_trials
from neurosim.recordings.from_nwb import opened_nwb
from neurosim.recordings.tables.table import file_source

__all__ = ["responses_from_icephys"]

_STEADY = 0.05  # of a step's size, within which its current stays
_EDGE = 0.5  # of the largest departure from holding: beyond it a step is on
_SAME = 1e-3  # pA to which steps are rounded, so that repeats are repeats
_FEW = 5  # sweeps that a message names


class _Sweep(NamedTuple):
    """One stimulus and the response to it, on one clock."""

    name: str
    cell: str
    current: Array  # pA
    potential: Array  # mV
    time: Array  # s from the first sample


def responses_from_icephys(
    path: str | os.PathLike[str],
    *,
    threshold: Any = 0.0,
    refractory: Any = 0.001,
    step: Any = None,
) -> xr.Dataset:
    """The f-I relation of each cell: spikes in the current step of each sweep.

    A spike is an upward crossing of the threshold; the current is the step's, relative to what was
    held before it; the time that is counted is the step's. Stimulus and response belong together by
    the intracellular recordings table, else by their sweep numbers.

    Parameters
    ----------
    path : path
    threshold : float or quantity
        mV.
    refractory : float or quantity
        s, within which a second crossing is none.
    step : (float, float) or quantities, optional
        When the step begins and ends in each sweep, s. Default: where the current departs from that
        at the sweep's start, which has to be once.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`; the drive is in pA, cells are electrodes. A sweep without
        current has a step of 0 pA, counted when the others have theirs.

    Raises
    ------
    InputError
        Naming the sweeps of which no step can be told: none at all, several (a test pulse), one
        that is not steady; and stimuli without a response of their length.
    """
    path = path_of(path, "responses_from_icephys")
    faults = Faults("responses_from_icephys")
    least = in_unit(threshold, "mV", "responses_from_icephys", "threshold")
    least = faults.number("threshold", least, "as a potential, mV", lambda v: abs(v) < 1e3)
    rest = in_unit(refractory, "s", "responses_from_icephys", "refractory")
    rest = faults.number("refractory", rest, "from 0 to 1 s", lambda s: 0 <= s <= 1)
    said = None
    if step is not None:
        said = np.asarray(in_unit(step, "s", "responses_from_icephys", "step"), dtype=float)
        good = said.shape == (2,) and np.isfinite(said).all() and 0 <= said[0] < said[1]
        faults.require(good, "step as (start, end), s", step)
    faults.stop()
    source = file_source(path)
    with opened_nwb(path) as nwb:
        sweeps = _sweeps(nwb, str(path))
    windows = _windows(sweeps, said, str(path))
    x, count, seconds = [], [], []
    for sweep, (first, last) in zip(sweeps, windows, strict=True):
        held, on = np.median(sweep.current[:first]), np.median(sweep.current[first:last])
        x.append(round(float(on - held) / _SAME) * _SAME)
        count.append(_spikes(sweep, first, last, least, rest))
        dt = float(np.median(np.diff(sweep.time)))
        seconds.append(round(float(sweep.time[last - 1] - sweep.time[first]) + dt, 6))
    trials = Trials(
        np.array(x),
        np.array(count),
        np.array(seconds),
        [sweep.cell for sweep in sweeps],
        units={"x": "pA"},
        name="current",
    )
    attrs = {
        "source": "recorded potentials",
        **source,
        "spike_threshold_mV": least,
        "neurosim_version": __version__,
    }
    return responses_of_trials(trials, str(path), attrs)


def _sweeps(nwb: Any, subject: str) -> list[_Sweep]:
    """Every pair of stimulus and response in current clamp."""
    from pynwb.icephys import CurrentClampSeries, CurrentClampStimulusSeries

    faults, pairs = Faults(subject), []
    table = nwb.intracellular_recordings
    if table is not None and len(table):
        for row in range(len(table)):
            stimulus = table.get_category("stimuli")["stimulus"][row]
            response = table.get_category("responses")["response"][row]
            pairs.append((stimulus, response))
        pairs = [
            pair
            for pair in pairs
            if isinstance(pair[0].timeseries, CurrentClampStimulusSeries)
            and isinstance(pair[1].timeseries, CurrentClampSeries)
        ]
        made = [_sweep(a.timeseries, b.timeseries, a, b, faults) for a, b in pairs]
    else:
        stimuli = [s for s in nwb.stimulus.values() if isinstance(s, CurrentClampStimulusSeries)]
        answers = [s for s in nwb.acquisition.values() if isinstance(s, CurrentClampSeries)]
        by_number = {s.sweep_number: s for s in stimuli if s.sweep_number is not None}
        lost = [s.name for s in answers if s.sweep_number not in by_number]
        told = ", ".join(lost[:_FEW])
        faults.require(not lost, "a stimulus of every response's sweep_number", f"none of {told}")
        faults.stop()
        made = [_sweep(by_number[s.sweep_number], s, None, None, faults) for s in answers]
    faults.require(made or faults.found, "current-clamp sweeps with their stimuli", "none")
    faults.stop()
    return [each for each in made if each is not None]


def _sweep(stimulus: Any, response: Any, of: Any, answer: Any, faults: Faults) -> _Sweep | None:
    """A sweep in pA and mV; noted as a fault where its parts are not of one length or clock."""
    current, potential = _part(stimulus, of), _part(response, answer)
    time = _times(response, potential.size, answer)
    other = _times(stimulus, current.size, of)
    same = current.size == potential.size > 2 and np.allclose(
        time - time[:1], other - other[:1], atol=1e-6
    )
    finite = bool(np.isfinite(current).all() and np.isfinite(potential).all())
    if not faults.require(
        same and finite,
        f"stimulus and response of {response.name} on one clock, without gaps",
        f"{current.size} and {potential.size} samples",
    ):
        return None
    electrode = response.electrode
    cell = getattr(electrode, "cell_id", None) or electrode.name
    return _Sweep(response.name, str(cell), current * 1e12, potential * 1e3, time - time[0])


def _part(series: Any, reference: Any) -> Array:
    """Data in the unit of SI, of the samples that a reference names."""
    first, many = (0, None) if reference is None else (int(reference[0]), int(reference[1]))
    stop = None if many is None or many < 0 else first + many
    data = np.asarray(series.data[first:stop], dtype=float)
    found: Array = data * float(series.conversion or 1.0) + float(series.offset or 0.0)
    return found


def _times(series: Any, samples: int, reference: Any) -> Array:
    first = 0 if reference is None else int(reference[0])
    if series.timestamps is not None:
        return np.asarray(series.timestamps[first : first + samples], dtype=float)
    return np.arange(samples) / float(series.rate)


def _windows(sweeps: list[_Sweep], said: Array | None, subject: str) -> list[tuple[int, int]]:
    """First sample of each sweep's step, and the one behind its last."""
    faults = Faults(subject)
    found = [_said(sweep, said) if said is not None else _step(sweep) for sweep in sweeps]
    shown = [each for each in found if isinstance(each, tuple)]
    if not shown and not any(found):
        faults.require(False, "a step of current in some sweep", "none", "step=(start, end)")
        faults.stop()
    usual = shown[0] if shown else (0, sweeps[0].time.size + 1)
    windows = []
    for sweep, each in zip(sweeps, found, strict=True):
        if each is None and usual[1] <= sweep.time.size:  # no current: as in the others
            each = usual
        if not isinstance(each, tuple):
            faults.require(False, f"one step in {sweep.name}", each or "none", "step=(start, end)")
            each = (0, 0)
        elif not _steady(sweep, each):
            faults.require(False, f"a steady step in {sweep.name}", "a current that changes")
        windows.append(each)
    if len(faults.found) > _FEW:
        faults.found[_FEW:] = [f"and {len(faults.found) - _FEW} more sweeps"]
    faults.stop()
    return windows


def _said(sweep: _Sweep, said: Array) -> tuple[int, int] | str:
    first, last = np.searchsorted(sweep.time, said - 1e-9)
    inside = 0 < first < last and said[1] <= sweep.time[-1] + 2 * sweep.time[1]
    return (int(first), int(last)) if inside else f"a sweep of {sweep.time[-1]:.3g} s"


def _step(sweep: _Sweep) -> tuple[int, int] | str | None:
    """The one run of samples whose current departs from the first; None where none does."""
    away = np.abs(sweep.current - sweep.current[0])
    if away.max() <= _SAME:
        return None
    on = np.r_[False, away > _EDGE * away.max(), False]
    edges = np.flatnonzero(np.diff(on.astype(int)))
    least = np.r_[False, away > _STEADY * away.max(), False]
    others = np.flatnonzero(np.diff(least.astype(int)))
    if edges.size != 2 or others.size != 2:
        return f"{max(edges.size, others.size) // 2} departures of current"
    return int(edges[0]), int(edges[1])


def _steady(sweep: _Sweep, window: tuple[int, int]) -> bool:
    part = sweep.current[slice(*window)]
    held = sweep.current[: window[0]]
    size = max(abs(float(np.median(part)) - float(np.median(held))), _SAME)
    return bool(np.ptp(part) <= 2 * _STEADY * size + _SAME)


def _spikes(sweep: _Sweep, first: int, last: int, threshold: float, rest: float) -> int:
    """Upward crossings of the threshold inside the step."""
    above = sweep.potential[first - 1 : last] >= threshold
    at = sweep.time[first - 1 : last][np.flatnonzero(~above[:-1] & above[1:]) + 1]
    spikes, before = 0, -np.inf
    for when in at.tolist():
        if when - before >= rest:
            spikes, before = spikes + 1, when
    return spikes
