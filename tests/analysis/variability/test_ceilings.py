"""Ceilings: published formulas, and unbiasedness and coverage with unequal repeats."""

import numpy as np
import pytest
import xarray as xr

from neurosim import InputError, response_ceilings
from neurosim.data.responses import responses_from_counts

RATIOS = (
    "explainable variance",
    "CCmax",
    "split-half ceiling",
    "CCnorm",
    "r2_ER",
    "explained signal power",
)


def unequal(conditions=30, r2=0.5, spread=3.0, cells=100, seed=5):
    """Poisson counts of 1 s padded with NaN, a prediction of given squared correlation, truth."""
    random = np.random.default_rng(seed)
    basis = np.linalg.qr(np.c_[np.ones(conditions), random.standard_normal((conditions, 2))])[0]
    scale = spread * np.sqrt(conditions)
    rate = 10 + scale * basis[:, 1:] @ np.sqrt([r2, 1 - r2])
    n = random.integers(2, 12, conditions)
    counts = random.poisson(np.maximum(rate, 0.5)[:, None, None], (conditions, cells, n.max()))
    counts = np.where(np.arange(n.max()) < n[:, None, None], counts, np.nan)
    rate, predicted = np.maximum(rate, 0.5), 10 + scale * basis[:, 1]
    return counts, predicted, rate, n, truth(rate, predicted, n)


def truth(rate, predicted, n):
    apart, off = rate - rate.mean(), predicted - predicted.mean()
    signal, noise = (apart**2).sum(), (1 - 1 / n.size) * (rate / n).sum()
    power, squared = signal / (n.size - 1), np.corrcoef(rate, predicted)[0, 1] ** 2
    return {
        "signal power": power,
        "noise power": rate.mean(),
        "explainable variance": power / (power + rate.mean()),
        "CCmax": np.sqrt(signal / (signal + noise)),
        "split-half ceiling": np.sqrt(signal / (signal + noise)),
        "CCnorm": np.sqrt(squared),
        "r2_ER": squared,
        "explained signal power": (2 * apart @ off - off @ off) / signal,
    }


def sahani_linden(trials):
    """(N P(mean) - mean P) / (N - 1), trials (condition, trial): their formula."""
    n = trials.shape[1]
    return (n * trials.mean(1).var(ddof=1) - trials.var(axis=0, ddof=1).mean()) / (n - 1)


@pytest.mark.parametrize("r2", [0.5, 1.0])
def test_unbiased_with_unequal_repeats(r2):
    # oracle: the rates themselves. Powers are unbiased: within 3 standard errors. Ratios to an
    # estimated power are so to second order: its squared relative error (a fiftieth) more
    counts, predicted, _, _, true = unequal(r2=r2)
    found = response_ceilings(counts, predicted, samples=100)
    power = found["signal power"].value
    second = np.var(power) / true["signal power"] ** 2
    for name, expected in true.items():
        value = found[name].value
        error = 3 * value.std() / np.sqrt(value.size)
        room = (
            error
            if name.endswith(" power") and name in ("signal power", "noise power")
            else (error + second * max(expected, 0.5))
        )
        assert abs(value.mean() - expected) < room, name
    # what unequal repeats do to the uncorrected numbers: far below
    assert (found["r"].value ** 2).mean() < true["r2_ER"] - 0.06


def test_a_single_noise_power_over_mean_repeats_is_biased_and_this_is_not():
    # oracle: rates that are high where repeats are few; the pooled formula is off by many errors
    rate, n = np.r_[np.full(8, 30.0), np.full(8, 5.0)], np.r_[np.full(8, 2), np.full(8, 20)]
    random = np.random.default_rng(0)
    counts = random.poisson(rate[:, None, None], (16, 150, 20))
    counts = np.where(np.arange(20) < n[:, None, None], counts, np.nan)
    value = response_ceilings(counts, samples=100)["signal power"].value
    error = value.std() / np.sqrt(150)
    assert abs(value.mean() - rate.var(ddof=1)) < 3 * error
    means = np.nanmean(counts, axis=2)
    pooled = means.var(axis=0, ddof=1) - np.nanvar(counts, axis=2, ddof=1).mean(0) / n.mean()
    assert abs(pooled.mean() - rate.var(ddof=1)) > 4 * error


def test_equal_repeats_agree_with_sahani_and_linden():
    # oracle: their formula. Both are unbiased, theirs taking off what trials share
    rate = np.random.default_rng(1).gamma(2, 4, 25)
    counts = np.random.default_rng(2).poisson(rate[:, None, None], (25, 80, 6))
    ours = response_ceilings(counts, samples=100)["signal power"].value
    theirs = np.array([sahani_linden(counts[:, c].astype(float)) for c in range(80)])
    assert np.corrcoef(ours, theirs)[0, 1] > 0.99
    apart = ours - theirs
    assert abs(apart.mean()) < 3 * apart.std() / np.sqrt(80)


def test_formulas_with_equal_repeats_and_the_same_noise():
    # oracle: Pospisil & Bair's and Schoppe's formulas as published, by hand
    trials = np.array([[1.0, 3], [4, 6], [11, 9], [20, 22], [14, 12]])
    x = np.array([1.0, 6, 9, 20, 15])
    m, n, s2 = 5, 2, 2.0  # every condition has variance 2
    y = trials.mean(1) - trials.mean()
    off = x - x.mean()
    total, along, size = y @ y, off @ y, off @ off
    found = response_ceilings(trials.astype(int), x, samples=100)
    below = size * (total - (m - 1) * s2 / n)
    assert found["r2_ER"].value == pytest.approx((along**2 - s2 / n * size) / below)
    signal = (total - (m - 1) * s2 / n) / (m - 1)
    assert found["CCnorm"].value == pytest.approx(
        along / (m - 1) / np.sqrt(size / (m - 1) * signal)
    )
    assert found["CCmax"].value == pytest.approx(np.sqrt(signal / (total / (m - 1))))
    ratio = found["r"].value / found["CCmax"].value
    assert found["CCnorm"].value == pytest.approx(ratio)


def test_coverage_with_unequal_repeats():
    assert_covered(unequal(cells=100), samples=200, least=0.88)


@pytest.mark.slow
@pytest.mark.parametrize("r2", [0.5, 0.9, 1.0])
def test_coverage_in_many_sets(r2):
    assert_covered(unequal(cells=500, r2=r2, seed=6), samples=500, least=0.9, most=0.985)


def assert_covered(made, samples, least, most=1.0):
    counts, predicted, _, _, true = made
    found = response_ceilings(counts, predicted, samples=samples)
    for name, expected in true.items():
        share = np.mean((found[name].low <= expected) & (found[name].high >= expected))
        assert least <= share <= most, (name, share)


def test_no_signal_no_ceiling():
    # oracle: an untuned cell's signal power is 0 on average, negative in half of the cells
    counts = np.random.default_rng(3).poisson(8, (20, 100, 5))
    found = response_ceilings(counts, np.arange(20.0), samples=100)
    power = found["signal power"]
    assert abs(power.value.mean()) < 3 * power.value.std() / 10
    assert np.mean(power.low <= 0) > 0.9
    below = power.value <= 0
    assert 0.3 < below.mean() < 0.8
    for name in RATIOS:
        if name != "split-half ceiling":
            assert np.isnan(found[name].value[below]).all()
    status = np.array(found["r2_ER"].status)
    assert set(status[below]) == {"signal power not above 0: no ceiling"}
    assert np.mean(status[~below] == "signal hardly above noise") > 0.8


def test_conditions_of_one_trial_are_left_out_and_counted():
    # oracle: the same responses without them
    counts = [[1, 2, 0], [4, 6, 5], [9, 12], [20, 17, 18, 21], [3]]
    found = response_ceilings(counts, [1, 5, 10, 20, 3], samples=100)
    without = response_ceilings(counts[:4], [1, 5, 10, 20], samples=100)
    assert found["r2_ER"].value == without["r2_ER"].value
    assert found["r2_ER"].status == ["ok; 1 conditions of one trial left out"]


def test_a_labelled_prediction_is_turned_and_durations_count():
    # oracle: twice the duration and twice the counts is the same rate
    counts, predicted, _, n, _ = unequal(cells=3)
    trials = np.repeat(n[:, None], 3, axis=1)
    responses = responses_from_counts(
        np.zeros((30, 3)), 2 * np.nan_to_num(counts), 2.0, trials=trials
    )
    model = xr.DataArray(np.repeat(predicted[None], 3, axis=0), dims=("cell", "stimulus"))
    turned = response_ceilings(responses, model, samples=100)
    plain = response_ceilings(counts, predicted, samples=100)
    for name in plain:
        if name != "split-half ceiling":
            assert turned[name].value == pytest.approx(plain[name].value)


def test_ceilings_refuse():
    with pytest.raises(InputError, match="3 conditions with 2 trials in every cell"):
        response_ceilings([[1, 2], [3, 4], [5]])
    with pytest.raises(InputError, match="a prediction for 3 stimuli x 1 cells, got"):
        response_ceilings([[1, 2], [3, 4], [5, 6]], [1.0, 2.0])
    with pytest.raises(InputError, match="finite predictions"):
        response_ceilings([[1, 2], [3, 4], [5, 6]], [1.0, 2.0, np.nan])
