r"""Rectifiers for scikit-learn: a projection of the features, followed by one of the family.

.. math:: \hat y = r_0 + \sum_k g_k f_k(w \cdot x; \mathrm{shape}), \qquad |w| = 1

The module can be imported without scikit-learn; who makes a regressor then is told what brings it.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.analysis.fitting.likelihoods import Likelihood, named_likelihood
from neurosim.analysis.fitting.optimum import best_parameters
from neurosim.analysis.fitting.posterior import posterior_mean_r0
from neurosim.analysis.regression.linear_nonlinear import Projection, Projections, projected
from neurosim.analysis.regression.samples import conditions_of, samples_of
from neurosim.analysis.regression.starting_directions import starting_directions, upright
from neurosim.base.arrays import Array
from neurosim.base.errors import Faults, InputError
from neurosim.base.extras import needs
from neurosim.base.numbers import is_number
from neurosim.data.beside import REGRESSORS
from neurosim.data.counts import Counts
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

try:
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError:

    class _Absent:
        """Stands where scikit-learn's base class would: nothing can be made of it."""

        def __new__(cls, *_: Any, **__: Any) -> Any:
            raise InputError(f"{cls.__name__}: {needs('scikit-learn', 'sklearn')}")

    RegressorMixin, BaseEstimator = type("RegressorMixin", (), {}), _Absent

__all__ = ["RectifierRegressor"]

_TURNS = 10  # of the projection and the likelihood's own parameters, at the most
_SETTLED = 1e-6  # nats that a turn gains when both are at their best


class RectifierRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    r"""A linear projection and a rectifier, fitted together by maximum likelihood.

    The weights have length 1: the gains carry the size of the rate, the shape parameters the scale
    of the drive. A single feature is the drive itself, its weight 1. Where the rectifier leaves the
    sign of the weights open, the larger gain is the positive path's (two paths), or the largest
    weight is positive (even rectifiers). There is no intercept but a threshold: standardise the
    features, or choose a rectifier that has one.

    Parameters
    ----------
    rectifier : str or Rectifier
        By either of its names (see ``neurosim.RECTIFIERS``). Those that need more than the drive
        (modulus, measured-noise threshold) are refused.
    likelihood : str
        "poisson" takes any y >= 0 (of numbers that are not counts it is the quasi-likelihood, which
        is right about the mean); "negative binomial" counts that are more variable, each sample
        being a trial; "gaussian" is least squares, of any y. Any other `neurosim.Likelihood` by its
        name.
    alpha : float
        Ridge on the slope of the rate along the weights, in the units of
        ``sklearn.linear_model.Ridge``: about alpha = samples * variance of a feature it matters as
        much as the data. Of no effect on a single feature.
    fit_r0 : bool
        Whether there is a spontaneous rate; if not it is 0, and the Poisson likelihood of a spike
        in silence is zero.
    max_iter : int
        Steps of each ascent, at the most; there are four, from the best starting directions.
    tol : float
        Nats; an ascent ends when ten steps gain less.
    random_state : int, RandomState instance or None
        Of the random ones among the starting directions.

    Attributes
    ----------
    coef_ : array (feature,)
        The weights, of length 1.
    r0_ : float
        Spontaneous rate, in the unit of y.
    gains_ : array (path,)
    rectifier_params_ : dict
        Shape parameters by name.
    rectifier_ : Rectifier
    log_likelihood_ : float
        Nats, at the parameters fitted. Of counts: each sample a count, y times its weight.
        Gaussian: with the variance of the residuals.
    likelihood_ : Likelihood
        With its own parameters as they were estimated.
    r0_posterior_mean_ : float
        Under a Gamma(1/2, 0) prior, for `score`.
    n_iter_ : int
        Steps of the best ascent; 1 for a single feature.
    n_features_in_ : int
    feature_names_in_ : array (feature,)
        When the features have names.

    Examples
    --------
    >>> from neurosim import RECTIFIERS
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(500, 3))
    >>> y = random.poisson(RECTIFIERS["half-wave"].rate(X @ [0.6, 0.0, -0.8], r0=1, gain=5))
    >>> model = RectifierRegressor("ReLU").fit(X, y)
    >>> model.coef_.round(1) + 0.0
    array([ 0.6,  0. , -0.8])
    >>> model.predict([[0.6, 0, -0.8], [-0.6, 0, 0.8]]).round()
    array([6., 1.])
    """

    def __init__(
        self,
        rectifier: str | Rectifier = "half-wave",
        *,
        likelihood: str = "poisson",
        alpha: float = 0.0,
        fit_r0: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-8,
        random_state: Any = None,
    ) -> None:
        self.rectifier = rectifier
        self.likelihood = likelihood
        self.alpha = alpha
        self.fit_r0 = fit_r0
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> RectifierRegressor:
        """Fit the weights and the rectifier.

        Parameters
        ----------
        X : array (sample, feature)
        y : array (sample,)
            Counts, or rates; >= 0 for the Poisson likelihood.
        sample_weight : array (sample,), optional
            Exposure: what y is per unit of. For rates it is the time observed or the number of
            trials, so that y times it is the count.

        Raises
        ------
        InputError
            Naming every parameter that cannot be, a rectifier that needs more than the drive, and
            y < 0.
        """
        rectifier, likelihood = self._checked()
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, ensure_min_samples=2)
        X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        _check_samples(y, weight, likelihood)
        features, counts = conditions_of(X, y, weight, likelihood.single_trials)
        if wrong := likelihood.fault(counts):
            raise InputError(f"RectifierRegressor: {wrong}")
        best, self.likelihood_ = self._best(rectifier, likelihood.begin(counts), features, counts)
        weights, values = upright(rectifier, best.weights, best.values)
        self.rectifier_ = rectifier
        self.coef_ = weights
        linear = 1 + len(rectifier.gains)
        self.r0_, self.gains_ = float(values[0]), values[1:linear]
        self.rectifier_params_ = {
            name: float(value)
            for name, value in zip(rectifier.parameters, values[linear:], strict=True)
        }
        self.n_iter_ = best.steps
        samples = samples_of(y, weight)
        rate = self._rate(X, self.r0_)[None]
        under = self._likelihood_of(samples)
        self.log_likelihood_ = float(under.best_log_likelihood(rate, samples)[0])
        self.r0_posterior_mean_ = self._posterior_mean(features, counts)
        if not best.converged:
            remedy = "raise max_iter, or tol" if len(weights) > 1 else "fewer parameters do"
            warnings.warn(
                "RectifierRegressor: expected to reach the top of the likelihood of "
                f"{rectifier.name}, got no further ({remedy})",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Rate of each sample, in the unit of y, (sample,).

        It is never below 0: a rectifier with a negative side, whose rate was kept from it at the
        conditions fitted, is clipped beyond them.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self._rate(X, self.r0_)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Fraction of deviance explained, D^2; of the Gaussian likelihood it is R^2.

        1 for rates that are y, 0 for the mean of y, and below that for worse. The Poisson score
        takes for r0 its posterior mean, as neurosim's held-out scores do: with the r0 of
        `predict`, a single spike where the rate is 0 would make it minus infinity.

        Parameters
        ----------
        X : array (sample, feature)
        y : array (sample,)
        sample_weight : array (sample,), optional
            Exposure, as for `fit`.
        """
        check_is_fitted(self)
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, reset=False)
        y = np.asarray(y, dtype=float)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        _check_samples(y, weight, type(self.likelihood_))
        samples = samples_of(y, weight)
        under = self._likelihood_of(samples)
        mean = np.full((1, len(y)), under.constant_rate(samples)[0])
        rate = self._rate(X, self.r0_posterior_mean_)[None]
        left, all_of_it = (under.deviance(each, samples).sum() for each in (rate, mean))
        if all_of_it <= 0:  # y is constant: 1 for rates that are y, 0 for others
            return 1.0 if left <= 0 else 0.0
        return float(1 - left / all_of_it)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        likelihood = named_likelihood(self.likelihood, Faults("tags"), "any")
        counted = likelihood is not None and likelihood.of == "counts"
        tags.target_tags.positive_only = counted
        # a rate is never negative: y of mean zero, which the checks then give, is beyond it
        tags.regressor_tags.poor_score = not counted
        return tags

    def _checked(self) -> tuple[Rectifier, type[Likelihood]]:
        """The rectifier and the likelihood; every parameter looked at."""
        rectifier = named_rectifier(self.rectifier)
        faults = Faults("RectifierRegressor")
        needs = " and ".join(REGRESSORS[name] for name in rectifier.regressors)
        faults.require(
            not needs,
            "a rectifier of the drive alone",
            rectifier.name,
            f"it needs {needs} of every condition: neurosim.fit takes it",
        )
        likelihood = named_likelihood(self.likelihood, faults, "any")
        for name in ("alpha", "tol"):
            value = getattr(self, name)
            good = is_number(value) and 0 <= value < np.inf
            faults.require(good, f"{name} >= 0", value)
        faults.whole("max_iter", self.max_iter)
        faults.flag("fit_r0", self.fit_r0)
        faults.stop()
        assert likelihood is not None
        return rectifier, likelihood

    def _likelihood_of(self, samples: Counts) -> Likelihood:
        """The likelihood of samples, its own parameters as they were estimated."""
        fitted = self.likelihood_
        return fitted if fitted.parameters else type(fitted).begin(samples)

    def _best(
        self, rectifier: Rectifier, likelihood: Likelihood, features: Array, counts: Counts
    ) -> tuple[Projection, Likelihood]:
        """The weights and parameters of the greatest likelihood, and it with its own."""
        directions = np.ones((1, 1))
        if features.shape[1] > 1:
            random = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
            directions = starting_directions(features, counts, random)
        before = -np.inf
        for _ in range(_TURNS):
            found, rate = self._projected(rectifier, likelihood, features, counts, directions)
            if not likelihood.parameters:
                break
            height = float(likelihood.log_likelihood(rate, counts)[0])
            if height - before < _SETTLED:
                break
            before, likelihood = height, likelihood.estimated(rate, counts)
        faults = Faults("RectifierRegressor")
        faults.require(
            np.isfinite(found.log_likelihood),
            "no spikes where the rate is 0",
            f"some under {rectifier.name}, whatever its parameters",
            "fit_r0=True",
        )
        faults.stop()
        return found, likelihood

    def _projected(
        self,
        rectifier: Rectifier,
        likelihood: Likelihood,
        features: Array,
        counts: Counts,
        directions: Array,
    ) -> tuple[Projection, Array]:
        """The best projection under a likelihood as it is, and its rates (1, condition)."""
        fixed = {} if self.fit_r0 else {"r0": 0.0}
        problem = Projections(features, counts, rectifier, likelihood, fixed, float(self.alpha))
        if features.shape[1] == 1:
            weights = directions[0]
            best = best_parameters(problem.model(weights))
            top, done = float(best.log_likelihood[0]), bool(best.converged[0])
            found = Projection(weights, best.values[0], top, 1, done)
        else:
            found = problem.fit(directions, int(self.max_iter), float(self.tol))
        rate = problem.model(found.weights).plain.rate(found.values[None])
        return found, np.maximum(rate, 0.0)

    def _driven(self, X: Any) -> Array:
        """What the rate owes to the drive, (sample,)."""
        paths = self.rectifier_.paths(projected(X, self.coef_), *self.rectifier_params_.values())
        return sum((g * p for g, p in zip(self.gains_, paths, strict=True)), np.zeros(len(X)))

    def _rate(self, X: Any, r0: float) -> Array:
        return np.maximum(r0 + self._driven(X), 0.0)

    def _posterior_mean(self, features: Array, counts: Counts) -> float:
        """Of r0; where it is not fitted, and for the Gaussian likelihood, r0 itself."""
        if self.likelihood_.of == "rates" or not self.fit_r0:
            return self.r0_
        # a negative side is taken from its lowest, below which r0 cannot be
        driven = self._driven(features)
        least = min(driven.min(), 0.0)
        lowest = max(self.r0_ + least, 0.0)
        under = self.likelihood_.with_mean(counts)
        mean = posterior_mean_r0(counts, (driven - least)[None], np.array([lowest]), under)[0]
        return float(mean - least)


def _check_samples(y: Array, weight: Array, likelihood: type[Likelihood]) -> None:
    """Refuse rates and weights that are none; scikit-learn has looked at their shapes."""
    faults = Faults("RectifierRegressor")
    faults.require(
        likelihood.of != "counts" or (y >= 0).all(),
        f"y >= 0 for the {likelihood.name} likelihood",
        y.min(),
        'likelihood="gaussian" takes any',
    )
    seen = np.isfinite(weight).all() and (weight > 0).any()
    faults.require(seen, "a finite sample_weight > 0", "none")
    faults.stop()
