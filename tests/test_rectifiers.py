"""Every rectifier: a table of values with their oracle, and properties that all share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from neurosim import RECTIFIERS, GaborBank, Gratings, InputError, Rectifier, modulation
from neurosim.models.rectifier import Parameter

# (rectifier, parameters, x, rate): by hand from the formulas of Hadji & Wildes 2018, section 3.2
TABLE = [
    ("half-wave", {"r0": 1, "gain": 2}, [-1, 0, 3], [1, 1, 7]),
    ("thresholded half-wave", {"gain": 2, "threshold": 0.5}, [-1, 0.5, 3], [0, 0, 5]),
    ("half-squared", {"r0": 1, "gain": 2}, [-1, 0, 3], [1, 1, 19]),
    ("two-path half-wave", {"gain_plus": 2, "gain_minus": 3}, [-1, 0, 3], [3, 0, 6]),
    ("two-path energy", {"gain_plus": 2, "gain_minus": 3}, [-2, 0, 3], [12, 0, 18]),
    # at threshold the noise-smoothed rate is gain * sd * phi(0)
    ("noise-smoothed threshold", {"gain": 10, "threshold": 1, "noise": 0.5}, [1], [1.99471140]),
]


@pytest.mark.parametrize(("name", "parameters", "x", "rate"), TABLE)
def test_values(name, parameters, x, rate):
    assert RECTIFIERS[name].rate(x, **parameters) == pytest.approx(rate, abs=1e-8)


def test_the_table_has_every_rectifier():
    assert {row[0] for row in TABLE} == set(RECTIFIERS)


@pytest.mark.parametrize("threshold", [-0.5, 0.2])
def test_noise_smoothed_threshold_is_the_mean_of_the_rectified_noise(threshold):
    # oracle: numerical expectation of max(x + noise - T, 0) over 400,001 normal quantiles
    z = norm.ppf((np.arange(400_001) + 0.5) / 400_001)
    smoothed = RECTIFIERS["noise-smoothed threshold"]
    for x in (-1.0, 0.1, 0.9):
        mean = np.maximum(x + 0.3 * z - threshold, 0).mean()
        assert smoothed.rate(x, threshold=threshold, noise=0.3) == pytest.approx(mean, abs=1e-5)


def test_nested_rectifiers_are_limits():
    x = np.linspace(-1, 1, 41)
    rate = {name: each.rate for name, each in RECTIFIERS.items()}
    smoothed, thresholded = rate["noise-smoothed threshold"], rate["thresholded half-wave"]
    assert smoothed(x, threshold=0.2, noise=0) == pytest.approx(thresholded(x, threshold=0.2))
    assert thresholded(x, threshold=0) == pytest.approx(rate["half-wave"](x))
    assert rate["two-path half-wave"](x, gain_minus=0) == pytest.approx(rate["half-wave"](x))
    assert rate["two-path energy"](x, gain_minus=0) == pytest.approx(rate["half-squared"](x))
    nested = {
        (a.name, b.name) for a in RECTIFIERS.values() for b in RECTIFIERS.values()
        if a is not b and a.is_nested_in(b)
    }  # fmt: skip
    assert nested == {
        ("half-wave", "thresholded half-wave"),
        ("half-wave", "two-path half-wave"),
        ("half-wave", "noise-smoothed threshold"),
        ("thresholded half-wave", "noise-smoothed threshold"),
        ("half-squared", "two-path energy"),
    }


@pytest.mark.parametrize("rectifier", RECTIFIERS.values(), ids=str)
@given(x=st.floats(-5, 5))
def test_rates_are_never_negative_and_r0_is_added(rectifier, x):
    assert rectifier.rate(x) >= 0
    assert rectifier.rate(x, r0=2) == pytest.approx(rectifier.rate(x) + 2)


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


def test_a_declaration_that_disagrees_with_its_formula_is_refused():
    with pytest.raises(TypeError, match=r"takes \['x'\], but \['x', 'slope'\] is declared"):

        class Wrong(Rectifier):
            name = convnet = latex = source = "wrong"
            slope = Parameter("a", "", 1.0)

            @staticmethod
            def shape(x):
                return x

    with pytest.raises(TypeError, match="already is a rectifier named 'half-wave'"):

        class Twice(Rectifier):
            name = "half-wave"
            convnet = latex = source = ""

            @staticmethod
            def shape(x):
                return x
