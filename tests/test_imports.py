"""What importing loads."""

import subprocess
import sys

# one process: what one line loads, those below it would find loaded too
CODE = """
import sys
from neurosim.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
heavy = {"numpy", "scipy", "xarray", "pandas", "brian2", "matplotlib", "rich", "sklearn", "torch"}
print("loaded for help:", heavy & set(sys.modules))
import neurosim.reproduce
print("loaded for experiments:", {"brian2", "torch", "sklearn"} & set(sys.modules))
"""


def test_importing_and_help_load_nothing_heavy_and_experiments_no_torch():
    # what the time of `neurosim --help` depends on; benchmarks/startup.py prints the time itself
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "compare" in done.stdout
    assert done.stdout.endswith("loaded for help: set()\nloaded for experiments: set()\n")
