"""Runs of experiments: seeds and processes, and whole runs of each experiment."""

import math

import numpy as np
import pytest

from neurosim.reproduce import (
    EXPERIMENTS,
    Run,
    crelu,
    elu_noise,
    few_images,
    keep_both,
    leaky,
    saturation,
    sparsity,
    speed,
    srelu,
)

OF_LEARNING = ("relu-vs-tanh-speed", "saturation", "sparsity-and-dead-units", "elu-noise")
OF_KEEPING = ("leaky-and-prelu", "crelu-parameters", "srelu-initialisation", "keep-both")


def test_jobs_come_back_in_order_from_one_process_and_from_two():
    # oracle: the builtin map; a function that a process need not import this file for
    jobs = [25, 1, 16, 4, 9]
    for workers in (1, 2):
        with Run(workers=workers) as run:
            assert run.map(math.sqrt, jobs) == [5, 1, 4, 2, 3]
            with pytest.raises(ValueError, match=r"domain|nonnegative"):
                run.map(math.sqrt, [1, -1, 2])


def test_seeds_differ_between_base_seeds():
    assert Run(seed=1).seeds(3) == [1000, 1001, 1002]
    assert Run(seed=2, repeats=2).seeds(3) == [2000, 2001]


def test_same_seed_same_numbers():
    with Run(seed=4, repeats=2, workers=1) as run:
        one, two = (EXPERIMENTS["two-path-energy"].outcome(run).decided for _ in range(2))
    assert [d.mean for d in one] == [d.mean for d in two]


@pytest.fixture
def small(monkeypatch, poisson_neuron):
    """Every experiment on few images for an epoch."""
    pytest.importorskip("torch")
    monkeypatch.setattr(speed, "RATES", (0.05, 0.1))
    monkeypatch.setattr(speed, "TUNING_SEEDS", 1)
    monkeypatch.setattr(speed, "NETWORKS", 1)
    monkeypatch.setattr(speed, "EPOCHS", 2)
    monkeypatch.setattr(speed, "TUNING_EPOCHS", 1)
    monkeypatch.setattr(sparsity, "EPOCHS", 1)
    monkeypatch.setattr(saturation, "NETWORKS", 1)
    monkeypatch.setattr(saturation, "UNITS", 16)
    monkeypatch.setattr(elu_noise, "EPOCHS", 1)
    monkeypatch.setattr(elu_noise, "DRAWS", 2)
    for module in (leaky, crelu, srelu, keep_both):
        monkeypatch.setattr(module, "_IMAGES", 20)
        monkeypatch.setattr(module, "_EPOCHS", 1)
        monkeypatch.setattr(module, "_NETWORKS", 2)
    monkeypatch.setattr(few_images, "_TESTED", 30)
    monkeypatch.setattr(keep_both, "_RATES", (0.002, 0.01))
    monkeypatch.setattr(keep_both, "_CHOOSING", 1)
    monkeypatch.setattr(keep_both.Neuron, "simulated", lambda *_: poisson_neuron)


@pytest.mark.parametrize("name", OF_LEARNING)
def test_any_images_will_do_and_a_seed_is_a_result(colour, small, name):
    # oracle: the same seed twice; colour images of another size than the digits'
    found = []
    for _ in range(2):
        with Run(seed=1, repeats=2, workers=1, data=colour()) as run:
            found.append(EXPERIMENTS[name].outcome(run))
    for one, two in zip(found[0].decided, found[1].decided, strict=True):
        np.testing.assert_equal((one.mean, one.low, one.high), (two.mean, two.low, two.high))
        assert one.seeds == 2
    assert found[0].found.table.equals(found[1].found.table)
    found[0].found.figure.draw_without_rendering()  # warnings are errors


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_LEARNING)
def test_no_verdict_flips_between_base_seeds(name):
    # oracle: the verdicts of other seeds; inconclusive is allowed beside either
    pytest.importorskip("torch")
    verdicts = []
    for seed in range(3):
        with Run(seed=seed, workers=2) as run:
            verdicts.append([one.verdict for one in EXPERIMENTS[name].outcome(run).decided])
    for rule in zip(*verdicts, strict=True):
        assert not {"supported", "not supported"} <= set(rule)


@pytest.mark.parametrize("name", OF_KEEPING)
def test_a_small_run_says_everything(small, bars, name):
    """Oracle: the declared rules; each quantity once per seed or exact; a figure with labels."""
    with Run(seed=0, repeats=2, workers=1, data=bars(12, 3)) as run:
        outcome = EXPERIMENTS[name].outcome(run)
    assert len(outcome.decided) == len(EXPERIMENTS[name].rules)
    assert all(one.seeds in (1, 2) and np.isfinite(one.mean) for one in outcome.decided)
    assert outcome.verdict in ("supported", "not supported", "inconclusive")
    assert len(outcome.found.table) >= 4
    outcome.found.figure.canvas.draw()
    assert outcome.found.figure.axes[-1].get_xlabel() or outcome.found.figure.axes[-1].get_ylabel()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("leaky-and-prelu", {"not supported", "inconclusive"}),
        ("crelu-parameters", {"supported", "inconclusive"}),
        ("srelu-initialisation", {"supported"}),
        ("keep-both", {"not supported", "inconclusive"}),
    ],
)
def test_verdicts_do_not_flip(name, allowed):
    """Oracle: the same experiment on other seeds; supported never becomes not supported."""
    pytest.importorskip("torch")
    for seed in range(3):
        with Run(seed=seed) as run:
            assert EXPERIMENTS[name].outcome(run).verdict in allowed


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
