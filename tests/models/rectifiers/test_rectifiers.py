"""Every rectifier: a table of values with their oracle, and properties that all share."""

import re
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from neurosim import RECTIFIERS, GaborBank, Gratings, InputError, modulation

ROOT = Path(__file__).parents[3]

# (rectifier, parameters, x, rate): by hand from the formulas of Hadji & Wildes 2018, section 3.2
TABLE = [
    ("half-wave", {"r0": 1, "gain": 2}, [-1, 0, 3], [1, 1, 7]),
    ("thresholded half-wave", {"gain": 2, "threshold": 0.5}, [-1, 0.5, 3], [0, 0, 5]),
    ("half-squared", {"r0": 1, "gain": 2}, [-1, 0, 3], [1, 1, 19]),
    ("two-path half-wave", {"gain_plus": 2, "gain_minus": 3}, [-1, 0, 3], [3, 0, 6]),
    ("two-path energy", {"gain_plus": 2, "gain_minus": 3}, [-2, 0, 3], [12, 0, 18]),
    ("thresholded half-squared", {"gain": 2, "threshold": 1}, [-1, 1, 3], [0, 0, 8]),
    ("full-wave", {"r0": 1, "gain": 2}, [-1, 0, 3], [3, 1, 7]),
    ("modulus", {"gain": 2, "quadrature": [3, 4]}, [4, 3], [10, 10]),
    ("leaky half-wave", {"r0": 1, "gain": 2, "leak": 0.25}, [-1, 0, 3], [0.5, 1, 7]),
    ("power law", {"gain": 2, "exponent": 3}, [-1, 0, 2], [0, 0, 16]),
    ("thresholded power law", {"gain": 2, "threshold": 1, "exponent": 3}, [0, 1, 3], [0, 0, 16]),
    # half of the gain at the semisaturation; 8/9 at twice it with exponent 3
    ("Naka-Rushton", {"gain": 9, "semisaturation": 1, "exponent": 3}, [-1, 1, 2], [0, 4.5, 8]),
    # s ln 2 at the threshold; a line far above it
    ("softplus", {"gain": 1, "threshold": 1, "softness": 2}, [1, 2001], [1.38629436, 2000]),
    # 1/(1 + e^-1) one width above the middle
    ("logistic", {"gain": 1, "midpoint": 1, "width": 2}, [1, 3], [0.5, 0.73105858]),
    ("tanh", {"r0": 1, "gain": 1, "width": 2}, [-2, 0, 2], [0.23840584, 1, 1.76159416]),
    ("rectified tanh", {"gain": 1, "width": 2}, [-2, 0, 2], [0.76159416, 0, 0.76159416]),
    ("exponential-linear", {"r0": 1, "gain": 1, "depth": 1}, [-1, 0, 2], [0.36787944, 1, 3]),
    (
        "S-shaped linear",
        {"r0": 2, "gain": 1, "left": -1, "right": 1, "left_slope": 0.5, "right_slope": 0.25},
        [-3, -1, 0.5, 5],
        [0, 1, 2.5, 4],
    ),
    ("measured-noise threshold", {"gain": 10, "threshold": 1, "noise": 0.5}, [1], [1.99471140]),
    # REFERENCES: tau 20 ms, t_ref 2 ms, Vth 20, Vr 0, RI 25 and 40 mV
    ("LIF f-I", {"gain": 50, "threshold": 20, "depth": 20}, [25, 40], [29.2494, 63.0400]),
    # REFERENCES, row 6: tau 10 ms, t_ref 2 ms, Vth 20, Vr 0, mu 15, s 2.9 = sqrt 2 noise
    (
        "Siegert",
        {"gain": 100, "threshold": 20, "depth": 20, "noise": 2.9 / 2**0.5, "refractory": 0.2},
        [15],
        [3.758481],
    ),
    # at threshold the noise-smoothed rate is gain * sd * phi(0)
    ("noise-smoothed threshold", {"gain": 10, "threshold": 1, "noise": 0.5}, [1], [1.99471140]),
]


@pytest.mark.parametrize(("name", "parameters", "x", "rate"), TABLE)
def test_values(name, parameters, x, rate):
    digits = 5e-5 if RECTIFIERS[name].source in ("Tuckwell 1988", "Siegert 1951") else 1e-8
    assert RECTIFIERS[name].rate(x, **parameters) == pytest.approx(rate, abs=digits)


def test_every_rectifier_has_numbers_in_the_table_or_as_examples_that_run_with_the_tests():
    told = {row[0] for row in TABLE}
    for name, each in RECTIFIERS.items():
        assert name in told or ">>>" in (type(each).__doc__ or ""), name


def test_no_page_counts_the_family():
    # oracle: the family, which grows by a file
    number = re.compile(rf"\b{len(RECTIFIERS)}\b[^.]{{0,20}}rectif|(family|any) of (the )?\d+")
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        assert not number.search(page.read_text(encoding="utf-8")), page


def test_what_is_compared_and_what_is_biological_are_drawn_from_the_family():
    assert RECTIFIERS.standard == [each.name for each in RECTIFIERS.values() if each.standard]
    places = [RECTIFIERS[name].biological for name in RECTIFIERS.biological]
    assert places == sorted(places)
    assert places[0] > 0
    for name in RECTIFIERS.biological:  # functions of the drive alone
        assert not RECTIFIERS[name].regressors


@pytest.mark.parametrize("threshold", [-0.5, 0.2])
def test_noise_smoothed_threshold_is_the_mean_of_the_rectified_noise(threshold):
    # oracle: numerical expectation of max(x + noise - T, 0) over 400,001 normal quantiles
    z = norm.ppf((np.arange(400_001) + 0.5) / 400_001)
    smoothed = RECTIFIERS["noise-smoothed threshold"]
    for x in (-1.0, 0.1, 0.9):
        mean = np.maximum(x + 0.3 * z - threshold, 0).mean()
        assert smoothed.rate(x, threshold=threshold, noise=0.3) == pytest.approx(mean, abs=1e-5)


@pytest.mark.parametrize("x", [-6, -1, 0.1, 0.2, 0.3, 2])
def test_noise_smoothed_threshold_is_right_far_below_threshold_too(x):
    # oracle: its equation at 40 digits, where the two terms cancel
    with mpmath.workdps(40):
        threshold, noise = mpmath.mpf(0.2), mpmath.mpf(0.2)
        z = (mpmath.mpf(x) - threshold) / noise
        expected = float((x - threshold) * mpmath.ncdf(z) + noise * mpmath.npdf(z))
    smoothed = RECTIFIERS["noise-smoothed threshold"]
    assert smoothed.rate(x, threshold=0.2, noise=0.2) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("x", [1e-9, 1e-5, 0.3, 1e3])
def test_naka_rushton_keeps_its_digits_at_low_contrast(x):
    # oracle: its equation at 40 digits
    with mpmath.workdps(40):
        ratio = (mpmath.mpf(x) / mpmath.mpf(0.3)) ** 2
        expected = float(ratio / (1 + ratio))
    assert RECTIFIERS["Naka-Rushton"].rate(x, semisaturation=0.3, exponent=2) == pytest.approx(
        expected, rel=1e-12
    )


def test_nested_rectifiers_are_limits():
    x = np.linspace(-1, 1, 41)
    rate = {name: each.rate for name, each in RECTIFIERS.items()}
    smoothed, thresholded = rate["noise-smoothed threshold"], rate["thresholded half-wave"]
    assert smoothed(x, threshold=0.2, noise=0) == pytest.approx(thresholded(x, threshold=0.2))
    assert thresholded(x, threshold=0) == pytest.approx(rate["half-wave"](x))
    assert rate["two-path half-wave"](x, gain_minus=0) == pytest.approx(rate["half-wave"](x))
    assert rate["two-path energy"](x, gain_minus=0) == pytest.approx(rate["half-squared"](x))
    assert RECTIFIERS["half-wave"].is_nested_in(RECTIFIERS["noise-smoothed threshold"])
    assert not RECTIFIERS["half-wave"].is_nested_in(RECTIFIERS["half-squared"])


INNER = [
    (outer, inner)
    for outer in RECTIFIERS.values()
    for inner, at in outer.contains.items()
    if not isinstance(at, str)
]


@pytest.mark.parametrize(("outer", "inner"), INNER, ids=str)
def test_what_a_rectifier_contains_it_is_at_those_values(outer, inner):
    # oracle: the inner rectifier's own formula
    x = np.linspace(-1, 1, 41)
    own, at = RECTIFIERS[inner], outer.contains[inner]
    shared = {name: p.default for name, p in own.parameters.items()}
    gains = dict(zip(outer.gains, [3.0] * len(own.gains) + [0.0] * 9, strict=False))
    expected = own.rate(x, r0=2, **dict.fromkeys(own.gains, 3.0), **shared)
    assert outer.rate(x, r0=2, **{**gains, **shared, **at}) == pytest.approx(expected, abs=1e-9)


def _drawn(data, rectifier):
    """Regressors, and every shape parameter from where it declares cells to be."""
    ranges = {name: p.region for name, p in {**rectifier.parameters, **rectifier.constants}.items()}
    ranges |= dict.fromkeys(rectifier.regressors, (0.1, 0.5))
    return {name: data.draw(st.floats(*ends), label=name) for name, ends in ranges.items()}


@pytest.mark.parametrize("rectifier", RECTIFIERS.values(), ids=str)
@given(x=st.floats(-1, 1), data=st.data())
def test_derivatives_are_those_of_the_rates(rectifier, x, data):
    # oracle: a central difference, away from corners
    drawn = _drawn(data, rectifier)
    corners = [0.0, *(drawn[n] for n, p in rectifier.parameters.items() if p.in_drive_units)]
    if min(abs(x - corner) for corner in corners) < 1e-3:
        return
    h = 1e-6
    rates = rectifier.rate([x - h, x + h], r0=20, **drawn)
    slope = rectifier.derivative(x, r0=20, **drawn)
    assert slope == pytest.approx(np.diff(rates)[0] / (2 * h), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("rectifier", RECTIFIERS.values(), ids=str)
@given(x=st.floats(-5, 5), data=st.data())
def test_rates_are_never_negative_and_r0_is_added(rectifier, x, data):
    drawn = _drawn(data, rectifier)
    r0 = 20 if rectifier.negative_side else 0
    assert rectifier.rate(x, r0, **drawn) >= 0
    more = rectifier.rate(x, r0 + 2, **drawn)
    assert more == pytest.approx(rectifier.rate(x, r0, **drawn) + 2)


def test_a_negative_side_needs_a_spontaneous_rate():
    with pytest.raises(InputError, match=r"tanh: expected a rate >= 0 Hz at every drive.*raise r0"):
        RECTIFIERS["tanh"].rate([-1, 1], r0=0.5)
    with pytest.raises(InputError, match="modulus: expected quadrature of every condition"):
        RECTIFIERS["modulus"].rate(1.0)


@pytest.mark.parametrize("rectifier", RECTIFIERS.values(), ids=str)
def test_every_rectifier_says_what_it_is(rectifier):
    assert rectifier.convnet
    assert rectifier.latex
    assert rectifier.source
    assert list(rectifier.units()) == list(rectifier.parameter_names)
    assert rectifier.units("mV")["r0"] == "Hz"


def test_two_path_gains_keep_what_one_path_loses():
    # E+ + E- = x^2: equal gains keep the energy, and their difference keeps the sign
    x = np.linspace(-2, 2, 81)
    both = RECTIFIERS["two-path energy"]
    assert both.rate(x) == pytest.approx(x**2)
    on, off = both.paths(x)
    assert np.sign(on - off) == pytest.approx(np.sign(x))


@pytest.mark.parametrize(
    ("rectifier", "gains", "f1_over_f0"),
    [
        ("half-wave", {}, 1.570796),  # pi/2
        ("half-squared", {}, 1.697653),  # 16/(3 pi)
        ("two-path energy", {}, 0.0),
        ("two-path half-wave", {}, 0.0),
    ],
)
def test_f1_over_f0_of_a_grating_swept_through_phase(rectifier, gains, f1_over_f0):
    # oracle: 2 Gamma(n/2+1)^2 / (Gamma((n+1)/2) Gamma((n+3)/2)) for [cos]+^n (REFERENCES);
    # stimulus, receptive field, rectifier and modulation are the public ones
    phase = np.arange(128) * 360 / 128
    bank = GaborBank.quadrature(45, 2)
    drive = bank.drive(Gratings(orientation=45, spatial_frequency=2, phase=phase))
    rate = RECTIFIERS[rectifier].rate(drive.values, **gains)
    assert modulation(rate, phase) == pytest.approx([f1_over_f0] * 4, abs=1e-3)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"gain": -1}, r"half-wave: expected gain in \[0, inf\], got -1"),
        ({"slope": 1}, "half-wave: expected parameters among r0, gain, got slope"),
    ],
)
def test_rate_refuses(parameters, message):
    with pytest.raises(InputError, match=message):
        RECTIFIERS["half-wave"].rate(0.0, **parameters)
