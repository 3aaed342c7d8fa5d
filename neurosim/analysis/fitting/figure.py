"""One cell and one rectifier: rates, the fitted curve with its band, residuals."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import chi2

from neurosim.analysis.fitting.fit import Fit
from neurosim.analysis.fitting.likelihood import Counts

__all__ = ["fit_figure"]

Array = NDArray[np.float64]


def fit_figure(fitted: Fit, cell: int, counts: Counts, x: Array, band: Array) -> Figure:
    """Draw it.

    Parameters
    ----------
    fitted : Fit
    cell : int
    counts : Counts
        Of that cell, (1, condition).
    x : array (point,)
        Drives of the curve.
    band : array (2, point)
        Hz.
    """
    seen = counts.exposure[0] > 0
    drive, spikes, exposure = (v[0][seen] for v in (counts.x, counts.spikes, counts.exposure))
    figure = Figure(figsize=(5.2, 4.8), dpi=150, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    # Garwood's interval of each condition's Poisson mean
    low = chi2.ppf(0.025, 2 * spikes) / 2
    low, high = np.where(spikes > 0, low, 0.0), chi2.ppf(0.975, 2 * spikes + 2) / 2
    rate = spikes / exposure
    bars = np.maximum([rate - low / exposure, high / exposure - rate], 0.0)
    upper.errorbar(drive, rate, bars, fmt="o", ms=3.5, lw=0.9, color="0.25", label="recorded")
    upper.fill_between(x, *band, color="C0", alpha=0.25, lw=0, label="95 % of refits")
    upper.plot(x, fitted.rate(x, cell), color="C0", label=fitted.rectifier.name)
    upper.set_ylabel("rate (Hz)", fontsize=9)
    upper.legend(fontsize=8, frameon=False, loc="upper left")
    expected = fitted.rate(drive, cell) * exposure
    spread = np.sqrt(np.where(expected > 0, expected, np.nan))
    lower.plot(drive, (spikes - expected) / spread, "o", ms=3.5, color="0.25")
    lower.axhline(0, color="C0", lw=1)
    for edge in (-2, 2):
        lower.axhline(edge, color="0.7", lw=0.8, ls=":")
    unit = "" if fitted.drive_unit == "1" else f" ({fitted.drive_unit})"
    lower.set_xlabel(f"drive{unit}", fontsize=9)
    lower.set_ylabel("residual (SD)", fontsize=9)
    for panel in (upper, lower):
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
    return figure
