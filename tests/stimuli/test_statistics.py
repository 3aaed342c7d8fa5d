"""The slope of a spectrum."""

import numpy as np
import pytest

from neurosim import InputError, Noise, VisualField, spectral_slope


def test_spectral_slope_is_that_of_made_noise():
    # oracle: noise whose power falls as f^-slope by construction
    for slope in (0.0, 1.0, 2.0, 3.0):
        noise = Noise(4, "pink", slope=slope, seed=2).pictures(VisualField(16, 16))
        found = [spectral_slope(frame, ppd=16, band=(0.5, 6)).slope for frame in noise]
        assert np.mean(found) == pytest.approx(-slope, abs=0.1)


def test_spectral_slope_refuses_what_has_none():
    with pytest.raises(InputError, match="an image with contrast, got a uniform one"):
        spectral_slope(np.ones((30, 30)))
    with pytest.raises(InputError, match=r"a band of at least 3 rings, got 0.2 to 0.21"):
        spectral_slope(np.random.default_rng(0).random((30, 30)), band=(0.2, 0.21))
