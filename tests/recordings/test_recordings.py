"""Recorded spikes: spike times, NWB files, and the command that fits a table."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurosim import (
    LIF,
    GaborBank,
    Gratings,
    InputError,
    load_responses,
    responses_from_counts,
    responses_from_nwb,
    responses_from_spike_times,
    responses_to_nwb,
    simulate,
)
from neurosim.cli import main

SPIKES = {"a": [0.11, 1.05, 1.2, 1.31, 2.55], "b": [1.2]}
SHOWN = {"spike_times": SPIKES, "onsets": [0, 1, 2], "x": [0.0, 0.5, 0.1]}


@pytest.fixture(scope="module")
def simulated():
    """Three trials of twelve gratings, with every spike."""
    bank = GaborBank.quadrature(orientation=0, spatial_frequency=2)
    gratings = Gratings(spatial_frequency=2, phase=np.arange(0, 360, 30))
    return simulate(LIF(), bank.drive(gratings), trials=3, duration=0.3, spike_times=True, seed=1)


def test_spikes_are_counted_in_the_window_behind_the_onset():
    # oracle: the times above; a spike at the start of the window counts, one at its end does not
    responses = responses_from_spike_times(**SHOWN, name="contrast", units="%")
    assert responses["count"].values.tolist() == [[[1], [0]], [[0], [0]], [[3], [1]]]
    assert responses["drive"].attrs == {"units": "%", "long_name": "contrast"}
    assert responses["duration"].item() == 0.5
    assert responses["cell"].values.tolist() == ["a", "b"]
    late = responses_from_spike_times(**SHOWN, window=("200 ms", "1000 ms"))
    assert late["count"].sel(cell="a").values.ravel().tolist() == [0, 1, 2]
    assert late["duration"].item() == pytest.approx(0.8)


def test_counts_are_those_of_the_simulation(simulated):
    # oracle: the simulation's own counts, its trials laid end to end
    duration = simulated["duration"].item()
    stimuli, trials = simulated.sizes["stimulus"], simulated.sizes["trial"]
    onsets = duration * np.arange(stimuli * trials).reshape(trials, stimuli)
    index = [simulated[f"spike_{name}"].values for name in ("trial", "stimulus", "cell")]
    time = onsets[index[0], index[1]] + simulated["spike_time"].values
    responses = responses_from_spike_times(
        {k: np.sort(time[index[2] == k]) for k in range(4)},
        onsets.ravel(),
        np.tile(np.arange(stimuli), trials),
        window=(0, duration),
    )
    assert np.array_equal(responses["count"], simulated["count"])


def test_conditions_and_time_that_was_not_observed():
    responses = responses_from_spike_times(
        {1: [0.2, 1.2, 2.2, 3.2], 2: [0.3]},
        onsets=[0, 1, 2, 3],
        x=[0, 1, 0, 1],
        by={"eye": ["left", "left", "right", "right"]},
        observed={2: [[0, 1.6], [2.5, 9]]},
    )
    assert responses["eye"].values.tolist() == ["left", "left", "right", "right"]
    assert responses["trials"].values.tolist() == [[1, 1], [1, 1], [1, 0], [1, 1]]
    assert responses.attrs["trials_not_observed"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"onsets": [0, 0.4, 2]},
            r"windows of 1 trials reach .*trials 0 and 1 share 0.1 s.*"
            "overlapping=True",
        ),
        ({"onsets": [0, np.nan, 2]}, "finite onsets, got nan in trial 1"),
        ({"x": [0, np.nan, 2]}, "finite x .*, got nan in trial 1"),
        ({"x": [0, 1]}, r"x for 3 trials, got \(2,\)"),
        ({"x": ["a", "b", "c"]}, "x as numbers, one per trial"),
        ({"x": [1, 1, 1]}, "at least 2 different values of drive in every cell, got 1 in cell a"),
        ({"window": (0.5, 0.5)}, "a window whose end is behind its start"),
        ({"window": (0.5, 0.1)}, "a window whose end is behind its start"),
        ({"window": 0.5}, r"window \(start, end\)"),
        ({"window": "50 mV"}, "expected window in s or a unit like it, got 50 mV"),
        ({"spike_times": {"a": [2, 1]}}, r"times of cell a in order, got 1 after 2 s \(sort them"),
        ({"spike_times": {"a": [np.nan]}}, "finite times of cell a, got 1 NaN"),
        ({"spike_times": {"a": [[1.0]]}}, r"times \(spike,\) of cell a, got \(1, 1\)"),
        ({"spike_times": {"a": ["x"]}}, "the times of cell a"),
        ({"spike_times": {}}, "at least one cell, got none"),
        ({"spike_times": 5}, "a mapping from cells to times"),
        ({"by": {"eye": ["left"]}}, "eye for 3 trials"),
        ({"by": {"depth": [1, 2, np.nan]}}, "finite depth"),
        ({"by": {"trial": [1, 2, 3]}}, "names in by that responses do not use"),
        ({"observed": {"z": [[0, 1]]}}, "observed intervals of cells with spike times, got z"),
        ({"observed": {"a": [0, 1]}}, r"observed intervals \(interval, 2\) of cell a"),
        ({"observed": {"a": [[7, 8]]}}, "got none of cell a .are the clocks"),
    ],
)
def test_spike_times_that_cannot_be(change, message):
    with pytest.raises(InputError, match=message):
        responses_from_spike_times(**{**SHOWN, **change})


def test_windows_may_share_spikes_when_asked():
    shown = {**SHOWN, "onsets": [0.8, 1.0, 2.0]}
    responses = responses_from_spike_times(**shown, overlapping=True)
    assert responses["count"].sel(cell="a").values.ravel().tolist() == [3, 0, 3]


def test_neo_brings_names_units_and_the_time_recorded():
    neo = pytest.importorskip("neo")
    quantities = pytest.importorskip("quantities")
    segment = neo.Segment()
    for name, stop in (("a", 3000), ("b", 2300)):
        times = np.array(SPIKES[name]) * 1000
        segment.spiketrains.append(
            neo.SpikeTrain(times, units="ms", t_stop=stop * quantities.ms, name=name)
        )
    onsets = neo.Event([0, 1, 2] * quantities.s).times
    wanted = responses_from_spike_times(**SHOWN, observed={"a": [[0, 3]], "b": [[0, 2.3]]})
    for trains in (segment, list(segment.spiketrains), {t.name: t for t in segment.spiketrains}):
        responses = responses_from_spike_times(
            trains, onsets, SHOWN["x"], window=[50, 550] * quantities.ms
        )
        xr.testing.assert_equal(responses, wanted)
        assert responses.attrs["trials_not_observed"] == 1
    alone = responses_from_spike_times(segment.spiketrains[0], onsets, SHOWN["x"])
    assert alone["count"].values.ravel().tolist() == [1, 0, 3]
    with pytest.raises(InputError, match="expected onsets as times"):
        responses_from_spike_times(segment, [0, 1, 2] * quantities.mV, SHOWN["x"])


def test_a_simulation_comes_back_from_nwb(simulated, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "simulated.nwb"
    responses_to_nwb(simulated, path)
    assert not pynwb.validate(path=str(path))
    back = responses_from_nwb(path, x="drive", by=["stimulus", "phase"])
    for name in ("drive", "count", "trials", "duration"):
        assert np.array_equal(back[name], simulated[name]), name
    assert np.array_equal(back["phase"], simulated["phase"])
    assert back.attrs["file"] == "simulated.nwb"
    assert [file.name for file in tmp_path.iterdir()] == ["simulated.nwb"]


def test_other_software_opens_what_is_written(simulated, tmp_path):
    pynapple = pytest.importorskip("pynapple")
    responses_to_nwb(simulated, tmp_path / "simulated.nwb")
    opened = pynapple.load_file(str(tmp_path / "simulated.nwb"))
    wanted = simulated["count"].sum(("stimulus", "trial")).values
    assert [len(opened["units"][k]) for k in range(4)] == wanted.tolist()
    assert len(opened["trials"]) == 36


def test_part_of_an_nwb_file(simulated, tmp_path):
    pytest.importorskip("pynwb")
    path = tmp_path / "simulated.nwb"
    responses_to_nwb(simulated, path)
    some = responses_from_nwb(
        path, x="phase", unit="deg", where={"trial": 1}, cells=[3, 2], window=(0.1, "200 ms")
    )
    times = simulated["spike_time"].values
    late = (times >= 0.1) & (times < 0.2) & (simulated["spike_trial"].values == 1)
    for cell in (2, 3):
        mine = late & (simulated["spike_cell"].values == cell)
        wanted = np.bincount(simulated["spike_stimulus"].values[mine], minlength=12)
        assert some["count"].sel(cell=cell).values.ravel().tolist() == wanted.tolist()
    assert some["drive"].attrs["units"] == "deg"
    assert some.attrs["trials_left_out"] == 24


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": "phse", "by": ["y"]}, "a column 'phse' in trials, got .*; .* a column 'y' in"),
        ({"x": "kind"}, "numbers in kind, got grating in trial 0 and 35 more .blank=.skip"),
        ({"x": "kind", "blank": "skip"}, "trials with numbers in kind, got none"),
        ({"x": "phase", "blank": "none"}, "blank as a number or 'skip', got none"),
        ({"x": "phase", "trials": "flashes"}, "an intervals table 'flashes', got trials"),
        ({"x": "phase", "cells": [9]}, r"cells among the units 0, 1, 2, 3, got \[9\]"),
        ({"x": "phase", "cells": []}, "cells among the units 0, 1, 2, 3, got none"),
        ({"x": "phase", "where": {"trial": 9}}, "trials where {'trial': 9}, got none"),
        ({"x": "phase", "window": (0, 0.45)}, "windows of 35 trials reach into the next one's"),
        ({"x": "contrast"}, "at least 2 different values of contrast"),
    ],
)
def test_columns_and_units_that_an_nwb_file_has_not(simulated, tmp_path, arguments, message):
    pytest.importorskip("pynwb")
    responses_to_nwb(simulated, tmp_path / "simulated.nwb")
    with pytest.raises(InputError, match=message) as refusal:
        responses_from_nwb(tmp_path / "simulated.nwb", **arguments)
    assert "simulated.nwb: " in str(refusal.value)


def recorded(path):
    """A file as a laboratory writes it: blanks, a unit that was lost, presentations."""
    from datetime import UTC, datetime

    import pynwb

    start = datetime(2020, 1, 1, tzinfo=UTC)
    nwb = pynwb.NWBFile("recorded", "one", start)
    nwb.add_unit(id=5, spike_times=[0.1, 1.1, 1.2, 2.1], obs_intervals=[[0.0, 9.0]])
    nwb.add_unit(id=8, spike_times=[0.2, 1.3], obs_intervals=[[0.0, 1.8], [2.9, 9.0]])
    shown = pynwb.epoch.TimeIntervals(name="gratings", description="gratings")
    shown.add_column("contrast", "Michelson")
    shown.add_column("eye", "which")
    for k, contrast in enumerate(["0.1", "0.5", "null", "0.5"]):
        row = {"contrast": contrast, "eye": "left"}
        shown.add_interval(start_time=float(k), stop_time=k + 0.5, **row)
    nwb.add_time_intervals(shown)
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)


def test_presentations_blanks_and_observed_intervals(tmp_path):
    pytest.importorskip("pynwb")
    path = tmp_path / "recorded.nwb"
    recorded(path)
    asked = {"x": "contrast", "trials": "gratings", "by": "eye"}
    with pytest.raises(InputError, match="numbers in contrast, got null in trial 2 "):
        responses_from_nwb(path, **asked)
    skipped = responses_from_nwb(path, **asked, blank="skip")
    assert skipped["cell"].values.tolist() == [5, 8]
    assert skipped["trials"].values.tolist() == [[1, 1], [2, 2]]
    assert skipped["count"].values[:, 0].tolist() == [[1, 0], [2, 0]]
    zero = responses_from_nwb(path, **asked, blank=0)
    assert zero["drive"].values[:, 0].tolist() == [0, 0.1, 0.5]
    assert zero["trials"].values.tolist() == [[1, 0], [1, 1], [2, 2]]
    assert zero["eye"].values.tolist() == ["left"] * 3
    with pytest.raises(InputError, match="an intervals table 'trials', got gratings"):
        responses_from_nwb(path, x="contrast")


def test_files_that_are_not_nwb(simulated, tmp_path):
    pytest.importorskip("pynwb")
    import h5py

    responses_to_nwb(simulated, tmp_path / "cut.nwb")
    whole = (tmp_path / "cut.nwb").read_bytes()
    (tmp_path / "cut.nwb").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.nwb").write_text("no")
    h5py.File(tmp_path / "other.nwb", "w").close()
    for name, message in (
        ("text.nwb", "cannot be read as NWB"),
        ("cut.nwb", "cannot be read as NWB"),
        ("other.nwb", "cannot be read as NWB"),
        ("absent.nwb", "there is no such file"),
    ):
        with pytest.raises(InputError, match=f"{name}: {message}"):
            responses_from_nwb(tmp_path / name, x="contrast")


def test_what_cannot_be_written_as_nwb(simulated, tmp_path):
    counted = responses_from_counts([0, 1], [[1], [2]], 1.0)
    for responses in (counted, None):
        with pytest.raises(InputError, match=r"spike times, got none \(simulate\(..., spike_times"):
            responses_to_nwb(responses, tmp_path / "x.nwb")
    with pytest.raises(InputError, match=r"a path that ends in .nwb"):
        responses_to_nwb(simulated, tmp_path / "x.h5")
    fewer = simulated.assign(trials=simulated["trials"] - 1)
    with pytest.raises(InputError, match="all trials of every stimulus"):
        responses_to_nwb(fewer, tmp_path / "x.nwb")
    assert not list(tmp_path.iterdir())


def test_nwb_without_its_extra_says_how(simulated, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pynwb", None)
    (tmp_path / "x.nwb").write_bytes(b"1")
    for asked in (
        lambda: responses_from_nwb(tmp_path / "x.nwb", x="contrast"),
        lambda: responses_to_nwb(simulated, tmp_path / "y.nwb"),
    ):
        with pytest.raises(InputError, match=r"NWB needs pynwb .*-e '.\[nwb\]'"):
            asked()


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
    assert "2 best described as thresholded half-wave" in " ".join(capsys.readouterr().out.split())
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
    for column in ("scatter", "AICc", "held-out log-likelihood per spike (nats)"):
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
