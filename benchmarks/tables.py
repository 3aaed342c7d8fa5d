"""What reading a table costs beside pandas: processor time, alternating, and the peak of memory.

    python benchmarks/tables.py [--rows 1000000] [--cells 100] [--repeats 5]

Prints the ratio of `responses_from_table` to pandas' `read_csv` and `groupby` with typed columns
and labels as text, and each one's seconds; then, each in a process of its own, the peak memory of
a table of as many rows and of one of 40,000 conditions, and seconds for 100,000 columns.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from neurosim import responses_from_table

READ = """
import sys, time
from neurosim import responses_from_table
def peak():  # of this process alone, KiB
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
begin, before = time.process_time(), peak()
found = responses_from_table(sys.argv[1], x="x", count="spikes", duration=0.5, cell="unit")
took = time.process_time() - begin
print(f"{took:.2f} s, {(peak() - before) / 2**20:.2f} GiB above what was loaded")
"""


def written(path: Path, rows: int, cells: int, conditions: int) -> Path:
    """A table of trials: contrast, cell, spikes and seconds."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": random.permuted(np.resize(np.linspace(0, 1, conditions), rows)),
            "unit": [f"{k // 10}.{k % 10}0" for k in random.integers(0, cells, rows)],
            "spikes": random.poisson(8, rows),
            "seconds": random.choice([0.5, 1.0], rows),
        }
    )
    frame.to_csv(path, index=False)
    return path


def by_pandas(path: Path) -> pd.DataFrame:
    """The same, and what a groupby takes."""
    typed = {"x": float, "unit": str, "spikes": int, "seconds": float}
    return pd.read_csv(path, dtype=typed).groupby(["x", "unit"])[["spikes", "seconds"]].sum()


def by_neurosim(path: Path) -> None:
    responses_from_table(path, x="x", count="spikes", duration="seconds", cell="unit")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "trials.csv", asked.rows, asked.cells, 25)
        ratios, seconds = [], []
        for _ in range(asked.repeats):
            took = []
            for read in (by_neurosim, by_pandas):
                begin = time.process_time()
                read(path)
                took.append(time.process_time() - begin)
            ratios.append(took[0] / took[1])
            seconds.append(took)
        ours, theirs = np.median(seconds, axis=0)
        print(
            f"{asked.rows} rows, {asked.cells} cells: {np.median(ratios):.2f} times pandas' "
            f"({ours:.2f} and {theirs:.2f} s; {min(ratios):.2f} to {max(ratios):.2f})"
        )
        many = written(Path(folder) / "conditions.csv", 400_000, 10, 40_000)
        wide = Path(folder) / "wide.csv"
        names = ["x", "spikes", "unit", *(f"c{k}" for k in range(100_000))]
        lines = [names, *(["0.1", "1", "a", *["0"] * 100_000], ["0.2", "3", "a", *["0"] * 100_000])]
        wide.write_text("\n".join(",".join(line) for line in lines) + "\n")
        for what, file in (("as many rows", path), ("40,000 conditions", many), ("wide", wide)):
            said = subprocess.run(
                [sys.executable, "-c", READ, file], capture_output=True, text=True, check=True
            )
            print(f"{what}: {said.stdout.strip()}")


if __name__ == "__main__":
    main()
