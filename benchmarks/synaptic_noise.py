"""Accuracy of Fourcaud & Brunel's formula. Writes docs/figures/synaptic_noise.png.

    python benchmarks/synaptic_noise.py

The first five cells of the LIF table with t_ref = 0 and Siegert's s as given in the table, at
correlation times from tau/10 to tau/200.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from neurosim import LIF, simulate

RATIOS = np.array([0.1, 0.05, 0.02, 0.01, 0.005])
# tau (s), threshold, reset, mean, Siegert's s (mV)
CELLS = [
    (0.02, 20, 15, 16.42, 4.0),
    (0.02, 20, 15, 19.66, 4.0),
    (0.02, 20, 15, 18.94, 1.5),
    (0.02, 20, 15, 20.96, 1.5),
    (0.01, 20, 0, 2.0, 30.0),
]
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7")
SPIKES, TRIALS = 6e5, 20_000


def main() -> None:
    """Simulate, print and draw."""
    figure = Figure(figsize=(6, 4.2), dpi=160, layout="constrained")
    ax = figure.subplots()
    drive = xr.DataArray([[0.0]], dims=("stimulus", "cell"))
    seed = 0
    for (tau, threshold, reset, mean, s), colour in zip(CELLS, COLOURS, strict=True):
        short = []
        for ratio in RATIOS:
            seed += 1  # independent noise for every point
            cell = LIF(
                tau_m=tau,
                t_ref=0,
                v_rest=mean,
                v_threshold=threshold,
                v_reset=reset,
                noise_sd=s / 2**0.5 / (1 + ratio) ** 0.5,
                tau_noise=ratio * tau,
            )
            formula = float(cell.rate(mean))
            duration = max(SPIKES / formula / TRIALS, 10 * tau)
            responses = simulate(
                cell,
                drive,
                duration=duration,
                trials=TRIALS,
                settle=50 * tau,
                dt=ratio * tau / 5,
                seed=seed,
            )
            counts = responses["count"].values.ravel()
            rate = counts.mean() / float(responses["duration"])
            error = counts.std() / np.sqrt(TRIALS) / counts.mean()
            short.append((100 * (formula / rate - 1), 100 * error))
            print(
                f"mean {mean:5.2f} s {s:4.1f} tau_noise {ratio:5.3f} tau: formula "
                f"{short[-1][0]:+.2f} ± {short[-1][1]:.2f} %"
            )
        off, spread = np.abs(np.array(short)).T
        ax.errorbar(
            RATIOS,
            off,
            2 * spread,
            marker="o",
            ms=4,
            lw=1.2,
            color=colour,
            label=f"mean {mean:g}, s {s:g} mV",
        )
    ax.plot(RATIOS, 10 * np.sqrt(RATIOS), ":", color="0.5", lw=1, label="∝ √(τ_noise/τ)")
    ax.plot(RATIOS, 40 * RATIOS, "--", color="0.5", lw=1, label="∝ τ_noise/τ")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.05)
    ax.set_xticks(RATIOS, labels=[f"{r:g}" for r in RATIOS])
    ax.minorticks_off()
    ax.set_xlabel("correlation time of the noise, τ_noise/τ")
    ax.set_ylabel("|formula − simulation| (% of the rate)")
    ax.legend(fontsize="small", frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(Path(__file__).parents[1] / "docs" / "figures" / "synaptic_noise.png")


if __name__ == "__main__":
    main()
