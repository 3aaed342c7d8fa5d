"""Does the comparison find what generated the data? Parameter and model recovery by simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.fitting.fit import fit, fit_counts
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.data.beside import REGRESSORS
from neurosim.data.counts import Counts
from neurosim.data.responses import responses_from_counts
from neurosim.models.rectifiers import RECTIFIERS, named_rectifier
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "Recovery",
    "expected_gap",
    "poisson_responses",
    "recovery",
]

_MOST_SPIKES = 1e9  # of a trial; more is a mistake, and beyond what Poisson counts are drawn for


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
    generator, faults = named_rectifier(rectifier), Faults("poisson_responses")
    drive, trials, duration, cells, seed = _design(x, trials, duration, cells, seed, faults)
    asked = faults.mapping("parameters", parameters)
    faults.stop()
    known = (*generator.parameter_names, *generator.constants)
    own = Faults(generator.name)
    for name in asked:
        own.require(name in known, f"parameters among {', '.join(known)}", name)
    own.stop()
    beside = faults.mapping("regressors", regressors)
    unknown = [str(name) for name in beside if name not in REGRESSORS]
    faults.require(not unknown, f"regressors among {', '.join(REGRESSORS)}", unknown)
    given = {name: faults.numbers(name, values, drive.shape) for name, values in beside.items()}
    stated = {name: faults.numbers(name, value, drive.shape) for name, value in asked.items()}
    faults.stop()
    needed = {name: given[name] for name in generator.regressors if name in given}
    rate = generator.rate(drive, **stated, **needed)
    most = np.max(rate * duration)
    faults.require(most <= _MOST_SPIKES, f"at most {_MOST_SPIKES:g} spikes of a trial", most)
    faults.stop()
    random = np.random.default_rng(seed)
    count = random.poisson(rate[:, None, None] * duration, (drive.size, cells, trials))
    responses = responses_from_counts(np.repeat(drive[:, None], cells, axis=1), count, duration)
    for name, values in given.items():
        column = np.broadcast_to(values[:, None], responses["drive"].shape)
        responses[REGRESSORS[name]] = responses["drive"].copy(data=column.copy())
    return responses


def expected_gap(
    rectifier: Rectifier | str,
    parameters: Mapping[str, Any],
    x: ArrayLike,
    trials: int,
    duration: float,
    rectifiers: Iterable[Rectifier | str] | None = None,
) -> dict[str, float]:
    """How much worse each rectifier is than the generating one, in expected AICc units.

    Twice the Kullback-Leibler distance of the best approximation (a fit to the expected counts),
    plus one unit for each parameter more. Those in `rectifiers`; by default the standard ones.

    Examples
    --------
    >>> gap = expected_gap("ReLU", {"r0": 3, "gain": 60}, np.linspace(-1, 1, 25), 20, 4.0)
    >>> round(gap["half-squared"] / 1000, 1)
    3.4
    """
    generator = named_rectifier(rectifier)
    rivals = [named_rectifier(each) for each in _chosen(rectifiers)]
    drive = np.asarray(x, dtype=float)[None]
    rate = generator.rate(drive, **parameters)
    exposure = np.full(drive.shape, trials * duration)
    counts = Counts(drive, rate * exposure, exposure, np.zeros(drive.shape))
    truth = Poisson().log_likelihood(rate, counts)
    size = len(generator.parameter_names)
    return {
        rival.name: float((2 * (truth - fit_counts(rival, counts).log_likelihood))[0])
        + len(rival.parameter_names)
        - size
        for rival in rivals
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
        The smallest expected AICc gap to a rectifier that does not contain the generator; infinite
        where there is none.
    """

    generating: list[str]
    selected: list[str]
    confusion: Indices
    accepted: Array
    within_two_se: dict[str, dict[str, float]]
    worst_rival: Array

    def plot(self) -> Figure:
        """Share of the cells of each generator (rows) that each rectifier is selected for."""
        from neurosim.analysis.comparison.recovery_figure import recovery_figure

        return recovery_figure(self.confusion, self.generating, self.selected, self.accepted)

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
    rectifiers: Iterable[Rectifier | str] | None = None,
) -> Recovery:
    """Generate from each rectifier, fit all, and count what is selected.

    Parameters
    ----------
    generators : mapping of rectifier name to parameters, optional
        Some of `rectifiers`, by either name; a parameter that is left out is as `Rectifier.typical`
        has it. Default: all of them, as typical.
    x : array (stimulus,), optional
        Default: 25 drives from -1 to 1.
    trials, duration, cells, seed
        The design; duration in s.
    rectifiers : names or Rectifiers, optional
        What is fitted to every cell. Default: the standard ones; `RECTIFIERS.biological` are more.

    Returns
    -------
    Recovery

    Raises
    ------
    InputError
        For a design that is none, a generator that is not fitted, and one that needs more of a
        condition than its drive.

    Examples
    --------
    >>> found = recovery({"half-wave": {"r0": 3, "gain": 60}}, cells=5, seed=1)
    >>> found.confusion.sum()
    np.int64(5)
    """
    fitted = {each.name: each for each in map(named_rectifier, _chosen(rectifiers))}
    faults = Faults("recovery")
    x = np.linspace(-1, 1, 25) if x is None else x
    x, trials, duration, cells, seed = _design(x, trials, duration, cells, seed, faults)
    asked = {name: {} for name in fitted} if generators is None else generators
    truths = _truths(asked, fitted, faults)
    models = sorted(fitted.values(), key=lambda each: len(each.parameter_names))
    confusion, accepted, within, gaps = [], [], {}, []
    for k, (name, parameters) in enumerate(truths.items()):
        generator, design = fitted[name], (x, trials, duration)
        responses = poisson_responses(generator, parameters, *design, cells, seed=seed + k)
        fits = [fit(each, responses) for each in models]
        chosen = Comparison(responses, fits, [], 0).chosen
        confusion.append(np.bincount(chosen[chosen >= 0], minlength=len(models)))
        accepted.append(np.mean([c >= 0 and models[c].is_nested_in(generator) for c in chosen]))
        within[name] = _within_two_se(fits[models.index(generator)], parameters)
        gap = expected_gap(generator, parameters, *design, models)
        rivals = [each.name for each in models if not generator.is_nested_in(each)]
        gaps.append(min((gap[rival] for rival in rivals), default=np.inf))
    selected = [each.name for each in models]
    return Recovery(
        list(within), selected, np.array(confusion), np.array(accepted), within, np.array(gaps)
    )


def _chosen(rectifiers: Iterable[Rectifier | str] | None) -> list[Rectifier | str]:
    faults = Faults("recovery")
    named = RECTIFIERS.standard if rectifiers is None else rectifiers
    asked = faults.several("rectifiers", named, "names or Rectifiers", (str, Rectifier, type))
    faults.stop()
    return asked


def _design(
    x: Any, trials: Any, duration: Any, cells: Any, seed: Any, faults: Faults
) -> tuple[Array, int, float, int, int]:
    """The design of an experiment, noting what cannot be."""
    drive = faults.numbers("x", x)
    listed = drive.ndim == 1 and drive.size > 0 and np.isfinite(drive).all()
    faults.require(listed or faults.found, "x (stimulus,), finite", x)
    return (
        drive,
        faults.whole("trials", trials),
        faults.number("duration", duration, "> 0 s", lambda s: 0 < s < np.inf),
        faults.whole("cells", cells),
        faults.whole("seed", seed, 0),
    )


def _truths(
    generators: Any,
    fitted: Mapping[str, Rectifier],
    faults: Faults,
) -> dict[str, dict[str, float]]:
    """Every parameter of every generator; `InputError` for a design or a generator that is none."""
    given = faults.mapping("generators", generators)
    faults.require(len(fitted) > 0, "at least one rectifier", "none")
    truths = {}
    for asked, said in given.items():
        parameters = faults.mapping(f"parameters of {asked}", said)
        own = [each for each in fitted.values() if each.name == asked]
        generator = own[0] if own else named_rectifier(asked)
        among = f"generators among the rectifiers fitted ({', '.join(fitted)})"
        faults.require(generator.name in fitted, among, asked)
        needs = ", ".join(generator.regressors)
        faults.require(not needs, "generators of the drive alone", f"{asked}, which needs {needs}")
        truths[generator.name] = {**generator.typical, **parameters}
    faults.stop()
    return truths


def _within_two_se(fitted: Fit, truth: Mapping[str, float]) -> dict[str, float]:
    values = np.array([truth[name] for name in fitted.rectifier.parameter_names])
    with np.errstate(invalid="ignore"):
        near = np.abs(fitted.values - values) <= 2 * fitted.standard_errors
    return dict(zip(fitted.rectifier.parameter_names, near.mean(0).tolist(), strict=True))
