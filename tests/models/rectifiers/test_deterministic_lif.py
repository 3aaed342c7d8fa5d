"""The f-I curve of the LIF neuron without noise, against checked numbers and mpmath."""

import mpmath as mp
import numpy as np

from neurosim.models.rectifiers.deterministic_lif import (
    rate_deterministic,
    rate_deterministic_slope,
)

CELL = {"tau_m": 0.020, "v_threshold": 20.0, "v_reset": 0.0, "t_ref": 0.002}


def test_deterministic_rate_matches_the_checked_numbers():
    """Oracle: the f-I curve at six currents, four decimals."""
    mean = np.array([19.0, 20.0, 21.0, 22.0, 25.0, 30.0, 40.0, 60.0])
    expected = [0, 0, 15.9007, 20.0169, 29.2494, 41.7149, 63.0400, 98.9188]
    np.testing.assert_allclose(rate_deterministic(mean, **CELL), expected, rtol=0, atol=5e-5)


def test_deterministic_rate_and_slope_match_mpmath():
    """Oracle: mpmath with 40 digits, from 1e-12 to 1e12 mV above threshold."""
    excess = np.concatenate([2.0 ** np.arange(-40, 40), [1e-12, 3.0, 1e12]])
    cell = CELL | {"v_threshold": 0.0, "v_reset": -7.0}
    with mp.workdps(40):
        tau_m, t_ref = mp.mpf(cell["tau_m"]), mp.mpf(cell["t_ref"])
        mean = [mp.mpf(x) for x in excess]
        rates = [1 / (t_ref + tau_m * mp.log((m + 7) / m)) for m in mean]
        slopes = [r**2 * tau_m * 7 / (m * (m + 7)) for r, m in zip(rates, mean, strict=True)]
        for found, exact, accuracy in (
            (rate_deterministic(excess, **cell), rates, 2e-15),
            (rate_deterministic_slope(excess, **cell), slopes, 4e-15),
        ):
            pairs = zip(found.tolist(), exact, strict=True)
            assert max(abs(mp.mpf(value) / true - 1) for value, true in pairs) < accuracy
