"""What each rectifier keeps, against moments of the Gaussian on paper and by quadrature."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from neurosim import InputError, Rectifier, what_is_kept
from neurosim.analysis.information_kept.example_ensembles import (
    white_noise_responses,
)
from neurosim.models.rectifiers import RECTIFIERS

SIZE = 60_000


@pytest.fixture(scope="session")
def gaussian():
    """Every rectifier on a unit Gaussian and an independent partner."""
    x, q = np.random.default_rng(3).standard_normal((2, SIZE))
    return what_is_kept(x, quadrature=q, drive_noise=0.2, scale=None).table.set_index("rectifier")


def test_what_the_text_says_of_symmetric_input(near, gaussian):
    # oracle: Hadji & Wildes 2018, section 3.2: the rows of the discussion as exact numbers
    avr, relu = gaussian.loc["full-wave"], gaussian.loc["half-wave"]
    assert avr["energy kept"] == pytest.approx(1, abs=1e-3)
    assert abs(avr["phase kept"]) < 0.015
    near(gaussian, "full-wave", "phase kept", 0)
    near(gaussian, "half-wave", "energy kept", 0.5)
    near(gaussian, "half-wave", "energy passed", 0.5)
    assert relu["phase kept"] == 1
    assert relu["negative side kept"] == pytest.approx(0, abs=1e-12)
    for name in ("two-path half-wave", "two-path energy"):
        for measure in ("energy kept", "phase kept", "negative side kept"):
            assert gaussian.loc[name, measure] == pytest.approx(1, abs=1e-3)
    assert gaussian.loc["two-path half-wave", "energy passed"] == pytest.approx(1, abs=1e-12)


INVERTIBLE = [
    "linear",
    "leaky half-wave",
    "softplus",
    "logistic",
    "tanh",
    "exponential-linear",
    "S-shaped linear",
    "Siegert",
    "noise-smoothed threshold",
]


@pytest.mark.parametrize("name", INVERTIBLE)
def test_what_is_invertible_keeps_everything(gaussian, name):
    # oracle: a strictly increasing function loses nothing (tanh: its tail beyond 3.8 SD)
    for measure in ("energy kept", "phase kept", "negative side kept"):
        assert gaussian.loc[name, measure] == pytest.approx(1, abs=1e-3)


CLIPPED = {
    0.0: ["half-wave", "half-squared", "power law", "Naka-Rushton"],
    0.2: ["thresholded half-wave", "thresholded half-squared", "thresholded power law", "LIF f-I"],
}


@pytest.mark.parametrize("threshold", CLIPPED)
def test_what_is_below_a_threshold_is_lost(near, gaussian, threshold):
    # oracle: Var(x^2 | x < T) P(x < T) / 2 is lost, by quadrature; hits of the sign on paper
    below = norm.cdf(threshold)
    second, fourth = (quad(lambda x, n=n: x**n * norm.pdf(x), -40, threshold)[0] for n in (2, 4))
    for name in CLIPPED[threshold]:
        near(gaussian, name, "energy kept", 1 - (fourth - second**2 / below) / 2)
        near(gaussian, name, "phase kept", 2 * norm.sf(threshold))


def test_the_modulus_has_half_of_one_members_energy(near, gaussian):
    # oracle: x = m cos, m^2 exponential: E Var(x^2|m) = E m^4/8 = 1 of Var x^2 = 2; among x < 0
    # E Var(x|m) = 2 (1/2 - 4/pi^2) of 1 - 2/pi
    near(gaussian, "modulus", "energy kept", 0.5, 0.01)
    near(gaussian, "modulus", "phase kept", 0)
    near(gaussian, "modulus", "negative side kept", 1 - (1 - 8 / np.pi**2) / (1 - 2 / np.pi), 0.01)
    assert gaussian.loc["modulus", "energy passed"] == pytest.approx(1, abs=1e-12)
    near(gaussian, "modulus", "mean gradient", 2 / np.pi)


def test_moments_of_the_outputs(near, gaussian):
    # oracle: E[z+] = 0.398942, E[z+^2] = 1/2, and what follows from them
    first, second = 0.398942, 0.5
    near(gaussian, "half-wave", "sparseness", 1 - first**2 / second)
    near(gaussian, "two-path half-wave", "sparseness", 1 - first**2 / second)
    near(gaussian, "full-wave", "sparseness", 1 - 2 / np.pi)
    near(gaussian, "half-wave", "mean gradient", 0.5)
    near(gaussian, "leaky half-wave", "mean gradient", 0.55)
    near(gaussian, "half-squared", "mean gradient", 2 * first)
    near(gaussian, "two-path energy", "noise passed (small)", 2.0)
    near(
        gaussian,
        "exponential-linear",
        "noise passed (small)",
        np.sqrt(2 * quad(lambda x: np.exp(2 * x) * norm.pdf(x), -40, 0)[0]),
    )
    near(gaussian, "leaky half-wave", "energy passed", 0.505)
    near(gaussian, "half-wave", "at rest", norm.cdf(1e-3 * second**0.5))
    near(gaussian, "two-path half-wave", "at rest", 0.5, 2e-3)


@pytest.mark.parametrize("name", ["half-wave", "leaky half-wave", "exponential-linear"])
def test_noise_passed_on_the_negative_side(near, gaussian, name):
    # oracle: the variance over the noise on a fine grid, averaged over x < 0 on another
    e = norm.ppf((np.arange(2000) + 0.5) / 2000)
    x = norm.ppf((np.arange(1000) + 0.5) / 2000)
    each = RECTIFIERS[name]
    parameters = [p.default for p in each.parameters.values()]
    (moved,) = each.paths(x[:, None] + 0.5 * e, *parameters)
    near(gaussian, name, "noise passed", np.sqrt(moved.var(1).mean()) / 0.5, 2e-3)


def test_units_decide_what_passes(gaussian):
    # oracle: an output in the unit of x has power 1
    defined = gaussian["energy passed"].notna()
    powers = {name: RECTIFIERS[name].power for name in gaussian.index[1:]}
    assert defined[1:].to_dict() == {name: power == 1 for name, power in powers.items()}


def test_noisy_outputs():
    # oracle: y = x + e has correlation r with x; E[x|y] explains r^2 of x and r^4 of x^2
    x = np.random.default_rng(0).standard_normal(40_000)
    kept = what_is_kept(x, ["AVR"], output_noise=0.5, seed=0)
    row = kept.table.iloc[0]
    assert row["energy kept"] == pytest.approx(1 / 1.25**2, abs=0.015)
    # oracle: P(sign agrees) = 1/2 + asin(r)/pi
    assert row["phase kept"] == pytest.approx(2 * np.arcsin(1.25**-0.5) / np.pi, abs=0.015)
    assert "output noise 0.5 RMS" in str(kept)


@settings(max_examples=15)
@given(st.integers(0, 1000), st.sampled_from([0.5, 1.0, 3.0]))
def test_mirrored_input(seed, scale):
    # oracle: |x| and the pair of paths are the same for x and -x; a scale that the shape does not
    # know of changes nothing, either
    x = np.random.default_rng(seed).standard_t(5, 400) + 0.3
    columns = ["energy kept", "negative side kept", "energy passed", "sparseness", "mean gradient"]
    there, back = (
        what_is_kept(each, ["AVR", "CReLU"], scale=s).table.set_index("rectifier")
        for each, s in ((x, 1.0), (-x, scale))
    )
    for name in ("full-wave", "two-path half-wave"):
        here = [c for c in columns if c != "negative side kept"]
        assert there.loc[name, here].tolist() == pytest.approx(back.loc[name, here].tolist())


def test_opposite_partners_do_not_give_the_sign_away():
    # oracle: chance; a partner of opposite phase has the same absolute value, so a readout that
    # has seen it would be wrong (or right) every time
    x = np.random.default_rng(1).standard_normal(4000)
    kept = what_is_kept(np.stack([x, -x]), ["AVR"], dims=("unit", "sample")).table
    assert abs(kept["phase kept"][1]) < 0.03
    assert kept["energy kept"][1] == pytest.approx(1, abs=2e-3)


def test_what_saturates_in_double_precision_is_lost():
    # oracle: tanh of 20 and more is 1, so only the sign is left of x
    x = np.random.default_rng(1).uniform(1, 2, 4000) * np.tile([1, -1], 2000)
    kept = what_is_kept(x, ["tanh"], parameters={"tanh": {"width": 1e-3}}).table.iloc[1]
    assert kept["phase kept"] == 1
    assert kept["energy kept"] == pytest.approx(0, abs=0.01)
    assert kept["negative side kept"] == pytest.approx(0, abs=1e-12)


def test_discrete_input():
    # oracle: levels are read exactly; of +-1 there is no energy to explain
    x = np.random.default_rng(1).choice([-2.0, -1, 0, 1, 2], 5000)
    kept = what_is_kept(x, ["ReLU", "AVR"], scale=None).table.set_index("rectifier")
    assert kept.loc["linear", "energy kept"] == pytest.approx(1, abs=1e-12)
    assert kept.loc["full-wave", "energy kept"] == pytest.approx(1, abs=1e-12)
    assert kept.loc["half-wave", "phase kept"] == 1
    assert np.isnan(what_is_kept(np.sign(x[x != 0]), ["AVR"]).table["energy kept"]).all()


def test_input_of_one_sign():
    # oracle: a question that cannot be asked has no answer
    x = np.random.default_rng(1).uniform(1, 2, 1000)
    kept = what_is_kept(x, ["ReLU"]).table.iloc[1]
    assert np.isnan(kept[["phase kept", "negative side kept", "noise passed"]].tolist()).all()
    assert kept["energy kept"] == pytest.approx(1, abs=1e-3)


class SoftPair(Rectifier, register=False):
    name, convnet, latex, source = "soft pair", "paired Softplus", "", ""
    gains = ("plus", "minus")

    @staticmethod
    def shape(x):
        return np.logaddexp(0, x), np.logaddexp(0, -x)

    @staticmethod
    def slope(x):
        return 1 / (1 + np.exp(-x)), -1 / (1 + np.exp(x))


def test_two_paths_that_vary_at_once():
    # oracle: either path alone determines x
    x = np.random.default_rng(1).standard_normal(10_000)
    row = what_is_kept(x, [SoftPair()]).table.iloc[1]
    assert row["rectifier"] == "soft pair"
    measures = ["energy kept", "phase kept", "negative side kept"]
    assert row[measures].tolist() == pytest.approx([1, 1, 1], abs=5e-3)


def test_dead_units():
    # oracle: the unit whose drive is always negative, and what each does with it
    x = np.random.default_rng(1).standard_normal((2, 500))
    x[1] = -1 - np.abs(x[1])
    kept = what_is_kept(
        x, ["ReLU", "CReLU", "LReLU", "ReLU with a bias"], dims=("unit", "sample")
    ).table
    assert kept["dead units"].tolist() == [0, 0.5, 0, 0, 0.5]
    assert kept["dead units SE"][1] == pytest.approx(np.sqrt(0.25 / 6))  # Agresti & Coull


def test_labelled_responses_are_turned():
    # oracle: the same numbers in the order of the roles
    data = white_noise_responses(seed=4, rows=240, columns=240)
    turned = data.transpose("x", "cell", "y")
    names = ["AVR", "modulus"]
    wanted = what_is_kept(data, names).table
    assert what_is_kept(turned, names).table.equals(wanted)
    by_hand = what_is_kept(
        data["response"].values,
        names,
        quadrature=data["quadrature"].values,
        dims=("unit", "row", "column"),
    )
    assert by_hand.table.equals(wanted)
    x = xr.DataArray(np.random.default_rng(0).standard_normal((50, 3)), dims=("stimulus", "cell"))
    assert what_is_kept(x, ["AVR"]).subject == "responses: 3 units x 50 samples"


def test_what_is_lacking_is_named():
    x = np.random.default_rng(0).standard_normal(100)
    kept = what_is_kept(x)
    assert kept.left_out == {
        "modulus": "needs quadrature",
        "measured-noise threshold": "needs drive_noise",
    }
    assert "left out: modulus (needs quadrature)" in repr(kept)
    assert "left out: modulus (needs quadrature)" in kept._repr_html_()
    assert len(kept.table) == 1 + len(RECTIFIERS) - 2
    assert "half-wave = ReLU" in repr(kept)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [1.0, np.nan, 2, 3]}, "expected finite x, got NaN"),
        ({"x": [1.0, 2]}, "expected 4 samples or more of every unit"),
        ({"x": []}, "expected 4 samples or more"),
        ({"x": [2.0] * 9}, "expected responses that differ, got all the same"),
        ({"x": ["a", "b"]}, "expected x as numbers, got list"),
        ({"x": [[1], [2, 3]]}, "expected x as numbers, got list"),
        ({"quadrature": "no"}, "expected quadrature as numbers, got str"),
        ({"seed": -1}, "expected seed as a whole number >= 0, got -1"),
        ({"scale": "SD"}, "expected scale > 0, or None, got SD"),
        ({"rectifiers": ["none of them"]}, "rectifier: expected one of"),
        ({"quadrature": [1.0]}, r"expected quadrature of shape \(50,\), got \(1,\)"),
        ({"drive_noise": -1}, "expected noise >= 0, got -1"),
        ({"noise": 0}, "expected noise in .*, got 0"),
        (
            {"pool": 0, "shift": 1.5},
            "pool as a whole number >= 1, got 0; expected shift as a whole number >= 1",
        ),
        ({"scale": 0}, "expected scale > 0, or None, got 0"),
        ({"output_noise": -1}, "expected output_noise in .*, got -1"),
        ({"dims": ("unit", "row")}, "expected dims of 1 axes"),
        ({"dims": ("row",)}, "at most one unit axis, and row with column"),
        ({"parameters": {"ReLU": {"leak": 1}}}, "expected half-wave with none, got leak"),
        ({"parameters": {"LReLU": {"leak": 2}}}, r"leaky half-wave: leak in \[0, 1\], got 2"),
        ({"rectifiers": ["AVR"], "parameters": {"LReLU": {"leak": 0}}}, "that are measured"),
    ],
)
def test_refusals(arguments, message):
    given_ = {"x": np.random.default_rng(0).standard_normal(50), **arguments}
    with pytest.raises(InputError, match=message) as caught:
        what_is_kept(**given_)
    assert "\n" not in str(caught.value)
