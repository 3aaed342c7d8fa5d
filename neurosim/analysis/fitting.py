"""Fitting a rectifier to responses: maximum Poisson likelihood, with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.likelihood import REGRESSORS, Counts, aicc
from neurosim.analysis.search import best_parameters, rate_model
from neurosim.errors import Faults, InputError
from neurosim.models.rectifier import Rectifier
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.responses import check_responses

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Fit", "fit", "fit_counts", "named_rectifier"]

Array = NDArray[np.float64]

_MIN_CONDITIONS = 2


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
        "ok", "at-bound: NAMES" or "not-converged", per cell.
    drive_unit : str
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

    @property
    def aicc(self) -> Array:
        """Akaike's criterion, n being the conditions with data; (cell,)."""
        return aicc(self.log_likelihood, len(self.rectifier.parameter_names), self.conditions)

    def rate(self, x: ArrayLike, cell: int = 0) -> Array:
        """Fitted rate (Hz) of the cell at an index, at drives x of any shape."""
        named = dict(zip(self.rectifier.parameter_names, self.values[cell], strict=True))
        return self.rectifier.rate(x, **named)

    def to_dataframe(self) -> pd.DataFrame:
        """One row per cell; columns name parameters with their units."""
        import pandas as pd

        units = self.rectifier.units(self.drive_unit)
        columns: dict[str, object] = {"cell": self.cells, "rectifier": self.rectifier.name}
        for k, (name, unit) in enumerate(units.items()):
            columns[f"{name} ({unit})"] = self.values[:, k]
            columns[f"{name} SE ({unit})"] = self.standard_errors[:, k]
        columns |= {
            "parameters": len(units),
            "log-likelihood (nats)": self.log_likelihood,
            "AICc": self.aicc,
            "status": self.status,
        }
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        ok = sum(status == "ok" for status in self.status)
        lines = [
            f"{self.rectifier.name} ({self.rectifier.convnet}), {ok} of {len(self.cells)} cells ok"
        ]
        units = self.rectifier.units(self.drive_unit)
        for row in range(min(len(self.cells), 5)):
            shown = (
                f"{name} {value:.4g}"
                + (f" ± {error:.2g}" if np.isfinite(error) else "")
                + f" {unit}"
                for (name, unit), value, error in zip(
                    units.items(), self.values[row], self.standard_errors[row], strict=True
                )
            )
            lines.append(f"  cell {self.cells[row]}: {', '.join(shown)}; {self.status[row]}")
        if len(self.cells) > 5:
            lines.append(f"  ... and {len(self.cells) - 5} more (see .to_dataframe())")
        return "\n".join(lines)


def named_rectifier(rectifier: Rectifier | str) -> Rectifier:
    """The rectifier itself, or the one of that biological or ConvNet name.

    Raises
    ------
    InputError
        Listing the names there are.

    Examples
    --------
    >>> named_rectifier("CReLU").name
    'two-path half-wave'
    """
    if isinstance(rectifier, Rectifier):
        return rectifier
    if not isinstance(rectifier, str):
        raise InputError(f"rectifier: expected a name, got a {type(rectifier).__name__}")
    try:
        return RECTIFIERS[rectifier]
    except KeyError:
        known = ", ".join(f"{each.name!r} ({each.convnet})" for each in RECTIFIERS.values())
        raise InputError(f"rectifier: expected one of {known}, got {rectifier!r}") from None


def fit(rectifier: Rectifier | str, responses: xr.Dataset) -> Fit:
    """Fit a rectifier to each cell of responses by maximum Poisson likelihood.

    Parameters
    ----------
    rectifier : Rectifier or str
        By either of its names.
    responses : Dataset
        See `neurosim.responses`.

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
    >>> from neurosim.responses import responses_from_counts
    >>> drive = [-1, -0.5, 0, 0.5, 1]
    >>> count = [[1, 0], [0, 1], [1, 1], [5, 7], [11, 10]]
    >>> fit("ReLU", responses_from_counts(drive, count, duration=1.0))
    half-wave (ReLU), 1 of 1 cells ok
      cell 0: r0 0.6722 ± 0.33 Hz, gain 10.09 ± 2 Hz; ok
    """
    rectifier = named_rectifier(rectifier)
    responses = check_responses(responses)
    counts = Counts.from_responses(responses)
    labels = responses["cell"].values if "cell" in responses.coords else np.arange(len(counts.x))
    faults = Faults("fit")
    few = labels[counts.conditions < _MIN_CONDITIONS]
    faults.require(few.size == 0, "at least 2 conditions with data in every cell",
                   f"fewer in cell {', '.join(map(str, few[:5]))}")  # fmt: skip
    faults.stop()
    unit = responses["drive"].attrs.get("units", "1")
    return fit_counts(rectifier, counts, labels, unit)


def fit_counts(
    rectifier: Rectifier,
    counts: Counts,
    cells: NDArray | None = None,
    drive_unit: str = "1",
    start: Array | None = None,
) -> Fit:
    """`fit` for responses that are already reduced to `Counts` (see there)."""
    cells = np.arange(len(counts.x)) if cells is None else cells
    _require_regressors(rectifier, counts)
    model = rate_model(rectifier, counts)
    optimum = best_parameters(model, start if len(rectifier.parameters) > 1 else None)
    values, at_bound = optimum.values, optimum.at_bound
    plain = replace(model, shifted=False)
    rate, jacobian = plain.rate_and_jacobian(values)
    errors = _standard_errors(rate, jacobian, counts.exposure, ~at_bound)
    log_likelihood = optimum.log_likelihood + model.noise.constant(counts).sum(-1)
    names = np.array(rectifier.parameter_names)
    status = [
        "not-converged" if not done
        else f"at-bound: {', '.join(names[bound])}" if bound.any()
        else "ok"
        for done, bound in zip(optimum.converged, at_bound, strict=True)
    ]  # fmt: skip
    return Fit(
        rectifier,
        cells,
        values,
        np.where(errors <= model.high - model.low, errors, np.nan),  # wider: not known
        at_bound,
        log_likelihood,
        counts.conditions,
        status,
        drive_unit,
    )


def _require_regressors(rectifier: Rectifier, counts: Counts) -> None:
    """Refuse responses that lack what the rectifier needs of each condition besides the drive."""
    faults = Faults(rectifier.name)
    for name in rectifier.regressors:
        faults.require(
            name in counts.regressors, f"{REGRESSORS[name]} (stimulus, cell) in the responses",
            "none", f"it needs the {name} of every condition",
        )  # fmt: skip
    faults.stop()


def _standard_errors(
    rate: Array, jacobian: Array, exposure: Array, free: NDArray[np.bool_]
) -> Array:
    """Square roots of the diagonal of the inverse expected information; NaN where not free."""
    per = np.divide(np.sqrt(exposure), np.sqrt(rate), out=np.zeros_like(rate), where=rate > 0)
    each = jacobian * free[:, :, None] * per[:, None, :]
    information = np.einsum("cks,cls->ckl", each, each)
    known = np.isfinite(information).all((1, 2))
    information[~known] = np.eye(information.shape[1])
    diagonal = np.einsum("ckk->ck", information)
    identified = free & (diagonal > 0)
    scale = np.sqrt(np.where(identified, diagonal, 1.0))
    normal = information / (scale[:, :, None] * scale[:, None, :])
    np.einsum("ckk->ck", normal)[...] = 1.0
    good = known & (np.linalg.cond(normal) < 1e10)
    normal[~good] = np.eye(normal.shape[1])
    variance = np.einsum("ckk->ck", np.linalg.inv(normal))
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(variance) / scale
    return np.where(identified & good[:, None], errors, np.nan)
