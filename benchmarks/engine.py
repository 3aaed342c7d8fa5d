"""Cost and accuracy of a step of a noisy LIF population, beside the peers, in one go.

    python benchmarks/engine.py

10,000 cells, mean from 0 to 3 thresholds, noise SD 0.2 of threshold, tau 20 ms, t_ref 2 ms. Stock
Brian2 (C++ standalone and the NumPy target, Euler-Maruyama with `xi`, threshold on the grid) always
runs; NEST and JAX when they are installed. Times are of processor time over all processes, without
compilation; the error is of the population's mean rate against Siegert's. Ratios are what counts:
machines are shared.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import xarray as xr

from neurosim import LIF, simulate

CELLS, SETTLE = 10_000, 0.2
CELL = LIF(v_rest=0, v_threshold=1, v_reset=0, t_ref=0.002, tau_m=0.02, noise_sd=0.2)
DRIVE = xr.DataArray(np.linspace(0, 3, CELLS)[None], dims=("stimulus", "cell"))
SIEGERT = CELL.rate(DRIVE.values).mean()

STOCK = """
import sys, time
from brian2 import *
target, dt, duration, settle, folder = sys.argv[1], *map(float, sys.argv[2:5]), sys.argv[5]
if target == "cpp":
    set_device("cpp_standalone", build_on_run=False)
else:
    prefs.codegen.target = "numpy"
defaultclock.dt = dt * second
seed(1)
tau, sd = 20 * ms, 0.2
group = NeuronGroup({cells}, '''dv/dt = (v0 - v)/tau + sd*sqrt(2/tau)*xi : 1 (unless refractory)
v0 : 1''', threshold="v > 1", reset="v = 0", refractory=2 * ms, method="euler")
group.v0 = "3.0*i/(N - 1)"
monitor = SpikeMonitor(group, record=False)
before = time.process_time()
run(settle * second)
settled = monitor.count[:].sum() if target != "cpp" else None
middle = time.process_time()
if target != "cpp":
    run(duration * second)
    print((monitor.count[:].sum() - settled) / {cells} / duration, time.process_time() - middle)
else:
    group_count = SpikeMonitor(group, record=False)
    run(duration * second)
    device.build(directory=folder, compile=True, run=True)
    print(group_count.count[:].sum() / {cells} / duration, 0)
"""


def processor_time() -> float:
    """Seconds of this process and of those it has waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def engine(dt: float, duration: float) -> tuple[float, float]:
    """Nanoseconds per cell and step, and the rate."""
    before = processor_time()
    responses = simulate(
        CELL, DRIVE, gain=1, duration=duration, trials=1, dt=dt, settle=SETTLE, seed=1
    )
    used = processor_time() - before
    steps = CELLS * (duration + SETTLE) / dt
    return used / steps * 1e9, float(responses["count"].values.mean() / duration)


def stock(target: str, dt: float, duration: float) -> tuple[float, float]:
    """The same for stock Brian2; the C++ program is timed by running it again once it is built."""
    with tempfile.TemporaryDirectory() as folder:
        script = STOCK.format(cells=CELLS)
        arguments = [target, str(dt), str(duration), str(SETTLE), folder]
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
        )
        rate, used = map(float, done.stdout.split()[-2:])
        steps = CELLS * duration / dt
        if target == "cpp":
            before = processor_time()
            subprocess.run(
                [os.path.join(folder, "main")], cwd=folder, capture_output=True, check=True
            )
            used = processor_time() - before
            steps = CELLS * (duration + SETTLE) / dt
    return used / steps * 1e9, rate


def nest(dt: float, duration: float) -> tuple[float, float]:
    """iaf_psc_delta with a noise generator of the same membrane SD."""
    import nest as simulator

    simulator.ResetKernel()
    simulator.SetKernelStatus({"resolution": dt * 1e3})
    cells = simulator.Create(
        "iaf_psc_delta",
        CELLS,
        {"E_L": 0.0, "V_th": 1.0, "V_reset": 0.0, "t_ref": 2.0, "tau_m": 20.0, "C_m": 20.0},
    )
    cells.I_e = list(np.linspace(0, 3, CELLS))
    # piecewise constant current of SD s over dt: the membrane's SD is s sqrt(dt/(2 tau))
    generator = simulator.Create(
        "noise_generator", params={"std": 0.2 / (dt / 0.04) ** 0.5, "dt": dt * 1e3}
    )
    simulator.Connect(generator, cells)
    recorder = simulator.Create("spike_recorder", params={"start": SETTLE * 1e3})
    simulator.Connect(cells, recorder)
    simulator.Simulate(SETTLE * 1e3)
    before = processor_time()
    simulator.Simulate(duration * 1e3)
    used = processor_time() - before
    return used / (CELLS * duration / dt) * 1e9, recorder.n_events / CELLS / duration


def jax_scan(dt: float, duration: float) -> tuple[float, float]:
    """The same update as a lax.scan in float32."""
    import jax
    from jax import lax
    from jax import numpy as jnp

    mean = jnp.linspace(0, 3, CELLS)
    decay, kick = np.exp(-dt / 0.02), 0.2 * np.sqrt(1 - np.exp(-2 * dt / 0.02))
    rest = round(0.002 / dt)

    def step(state, key):
        v, waiting, count = state
        free = mean + (v - mean) * decay + kick * jax.random.normal(key, (CELLS,))
        v = jnp.where(waiting > 0, v, free)
        spike = v > 1
        return (jnp.where(spike, 0.0, v), jnp.where(spike, rest, waiting - 1), count + spike), None

    @jax.jit
    def go(state, key, steps):
        return lax.scan(step, state, jax.random.split(key, steps))[0]

    go = jax.jit(go.__wrapped__, static_argnums=2)
    nothing = (jnp.zeros(CELLS), jnp.zeros(CELLS, int), jnp.zeros(CELLS, int))
    settled = go(nothing, jax.random.key(0), round(SETTLE / dt))
    steps = round(duration / dt)
    go(settled, jax.random.key(1), steps)[2].block_until_ready()
    before = time.process_time()
    count = go(settled, jax.random.key(1), steps)[2].block_until_ready()
    used = time.process_time() - before
    return used / (CELLS * steps) * 1e9, float((count - settled[2]).mean() / duration)


def main() -> None:
    """Print the table."""
    runs = [
        ("neurosim", engine, 1e-4, 1.0, 5),
        ("neurosim", engine, 1e-3, 10.0, 5),
        ("neurosim", engine, 2e-3, 20.0, 5),
        ("Brian2 C++ standalone", lambda dt, t: stock("cpp", dt, t), 1e-4, 1.0, 5),
        ("Brian2 C++ standalone", lambda dt, t: stock("cpp", dt, t), 1e-3, 10.0, 3),
        ("Brian2 NumPy", lambda dt, t: stock("numpy", dt, t), 1e-4, 0.2, 1),
    ]
    if importlib.util.find_spec("nest"):
        runs.append(("NEST iaf_psc_delta", nest, 1e-4, 1.0, 1))
    if importlib.util.find_spec("jax"):
        runs.append(("JAX lax.scan, float32", jax_scan, 1e-4, 1.0, 1))
    engine(1e-3, 1.0)  # compiles, if need be
    found = {}
    for name, run, dt, duration, repeats in runs:
        each = [run(dt, duration) for _ in range(repeats)]
        found[name, dt] = statistics.median(e[0] for e in each), each[0][1]
    reference = found["Brian2 C++ standalone", 1e-4][0]
    print(
        f"{'':24s}{'dt':>8s}{'ns/cell/step':>14s}{'ratio':>8s}{'per bio. time':>15s}{'error':>9s}"
    )
    for (name, dt), (cost, rate) in found.items():
        print(
            f"{name:24s}{dt * 1e3:5.1f} ms{cost:14.2f}{cost / reference:8.3f}"
            f"{cost / reference * 1e-4 / dt:15.4f}{100 * (rate / SIEGERT - 1):+8.2f} %"
        )
    print("ratio: a step over a step of stock Brian2 C++ standalone at 0.1 ms; per bio. time: the")
    print("same for as much simulated time; error: of the population's mean rate against Siegert")


if __name__ == "__main__":
    main()
