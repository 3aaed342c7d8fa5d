"""The version is written once, in setup.cfg, and every other place agrees."""

import re
import subprocess
import sys
from configparser import ConfigParser
from importlib.metadata import version
from pathlib import Path

import pandas as pd

import neurosim

ROOT = Path(__file__).parents[2]


def test_every_place_says_the_version_of_setup_cfg():
    # oracle: setup.cfg, of which the installation's metadata are made
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    written = setup["metadata"]["version"]
    assert neurosim.__version__ == version("neurosim") == written
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == written
    command = [sys.executable, "-m", "neurosim", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == f"neurosim {written}\n"


def test_metadata_are_asked_in_one_place():
    asking = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "neurosim").rglob("*.py")
        if re.search(r"""version\(["']neurosim["']\)""", path.read_text("utf-8"))
    ]
    assert asking == ["neurosim/base/version.py"]


def test_responses_say_which_version_made_them(responses):
    table = pd.DataFrame({"contrast": [0.0, 1.0], "spikes": [1, 5]})
    read = neurosim.responses_from_table(table, x="contrast", count="spikes", duration=1.0)
    timed = neurosim.responses_from_spike_times(
        {"a": [0.1, 1.2]}, onsets=[0.0, 1.0], window=(0.0, 0.5), x=[0.0, 1.0]
    )
    for made in (responses, read, timed):
        assert made.attrs["neurosim_version"] == neurosim.__version__
