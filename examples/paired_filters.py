"""Do the filters of a ConvNet's first layer come in opposite pairs?
====================================================================

Shang, Sohn, Almeida & Lee (2016, ICML, "Understanding and improving convolutional neural networks
via concatenated rectified linear units") saw that AlexNet's first layer learns filters in pairs of
opposite phase: ReLU drops one sign of a filter's response, so another filter brings it back. They
are the ON and OFF cells of V1, learnt.

    paired_filters.py [FILTERS_FILE] [--name TENSOR] [--drop INDEX ...] [--plot FILE]

FILTERS_FILE is .safetensors, .npz, .npy or a state_dict of torch. Without one, a bank of Gabor
receptive fields is taken, in which every cell has its exact opposite.
"""

import argparse
import sys

import numpy as np

from neurosim import GaborBank, InputError, VisualField, paired_filters
from neurosim.convnet import filters_from_file

parser = argparse.ArgumentParser(description="Opposite pairs among first-layer filters.")
parser.add_argument("file", nargs="?", help="of weights; default: a Gabor bank")
parser.add_argument("--name", help="of the tensor in the file")
parser.add_argument("--drop", type=int, nargs="+", default=[], help="filters to leave out")
parser.add_argument("--plot", metavar="FILE", help="where the figure goes")
parser.add_argument("--seed", type=int, default=0)
arguments = parser.parse_args()

# %%
# Filters: (filter, channel, row, column).
try:
    if arguments.file:
        filters = filters_from_file(arguments.file, arguments.name)
    else:
        bank = GaborBank.quadrature(np.tile([0, 45, 90, 135], 2), np.repeat([2, 3], 4))
        filters = bank.kernels(VisualField(size=3.5, ppd=16)).values[:, None]

    # %%
    # The statistic, and what it would be by chance.
    found = paired_filters(filters, seed=arguments.seed, drop=arguments.drop)
except InputError as error:
    sys.exit(str(error))

print(found)
share = [f"{100 * found.share_below(limit):.0f} % below {limit}" for limit in (-0.5, -0.8)]
print(f"\nfilters that have another one so opposite: {', '.join(share)}; best: {found.best:.3f}")
if arguments.plot:
    found.plot().savefig(arguments.plot)
