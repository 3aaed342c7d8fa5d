"""Would more trials, or other conditions, tell two rectifiers apart?

Counts are simulated from the fit of each rectifier with the conditions, repeats and durations of
the experiment at hand, both are fitted to them, and the share in which the right one has the lower
AIC is how often they are told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.data.cells import place_of_cell
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Discrimination", "told_apart"]

_FACTORS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0)
_DRIVES = 201


@dataclass(frozen=True)
class Discrimination:
    """How well an experiment tells two rectifiers apart.

    Attributes
    ----------
    one, other : str
    conditions : int
    trials : float
        The mean over conditions.
    share : float
        Of simulated experiments in which the one that made the counts has the lower AIC, the mean
        over both.
    goal : float
    trials_needed : float
        Repeats of every condition at which the share reaches the goal; NaN where twenty times as
        many do not.
    best_drive : float
        The drive at which a second of counting tells them apart best.
    information : array (2, drive)
        Drives, and the Kullback-Leibler divergence per second there, nats, the mean of both ways.
    """

    one: str
    other: str
    conditions: int
    trials: float
    share: float
    goal: float
    trials_needed: float
    best_drive: float
    information: Array

    def __repr__(self) -> str:
        more = (
            "even twenty times as many trials would not make it"
            if np.isnan(self.trials_needed)
            else "that is"
            if self.trials_needed <= self.trials
            else f"{np.ceil(self.trials_needed):.0f} trials would make it"
        )
        return (
            f"With {self.conditions} conditions and {self.trials:g} trials, {self.one} and "
            f"{self.other} are told apart {100 * self.share:.0f} % of the time; {more} "
            f"{100 * self.goal:.0f} %{' or more' if more == 'that is' else ''}. "
            f"Conditions at a drive of {self.best_drive:.3g} tell most."
        )


def told_apart(
    responses: xr.Dataset,
    one: Rectifier | str,
    other: Rectifier | str,
    cell: Any = None,
    goal: float = 0.95,
    simulations: int = 400,
    seed: int = 0,
) -> Discrimination:
    """How often an experiment like this tells two rectifiers apart, and what would help.

    Parameters
    ----------
    responses : Dataset
        See `neurosim.data.responses`; their conditions, repeats and durations are the design.
    one, other : Rectifier or str
    cell : label, optional
        Of the cell whose fits are simulated. Default: the first.
    goal : float
        Share to reach.
    simulations : int
        Experiments simulated from each fit.
    seed : int

    Returns
    -------
    Discrimination

    Raises
    ------
    InputError
        For unknown rectifiers, a cell that is not there, or numbers that cannot be.

    Examples
    --------
    >>> from neurosim.analysis.comparison.simulated import poisson_responses
    >>> made = poisson_responses("half-squared", {"r0": 2, "gain": 30}, np.linspace(0, 1, 12), 10,
    ...                          0.5, cells=1, seed=3)
    >>> told_apart(made, "half-squared", "thresholded half-wave", simulations=100).conditions
    12
    """
    data = reduced(responses)
    counts = data.counts
    pair = [named_rectifier(one), named_rectifier(other)]
    faults = Faults("told_apart")
    place = place_of_cell(data.cells, cell, faults)
    simulations = faults.whole("simulations", simulations, 10)
    seed = faults.whole("seed", seed, 0)
    goal = faults.number("goal", goal, "between 0 and 1", lambda share: 0 < share < 1)
    faults.require(pair[0] is not pair[1], "two rectifiers", pair[0].name)
    needs = sorted({name for each in pair for name in each.regressors})
    faults.require(not needs, "rectifiers of the drive alone", f"one that needs {', '.join(needs)}")
    faults.stop()
    counts = counts.take(np.array([place]))
    fits = [fit_counts(each, counts) for each in pair]
    shown = counts.exposure[0] > 0
    rates = [each.rate(counts.x[0]) for each in fits]
    random = np.random.default_rng(seed)

    def share(factor: float) -> float:
        right = []
        for k, rate in enumerate(rates):
            many = counts.take(np.zeros(simulations, dtype=np.int64))
            longer = replace(many, exposure=many.exposure * factor)
            made = Poisson().sample(np.broadcast_to(rate, many.x.shape), longer, random)
            criterion = [fit_counts(each, made).aic for each in pair]
            right.append(np.mean(criterion[k] < criterion[1 - k]))
        return float(np.mean(right))

    now = share(1.0)
    assert counts.trials is not None
    trials = float(counts.trials[0][shown].mean())
    needed = trials if now >= goal else _needed(share, now, goal, trials)
    drives = np.linspace(counts.x[0][shown].min(), counts.x[0][shown].max(), _DRIVES)
    information = _divergence(*(np.maximum(each.rate(drives), 1e-3) for each in fits))
    return Discrimination(
        pair[0].name,
        pair[1].name,
        int(shown.sum()),
        trials,
        now,
        goal,
        needed,
        float(drives[information.argmax()]),
        np.stack([drives, information]),
    )


def _needed(share: Callable[[float], float], now: float, goal: float, trials: float) -> float:
    """Trials at which a share reaches the goal, between two factors by a straight line."""
    before, factor_before = now, 1.0
    for factor in _FACTORS:
        reached = share(factor)
        if reached >= goal:
            part = (goal - before) / max(reached - before, 1e-9)
            return trials * (factor_before + part * (factor - factor_before))
        before, factor_before = reached, factor
    return float("nan")


def _divergence(one: Array, other: Array) -> Array:
    """Kullback-Leibler divergence of two Poisson rates per second, the mean of both ways, nats."""
    divergence: Array = (one - other) * np.log(one / other) / 2
    return divergence
