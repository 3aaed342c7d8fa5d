"""`neurosim fit` on whatever holds the data: saved responses, NWB, mean rates, odd tables."""

import numpy as np
import pandas as pd
import pytest

from neurosim import (
    LIF,
    load_responses,
    poisson_responses,
    responses_to_nwb,
    save_responses,
    simulate,
)
from neurosim.cli import main
from neurosim.models.rectifiers import named_rectifier

MODELS = ["--models", "ReLU", "squared ReLU"]


@pytest.fixture
def responses():
    rectifier = named_rectifier("half-wave")
    return poisson_responses(
        rectifier, {"r0": 2.0, "gain": 40.0}, np.linspace(-1, 1, 9), 6, 0.5, 2, seed=1
    )


def fitted(folder, *arguments):
    assert main(["fit", *map(str, arguments), *MODELS, "--out", str(folder / "out")]) == 0
    return pd.read_csv(folder / "out" / "fits.csv")


@pytest.mark.parametrize("kind", ["nc", "zarr"])
def test_saved_responses_need_no_options(tmp_path, responses, kind):
    save_responses(responses, tmp_path / f"r.{kind}")
    fits = fitted(tmp_path, tmp_path / f"r.{kind}")
    assert fits.loc[fits["chosen"], "rectifier"].tolist() == ["half-wave"] * 2


def test_an_nwb_file_is_fitted(tmp_path, as_drive):
    pytest.importorskip("pynwb")
    drive = as_drive(np.linspace(-1, 1, 9)[:, None])
    made = simulate(LIF(), drive, trials=6, duration=0.3, spike_times=True)
    responses_to_nwb(made, tmp_path / "r.nwb")
    fits = fitted(tmp_path, tmp_path / "r.nwb", "--x", "drive")
    assert len(fits) == 3
    kept = load_responses(tmp_path / "out" / "responses.nc")
    assert kept["count"].sum() == made["count"].sum()


def test_options_that_a_file_has_no_use_for_are_refused(tmp_path, responses, capsys):
    save_responses(responses, tmp_path / "r.nc")
    (tmp_path / "t.csv").write_text("x,n\n0,1\n1,2\n")
    for arguments, message in (
        (["r.nc", "--x", "drive"], "r.nc: expected options of saved responses, got --x"),
        (["r.nc", "--duration", "1", "--sep", ";"], "saved responses, got --duration, --sep"),
        (["t.csv", "--trials", "a", "--x", "x", "--duration", "1"], "a table, got --trials"),
        (["t.csv", "--count", "n"], "expected --x, --duration, got no --x, --duration"),
        (["t.nwb", "--x", "x", "--cell", "a"], "an NWB file, got --cell"),
        (["t.nwb"], "expected --x, got no --x"),
    ):
        named = [str(tmp_path / arguments[0]), *arguments[1:]]
        assert main(["fit", *named, "--out", str(tmp_path / "out")]) == 2
        told = capsys.readouterr().err
        assert message in told
        assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_mean_rates_are_ranked(tmp_path, capsys):
    # oracle: the rectifier that made them, by cell
    x, random = np.linspace(-1, 1, 13), np.random.default_rng(0)
    rows = [
        {"unit": unit, "contrast": a, "rate (Hz)": 2 + r + random.normal(0, 0.5), "sem": 0.5}
        for unit, power in (("one", 1), ("two", 2))
        for a, r in zip(x, 40 * np.maximum(x, 0) ** power, strict=True)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "rates.csv", index=False)
    asked = ["--x", "contrast", "--rate", "rate", "--cell", "unit"]
    for more in ([], ["--error", "sem"]):
        fitted(tmp_path, tmp_path / "rates.csv", *asked, *more)
        ranking = pd.read_csv(tmp_path / "out" / "ranking.csv")
        best = ranking.groupby("cell").first()["rectifier"]
        assert best.to_dict() == {"one": "half-wave", "two": "half-squared"}
        assert "cell one: half-wave" in capsys.readouterr().out
    fits = fitted(tmp_path, tmp_path / "rates.csv", *asked, "--fixed", "r0=2")
    assert set(fits["r0 (Hz)"]) == {2.0}


def test_parameters_may_be_fixed(tmp_path, responses, capsys):
    save_responses(responses, tmp_path / "r.nc")
    fits = fitted(tmp_path, tmp_path / "r.nc", "--fixed", "r0=1.5")
    others = fits[fits["rectifier"] != "constant rate"]
    assert (others["r0 (Hz)"] == 1.5).all()
    assert (fits.loc[fits["rectifier"] == "constant rate", "r0 (Hz)"] != 1.5).all()
    for value, message in (("nothing=1", "fixed parameters among"), ("r0=-1", r"r0 in [0, inf]")):
        asked = ["fit", str(tmp_path / "r.nc"), *MODELS, "--fixed", value]
        assert main([*asked, "--out", str(tmp_path / "o")]) == 2
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["fit", str(tmp_path / "r.nc"), "--fixed", "r0"])
    assert "expected NAME=VALUE" in capsys.readouterr().err


def test_a_european_table_with_gaps_is_fitted(tmp_path):
    random = np.random.default_rng(0)
    lines = ["contrast;spikes"]
    for x in np.repeat(np.linspace(0, 1, 8), 6):
        lines.append(f"{x:.3f};{random.poisson(2 + 30 * x)}".replace(".", ","))
    lines[5] = "0,143;NA"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    asked = ["--x", "contrast", "--count", "spikes", "--duration", "1", "--missing", "drop"]
    assert len(fitted(tmp_path, tmp_path / "t.csv", *asked)) == 3
