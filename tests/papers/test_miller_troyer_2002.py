"""Miller & Troyer (2002, J Neurophysiol 87:653): noise makes a power law of a threshold.

The rate of a threshold T under Gaussian noise is E[rate] = k ((mu - T) Phi(z) + sd phi(z)),
z = (mu - T)/sd. A power of (mu - rest), without a spontaneous rate, is fitted to it from rest to
T + 1.5 sd; its exponent grows with T - rest. Everything is in units of sd, and k is 1.
"""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from neurosim import LIF, simulate
from neurosim.analysis.fitting.likelihoods.gaussian import Gaussian
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.optimum import best_parameters, rate_model
from neurosim.data.counts import Counts, reduced
from neurosim.models.rectifiers import RECTIFIERS

DISTANCE = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 4.0])  # T - rest, sd
LEAST_SQUARES = [1.42, 1.90, 2.39, 2.88, 3.38, 4.37]
LIKELIHOOD = [1.14, 1.66, 2.25, 2.88, 3.52, 4.79]
POINTS = 400


def _expected(steps):
    """Expected counts in 100 s at mean potentials (cell, condition) above rest, given in steps of
    a POINTS-th of the way to T + 1.5 sd."""
    mean = (DISTANCE[:, None] + 1.5) * steps / POINTS
    z = mean - DISTANCE[:, None]
    rate = z * norm.cdf(z) + norm.pdf(z)
    return Counts(mean, 100 * rate, np.full(mean.shape, 100.0), np.zeros(mean.shape))


def _exponents(counts, noise):
    model = rate_model(RECTIFIERS["power law"], counts, noise, fixed={"r0": 0.0})
    best = best_parameters(model)
    assert best.converged.all()
    assert np.isfinite(best.log_likelihood).all()
    return best.values[:, 2]


def test_least_squares_exponents_are_the_reference_values():
    # oracle: computed independently with SciPy on a uniform grid, both ends included. For the
    # farthest threshold the grid must be fine: 51 points give 4.33, 101 give 4.35
    counts = _expected(np.arange(POINTS + 1))
    noise = Gaussian(np.full(counts.x.shape, 0.01))  # Hz; the same everywhere
    assert _exponents(counts, noise) == pytest.approx(LEAST_SQUARES, abs=0.02)


@pytest.mark.parametrize("first", [0.5, 1.0])
def test_poisson_exponents_are_the_reference_values(first):
    # oracle: as above. Rest itself is left out: a power without r0 is 0 Hz there and the neuron is
    # not, so that its likelihood is zero for every exponent. Of the grids that begin a whole or
    # half a step above rest the second gives the same to 0.01 from 25 points on
    counts = _expected(np.arange(first, POINTS + 0.1))
    assert _exponents(counts, Poisson()) == pytest.approx(LIKELIHOOD, abs=0.02)


@pytest.mark.parametrize("noise_sd", [3.0, 5.0])
def test_exponents_of_simulated_spikes_rise_with_the_distance_to_threshold(noise_sd):
    # oracle: the order of the distances (Miller & Troyer 2002); the numbers are lower for
    # a LIF cell. Over ten seeds neighbours differ by 0.135 at the least, with an SD of 0.03 or less
    lif = LIF(noise_sd=noise_sd, v_rest=-50 - DISTANCE * noise_sd)
    mean = (np.arange(20) + 0.5)[:, None] / 20 * (DISTANCE + 1.5)
    drive = xr.DataArray(
        mean, {"stimulus": range(20), "cell": range(len(DISTANCE))}, ("stimulus", "cell")
    )
    responses = simulate(lif, drive, gain=noise_sd, duration=2, trials=20, seed=1)
    assert (np.diff(_exponents(reduced(responses).counts, Poisson())) > 0.1).all()
