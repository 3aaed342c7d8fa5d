"""One rectifier fitted to every cell: estimates, intervals, criteria, status."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.analysis.fitting.criteria import aic
from neurosim.analysis.fitting.identifiability import flagged, too_small
from neurosim.analysis.fitting.profile import Intervals, profile_intervals
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.refits import refitted_band
from neurosim.analysis.fitting.shrinkage import shrunk
from neurosim.base.arrays import AnyArray, Array, Flags, Indices, in_parts
from neurosim.base.errors import Faults
from neurosim.data.cells import place_of_cell
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Fit"]

_POINTS = 201  # of a drawn curve
_SHOWN = 5  # cells whose parameters are printed
_IN_NOTEBOOK = 20  # cells of which a notebook shows a table; of more, intervals take too long


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
        where the data do not identify the parameter. A threshold that makes a corner has a
        likelihood with corners at the drives shown, so that its error is too small: tables have
        NaN there (`neurosim.analysis.fitting.identifiability.too_small`), and its interval.
    at_bound : bool array (cell, parameter)
    log_likelihood : array (cell,)
        nats, of the probabilities of every trial.
    status : list of str
        "ok", "not-converged", or "at-bound: NAMES" and "not-identified: NAMES" (parameters about
        which the data say nothing at the estimate), per cell. A rate at rest of 0 is ok.
    drive_unit : str
    free_of_rate : int
        Parameters of the rate that were estimated.
    scatter : array (cell,) or None
        The likelihood's own parameter where it was estimated (NaN for a cell where none was): the
        dispersion of a negative binomial (variance = mean + dispersion mean^2), the regularity of
        under-dispersed counts (variance = mean / (1 + (regularity mean)^1.5)), or the standard
        deviation of rates, Hz.
    model : RateModel
        The data, and the likelihood as estimated.
    """

    rectifier: Rectifier
    cells: AnyArray
    values: Array
    standard_errors: Array
    at_bound: Flags
    log_likelihood: Array
    status: list[str]
    drive_unit: str
    free_of_rate: int
    scatter: Array | None
    model: RateModel = field(repr=False)

    @property
    def likelihood(self) -> str:
        """Name of the likelihood; of "auto" the names of what was decided for."""
        return ", ".join(dict.fromkeys(sorted(self.families.tolist())))

    @property
    def conditions(self) -> Indices:
        """Conditions with data, (cell,)."""
        return self.model.counts.conditions

    @property
    def rates(self) -> Array:
        """Fitted rates at the conditions, Hz; (cell, condition)."""
        return self.model.plain.rate(self.values)

    @property
    def fixed(self) -> dict[str, float]:
        """Parameters that were given, with their values."""
        held = (self.model.high <= self.model.low)[0]
        every = zip(self.rectifier.parameter_names, self.values[0], held, strict=True)
        return {name: float(value) for name, value, is_held in every if is_held}

    @property
    def families(self) -> AnyArray:
        """Name of each cell's likelihood, which "auto" decides cell by cell; (cell,)."""
        return self.model.likelihood.families(len(self.cells))

    @property
    def scatter_known(self) -> Flags:
        """Whether the trials say how counts scatter, or it was said; (cell,)."""
        return self.model.likelihood.scatter_known(len(self.cells))

    @property
    def free(self) -> Indices:
        """Parameters that were estimated, those of the scatter included; (cell,)."""
        free: Indices = np.full(len(self.cells), self.free_of_rate)
        if self.scatter is not None:
            own = max(len(self.model.likelihood.parameters), 1)
            free[~np.isnan(self.scatter)] += own
        return free

    def take(self, rows: AnyArray) -> Fit:
        """The fit of some cells, by their indices."""
        return replace(
            self,
            cells=self.cells[rows],
            values=self.values[rows],
            standard_errors=self.standard_errors[rows],
            at_bound=self.at_bound[rows],
            log_likelihood=self.log_likelihood[rows],
            status=[self.status[row] for row in rows],
            scatter=None if self.scatter is None else self.scatter[rows],
            model=self.model.take(rows),
        )

    @cached_property
    def intervals(self) -> Intervals:
        """95 % profile-likelihood intervals of every parameter, (cell, parameter) each. Worked out
        when first asked for."""
        return self.profile(0.95)

    def profile(self, level: float) -> Intervals:
        """Profile-likelihood intervals of a nominal coverage."""
        faults = Faults("Fit.profile")
        level = faults.number("level", level, "between 0 and 1", lambda share: 0 < share < 1)
        faults.stop()
        return self._profile(np.arange(len(self.cells)), level)

    def _profile(self, rows: Indices, level: float) -> Intervals:
        """Intervals of some cells."""
        model = self.model.take(rows)
        top = self.log_likelihood[rows] - model.likelihood.constant(model.counts).sum(-1)
        width = model.counts.width * 2 * len(self.rectifier.parameter_names)
        parts = [
            (at[some], part.take(some) if some.size < len(at) else part)
            for at, part in model.likelihood.parts(model.counts)
            for some in in_parts(len(at), width)
        ]
        found = []
        for at, part in parts:
            here = replace(model.take(at), likelihood=part)
            of = rows[at]
            errors = self.standard_errors[of]
            found.append(profile_intervals(here, self.values[of], top[at], errors, level))
        order = np.argsort(np.concatenate([at for at, _ in parts]), kind="stable")
        return Intervals(*(np.concatenate(ends)[order] for ends in zip(*found, strict=True)))

    @cached_property
    def flat(self) -> Flags:
        """Parameters whose profile never falls: the interval ends at both bounds or nowhere, so
        that the data, whatever the estimate, exclude no value; (cell, parameter)."""
        return self._flat(self.intervals)

    def _flat(self, found: Intervals) -> Flags:
        rows = slice(len(found.low))
        free = self.model.high[rows] > self.model.low[rows]
        return found.low_at_bound & found.high_at_bound & free

    def _said(self, found: Intervals) -> list[str]:
        """The status of the first cells, whose intervals are given, with what these do not know."""
        names, flat = self.rectifier.parameter_names, self._flat(found)
        flags = {
            "flat": flat,
            "no lower limit": found.low_open & ~flat,
            "no upper limit": (found.high_open | np.isposinf(found.high)) & ~flat,
        }
        said = []
        for row, status in enumerate(self.status[: len(flat)]):
            parts = [status] * (status != "ok")
            for flag, which in flags.items():
                parts += flagged(flag, names, which[row])
            said.append("; ".join(parts) or "ok")
        return said

    @property
    def bic(self) -> Array:
        """Schwarz's criterion, n being the conditions with data; (cell,)."""
        bic: Array = -2 * self.log_likelihood + self.free * np.log(self.conditions)
        return bic

    @property
    def aic(self) -> Array:
        """Akaike's criterion; of rates whose error is estimated with the small-sample term, n
        being the conditions with data; (cell,)."""
        small = self._error_estimated
        return aic(self.log_likelihood, self.free, self.conditions if small else np.inf)

    @property
    def ranked(self) -> Flags:
        """Whether there are more conditions with data than parameters, so that a criterion means
        something; (cell,)."""
        ranked: Flags = self.conditions > self.free_of_rate + self._error_estimated
        return ranked

    @property
    def _error_estimated(self) -> bool:
        return self.model.likelihood.of == "rates" and self.scatter is not None

    def rate(self, x: ArrayLike, cell: Any = None) -> Array:
        """Fitted rate (Hz) at drives x of any shape; of a cell by its label, or the first."""
        faults = Faults("Fit.rate")
        place = place_of_cell(self.cells, cell, faults)
        drives = faults.numbers("x", x)
        faults.require(drives.size or faults.found, "at least one drive", "none")
        faults.stop()
        named = dict(zip(self.rectifier.parameter_names, self.values[place], strict=True))
        return self.rectifier.rate(drives, **named)

    def plot(self, cell: Any = None, simulations: int = 200, seed: int = 0) -> Figure:
        """Rates of a cell, by its label, or the first, with curve, 95 % band and residuals.

        The band is pointwise, from refits of responses simulated from the fit (parametric
        bootstrap); residuals are in standard deviations of a condition's rate, as the likelihood
        has them.
        """
        from neurosim.analysis.fitting.figure import fit_figure

        faults = Faults("Fit.plot")
        place = place_of_cell(self.cells, cell, faults)
        simulations = faults.whole("simulations", simulations, 20)
        seed = faults.whole("seed", seed, 0)
        needs = " and ".join(self.rectifier.regressors)
        faults.require(not needs, "a rectifier of the drive alone", f"one that needs {needs}")
        faults.stop()
        model, values = self.model.take(np.array([place])), self.values[[place]]
        shown = model.counts.shown[0]
        x = np.linspace(shown.min(), shown.max(), _POINTS)
        band = refitted_band(model, values, x, simulations, seed)
        return fit_figure(model, values, x, band, self.drive_unit)

    def _intervals_of(self, rows: Indices) -> Intervals | None:
        """Intervals of some cells, NaN for the others; None for none."""
        if rows.size == 0:
            return None
        if "intervals" in self.__dict__ or rows.size == len(self.cells):
            return self.intervals
        found = self._profile(rows, 0.95)
        ends = np.full((2, *self.values.shape), np.nan)
        flags = np.zeros((4, *self.values.shape), dtype=bool)
        for whole, part in zip((*ends, *flags), found, strict=True):
            whole[rows] = part
        return Intervals(*ends, *flags)

    def shrunk(self) -> pd.DataFrame:
        """Every parameter drawn towards the population of these cells, by how uncertain it is (see
        `neurosim.analysis.fitting.shrinkage`): a row per cell and parameter, with 95 % intervals
        before and after, and the population's mean and spread."""
        import pandas as pd

        units, found = self.rectifier.units(self.drive_unit), self.intervals
        rows = []
        for k, (name, unit) in enumerate(units.items()):
            each = shrunk(self.values[:, k], found.low[:, k], found.high[:, k])
            columns = {"cell": self.cells, "parameter": name, "unit": unit}
            columns |= {"estimate": self.values[:, k], "low": found.low[:, k]}
            columns |= {"high": found.high[:, k], "shrunk": each.value, "shrunk low": each.low}
            columns |= {"shrunk high": each.high, "mean": each.mean, "spread": each.spread}
            rows.append(pd.DataFrame(columns))
        return pd.concat(rows, ignore_index=True)

    def _few_intervals(self, rows: int) -> Intervals:
        """Intervals of the first cells, those of all if they are known already."""
        if "intervals" in self.__dict__ or rows >= len(self.cells):
            return self.intervals
        return self._profile(np.arange(rows), 0.95)

    def to_dataframe(self, intervals: bool | Flags = True) -> pd.DataFrame:
        """One row per cell; columns name parameters with their units.

        Parameters
        ----------
        intervals : bool, or bool array (cell,)
            Also the ends of the 95 % profile-likelihood intervals; False saves their time. Of some
            cells alone the others' are NaN.
        """
        import pandas as pd

        faults = Faults("Fit.to_dataframe")
        if isinstance(intervals, np.ndarray) and intervals.dtype == bool:
            right = intervals.shape == (len(self.cells),)
            faults.require(
                right, f"intervals as True or False of {len(self.cells)} cells", "others"
            )
        else:
            intervals = faults.flag("intervals", intervals)
        faults.stop()
        units = self.rectifier.units(self.drive_unit)
        columns: dict[str, object] = {"cell": self.cells, "rectifier": self.rectifier.name}
        found = self._intervals_of(np.flatnonzero(np.broadcast_to(intervals, self.cells.shape)))
        errors = np.where(too_small(self.rectifier), np.nan, self.standard_errors)
        for k, (name, unit) in enumerate(units.items()):
            columns[f"{name} ({unit})"] = self.values[:, k]
            columns[f"{name} SE ({unit})"] = errors[:, k]
            if found is not None:
                columns[f"{name} low ({unit})"] = found.low[:, k]
                columns[f"{name} high ({unit})"] = found.high[:, k]
        if self.scatter is not None:
            columns |= {"likelihood": self.families, "scatter": self.scatter}
        columns |= {
            "parameters": self.free,
            "log-likelihood (nats)": self.log_likelihood,
            "AIC": self.aic,
            "BIC": self.bic,
            "status": self.status if found is None else self._said(found),
        }
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        ok = sum(status == "ok" for status in self.status)
        lines = [
            f"{self.rectifier.name} ({self.rectifier.convnet}), {ok} of {len(self.cells)} cells ok"
        ]
        units, rows = self.rectifier.units(self.drive_unit), min(len(self.cells), _SHOWN)
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
        table = self.to_dataframe(intervals=len(self.cells) <= _IN_NOTEBOOK)
        return table.head(_IN_NOTEBOOK).to_html(index=False)
