"""Pictures of receptive fields from data: averages, ridge estimates, axes, Gabor fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults
from neurosim.report.figure_files import figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

__all__ = ["fits_and_residuals", "plot_receptive_fields"]

_COLOURS = "RdBu_r"  # red is ON, blue OFF, white 0
_TEXT = 8  # points
_PANEL = 1.9  # inches
_COLUMNS = 5
_TITLE = 24  # characters that fit over a panel


_AT_A_LAG = {"peak_lag": ("cell",), "spikes": ("cell",)}
_SHOWN = {
    "sta": {"sta": ("cell", "lag", "y", "x"), "p": ("cell",), **_AT_A_LAG},
    "receptive_field": {
        "receptive_field": ("cell", "lag", "y", "x"),
        "explained_variance": ("cell",),
        **_AT_A_LAG,
    },
    "axes": {
        "axes": ("cell", "axis", "y", "x"),
        "number": ("cell",),
        "lag": ("cell",),
        "spikes": ("cell",),
        "eigenvalue": ("cell", "rank"),
        **dict.fromkeys(("variance_change", "p", "chance_low", "chance_high"), ("cell", "axis")),
    },
}  # what is drawn -> the variables that it takes, and their dims


def plot_receptive_fields(result: xr.Dataset, cells: Iterable[int] | None = None) -> Figure:
    """Draw what `spike_triggered_average`, `ridge_receptive_field` or
    `spike_triggered_covariance` gave.

    Averages and ridge estimates: each cell at its peak lag, all on one colour scale about 0.
    Covariance: for each cell its eigenvalues, with the band of the extreme eigenvalues under
    circular shifts, and its significant axes.

    Parameters
    ----------
    result : Dataset
    cells : list of int, optional
        Places of the cells to show. Default: the first 20, or 5 for covariance.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        For another Dataset, or cells that are not there.
    """
    import matplotlib as mpl

    faults = Faults("plot_receptive_fields")
    name = _kind_of(result, faults)
    last, most = result.sizes["cell"] - 1, 5 if name == "axes" else 20
    chosen = faults.wholes("cells", range(min(most, last + 1)) if cells is None else cells, 0, last)
    faults.require(chosen or faults.found, "at least one of cells", "none")
    faults.stop()
    with mpl.rc_context(figure_style(_TEXT)):
        if name == "axes":
            return _covariances(result.isel(cell=chosen))
        return _averages(result.isel(cell=chosen), name)


def _kind_of(result: Any, faults: Faults) -> str:
    """What a result is of, by its variable; raises where it is none, or part of one."""
    faults.kind("result", result, xr.Dataset, "a Dataset")
    faults.stop()
    name = next((n for n in _SHOWN if n in result), "")
    there = ", ".join(map(str, result)) or "none"
    faults.require(name, "a result with sta, receptive_field or axes", there)
    faults.stop()
    for beside, dims in _SHOWN[name].items():
        known = beside in result and result[beside].dims == dims and result[beside].size > 0
        faults.require(known, f"{beside} {dims}", there)
    faults.stop()
    if "peak_lag" in _SHOWN[name]:
        lags, peaks = result["lag"].values, result["peak_lag"].values
        peaked = np.unique(lags).size == lags.size and np.isin(peaks, lags).all()
        faults.require(peaked, "the peak_lag of every cell among the lags, each once", lags)
    faults.stop()
    return name


def fits_and_residuals(
    measured: xr.DataArray, fitted: xr.DataArray, explained: Array, status: Sequence[str]
) -> Figure:
    """Receptive field, fit and residual, a row per cell, on one scale per cell.

    Parameters
    ----------
    measured, fitted : DataArray (cell, y, x)
    explained : array (cell,)
        Explained variance, from 0 to 1.
    status : list of str
        Of each fit.
    """
    import matplotlib as mpl

    cells = measured.sizes["cell"]
    with mpl.rc_context(figure_style(_TEXT)):
        figure = Figure((3 * _PANEL + 1, _PANEL * cells + 0.5), dpi=160, layout="constrained")
        rows = figure.subplots(cells, 3, squeeze=False, sharex=True, sharey=True)
        for k, row in enumerate(rows):
            limit = float(np.abs(measured[k]).max())
            parts = (measured[k], fitted[k], measured[k] - fitted[k])
            shown = [_draw(ax, each, limit) for ax, each in zip(row, parts, strict=True)]
            row[0].set_title(f"cell {measured['cell'].values[k]}")
            row[1].set_title(f"Gabor, {explained[k]:.1%} explained")
            fault = "" if status[k] == "ok" else f"; {status[k]}"
            row[2].set_title(fill(f"residual{fault}", _TITLE))
            figure.colorbar(shown[0], ax=row.tolist(), shrink=0.9, pad=0.02)
        _degrees(rows, measured)
        return figure


def _averages(result: xr.Dataset, name: str) -> Figure:
    cells = result.sizes["cell"]
    columns = min(cells, _COLUMNS)
    rows = -(-cells // columns)
    figure = Figure(
        (_PANEL * columns + 1.2, (_PANEL + 0.35) * rows + 0.3), dpi=160, layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    at_peak = result[name].sel(lag=result["peak_lag"])
    limit = float(np.nanmax(np.abs(at_peak))) if np.isfinite(at_peak).any() else 1.0
    for ax in axes.flat[cells:]:
        ax.remove()
    shown = None
    for k, ax in enumerate(axes.flat[:cells]):
        one = result.isel(cell=k)
        if np.isfinite(at_peak[k]).all():
            shown = _draw(ax, at_peak[k], limit)
        else:
            ax.text(0.5, 0.5, "no spikes", transform=ax.transAxes, ha="center")
            ax.set_aspect("equal")
        ax.set_title(_title(one), fontsize="small")
    _degrees(axes, at_peak, cells)
    if shown is not None:
        label = result[name].attrs.get("long_name", name)
        figure.colorbar(shown, ax=list(axes.flat[:cells]), label=label, shrink=0.8)
    return figure


def _title(cell: xr.Dataset) -> str:
    first = f"cell {cell['cell'].item()}, lag {cell['peak_lag'].item()}"
    if not cell["spikes"].item():
        return f"cell {cell['cell'].item()}, N = 0"
    if "p" in cell:
        return f"{first}\np = {cell['p'].item():.2g}, N = {cell['spikes'].item():.0f}"
    return f"{first}\n{cell['explained_variance'].item():.1%} of held-out variance"


def _covariances(result: xr.Dataset) -> Figure:
    cells, most = result.sizes["cell"], max(1, int(result["number"].max()))
    figure = Figure(
        (2.9 + (_PANEL + 0.2) * most, (_PANEL + 0.5) * cells), dpi=160, layout="constrained"
    )
    grid = figure.subplots(cells, most + 1, squeeze=False, width_ratios=[1.4, *[1.0] * most])
    for row, k in zip(grid, range(cells), strict=True):
        one = result.isel(cell=k)
        _spectrum(row[0], one)
        limit = float(np.nanmax(np.abs(one["axes"]))) if one["number"] else 1.0
        for step, ax in enumerate(row[1:]):
            if step >= int(one["number"]):
                ax.remove()
                continue
            _draw(ax, one["axes"][step], limit)
            change, p = one["variance_change"][step].item(), one["p"][step].item()
            ax.set_title(f"axis {step + 1}: {change:+.2f}, p = {p:.2g}", fontsize="small")
            ax.set_xlabel(_space_label(result, "x"))
        if one["number"]:
            row[1].set_ylabel(_space_label(result, "y"))
    return figure


def _spectrum(ax: Axes, cell: xr.Dataset) -> None:
    """Eigenvalues by rank, and the band of the extreme ones under shifts at the first step."""
    values = cell["eigenvalue"].values
    rank = np.arange(1, values.size + 1)
    if np.isfinite(values).all():
        low, high = cell["chance_low"][0].item(), cell["chance_high"][0].item()
        ax.axhspan(low, high, color="0.88", lw=0, label="chance")
        ax.plot(rank, values, ".", ms=3, color="0.35")
        found = cell["variance_change"].values[: int(cell["number"])]
        place = [rank[np.abs(values - change).argmin()] for change in found]
        ax.plot(place, found, "o", ms=4, color="#D55E00", label="significant")
        ax.legend(frameon=False, fontsize="x-small")
    ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.set_xlabel("rank")
    ax.set_ylabel("change of variance")
    many = f"cell {cell['cell'].item()}, lag {cell['lag'].item()}, N = {cell['spikes'].item():.0f}"
    ax.set_title(many, fontsize="small")


def _draw(ax: Axes, image: xr.DataArray, limit: float) -> AxesImage:
    """An image at its place in the visual field, in colours about 0."""
    extent = None
    values = image.values
    if {"x", "y"} <= set(image.coords):
        x, y = image["x"].values, image["y"].values
        values = values[:: 1 if y[0] > y[-1] else -1, :: 1 if x[0] < x[-1] else -1]
        half_x, half_y = (np.ptp(a) / (a.size - 1) / 2 if a.size > 1 else 0.5 for a in (x, y))
        extent = (x.min() - half_x, x.max() + half_x, y.min() - half_y, y.max() + half_y)
    return ax.imshow(
        values, cmap=_COLOURS, vmin=-limit, vmax=limit, extent=extent, interpolation="nearest"
    )


def _space_label(result: xr.Dataset | xr.DataArray, name: str) -> str:
    return f"{name} (deg)" if name in result.coords else f"{name} (pixel)"


def _degrees(axes: AnyArray, image: xr.DataArray, cells: int | None = None) -> None:
    """Names the outer axes, and shows the ticks of the lowest panel in every column."""
    rows, columns = axes.shape
    cells = rows * columns if cells is None else cells
    for row in range(rows):
        axes[row, 0].set_ylabel(_space_label(image, "y"))
    for column in range(columns):
        lowest = axes[(cells - 1 - column) // columns, column]
        lowest.set_xlabel(_space_label(image, "x"))
        lowest.tick_params(labelbottom=True)
