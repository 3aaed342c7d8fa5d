"""Fits: likelihoods against SciPy, optima against SciPy's optimisers, errors against theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import poisson

from neurosim import RECTIFIERS, InputError, fit, responses_from_counts
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.criteria import aic, akaike_weights
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.data.counts import Counts, reduced
from neurosim.models.rectifiers import named_rectifier

X = np.linspace(-1, 1, 25)


def test_log_likelihood_is_scipys_over_every_trial():
    random = np.random.default_rng(0)
    rate = random.uniform(1, 40, (6, 2))
    count = random.poisson(rate[..., None] * 0.7, (6, 2, 4))
    responses = responses_from_counts(random.normal(size=(6, 2)), count, 0.7)
    ours = Poisson().log_likelihood(rate.T, reduced(responses).counts)
    theirs = poisson.logpmf(count, rate[..., None] * 0.7).sum((0, 2))
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_unequal_repeats_count_only_the_trials_that_exist():
    count = np.array([[[3, 5, 99]], [[2, 99, 99]]])
    responses = responses_from_counts([0.0, 1.0], count, 2.0, trials=[[2], [1]])
    counts = reduced(responses).counts
    assert counts.spikes.tolist() == [[8, 2]]
    assert counts.exposure.tolist() == [[4, 2]]
    rate = np.array([[2.0, 1.5]])
    theirs = poisson.logpmf([3, 5], 4).sum() + poisson.logpmf(2, 3)
    assert Poisson().log_likelihood(rate, counts) == pytest.approx([theirs])


def test_a_spike_where_the_rate_is_zero_is_impossible():
    counts = Counts(*(np.array([[v]]) for v in (0.0, 1.0, 1.0, 0.0)))
    assert Poisson().log_likelihood(np.array([[0.0]]), counts) == -np.inf
    silent = Counts(*(np.array([[v]]) for v in (0.0, 0.0, 1.0, 0.0)))
    assert Poisson().log_likelihood(np.array([[0.0]]), silent) == 0


def test_aic_by_hand_and_without_room():
    # -2(-30) + 2*3 + 2*3*4/(12-3-1) = 69
    assert aic(-30.0, 3, 12) == pytest.approx(69)
    assert aic(-30.0, 3, 4) == aic(-30.0, 3) == 66
    assert akaike_weights(np.array([[5.0, 5.0, np.inf]])).tolist() == [[0.5, 0.5, 0]]


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), name=st.sampled_from(["CReLU", "ReLU", "SOE-Net's two paths"]))
def test_gains_satisfy_the_optimality_conditions(seed, name):
    # oracle: the Karush-Kuhn-Tucker conditions, sufficient because the likelihood is concave
    random = np.random.default_rng(seed)
    rectifier = named_rectifier(name)
    x = random.normal(size=9)
    basis = np.stack([np.ones(9), *rectifier.paths(x)])
    exposure = random.uniform(0.5, 5, 9)
    coefficients = random.exponential(3, len(basis)) * (random.random(len(basis)) < 0.7)
    spikes = random.poisson(exposure * (coefficients @ basis)).astype(float)
    fitted = fit_counts(rectifier, Counts(*(v[None] for v in (x, spikes, exposure, 0 * x))))
    found = fitted.values[0]
    assert (found >= 0).all()
    assert fitted.status[0] != "not-converged"
    rate = found @ basis
    assert (rate[spikes > 0] > 0).all()
    ratio = np.divide(spikes, rate, out=np.zeros(9), where=spikes > 0)
    slope = basis @ (ratio - exposure)
    scale = 1e-4 * (1 + spikes.sum()) ** 0.5
    assert (np.abs(slope * found) < scale).all()  # nothing to gain inside
    if spikes.any():  # nor at 0
        assert (slope[found == 0] < 1e-4 * (basis @ exposure)[found == 0] + 1e-9).all()


def test_no_spikes_at_all_is_a_fit_of_zero():
    silent = _made("half-wave", 1, 0)
    silent["count"][:] = 0
    for name in RECTIFIERS:
        fitted = fit(name, silent)
        assert fitted.log_likelihood == pytest.approx([0])
        given = {n: np.ones(X.size) for n in RECTIFIERS[name].regressors}
        assert (RECTIFIERS[name].rate(X, 0, **_gains(fitted), **given) == 0).all()
        assert fitted.status[0].startswith("at-bound: gain")


@pytest.mark.parametrize(("cells", "starts"), [(2, 3), pytest.param(6, 20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", RECTIFIERS)
def test_never_worse_than_random_starts(name, cells, starts):
    # oracle: SciPy's L-BFGS-B on all parameters from random starts, for cells of two generators:
    # the rectifier itself, and one that it is not
    rectifier = RECTIFIERS[name]
    other = "half-squared" if name != "half-squared" else "thresholded half-wave"
    random = np.random.default_rng(5)
    for generator in (name, other):
        responses = _made(generator, cells, 1)
        counts = reduced(responses).counts
        found = fit(name, responses, "Poisson").log_likelihood
        for cell in range(1 if name == "Siegert" else cells):  # a start takes SciPy 0.2 s
            one = counts.take(np.array([cell]))
            best = max(_random_start(rectifier, one, random) for _ in range(starts))
            assert found[cell] >= best - 1e-6


def _gains(fitted):
    return {
        name: value
        for name, value in zip(fitted.rectifier.parameter_names, fitted.values[0], strict=True)
        if "gain" in name
    }


def _made(name, cells, seed, trials=10, duration=0.5):
    """Counts of a rectifier at its default generating parameters, whatever else it needs."""
    given = {"quadrature": np.sqrt(1 - X**2), "noise": 0.1 + 0.2 * (np.arange(X.size) % 3)}
    design = (X, trials, duration, cells, seed)
    return poisson_responses(name, RECTIFIERS[name].typical, *design, regressors=given)


def _random_start(rectifier, counts, random):
    x = counts.x[0]
    given = [counts.regressors[name][0] for name in rectifier.regressors]
    shapes = [p.bounds(counts.x) for p in rectifier.parameters.values()]
    bounds = [(1e-9, None)] * (1 + len(rectifier.gains)) + [(b[0][0], b[1][0]) for b in shapes]
    start = [random.uniform(0.1, 5)] + [random.uniform(5, 100) for _ in rectifier.gains]
    start += [random.uniform(low, min(high, 30)) for low, high in bounds[len(start) :]]

    # from a rate that can be: elsewhere there is no slope to follow
    paths = rectifier.paths(x, *given, *start[1 + len(rectifier.gains) :])
    driven = sum(g * f for g, f in zip(start[1:], paths, strict=False))
    start[0] -= min(np.min(driven), 0.0)

    def loss(p):
        paths = rectifier.paths(x, *given, *p[1 + len(rectifier.gains) :])
        rate = p[0] + sum(g * f for g, f in zip(p[1:], paths, strict=False))
        value = Poisson().log_likelihood(rate[None], counts)[0]
        return -value if np.isfinite(value) and (rate >= 0).all() else 1e6

    return -minimize(loss, start, bounds=bounds, method="L-BFGS-B").fun


def test_standard_errors_are_the_inverse_information_where_it_is_known():
    # oracle: for a constant rate r0 and a ReLU, the 2 x 2 expected information written out
    responses = poisson_responses("half-wave", {"r0": 4, "gain": 30}, X, 20, 1.0, 1, 3)
    fitted = fit("half-wave", responses, "Poisson")
    r0, gain = fitted.values[0]
    f = np.maximum(X, 0)
    weight = 20 / (r0 + gain * f)
    information = np.array(
        [[weight.sum(), (weight * f).sum()], [(weight * f).sum(), weight @ f**2]]
    )
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    assert fitted.standard_errors[0] == pytest.approx(expected, rel=1e-9)


def test_an_estimate_at_a_bound_is_named_and_has_no_error():
    spikes = np.where(X > 0, np.round(40 * X), 0).astype(int)
    fitted = fit("CReLU", responses_from_counts(X, spikes[:, None], 1.0))
    assert fitted.status == ["at-bound: gain_minus"]  # a rate of 0 at rest is ok
    assert fitted.at_bound.tolist() == [[True, False, True]]
    assert np.isnan(fitted.standard_errors[0][[0, 2]]).all()
    assert np.isfinite(fitted.standard_errors[0][1])


def test_names_and_unknown_names():
    assert named_rectifier("relu") is RECTIFIERS["half-wave"]
    assert named_rectifier("Half-Squared") is RECTIFIERS["half-squared"]
    with pytest.raises(InputError, match=r"expected one of .*'half-wave' \(ReLU\).*got 'swish'"):
        named_rectifier("swish")


def test_a_cell_with_one_condition_is_refused():
    trials = np.array([[3, 3], [0, 3], [0, 3]])
    responses = responses_from_counts(
        np.zeros((3, 2)), np.ones((3, 2, 3), dtype=int), 1.0, trials=trials
    )
    with pytest.raises(InputError, match=r"at least 2 conditions .* fewer in cell 0"):
        fit("ReLU", responses)


def test_a_fit_prints_and_tabulates_with_units():
    responses = poisson_responses("ReLU", {"gain": 30}, X, 5, 1.0, 7, 3)
    responses["drive"].attrs["units"] = "mV"
    fitted = fit("half-squared", responses)
    table = fitted.to_dataframe()
    assert "gain (Hz/mV^2)" in table.columns
    assert len(table) == 7
    assert "and 2 more" in repr(fitted)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), name=st.sampled_from(list(RECTIFIERS)))
def test_any_table_of_counts_is_fitted_without_nan(seed, name):
    random = np.random.default_rng(seed)
    conditions = int(random.integers(2, 12))
    drive = random.choice([0.0, 0.1, 0.5, -1.0, 3.0], conditions)  # ties, one-sided, constant
    count = random.poisson(random.exponential(3, conditions)[:, None], (conditions, 2))
    responses = responses_from_counts(drive, count, 0.5)
    for variable in ("drive_quadrature", "drive_noise"):
        responses[variable] = responses["drive"].copy(data=random.random((conditions, 1)))
    fitted = fit(name, responses)
    assert np.isfinite(fitted.values).all()
    assert np.isfinite(fitted.log_likelihood).all()
    assert fitted.status[0] != "not-converged"


def test_refits_from_a_start_agree_with_the_grid():
    responses = poisson_responses(
        "noise-smoothed threshold", RECTIFIERS["noise-smoothed threshold"].typical, X, 20, 1.0, 8, 2
    )
    counts = reduced(responses).counts
    smoothed = RECTIFIERS["noise-smoothed threshold"]
    whole = fit_counts(smoothed, counts)
    again = fit_counts(smoothed, counts, start=whole.values * 1.3)
    assert again.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-7)


@pytest.mark.parametrize("likelihood", ["auto", "Poisson", "negative binomial", "under-dispersed"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_fits_do_not_depend_on_how_many_cells_are_worked_on_at_once(monkeypatch, likelihood):
    from neurosim import compare
    from neurosim.base import arrays

    random = np.random.default_rng(3)
    x = np.linspace(-1, 1, 9)
    counts = random.poisson(2 + 30 * np.maximum(x, 0)[:, None, None], (9, 7, 5))
    counts[:, 3:] = random.negative_binomial(3, 0.1, (9, 4, 5))
    responses = responses_from_counts(x, counts, 1.0)
    whole = compare(responses, ["ReLU", "softplus"], likelihood=likelihood)
    monkeypatch.setattr(arrays, "_ITEMS", 100)
    parts = compare(responses, ["ReLU", "softplus"], likelihood=likelihood)
    for one, other in zip(whole.fits, parts.fits, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=1e-6)
        np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=1e-12)
        assert one.status == other.status
        for ends in zip(one.intervals[:2], other.intervals[:2], strict=True):
            np.testing.assert_allclose(*ends, rtol=1e-5)
    for one, other in zip(whole.scores, parts.scores, strict=True):
        np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=1e-6)


def test_fits_to_rates_do_not_depend_on_how_many_cells_are_worked_on_at_once(monkeypatch):
    from neurosim import fit_rates
    from neurosim.base import arrays

    x = np.linspace(-1, 1, 9)
    noise = np.random.default_rng(1).normal(0, [0.1, 1, 10, 2, 0.5], (9, 5))
    rate = (np.maximum(x, 0)[:, None] * [5, 50, 500, 10, 20] + noise).T
    whole = fit_rates("ReLU", x, rate)
    monkeypatch.setattr(arrays, "_ITEMS", 20)
    parts = fit_rates("ReLU", x, rate)
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-6)
    np.testing.assert_allclose(parts.log_likelihood, whole.log_likelihood, rtol=1e-10)
    np.testing.assert_allclose(parts.scatter, whole.scatter, rtol=1e-6)
    for one, other in zip(parts.intervals[:2], whole.intervals[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
