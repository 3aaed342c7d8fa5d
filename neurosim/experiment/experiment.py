"""An experiment from stimulus to comparison: what is shown, to whom, and what is made of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurosim.analysis.comparison.compare import compare
from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.comparison.files import write_comparison
from neurosim.base.errors import Faults
from neurosim.base.files import folder_for_output, written_together
from neurosim.base.processors import workers_of
from neurosim.base.units import in_unit
from neurosim.data.response_files import save_responses
from neurosim.models.cells.brian_cell import BrianCell
from neurosim.models.cells.lif import LIF
from neurosim.models.receptive_fields.bank import QUADRATURE, GaborBank
from neurosim.models.rectifiers import named_rectifiers
from neurosim.models.rectifiers.base import Rectifier
from neurosim.stimuli import Gratings, Photographs, Stimulus, VisualField

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = ["Experiment", "Result"]

_ORIENTATIONS = (0.0, 45.0, 90.0, 135.0)  # deg
_SPATIAL_FREQUENCIES = (2.0, 1.4, 2.8)  # cycles/deg, half an octave apart
_PHASES = tuple(range(0, 360, 30))  # deg; they sweep the drive of a cell through its whole range
_CONTRASTS = (0.4, 1.0)
_COUNT, _CONDITION = 110.0, 4e3  # bytes that comparing takes (`benchmarks/memory.py`)
_FIELD_SIZE = 6.0  # deg; it holds cells of 1.4 cycles/deg to a millionth of their energy


@dataclass(frozen=True, eq=False)
class Experiment:
    """Stimuli shown to a bank of Gabor-driven LIF cells; every stage can be replaced.

    Parameters
    ----------
    stimulus : Stimulus
    bank : GaborBank
    lif : LIF
        For every cell, or one value per cell.
    visual_field : VisualField
    gain, baseline : float or array (cell,)
        mV per unit drive, and mV.
    duration, settle, dt : float
        Counted and uncounted time of a trial, and the time step, s.
    trials : int
    seed : int
        The only one: of the spikes and of the held-out folds.
    rectifiers : tuple of str, optional
        To compare; default `RECTIFIERS.standard`.
    memory : float
        Most bytes that simulating and comparing take, beside some 0.3 GiB; see `simulate`.
    workers : int, optional
        Processes; see `simulate`.

    Examples
    --------
    >>> experiment = Experiment.default(quick=True, seed=3)
    >>> experiment
    <Experiment: 68 stimuli x 16 cells x 5 trials of 0.3 s>
    """

    stimulus: Stimulus
    bank: GaborBank
    lif: LIF
    visual_field: VisualField = field(default_factory=lambda: VisualField(size=_FIELD_SIZE))
    gain: Any = 25.0
    baseline: Any = 0.0
    duration: Any = 0.5
    settle: Any = 0.1
    dt: Any = 5e-4
    trials: int = 10
    seed: int = 0
    rectifiers: tuple[str | Rectifier, ...] | None = None
    memory: float = 2.0**30
    workers: int | None = None

    def __post_init__(self) -> None:
        for name in ("duration", "settle", "dt"):
            object.__setattr__(self, name, in_unit(getattr(self, name), "s", "experiment", name))
        faults = Faults("experiment")
        for name in ("gain", "baseline"):
            size = np.asarray(in_unit(getattr(self, name), "mV", "experiment", name))
            finite = size.ndim <= 1 and size.size > 0 and np.isfinite(size).all()
            faults.require(finite, f"{name} as one finite number (mV) or one per cell", size)
        faults.number("duration", self.duration, "> 0 s", lambda s: 0 < s < np.inf)
        faults.number("settle", self.settle, ">= 0 s", lambda s: 0 <= s < np.inf)
        faults.number("dt", self.dt, "> 0 s", lambda s: 0 < s < np.inf)
        for name, kind, said in (
            ("stimulus", Stimulus, "a stimulus set"),
            ("bank", GaborBank, "a GaborBank"),
            ("lif", LIF | BrianCell, "a LIF or a BrianCell"),
            ("visual_field", VisualField, "a VisualField"),
        ):
            faults.kind(name, getattr(self, name), kind, said)
        checked: dict[str, Any] = {
            "trials": faults.whole("trials", self.trials),
            "seed": faults.whole("seed", self.seed, 0),
            "memory": faults.number("memory", self.memory, "> 0 bytes", lambda size: size > 0),
            "rectifiers": _names(self.rectifiers, faults),
        }
        workers_of(self.workers, faults)
        faults.stop()
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @classmethod
    def default(
        cls,
        images: Iterable[str | os.PathLike[str]] | None = None,
        cells: int | None = None,
        trials: int | None = None,
        duration: Any = None,
        seed: int = 0,
        rectifiers: Iterable[str | Rectifier] | None = None,
        quick: bool = False,
        memory: float = 2.0**30,
        workers: int | None = None,
    ) -> Experiment:
        """Gratings and photograph patches, shown to a heterogeneous bank of quadrature sets.

        Parameters
        ----------
        images : paths, optional
            Photographs or folders of them. Default: the one that Matplotlib ships.
        cells : int, optional
            A multiple of 4 (whole quadrature sets). Default 48, quick 16.
        trials : int, optional
            Default 10, quick 5.
        duration : float, optional
            Of counting, s. Default 0.5, quick 0.3.
        seed : int
        rectifiers : names, optional
            Default: `RECTIFIERS.standard`.
        quick : bool
            A smaller experiment.
        memory : float
            Most bytes that simulating and comparing take, beside some 0.3 GiB.
        workers : int, optional
            Processes; see `simulate`.

        Raises
        ------
        InputError
            Naming everything that cannot be.
        """
        faults = Faults("experiment")
        quick = faults.flag("quick", quick)
        cells = (16 if quick else 48) if cells is None else faults.whole("cells", cells)
        seed = faults.whole("seed", seed, 0)
        memory = faults.number("memory", memory, "> 0 bytes", lambda size: size > 0)
        names = _names(rectifiers, faults)
        if trials is not None:
            trials = faults.whole("trials", trials)
        workers_of(workers, faults)
        right = not any("cells" in each for each in faults.found)
        whole = not right or (cells >= 4 and cells % len(QUADRATURE) == 0)
        nearest = f"{max(4, cells - cells % 4)} or {max(4, cells - cells % 4) + 4} would do"
        faults.require(whole, "cells as a multiple of 4 (whole quadrature sets)", cells, nearest)
        faults.stop()
        size = 8.0 * cells * 200  # drive, at most some 200 stimuli
        faults.require(
            size <= memory,
            f"drive within {memory:g} bytes of memory",
            f"{size:g}",
            "fewer cells, or more memory",
        )
        faults.stop()
        seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(2)]
        gratings = Gratings(
            orientation=_ORIENTATIONS,
            spatial_frequency=_SPATIAL_FREQUENCIES[0],
            phase=_PHASES[::2] if quick else _PHASES,
            contrast=_CONTRASTS,
        )
        sets = np.arange(cells // len(QUADRATURE))
        bank = GaborBank.quadrature(
            orientation=np.take(_ORIENTATIONS, sets % len(_ORIENTATIONS)),
            spatial_frequency=np.take(
                _SPATIAL_FREQUENCIES, sets // len(_ORIENTATIONS) % len(_SPATIAL_FREQUENCIES)
            ),
        )
        given = {"trials": trials, "duration": duration}
        small = {"trials": 5, "duration": 0.3} if quick else {}
        return cls(
            stimulus=gratings + Photographs(images, patches=20 if quick else 48, seed=seeds[0]),
            bank=bank,
            lif=LIF.sample_v1(cells, seeds[1]),
            seed=seed,
            rectifiers=names,
            memory=memory,
            workers=workers,
            **{**small, **{name: value for name, value in given.items() if value is not None}},
        )

    def drive(self) -> xr.DataArray:
        """The receptive fields' linear responses; (stimulus, cell)."""
        return self.bank.drive(self.stimulus, self.visual_field, memory=self.memory)

    def respond(self, progress: bool = False, begun: xr.Dataset | None = None) -> xr.Dataset:
        """The cells' spikes (see `neurosim.data.responses`).

        Refused are as many trials as could not be compared within ``memory``.

        Parameters
        ----------
        progress : bool
            Show a bar on a terminal.
        begun : Dataset, optional
            What was kept of a run that was stopped; it is gone on from.
        """
        from neurosim.simulation.simulate import simulate

        drive, faults = self.drive(), Faults("experiment")
        size = drive.size * (_COUNT * self.trials + _CONDITION)
        faults.require(
            size <= self.memory,
            f"responses compared within memory={self.memory:g} bytes",
            f"{size:g}",
            "fewer trials or cells, or more memory",
        )
        faults.stop()
        responses = simulate(
            self.lif,
            drive,
            gain=self.gain,
            baseline=self.baseline,
            duration=self.duration,
            trials=self.trials,
            dt=self.dt,
            seed=self.seed,
            settle=self.settle,
            memory=self.memory,
            workers=self.workers,
            begun=begun,
            progress=progress,
        )
        shown = self.visual_field
        return responses.assign_attrs(
            stimulus=" + ".join(map(repr, self.stimulus.parts())),
            field_size_deg=shown.size,
            field_ppd=shown.ppd,
        )

    def run(self, progress: bool = False) -> Result:
        """From stimulus to comparison, with bars on a terminal when `progress`."""
        return self.compare(self.respond(progress), progress)

    def compare(self, responses: xr.Dataset, progress: bool = False) -> Result:
        """What responses of this experiment amount to."""
        faults = Faults("experiment")
        faults.kind("responses", responses, xr.Dataset, "responses")
        faults.stop()
        found = compare(responses, self.rectifiers, None, self.seed, progress)
        return Result(self, found)

    def keep(self, responses: xr.Dataset, folder: str | os.PathLike[str]) -> Path:
        """Write responses alone, as when a run was stopped; returns where they are.

        They are responses.nc, or where results are already stopped.nc, stopped-2.nc and so on:
        nothing is replaced.
        """
        out = folder_for_output(folder)
        numbered = (f"stopped-{number}.nc" for number in count(2))
        names = chain(("responses.nc", "stopped.nc"), numbered)
        name = next(each for each in names if not (out / each).exists())
        with written_together(out) as scratch:
            save_responses(responses, scratch / name)
        return out / name

    def with_seed(self, seed: int) -> Experiment:
        """The same stimuli and cells, other spikes."""
        return replace(self, seed=seed)

    def __repr__(self) -> str:
        stimuli = len(self.stimulus.coordinates(self.visual_field)["kind"])
        return (
            f"<Experiment: {stimuli} stimuli x {len(self.bank)} cells x {self.trials} trials "
            f"of {self.duration:g} s>"
        )


def _names(rectifiers: Any, faults: Faults) -> tuple[str | Rectifier, ...] | None:
    """Rectifiers, those given by a name by their biological one; None for all there are."""
    if rectifiers is None:
        return None
    asked = faults.several("rectifiers", rectifiers, "names or Rectifiers", (str, Rectifier, type))
    faults.require(asked or faults.found, "at least one rectifier", "none")
    known = named_rectifiers(asked, faults)
    return tuple(each if each in asked else each.name for each in known)


@dataclass(frozen=True, eq=False)
class Result:
    """What an experiment gave.

    Attributes
    ----------
    experiment : Experiment
    comparison : Comparison
        Holds the responses as ``comparison.responses``.
    """

    experiment: Experiment
    comparison: Comparison

    @property
    def responses(self) -> xr.Dataset:
        return self.comparison.responses

    def plot(self) -> Figure:
        """Stimuli and receptive fields above the comparison."""
        shown = self.experiment
        return self.comparison.plot(
            frames=shown.stimulus.frames(shown.visual_field),
            kernels=shown.bank.kernels(shown.visual_field),
        )

    def write(self, folder: str | os.PathLike[str], format: str = "png") -> list[Path]:
        """Write responses.nc, fits.csv, summary.csv, effective.csv and comparison.FORMAT; all or
        none.

        Parameters
        ----------
        folder : path
            Made if absent; files of these names are replaced.
        format : str
            "png", "pdf" or "svg".

        Returns
        -------
        list of Path
        """
        return write_comparison(self.comparison, folder, format, self.plot)

    def __repr__(self) -> str:
        return f"{self.experiment!r}\n{self.comparison!r}"
