"""Wall-clock time of the command line: the help, the quick and the default experiment.

    python benchmarks/compare.py

Prints seconds of whole processes, the warm ones (the first run of each is not counted).
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {
    "neurosim --help": (["--help"], 5),
    "neurosim compare --quick": (["compare", "--quick"], 3),
    "neurosim compare": (["compare"], 2),
}


def seconds(arguments: list[str], folder: Path) -> float:
    """One run of the command, from its start to its end."""
    program = shutil.which("neurosim", path=str(Path(sys.executable).parent))
    began = time.perf_counter()
    subprocess.run([program or "neurosim", *arguments], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


with tempfile.TemporaryDirectory() as scratch:
    for name, (arguments, runs) in COMMANDS.items():
        warm = sorted(seconds(arguments, Path(scratch)) for _ in range(runs + 1))[:-1]
        print(f"{name:26s} {warm[len(warm) // 2]:6.2f} s (median of {runs} warm runs)")
