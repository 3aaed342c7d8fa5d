"""Fitting a rectifier to responses: maximum Poisson likelihood, with what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.fitting.identifiability import flagged, informed, statuses
from neurosim.analysis.fitting.likelihood import REGRESSORS, Counts, aicc
from neurosim.analysis.fitting.noise_models import NoiseModel
from neurosim.analysis.fitting.optimum import best_parameters, rate_model
from neurosim.analysis.fitting.profile import Intervals, profile_intervals
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.errors import Faults
from neurosim.data.responses import check_responses
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Fit", "fit", "fit_counts"]

Array = NDArray[np.float64]

_MIN_CONDITIONS = 2
_ADDED = {"quadrature": "; with_quadrature adds it for sets of Gabor cells"}


@dataclass(frozen=True, eq=False)
class Fit:
    """One rectifier fitted to every cell.

    Attributes
    ----------
    rectifier : Rectifier
    cells : array (cell,)
        The cells' labels.
    values : array (cell, parameter)
        Maximum-likelihood estimates, in the order of ``rectifier.parameter_names``.
    standard_errors : array (cell, parameter)
        From the expected information of the parameters off their bounds; NaN at a bound, and
        where the data do not identify the parameter. A threshold's likelihood has corners at the
        drives shown, so its error is too small where few spikes fall about it.
    at_bound : bool array (cell, parameter)
    log_likelihood : array (cell,)
        nats, of the Poisson probabilities of every trial.
    conditions : array (cell,)
        Conditions with data.
    status : list of str
        "ok", "not-converged", or "at-bound: NAMES" and "not-identified: NAMES" (parameters about
        which the data say nothing at the estimate), per cell.
    drive_unit : str
    likelihood : str
        "Poisson", "negative binomial" or "Gaussian".
    free : int
        Parameters estimated, those of the scatter included and fixed ones not.
    scatter : array (cell,) or None
        The dispersion of a negative binomial (variance = mean + dispersion mean^2), or the standard
        deviation of rates, Hz, where they were estimated.
    """

    rectifier: Rectifier
    cells: NDArray
    values: Array
    standard_errors: Array
    at_bound: NDArray[np.bool_]
    log_likelihood: Array
    conditions: Array
    status: list[str]
    drive_unit: str = "1"
    likelihood: str = "Poisson"
    free: int = 0
    scatter: Array | None = None
    model: RateModel | None = field(default=None, repr=False)

    @cached_property
    def intervals(self) -> Intervals:
        """95 % profile-likelihood intervals of every parameter: low, high, and whether each end is
        a bound; (cell, parameter) each. Worked out when first asked for."""
        return self.profile(0.95)

    def profile(self, level: float) -> Intervals:
        """Profile-likelihood intervals of a nominal coverage."""
        faults = Faults("Fit.profile")
        faults.require(0 < level < 1, "level between 0 and 1", level)
        faults.require(self.model is not None, "a fit that keeps its data", "one that does not")
        faults.stop()
        assert self.model is not None
        top = self.log_likelihood - self.model.noise.constant(self.model.counts).sum(-1)
        return profile_intervals(self.model, self.values, top, self.standard_errors, level)

    @cached_property
    def flat(self) -> NDArray[np.bool_]:
        """Parameters whose profile never falls: the interval ends at both bounds or nowhere, so
        that the data, whatever the estimate, exclude no value; (cell, parameter)."""
        return self._flat(self.intervals, slice(None))

    def _flat(self, found: Intervals, rows: slice) -> NDArray[np.bool_]:
        assert self.model is not None
        free = self.model.high[rows] > self.model.low[rows]
        return found.low_at_bound & found.high_at_bound & free

    def _said(self, found: Intervals) -> list[str]:
        """The status of the first cells, whose intervals are given, with the flat parameters."""
        rows, names = slice(len(found.low)), self.rectifier.parameter_names
        each = zip(self.status[rows], self._flat(found, rows), strict=True)
        said = [[status] * (status != "ok") + flagged("flat", names, f) for status, f in each]
        return ["; ".join(parts) or "ok" for parts in said]

    @property
    def bic(self) -> Array:
        """Schwarz's criterion, n being the conditions with data; (cell,)."""
        return -2 * self.log_likelihood + self.free * np.log(self.conditions)

    @property
    def aicc(self) -> Array:
        """Akaike's criterion, n being the conditions with data; (cell,)."""
        return aicc(self.log_likelihood, self.free, self.conditions)

    def rate(self, x: ArrayLike, cell: int = 0) -> Array:
        """Fitted rate (Hz) of the cell at an index, at drives x of any shape."""
        named = dict(zip(self.rectifier.parameter_names, self.values[cell], strict=True))
        return self.rectifier.rate(x, **named)

    def plot(self, cell: int = 0) -> Figure:
        """Rates of the cell at an index with the curve, its 95 % band, and residuals."""
        from neurosim.analysis.fitting.goodness import plot_fit

        return plot_fit(self, cell)

    def _few_intervals(self, rows: int) -> Intervals:
        """Intervals of the first cells, those of all if they are known already."""
        if "intervals" in self.__dict__ or self.model is None or rows >= len(self.cells):
            return self.intervals
        first = np.arange(rows)
        model = self.model.take(first)
        constant = model.noise.constant(model.counts).sum(-1)
        top = self.log_likelihood[first] - constant
        return profile_intervals(model, self.values[first], top, self.standard_errors[first])

    def to_dataframe(self, intervals: bool = True) -> pd.DataFrame:
        """One row per cell; columns name parameters with their units.

        Parameters
        ----------
        intervals : bool
            Also the ends of the 95 % profile-likelihood intervals; False saves their time.
        """
        import pandas as pd

        units = self.rectifier.units(self.drive_unit)
        columns: dict[str, object] = {"cell": self.cells, "rectifier": self.rectifier.name}
        found = self.intervals if intervals and self.model is not None else None
        for k, (name, unit) in enumerate(units.items()):
            columns[f"{name} ({unit})"] = self.values[:, k]
            columns[f"{name} SE ({unit})"] = self.standard_errors[:, k]
            if found is not None:
                columns[f"{name} low ({unit})"] = found.low[:, k]
                columns[f"{name} high ({unit})"] = found.high[:, k]
        if self.scatter is not None:
            columns["scatter"] = self.scatter
        columns |= {
            "parameters": self.free,
            "log-likelihood (nats)": self.log_likelihood,
            "AICc": self.aicc,
            "BIC": self.bic,
            "status": self.status if found is None else self._said(found),
        }
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        ok = sum(status == "ok" for status in self.status)
        lines = [
            f"{self.rectifier.name} ({self.rectifier.convnet}), {ok} of {len(self.cells)} cells ok"
        ]
        units, rows = self.rectifier.units(self.drive_unit), min(len(self.cells), 5)
        found = self._few_intervals(rows)
        said = self._said(found)
        for row in range(rows):
            ends = zip(found.low[row], found.high[row], strict=True)
            each = zip(units.items(), self.values[row], ends, strict=True)
            shown = (
                f"{name} {value:.4g} [{low:.3g}, {high:.3g}] {unit}"
                for (name, unit), value, (low, high) in each
            )
            lines.append(f"  cell {self.cells[row]}: {', '.join(shown)}; {said[row]}")
        if len(self.cells) > rows:
            lines.append(f"  ... and {len(self.cells) - rows} more (see .to_dataframe())")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The table, for notebooks."""
        return self.to_dataframe(intervals=len(self.cells) <= 20).head(20).to_html(index=False)


def fit(
    rectifier: Rectifier | str,
    responses: xr.Dataset,
    likelihood: str = "Poisson",
    fixed: Mapping[str, float] | None = None,
) -> Fit:
    """Fit a rectifier to each cell of responses by maximum likelihood.

    Parameters
    ----------
    rectifier : Rectifier or str
        By either of its names.
    responses : Dataset
        See `neurosim.data.responses`.
    likelihood : "Poisson" or "negative binomial"
        How counts scatter; the latter estimates each cell's dispersion. `fit_rates` takes rates.
    fixed : mapping of name to number, optional
        Parameters that are not estimated.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        For an unknown rectifier, responses that are not what they should be, or a cell with fewer
        than two conditions.

    Examples
    --------
    >>> from neurosim.data.responses import responses_from_counts
    >>> drive = [-1, -0.5, 0, 0.5, 1]
    >>> count = [[1, 0], [0, 1], [1, 1], [5, 7], [11, 10]]
    >>> fit("ReLU", responses_from_counts(drive, count, duration=1.0))
    half-wave (ReLU), 1 of 1 cells ok
      cell 0: r0 0.6722 [0.209, 1.55] Hz, gain 10.09 [6.6, 14.4] Hz; ok
    """
    rectifier = named_rectifier(rectifier)
    responses = check_responses(responses)
    counts = Counts.from_responses(responses)
    labels = responses["cell"].values if "cell" in responses.coords else np.arange(len(counts.x))
    faults = Faults("fit")
    known = likelihood in ("Poisson", "negative binomial")
    faults.require(known, "likelihood 'Poisson' or 'negative binomial'", likelihood)
    few = labels[counts.conditions < _MIN_CONDITIONS]
    faults.require(
        few.size == 0,
        "at least 2 conditions with data in every cell",
        f"fewer in cell {', '.join(map(str, few[:5]))}",
    )
    faults.stop()
    unit = responses["drive"].attrs.get("units", "1")
    if likelihood == "Poisson":
        return fit_counts(rectifier, counts, labels, unit, fixed=fixed)
    from neurosim.analysis.fitting.dispersion import Trials, fit_with_dispersion

    single = Trials.from_responses(responses)
    return fit_with_dispersion(rectifier, counts, single, labels, unit, fixed)


def fit_counts(
    rectifier: Rectifier,
    counts: Counts,
    cells: NDArray | None = None,
    drive_unit: str = "1",
    start: Array | None = None,
    noise: NoiseModel | None = None,
    fixed: Mapping[str, float] | None = None,
) -> Fit:
    """`fit` for responses that are already reduced to `Counts` (see there).

    Parameters
    ----------
    start : array (cell, parameter), optional
        Parameters near the optimum.
    noise : NoiseModel, optional
        How they scatter; default Poisson.
    """
    cells = np.arange(len(counts.x)) if cells is None else cells
    _require(rectifier, counts, fixed or {})
    model = rate_model(rectifier, counts, noise, dict(fixed or {}))
    optimum = best_parameters(model, start if len(rectifier.parameters) > 1 else None)
    values, held = optimum.values, model.high <= model.low
    at_bound = optimum.at_bound & ~held
    found = informed(model, values, ~at_bound & ~held)
    names = rectifier.parameter_names
    return Fit(
        rectifier,
        cells,
        values,
        found.standard_errors,
        at_bound,
        optimum.log_likelihood + model.noise.constant(counts).sum(-1),
        counts.conditions,
        statuses(names, optimum.converged, at_bound, found.identified),
        drive_unit,
        model.noise.name,
        len(names) - len(fixed or {}),
        None,
        model,
    )


def _require(rectifier: Rectifier, counts: Counts, fixed: Mapping[str, float]) -> None:
    """Refuse responses that lack what the rectifier needs besides the drive, and odd parameters."""
    faults = Faults(rectifier.name)
    for name in rectifier.regressors:
        faults.require(
            name in counts.regressors,
            f"{REGRESSORS[name]} (stimulus, cell) in the responses",
            "none",
            f"it needs the {name} of every condition{_ADDED.get(name, '')}",
        )
    for name, value in fixed.items():
        known = faults.require(
            name in rectifier.parameter_names,
            f"fixed parameters among {', '.join(rectifier.parameter_names)}",
            name,
        )
        if known:
            shape = rectifier.parameters.get(name)
            low, high = (0.0, np.inf) if shape is None else (shape.low, shape.high)
            faults.require(low <= value <= high, f"{name} in [{low:g}, {high:g}]", value)
    faults.stop()
