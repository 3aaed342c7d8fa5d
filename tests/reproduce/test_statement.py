"""Statements, and the rules that decide them."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from neurosim import InputError
from neurosim.reproduce import EXPERIMENTS, Found, Outcome, Reproduction, Rule, Run
from neurosim.reproduce.statement import half_interval

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
    # oracle: the order of the text; what is added stands where its number says
    assert [name for name in EXPERIMENTS if name in NAMES] == NAMES
    numbers = [each.number for each in EXPERIMENTS.values()]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("name", EXPERIMENTS)
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


def test_the_interval_of_a_mean_over_seeds():
    # oracle: Student's t by its quantile; equal values have no width and one value no interval,
    # neither with a warning
    values = np.random.default_rng(1).normal(3.0, 2.0, (2, 5))
    reach = student.ppf(0.995, 4) * values.std(axis=1, ddof=1) / np.sqrt(5)
    assert half_interval(values) == pytest.approx(reach)
    assert half_interval(np.full((2, 3), 0.1)) == pytest.approx(0, abs=1e-15)
    assert np.isnan(half_interval([[0.1], [0.2]])).all()


def test_an_experiment_that_cannot_be_is_refused_with_all_reasons():
    with pytest.raises(
        InputError, match=r"Bare: expected name, statement, source, rules in .* run"
    ):
        type("Bare", (Reproduction,), {})
    body = {"statement": "It is.", "source": "None", "rules": (Rule("q", ">", 0.0),)}
    body |= {"name": "keep-both", "run": lambda self, run: None}
    with pytest.raises(InputError, match="Twin: expected a name of its own, got 'keep-both'"):
        type("Twin", (Reproduction,), body)
