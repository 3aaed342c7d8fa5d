"""SReLU's starts: best and worst are chosen on other seeds."""

import numpy as np
import pytest

from neurosim.reproduce import srelu
from neurosim.reproduce.statement import Rule


def test_best_and_worst_are_chosen_on_other_seeds():
    """Oracle: by hand. Even seeds say start 0 is best and 1 worst, odd seeds the reverse, so
    neither choice holds on the other half and the difference is negative for every seed."""
    even, odd = [1.0, 1.2], [5.0, 5.2]
    error = np.array([[even, odd, even, odd], [odd, even, odd, even]])
    difference, deviation = srelu.best_and_worst(error)
    assert difference == pytest.approx([-4.0] * 4)
    assert deviation == pytest.approx(np.std([1.0, 1.2, 1.0, 1.2], ddof=1))


def test_no_difference_is_no_finding():
    """Oracle: of nine equal starts the best beats the worst by luck: by the expected range of
    nine normals, 2.970 standard errors. Chosen elsewhere, by nothing in the mean."""
    elsewhere, on_all = [], []
    for seed in range(400):
        error = np.random.default_rng(seed).normal(6, 1, (9, 10, 2))
        elsewhere.append(srelu.best_and_worst(error)[0].mean())
        on_all.append(np.ptp(error.mean(axis=(1, 2))))
    reach = 4 * np.std(elsewhere) / 20
    assert abs(np.mean(elsewhere)) < reach < 0.1
    assert np.mean(on_all) == pytest.approx(2.970 / np.sqrt(20), rel=0.05)


def test_one_seed_cannot_choose_elsewhere():
    """Oracle: there is no other half; not a number, hence inconclusive."""
    difference, deviation = srelu.best_and_worst(np.ones((3, 1, 2)))
    assert np.isnan(difference).all()
    assert np.isnan(deviation).all()
    assert Rule("difference", ">", 0.0).decide(difference).verdict == "inconclusive"
