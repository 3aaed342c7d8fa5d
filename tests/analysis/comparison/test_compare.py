"""A comparison checks and reduces its data once, and what is drawn of it fits nothing."""

import sys

import numpy as np
import pytest

from neurosim import (
    RECTIFIERS,
    Comparison,
    InputError,
    ScatterWarning,
    compare,
    fit,
    responses_from_counts,
)
from neurosim.analysis.comparison.held_out import folds_by_condition
from neurosim.analysis.fitting.likelihoods import LIKELIHOODS
from neurosim.data.counts import Counts
from neurosim.data.repeats import Repeats

OF_COUNTS = [name for name, each in LIKELIHOODS.items() if each.of == "counts"]


def _responses(cells=3, seed=0, most=1):
    x = np.linspace(-1, 1, 12)
    rate = 3 + 30 * np.maximum(x, 0)[:, None, None]
    count = np.random.default_rng(seed).poisson(rate / most, (12, cells, 4))
    if most > 1:  # what every likelihood of counts can be of: a spike in a trial, or none
        count = np.minimum(count, 1)
    return responses_from_counts(np.repeat(x[:, None], cells, axis=1), count, 1.0)


@pytest.fixture
def calls(monkeypatch):
    """How often each function is called, under whatever name a module knows it."""
    number: dict[str, int] = {}

    def counted(name, function):
        def wrapper(*args, **kwargs):
            number[name] = number.get(name, 0) + 1
            return function(*args, **kwargs)

        return wrapper

    for name in ("check_responses", "best_parameters", "fit_counts"):
        for module in list(sys.modules.values()):
            ours = getattr(module, "__name__", "").startswith("neurosim.")
            function = vars(module).get(name) if ours else None
            if callable(function):
                monkeypatch.setattr(module, name, counted(name, function))
    for owner, name in ((Repeats, "from_responses"), (Counts, "from_repeats")):
        function = getattr(owner, name)
        monkeypatch.setattr(owner, name, counted(name, function))
    return number


@pytest.mark.parametrize("likelihood", OF_COUNTS)
def test_one_check_and_one_reduction_and_drawing_fits_nothing(likelihood, calls):
    responses = _responses(most=30)
    calls.clear()
    found = compare(responses, ["half-wave", "half-squared"], folds=3, likelihood=likelihood)
    assert calls["check_responses"] == 1
    assert calls["from_responses"] == 1
    assert calls["from_repeats"] == 1
    assert calls["best_parameters"] > 0
    calls.clear()
    found.plot()
    assert found.table is not None
    assert found.summary is not None
    assert found.report()
    assert repr(found)
    assert calls == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"folds": "5"}, "folds as a whole number from 2 to 12, got 5"),
        ({"folds": float("nan")}, "folds as a whole number from 2 to 12, got nan"),
        ({"folds": 2.5}, "folds as a whole number from 2 to 12, got 2.5"),
        ({"folds": True}, "folds as a whole number from 2 to 12, got True"),
        ({"seed": "a"}, "seed as a whole number >= 0, got a"),
        ({"seed": None}, "seed as a whole number >= 0, got None"),
        ({"likelihood": 3}, r"likelihood .*'Poisson'.*, got 3"),
        ({"rectifiers": 3}, "rectifier"),
    ],
)
def test_what_cannot_be_is_refused_by_name(arguments, message):
    with pytest.raises(InputError, match=message):
        compare(_responses(), **{"rectifiers": ["ReLU"], **arguments})


def test_whole_numbers_of_any_type_are_whole_numbers():
    one, other = (compare(_responses(), ["ReLU"], folds=f, seed=s) for f, s in ((3, 1), (3.0, 1.0)))
    assert one.table.equals(other.table)


def test_a_comparison_without_scores_has_its_tables():
    responses = _responses()
    fits = [fit(name, responses) for name in ("half-wave", "half-squared")]
    bare = Comparison(responses, fits, [], 0)
    assert not any("held-out" in column for column in (*bare.table, *bare.summary))
    assert bare.table["chosen"].sum() == 3
    bare.plot()
    with pytest.raises(InputError, match="expected 2 held-out scores, or none, got 1"):
        Comparison(responses, fits, compare(responses, ["ReLU"]).scores[1:], 5)


def test_the_summary_of_dispersed_counts_has_their_deviance():
    # oracle: a deviance near its degrees of freedom where rectifier and likelihood are right, and
    # far above them where the likelihood is Poisson's
    x = np.linspace(-1, 1, 25)
    mean = 10 + 60 * np.maximum(x, 0)[:, None, None]
    count = np.random.default_rng(2).negative_binomial(2, 2 / (2 + mean), (25, 20, 10))
    responses = responses_from_counts(np.repeat(x[:, None], 20, axis=1), count, 1.0)
    column = "median deviance per degree of freedom"
    right = compare(responses, ["half-wave"], likelihood="negative binomial").summary[column][1]
    with pytest.warns(ScatterWarning, match=r"contradict Poisson counts in 20 of 20 cells"):
        wrong = compare(responses, ["half-wave"], likelihood="Poisson").summary[column][1]
    assert right == pytest.approx(1, abs=0.2)
    assert wrong > 10


@pytest.mark.parametrize("name", ["half-wave", "leaky half-wave", "ELU"])
def test_held_out_scores_with_a_rate_at_rest_that_is_known(name):
    # oracle: Poisson's probabilities at the rates that fits without each fold have there
    from scipy.stats import poisson

    random = np.random.default_rng(8)
    x = np.array([-1, -0.6, -0.2, 0.1, 0.4, 0.7, 1.0])
    rate = 12 + 30 * np.maximum(x, 0) + 6 * np.minimum(x, 0)
    count = random.poisson(rate[:, None], (7, 8))
    found = compare(
        responses_from_counts(x, count, 1.0), [name], likelihood="Poisson", fixed={"r0": 12.0}
    )
    fold = folds_by_condition(7, 5, 0)
    expected = 0.0
    for k in range(5):
        kept = fold != k
        some = fit(name, responses_from_counts(x[kept], count[kept], 1.0), "Poisson", {"r0": 12.0})
        named = dict(zip(some.rectifier.parameter_names, some.values[0], strict=True))
        there = RECTIFIERS[name].rate(x[~kept], **named)
        expected += poisson.logpmf(count[~kept], np.maximum(there, 0)[:, None]).sum()
    score = found.scores[-1]  # the constant rate, which has fewer parameters, is first
    assert score.log_likelihood[0] == pytest.approx(expected, abs=2e-3)
