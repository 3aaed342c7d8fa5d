"""Blocks of Neo, a Segment being a trial: in and out (needs the ``neo`` extra)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults, InputError
from neurosim.base.extras import needs
from neurosim.base.units import in_unit
from neurosim.recordings.presentations import Presentations
from neurosim.recordings.timeline import describing, timeline_of

__all__ = ["responses_from_neo", "responses_to_neo"]

_APART = 1.0  # s between segments on the clock that they are laid on


def responses_from_neo(
    block: Any, x: str, *, by: Iterable[str] = (), window: Any = None, units: str = "1"
) -> xr.Dataset:
    """Responses from a Neo Block whose Segments are trials.

    Spike trains of one name in different Segments are of one cell; a Segment without a train of a
    cell is no trial of it.

    Parameters
    ----------
    block : Block, or Segments
    x : str
        Annotation of each Segment: the stimulus variable that drives, a number, or one per cell.
    by : names, optional
        Annotations that make separate conditions of the same x.
    window : (float, float), optional
        Start and end of counting after the Segment's start, s. Default: the whole Segment.
    units : str
        Of x.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`.

    Raises
    ------
    InputError
        Naming everything that cannot be.
    """
    faults = Faults("responses_from_neo")
    segments = list(getattr(block, "segments", block if isinstance(block, list | tuple) else []))
    faults.require(segments, "a Block with Segments", type(block).__name__)
    names = faults.several("by", by, "an annotation or several")
    faults.kind("x", x, str, "the name of an annotation")
    for name in (x, *names):
        lacking = [k for k, each in enumerate(segments) if name not in each.annotations]
        there = sorted({str(key) for each in segments for key in each.annotations})
        faults.require(
            not lacking,
            f"an annotation {name!r} of every Segment",
            f"none in {', '.join(map(str, lacking[:5]))} (there are: {', '.join(there)})",
        )
    faults.stop()
    starts: list[float] = []
    stops: list[float] = []
    trains: dict[str, list[Array]] = {}
    seen: dict[str, list[list[float]]] = {}
    at = 0.0
    for segment in segments:
        edges = [_edges(train) for train in segment.spiketrains]
        first = min((start for start, _ in edges), default=0.0)
        last = max((stop for _, stop in edges), default=0.0)
        for k, (train, (start, stop)) in enumerate(zip(segment.spiketrains, edges, strict=True)):
            label = train.name or str(train.annotations.get("cell", k))
            times = np.asarray(in_unit(train, "s", "responses_from_neo", f"times of {label}"))
            trains.setdefault(label, []).append(np.atleast_1d(times) - first + at)
            seen.setdefault(label, []).append([start - first + at, stop - first + at])
        starts.append(at)
        stops.append(at + last - first)
        at += last - first + _APART
    length = np.round(np.array(stops) - starts, 9)
    faults.require((length > 0).all(), "Segments with spike trains that last", "some without")
    faults.stop()
    drive = np.array([np.asarray(each.annotations[x], dtype=float) for each in segments])
    given = np.stack([0 * length, length], axis=1) if window is None else window
    conditions = {name: [each.annotations[name] for each in segments] for name in names}
    shown = Presentations(np.array(starts), drive, given, conditions, x, units)
    shown.refuse(False)
    joined = {label: np.sort(np.concatenate(parts)) for label, parts in trains.items()}
    observed = {label: np.array(intervals) for label, intervals in seen.items()}
    return shown.responses(joined, observed, {"source": "recorded spike times"})


def _edges(train: Any) -> tuple[float, float]:
    start, stop = (
        float(in_unit(getattr(train, edge), "s", "responses_from_neo", edge))
        for edge in ("t_start", "t_stop")
    )
    return start, stop


def responses_to_neo(responses: xr.Dataset) -> Any:
    """Spikes as a Neo Block, a Segment being one trial of one stimulus.

    Annotations of a Segment: stimulus, repeat, drive (a list, one per cell, where they differ), and
    what describes the stimulus; of a SpikeTrain what describes its cell. Times count from the start
    of the trial. ``responses_from_neo(block, "drive", by=["stimulus"])`` gives the counts back.

    Parameters
    ----------
    responses : Dataset
        With spike times (``simulate(..., spike_times=True)``).

    Returns
    -------
    Block

    Raises
    ------
    InputError
        When there are no spike times, cells differ in their trials, or neo is missing.
    """
    responses, line = timeline_of(responses, "responses_to_neo")
    try:
        from neo import Block, Segment, SpikeTrain
    except ImportError:
        raise InputError(f"responses_to_neo: {needs('neo', 'neo')}") from None
    drive = responses["drive"].transpose("stimulus", "cell").values
    cells = responses["cell"].values if "cell" in responses.coords else np.arange(drive.shape[1])
    stimuli = dict(describing(responses, "stimulus", {"stimulus", "drive", "repeat"}))
    about = dict(describing(responses, "cell", {"cell"}))
    block = Block(name="responses", **{"source": str(responses.attrs.get("source", ""))})
    for stimulus, repeat, start, stop in zip(
        line.stimulus, line.repeat, line.start, line.stop, strict=True
    ):
        mine = drive[stimulus]
        segment = Segment(
            stimulus=int(stimulus),
            repeat=int(repeat),
            drive=float(mine[0]) if (mine == mine[0]).all() else mine.tolist(),
            **{name: values.values[stimulus].item() for name, values in stimuli.items()},
        )
        for k, train in enumerate(line.trains):
            inside = train[(train >= start) & (train < stop)] - start
            segment.spiketrains.append(
                SpikeTrain(
                    np.maximum(inside, 0.0),
                    units="s",
                    t_start=0.0,
                    t_stop=float(stop - start),
                    name=str(cells[k]),
                    **{name: values.values[k].item() for name, values in about.items()},
                )
            )
        block.segments.append(segment)
    return block
