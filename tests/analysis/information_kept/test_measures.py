"""The measures' errors."""

import numpy as np
import pytest

from neurosim import what_is_kept
from neurosim.analysis.information_kept.measures import jackknife


def test_errors_are_the_spread_over_samples():
    # oracle: the standard deviation over independent ensembles
    found = [
        what_is_kept(np.random.default_rng(seed).standard_normal(2000), ["ReLU"]).table.iloc[1]
        for seed in range(40)
    ]
    for measure in ("energy kept", "energy passed", "sparseness", "noise passed"):
        spread = np.std([row[measure] for row in found], ddof=1)
        stated = np.mean([row[f"{measure} SE"] for row in found])
        assert 0.6 < stated / spread < 1.6, measure


def test_the_jackknife_of_a_mean():
    # oracle: the textbook standard error
    x = np.random.default_rng(0).standard_normal(50)
    value, error = jackknife(np.array([x, np.ones(50)]), lambda s: s[0] / s[1])
    assert (value, error) == pytest.approx((x.mean(), x.std(ddof=1) / np.sqrt(50)))
    assert np.isnan(jackknife(np.zeros((2, 3)), lambda s: s[0] / s[1])).all()
