"""Examples say what they are, and refuse what they cannot take in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"), key=lambda p: p.name)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_has_help(example, tmp_path):
    done = subprocess.run(
        [sys.executable, example, "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")
    assert not list(tmp_path.iterdir())  # and no work was done


@pytest.mark.parametrize("name", ["recorded_cells", "measured_noise", "current_clamp"])
def test_a_folder_without_recordings_is_one_line(name, tmp_path):
    example = next(path for path in EXAMPLES if path.stem == name)
    done = subprocess.run(
        [sys.executable, example, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "found none" in done.stderr.strip().splitlines()[-1]
