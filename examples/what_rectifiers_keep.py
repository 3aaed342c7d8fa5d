"""What each rectifier keeps
===========================

Hadji & Wildes (2018, "What Do We Understand About Convolutional Networks?", section 3.2,
discussion): the absolute value keeps the energy of a filter's response and loses its phase; ReLU
keeps phase in a sense and loses half of the energy; two paths keep both. Here every rectifier is
put to Gabor responses over white noise, which are Gaussian and symmetric, and over a photograph,
which are sparse: ``python what_rectifiers_keep.py --plot FILE`` draws the photograph's.
"""

import sys

from neurosim import what_is_kept
from neurosim.analysis.ensembles import photograph_responses, white_noise_responses

# %%
# White noise has answers on paper: energy kept is 1 for the absolute value, 1/2 for ReLU and, as a
# pair's energy says only so much about one member's, 1/2 for the modulus.
noise = what_is_kept(white_noise_responses(seed=1))
print(noise)

# %%
# The photograph has not: most responses are near zero, where thresholds swallow them, and a few are
# many standard deviations out, where tanh is flat to the last bit.
photograph = what_is_kept(photograph_responses())
print(f"\n{photograph}")

# %%
# One figure over all rectifiers.
if "--plot" in sys.argv[1:-1]:
    photograph.plot().savefig(sys.argv[sys.argv.index("--plot") + 1])
