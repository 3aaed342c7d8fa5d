"""What is asked of a simulation: the arguments of `simulate` in SI units, checked together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.units import in_unit
from neurosim.models.cells.brian_cell import BrianCell
from neurosim.models.cells.lif import LIF
from neurosim.simulation.drives import Drive, FreePotential, drive_of
from neurosim.simulation.engine.blocks import Plan
from neurosim.simulation.engine.cells import second_spike_chance, substeps
from neurosim.simulation.engine.grid import GridPlan
from neurosim.simulation.engine.lif import LIFPlan
from neurosim.simulation.engine.worker import MOST_TRIALS, Target, usable_target

__all__ = ["Request"]

_MOST_SECOND_SPIKES = 1e-4  # chance that a step with a spike holds another
_MOST_STEPS = 1 << 31
_MOST = 1e6  # mV; steps of a membrane's noise are lost in the digits of more
_CONDITION, _COUNT, _BIN, _SAMPLE = 100.0, 12.0, 16.0, 50.0  # bytes, with what is made of them
_SPIKING = ("noise_sd", "tau_m", "v_threshold", "v_reset", "t_ref", "tau_noise")


@dataclass
class Request:
    """The arguments of `simulate`, in SI units, checked together."""

    cell: LIF | BrianCell
    given: xr.DataArray | xr.Dataset
    gain: Any
    baseline: Any
    duration: Any
    trials: int
    dt: Any
    seed: int
    settle: Any
    start: str
    engine: str
    time_bin: Any
    phase_bins: int | None
    spike_times: bool
    memory: float
    correlation: float
    steps: int = field(init=False, default=0)
    settle_steps: int = field(init=False, default=0)
    drive: Drive = field(init=False)
    mean_drive: xr.DataArray = field(init=False)  # over the counted time, (stimulus, cell)
    potential: Array = field(init=False)  # mean, V, (stimulus, cell)
    _of_drive: FreePotential = field(init=False)

    def __post_init__(self) -> None:
        for name, unit in (
            ("duration", "s"),
            ("dt", "s"),
            ("settle", "s"),
            ("gain", "mV"),
            ("baseline", "mV"),
        ):
            setattr(self, name, in_unit(getattr(self, name), unit, "simulate", name))
        if self.time_bin is not None:
            self.time_bin = in_unit(self.time_bin, "s", "simulate", "time_bin")

    def check(self) -> None:
        """Refuse everything that cannot be, then work out steps and potentials."""
        faults = Faults("simulate")
        faults.one_of("start", self.start, ("settled", "rest"))
        faults.one_of("engine", self.engine, ("spikes", "theory"))
        faults.stop()
        self.drive = drive_of(self.given, faults)
        self._check_sizes(faults)
        self._check_numbers(faults)
        self._check_cell(faults)
        faults.stop()
        # the step is shortened to divide the duration; settling is rounded up to whole steps
        self.steps = max(1, math.ceil(self.duration / self.dt - 1e-9))
        self.dt = self.duration / self.steps
        self.settle_steps = math.ceil(self.settle / self.dt - 1e-9)
        if isinstance(self.cell, LIF) and np.any(self.cell.tau_noise):
            parts = substeps(self.cell.tau_noise, self.dt)
            self.dt, self.steps = self.dt / parts, self.steps * parts
            self.settle_steps *= parts
            few = self.steps + self.settle_steps < _MOST_STEPS
            faults.require(
                few,
                f"fewer than {_MOST_STEPS} steps of tau_noise / 5",
                self.steps + self.settle_steps,
            )
            faults.stop()
        rest = np.asarray(self.cell.v_rest) if isinstance(self.cell, LIF) else 0.0
        self._of_drive = FreePotential(rest + self.baseline, self.gain)
        self.mean_drive = self.drive.mean(self.duration)
        self.potential = self._of_drive(self.mean_drive.values)
        self._check_bins(faults)
        far = np.abs(np.stack([self._of_drive(each) for each in self.drive.extremes()])).max() * 1e3
        expected = f"mean potentials within {_MOST:g} mV of zero"
        faults.require(far <= _MOST, expected, f"{far:.3g}", "a smaller gain, drive or baseline")
        faults.stop()
        if isinstance(self.cell, LIF):
            self._check_second_spikes(faults, self.cell)
        size = self._size()
        faults.require(
            size <= self.memory,
            f"counts within memory={self.memory:g} bytes",
            f"{size:g}",
            "fewer trials, or more memory",
        )
        faults.stop()

    def _size(self) -> float:
        """Bytes that are held at the peak, spike times apart (`benchmarks/memory.py`)."""
        bins = (self.phase_bins or 0) + (self.duration / self.time_bin if self.time_bin else 0)
        size = self.potential.size * (_CONDITION + _COUNT * self.trials + _BIN * bins)
        return size + (_SAMPLE * self.drive.given.size if self.drive.varies == "time" else 0.0)

    def _check_numbers(self, faults: Faults) -> None:
        gain, baseline = self.gain, self.baseline
        for name in ("duration", "dt", "settle"):
            value = getattr(self, name)
            one = np.ndim(value) == 0 and np.isfinite(value)
            faults.require(one, f"{name} as one finite number (s)", value)
        self.trials = faults.whole("trials", self.trials, 1, MOST_TRIALS - 1)
        self.seed = faults.whole("seed", self.seed, 0)
        self.spike_times = faults.flag("spike_times", self.spike_times)
        shared = self.correlation
        self.correlation = faults.number("correlation", shared, "in [0, 1]", lambda r: 0 <= r <= 1)
        self.memory = faults.number("memory", self.memory, "> 0 bytes", lambda size: size > 0)
        if self.phase_bins is not None:
            self.phase_bins = faults.whole("phase_bins", self.phase_bins)
        faults.stop()
        for name in ("gain", "baseline"):
            value = getattr(self, name)
            faults.require(
                np.ndim(value) <= 1, f"{name} as one number or one per cell", np.shape(value)
            )
        if self.time_bin is not None:
            one = np.ndim(self.time_bin) == 0 and self.time_bin > 0
            faults.require(one, "time_bin as one number > 0 (s)", self.time_bin)
        if self.engine == "theory":
            more = [
                n
                for n in ("spike_times", "time_bin", "phase_bins", "correlation")
                if np.any(getattr(self, n))
            ]
            faults.require(not more, "nothing but counts of engine='theory'", ", ".join(more))
        faults.stop()
        faults.require(np.isfinite(gain).all(), "finite gain (mV)", gain)
        faults.require(np.isfinite(baseline).all(), "finite baseline (mV)", baseline)
        faults.require(self.dt > 0, "dt > 0 s", self.dt)
        faults.require(self.settle >= 0, "settle >= 0 s", self.settle)
        faults.require(
            self.duration >= self.dt, "duration of at least one time step", self.duration
        )
        if self.dt > 0:
            steps = (self.duration + self.settle) / self.dt
            faults.require(steps < _MOST_STEPS, f"fewer than {_MOST_STEPS} steps", f"{steps:g}")

    def _check_cell(self, faults: Faults) -> None:
        if isinstance(self.cell, LIF):
            longest = float(np.min(self.cell.tau_m)) / 10
            short = self.dt <= longest * (1 + 1e-9)
            faults.require(short, f"dt at most tau_m / 10 = {longest:g} s", self.dt)
            slow = np.asarray(self.cell.tau_noise) > 0
            faults.require(
                slow.all() or not slow.any(),
                "tau_noise > 0 for every cell or for none",
                "both",
                "simulate them apart",
            )
            return
        known = isinstance(self.cell, BrianCell)
        faults.require(known, "a LIF or a BrianCell", type(self.cell).__name__)
        faults.require(self.engine != "theory", "a LIF for engine='theory'", "a BrianCell")
        static = not self.drive.varies
        faults.require(static, "static drive for a BrianCell", "one that varies in time")

    def _check_sizes(self, faults: Faults) -> None:
        """Whether the cell and the drive agree on how many cells there are."""
        for name, size in (
            ("lif", self.cell.cells if isinstance(self.cell, LIF) else None),
            ("gain", np.size(self.gain) if np.ndim(self.gain) else None),
            ("baseline", np.size(self.baseline) if np.ndim(self.baseline) else None),
        ):
            cells = self.drive.cells
            faults.require(size in (None, cells), f"{name} for one or {cells} cells", size)
        static = self.engine != "theory" or not self.drive.varies
        faults.require(static, "static drive for engine='theory'", self.drive.varies)

    def _check_bins(self, faults: Faults) -> None:
        if self.time_bin is not None:
            bins = self.duration / self.time_bin if self.time_bin > 0 else 0.5
            faults.require(
                bins >= 1 and abs(bins - round(bins)) < 1e-6,
                "time_bin that divides the duration",
                self.time_bin,
            )
        self.drive.check_step(self.dt, faults)
        if self.phase_bins is not None:
            frequency = self.drive.frequency
            faults.require(frequency is not None, "phase_bins with a sinusoidal drive", "another")
            if frequency is not None:
                cycles = frequency * self.duration
                whole = (np.abs(cycles - np.round(cycles)) < 1e-6) & (cycles > 0.5)
                faults.require(
                    whole.all(),
                    "a duration of whole cycles of every stimulus (phase_bins)",
                    f"{cycles[~whole][:1]} cycles",
                )

    def _check_second_spikes(self, faults: Faults, lif: LIF) -> None:
        least, most = self.drive.extremes()
        highest = np.maximum(self._of_drive(least), self._of_drive(most))  # gain has either sign

        def chance(dt: float) -> float:
            cell = {n: v for n, (v, _) in lif.parameters().items() if n in _SPIKING}
            return float(np.max(second_spike_chance(highest * 1e3, **cell, dt=dt)))

        found = chance(self.dt)
        if found > _MOST_SECOND_SPIKES:
            shorter = self.dt
            while chance(shorter) > _MOST_SECOND_SPIKES and shorter > 1e-9:
                shorter /= 2
            faults.require(
                False,
                f"a time step in which a second spike has a chance below {_MOST_SECOND_SPIKES:g}",
                f"{found:.2g} at dt = {self.dt:g} s",
                f"dt = {shorter:g} s would do",
            )

    def plan(self, target: Target) -> Plan:
        """The run that the engine is asked for."""
        shape = (self.potential.shape[0], self.potential.shape[1], self.trials)
        times = self.spike_times or self.time_bin is not None or self.phase_bins is not None
        if isinstance(self.cell, BrianCell):
            return GridPlan(
                shape,
                self.cell,
                self.potential,
                self.dt,
                self.settle_steps,
                self.steps,
                self.seed,
                times,
                self.correlation,
            )
        lif, cells = self.cell, shape[1]
        si = {"mV": 1e-3, "s": 1.0}
        held = {
            n: np.broadcast_to(np.asarray(v, dtype=float) * si[unit], (cells,))
            for n, (v, unit) in lif.parameters().items()
        }
        held["v_start"] = np.minimum(held.pop("v_rest"), held["v_reset"])
        if not np.any(held["tau_noise"]):
            del held["tau_noise"]
        plan = LIFPlan(
            shape,
            held,
            self.drive.for_engine(self._of_drive, self.dt),
            self.dt,
            self.settle_steps,
            self.steps,
            self.seed,
            self.start == "settled",
            times,
            "numpy",
            self.correlation,
        )
        return replace(plan, target=usable_target(target, plan.model))
