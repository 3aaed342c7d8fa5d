"""The rules, the command, and the experiments that need no network."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import ttest_1samp

from neurosim.cli import main
from neurosim.reproduce import EXPERIMENTS, Found, Outcome, Reproduction, Rule, Run
from neurosim.reproduce.energy import _even_harmonics, _from_noise, _phase_of
from neurosim.reproduce.pooling import _change, _share_left

NAMES = [
    "figure-3.7",
    "relu-vs-tanh-speed",
    "saturation",
    "sparsity-and-dead-units",
    "leaky-and-prelu",
    "paired-filters",
    "crelu-parameters",
    "srelu-initialisation",
    "elu-noise",
    "pooling-cancellation",
    "two-path-energy",
    "keep-both",
    "neuron-as-rectifier",
]


def test_every_experiment_of_the_list_is_there_in_its_order():
    assert list(EXPERIMENTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_says_what_it_tests(name):
    each = EXPERIMENTS[name]
    assert each.statement.endswith(".")
    assert "Hadji & Wildes 2018" in each.source
    assert each.rules
    assert len({rule.quantity for rule in each.rules}) == len(each.rules)


def test_a_rule_is_decided_by_students_interval():
    # oracle: scipy's one-sample t-test at 1 %, both ways
    random = np.random.default_rng(0)
    for _ in range(200):
        values = random.normal(random.uniform(-2, 2), 1.0, 6)
        found = Rule("q", ">", 0.0).decide(values)
        p = ttest_1samp(values, 0.0).pvalue
        verdict = "inconclusive"
        if p < 0.01:
            verdict = "supported" if values.mean() > 0 else "not supported"
        assert found.verdict == verdict
        assert found.low <= found.mean <= found.high


@pytest.mark.parametrize(
    ("relation", "values", "verdict"),
    [
        (">", [2.0], "supported"),
        ("<", [2.0], "not supported"),
        ("<", [0.5, 0.5, 0.5], "supported"),
        (">", [1.0, 1.0], "inconclusive"),  # at the bound itself
        (">", [2.0, np.nan], "inconclusive"),  # a seed that could not measure it
        (">", [2.0, np.inf], "inconclusive"),
    ],
)
def test_decisions_by_hand(relation, values, verdict):
    assert Rule("q", relation, 1.0).decide(values).verdict == verdict


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ((3, 3), "supported"),
        ((3, -3), "not supported"),
        ((3, np.nan), "inconclusive"),
        ((np.nan, -3), "not supported"),
    ],
)
def test_a_statement_needs_every_rule(verdicts, whole):
    decided = tuple(Rule("q", ">", 0.0).decide([v]) for v in verdicts)
    found = Found(pd.DataFrame(), Figure(), {})
    assert Outcome(EXPERIMENTS["figure-3.7"], found, decided).verdict == whole


def test_an_experiment_reports_what_its_rules_name():
    class Forgetful(Reproduction):
        name = "forgetful"
        statement = source = "none"
        rules = (Rule("this", ">", 0.0),)

        def run(self, run):
            return Found(pd.DataFrame(), Figure(), {"that": 1.0})

    try:
        with pytest.raises(TypeError, match=r"forgetful: measured \{'that'\}, not \{'this'\}"):
            EXPERIMENTS["forgetful"].outcome(Run())
    finally:
        del EXPERIMENTS["forgetful"]


def _double(value):
    if value < 0:
        raise ValueError("negative")
    return 2 * value


def test_jobs_come_back_in_order_from_one_process_and_from_two():
    # oracle: the builtin map
    jobs = [5, 1, 4, 2, 3]
    for workers in (1, 2):
        with Run(workers=workers) as run:
            assert run.map(_double, jobs) == [10, 2, 8, 4, 6]
            with pytest.raises(ValueError, match="negative"):
                run.map(_double, [1, -1, 2])


def test_seeds_differ_between_base_seeds():
    assert Run(seed=1).seeds(3) == [1000, 1001, 1002]
    assert Run(seed=2, repeats=2).seeds(3) == [2000, 2001]


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
    code = "import sys; from neurosim.cli import main; sys.exit(main(['rectifiers']))"
    ran = subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    ran.stdout.readline()
    ran.stdout.close()
    assert ran.stderr.read() == b""
    ran.stderr.close()
    assert ran.wait() == 141


def test_same_seed_same_numbers():
    with Run(seed=4, repeats=2, workers=1) as run:
        one, two = (EXPERIMENTS["two-path-energy"].outcome(run).decided for _ in range(2))
    assert [d.mean for d in one] == [d.mean for d in two]


def test_the_list_names_every_experiment(capsys):
    assert main(["reproduce"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n{name}\n" in f"\n{said}" for name in NAMES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["swish"], "reproduce: expected names among figure-3.7"),
        (["figure-3.7", "--seed", "-1", "--workers", "0"], "seed >= 0, got -1; expected workers"),
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


def _without_torch(code, tmp_path):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )


def test_without_torch_the_rest_works(tmp_path):
    done = _without_torch(
        "import neurosim\n"
        "for name in neurosim.__all__:\n"
        "    if name != 'RectifierRegressor': getattr(neurosim, name)\n"
        "import neurosim.analysis.information_kept.kept\n"
        "import neurosim.convnet.weights, neurosim.convnet.datasets\n"
        "from neurosim.cli import main\n"
        "sys.exit(main(['reproduce', 'figure-3.7', '--out', 'out']))",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("figure-3.7: supported")


def test_without_torch_what_needs_it_names_the_extra(tmp_path):
    listed = _without_torch("from neurosim.cli import main; main(['reproduce'])", tmp_path)
    extra = "needs torch and scikit-learn: pip install 'neurosim[convnet]'"
    assert listed.stdout.count(extra) == sum(len(each.needs) > 0 for each in EXPERIMENTS.values())
    ran = _without_torch(
        "from neurosim.cli import main\nsys.exit(main(['reproduce', '--all']))", tmp_path
    )
    assert ran.returncode == 2
    assert "saturation needs torch and scikit-learn; " in ran.stderr
    assert ran.stderr.endswith("pip install 'neurosim[convnet]'\n")
    layer = _without_torch(
        "from neurosim.convnet import GaborLayer",
        tmp_path,
    )
    assert "GaborLayer: needs torch: pip install 'neurosim[convnet]'" in layer.stderr


def test_energy_is_the_spectrums():
    # oracle: Parseval, inside the experiment; and a sign lost would double the angle's errors
    spectral, energy, wrong, turned = _from_noise(3)
    assert np.corrcoef(spectral, energy)[0, 1] > 1 - 1e-12
    assert wrong < 1e-12
    assert turned < 1e-9
    angle = np.radians([10.0, 100.0, 190.0, 280.0])
    x = np.stack([np.cos(angle), np.sin(angle)], -1)
    paths = np.stack([x.clip(min=0) ** 2, x.clip(max=0) ** 2], -1).reshape(4, 4)
    assert _phase_of(paths) % 360 == pytest.approx([10, 100, 190, 280])


def test_ripple_leaves_out_the_scatter_of_counts():
    # oracle: a wave of the fourth harmonic by hand
    phase = np.radians(np.arange(0, 360, 15))
    wave = 5 + np.cos(4 * phase) + 0.3 * np.cos(3 * phase) + 0.2 * np.sin(7 * phase)
    assert _even_harmonics(wave) == pytest.approx(5 + np.cos(4 * phase))
    # the rule's bound: four half-wave paths
    halves = _even_harmonics(np.abs(np.cos(phase)) + np.abs(np.sin(phase)))
    bound = next(
        r.bound
        for r in EXPERIMENTS["two-path-energy"].rules
        if "spikes" in r.quantity and "ripple" in r.quantity
    )
    assert np.ptp(halves) / halves.mean() == pytest.approx(bound, abs=5e-5)


def test_pooling_measures_by_hand():
    checks = np.indices((8, 8)).sum(0) % 2 * 2.0 - 1.0  # +1 and -1 in turn
    assert _share_left(checks, 2) == 0
    assert _share_left(np.abs(checks), 2) == 1
    assert _change(checks, 1, 1) == pytest.approx(2.0)  # every value changes its sign
    assert _change(np.abs(checks), 1, 1) == 0


def test_the_trained_layer_is_seeded():
    pytest.importorskip("torch")
    from neurosim.convnet.datasets import digits
    from neurosim.reproduce.pairs import _trained

    every = digits()
    data = replace(
        every, train_images=every.train_images[:64], train_labels=every.train_labels[:64]
    )
    one, two = _trained((data, 1)), _trained((data, 1))
    assert np.array_equal(one, two)
    assert one.shape == (32, 1, 5, 5)
    assert not np.array_equal(one, _trained((data, 2)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "verdict"),
    [("neuron-as-rectifier", "supported"), ("paired-filters", "not supported")],
)
def test_whole_runs(name, verdict):
    # oracle: the same experiment on other base seeds, see the table in docs/convnet.md
    pytest.importorskip("torch")
    for seed in range(3):
        with Run(seed=seed) as run:
            assert EXPERIMENTS[name].outcome(run).verdict == verdict
