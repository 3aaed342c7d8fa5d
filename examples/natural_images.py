"""Are these images natural?
==========================

Field (1987, J Opt Soc Am A 4:2379) found that the power of natural images falls about as the square
of spatial frequency, and that cells with simple-cell receptive fields answer them sparsely: most
are silent to most of an image and a few respond strongly. Give image files (and --linear for files
that hold luminance, such as calibrated 16-bit ones); without any, Matplotlib's photograph is taken.
"""

import argparse

import numpy as np

from neurosim import GaborBank, InputError, VisualField, spectral_slope
from neurosim.stimuli import embedded_photograph, read_image

# %%
# Luminance, linear in light, and contrast about its mean.
parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("images", nargs="*", help="image files (default: Matplotlib's photograph)")
parser.add_argument("--linear", action="store_true", help="the files' numbers are luminance")
asked = parser.parse_args()
encoding = "linear" if asked.linear else "sRGB"
paths = asked.images or [embedded_photograph()]

# %%
# A bank over four orientations and three spatial frequencies, at every fourth position.
field = VisualField(size=8, ppd=16)
bank = GaborBank.quadrature(np.tile([0, 45, 90, 135], 3), np.repeat([0.8, 1.6, 3.2], 4))

for path in paths:
    try:
        light = read_image(path, encoding).luminance
    except InputError as error:
        parser.error(str(error))
    contrast = light / light.mean() - 1
    print(f"{getattr(path, 'name', path)}: {light.shape[1]} x {light.shape[0]} pixels")
    print(f"  {spectral_slope(light)!r} in cycles/pixel")
    response = bank.convolve(contrast, field, stride=4)
    z = response / response.std(("y", "x"))
    kurtosis = (z**4).mean(("y", "x")).values
    print(
        f"  kurtosis of {len(bank)} filters' responses: {kurtosis.min():.1f} to "
        f"{kurtosis.max():.1f}, median {np.median(kurtosis):.1f} (a Gaussian has 3)"
    )
