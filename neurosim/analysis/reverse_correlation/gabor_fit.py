"""Gabor receptive fields fitted to measured ones, in the terms that `GaborBank` takes.

The model is the exact zero-mean pair of `neurosim.models.receptive_fields.gabor`, mean-corrected on
the pixels as a bank's kernels are: amplitude * Re(A(u) exp(i phase)) exp(-v^2 / 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.reverse_correlation.gabor_search import Found, Grid, best_gabor
from neurosim.analysis.reverse_correlation.measured_fields import measured_fields, noise_variance
from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.bank import GaborBank
from neurosim.stimuli import VisualField

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["GaborFit", "fit_gabor"]

Loss = Literal["linear", "soft_l1", "huber", "cauchy", "arctan"]

_UNITS = {
    "x": "deg",
    "y": "deg",
    "orientation": "deg",
    "spatial_frequency": "cycles/deg",
    "phase": "deg",
    "nx": "cycles",
    "ny": "cycles",
    "amplitude": "",
}
_SEARCHED = ("x", "y", "orientation", "spatial_frequency", "nx", "ny")  # as `gabor_search` has them
_LOSSES = ("linear", "soft_l1", "huber", "cauchy", "arctan")


@dataclass(frozen=True, eq=False)
class GaborFit:
    """A Gabor fitted to every cell; ``fit["phase"]`` is a parameter's values (cell,).

    Attributes
    ----------
    cells : array (cell,)
        The cells' labels.
    values : array (cell, parameter)
        x, y, orientation, spatial_frequency, phase, nx, ny as for `GaborBank`, and amplitude > 0
        in the receptive field's unit (an even field's peak is 1 - exp(-(2 pi nx)^2 / 2) times it).
        Orientation is in [0, 180) deg, phase in [0, 360) deg: turned by 180 deg, a Gabor of phase p
        has phase -p.
    standard_errors : array (cell, parameter)
        From the Jacobian and the variance of the residuals, which are taken to be independent from
        pixel to pixel; NaN for a parameter on a bound, the others being given that it is there.
    explained_variance : array (cell,)
        1 - sum of squared residuals / sum of squares about zero.
    corrected_variance : array (cell,)
        The same with what noise adds to both sums taken off; NaN unless `noise_sd` was given.
    status : list of str
        "ok", or "not converged", "at bound: NAMES", or both, per cell.
    receptive_field, fitted : DataArray (cell, y, x)
    """

    cells: AnyArray
    values: Array
    standard_errors: Array
    explained_variance: Array
    corrected_variance: Array
    status: list[str]
    receptive_field: xr.DataArray
    fitted: xr.DataArray

    def __getitem__(self, name: str) -> Array:
        faults = Faults("GaborFit")
        faults.one_of("a parameter", name, _UNITS)
        faults.stop()
        return self.values[:, list(_UNITS).index(name)]

    @property
    def bank(self) -> GaborBank:
        """The fitted cells, of unit response: what the amplitude was is left out."""
        named: dict[str, Any] = {name: self[name] for name in _UNITS if name != "amplitude"}
        return GaborBank(**named)

    @property
    def table(self) -> pd.DataFrame:
        """One row per cell; columns name parameters with their units."""
        import pandas as pd

        columns: dict[str, object] = {"cell": self.cells}
        for k, (name, unit) in enumerate(_UNITS.items()):
            of = f" ({unit})" if unit else ""
            columns[f"{name}{of}"] = self.values[:, k]
            columns[f"{name} SE{of}"] = self.standard_errors[:, k]
        columns |= {"explained variance": self.explained_variance}
        if np.isfinite(self.corrected_variance).any():
            columns |= {"explained variance, noise taken off": self.corrected_variance}
        return pd.DataFrame({**columns, "status": self.status})

    def plot(self, cells: Iterable[int] | None = None) -> Figure:
        """Receptive field, fit and residual of each cell, on one scale per cell.

        Parameters
        ----------
        cells : list of int, optional
            Places of the cells to show. Default: the first five.
        """
        from neurosim.analysis.reverse_correlation.figure import fits_and_residuals

        faults, last = Faults("GaborFit.plot"), len(self.cells) - 1
        chosen = faults.wholes(
            "cells", range(min(5, last + 1)) if cells is None else cells, 0, last
        )
        faults.require(chosen or faults.found, "at least one of cells", "none")
        faults.stop()
        return fits_and_residuals(
            self.receptive_field[chosen],
            self.fitted[chosen],
            self.explained_variance[chosen],
            [self.status[k] for k in chosen],
        )

    def __repr__(self) -> str:
        ok = sum(status == "ok" for status in self.status)
        lines = [f"<GaborFit: {ok} of {len(self.cells)} cells ok>"]
        for row, label in enumerate(self.cells[:5]):
            shown = (
                f"{name} {value:.4g}"
                + (f" ± {error:.2g}" if np.isfinite(error) else "")
                + f" {unit}".rstrip()
                for (name, unit), value, error in zip(
                    _UNITS.items(), self.values[row], self.standard_errors[row], strict=True
                )
            )
            share = f"explains {self.explained_variance[row]:.1%}"
            lines.append(f"  cell {label}: {', '.join(shown)}; {share}; {self.status[row]}")
        if len(self.cells) > 5:
            lines.append(f"  ... and {len(self.cells) - 5} more (see .table)")
        return "\n".join(lines)


def fit_gabor(
    receptive_field: xr.DataArray | ArrayLike,
    field: VisualField | None = None,
    starts: int = 4,
    noise_sd: ArrayLike | None = None,
    loss: Loss = "linear",
) -> GaborFit:
    """Fit a Gabor to each cell's receptive field by least squares.

    Starts are the places and widths of the best matched filters at the peaks of the amplitude
    spectrum; the best few are polished and the best of those is taken.

    Parameters
    ----------
    receptive_field : DataArray (y, x) or (cell, y, x), or array of these shapes
        In any unit, y and x in deg; such as ``found["sta"].sel(lag=found["peak_lag"])``.
    field : VisualField, optional
        The pixels' places, where the receptive field does not say.
    starts : int
        How many matched filters to polish.
    noise_sd : float or array that broadcasts to (cell, y, x), optional
        SD of the noise on a pixel, to correct the explained variance with.
    loss : str
        "linear" is least squares; "soft_l1", "huber", "cauchy" or "arctan" (as SciPy's
        `least_squares` has them, scaled by the residuals' median absolute deviation) counts
        outliers less, and standard errors are then from that deviation.

    Returns
    -------
    GaborFit

    Raises
    ------
    InputError
        Naming everything that cannot be: a NaN, all zeros, fewer than 9 pixels, unknown places.

    References
    ----------
    Jones & Palmer 1987, J Neurophysiol 58:1233; Ringach 2002, J Neurophysiol 88:455.

    Examples
    --------
    >>> bank = GaborBank(orientation=30, spatial_frequency=1.5, phase=60, nx=0.45, ny=0.5)
    >>> fit = fit_gabor(bank.kernels(VisualField(size=4, ppd=8)))
    >>> fit["orientation"].round(3), fit["phase"].round(3), fit.status
    (array([30.]), array([60.]), ['ok'])
    """
    faults = Faults("fit_gabor")
    starts = faults.whole("starts", starts)
    faults.one_of("loss", loss, _LOSSES)
    images = measured_fields(receptive_field, field, len(_UNITS) + 1, faults)
    noise = None if noise_sd is None else noise_variance(noise_sd, images, faults)
    grid = Grid(images["x"].values.astype(float), images["y"].values.astype(float))
    rows = [
        _one_cell(image, grid, starts, loss, None if noise is None else noise[k])
        for k, image in enumerate(images.values)
    ]
    values, errors, explained, corrected, status, fitted = zip(*rows, strict=True)
    return GaborFit(
        images["cell"].values,
        np.array(values),
        np.array(errors),
        np.array(explained),
        np.array(corrected),
        list(status),
        images,
        images.copy(data=np.array(fitted)),
    )


class _Row(NamedTuple):
    values: Array
    errors: Array
    explained: float
    corrected: float
    status: str
    fitted: Array


def _one_cell(image: Array, grid: Grid, starts: int, loss: str, noise: float | None) -> _Row:
    """`noise` is its variance, summed over the pixels."""
    found = best_gabor(image, grid, starts, loss)
    residual = image - found.image
    squares, total = float((residual**2).sum()), float((image**2).sum())
    freedom = image.size - len(_UNITS)
    variance = squares / freedom
    if loss != "linear":
        variance = (1.4826 * float(np.median(np.abs(residual)))) ** 2
    corrected = np.nan
    if noise is not None and total > noise:
        corrected = 1 - (squares - noise * freedom / image.size) / (total - noise)
    names = ", ".join(n for n, b in zip(_SEARCHED, found.at_bound, strict=True) if b)
    said = ["not converged"] * (not found.converged) + [f"at bound: {names}"] * bool(names)
    status = "; ".join(said) or "ok"
    values, errors = _canonical(found, variance)
    return _Row(values, errors, 1 - squares / total, corrected, status, found.image)


def _canonical(found: Found, variance: float) -> tuple[Array, Array]:
    """Values and standard errors in the order and units of the result."""
    x, y, theta, *logs = found.searched
    frequency, nx, ny = np.exp(logs)
    a, b = found.linear
    amplitude, phase = float(np.hypot(a, b)), float(np.rad2deg(np.arctan2(b, a)))
    orientation = float(np.rad2deg(theta)) % 360 % 360  # twice: -1e-20 % 360 is 360
    if orientation >= 180:
        orientation, phase = orientation - 180, -phase
    values = [x, y, orientation, frequency, phase % 360 % 360, nx, ny, amplitude]
    covariance = _covariance(found, variance)
    error = np.sqrt(np.diag(covariance)[:6]) * [1, 1, 180 / np.pi, frequency, nx, ny]
    turn = np.array([[a, b], [-b, a]]) / amplitude  # along the amplitude, and across
    of_linear = np.sqrt(np.diag(turn @ covariance[6:, 6:] @ turn.T))
    of_phase = np.rad2deg(of_linear[1] / amplitude)
    errors = [*error[:4], of_phase, *error[4:], of_linear[0]]
    return np.array(values), np.array(errors)


def _covariance(found: Found, variance: float) -> Array:
    """Of all eight, NaN for those on a bound and for all when the image does not tell them."""
    free = np.flatnonzero(np.r_[~found.at_bound, True, True])
    covariance = np.full((8, 8), np.nan)
    jacobian = found.jacobian[:, free]
    scale = np.sqrt((jacobian**2).sum(0))
    if (scale > 0).all():
        triangle = np.linalg.qr(jacobian / scale, mode="r")
        if np.linalg.cond(triangle) < 1e8:
            inverse = np.linalg.inv(triangle)
            scaled = inverse @ inverse.T / np.outer(scale, scale)
            covariance[np.ix_(free, free)] = variance * scaled
    return covariance
