"""`neurosim compare`: its options, its seed, and what a stopped run keeps."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neurosim import load_responses
from neurosim.cli import main


def test_command_line_same_seed_same_counts(tmp_path, capsys):
    arguments = ["compare", "--quick", "--cells", "4", "--trials", "2", "--duration", "100ms"]
    for name, more in (("one", []), ("two", ["--models", "ReLU"])):
        assert main([*arguments, *more, "--seed", "7", "--out", str(tmp_path / name)]) == 0
    printed = capsys.readouterr().out
    assert "SOE-Net's two paths" in printed
    assert "Of 4 cells" in printed
    one, two = (load_responses(tmp_path / n / "responses.nc") for n in ("one", "two"))
    assert np.array_equal(one["count"], two["count"])
    assert float(one["duration"]) == pytest.approx(0.1)


def test_command_line_options(tmp_path, capsys):
    noise = (np.random.default_rng(0).random((110, 120)) * 65535).astype(np.uint16)
    Image.fromarray(noise).save(tmp_path / "sixteen.tiff")
    rgb = (np.random.default_rng(1).random((110, 120, 3)) * 255).astype(np.uint8)
    Image.fromarray(rgb).quantize(32).save(tmp_path / "palette.png")
    out = tmp_path / "out"
    status = main(
        [
            "compare",
            "--quick",
            "--cells",
            "4",
            "--trials",
            "1",
            "--duration",
            "0.05",
            "--images",
            str(tmp_path),
            "--models",
            "ReLU",
            "two-path energy",
            "--format",
            "pdf",
            "--out",
            str(out),
        ]
    )
    assert status == 0
    assert (out / "comparison.pdf").read_bytes().startswith(b"%PDF")
    stored = load_responses(out / "responses.nc")
    assert {"palette.png", "sixteen.tiff"} <= set(stored["image"].values)
    given = ["half-wave", "two-path energy"]
    assert set(pd.read_csv(out / "fits.csv")["rectifier"]) == {"constant rate", *given}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--images", "absent.png"], "no such file or folder: absent.png"),
        (["--cells", "10"], "multiple of 4 .* got 10 .8 or 12 would do"),
        (["--models", "swish"], "got 'swish'"),
        (["--seed", "-1"], "seed as a whole number >= 0, got -1"),
        (["--duration", "5mV"], "duration in s or a unit like it, got 5mV"),
        (["--trials", "0"], "trials as a whole number >= 1, got 0"),
    ],
)
def test_command_line_refuses_in_one_line(arguments, message, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["compare", "--quick", "--out", str(out), *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert re.search(message, printed.err)
    assert not out.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_run_keeps_whole_trials_and_says_so(tmp_path, capsys, monkeypatch):
    import warnings

    from neurosim.experiment.experiment import Experiment as Made

    respond = Made.respond

    def stopped(self, progress=False):
        warnings.warn("stopped after 1 of 2 trials", stacklevel=2)
        part = respond(self).isel(trial=[0]).assign_attrs(stopped_early=1)
        return part.assign(trials=part["trials"] * 0 + 1)

    monkeypatch.setattr(Made, "respond", stopped)
    arguments = ["compare", "--quick", "--cells", "4", "--trials", "2", "--duration", "0.05"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 130
    assert "stopped after 1 of 2 trials, kept in" in capsys.readouterr().err
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["responses.nc"]
