"""One cell and one rectifier: rates, the fitted curve with its band, residuals."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import chi2

from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array

__all__ = ["fit_figure"]


def fit_figure(model: RateModel, values: Array, x: Array, band: Array, drive_unit: str) -> Figure:
    """Draw it.

    Parameters
    ----------
    model : RateModel
        One row.
    values : array (1, parameter)
    x : array (point,)
        Drives of the curve.
    band : array (2, point)
        Hz.
    drive_unit : str
    """
    counts, rectifier = model.counts, model.rectifier
    named = dict(zip(rectifier.parameter_names, values[0], strict=True))
    seen = counts.exposure[0] > 0
    drive, spikes, exposure = (v[0][seen] for v in (counts.x, counts.spikes, counts.exposure))
    fitted = model.plain.rate(values)
    with np.errstate(divide="ignore"):
        sd = 1 / np.sqrt(model.likelihood.expected(fitted, counts))[0][seen]
    figure = Figure(figsize=(5.2, 4.8), dpi=150, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    rate = model.likelihood.measured(counts)[0][seen]
    usual = model.likelihood.of == "counts" and np.allclose(rate, spikes / exposure)
    bars = _garwood(spikes, exposure) if usual else 1.96 * sd
    upper.errorbar(drive, rate, bars, fmt="o", ms=3.5, lw=0.9, color="0.25", label="recorded")
    upper.fill_between(x, *band, color="C0", alpha=0.25, lw=0, label="95 % of refits")
    upper.plot(x, rectifier.rate(x, **named), color="C0", label=rectifier.name)
    upper.set_ylabel("rate (Hz)", fontsize=9)
    upper.legend(fontsize=8, frameon=False, loc="upper left")
    _residuals(lower, drive, (rate - fitted[0][seen]) / np.where(sd > 0, sd, np.nan))
    unit = "" if drive_unit == "1" else f" ({drive_unit})"
    lower.set_xlabel(f"drive{unit}", fontsize=9)
    for panel in (upper, lower):
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
    return figure


def _garwood(spikes: Array, exposure: Array) -> Array:
    """Below and above the rate: Garwood's (1936) 95 % interval of each condition's Poisson mean."""
    low = np.where(spikes > 0, chi2.ppf(0.025, 2 * spikes) / 2, 0.0)
    high = chi2.ppf(0.975, 2 * spikes + 2) / 2
    return np.maximum([spikes - low, high - spikes], 0.0) / exposure


def _residuals(panel: Axes, drive: Array, residual: Array) -> None:
    """In standard deviations of a rate, as the likelihood has them at the fit."""
    panel.plot(drive, residual, "o", ms=3.5, color="0.25")
    panel.axhline(0, color="C0", lw=1)
    for edge in (-2, 2):
        panel.axhline(edge, color="0.7", lw=0.8, ls=":")
    panel.set_ylabel("residual (SD)", fontsize=9)
