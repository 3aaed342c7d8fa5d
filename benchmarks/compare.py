"""What the command line costs: the help, the quick and the default experiment.

    python benchmarks/compare.py [--beside REVISION]

Prints wall-clock and processor seconds of whole processes, the warm ones (the first run of each is
not counted). With a revision (a commit or tag of this repository) the same commands run from its
code too, in turn with this one's, and the ratio of processor times stands beside.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {
    "neurosim --help": (["--help"], 5),
    "neurosim compare --quick": (["compare", "--quick"], 3),
    "neurosim compare": (["compare"], 3),
}
HERE = Path(__file__).resolve().parents[1]


def seconds(arguments: list[str], code: Path, folder: Path) -> tuple[float, float]:
    """Wall-clock and processor time of one run of a command."""
    environment = {**os.environ, "PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "neurosim", *arguments]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def middle(runs: list[tuple[float, float]]) -> tuple[float, float]:
    """Medians of all but the first."""
    wall, used = (sorted(each) for each in zip(*runs[1:], strict=True))
    return wall[len(wall) // 2], used[len(used) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--beside", metavar="REVISION", help="to run in turn with this code")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, codes = Path(scratch) / "out", [HERE]
        folder.mkdir()
        if asked.beside:
            codes.append(Path(scratch) / "beside")
            git = ["git", "-C", str(HERE)]
            subprocess.run([*git, "cat-file", "-e", f"{asked.beside}^{{commit}}"], check=True)
            kept = subprocess.run([*git, "archive", asked.beside], check=True, capture_output=True)
            codes[1].mkdir()
            subprocess.run(["tar", "-x", "-C", str(codes[1])], input=kept.stdout, check=True)
        for name, (arguments, runs) in COMMANDS.items():
            found: list[list[tuple[float, float]]] = [[] for _ in codes]
            for _ in range(runs + 1):
                for code, each in zip(codes, found, strict=True):
                    each.append(seconds(arguments, code, folder))
            (wall, used), *other = map(middle, found)
            said = f"{name:26s} {wall:6.2f} s, {used:6.2f} s of processor time"
            for then_wall, then_used in other:
                said += f"; {asked.beside}: {then_wall:.2f} s, {then_used:.2f} s"
                said += f" ({used / then_used:.2f} times)"
            print(f"{said} (medians of {runs} warm runs)", flush=True)


if __name__ == "__main__":
    main()
