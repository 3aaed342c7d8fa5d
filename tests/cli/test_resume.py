"""`neurosim compare` stopped and gone on from; folders that hold one run's files."""

import subprocess
import sys

import pytest

from neurosim import Experiment, load_responses
from neurosim.cli import main
from neurosim.simulation import simulate as simulating

QUICK = ["compare", "--quick", "--cells", "4", "--models", "half-wave", "half-squared"]


def _files(folder):
    return sorted(file.name for file in folder.iterdir())


def _same(one, other):
    for name in ("fits.csv", "summary.csv"):
        assert (one / name).read_text() == (other / name).read_text()
    read = [load_responses(folder / "responses.nc") for folder in (one, other)]
    assert read[0].drop_attrs().identical(read[1].drop_attrs())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    assert main([*QUICK, "--seed", "4", "--out", str(out)]) == 0
    return out


def _stop_after(monkeypatch, trials):
    """Simulations end as if Ctrl-C had come after so many trials."""
    whole = simulating.run_blocks

    def run_blocks(plan, workers, take, advance, first=0):
        whole(plan, workers, take, advance, first)
        return trials * plan.shape[0] * plan.shape[1]

    monkeypatch.setattr(simulating, "run_blocks", run_blocks)


def test_stopped_while_simulating(tmp_path, monkeypatch, capsys, undisturbed):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        _stop_after(patch, 2)
        assert main([*QUICK, "--seed", "4", "--out", str(out)]) == 130
    said = capsys.readouterr().err
    assert "stopped after 2 of 5 trials, kept in" in said
    assert "--resume" in said
    assert _files(out) == ["responses.nc"]
    assert main(["fit", str(out / "responses.nc"), "--models", "ReLU", "--out", str(tmp_path)]) == 0
    assert main(["compare", "--resume", "--out", str(out)]) == 0
    _same(out, undisturbed)
    assert _files(out) == _files(undisturbed)


def test_stopped_while_fitting(tmp_path, monkeypatch, undisturbed):
    out = tmp_path / "out"

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Experiment, "compare", stopped)
        assert main([*QUICK, "--seed", "4", "--out", str(out)]) == 130
    assert main(["compare", "--resume", "--out", str(out)]) == 0
    _same(out, undisturbed)


def test_what_is_kept_replaces_nothing(tmp_path, monkeypatch, undisturbed):
    out = tmp_path / "out"
    assert main([*QUICK, "--out", str(out)]) == 0
    before = {name: (out / name).read_bytes() for name in _files(out)}
    with monkeypatch.context() as patch:
        _stop_after(patch, 1)
        for _ in range(2):
            assert main([*QUICK, "--seed", "4", "--out", str(out)]) == 130
    assert {name: (out / name).read_bytes() for name in before} == before
    assert set(_files(out)) == {*before, "stopped.nc", "stopped-2.nc"}
    (out / "stopped-2.nc").unlink()
    assert main(["compare", "--resume", "--out", str(out)]) == 0
    _same(out, undisturbed)
    assert _files(out) == _files(undisturbed)


def test_more_trials_are_added(tmp_path, capsys, undisturbed):
    few = tmp_path / "few"
    assert main([*QUICK, "--seed", "4", "--trials", "2", "--out", str(few)]) == 0
    file = str(few / "responses.nc")
    out = tmp_path / "out"
    before = {name: (few / name).read_bytes() for name in _files(few)}
    assert main(["compare", "--resume", file, "--trials", "5", "--out", str(out)]) == 0
    _same(out, undisturbed)
    assert {name: (few / name).read_bytes() for name in _files(few)} == before


def test_stopped_again(tmp_path, monkeypatch, undisturbed):
    out = tmp_path / "out"
    assert main([*QUICK, "--out", str(out)]) == 0
    for trials in (1, 3):
        more = ["--resume"] if trials > 1 else [*QUICK[1:], "--seed", "4"]
        with monkeypatch.context() as patch:
            _stop_after(patch, trials)
            assert main(["compare", *more, "--out", str(out)]) == 130
        left = sorted(out.glob("stopped*.nc"))
        assert [load_responses(each).sizes["trial"] for each in left] == [trials]
    assert main(["compare", "--resume", "--out", str(out)]) == 0
    _same(out, undisturbed)
    assert _files(out) == _files(undisturbed)


def test_other_options_and_files_are_refused(tmp_path, capsys, undisturbed):
    file = str(undisturbed / "responses.nc")
    out = ["--out", str(tmp_path / "out")]
    wrong = ["--cells", "8", "--seed", "3", "--trials", "2", "--images", "a.png"]
    assert main(["compare", "--resume", file, *wrong, *out]) == 2
    said = capsys.readouterr().err
    for each in ("--cells as it was (4)", "--seed as it was (4)", "--images as it was by default"):
        assert each in said
    assert main(["compare", "--resume", *out]) == 2
    assert "expected one file of a stopped run" in capsys.readouterr().err
    assert main(["compare", "--resume", str(tmp_path / "no.nc"), *out]) == 2
    assert "there is no such file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("first", ["png", "svg"])
def test_a_folder_holds_the_files_of_one_run(tmp_path, first):
    out = tmp_path / "out"
    assert main([*QUICK, "--seed", "0", "--format", first, "--out", str(out)]) == 0
    (out / "mine.txt").write_text("notes")
    assert main([*QUICK, "--seed", "7", "--format", "pdf", "--out", str(out)]) == 0
    assert "comparison.pdf" in _files(out)
    assert f"comparison.{first}" not in _files(out)
    assert (out / "mine.txt").read_text() == "notes"


WRITER = """
import sys
from pathlib import Path
from neurosim.base.files import written_together
folder, name = Path(sys.argv[1]), sys.argv[2]
for turn in range(40):
    with written_together(folder, ("a", "b", "odd", "even")) as scratch:
        said = f"{name} {turn}"
        for file in ("a", "b", "odd" if turn % 2 else "even"):
            (scratch / file).write_text(said)
"""


def test_several_that_write_to_one_folder_leave_one_runs_files(tmp_path):
    every = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(k)]) for k in range(4)
    ]
    assert [each.wait() for each in every] == [0] * 4
    assert len(_files(tmp_path)) == 3
    assert len({file.read_text() for file in tmp_path.iterdir()}) == 1


@pytest.mark.slow
def test_twenty_runs_in_one_folder_leave_one_runs_files(tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "neurosim", *QUICK]
    every = [
        subprocess.Popen([*command, "--seed", str(k), "--out", str(out)], stdout=subprocess.DEVNULL)
        for k in range(20)
    ]
    assert [each.wait() for each in every] == [0] * 20
    seed = load_responses(out / "responses.nc").attrs["seed"]
    alone = tmp_path / "alone"
    assert main([*QUICK, "--seed", str(seed), "--out", str(alone)]) == 0
    _same(out, alone)
    assert sorted(file.name for file in out.iterdir()) == _files(alone)
