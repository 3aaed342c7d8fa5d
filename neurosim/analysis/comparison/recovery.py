"""Does the comparison find what generated the data? Parameter and model recovery by simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.comparison.simulated import design_of, poisson_responses
from neurosim.analysis.comparison.verdicts import NONE, UNDETERMINED
from neurosim.analysis.fitting.fit import fit_counts, fit_reduced
from neurosim.analysis.fitting.likelihoods import AUTO, Likelihood
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.data.counts import Counts, reduced
from neurosim.models.rectifiers import RECTIFIERS, named_rectifier
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.constant import CONSTANT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Recovery", "expected_gap", "recovery"]


def expected_gap(
    rectifier: Rectifier | str,
    parameters: Mapping[str, Any],
    x: ArrayLike,
    trials: int,
    duration: float,
    rectifiers: Iterable[Rectifier | str] | None = None,
) -> dict[str, float]:
    """How much worse each rectifier is than the generating one, in expected AIC units.

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
    generating : list of str
        Names of the confusion matrix' rows.
    verdicts : list of str
        Of its columns: the rectifiers in the same order, "none" and "undetermined".
    confusion : int array (generating, verdict)
        Cells.
    shares : dict of str to array (generating,)
        Of the cells: "truth" (it is named), "kind" (one of its kind is), "limit" (one that it
        becomes at a limit, from which it is not told apart), "told of" (it is among those not told
        apart), "undetermined" and "false" (anything else, "none" included; at most 5 % are to be).
        The first that holds counts, but for "kind", which is of all cells.
    names_left : array (generating,)
        How many rectifiers are not told apart, the verdict among them; the mean over cells that
        are called something.
    within_two_se : dict
        For each generator, each parameter's fraction of estimates within two standard errors of
        the truth (an estimate at a bound has no standard error and counts as outside).
    worst_rival : array (generating,)
        The smallest expected AIC gap to a rectifier that does not contain the generator; infinite
        where there is none.
    """

    generating: list[str]
    verdicts: list[str]
    confusion: Indices
    shares: dict[str, Array]
    names_left: Array
    within_two_se: dict[str, dict[str, float]]
    worst_rival: Array

    @property
    def accepted(self) -> Array:
        """Share of the cells about which nothing false is said; (generating,)."""
        return 1 - self.shares["false"]

    def plot(self) -> Figure:
        """Share of the cells of each generator (rows) that have each verdict."""
        from neurosim.analysis.comparison.recovery_figure import recovery_figure

        return recovery_figure(self.confusion, self.generating, self.verdicts, self.accepted)

    def to_dataframe(self) -> pd.DataFrame:
        """The confusion matrix with its margins."""
        import pandas as pd

        table = pd.DataFrame(self.confusion, index=self.generating, columns=self.verdicts)
        table.index.name = "generating"
        for name, share in self.shares.items():
            table[f"{name} (%)"] = 100 * share
        table["names left"] = self.names_left
        table["closest rival (AIC)"] = self.worst_rival
        return table


def recovery(
    generators: Mapping[str, Mapping[str, float]] | None = None,
    x: ArrayLike | None = None,
    trials: int = 20,
    duration: Any = 2.0,
    cells: int = 100,
    seed: int = 0,
    rectifiers: Iterable[Rectifier | str] | None = None,
    likelihood: str | type[Likelihood] = AUTO,
) -> Recovery:
    """Generate from each rectifier, compare all, and count the verdicts.

    Parameters
    ----------
    generators : mapping of rectifier name to parameters, optional
        Some of `rectifiers`, by either name; a parameter that is left out is as `Rectifier.typical`
        has it. Default: all of them, as typical, and the constant rate.
    x : array (stimulus,), optional
        Default: 25 drives from -1 to 1.
    trials, duration, cells, seed
        The design; duration in s, or with a unit.
    rectifiers : names or Rectifiers, optional
        What is fitted to every cell, beside the constant rate. Default: the standard ones;
        `RECTIFIERS.biological` are more.
    likelihood : str
        As `compare` has it.

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
    faults = Faults("recovery")
    asked = [named_rectifier(each) for each in _chosen(rectifiers)]
    faults.require(asked, "at least one rectifier", "none")
    fitted = {each.name: each for each in (CONSTANT, *asked)}
    x = np.linspace(-1, 1, 25) if x is None else x
    x, trials, duration, cells, seed = design_of(x, trials, duration, cells, seed, faults)
    given = {name: {} for name in fitted} if generators is None else generators
    truths = _truths(given, fitted, faults)
    models = sorted(fitted.values(), key=lambda each: len(each.parameter_names))
    order = [each.name for each in models]
    names = [*order, NONE, UNDETERMINED]
    confusion, shares, left, within, gaps = [], [], [], {}, []
    for k, name in enumerate(order):  # rows in the order of the columns
        if name not in truths:
            continue
        parameters = truths[name]
        generator, design = fitted[name], (x, trials, duration)
        responses = poisson_responses(generator, parameters, *design, cells, seed=seed + k)
        data = reduced(responses)
        found = Comparison(
            responses, [fit_reduced(each, data, likelihood) for each in models], [], 0
        )
        confusion.append([int((found.verdict == each).sum()) for each in names])
        shares.append(_judged(found, k))
        called = found.verdicts.which >= 0
        left.append(float(found.not_told_apart[called].sum(1).mean()) if called.any() else np.nan)
        within[name] = _within_two_se(found.fits[k], parameters)
        gap = expected_gap(generator, parameters, *design, models)
        rivals = [each.name for each in models if not generator.is_nested_in(each)]
        gaps.append(min((gap[rival] for rival in rivals), default=np.inf))
    return Recovery(
        list(within),
        names,
        np.array(confusion),
        {key: np.array([each[key] for each in shares]) for key in shares[0]},
        np.array(left),
        within,
        np.array(gaps),
    )


def _judged(found: Comparison, truth: int) -> dict[str, float]:
    """Shares of the cells of one truth about which what is said is right, and how."""
    which, named = found.verdicts.which, found.verdicts.which >= 0
    generator = found.rectifiers[truth]
    of_kind = np.array([each.kind == generator.kind for each in found.rectifiers])[which] & named
    inside = np.array([each.is_nested_in(generator) for each in found.rectifiers])[which] & named
    told_of = found.not_told_apart[:, truth]
    undetermined = found.verdict == UNDETERMINED
    exact = which == truth
    limit = ~exact & inside & told_of
    also = ~exact & ~limit & (told_of | of_kind)
    shares = {"truth": exact, "kind": of_kind, "limit": limit, "told of": also}
    shares |= {"undetermined": undetermined, "false": ~(exact | limit | also | undetermined)}
    return {name: float(np.mean(share)) for name, share in shares.items()}


def _chosen(rectifiers: Iterable[Rectifier | str] | None) -> list[Rectifier | str]:
    faults = Faults("recovery")
    named = RECTIFIERS.standard if rectifiers is None else rectifiers
    asked = faults.several("rectifiers", named, "names or Rectifiers", (str, Rectifier, type))
    faults.stop()
    return asked


def _truths(
    generators: Any,
    fitted: Mapping[str, Rectifier],
    faults: Faults,
) -> dict[str, dict[str, float]]:
    """Every parameter of every generator; `InputError` for a design or a generator that is none."""
    given = faults.mapping("generators", generators)
    faults.require(given or faults.found, "at least one generator", "none")
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
