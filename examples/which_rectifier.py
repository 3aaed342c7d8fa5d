"""Which rectifier is a LIF cell?
=================================

Miller & Troyer (2002, J Neurophysiol 87:653): noise turns the threshold of a cell into a power
law. Hubel & Wiesel's simple cell, spiking in Brian2, is fitted with the rectifiers of ConvNets.

The whole way, from stimulus to comparison, in a dozen lines.
"""

import argparse

import numpy as np

from neurosim import LIF, GaborBank, Gratings, Photographs, compare, simulate

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.parse_args()

# %%
# Stimuli: a grating swept through phase at two contrasts, and patches of a photograph.
stimuli = Gratings(spatial_frequency=2, phase=np.arange(0, 360, 15), contrast=[0.4, 1])
stimuli = stimuli + Photographs(patches=24, seed=1)

# %%
# Cells: one quadrature set of Gabor receptive fields; noise and distance to threshold differ.
bank = GaborBank.quadrature(orientation=0, spatial_frequency=2)
cells = LIF.sample_v1(len(bank), seed=2)

# %%
# Spikes, fits, verdict. `responses` is an xarray Dataset and `comparison.table` a pandas one.
responses = simulate(cells, bank.drive(stimuli), gain=25, duration="500 ms", trials=10, seed=3)
comparison = compare(responses)
print(comparison.report())
print(comparison.summary.to_string(index=False))
comparison.plot().savefig("which_rectifier.png")
