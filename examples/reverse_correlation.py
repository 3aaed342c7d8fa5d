"""A receptive field from spikes, and a Gabor from the receptive field
===================================================================

White noise is shown to LIF cells; the average frame before a spike is their receptive field
(Chichilnisky 2001, Network 12:199), and a Gabor is fitted to it (Jones & Palmer 1987, J
Neurophysiol 58:1233). The figures go to `receptive_fields.png` and `gabor_fit.png` in the current
folder (or to the folder given).
"""

import argparse
from pathlib import Path

from neurosim import (
    LIF,
    GaborBank,
    Movie,
    Noise,
    VisualField,
    fit_gabor,
    plot_receptive_fields,
    simulate,
    spike_triggered_average,
)

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where the figures go")
folder = parser.parse_args().folder
if not folder.is_dir():
    parser.error(f"{folder}: there is no such folder")

# %%
# A movie of independent pixels, each frame a function of the seed and its number, at 30 Hz.
field = VisualField(size=4, ppd=8, frame_rate=30)
noise = Noise(30_000, "gaussian", contrast=0.3, seed=1)
bank = GaborBank([0, 50, 110], [1.5, 1.7, 1.6], [0, 90, 200], nx=0.45, ny=0.5)

# %%
# The drive at every frame, and the spikes counted per frame.
drive = bank.drive(Movie(noise), field)
responses = simulate(
    LIF(noise_sd=3),
    drive,
    gain=90,
    baseline=12,
    duration=1000,
    trials=1,
    dt=2e-3,
    seed=2,
    time_bin=1 / 30,
)

# %%
# Spike-triggered averages, with what circular shifts of the spikes would give.
found = spike_triggered_average(noise, responses, field, lags=range(3), shifts=99)
said = ["spikes", "mean_projection", "spikes_needed", "p"]
print(found[said].reset_coords(drop=True).to_dataframe().round(2).to_string())
plot_receptive_fields(found).savefig(folder / "receptive_fields.png")

# %%
# Gabors of the averages, beside the truth.
fitted = fit_gabor(found["sta"].sel(lag=found["peak_lag"]))
print(fitted.table.round(3).T.to_string())
print(
    "true orientation",
    bank.orientation,
    "spatial frequency",
    bank.spatial_frequency,
    "phase",
    bank.phase,
)
fitted.plot().savefig(folder / "gabor_fit.png")
