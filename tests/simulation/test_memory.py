"""What `memory=` bounds: the peak, not one of several arrays."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, Experiment, GaborBank, InputError, VisualField, simulate
from neurosim.base.arrays import in_parts
from neurosim.stimuli import Movie, Noise

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "memory.py"
STATED = 0.1  # GiB beside what is asked for


@pytest.mark.slow
@pytest.mark.parametrize("what", ["simulate", "bins", "spikes", "sampled", "compare", "movie"])
def test_the_peak_is_within_what_is_asked_for(what):
    said = subprocess.run(
        [sys.executable, BENCHMARK, "--gib", "0.25", "--what", what],
        capture_output=True,
        text=True,
        check=True,
    )
    memory, taken = map(float, re.findall(r"([\d.]+) GiB", said.stdout))
    assert taken <= memory + STATED


def _drive(stimuli):
    return xr.DataArray(np.full((stimuli, 1), 0.5), dims=("stimulus", "cell"))


def test_spike_times_are_refused_after_the_first_trial():
    how = {"duration": 0.2, "trials": 50, "target": "numpy", "workers": 1, "spike_times": True}
    with pytest.raises(InputError, match=r"spike times within memory=100000 bytes, got some"):
        simulate(LIF(v_rest=-45.0), _drive(40), memory=1e5, **how)
    found = simulate(LIF(v_rest=-45.0), _drive(4), memory=1e6, **{**how, "trials": 5})
    assert found.sizes["spike"] > 100


@pytest.mark.parametrize(
    "more", [{"trials": 100_000}, {"time_bin": 5e-4, "duration": 5.0, "trials": 1}]
)
def test_what_is_made_of_counts_is_counted(more):
    with pytest.raises(InputError, match=r"counts within memory=1e\+06 bytes, got"):
        simulate(LIF(), _drive(20), memory=1e6, **more)


def test_an_experiment_counts_what_comparing_takes():
    small = Experiment.default(quick=True, cells=4, trials=400, memory=2**22)
    with pytest.raises(InputError, match="responses compared within memory"):
        small.respond()


def test_kernels_are_counted():
    bank, field = GaborBank.quadrature(np.linspace(0, 170, 200), 2.0), VisualField(size=4.0)
    with pytest.raises(InputError, match="a drive within memory"):
        bank.drive(Movie(Noise(2, seed=1)), field, memory=2**26)


@pytest.mark.parametrize(("rows", "items"), [(0, 10), (1, 1), (7, 10**9), (1000, 3000), (5, 0)])
def test_parts_are_all_rows_in_order(rows, items):
    parts = in_parts(rows, items)
    assert np.concatenate(parts).tolist() == list(range(rows))
    assert all(part.size for part in parts[1:])
