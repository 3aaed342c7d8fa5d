"""First use, warm start and memory of the engine.

    python benchmarks/startup.py

First use compiles into an empty cache folder; the warm start is a small simulate() in a fresh
process, imports included; memory is the peak of a process that simulates ten million instances.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

SMALL = """
import xarray as xr
from neurosim import LIF, simulate
drive = xr.DataArray([[0.0, 0.5, 1.0]], dims=("stimulus", "cell"))
simulate(LIF(), drive, duration=0.5, trials=10)
"""
LARGE = """
import resource
import numpy as np, xarray as xr
from neurosim import LIF, simulate
drive = xr.DataArray(np.linspace(-1, 1, 10_000).reshape(100, 100), dims=("stimulus", "cell"))
simulate(LIF(), drive, duration=0.01, settle=0, trials=1000, dt=1e-3)
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(own / 2**20, workers / 2**20)
"""


def seconds(code: str, cache: str | None = None) -> tuple[float, str]:
    """How long a fresh process takes, and what it prints."""
    environment = dict(os.environ, **({"NEUROSIM_CACHE": cache} if cache else {}))
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return time.perf_counter() - began, done.stdout


with tempfile.TemporaryDirectory() as cache:
    print(f"first use (compiles): {seconds(SMALL, cache)[0]:.1f} s")
    warm = sorted(seconds(SMALL, cache)[0] for _ in range(5))
    print(f"small simulate() in a fresh process: {warm[2]:.2f} s (median of 5)")
    took, peak = seconds(LARGE, cache)
    own, worker = map(float, peak.split())
    print(f"ten million instances: peak {own:.2f} GiB, and {worker:.2f} GiB in the largest worker")
