"""Recovery draws its generators from the family, and says what it cannot do."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, InputError, Parameter, Rectifier, recovery

FEW = {"trials": 5, "duration": 1.0, "cells": 3}


class Capped(Rectifier, register=False):
    """It declares no typical values."""

    ceiling = Parameter("c", "drive that saturates it", 0.5, low=0.0)

    @staticmethod
    def shape(x, ceiling):
        return x.clip(min=0) - (x - ceiling).clip(min=0)

    @staticmethod
    def slope(x, ceiling):
        return 1.0 * ((x > 0) & (x <= ceiling))


def test_by_default_every_rectifier_fitted_is_at_its_typical_values():
    # oracle: the same, spelled out
    names = ["half-wave", "power law"]
    spelled = {name: dict(RECTIFIERS[name].typical) for name in names}
    found = recovery(rectifiers=names, **FEW)
    again = recovery({"constant rate": {}, **spelled}, rectifiers=names, **FEW)
    assert found.within_two_se == again.within_two_se
    assert found.generating == ["constant rate", *names]


def test_what_a_generator_leaves_out_is_typical():
    # oracle: the same, spelled out; a name of either kind
    typical = RECTIFIERS["thresholded half-wave"].typical
    part = recovery({"relu with a bias": {"gain": 50}}, seed=2, **FEW)
    whole = recovery({"thresholded half-wave": {**typical, "gain": 50}}, seed=2, **FEW)
    assert part.generating == ["thresholded half-wave"]
    assert part.confusion.tolist() == whole.confusion.tolist()
    assert part.within_two_se == whole.within_two_se


def test_a_rectifier_that_declares_nothing_and_is_not_in_the_family():
    # oracle: it bends at half of the drives shown, so it is no half-wave
    found = recovery(rectifiers=["half-wave", Capped()], trials=40, duration=1.0, cells=10)
    assert found.generating == ["constant rate", "half-wave", "Capped"]
    assert found.verdicts == [*found.generating, "none", "undetermined"]
    assert (found.shares["false"] == 0).all()
    assert (found.shares["truth"] >= 0.8).all()
    assert found.worst_rival[2] > 10


def test_alone_its_rival_is_the_constant_rate():
    found = recovery(rectifiers=["half-wave"], **FEW)
    assert found.worst_rival[0] == np.inf
    assert 10 < found.worst_rival[1] < np.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cells": "a"}, "recovery: expected cells as a whole number >= 1, got a"),
        ({"trials": 0, "seed": -1}, "expected trials as a whole .*; expected seed as a whole"),
        ({"duration": 0}, "expected duration > 0 s, got 0"),
        ({"rectifiers": []}, "expected at least one rectifier, got none"),
        ({"generators": {}}, "expected at least one generator, got none"),
        (
            {"generators": {"logistic": {}}},
            r"expected generators among the rectifiers fitted \(constant rate, half",
        ),
        ({"generators": {"none of them": {}}}, r"rectifier: expected one of .*'half-wave'"),
        ({"generators": {"ReLU": {"gian": 3}}}, "half-wave: expected parameters among r0, gain"),
        (
            {"rectifiers": ["ReLU", "modulus"]},
            "generators of the drive alone, got modulus, which needs quadrature",
        ),
    ],
)
def test_recovery_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        recovery(**{**FEW, **arguments})


def test_the_figure_shows_the_confusion_matrix():
    # oracle: the table
    found = recovery(rectifiers=["half-wave", "half-squared"], **FEW)
    axes = found.plot().axes[0]
    share = found.confusion / found.confusion.sum(1, keepdims=True)
    assert axes.images[0].get_array().tolist() == share.tolist()
    assert [t.get_text() for t in axes.get_xticklabels()] == found.verdicts
    assert axes.get_yticklabels()[1].get_text().startswith("half-wave (")


def _held_to_its_promise(found, cells):
    """False claims in at most 5 % of the cells of every truth, less two standard errors."""
    assert (found.shares["false"] <= 0.05 + 2 * (0.05 * 0.95 / cells) ** 0.5).all()


@pytest.mark.parametrize(("conditions", "trials"), [(5, 3), (6, 10), (8, 100)])
def test_little_is_said_that_is_false(conditions, trials):
    # oracle: the truth; a part of the tables of docs/recovery.md
    truths = ("constant rate", "thresholded half-wave", "noise-smoothed threshold")
    x = np.linspace(-1, 1, conditions)
    found = recovery({name: {} for name in truths}, x, trials, cells=40, seed=conditions)
    _held_to_its_promise(found, 40)
    assert (found.names_left >= 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("trials", [3, 10, 100])
@pytest.mark.parametrize("conditions", [5, 6, 8, 12, 25])
def test_little_is_said_that_is_false_in_full(conditions, trials):
    found = recovery(x=np.linspace(-1, 1, conditions), trials=trials, cells=400, seed=11)
    _held_to_its_promise(found, 400)


@pytest.mark.slow
def test_much_is_said_where_the_design_allows_it():
    # oracle: the truth; softplus and the noise-smoothed threshold are twins
    found = recovery(cells=400, seed=11)
    _held_to_its_promise(found, 400)
    assert (found.shares["kind"] >= 0.95).all()
    twins = ["noise-smoothed threshold", "softplus"]
    others = [name not in twins for name in found.generating]
    assert (found.shares["truth"][others] >= 0.9).all()
