"""Firing-rate theory of the LIF neuron against mpmath, tables, limits and properties."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.models.rectifiers import siegert
from neurosim.models.rectifiers.deterministic_lif import (
    rate_deterministic,
    rate_deterministic_slope,
)
from neurosim.models.rectifiers.siegert import (
    rate_synaptic_noise,
    rate_synaptic_noise_slope,
    rate_white_noise,
    rate_white_noise_slope,
)

# tau ms, t_ref ms, threshold, reset, mean, s (Siegert's sigma) mV, white Hz, coloured Hz, tau_s ms
TABLE = [
    (20, 0, 20, 15, 16.42, 4, 13.406745, 10.209423, 0.5),
    (20, 0, 20, 15, 19.66, 4, 35.103881, 30.107146, 0.5),
    (20, 0, 20, 15, 18.94, 1.5, 12.279832, 10.097686, 0.5),
    (20, 0, 20, 15, 20.96, 1.5, 32.500740, 29.979602, 0.5),
    (10, 2, 20, 0, 2, 30, 51.874824, 32.309861, 1),
    (10, 2, 20, 0, 15, 2.9, 3.758481, 1.423971, 1),
    (10, 2, 20, 0, 22, 0.5, 38.713687, 37.620365, 1),
    (10, 2, 20, 0, 40, 50, 165.175359, 135.254402, 1),
]
CELL = {"tau_m": 0.020, "v_threshold": 20.0, "v_reset": 0.0, "t_ref": 0.002}


def erfcx_area(start, end):
    """Integral of sqrt(pi) erfcx(t), 0 <= start <= end, by mpmath in t = exp(v) - 1."""
    low, high = mp.log1p(start), mp.log1p(end)
    panels = mp.linspace(low, high, int(mp.ceil((high - low) / 2)) + 2)

    def integrand(v):
        t = mp.expm1(v)
        return mp.exp(v + t * t) * mp.erfc(t)

    return mp.sqrt(mp.pi) * mp.quad(integrand, panels)


def reference(mean, noise_sd, tau_noise, tau_m, v_threshold, v_reset, t_ref):
    """Rate and slope in high precision, from the defining equations."""
    mean, noise_sd, tau_noise, tau_m, v_threshold, v_reset, t_ref = (
        mp.mpf(x) for x in (mean, noise_sd, tau_noise, tau_m, v_threshold, v_reset, t_ref)
    )
    s = mp.sqrt(2) * noise_sd * mp.sqrt(1 + tau_noise / tau_m)
    shift = abs(mp.zeta(mp.mpf(1) / 2)) / mp.sqrt(2) * mp.sqrt(tau_noise / tau_m)
    upper, lower = (v_threshold - mean) / s + shift, (v_reset - mean) / s + shift
    area = mp.mpf(0)
    if lower < 0:
        area += erfcx_area(max(-upper, mp.mpf(0)), -lower)
    if upper > 0:  # erfcx(-u) = 2 exp(u^2) - erfcx(u)
        near = max(lower, mp.mpf(0))
        area += mp.pi * (mp.erfi(upper) - mp.erfi(near)) - erfcx_area(near, upper)
    rate = 1 / (t_ref + tau_m * area)
    with mp.extradps(30):  # far above threshold the two are alike in 10 digits
        step = mp.exp(upper**2) * mp.erfc(-upper) - mp.exp(lower**2) * mp.erfc(-lower)
    return rate, rate**2 * tau_m * mp.sqrt(mp.pi) / s * step


def relative_error(values, references):
    return max(abs(mp.mpf(float(v)) / r - 1) for v, r in zip(values, references, strict=True))


def random_cells(seed, count):
    """Upper limit -1e6 to 25.5, threshold - reset 1e-3 to 1e2 s, half of them coloured."""
    rng = np.random.default_rng(seed)
    noise_sd = 10 ** rng.uniform(-2, 2, count)
    tau_m = 10 ** rng.uniform(-3, -1, count)
    width = 10 ** rng.uniform(-3, 2, count)
    upper = np.choose(
        rng.integers(0, 4, count),
        [
            -(10 ** rng.uniform(-3, 6, count)),  # above threshold
            10 ** rng.uniform(-3, np.log10(25.5), count),  # below
            rng.uniform(-5, 5, count),  # near
            np.minimum(width * rng.uniform(0, 1, count), 25.5),  # between reset and threshold
        ],
    )
    v_threshold = rng.choice([-50.0, 0.0, 20.0], count)
    s = math.sqrt(2) * noise_sd
    return {
        "mean_potential": v_threshold - upper * s,
        "noise_sd": noise_sd,
        "tau_noise": tau_m * rng.choice([0, 1], count) * 10 ** rng.uniform(-3, -0.3, count),
        "tau_m": tau_m,
        "v_threshold": v_threshold,
        "v_reset": v_threshold - width * s,
        "t_ref": rng.choice([0, 1], count) * 10 ** rng.uniform(-4, -2, count),
    }


@pytest.mark.parametrize("row", TABLE)
def test_rate_matches_the_checked_table(row):
    """Oracle: rates computed independently with NumPy and SciPy, six decimals."""
    tau_m, t_ref, v_threshold, v_reset, mean, s, white, coloured, tau_noise = row
    cell = {"tau_m": tau_m / 1e3, "v_threshold": v_threshold, "v_reset": v_reset}
    cell["t_ref"] = t_ref / 1e3
    rate = rate_white_noise(mean, noise_sd=s / math.sqrt(2), **cell)
    assert rate == pytest.approx(white, abs=5.1e-7)
    noise_sd = s / math.sqrt(2 * (1 + tau_noise / tau_m))  # the table's s has the colour in it
    rate = rate_synaptic_noise(mean, noise_sd=noise_sd, tau_noise=tau_noise / 1e3, **cell)
    # the table was made with alpha rounded to 2.0652532: one unit in its last digit
    assert rate == pytest.approx(coloured, abs=1e-6)


@pytest.mark.parametrize("count", [100, pytest.param(400, marks=pytest.mark.slow)])
def test_rates_and_slopes_match_mpmath_everywhere(count):
    """Oracle: the integral by mpmath with 30 digits; rates from below 1e-270 Hz to saturation."""
    cells = random_cells(seed=20240611, count=count)
    rate, slope = rate_synaptic_noise(**cells), rate_synaptic_noise_slope(**cells)
    assert rate.min() < 1e-270
    with mp.workdps(30):
        pairs = [reference(*cell) for cell in zip(*cells.values(), strict=True)]
        rates, slopes = zip(*pairs, strict=True)
        # what is left is rounding of the limit: exp(u^2) turns 1 ulp of u = 25 into 3e-13
        assert relative_error(rate, rates) < 1e-12
        assert relative_error(slope, slopes) < 1e-12


@pytest.mark.parametrize("count", [4, pytest.param(12, marks=pytest.mark.slow)])
def test_slope_is_the_derivative_of_the_rate(count):
    """Oracle: mpmath's numerical derivative of the reference rate, no formula for the slope."""
    cells = random_cells(seed=7, count=count)
    slopes = rate_synaptic_noise_slope(**cells)
    with mp.workdps(50):
        expected = [
            mp.diff(lambda m, rest=rest: reference(m, *rest)[0], mp.mpf(mean), h=mp.mpf(10) ** -20)
            for mean, *rest in zip(*cells.values(), strict=True)
        ]
        assert relative_error(slopes, expected) < 1e-12


def test_narrow_interval_does_not_cancel():
    """Oracle: threshold - reset = d -> 0 makes the integral d times the integrand."""
    s, d = math.sqrt(2), 2.0**-40
    cell = {"noise_sd": 1.0, "tau_m": 0.01, "v_threshold": 0.0, "v_reset": -d, "t_ref": 0.0}
    mean = np.array([-20.0, -3.0, -0.25, 0.0, 0.25, 3.0, 20.0, 1e5])
    with mp.workdps(40):
        middle = [mp.mpf(-x - d / 2) / mp.sqrt(2) for x in mean]
        integrand = [mp.sqrt(mp.pi) * mp.exp(u**2) * mp.erfc(-u) for u in middle]
        expected = [s / (0.01 * d * f) for f in integrand]
        assert relative_error(rate_white_noise(mean, **cell), expected) < 1e-12


def test_series_is_the_chebyshev_expansion_it_says():
    """Oracle: discrete cosine transform, in 40 digits, of the function named at the table."""
    count, k = 80, 3
    with mp.workdps(40):
        angles = [mp.pi * (j + mp.mpf(1) / 2) / count for j in range(count)]
        values = []
        for z in map(mp.cos, angles):
            t = k * (1 + z) / (1 - z)
            erfcx = mp.exp(t * t) * mp.erfc(t)
            values.append((mp.sqrt(mp.pi) * erfcx - 1 / (t + k)) * (t + k) ** 2 / (2 * k))
        series = [
            mp.fsum(v * mp.cos(n * a) for v, a in zip(values, angles, strict=True)) * 2 / count
            for n in range(24)
        ]
        series[0] /= 2
    np.testing.assert_allclose(siegert._REMAINDER, np.array(series, dtype=float), 1e-15, 1e-30)


def test_small_noise_corrects_the_deterministic_interval():
    """Oracle: erfcx(t) sqrt(pi) = 1/t - 1/(2 t^3) adds s^2/4 ((mu-Vr)^-2 - (mu-Vth)^-2) tau."""
    mean = np.array([21.0, 25.0, 40.0])
    noise_sd = 1e-3
    with_noise = rate_white_noise(mean, noise_sd=noise_sd, **CELL)
    change = 1 / with_noise - 1 / rate_deterministic(mean, **CELL)
    expected = CELL["tau_m"] * noise_sd**2 / 2 * (mean**-2 - (mean - 20) ** -2)
    np.testing.assert_allclose(change, expected, rtol=1e-4)


def test_without_noise_all_three_agree():
    """Oracle: the deterministic formula; mixed arrays pick it per element."""
    mean = np.array([10.0, 20.0, 20.5, 30.0])
    for rate, slope in (
        (rate_white_noise, rate_white_noise_slope),
        (rate_synaptic_noise, rate_synaptic_noise_slope),
    ):
        colour = {"tau_noise": 0.005} if rate is rate_synaptic_noise else {}
        for function, plain in ((rate, rate_deterministic), (slope, rate_deterministic_slope)):
            mixed = function(mean, noise_sd=np.array([[0.0], [2.0]]), **colour, **CELL)
            np.testing.assert_array_equal(mixed[0], plain(mean, **CELL))
            np.testing.assert_array_equal(mixed[1], function(mean, noise_sd=2.0, **colour, **CELL))


def test_synaptic_noise_without_a_time_constant_is_white():
    """Oracle: the white-noise functions, bit for bit."""
    mean = np.linspace(-20, 60, 41)
    for coloured, white in (
        (rate_synaptic_noise, rate_white_noise),
        (rate_synaptic_noise_slope, rate_white_noise_slope),
    ):
        values = coloured(mean, noise_sd=3.0, tau_noise=np.zeros(41), **CELL)
        np.testing.assert_array_equal(values, white(mean, noise_sd=3.0, **CELL))


def test_far_below_threshold_follows_kramers():
    """Oracle: r = y exp(-y^2) / (tau sqrt(pi)) (1 - 1/(2 y^2) - ...), y = (Vth - mu)/s."""
    y = np.array([8.0, 15.0, 25.0])
    rate = rate_white_noise(20 - y * math.sqrt(2), noise_sd=1.0, **CELL | {"v_reset": -900.0})
    leading = np.log(y / (0.020 * math.sqrt(math.pi))) - y**2
    np.testing.assert_allclose(np.log(rate), leading + np.log1p(-1 / (2 * y**2)), rtol=0, atol=4e-4)


@pytest.mark.filterwarnings("error")
def test_extreme_arguments_give_limits_without_warnings():
    """Oracle: 0 Hz below, 1/t_ref above, NaN for NaN; slopes 0."""
    mean = np.array([-np.inf, -1e200, -1e3, 1e200, np.inf, np.nan])
    expected = [0, 0, 0, 500, 500, np.nan]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for noise_sd in (0.0, 5e-324, 1e-90, 1.0):
            rate = rate_white_noise(mean, noise_sd=noise_sd, **CELL)
            slope = rate_white_noise_slope(mean, noise_sd=noise_sd, **CELL)
            np.testing.assert_allclose(rate, expected, rtol=1e-15)
            np.testing.assert_array_equal(slope, np.where(np.isnan(mean), np.nan, 0))
        at_threshold = np.nextafter(0, 1)
        rate = rate_deterministic(at_threshold, **CELL | {"v_threshold": 0.0, "v_reset": -1.0})
    assert 0 < rate < 1 / (0.020 * 460)  # log(1e200) = 460.5


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    mean=st.floats(-200, 1e4),
    rise=st.floats(1e-3, 1e3),
    noise_sd=st.floats(0, 100),
    tau_noise=st.floats(0, 0.01),
    v_reset=st.floats(-100, 19.9),
    t_ref=st.floats(1e-4, 0.01),
)
def test_rate_rises_with_the_mean_and_stays_below_saturation(
    mean, rise, noise_sd, tau_noise, v_reset, t_ref
):
    """Oracle: the formula's monotonicity and bounds, over generated cells."""
    cell = CELL | {"v_reset": v_reset, "t_ref": t_ref, "noise_sd": noise_sd, "tau_noise": tau_noise}
    low, high = rate_synaptic_noise(np.array([mean, mean + rise]), **cell)
    assert 0 <= low <= high * (1 + 1e-12)
    assert high <= 1 / t_ref
    assert rate_synaptic_noise_slope(mean, **cell) >= 0


@pytest.mark.parametrize(
    ("function", "extra"),
    [
        (rate_deterministic, {}),
        (rate_deterministic_slope, {}),
        (rate_white_noise, {"noise_sd": np.array([0.5, 2.0, 8.0])[:, None]}),
        (rate_white_noise_slope, {"noise_sd": np.array([0.5, 2.0, 8.0])[:, None]}),
        (rate_synaptic_noise, {"noise_sd": np.full((3, 1), 2.0), "tau_noise": 0.002}),
        (rate_synaptic_noise_slope, {"noise_sd": np.full((3, 1), 2.0), "tau_noise": 0.002}),
    ],
)
def test_arguments_broadcast(function, extra):
    """Oracle: the same function called for each cell on its own."""
    given_arrays = {
        "mean_potential": np.array([15.0, 19.0, 21, 40]),
        "tau_m": np.array([0.01, 0.02]).reshape(2, 1, 1),
        "v_threshold": 20.0,
        "v_reset": np.array([[0.0], [5.0], [19.0]]),
        "t_ref": np.array(0.001),
    } | extra
    together = function(**given_arrays)
    assert together.shape == (2, 3, 4)
    each = np.broadcast_arrays(*given_arrays.values())
    for place in np.ndindex(together.shape):
        arguments = {n: float(a[place]) for n, a in zip(given_arrays, each, strict=True)}
        alone = function(**arguments)
        assert np.ndim(alone) == 0
        assert alone == pytest.approx(together[place], rel=1e-14)
    empty = function(**given_arrays | {"mean_potential": np.zeros((0, 1, 1, 1))})
    assert empty.shape == (0, 2, 3, 1)


@pytest.mark.parametrize("mean", [-1e3, -16.4, 0.0, 3.0])
@pytest.mark.parametrize("noise_sd", [0.2, 0.4])
def test_a_cell_that_is_reset_to_its_threshold_fires_as_often_as_it_can(mean, noise_sd):
    # oracle: no distance to go, so that with noise an interval is the refractory time alone
    cell = {"tau_m": 1.0, "v_threshold": 0.0, "v_reset": 0.0, "t_ref": 0.1, "noise_sd": noise_sd}
    assert rate_white_noise(mean, **cell) == pytest.approx(10.0)
    assert rate_white_noise_slope(mean, **cell) == 0
