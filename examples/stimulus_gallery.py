"""Everything that can be shown
===========================

One page of stimuli, each set made by a line; the page goes to `stimuli.png` in the current folder
(or to the path given).
"""

import argparse

from neurosim import (
    AnnulusWindow,
    Bars,
    CircularWindow,
    Edges,
    GaborPatches,
    Gratings,
    Noise,
    Photographs,
    Plaids,
    RaisedCosineWindow,
    Textures,
    VisualField,
)

field = VisualField(size=4, ppd=24)

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("figure", nargs="?", default="stimuli.png", help="where the figure goes")
asked = parser.parse_args()

# %%
# Sets are joined with +, and any of them can be seen through a window.
stimuli = (
    Gratings(orientation=30, spatial_frequency=1.5)
    + Gratings(orientation=30, spatial_frequency=1, waveform="square")
    + Plaids(Gratings(0, 2, contrast=0.5), Gratings(60, 2, contrast=0.5))
    + Gratings(0, 2).through(CircularWindow(diameter=2))
    + Gratings(0, 2).through(AnnulusWindow(inner=1.2, outer=3.2))
    + Gratings(0, 2).through(RaisedCosineWindow(diameter=2, edge=1))
    + GaborPatches(orientation=45, spatial_frequency=2, sd=0.4)
    + Bars(orientation=20, width=0.3, length=2.5, contrast=[1, -1])
    + Edges(orientation=30)
    + Noise(1, "ternary", contrast=0.9, square=0.25)
    + Noise(1, "pink", seed=1)
    + Textures(1, orientation=45, contrast=0.4)
    + Textures(1, orientation_sd=float("inf"), contrast=0.4)
    + Photographs(patches=2, seed=6)
    + Photographs(patches=2, seed=6, scrambled=True)
)
for part in stimuli.parts():
    print(part)

# %%
# The labels that differ are written above each picture.
stimuli.plot(field).savefig(asked.figure)
