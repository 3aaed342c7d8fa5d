"""Trials of unequal length: each counts by its own."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.optimize import minimize
from scipy.stats import nbinom

from neurosim import (
    InputError,
    compare,
    count_variability,
    fit,
    load_responses,
    orientation_selectivity,
    response_ceilings,
    responses_from_counts,
    responses_from_table,
    save_responses,
)
from neurosim.data.repeats import repeats_of

X = np.linspace(-1, 1, 8)
RATE = 4 + 40 * np.maximum(X, 0)  # Hz


def _unequal(cells, trials, seed, dispersion=0.0, least=0.5, most=2.0):
    """Counts of trials of random lengths, and those of equal ones of the same time in all."""
    random = np.random.default_rng(seed)
    shape = (X.size, cells, trials)
    seconds = random.uniform(least, most, shape)
    gain = random.gamma(1 / dispersion, dispersion, shape) if dispersion else 1.0
    uneven = random.poisson(gain * RATE[:, None, None] * seconds)
    same = np.broadcast_to(seconds.mean(-1, keepdims=True), shape)
    even = random.poisson(gain * RATE[:, None, None] * same)
    drive = np.repeat(X[:, None], cells, axis=1)
    return tuple(
        responses_from_counts(drive, count, length)
        for count, length in ((uneven, seconds), (even, same))
    )


def _scatter(cells, seed):
    uneven, even = _unequal(cells, 10, seed)
    assert uneven["duration"].dims == ("stimulus", "cell", "trial")
    assert even["duration"].dims == ("stimulus", "cell")
    fano = [count_variability(each)["Fano factor"] for each in (uneven, even)]
    for one in fano:  # p is uniform where counts are Poisson's
        assert np.mean(one.more["Poisson p"] < 0.05) == pytest.approx(0.05, abs=0.25 / cells**0.5)
    means = [one.value.mean() for one in fano]
    assert means == pytest.approx([1.0, 1.0], abs=0.4 / cells**0.5)
    ceilings = [response_ceilings(each, samples=100) for each in (uneven, even)]
    for name in ("signal power", "noise power", "CCmax", "split-half ceiling"):
        one, other = (np.nanmean(each[name].value) for each in ceilings)
        assert one == pytest.approx(other, rel=0.02 + 0.3 / cells**0.5), name
    fits = [fit("half-wave", each, "negative binomial") for each in (uneven, even)]
    assert np.median(fits[0].scatter) < 0.01
    truth = [4, 40]
    covers = []
    for found in (fit("half-wave", each).intervals for each in (uneven, even)):
        covers.append(((found.low <= truth) & (truth <= found.high)).mean(0))
    assert covers[0] == pytest.approx(covers[1], abs=0.02 + 0.6 / cells**0.5)
    assert min(covers[0]) >= 0.92 - 0.44 / cells**0.5


def test_poisson_counts_scatter_as_much_as_in_equal_trials():
    _scatter(cells=100, seed=1)


@pytest.mark.slow
def test_poisson_counts_scatter_as_much_as_in_equal_trials_of_many_cells():
    _scatter(cells=2000, seed=2)


@pytest.mark.parametrize("dispersion", [0.2, 0.6])
def test_a_dispersion_is_found_in_unequal_trials(dispersion):
    uneven, even = _unequal(60, 10, 3, dispersion)
    found = [np.median(fit("half-wave", each).scatter) for each in (uneven, even)]
    assert found == pytest.approx([dispersion] * 2, rel=0.2)


def test_negative_binomial_likelihood_is_of_single_trials():
    # oracle: scipy.stats.nbinom of every trial, maximised by Nelder and Mead
    uneven, _ = _unequal(1, 6, 4, 0.5)
    count, seconds = uneven["count"].values[:, 0], uneven["duration"].values[:, 0]

    def loss(p):
        mean, size = (p[0] + p[1] * np.maximum(X, 0))[:, None] * seconds, 1 / np.exp(p[2])
        return -nbinom.logpmf(count, size, size / (size + mean)).sum()

    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    best = minimize(loss, [4, 40, -1], method="Nelder-Mead", options=options)
    fitted = fit("half-wave", uneven, "negative binomial")
    assert fitted.log_likelihood[0] == pytest.approx(-best.fun, abs=1e-6)
    assert fitted.values[0] == pytest.approx(best.x[:2], rel=1e-3)
    assert fitted.scatter[0] == pytest.approx(np.exp(best.x[2]), rel=1e-3)


def test_regular_counts_of_unequal_trials_are_regular():
    random = np.random.default_rng(5)
    seconds = random.uniform(0.5, 2, (8, 30, 10))
    count = np.round(RATE[:, None, None] * seconds + random.uniform(-1, 1, seconds.shape))
    made = responses_from_counts(np.repeat(X[:, None], 30, axis=1), np.maximum(count, 0), seconds)
    fitted = fit("half-wave", made)
    assert set(fitted.families) == {"under-dispersed"}
    found = fitted.intervals
    assert (found.high - found.low)[:, 1].max() < 4  # under Poisson they are some 7 Hz wide
    assert compare(made, ["ReLU", "half-squared"]).verdict.tolist() == ["half-wave"] * 30


def test_what_measures_take_of_a_trial_is_by_its_length():
    # oracle: the formulas, written out
    count, seconds = np.array([[2, 9, 4]]), np.array([[0.5, 2.0, 1.0]])
    made = responses_from_counts([0.0], count, seconds)
    repeats, _ = repeats_of(made, None, "test")
    rate, length = 15 / 3.5, seconds / (3.5 / 3)
    assert repeats.rate[0, 0] == pytest.approx(rate)
    variance = ((count - rate * seconds) ** 2 / length).sum() / 2
    assert repeats.variance[0, 0] == pytest.approx(variance)
    assert repeats.rate_variance[0, 0] == pytest.approx(variance / (3.5 / 3) ** 2)
    drawn = repeats.resampled_mean(0, 4000, np.random.default_rng(0))
    assert drawn.mean() / repeats.duration[0, 0] == pytest.approx(rate, rel=0.05)


@pytest.mark.parametrize(
    "given",
    [
        [[0.5, 1.0], [0.5, 0.5, 2.0]],  # lists of one cell
        np.array([[0.5, 1.0, np.nan], [0.5, 0.5, 2.0]]),
        np.array([[[0.5, 1.0, np.nan]], [[0.5, 0.5, 2.0]]]),
        [["500 ms", "1 s"], ["500 ms", "500 ms", "2 s"]],
    ],
    ids=["lists", "padded", "whole", "text"],
)
def test_lengths_come_as_counts_do(given, tmp_path):
    made = responses_from_counts([-1, 1], [[3, 5], [4, 6, 20]], given)
    kept = made["duration"].values[:, 0]
    assert kept[0].tolist()[:2] == [0.5, 1.0]
    assert np.isnan(kept[0, 2])
    assert kept[1].tolist() == [0.5, 0.5, 2.0]
    save_responses(made, tmp_path / "r.nc")
    assert load_responses(tmp_path / "r.nc").equals(made)


def test_lengths_that_agree_are_one():
    made = responses_from_counts([-1, 1], [[3, 5], [4]], [[0.5, 0.5], [0.5]])
    assert made["duration"].dims == ()
    two = responses_from_counts([-1, 1], [[3, 5], [4]], [[0.5, 0.5], [2.0]])
    assert two["duration"].values.tolist() == [[0.5], [2.0]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([[0.5, 1.0], [0.5]], "got inf|got nan|every trial"),
        (np.array([[0.5, np.nan], [0.5, 0.5]]), "duration > 0 s of every trial, got nan"),
        (np.array([[0.5, -1.0], [0.5, 0.5]]), "duration > 0 s of every trial, got -1.0"),
        (np.ones((2, 3)), "duration as one number or for 2 stimuli x 1 cells"),
    ],
)
def test_lengths_that_cannot_be_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        responses_from_counts([-1, 1], [[3, 5], [4, 6]], given)


def test_a_table_keeps_the_length_of_every_trial():
    random = np.random.default_rng(7)
    x = np.repeat(X, 12)
    seconds = random.uniform(0.5, 2, x.size).round(3)
    frame = pd.DataFrame({"x": x, "t": seconds})
    frame["n"] = random.poisson((4 + 40 * np.maximum(x, 0)) * seconds)
    made = responses_from_table(
        frame.sample(frac=1, random_state=1), x="x", count="n", duration="t"
    )
    assert np.sort(made["duration"].values.ravel()) == pytest.approx(np.sort(seconds))
    assert count_variability(made)["Fano factor"].value[0] == pytest.approx(1, abs=0.35)


def test_other_measures_take_them():
    orientations = np.tile(np.arange(0, 180, 30.0), 1)
    random = np.random.default_rng(8)
    seconds = random.uniform(0.5, 2, (6, 1, 8))
    rate = 5 + 30 * np.exp(-(((orientations - 60) / 25) ** 2))
    made = responses_from_counts(
        orientations, random.poisson(rate[:, None, None] * seconds), seconds
    )
    made = made.assign_coords(orientation=("stimulus", orientations))
    assert np.isfinite(orientation_selectivity(made)["circular variance"].value).all()


def test_a_dataset_of_ones_own_may_hold_them():
    made = responses_from_counts([-1, 1], [[3, 5], [4, 6]], 1.0)
    own = made.assign(duration=(("trial",), [0.5, 2.0]))
    assert fit("half-wave", own).rates[0].sum() > 0
    assert isinstance(own, xr.Dataset)
