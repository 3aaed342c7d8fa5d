"""`neurosim fit`: a table of trials, the files it writes, and what is refused."""

import re

import numpy as np
import pandas as pd
import pytest

from neurosim import (
    load_responses,
)
from neurosim.cli import main


@pytest.fixture
def table(tmp_path):
    """Two cells, ten contrasts, five trials each, as a file."""
    random = np.random.default_rng(0)
    rows = [
        {"unit": unit, "contrast (%)": c, "spikes": random.poisson(gain * max(c - 20, 0) + 1)}
        for unit, gain in (("a", 1.0), ("b", 2.0))
        for c in range(0, 100, 10)
        for _ in range(5)
    ]
    path = tmp_path / "trials.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


FIT = ["--x", "contrast", "--count", "spikes", "--duration", "500ms", "--cell", "unit"]


def test_fit_writes_what_compare_writes(table, tmp_path, capsys):
    out = tmp_path / "out"
    models = ["--models", "ReLU", "ReLU with a bias", "squared ReLU"]
    assert main(["fit", str(table), *FIT, *models, "--out", str(out)]) == 0
    assert sorted(file.name for file in out.iterdir()) == [
        "comparison.png",
        "fits.csv",
        "responses.nc",
        "summary.csv",
    ]
    assert "Of 2 cells: thresholded half-wave 2" in " ".join(capsys.readouterr().out.split())
    fits = pd.read_csv(out / "fits.csv")
    assert "threshold (%)" in fits.columns
    assert fits.loc[fits["chosen"], "cell"].tolist() == ["a", "b"]
    kept = load_responses(out / "responses.nc")
    assert kept["count"].sum() == pd.read_csv(table)["spikes"].sum()


def test_fit_takes_over_dispersed_counts(table, tmp_path):
    # oracle: the same comparison asked for in Python
    from neurosim import compare, responses_from_table

    out, names = tmp_path / "out", ["ReLU", "ReLU with a bias"]
    asked = ["--likelihood", "negative binomial", "--models", *names, "--out", str(out)]
    assert main(["fit", str(table), *FIT, *asked]) == 0
    responses = responses_from_table(table, x="contrast", count="spikes", duration=0.5, cell="unit")
    found = compare(responses, names, likelihood="negative binomial").table
    written = pd.read_csv(out / "fits.csv")
    for column in ("scatter", "AIC", "held-out log-likelihood per spike (nats)"):
        assert written[column].values == pytest.approx(found[column].values, rel=1e-6)


def test_the_figure_says_what_the_stimulus_variable_is(table):
    from neurosim import compare, responses_from_table

    responses = responses_from_table(table, x="contrast", count="spikes", duration=0.5, cell="unit")
    figure = compare(responses, ["half-wave"]).plot()
    assert "contrast (%)" in {ax.get_xlabel() for part in figure.subfigs for ax in part.get_axes()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*FIT[:-1], "cell"], "expected a column 'cell' for cell, got columns unit, contrast"),
        (["--x", "contrast", "--count", "contrast", "--duration", "1"], "a column for each"),
        (["--x", "contrast", "--duration", "1"], "expected either count or rate, got neither"),
        ([*FIT, "--units", "depth=mm"], "units of columns that are used, got depth"),
        ([*FIT, "--seed", "-1"], "seed as a whole number >= 0"),
        ([*FIT, "--models", "nothing"], "rectifier: expected one of"),
    ],
)
def test_fit_refuses_in_one_line_and_writes_nothing(table, tmp_path, capsys, arguments, message):
    out = tmp_path / "out"
    assert main(["fit", str(table), *arguments, "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert re.search(message, told)
    assert told.count("\n") == 1
    assert not out.exists()


def test_fit_takes_few_conditions_and_units(tmp_path, capsys):
    path = tmp_path / "steps.tsv"
    path.write_text("I\tn\n0\t1\n50\t9\n100\t22\n")
    arguments = ["--x", "I", "--count", "n", "--duration", "0.5", "--units", "I=pA"]
    assert main(["fit", str(path), *arguments, "--out", str(tmp_path / "out")]) == 0
    assert load_responses(tmp_path / "out" / "responses.nc")["drive"].attrs["units"] == "pA"
    with pytest.raises(SystemExit):
        main(["fit", str(path), *arguments, "--units", "pA"])
    assert "expected COLUMN=UNIT, got 'pA'" in capsys.readouterr().err


@pytest.mark.filterwarnings("default::neurosim.analysis.comparison.files.NotDrawnWarning")
def test_a_figure_that_fails_is_one_line_and_costs_nothing(table, tmp_path, capsys, monkeypatch):
    import neurosim.analysis.comparison.figure as figure

    def fails(*_):
        raise KeyError("contrast")

    monkeypatch.setattr(figure, "comparison_figure", fails)
    out = tmp_path / "out"
    assert main(["fit", str(table), *FIT, "--models", "ReLU", "--out", str(out)]) == 0
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert re.search(r"^neurosim: .*comparison.png was not drawn .KeyError: 'contrast'", said[0])
    written = {file.name for file in out.iterdir()}
    assert written == {"fits.csv", "responses.nc", "summary.csv"}
