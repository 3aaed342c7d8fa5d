"""Does the comparison find what generated the data? Parameter and model recovery by simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.fitting.fit import fit, fit_counts
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.result import Fit
from neurosim.data.counts import REGRESSORS, Counts
from neurosim.data.responses import responses_from_counts
from neurosim.models.rectifiers import RECTIFIERS, named_rectifier
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "BIOLOGICAL",
    "DEFAULT_GENERATORS",
    "Recovery",
    "expected_gap",
    "poisson_responses",
    "recovery",
]

DEFAULT_GENERATORS: dict[str, dict[str, float]] = {
    "half-wave": {"r0": 3, "gain": 60},
    "thresholded half-wave": {"r0": 3, "gain": 90, "threshold": 0.3},
    "half-squared": {"r0": 3, "gain": 80},
    "two-path half-wave": {"r0": 3, "gain_plus": 60, "gain_minus": 30},
    "two-path energy": {"r0": 3, "gain_plus": 80, "gain_minus": 40},
    "noise-smoothed threshold": {"r0": 3, "gain": 90, "threshold": 0.2, "noise": 0.25},
    "thresholded half-squared": {"r0": 3, "gain": 110, "threshold": -0.2},
    "full-wave": {"r0": 3, "gain": 60},
    "modulus": {"r0": 3, "gain": 60},
    "power law": {"r0": 3, "gain": 80, "exponent": 2.8},
    "thresholded power law": {"r0": 3, "gain": 60, "threshold": -0.3, "exponent": 1.8},
    "Naka-Rushton": {"r0": 3, "gain": 80, "semisaturation": 0.3, "exponent": 2.5},
    "softplus": {"r0": 3, "gain": 80, "threshold": 0.2, "softness": 0.15},
    "logistic": {"r0": 3, "gain": 70, "midpoint": 0.2, "width": 0.15},
    "tanh": {"r0": 40, "gain": 30, "width": 0.5},
    "rectified tanh": {"r0": 3, "gain": 60, "width": 0.5},
    "leaky half-wave": {"r0": 20, "gain": 60, "leak": 0.25},
    "exponential-linear": {"r0": 30, "gain": 40, "depth": 0.8},
    "S-shaped linear": {
        "r0": 30,
        "gain": 50,
        "left": -0.4,
        "right": 0.4,
        "left_slope": 0.2,
        "right_slope": 0.3,
    },
    "measured-noise threshold": {"r0": 3, "gain": 90, "threshold": 0.2},
    "LIF f-I": {"r0": 3, "gain": 40, "threshold": 0.1, "depth": 0.6},
    "Siegert": {"r0": 3, "gain": 50, "threshold": 0.2, "depth": 0.6, "noise": 0.25},
}
"""Parameters (Hz, contrast units) away from their bounds, at rates of visual cortex."""

BIOLOGICAL = (
    "half-wave",
    "thresholded half-wave",
    "two-path half-wave",
    "half-squared",
    "thresholded half-squared",
    "two-path energy",
    "full-wave",
    "power law",
    "thresholded power law",
    "Naka-Rushton",
    "noise-smoothed threshold",
)
"""Rectifiers of visual cortex that are functions of the drive alone."""


def poisson_responses(
    rectifier: Rectifier | str,
    parameters: Mapping[str, Any],
    x: ArrayLike,
    trials: int,
    duration: float,
    cells: int,
    seed: int = 0,
    regressors: Mapping[str, ArrayLike] | None = None,
) -> xr.Dataset:
    """Poisson counts of cells that are exactly a rectifier.

    Parameters
    ----------
    rectifier : Rectifier or str
    parameters : mapping
        r0 and gains in Hz, shape parameters in units of x.
    x : array (stimulus,)
        Drive.
    trials, duration, cells : int, float (s), int
    seed : int
    regressors : mapping of name to array (stimulus,), optional
        What the rectifier needs of each condition besides the drive.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`.

    Examples
    --------
    >>> responses = poisson_responses("ReLU", {"r0": 1, "gain": 20}, [-1, 0, 1], 5, 1.0, cells=2)
    >>> responses["count"].shape
    (3, 2, 5)
    """
    drive = np.asarray(x, dtype=float)
    given = {} if regressors is None else dict(regressors)
    generator = named_rectifier(rectifier)
    needed = {name: given[name] for name in generator.regressors if name in given}
    rate = generator.rate(drive, **parameters, **needed)
    random = np.random.default_rng(seed)
    count = random.poisson(rate[:, None, None] * duration, (drive.size, cells, trials))
    responses = responses_from_counts(np.repeat(drive[:, None], cells, axis=1), count, duration)
    for name, values in given.items():
        column = np.broadcast_to(np.asarray(values, dtype=float)[:, None], responses["drive"].shape)
        responses[REGRESSORS[name]] = responses["drive"].copy(data=column.copy())
    return responses


def expected_gap(
    rectifier: Rectifier | str,
    parameters: Mapping[str, Any],
    x: ArrayLike,
    trials: int,
    duration: float,
    rectifiers: Iterable[str] | None = None,
) -> dict[str, float]:
    """How much worse each rectifier is than the generating one, in expected AICc units.

    Twice the Kullback-Leibler distance of the best approximation (a fit to the expected counts),
    plus one unit for each parameter more.

    Examples
    --------
    >>> gap = expected_gap("ReLU", {"r0": 3, "gain": 60}, np.linspace(-1, 1, 25), 20, 4.0)
    >>> round(gap["half-squared"] / 1000, 1)
    3.4
    """
    generator = named_rectifier(rectifier)
    standard = [name for name, each in RECTIFIERS.items() if each.standard]
    rivals = {name: RECTIFIERS[name] for name in (standard if rectifiers is None else rectifiers)}
    drive = np.asarray(x, dtype=float)[None]
    rate = generator.rate(drive, **parameters)
    exposure = np.full(drive.shape, trials * duration)
    counts = Counts(drive, rate * exposure, exposure, np.zeros(drive.shape))
    truth = Poisson().log_likelihood(rate, counts)
    size = len(generator.parameter_names)
    return {
        name: float((2 * (truth - fit_counts(rival, counts).log_likelihood))[0])
        + len(rival.parameter_names)
        - size
        for name, rival in rivals.items()
    }


@dataclass(frozen=True, eq=False)
class Recovery:
    """What came back.

    Attributes
    ----------
    generating, selected : list of str
        Names of the confusion matrix' rows and columns.
    confusion : int array (generating, selected)
        Cells; selected is the simplest within 4 AICc units of the best.
    accepted : array (generating,)
        Fraction selected that is the generator or nested in it.
    within_two_se : dict
        For each generator, each parameter's fraction of estimates within two standard errors of
        the truth (an estimate at a bound has no standard error and counts as outside).
    worst_rival : array (generating,)
        The smallest expected AICc gap to a rectifier that does not contain the generator.
    """

    generating: list[str]
    selected: list[str]
    confusion: NDArray[np.int64]
    accepted: NDArray[np.float64]
    within_two_se: dict[str, dict[str, float]]
    worst_rival: NDArray[np.float64]

    def plot(self) -> Figure:
        """The confusion matrix, in percent of each row."""
        from neurosim.analysis.comparison.recovery_figure import recovery_figure

        return recovery_figure(self)

    def to_dataframe(self) -> pd.DataFrame:
        """The confusion matrix with its margins."""
        import pandas as pd

        table = pd.DataFrame(self.confusion, index=self.generating, columns=self.selected)
        table.index.name = "generating"
        table["accepted (%)"] = 100 * self.accepted
        table["closest rival (AICc)"] = self.worst_rival
        return table


def recovery(
    generators: Mapping[str, Mapping[str, float]] | None = None,
    x: ArrayLike | None = None,
    trials: int = 20,
    duration: float = 2.0,
    cells: int = 100,
    seed: int = 0,
    rectifiers: Iterable[str] | None = None,
) -> Recovery:
    """Generate from each rectifier, fit all, and count what is selected.

    Parameters
    ----------
    generators : mapping of rectifier name to parameters, optional
        Default: those of `rectifiers`, at `DEFAULT_GENERATORS`.
    x : array (stimulus,), optional
        Default: 25 drives from -1 to 1.
    trials, duration, cells, seed
        The design; duration in s.
    rectifiers : names, optional
        What is fitted to every cell. Default: the standard six; `BIOLOGICAL` has more.

    Returns
    -------
    Recovery

    Examples
    --------
    >>> found = recovery({"half-wave": {"r0": 3, "gain": 60}}, cells=5, seed=1)
    >>> found.confusion.sum()
    np.int64(5)
    """
    standard = [each.name for each in RECTIFIERS.values() if each.standard]
    fitted = [named_rectifier(name) for name in (standard if rectifiers is None else rectifiers)]
    if generators is None:
        generators = {each.name: DEFAULT_GENERATORS[each.name] for each in fitted}
    x = np.linspace(-1, 1, 25) if x is None else x
    models = sorted(fitted, key=lambda r: len(r.parameter_names))
    names = [each.name for each in models]
    confusion, accepted, within, gaps = [], [], {}, []
    for k, (name, parameters) in enumerate(generators.items()):
        generator = named_rectifier(name)
        design = (x, trials, duration)
        responses = poisson_responses(generator, parameters, *design, cells, seed=seed + k)
        fits = [fit(each, responses) for each in models]
        chosen = Comparison(responses, fits, [], 0).chosen
        confusion.append(np.bincount(chosen[chosen >= 0], minlength=len(models)))
        accepted.append(np.mean([c >= 0 and models[c].is_nested_in(generator) for c in chosen]))
        within[generator.name] = _within_two_se(fits[models.index(generator)], parameters)
        gap = expected_gap(generator, parameters, *design, [m.name for m in models])
        gaps.append(min(gap[m.name] for m in models if not generator.is_nested_in(m)))
    return Recovery(
        list(within), names, np.array(confusion), np.array(accepted), within, np.array(gaps)
    )


def _within_two_se(fitted: Fit, truth: Mapping[str, float]) -> dict[str, float]:
    values = np.array([truth[name] for name in fitted.rectifier.parameter_names])
    with np.errstate(invalid="ignore"):
        near = np.abs(fitted.values - values) <= 2 * fitted.standard_errors
    return dict(zip(fitted.rectifier.parameter_names, near.mean(0).tolist(), strict=True))
