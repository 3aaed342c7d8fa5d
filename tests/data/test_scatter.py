"""Scatter within conditions, against Poisson's."""

import numpy as np
import pytest
from scipy.stats import chi2, gamma

from neurosim.data.repeats import Repeats, repeats_of
from neurosim.data.scatter import scatter_of, unseen


def _found(count):
    """Of counts (condition, cell, trial)."""
    return scatter_of(repeats_of(count, None, "test")[0])


def _of_lengths(count, seconds):
    """Of counts (cell, trial) of one condition."""
    exists = np.ones((len(count), 1, len(seconds)), dtype=bool)
    shape = exists * np.asarray(seconds)
    return Repeats(count[:, None].astype(float), exists, shape, np.arange(len(count)))


@pytest.mark.parametrize("seconds", [[1, 1, 1, 1, 1], [0.2, 0.4, 1, 1, 3]])
@pytest.mark.parametrize("spikes", [2, 7, 40])
def test_moments_given_the_spikes_are_exact(seconds, spikes):
    # oracle: multinomial counts
    share = np.asarray(seconds) / np.sum(seconds)
    count = np.random.default_rng(1).multinomial(spikes, share, 40_000)
    found = scatter_of(_of_lengths(count, seconds))
    statistic = found.fano * found.freedom
    assert statistic.mean() == pytest.approx(4, rel=0.02)
    assert found.freedom[0] == 4
    # p of the gamma distribution of the exact moments, at a statistic of its own
    size = (statistic.mean() ** 2 / statistic.var(), statistic.var() / statistic.mean())
    p = gamma.sf(statistic[:50], size[0], scale=size[1])
    assert found.more[:50] == pytest.approx(p, abs=0.02)


@pytest.mark.parametrize("mean", [0.1, 0.3, 2.0, 20.0])
def test_size_at_the_twenty_per_cent_level(mean):
    # at a mean of 0.1 a condition of ten trials has one spike
    count = np.random.default_rng(2).poisson(mean, (8, 4000, 10))
    found = _found(count)
    few = mean < 0.2  # the statistic then has few values
    assert (found.more < 0.1).mean() == pytest.approx(0.1, abs=0.04 if few else 0.025)
    assert (np.minimum(found.more, found.less) < 0.1).mean() <= 0.22


def test_what_says_nothing_says_nothing():
    # one trial, one spike, none
    for count in ([[3], [5]], [[0, 1], [1, 0]], [[0, 0], [0, 0]]):
        found = _found(np.array(count)[:, None, :])
        assert (found.more[0], found.less[0]) == (1, 1)
        assert (found.most[0], found.excess[0]) == (np.inf, np.inf)
    assert (unseen(2).more == 1).all()


def test_fano_factor_and_limits_by_hand():
    # one squared deviation of 1 twice about a mean of 2, none about 4
    found = _found(np.array([[[1, 3]], [[4, 4]]]))
    assert (found.fano[0], found.freedom[0]) == (0.5, 2)
    assert found.most[0] == pytest.approx(1 / chi2.ppf(0.05, 2))
    assert found.excess[0] == pytest.approx(2 * (found.most[0] - 1) / (2 + 4))


def test_limits_are_above_the_truth_in_all_but_a_twentieth():
    # of a scatter near Poisson's, of which it is asked
    dispersion = 0.1
    mean = np.array([2.0, 4, 8, 16, 2, 4, 8, 16])[:, None, None]
    size = 1 / dispersion
    chance = size / (size + mean)
    count = np.random.default_rng(3).negative_binomial(size, chance, (8, 2000, 5))
    found = _found(count)
    assert (found.excess > dispersion).mean() >= 0.9
