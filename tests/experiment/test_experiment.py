"""The main job end to end, its files and the figure's data."""

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from neurosim import RECTIFIERS, Experiment, InputError, load_responses
from neurosim.analysis.comparison.drawn import opposite_pair, representative_cells
from neurosim.data.counts import reduced


def test_counts_are_what_the_cells_parameters_predict(result):
    # oracle: Siegert's rate of each cell and stimulus; the grid's bias is some percent
    data = result.responses
    mean = (data["v_rest"] + data["baseline"] + data["gain"] * data["drive"]).transpose(
        "stimulus", "cell"
    )
    expected = result.experiment.lif.rate(mean.values)
    counts = reduced(data).counts
    rate = (counts.spikes / counts.exposure).T
    # the first spikes after settling are those of a stationary cell: totals agree within the bias
    assert rate.sum() / expected.sum() == pytest.approx(0.97, abs=0.03)
    error = np.sqrt(expected / counts.exposure.T)
    assert np.mean(np.abs(rate - expected) < 4 * error + 0.05 * expected + 0.1) > 0.99


def test_five_files_with_their_columns(result, tmp_path):
    files = result.write(tmp_path / "out")
    names = ["comparison.png", "effective.csv", "fits.csv", "responses.nc", "summary.csv"]
    assert [f.name for f in files] == names
    stored = load_responses(tmp_path / "out" / "responses.nc")
    assert np.array_equal(stored["count"], result.responses["count"])
    assert stored.attrs["seed"] == 7
    assert "Gratings" in stored.attrs["stimulus"]
    assert stored["noise_sd"].attrs["units"] == "mV"
    fits = pd.read_csv(tmp_path / "out" / "fits.csv")
    assert len(fits) == 16 * 11
    assert {
        "cell",
        "rectifier",
        "r0 (Hz)",
        "r0 SE (Hz)",
        "threshold (contrast)",
        "log-likelihood (nats)",
        "AIC",
        "delta AIC",
        "Akaike weight",
        "held-out log-likelihood per spike (nats)",
        "parameters",
        "status",
    } <= set(fits.columns)
    assert (fits.groupby("cell")["delta AIC"].min() == 0).all()
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert summary["cells described best"].sum() == 16
    assert dict(zip(summary["rectifier"], summary["ConvNet twin"], strict=True)) == {
        each.name: each.convnet for each in RECTIFIERS.values() if each.standard
    } | {"constant rate": "bias alone"}
    picture = matplotlib.image.imread(tmp_path / "out" / "comparison.png")
    assert picture.shape[1] == 1600
    assert picture.std() > 0.05


def test_the_figure_shows_the_data(result):
    figure = result.plot()
    axes = [ax for sub in figure.subfigs for ax in sub.axes]
    titles = [ax.get_title() for ax in axes]
    cells = representative_cells(result.comparison.drawn)
    counts = reduced(result.responses).counts
    for cell in cells:
        ax = next(a for a, t in zip(axes, titles, strict=True) if t.startswith(f"cell {cell}:"))
        drawn = ax.lines[0].get_xydata()
        measured = np.stack([counts.x[cell], counts.spikes[cell] / counts.exposure[cell]], 1)
        assert drawn == pytest.approx(measured)
        curves = {line.get_label().split(" = ")[0]: line for line in ax.lines if line.get_label()}
        for fitted in result.comparison.fits:
            x, rate = curves[fitted.rectifier.name].get_data()
            assert rate == pytest.approx(fitted.rate(x, cell))
    on, off = opposite_pair(result.comparison.drawn)
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


def test_something_in_the_way_of_a_file_loses_nothing(result, tmp_path):
    (tmp_path / "fits.csv").mkdir()
    (tmp_path / "summary.csv").write_text("old")
    with pytest.raises(InputError, match=r"fits.csv is in the way"):
        result.write(tmp_path)
    assert (tmp_path / "summary.csv").read_text() == "old"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["fits.csv", "summary.csv"]
    with pytest.raises(InputError, match="format among png, pdf, svg, got bmp"):
        result.write(tmp_path / "new", format="bmp")
