"""The main job end to end, the figure's data, and the command line."""

import re

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neurosim import RECTIFIERS, Experiment, InputError, load_responses
from neurosim.analysis.comparison import panels
from neurosim.analysis.fitting.likelihood import Counts
from neurosim.cli import main


def test_counts_are_what_the_cells_parameters_predict(result):
    # oracle: Siegert's rate of each cell and stimulus; the grid's bias is some percent
    data = result.responses
    mean = (data["v_rest"] + data["baseline"] + data["gain"] * data["drive"]).transpose(
        "stimulus", "cell"
    )
    expected = result.experiment.lif.rate(mean.values)
    counts = Counts.from_responses(data)
    rate = (counts.spikes / counts.exposure).T
    # the first spikes after settling are those of a stationary cell: totals agree within the bias
    assert rate.sum() / expected.sum() == pytest.approx(0.97, abs=0.03)
    error = np.sqrt(expected / counts.exposure.T)
    assert np.mean(np.abs(rate - expected) < 4 * error + 0.05 * expected + 0.1) > 0.99


def test_four_files_with_their_columns(result, tmp_path):
    files = result.write(tmp_path / "out")
    assert [f.name for f in files] == ["comparison.png", "fits.csv", "responses.nc", "summary.csv"]
    stored = load_responses(tmp_path / "out" / "responses.nc")
    assert np.array_equal(stored["count"], result.responses["count"])
    assert stored.attrs["seed"] == 7
    assert "Gratings" in stored.attrs["stimulus"]
    assert stored["noise_sd"].attrs["units"] == "mV"
    fits = pd.read_csv(tmp_path / "out" / "fits.csv")
    assert len(fits) == 16 * 6
    assert {
        "cell",
        "rectifier",
        "r0 (Hz)",
        "r0 SE (Hz)",
        "threshold (contrast)",
        "log-likelihood (nats)",
        "AICc",
        "delta AICc",
        "Akaike weight",
        "held-out log-likelihood per spike (nats)",
        "parameters",
        "status",
    } <= set(fits.columns)
    assert (fits.groupby("cell")["delta AICc"].min() == 0).all()
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert summary["cells described best"].sum() == 16
    assert dict(zip(summary["rectifier"], summary["ConvNet twin"], strict=True)) == {
        each.name: each.convnet for each in RECTIFIERS.values() if each.standard
    }
    picture = matplotlib.image.imread(tmp_path / "out" / "comparison.png")
    assert picture.shape[1] == 1600
    assert picture.std() > 0.05


def test_the_figure_shows_the_data(result):
    figure = result.plot()
    axes = [ax for sub in figure.subfigs for ax in sub.axes]
    titles = [ax.get_title() for ax in axes]
    cells = panels.representative_cells(result.comparison)
    counts = Counts.from_responses(result.responses)
    for cell in cells:
        ax = next(a for a, t in zip(axes, titles, strict=True) if t.startswith(f"cell {cell}:"))
        drawn = ax.lines[0].get_xydata()
        measured = np.stack([counts.x[cell], counts.spikes[cell] / counts.exposure[cell]], 1)
        assert drawn == pytest.approx(measured)
        curves = {line.get_label().split(" = ")[0]: line for line in ax.lines if line.get_label()}
        for fitted in result.comparison.fits:
            x, rate = curves[fitted.rectifier.name].get_data()
            assert rate == pytest.approx(fitted.rate(x, cell))
    on, off = panels.opposite_pair(result.responses)
    phase = result.responses["preferred_phase"].values
    assert phase[off] - phase[on] == 180
    assert sum(t.startswith("field") for t in titles) == 4


def test_a_comparison_of_recorded_counts_draws_without_a_simulations_panels(result):
    bare = result.responses.drop_vars(
        [c for c in result.responses.coords if c not in ("stimulus", "cell", "trial")]
    )
    figure = type(result.comparison)(
        bare, result.comparison.fits, result.comparison.scores, 5
    ).plot()
    assert len(figure.subfigs) == 2  # fits and population


def test_default_is_reproducible_in_stimuli_and_cells():
    one, again = (Experiment.default(quick=True, seed=3) for _ in range(2))
    assert np.array_equal(one.drive(), again.drive())
    assert np.array_equal(one.lif.noise_sd, again.lif.noise_sd)


def test_command_line_same_seed_same_counts(tmp_path, capsys):
    arguments = ["compare", "--quick", "--cells", "4", "--trials", "2", "--duration", "100ms"]
    for name in ("one", "two"):
        assert main([*arguments, "--seed", "7", "--out", str(tmp_path / name)]) == 0
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
    assert set(pd.read_csv(out / "fits.csv")["rectifier"]) == {"half-wave", "two-path energy"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--images", "absent.png"], "no such file or folder: absent.png"),
        (["--cells", "10"], "multiple of 4 .* got 10 .8 or 12 would do"),
        (["--models", "swish"], "got 'swish'"),
        (["--seed", "-1"], "seed >= 0, got -1"),
        (["--duration", "5mV"], "duration in s or a unit like it, got 5mV"),
        (["--trials", "0"], "trials from 1 to 16777215, got 0"),
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


def test_something_in_the_way_of_a_file_loses_nothing(result, tmp_path):
    (tmp_path / "fits.csv").mkdir()
    (tmp_path / "summary.csv").write_text("old")
    with pytest.raises(InputError, match=r"fits.csv is in the way"):
        result.write(tmp_path)
    assert (tmp_path / "summary.csv").read_text() == "old"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["fits.csv", "summary.csv"]
    with pytest.raises(InputError, match="format among png, pdf, svg, got bmp"):
        result.write(tmp_path / "new", format="bmp")


def test_recovery_command(capsys):
    assert main(["recovery", "--cells", "10"]) == 0
    printed = capsys.readouterr().out
    assert "A half-wave" in printed
    assert "two-path energy: r0" in printed
    assert main(["recovery", "--cells", "0"]) == 2
