"""Data on which fits, scores and verdicts have gone wrong, or could."""

import numpy as np
import pytest
from scipy.integrate import quad

from neurosim import RECTIFIERS, InputError, compare, fit, responses_from_counts
from neurosim.analysis.comparison.held_out import folds_by_condition, held_out
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.posterior import posterior_mean_r0
from neurosim.data.counts import Counts


def test_a_tail_below_the_smallest_double_does_not_stop_the_others():
    responses = responses_from_counts([0.4, 0, 0.8, 0.8], [[15], [0], [40], [38]], 1.0)
    fitted = fit("noise-smoothed threshold", responses)
    assert np.isfinite(fitted.values).all()
    known = np.isfinite(fitted.standard_errors)
    assert (fitted.standard_errors[known] < 100).all()


# conditions, and the nats by which the two-path fit used to fall behind the one-path fit in it
STUCK = [
    ([0.9, 0.9, -0.6, -0.7, 0.9], [41, 24, 3, 2, 43]),
    ([-0.3, 0.7, 0.8], [2, 7, 2]),
    ([4.05, -0.98, -0.37], [2211, 0, 20]),
]


@pytest.mark.parametrize(("x", "n"), STUCK)
def test_two_paths_are_never_worse_than_one_on_the_cases_that_were_stuck(x, n):
    responses = responses_from_counts(x, np.array(n)[:, None], 1.0)
    one, both = fit("half-wave", responses), fit("two-path half-wave", responses)
    assert both.log_likelihood >= one.log_likelihood - 1e-6
    assert both.status[0] != "not-converged"


@pytest.mark.parametrize(
    ("conditions", "cells"),
    [(3, 8), (8, 8), *(pytest.param(n, 80, marks=pytest.mark.slow) for n in (3, 5, 8, 12, 25))],
)
def test_a_rectifier_is_never_worse_than_one_that_it_contains(conditions, cells):
    # oracle: the nested model is a special case. Unequal exposures, one-sided drives, silence
    random = np.random.default_rng(conditions)
    x = random.normal(size=(cells, conditions)).round(1)
    exposure = random.exponential(5, (cells, conditions)) + 0.1
    gain = random.exponential(30, (cells, 1))
    rate = random.exponential(1, (cells, 1)) + gain * np.maximum(x, 0)
    spikes = random.poisson(rate * exposure).astype(float)
    given = {"quadrature": np.abs(random.normal(size=x.shape)), "noise": 0.1 + np.abs(x)}
    counts = Counts(x, spikes, exposure, np.zeros_like(x), given)
    # Siegert's rate takes as long as all others
    every = [each for name, each in RECTIFIERS.items() if name != "Siegert" or cells == 80]
    value = {each.name: fit_counts(each, counts).log_likelihood for each in every}
    for outer in every:
        for inner, at in outer.contains.items():
            if isinstance(at, str):  # only at a limit that no number reaches
                continue
            # where the inner one has its corner at 0, the outer's threshold must reach it
            moved = "threshold" in at or "left" in at
            inside = (x.min(1) < 0) & (x.max(1) > 0) | ~np.array(moved)
            short = (value[inner] - value[outer.name])[inside]
            assert short.max() < 1e-6, (inner, outer.name)


@pytest.mark.parametrize(
    ("spikes", "exposure", "driven"),
    [
        ([0.0] + [400.0] * 24, [10.0] * 25, [1e-9] + [40.0] * 24),
        ([0.0] + [250.0] * 9, [0.01] + [5.0] * 9, [1e-9] + [50.0] * 9),
        ([3.0, 2e6], [2.0, 1e4], [0.0, 199.0]),
    ],
)
def test_posterior_mean_of_r0_in_the_smoothed_tail(spikes, exposure, driven):
    # oracle: scipy.integrate.quad in sqrt(r0)
    spikes, exposure, driven = (np.array([v]) for v in (spikes, exposure, driven))
    counts = Counts(np.zeros_like(driven), spikes, exposure, np.zeros_like(driven))
    maximum = fit_r0(spikes[0], exposure[0], driven[0])

    def log_density(w):
        rate = driven[0] + w * w
        return float((spikes[0] * np.log(np.maximum(rate, 1e-300)) - rate * exposure[0]).sum())

    top = log_density(max(maximum, 1e-12) ** 0.5)
    limits = {"limit": 2000, "epsabs": 0, "epsrel": 1e-9, "points": [maximum**0.5]}
    high = maximum**0.5 + 12
    norm = quad(lambda w: np.exp(log_density(w) - top), 0, high, **limits)[0]
    mean = quad(lambda w: w * w * np.exp(log_density(w) - top), 0, high, **limits)[0] / norm
    assert posterior_mean_r0(counts, driven, np.array([maximum])) == pytest.approx([mean], rel=2e-3)


def fit_r0(spikes, exposure, driven):
    """The maximum-likelihood r0 on a fine grid, the oracle's starting point."""
    grid = np.r_[0, np.geomspace(1e-6, 50, 20_001)]
    rate = driven + grid[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(spikes > 0, spikes * np.log(rate), 0) - rate * exposure
    return grid[value.sum(1).argmax()]


def test_a_fold_that_leaves_a_cell_nothing_has_no_score():
    trials = np.zeros((10, 1), dtype=int)
    fold = folds_by_condition(10, 5, seed=0)
    trials[fold == 2] = 3
    responses = responses_from_counts(
        np.linspace(-1, 1, 10), np.ones((10, 1, 3), dtype=int), 1.0, trials=trials
    )
    assert np.isnan(held_out(fit("half-wave", responses), fold).log_likelihood).all()
    assert compare(responses, ["half-wave", "half-squared"]).undetermined.all()


def test_cells_that_say_nothing_are_not_called_anything():
    # 2 conditions are what any rectifier describes; a silent cell has no rate to describe
    few = responses_from_counts([-1, 1], [[1, 0], [5, 6]], 1.0)
    comparison = compare(few)
    assert comparison.undetermined.all()
    assert comparison.chosen.tolist() == [-1]
    assert comparison.verdict.tolist() == ["undetermined"]
    assert "cell 0: undetermined (too few conditions)" in comparison.report()
    assert comparison.table["status"].str.contains("not ranked: k >= conditions").sum() == 10
    assert comparison.summary["cells described best"].sum() == 0
    random = np.random.default_rng(0)
    x = np.linspace(-1, 1, 12)
    count = random.poisson(np.maximum(x, 0)[:, None, None] * [[30.0], [0.0]], (12, 2, 5))
    mixed = compare(responses_from_counts(np.stack([x, x], 1), count, 1.0))
    assert mixed.undetermined.tolist() == [False, True]
    assert mixed.verdicts.reasons.tolist() == ["", "no spikes"]
    assert "cell 1: undetermined (no spikes)" in mixed.report()
    assert np.isfinite(mixed.summary["median delta AIC"]).all()
    mixed.plot()
    comparison.plot()


def test_bounds_come_from_the_drives_that_were_shown():
    random = np.random.default_rng(1)
    x = np.linspace(-1, 1, 20)
    count = random.poisson(40 * np.maximum(x - 0.3, 0) + 1, (4, 20)).T[:, None, :]
    shown = fit("noise-smoothed threshold", responses_from_counts(x, count, 1.0))
    more = np.r_[x, 1000, -5000]
    padded = np.concatenate([count, np.zeros((2, 1, 4), dtype=int)])
    trials = np.r_[np.full(20, 4), 0, 0][:, None]
    unshown = fit(
        "noise-smoothed threshold", responses_from_counts(more, padded, 1.0, trials=trials)
    )
    assert unshown.log_likelihood == pytest.approx(shown.log_likelihood, abs=1e-6)
    assert unshown.status == shown.status


def test_responses_in_any_order_of_dimensions_and_wrong_shapes(responses):
    from neurosim.data.responses import check_responses

    turned = check_responses(responses.transpose("trial", "cell", "stimulus", ...))
    assert np.array_equal(turned["count"], responses["count"])
    one = responses_from_counts([0, 1], [[1, 2], [3, 4]], 1.0, trials=[2, 1])
    assert one["trials"].values.tolist() == [[2], [1]]
    for arguments, message in (
        ({"trials": [[1, 2, 3]]}, "trials for 2 stimuli x 1 cells"),
        ({"duration": [1.0, 2.0, 3.0]}, "duration as one number or for 2 stimuli"),
        ({"duration": np.inf}, "duration > 0 s"),
    ):
        with pytest.raises(InputError, match=message):
            responses_from_counts([0, 1], [[1, 2], [3, 4]], **{"duration": 1.0, **arguments})
    with pytest.raises(InputError, match="at least one stimulus and cell"):
        responses_from_counts(np.zeros((3, 0)), np.zeros((3, 0, 2), dtype=int), 1.0)


def test_a_threshold_beyond_the_drives_is_found_where_noise_fires_the_cell():
    # oracle: the generating parameters; every spike is the noise's
    x, noise = np.linspace(-15, 0, 16), np.tile([3.0, 5, 7, 9], 4)
    responses = poisson_responses(
        "measured-noise threshold",
        {"r0": 0.0, "gain": 20.0, "threshold": 6.0},
        x,
        4,
        5.0,
        50,
        regressors={"noise": noise},
    )
    found = np.median(fit("measured-noise threshold", responses).values, 0)
    assert found == pytest.approx([0, 20, 6], rel=0.05)


def test_what_is_impossible_has_not_converged():
    x = np.linspace(0, 2, 21)[None]
    exposure = np.full(x.shape, 100.0)
    counts = Counts(x, exposure * (0.1 + x**2), exposure, 0 * x)
    fitted = fit_counts(RECTIFIERS["power law"], counts, fixed={"r0": 0.0})
    assert fitted.log_likelihood[0] == -np.inf
    assert fitted.status == ["not-converged"]


def _rising():
    """Current steps that jump from silence to spikes."""
    spikes = [0, 0, 0, 0, 0, 3, 6, 7, 10, 12, 15, 17, 18, 20, 20, 21]
    drive = np.arange(-50, 101, 10.0)
    return responses_from_counts(drive, np.array(spikes)[:, None], 0.5, drive_unit="pA")


def test_a_corner_on_a_jump_has_no_standard_error():
    fitted = fit("noise-smoothed threshold", _rising())
    assert np.isnan(fitted.standard_errors[0, [0, 2, 3]]).all()
    found = fitted.intervals
    assert found.low[0, 2] < fitted.values[0, 2] < found.high[0, 2]


@pytest.mark.slow
def test_a_steep_rise_is_fitted_by_siegerts_rate():
    assert fit("Siegert", _rising()).status[0] != "not-converged"
