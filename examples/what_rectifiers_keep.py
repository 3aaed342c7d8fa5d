"""What each rectifier keeps
===========================

Hadji & Wildes (2018, "What Do We Understand About Convolutional Networks?", section 3.2,
discussion): the absolute value keeps the energy of a filter's response and loses its phase; ReLU
keeps phase in a sense and loses half of the energy; two paths keep both. Here every rectifier is
put to Gabor responses over white noise, which are Gaussian and symmetric, and over a photograph,
which are sparse: ``python what_rectifiers_keep.py --plot FILE`` draws the photograph's.
"""

import argparse

from neurosim import photograph_responses, what_is_kept, white_noise_responses

parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("--plot", metavar="FILE", help="where the figure goes")
asked = parser.parse_args()

# %%
# White noise has answers on paper: energy kept is 1 for the absolute value, 1/2 for ReLU and, as a
# pair's energy says only so much about one member's, 1/2 for the modulus.
noise = white_noise_responses(seed=1)
print(what_is_kept(noise))

# %%
# What is invertible keeps everything, be it ever so small. Noise on the outputs, a tenth of their
# root mean square, tells what is kept in practice.
several = ["ReLU", "AVR", "CReLU", "LReLU", "ELU", "Softplus", "noisy LIF", "sigmoid", "tanh"]
print(f"\n{what_is_kept(noise, several, output_noise=0.1)}")

# %%
# The photograph has not: most responses are near zero, where thresholds swallow them, and a few are
# many standard deviations out, where tanh is flat to the last bit. The 18 that are beyond all that
# the readout has learnt from are why even the linear response is short of 1.
photograph = what_is_kept(photograph_responses())
print(f"\n{photograph}")

# %%
# One figure over all rectifiers.
if asked.plot:
    photograph.plot().savefig(asked.plot)
