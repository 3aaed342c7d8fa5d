"""The scikit-learn regressor: its own checks, neurosim's fits, SciPy's optimisers, known cells."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize
from scipy.stats import poisson

from neurosim import RECTIFIERS, InputError
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods.gaussian import Gaussian
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.regression.bounded_parameters import Bounded
from neurosim.analysis.regression.linear_nonlinear import Projections
from neurosim.analysis.regression.nonsmooth_bfgs import descend
from neurosim.analysis.regression.starting_directions import upright
from neurosim.base.extras import needs
from neurosim.data.counts import Counts

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import d2_tweedie_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from neurosim import RectifierRegressor

NEED_MORE = [name for name, each in RECTIFIERS.items() if each.regressors]
LONG = ("Siegert", "S-shaped linear", "LIF f-I", "thresholded power law")  # a second a cell
OF_DRIVE = [
    pytest.param(name, marks=pytest.mark.slow) if name in LONG else name
    for name in RECTIFIERS
    if name not in NEED_MORE
]
FILTER = np.array([0.5, -0.5, 0.1, 0.7, 0.0])
FILTER = FILTER / np.linalg.norm(FILTER)
CELLS = {  # a cell of each kind, with drives of unit variance
    "half-wave": {"r0": 1, "gain": 5},
    "thresholded half-wave": {"r0": 1, "gain": 8, "threshold": 0.5},
    "half-squared": {"r0": 1, "gain": 5},
    "power law": {"r0": 0.5, "gain": 4, "exponent": 2.5},
    "two-path half-wave": {"r0": 1, "gain_plus": 6, "gain_minus": 2},
    "two-path energy": {"r0": 1, "gain_plus": 5, "gain_minus": 2},
    "full-wave": {"r0": 1, "gain": 5},
    "softplus": {"r0": 0.2, "gain": 6, "threshold": 0.5, "softness": 0.3},
    "tanh": {"r0": 6, "gain": 5, "width": 0.7},
}


def _cell(name, seed=0, samples=2000):
    """Features, counts and the drive of a linear-nonlinear cell."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(samples, FILTER.size))
    rate = RECTIFIERS[name].rate(X @ FILTER, **CELLS[name])
    return X, random.poisson(rate).astype(float)


def _values(model):
    return np.r_[model.r0_, model.gains_, list(model.rectifier_params_.values())]


@pytest.mark.parametrize(
    "model",
    [
        RectifierRegressor(tol=0.01),
        pytest.param(RectifierRegressor(), marks=pytest.mark.slow),
        pytest.param(RectifierRegressor("CReLU", alpha=1.0), marks=pytest.mark.slow),
        pytest.param(RectifierRegressor(likelihood="gaussian"), marks=pytest.mark.slow),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_own_checks_pass(model):
    # oracle: scikit-learn's estimator checks; none is declared as expected to fail
    results = check_estimator(model, on_fail=None, on_skip=None)
    passed, failed, skipped = (
        [each["check_name"] for each in results if each["status"] == status]
        for status in ("passed", "failed", "skipped")
    )
    print(f"{len(passed)} passed, {len(failed)} failed, skipped: {skipped}")
    assert failed == []
    assert len(passed) >= 50
    assert not any(each["expected_to_fail"] for each in results)
    assert skipped in ([], ["check_array_api_input"])  # it asks for an environment variable


@pytest.mark.parametrize("name", OF_DRIVE)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # as the fit's status
def test_a_single_feature_is_the_fit_of_that_drive(name):
    # oracle: neurosim's own fit of the same counts, exposures and drives
    random = np.random.default_rng(2)
    x, time = np.linspace(-1, 1, 24), random.uniform(0.5, 2, 24)
    count = random.poisson(time * (1 + 12 * np.maximum(x - 0.1, 0)))
    model = RectifierRegressor(name).fit(x[:, None], count / time, sample_weight=time)
    constant = poisson.logpmf(count, time) + time  # of a rate of 1
    ours = fit_counts(RECTIFIERS[name], Counts(*(v[None] for v in (x, count, time, constant))))
    assert model.coef_.tolist() == [1.0]
    assert _values(model) == pytest.approx(ours.values[0], rel=1e-6, abs=1e-9)
    assert model.log_likelihood_ == pytest.approx(ours.log_likelihood[0], abs=1e-9)
    assert model.predict(x[:, None]) == pytest.approx(np.maximum(ours.rate(x), 0))


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "softplus" else n for n in CELLS]
)
def test_a_known_filter_and_its_rectifier_are_recovered(name):
    # oracle: the filter and the rectifier that made the counts; the likelihood of the fit exceeds
    # theirs by half a chi-squared of as many degrees of freedom as are fitted (Wilks)
    X, y = _cell(name)
    model = RectifierRegressor(name, random_state=0).fit(X, y)
    assert np.linalg.norm(model.coef_) == pytest.approx(1)
    assert model.coef_ @ FILTER > 0.98 if name != "full-wave" else abs(model.coef_ @ FILTER) > 0.98
    made = poisson.logpmf(y, RECTIFIERS[name].rate(X @ FILTER, **CELLS[name])).sum()
    assert 0 < model.log_likelihood_ - made < 14
    alone = RectifierRegressor(name).fit((X @ FILTER)[:, None], y)
    expected = np.array(list(CELLS[name].values()), dtype=float)
    assert np.abs(_values(alone) - expected) == pytest.approx(0 * expected, abs=1)
    assert _values(model) == pytest.approx(_values(alone), abs=0.25)


@pytest.mark.parametrize(
    ("samples", "features", "seed"),
    [
        (30, 2, 0),
        (40, 3, 0),
        *(
            pytest.param(samples, features, seed, marks=pytest.mark.slow)
            for samples, features in ((30, 2), (60, 2), (40, 3), (100, 3))
            for seed in range(3)
            if (samples, seed) not in ((30, 0), (40, 0))
        ),
    ],
)
def test_half_wave_reaches_scipys_maximum(samples, features, seed):
    # oracle: Nelder-Mead on r0 = z0^2 and the weights times the gain, from 24 starts, each
    # restarted; it passes the corners that the likelihood has wherever a drive is 0
    random = np.random.default_rng(seed)
    X, v = random.normal(size=(samples, features)), 4 * random.normal(size=features)
    y = random.poisson(1 + np.maximum(X @ v, 0)).astype(float)

    def below(z):
        return -poisson.logpmf(y, z[0] ** 2 + np.maximum(X @ z[1:], 0)).sum()

    best = np.inf
    for _ in range(24):
        z = np.r_[1, 4 * random.normal(size=features)]
        for _ in range(4):
            options = {"xatol": 1e-10, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000}
            found = minimize(below, z, method="Nelder-Mead", options=options)
            z = found.x
        best = min(best, found.fun)
    model = RectifierRegressor(random_state=0).fit(X, y)
    assert model.log_likelihood_ == pytest.approx(-best, abs=1e-6)
    assert poisson.logpmf(y, model.predict(X)).sum() == pytest.approx(model.log_likelihood_)


def test_least_squares_of_a_line_is_ridge_regression():
    # oracle: scikit-learn's Ridge. With a leak of 1 the leaky rectifier is a line, and its rate
    # is far from 0
    random = np.random.default_rng(3)
    X = random.normal(size=(60, 4)) @ np.diag([2.0, 1.0, 0.5, 0.2])
    y = 50 + X @ [1.0, -2.0, 2.0, 3.0] + random.normal(size=60)
    for alpha in (0.0, 3.0, 30.0, 1000.0):
        projections = Projections(
            X,
            Counts(*(v[None] for v in (X[:, 0], y, np.ones(60), 0 * y))),
            RECTIFIERS["leaky half-wave"],
            Gaussian(np.full((1, 60), y.std())),
            {"leak": 1.0},
            alpha,
        )
        ridge = Ridge(alpha=alpha).fit(X, y).coef_
        found = projections.fit(np.eye(4), 1000, 1e-12)
        assert found.weights @ ridge / np.linalg.norm(ridge) == pytest.approx(1, abs=1e-7)


def test_the_ridge_predicts_better_from_few_samples():
    # oracle: 2000 samples that neither fit saw
    random = np.random.default_rng(5)
    X = random.normal(size=(2100, 40))
    y = random.poisson(np.maximum(3 * X @ np.r_[np.ones(4) / 2, np.zeros(36)], 0) + 0.5)
    plain, ridge = (
        RectifierRegressor(alpha=alpha, random_state=0).fit(X[:100], y[:100])
        for alpha in (0.0, 30.0)
    )
    assert ridge.score(X[100:], y[100:]) > plain.score(X[100:], y[100:]) + 0.1
    assert ridge.score(X[:100], y[:100]) < plain.score(X[:100], y[:100])


@pytest.mark.parametrize("name", ["softplus", "tanh", "two-path energy", "S-shaped linear"])
@pytest.mark.parametrize("alpha", [0.0, 20.0])
def test_the_slopes_of_a_climb_are_those_of_its_height(name, alpha):
    # oracle: differences of the height; the rate of the lowest condition moves with the weights
    random = np.random.default_rng(5)
    X, y = random.normal(size=(40, 3)), random.poisson(6, 40).astype(float)
    rectifier = RECTIFIERS[name]
    counts = Counts(*(v[None] for v in (X[:, 0], y, np.ones(40), 0 * y)))
    projections = Projections(X, counts, rectifier, Poisson(), {}, alpha)
    weights = np.array([0.6, -0.8, 0.3])
    model = projections.model(weights / np.linalg.norm(weights))
    shapes = [min(p.default, 0.3) + 0.05 for p in rectifier.parameters.values()]
    point = np.r_[weights, 2.0, [1.5] * len(rectifier.gains), shapes]

    def value(z):
        return projections._slopes(model, z[:3], z[3:])[0]

    def slope(z):
        return np.concatenate(projections._slopes(model, z[:3], z[3:])[1:3])

    assert check_grad(value, slope, point) < 1e-4


def test_bounded_parameters_return():
    bounded = Bounded(np.array([-np.inf, 0, -1, 2]), np.array([np.inf, np.inf, 3, 2]), np.ones(4))
    theta = np.array([-5.0, 4.0, 2.5, 2.0])
    z = bounded.inside(theta[None])
    assert bounded.value(z) == pytest.approx(theta)
    step = 1e-6
    slope = (bounded.value(z + step) - bounded.value(z - step)) / (2 * step)
    assert bounded.slope(z) == pytest.approx(slope, abs=1e-8)


def test_the_descent_passes_a_curved_corner():
    # oracle: Lewis & Overton's (2013) nonsmooth Rosenbrock function, 8 |x1^2 - x2| + (1 - x1)^2,
    # least at (1, 1)
    def rosenbrock(x):
        away = x[0] ** 2 - x[1]
        side = 8 * np.sign(away)
        return 8 * abs(away) + (1 - x[0]) ** 2, np.array([2 * side * x[0] - 2 * (1 - x[0]), -side])

    found = descend(rosenbrock, np.array([-1.0, 2.0]), np.eye(2))
    assert found.point == pytest.approx([1, 1], abs=1e-3)
    assert found.converged


def test_a_weight_is_as_many_samples():
    X, y = _cell("half-wave", samples=120)
    times = np.random.default_rng(6).integers(0, 4, 120)
    weighed = RectifierRegressor(random_state=0).fit(X, y, sample_weight=times)
    repeated = RectifierRegressor(random_state=0).fit(np.repeat(X, times, 0), np.repeat(y, times))
    assert weighed.coef_ == pytest.approx(repeated.coef_, rel=1e-9)
    assert _values(weighed) == pytest.approx(_values(repeated), rel=1e-9)


def test_rates_and_exposures_are_the_counts_they_come_from():
    # oracle: rates of counts that are known to half the exposure are half as many of twice
    X, y = _cell("half-squared", samples=300)
    one = RectifierRegressor("half-squared", random_state=0).fit(X, y)
    time = np.full(300, 0.5)
    per_second = RectifierRegressor("half-squared", random_state=0).fit(X, y / time, time)
    assert per_second.coef_ == pytest.approx(one.coef_, abs=1e-6)
    assert per_second.r0_ == pytest.approx(one.r0_ / 0.5, rel=1e-5)
    assert per_second.log_likelihood_ == pytest.approx(one.log_likelihood_, abs=1e-6)


def test_the_score_is_scikit_learns_deviance_explained():
    X, y = _cell("half-wave")
    weight = np.random.default_rng(7).uniform(0, 2, len(y))
    model = RectifierRegressor(random_state=0).fit(X, y, weight)
    assert model.r0_ > 0.5  # so that its posterior mean is close
    theirs = d2_tweedie_score(y, model.predict(X), sample_weight=weight, power=1)
    assert model.score(X, y, weight) == pytest.approx(theirs, abs=1e-4)
    normal = RectifierRegressor(likelihood="gaussian", random_state=0).fit(X, y, weight)
    theirs = r2_score(y, normal.predict(X), sample_weight=weight)
    assert normal.score(X, y, weight) == pytest.approx(theirs, rel=1e-12)


def test_a_spike_in_silence_lowers_a_score_and_does_not_decide_it():
    # oracle: no spike in 45 samples leaves r0 = (0 + 1/2)/45; the drive explains the others
    x = np.r_[np.linspace(-2, -0.1, 45), np.linspace(5, 6, 5)][:, None]
    y = np.r_[np.zeros(45), np.full(5, 60.0)]
    model = RectifierRegressor().fit(x, y)
    assert model.r0_ == 0
    assert model.r0_posterior_mean_ == pytest.approx(0.5 / 45, rel=0.01)
    surprised = np.r_[y[:44], 1.0, y[45:]]
    assert 0.9 < model.score(x, surprised) < model.score(x, y) <= 1
    assert model.predict(x[:45]).tolist() == [0] * 45


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("half-squared", []),
        pytest.param("half-squared", ["thresholded half-wave"], marks=pytest.mark.slow),
        pytest.param("thresholded half-wave", ["thresholded half-wave"], marks=pytest.mark.slow),
    ],
)
def test_grid_search_picks_the_rectifier_that_made_the_counts(name, also):
    names = ["half-wave", "half-squared", "full-wave", "two-path energy", *also]
    pipeline = make_pipeline(StandardScaler(), RectifierRegressor(random_state=0))
    X, y = _cell(name, seed=8, samples=700)
    search = GridSearchCV(pipeline, {"rectifierregressor__rectifier": names}, cv=3)
    search.fit(X, y)
    best = search.best_params_["rectifierregressor__rectifier"]
    # a rectifier that contains the generator may be ahead of it by nothing, never another
    assert RECTIFIERS[name].is_nested_in(RECTIFIERS[best])
    score = search.cv_results_["mean_test_score"]
    assert score[names.index(name)] >= score.max() - 1e-3
    scores = cross_val_score(search.best_estimator_, X, y, cv=4)
    assert (scores > 0.5).all()


def test_clones_pickles_and_seeds_agree():
    X, y = _cell("power law", samples=300)
    model = RectifierRegressor("power law", random_state=1).fit(X, y)
    again = clone(model)
    assert not hasattr(again, "coef_")
    assert again.fit(X, y).predict(X).tolist() == model.predict(X).tolist()
    assert pickle.loads(pickle.dumps(model)).predict(X).tolist() == model.predict(X).tolist()  # noqa: S301


def test_names_of_features_are_kept():
    pandas = pytest.importorskip("pandas")
    X, y = _cell("half-wave", samples=100)
    frame = pandas.DataFrame(X, columns=list("abcde"))
    assert RectifierRegressor(random_state=0).fit(frame, y).feature_names_in_.tolist() == [*"abcde"]


@pytest.mark.parametrize("name", ["leaky half-wave", "exponential-linear", "tanh"])
def test_a_negative_side_never_predicts_below_zero(name):
    random = np.random.default_rng(9)
    X = random.normal(size=(400, 3))
    y = random.poisson(np.maximum(4 + 3 * X @ [0.6, 0.8, 0], 0.2))
    model = RectifierRegressor(name, random_state=0).fit(X, y)
    assert model.coef_[:2] @ [0.6, 0.8] > 0.98
    fitted = model.r0_ + model._driven(X)
    assert fitted.min() > -1e-9  # by the fit's constraint
    assert (model.predict(100 * X) >= 0).all()  # by clipping
    assert model.r0_posterior_mean_ == pytest.approx(model.r0_, abs=0.5)


def test_upright_turns_what_says_the_same_and_nothing_else():
    w = np.array([0.6, -0.8])
    for name, values, expected in (
        ("full-wave", [1.0, 2.0], -w),
        ("two-path half-wave", [1.0, 5.0, 2.0], w),
        ("two-path half-wave", [1.0, 2.0, 5.0], -w),
        ("half-wave", [1.0, 2.0], w),
        ("tanh", [3.0, 2.0, 1.0], w),
    ):
        weights, turned = upright(RECTIFIERS[name], w, np.array(values))
        assert weights.tolist() == expected.tolist()
        x = np.array([-1.0, 2.0])
        both = (values, x), (turned, x * np.sign(weights @ w))
        rates = [
            v[0]
            + sum(
                g * p
                for g, p in zip(
                    v[1:],
                    RECTIFIERS[name].paths(at, *v[2:][: len(RECTIFIERS[name].parameters)]),
                    strict=False,
                )
            )
            for v, at in both
        ]
        assert np.array_equal(*rates)


@pytest.mark.parametrize("name", NEED_MORE)
def test_rectifiers_that_need_more_than_the_drive_are_refused(name):
    X, y = _cell("half-wave", samples=50)
    needs = {"modulus": "drive_quadrature", "measured-noise threshold": "drive_noise"}[name]
    match = f"a rectifier of the drive alone, got {name} \\(it needs {needs} of every condition"
    with pytest.raises(InputError, match=match):
        RectifierRegressor(name).fit(X, y)


def test_what_cannot_be_is_refused_by_name():
    X, y = _cell("half-wave", samples=50)
    with pytest.raises(
        InputError, match=r"rectifier: expected one of .*'half-wave'.*got 'none of them'"
    ):
        RectifierRegressor("none of them").fit(X, y)
    wrong = RectifierRegressor(likelihood="binomial", alpha=-1, tol=np.nan, max_iter=0)
    everything = (
        r"likelihood .*'Poisson'.*'Gaussian'.*, got binomial; "
        "expected alpha >= 0, got -1; expected tol >= 0, got nan; "
        "expected max_iter as a whole number >= 1, got 0"
    )
    with pytest.raises(InputError, match=everything):
        wrong.fit(X, y)
    with pytest.raises(InputError, match=r"y >= 0 for the Poisson likelihood, got -1\.0"):
        RectifierRegressor().fit(X, y - 1 - y.min())
    with pytest.raises(ValueError, match=r"[Ss]ample.?weight"):
        RectifierRegressor().fit(X, y, np.zeros(50))
    with pytest.raises(InputError, match=r"no spikes where the rate is 0, .*half-wave.*fit_r0"):
        RectifierRegressor(fit_r0=False).fit(X[:, :1], y)


def test_too_few_steps_are_a_warning():
    X, y = _cell("half-wave", samples=200)
    with pytest.warns(
        ConvergenceWarning,
        match="top of the likelihood of half-wave, got no further .raise max_iter",
    ):
        RectifierRegressor(max_iter=2, random_state=0).fit(X, y)


@pytest.mark.parametrize("name", OF_DRIVE)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_four_conditions_are_fitted_without_a_warning_of_numpy(name):
    # oracle: more parameters than conditions; the saturated likelihood is the most there can be
    X = np.repeat([[1.0, 3], [2, 1], [3, 3], [4, 1]], 4, axis=0)
    y = np.repeat([1.0, 2, 1, 2], 4)
    model = RectifierRegressor(name, random_state=0).fit(X, y)
    saturated = poisson.logpmf(y, y).sum()
    constant = poisson.logpmf(y, y.mean()).sum()
    assert constant - 1e-6 < model.log_likelihood_ <= saturated + 1e-9


def test_silence_and_constant_features_are_fitted():
    X, y = _cell("half-wave", samples=30)
    silent = RectifierRegressor(random_state=0).fit(X, 0 * y)
    assert silent.predict(X).tolist() == [0] * 30
    constant = RectifierRegressor(random_state=0).fit(np.ones((30, 2)), y)
    assert constant.predict(np.ones((30, 2))) == pytest.approx(np.full(30, y.mean()))


def test_without_scikit_learn_every_name_is_there_and_the_regressor_says_what_brings_it():
    code = """
import sys
sys.modules.update(dict.fromkeys(("sklearn", "sklearn.base"), None))
from neurosim import *
assert RectifierRegressor.__name__ == "RectifierRegressor"
try:
    RectifierRegressor("ReLU")
except InputError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == f"RectifierRegressor: {needs('scikit-learn', 'sklearn')}\n"
