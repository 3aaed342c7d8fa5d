"""Processes of our own import what is installed, and nothing from the working directory."""

import os
import subprocess
import sys

import pytest

from neurosim.base.child_processes import child_environment, own_process, safe_children

# builtins alone, so that planting `os` or `io` is noticed too
PLANTED = (
    'open({marker!r}, "a").write(__name__ + "\\n")\nraise ImportError(__name__ + " is planted")\n'
)

STARTED = """
import os, sys
import numpy as np, xarray as xr
{imports}
drive = xr.DataArray(np.ones((1, 2)), dims=("stimulus", "cell"))
os.chdir({planted!r})
os.environ["PYTHONPATH"] = os.environ.get("PYTHONPATH", "") + os.pathsep + os.pathsep + "relative"
{job}
print("done")
"""

JOBS = {
    "NumPy worker": (
        "from neurosim import LIF, simulate",
        "simulate(LIF(), drive, trials=1, duration=0.01, target='numpy', workers=1)",
    ),
    "equations": (
        "from neurosim import adaptive_lif, simulate",
        "simulate(adaptive_lif(), drive, trials=1, duration=0.01, workers=1)",
    ),
    "pool": (
        "from neurosim.reproduce.run import Run",
        "run = Run(workers=2)\nif __name__ == '__main__':\n"
        "    with run: assert run.map(abs, [-1, 2]) == [1, 2]",
    ),
    "build": (
        "from neurosim import LIF, simulate",
        "simulate(LIF(), drive, trials=1, duration=0.01, target='cpp', workers=1)",
    ),
}


@pytest.mark.parametrize(
    "job",
    ["NumPy worker", "equations", "pool", pytest.param("build", marks=pytest.mark.slow)],
)
def test_nothing_that_lies_in_the_working_directory_is_run(job, tmp_path):
    # every module of the standard library is planted, and preferences that Brian2 would evaluate
    planted, marker = tmp_path / "planted", tmp_path / "ran"
    for folder in (planted, planted / "relative"):
        folder.mkdir()
        for name in sys.stdlib_module_names:
            (folder / f"{name}.py").write_text(PLANTED.format(marker=str(marker)))
        for name in ("neurosim", "numpy", "brian2", "scipy"):
            (folder / name).mkdir()
            (folder / name / "__init__.py").write_text(PLANTED.format(marker=str(marker)))
    preferences = f'logging.file_log = bool(open({str(marker)!r}, "a").write("brian2"))\n'
    (planted / "brian_preferences").write_text(preferences)
    imports, run = JOBS[job]
    script = tmp_path / "script.py"
    script.write_text(STARTED.format(imports=imports, planted=str(planted), job=run))
    environment = {**os.environ, "NEUROSIM_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-P", script], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout.strip().endswith("done"), done.stderr
    assert not marker.exists(), marker.read_text()


def test_preferences_in_the_working_directory_would_be_evaluated_by_brian2(tmp_path):
    # so that the test above can fail: what is kept from the children does run where it lies
    marker = tmp_path / "ran"
    text = f'logging.file_log = bool(open({str(marker)!r}, "a").write("brian2"))\n'
    (tmp_path / "brian_preferences").write_text(text)
    subprocess.run([sys.executable, "-c", "import brian2"], cwd=tmp_path, check=False)
    assert marker.exists()


@pytest.mark.parametrize("entries", ["", ":", ":/x", ".", "relative:/x", "/x::/y", "../up"])
def test_only_absolute_entries_of_the_search_path_reach_a_child(entries, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", entries.replace(":", os.pathsep))
    monkeypatch.setenv("PYTHONINSPECT", "1")
    kept = child_environment()
    absolute = [each for each in entries.split(":") if each.startswith("/")]
    assert kept.get("PYTHONPATH", "") == os.pathsep.join(absolute)
    assert "PYTHONINSPECT" not in kept
    assert kept["PYTHONSAFEPATH"] == "1"
    before = dict(os.environ)
    with safe_children():
        assert os.environ.get("PYTHONPATH", "") == os.pathsep.join(absolute)
    assert dict(os.environ) == before


def test_a_child_runs_this_package_wherever_it_lies(tmp_path):
    said = subprocess.run(
        own_process("neurosim.base.version"), cwd=tmp_path, capture_output=True, check=False
    )
    assert said.returncode == 0, said.stderr
