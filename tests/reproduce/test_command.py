"""The command: what it leaves, what it keeps, what it refuses, and what it does without torch."""

import subprocess
import sys

import pandas as pd
import pytest

from neurosim.base.extras import needs
from neurosim.cli import main
from neurosim.reproduce import (
    EXPERIMENTS,
)


@pytest.mark.parametrize("name", ["figure-3.7", "pooling-cancellation", "two-path-energy"])
def test_the_command_leaves_figure_table_and_verdict(name, tmp_path, capsys):
    assert main(["reproduce", name, "--out", str(tmp_path / "out"), "--repeats", "5"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{name}: supported\n")
    files = {file.name for file in (tmp_path / "out").iterdir()}
    assert files == {f"{name}.png", f"{name}.csv", f"{name}-verdict.csv"}
    table = pd.read_csv(tmp_path / "out" / f"{name}-verdict.csv")
    assert list(table["quantity"]) == [rule.quantity for rule in EXPERIMENTS[name].rules]
    assert (table["verdict"] == "supported").all()


def test_an_interrupt_keeps_what_is_finished(tmp_path, capsys, monkeypatch):
    def interrupted(self, run):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(EXPERIMENTS["two-path-energy"]), "run", interrupted)
    out = tmp_path / "out"
    assert main(["reproduce", "figure-3.7", "two-path-energy", "--out", str(out)]) == 130
    assert capsys.readouterr().err == f"neurosim: stopped; kept in {out}: figure-3.7\n"
    assert len(list(out.iterdir())) == 3


def test_a_reader_that_has_seen_enough_is_no_fault():
    # oracle: nothing on standard error, as of any command before | head
    code = (
        "import sys; from neurosim.cli import main; print('ready', flush=True); "
        "sys.stdin.readline(); sys.exit(main(['rectifiers']))"
    )
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    ran = subprocess.Popen([sys.executable, "-u", "-c", code], **pipes)
    ran.stdout.readline()
    ran.stdout.close()  # before it writes on, whatever the machine is doing
    ran.stdin.close()
    assert ran.stderr.read() == b""
    ran.stderr.close()
    assert ran.wait() == 141


def test_the_list_names_every_experiment(capsys):
    assert main(["reproduce"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n{name}\n" in f"\n{said}" for name in EXPERIMENTS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["swish"], "reproduce: expected names among figure-3.7"),
        (
            ["figure-3.7", "--seed", "-1", "--workers", "0"],
            "got -1; expected workers as a whole number",
        ),
        (["figure-3.7", "--repeats", "1"], "repeats >= 3, got 1 (fewer have no interval"),
        (["paired-filters", "--filters", "nowhere.npy"], "nowhere.npy"),
        (["relu-vs-tanh-speed", "--data", "nowhere"], "nowhere"),
    ],
)
def test_refusals(arguments, message, tmp_path, capsys):
    if "nowhere" in message:
        pytest.importorskip("torch")  # which would be asked for first
    out = tmp_path / "out"
    assert main(["reproduce", *arguments, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not out.exists()


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "sklearn", "safetensors"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda n, *a: None if n in ("torch", "sklearn") else find(n, *a)
"""
REST = """
import neurosim
for name in neurosim.__all__:
    if name != "RectifierRegressor":
        getattr(neurosim, name)
import neurosim.analysis.information_kept.kept
import neurosim.convnet.weights, neurosim.convnet.datasets
from neurosim.cli import main
main(["reproduce"])
print("listed", flush=True)
status = main(["reproduce", "--all"])
print(f"refused with {status}", file=sys.stderr)
try:
    from neurosim.convnet import GaborLayer
except neurosim.InputError as error:
    print(error, file=sys.stderr)
sys.exit(main(["reproduce", "figure-3.7", "--out", "out"]))
"""


def test_without_torch_the_rest_works_and_what_needs_it_names_the_extra(tmp_path):
    code = [sys.executable, "-c", WITHOUT + REST]  # one process for all of it
    done = subprocess.run(code, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed, _, ran = done.stdout.partition("listed\n")
    extra = needs("torch and scikit-learn", "convnet")
    assert listed.count(extra) == sum(len(each.needs) > 0 for each in EXPERIMENTS.values())
    assert ran.startswith("figure-3.7: supported")
    refused, _, layer = done.stderr.partition("refused with 2\n")
    assert "saturation needs torch and scikit-learn; " in refused
    assert refused.endswith(f" {extra}\n")
    assert layer == f"GaborLayer: {needs('torch', 'convnet')}\n"
