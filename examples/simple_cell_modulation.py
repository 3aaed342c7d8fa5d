"""F1/F0 of rectified responses
============================

Skottun et al. (1991, Vision Res 31:1079) call a cell simple when the first harmonic of its
response to a drifting grating exceeds the mean. A rectified sinusoid has F1/F0 = pi/2 when it is
half-wave, 16/(3 pi) when it is half-squared, and 0 when both paths have the same gain.
"""

import argparse

import numpy as np

from neurosim import RECTIFIERS, GaborBank, Gratings, modulation

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.parse_args()

# %%
# A grating swept through phase drives a quadrature set through its whole range.
phase = np.arange(0, 360, 3)
bank = GaborBank.quadrature(orientation=30, spatial_frequency=2)
drive = bank.drive(Gratings(orientation=30, spatial_frequency=2, phase=phase))

# %%
# The standard rectifiers, at their default parameters.
for name, rectifier in RECTIFIERS.items():
    if not rectifier.standard:
        continue
    ratio = modulation(rectifier.rate(drive.values), phase)[0]
    print(f"{name:26s} = {rectifier.convnet:22s} F1/F0 = {ratio:.4f}")

# %%
# Four half-squared paths in quadrature sum to a constant: Heeger's energy mechanism.
energy = RECTIFIERS["half-squared"].rate(drive.values).sum(axis=1)
print(f"ripple of the sum of four half-squared paths: {np.ptp(energy) / energy.mean():.1e}")
