"""What `memory=` bounds: the peak of what is asked for as large as it lets it be.

    python benchmarks/memory.py [--gib 0.25 1] [--what simulate compare ...]

Each in a process of its own: the largest simulation (of counts, of counts in time bins, with spike
times, of a drive over time), experiment with its comparison, tables and figure, and drive by a
movie that `memory` lets through; its peak above what was loaded, against the bound. Spike times
are refused after the first trial, so that theirs is the largest of several that is let through.
`default` is the default experiment, which takes what comparing does whatever the size. `fit` and
`compare` of responses that are there already take at most 110 bytes a count and 4 kB a
condition, which is what an experiment is checked by.
"""

import argparse
import subprocess
import sys

CODE = """
import sys, warnings, numpy as np, xarray as xr
warnings.simplefilter("ignore")
from neurosim import (LIF, Experiment, GaborBank, InputError, VisualField, compare, fit,
                      responses_from_counts, simulate)
from neurosim.stimuli import Movie, Noise
what, memory = sys.argv[1], float(sys.argv[2]) * 2**30

def peak():  # of this process alone, bytes
    said = next(l for l in open("/proc/self/status") if l.startswith("VmHWM"))
    return 1024 * int(said.split()[1])

def drive(stimuli, cells, times=0):
    shape, dims = (stimuli, cells, times)[: 3 if times else 2], ("stimulus", "cell", "time")
    values = np.random.default_rng(0).normal(0, 0.1, shape)
    made = xr.DataArray(values, dims=dims[: len(shape)])
    return made.assign_coords(time=np.arange(times) * 0.01) if times else made

# what is loaded once, whatever the size
simulate(LIF(), drive(2, 2), duration=0.05, trials=1)
small = compare(responses_from_counts(np.linspace(-1, 1, 9), np.ones((9, 2, 2)), 1.0))
small.report(), small.plot()
before = peak()
cell, how = LIF(v_rest=-52.0), {"settle": 0.0, "seed": 1, "memory": memory}
if what == "simulate":
    trials = int((memory / 400 - 100) / 12)
    given = simulate(cell, drive(20, 20), duration=0.005, dt=0.0015, trials=trials, **how)
elif what == "bins":
    conditions = int(memory / (100 + 12 + 16 * 1000))
    given = simulate(cell, drive(conditions, 1), duration=0.5, trials=1, time_bin=5e-4, **how)
elif what == "spikes":
    conditions = int(memory / (90 * 6))
    while True:
        try:
            given = simulate(cell, drive(conditions, 1), duration=0.1, trials=1, spike_times=True,
                             **how)
            break
        except InputError:
            conditions = int(conditions / 1.1)
elif what == "sampled":
    stimuli = int(memory / (50 * 20 * 200 + 112 * 20))
    given = simulate(cell, drive(stimuli, 20, 200), duration=2.0, trials=1, **how)
elif what == "compare":
    experiment = Experiment.default(cells=8, quick=True, duration=0.05, memory=memory)
    conditions = experiment.drive().size
    trials = int((memory / conditions - 4e3) / 110)
    experiment = Experiment.default(cells=8, trials=trials, quick=True, duration=0.05,
                                    memory=memory, rectifiers=["half-wave", "half-squared"])
    given = experiment.run()
    given.comparison.table, given.comparison.report(), given.plot()
elif what == "default":  # small: what comparing takes beside what grows
    given = Experiment.default(memory=memory).run()
    given.comparison.table, given.comparison.report(), given.plot()
elif what == "movie":
    frames = 600
    cells = int(memory / (26 * frames + 52 * 64**2)) // 4 * 4
    bank = GaborBank.quadrature(np.linspace(0, 180, cells // 4, endpoint=False), 2.0)
    given = bank.drive(Movie(Noise(frames, seed=1)), VisualField(size=4.0), memory=memory)
took = peak() - before
print(f"{what:8} memory {memory / 2**30:.2f} GiB, taken {took / 2**30:.2f} GiB", flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, nargs="+", default=[0.25, 1.0])
    every = ["simulate", "bins", "spikes", "sampled", "compare", "movie", "default"]
    parser.add_argument("--what", nargs="+", default=every, choices=every)
    options = parser.parse_args()
    for what in options.what:
        for memory in options.gib:
            subprocess.run([sys.executable, "-P", "-c", CODE, what, str(memory)], check=False)


if __name__ == "__main__":
    main()
