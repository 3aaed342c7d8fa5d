r"""A projection followed by a rectifier: the linear-nonlinear model, both parts fitted together.

.. math:: r(x) = r_0 + \sum_k g_k f_k(w \cdot x; \mathrm{shape}), \qquad |w| = 1

All parameters climb together, from directions that regression and the spike-triggered covariance
suggest and from random ones (Chichilnisky 2001; Paninski 2004; Schwartz et al. 2006). Between two
climbs the rectifier is fitted anew at the direction found, which is what `fit` does for a drive.

The ridge takes from the log-likelihood :math:`\frac{\alpha}{2} V_r / (V_x s)`, V_r and V_x being
the variances of the rate and of the drive over the conditions and s the mean rate (Gaussian: the
variance of the rates measured). It is the square of the slope of the rate on the drive, so that for
a linear rate it is ridge regression's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.analysis.fitting.optimum import best_parameters, rate_model
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.regression.bounded_parameters import Bounded
from neurosim.analysis.regression.nonsmooth_bfgs import Descent, descend
from neurosim.base.arrays import Array
from neurosim.data.counts import Counts
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Projection", "Projections", "projected"]

_BINS = 300  # of the drive, where directions are only ranked; fewer blur a threshold's place
_LEAST_CLIMBS, _MOST_CLIMBS = 3, 10  # from the best starting directions; fewer miss the best top
_DEEPEST = 50.0  # nats below the best direction, from where more than the least are climbed from
_ALIKE = 0.98  # cosine of two directions of which only the better is climbed from
_TURNS = 6  # of a climb and a fit of the rectifier at its direction; gains end before


class Projection(NamedTuple):
    """Weights (feature,) of length 1, parameters (parameter,) of the rectifier, log-likelihood
    without its constant, steps taken, whether they reached the top."""

    weights: Array
    values: Array
    log_likelihood: float
    steps: int
    converged: bool


@dataclass(frozen=True)
class Projections:
    """What is fitted: a rectifier of some projection of the features.

    Attributes
    ----------
    features : array (condition, feature)
    counts : Counts
        One cell; its drive is not looked at.
    rectifier : Rectifier
    likelihood : Likelihood
    fixed : dict
        Parameters of the rectifier that do not move.
    alpha : float
        Strength of the ridge.
    """

    features: Array
    counts: Counts
    rectifier: Rectifier
    likelihood: Likelihood
    fixed: dict[str, float]
    alpha: float = 0.0

    def model(self, weights: Array) -> RateModel:
        """The rectifier over the drive that some weights give."""
        counts = replace(self.counts, x=projected(self.features, weights)[None])
        return rate_model(self.rectifier, counts, self.likelihood, self.fixed)

    def fit(self, directions: Array, steps: int, tolerance: float) -> Projection:
        """The best of the climbs from the best directions.

        Parameters
        ----------
        directions : array (direction, feature)
        steps : int
            Of each climb, at the most.
        tolerance : float
            Nats.
        """
        values, height = self._ranked(directions)
        chosen: list[int] = []
        for k in np.argsort(-height, kind="stable"):
            near = height[k] > height.max() - _DEEPEST
            if len(chosen) >= (_MOST_CLIMBS if near else _LEAST_CLIMBS):
                break
            if (directions[chosen] @ directions[k] < _ALIKE).all():
                chosen.append(int(k))
        tops = [self._climb(directions[k], values[k], steps, tolerance) for k in chosen]
        return max(tops, key=lambda top: self.height(top.weights, top.values))

    def height(self, weights: Array, values: Array) -> float:
        """The log-likelihood without its constant, less the ridge; r0 as in `Rectifier.rate`."""
        model = self.model(weights)
        theta = self._shifted(model, values)
        rate = model.rate(theta)
        return float(model.value(theta)[0] - self._ridge(rate[0], model.counts.x[0])[0])

    def _ranked(self, directions: Array) -> tuple[Array, Array]:
        """Parameters (direction, parameter) and log-likelihood (direction,), the drive binned."""
        x = directions @ self.features.T
        rows, conditions = x.shape
        whole = self.counts
        trials = np.zeros(whole.x.shape) if whole.trials is None else whole.trials
        parts = [np.broadcast_to(part, x.shape) for part in (whole.spikes, whole.exposure, trials)]
        binned = conditions > 2 * _BINS
        if binned:
            order = np.argsort(x, axis=1, kind="stable")
            edges = np.linspace(0, conditions, _BINS + 1).astype(int)[:-1]
            x, *parts = (
                np.add.reduceat(np.take_along_axis(part, order, axis=1), edges, axis=1)
                for part in (x * parts[1], *parts)
            )
            x = x / parts[1]
        spikes, exposure, trials = (part.copy() for part in parts)
        counts = Counts(x, spikes, exposure, np.zeros(x.shape), trials=trials)
        likelihood = (
            self.likelihood.merged(whole, counts)
            if binned
            else self.likelihood.take(np.zeros(rows, dtype=int))
        )
        best = best_parameters(rate_model(self.rectifier, counts, likelihood, self.fixed))
        return best.values, best.log_likelihood

    def _climb(self, weights: Array, values: Array, steps: int, tolerance: float) -> Projection:
        """Climbs of everything in turn with fits of the rectifier, until neither gains."""
        height, taken, done = self.height(weights, values), 0, False
        for _ in range(_TURNS):
            descent = self._descent(weights, values, steps - taken, tolerance)
            taken += descent.steps
            features = self.features.shape[1]
            found = descent.point[:features] / np.linalg.norm(descent.point[:features])
            model = self.model(found)
            theta = np.clip(
                self._bounded(weights).value(descent.point[features:]), model.low[0], model.high[0]
            )
            plain = model.unshift(theta[None])[0]
            fitted = best_parameters(model, plain[None]).values[0]
            # with a ridge the rectifier fitted without it may lose to the climb's
            options = [plain, fitted]
            reached = max(options, key=lambda each: self.height(found, each))
            gained = self.height(found, reached) - height
            if gained > 0 or not np.isfinite(height):
                weights, values, height = found, reached, height + gained
            done = descent.converged
            if not gained > tolerance or taken >= steps:
                break
            height = self.height(weights, values)
        model = self.model(weights)
        top = float(model.value(self._shifted(model, values))[0])
        return Projection(weights, values, top, taken, done)

    def _descent(self, weights: Array, values: Array, steps: int, tolerance: float) -> Descent:
        """One climb of the weights and the rectifier's parameters together, seen from above."""
        features, bounded = self.features.shape[1], self._bounded(weights)
        model = self.model(weights)

        def below(point: Array) -> tuple[float, Array]:
            theta, moved = bounded.value(point[features:]), bounded.slope(point[features:])
            value, along_weights, along_theta, _ = self._slopes(model, point[:features], theta)
            return -value, -np.concatenate([along_weights, along_theta * moved])

        inside = bounded.inside(self._shifted(model, values))
        start = np.concatenate([weights, inside])
        theta, moved = bounded.value(inside), bounded.slope(inside)
        jacobian = self._slopes(model, weights, theta)[3] * np.r_[np.ones(features), moved][:, None]
        rate = np.maximum(model.rate(theta[None]), 1e-9)
        information = (jacobian * self.likelihood.expected(rate, self.counts)) @ jacobian.T
        diagonal = np.diag(information).copy()
        diagonal[diagonal <= 0] = 1.0
        scale = np.sqrt(diagonal)
        # the length of the weights changes nothing: without the addition it is singular
        normal = information / np.outer(scale, scale) + 1e-3 * np.eye(scale.size)
        inverse = np.linalg.inv(normal) / np.outer(scale, scale)
        return descend(below, start, (inverse + inverse.T) / 2, max(steps, 1), tolerance)

    def _slopes(
        self, model: RateModel, weights: Array, theta: Array
    ) -> tuple[float, Array, Array, Array]:
        """The log-likelihood less the ridge; its slopes along the weights (of any length) and the
        parameters; those of the rate, (feature + parameter, condition)."""
        size = np.linalg.norm(weights)
        unit = weights / size if size > 0 else weights
        x = self.features @ unit
        here = replace(model, counts=replace(self.counts, x=x[None]))
        with np.errstate(over="ignore", invalid="ignore"):
            rate, jacobian = (part[0] for part in here.rate_and_jacobian(theta[None]))
            value = here.likelihood.terms(rate[None], here.counts).sum()
            pull = here.likelihood.slope(rate[None], here.counts)[0]
            per_drive, lowest = self._drive_slopes(x, theta)
            taken, pull_of_rate, pull_of_drive = self._ridge(rate, x)
            pull = pull - pull_of_rate
            toward = pull * per_drive - pull_of_drive
            columns = self.features * per_drive[:, None]
            for at, slope in lowest:
                toward[at] -= pull.sum() * slope
                columns = columns - slope * self.features[at]
            along = self.features.T @ toward
            along, columns = along - unit * (unit @ along), columns - np.outer(columns @ unit, unit)
            total = value - taken
        if not np.isfinite(total):
            total = -np.inf
        return (
            float(total),
            np.nan_to_num(along / size),
            np.nan_to_num(jacobian @ pull),
            np.nan_to_num(np.concatenate([columns.T / size, jacobian])),
        )

    def _drive_slopes(self, x: Array, theta: Array) -> tuple[Array, list[tuple[int, float]]]:
        """Slope of the rate with the drive (condition,); where the paths of a rectifier with a
        negative side are lowest, and their slopes there."""
        linear = 1 + len(self.rectifier.gains)
        with np.errstate(divide="ignore"):
            slopes = self.rectifier.slopes(x, *theta[linear:])
        gains = theta[1:linear]
        per_drive = sum((g * s for g, s in zip(gains, slopes, strict=True)), np.zeros(x.shape))
        lowest: list[tuple[int, float]] = []
        if self.rectifier.negative_side:
            for gain, path, slope in zip(
                gains, self.rectifier.paths(x, *theta[linear:]), slopes, strict=True
            ):
                at = int(path.argmin())
                if path[at] < 0:
                    lowest.append((at, float(gain * slope[at])))
        return per_drive, lowest

    def _ridge(self, rate: Array, x: Array) -> tuple[float, Array, Array]:
        """What the ridge takes, and its slopes with each rate and each drive."""
        weight = self.counts.exposure[0] / self.counts.exposure.sum()
        measured = self.counts.spikes[0] / self.counts.exposure[0]
        mean = weight @ measured
        counted = self.likelihood.of == "counts"
        scale = mean if counted else weight @ (measured - mean) ** 2
        rates, drives = rate - weight @ rate, x - weight @ x
        spread = weight @ drives**2
        if self.alpha == 0 or scale <= 0 or spread <= 0:
            return 0.0, np.zeros(x.shape), np.zeros(x.shape)
        taken = self.alpha / 2 * (weight @ rates**2) / spread / scale
        along = self.alpha * weight * rates / spread / scale
        return taken, along, -2 * taken * weight * drives / spread

    def _bounded(self, weights: Array) -> Bounded:
        model = self.model(weights)
        size = np.ones(model.low.shape[1])
        mean = self.counts.spikes.sum() / self.counts.exposure.sum()
        size[: model.linear] = max(abs(mean), 1e-12)
        return Bounded(model.low[0], model.high[0], size)

    def _shifted(self, model: RateModel, values: Array) -> Array:
        """Parameters (1, parameter) within bounds, the rate at the lowest condition for r0."""
        return np.clip(model.shift(values[None]), model.low, model.high)


def projected(features: Array, weights: Array) -> Array:
    """The drive of every condition, to the last bit whatever the others are: a step may be at it.

    Examples
    --------
    >>> projected(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -1.0]))
    array([-1.5, -2.5])
    """
    projected: Array = np.einsum("cf,f->c", np.ascontiguousarray(features), weights)
    return projected
