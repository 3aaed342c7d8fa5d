"""Simple cells as published
=========================

Cells drawn from Ringach (2002, J Neurophysiol 88:455) or from De Valois, Albrecht & Thorell and De
Valois, Yund & Hepler (1982, Vision Res 22:545 and 531). The sources do not agree: the table sets
the medians of each sample beside those that both published. The figure goes to
`v1_population.png` in the current folder (or to the path given).
"""

import argparse

import pandas as pd

from neurosim import GaborBank

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("figure", nargs="?", default="v1_population.png", help="where the figure goes")
asked = parser.parse_args()

# %%
# Each source has what it measured; what it lacks is the other's.
medians = pd.DataFrame(
    {
        f"{source}, {where}": GaborBank.sample_v1(
            2000, seed=1, source=source, eccentricity=where
        ).widths_against_published()["this bank"]
        for source, where in (
            ("ringach", "foveal"),
            ("devalois", "foveal"),
            ("devalois", "parafoveal"),
        )
    }
)
print("medians of 2000 cells drawn from each source")
print(medians.round(3).to_string())
print("\npublished")
published = GaborBank.sample_v1(4, seed=1).widths_against_published().drop(columns="this bank")
print(published.to_string(na_rep="-"))

# %%
# The digitised distributions, with the square root of each count as its error.
figure = GaborBank.sample_v1(2000, seed=1).plot_against_published()
figure.savefig(asked.figure)
