"""Rate error against time step: the engine and the plain grid. Writes docs/figures/time_step.png.

    python benchmarks/time_step.py

Three cells of the LIF table (neurosim's tests have all eight) at time steps from tau/400 to tau/10;
the error is against Siegert's formula. The dotted lines are the known bias of the grid: a threshold
raised by 0.5826 s sqrt(dt/tau).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from neurosim import LIF, BrianCell, simulate

TAU = 0.02
CELLS = {
    "s = 4 mV, mean 16.42 mV": (16.42, 4.0),
    "s = 4 mV, mean 19.66 mV": (19.66, 4.0),
    "s = 1.5 mV, mean 18.94 mV": (18.94, 1.5),
}
STEPS = TAU / np.array([400, 200, 100, 50, 20, 10])
COLOURS = ("#0072B2", "#D55E00", "#009E73")


def error(responses: xr.Dataset, expected: float) -> tuple[float, float]:
    """Relative error of the rate and its standard error, %."""
    counts = responses["count"].values.ravel()
    whole = expected * float(responses["duration"])
    return (
        100 * (counts.mean() / whole - 1),
        100 * counts.std() / np.sqrt(counts.size) / whole,
    )


def main() -> None:
    """Simulate, print and draw."""
    figure = Figure(figsize=(7, 4.2), dpi=160, layout="constrained")
    ax = figure.subplots()
    drive = xr.DataArray([[0.0]], dims=("stimulus", "cell"))
    for (name, (mean, s)), colour in zip(CELLS.items(), COLOURS, strict=True):
        sd = s / 2**0.5
        cell = LIF(tau_m=TAU, t_ref=0, v_rest=mean, v_threshold=20, v_reset=15, noise_sd=sd)
        plain = BrianCell(
            "dv/dt = (mu - v)/tau + sd*sqrt(2/tau)*xi : volt\nmu : volt",
            threshold="v > 20*mV",
            reset="v = 15*mV",
            start={"v": "15 mV"},
            constants={"tau": f"{TAU} second", "sd": f"{sd} mV"},
        )
        siegert = float(cell.rate(mean))
        ours, grid, known = [], [], []
        for dt in STEPS:
            options = {"dt": dt, "settle": 0.3, "seed": 1}
            exact = simulate(cell, drive, duration=5, trials=20_000, **options)
            ours.append(error(exact, siegert))
            on_grid = simulate(plain, drive, baseline=mean, duration=1, trials=4000, **options)
            grid.append(error(on_grid, siegert))
            raised = 20 + 0.5826 * s * np.sqrt(dt / TAU)
            shifted = LIF(
                tau_m=TAU, t_ref=0, v_rest=mean, v_threshold=raised, v_reset=15, noise_sd=sd
            )
            known.append(100 * (float(shifted.rate(mean)) / siegert - 1))
            print(
                f"{name}, dt {dt * 1e3:.2f} ms: engine {ours[-1][0]:+.2f} ± {ours[-1][1]:.2f} %, "
                f"plain grid {grid[-1][0]:+.2f} ± {grid[-1][1]:.2f} %, known {known[-1]:+.2f} %"
            )
        for values, marker, label in ((ours, "o", "engine"), (grid, "s", "plain grid")):
            centre, spread = np.array(values).T
            filled = {"mfc": "none"} if marker == "s" else {}
            ax.errorbar(
                STEPS * 1e3,
                centre,
                2 * spread,
                marker=marker,
                color=colour,
                lw=1.2,
                ms=5,
                label=f"{label}, {name}",
                **filled,
            )
        ax.plot(STEPS * 1e3, known, ":", color=colour, lw=1)
    ax.axhline(0, color="0.6", lw=0.6)
    ax.set_xscale("log")
    ax.set_xticks(STEPS * 1e3, labels=[f"{dt * 1e3:g}" for dt in STEPS])
    ax.minorticks_off()
    ax.set_xlabel("time step (ms), membrane time constant 20 ms")
    ax.set_ylabel("rate error (%) against Siegert")
    ax.legend(fontsize="small", frameon=False, loc="lower left")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(Path(__file__).parents[1] / "docs" / "figures" / "time_step.png")


if __name__ == "__main__":
    main()
