"""A ConvNet whose rectifier is a measured neuron
===============================================

Hadji & Wildes (2018, section 3.2) set the ConvNet's rectifiers beside the simple cell's. Here the
rate curve of a leaky integrate-and-fire cell, measured from its spikes, takes the rectifier's place
in a small network that learns handwritten digits. Needs the `convnet` extra.

    python examples/measured_neuron_in_a_network.py [--plot FILE]
"""

import argparse
from dataclasses import replace

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from neurosim import LIF, simulate
from neurosim.convnet import Activation, MeasuredRate, Training, digits, network, train

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("--plot", metavar="FILE", help="where the figure goes")
asked = parser.parse_args()

# %%
# The cell is shown 41 drives, 50 times each; its noise lets it fire below threshold.
drive = xr.DataArray(np.linspace(-1, 1, 41)[:, None], dims=("stimulus", "cell"))
cell = LIF(noise_sd=4)
responses = simulate(cell, drive, gain=20, baseline=10, duration=0.5, trials=50, seed=1)
measured = MeasuredRate(responses, drive_per_unit=0.25, hz_per_unit=20)
print(measured)

torch.set_num_threads(1)

# %%
# The same network with ReLU and with the neuron: 400 digits to learn from, three starts each.
data = digits()
few = replace(data, train_images=data.train_images[:400], train_labels=data.train_labels[:400])
layers = {"ReLU": lambda channels: Activation("ReLU"), "measured neuron": lambda channels: measured}
for name, layer in layers.items():
    errors = []
    for seed in range(3):
        model = network(layer, few, channels=(8, 8), seed=seed)
        errors.append(train(model, few, Training(epochs=12, seed=seed)).test_error)
    print(f"{name:16s} test error {np.mean(errors):.1%} (SD over starts {np.std(errors):.1%})")

# %%
# Beside the counts it was measured from, and ReLU.
if asked.plot:
    x = torch.linspace(-6, 6, 601, dtype=torch.float64)
    figure = Figure(figsize=(6, 3.6), dpi=150, layout="constrained")
    panel = figure.subplots()
    rate = responses["count"].mean("trial").values[:, 0] / 0.5
    panel.plot(drive.values[:, 0] / 0.25, rate / 20, "o", ms=4, color="0.5", label="counted rates")
    panel.plot(x, measured(x), lw=2, label="the layer")
    panel.plot(x, x.clamp(min=0), lw=1, ls="--", label="ReLU")
    panel.set(xlabel="input", ylabel="output (1 is 20 Hz)", ylim=(-0.2, 4))
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(asked.plot)
