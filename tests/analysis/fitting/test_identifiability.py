"""Parameters that the data cannot know are said to be so; those that they know are not."""

import re

import numpy as np
import pytest
from scipy.stats import chi2

from neurosim import ScatterWarning, fit, responses_from_counts
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import RECTIFIERS

X = np.linspace(-1, 1, 25)


def test_an_exponent_of_the_drive_1_is_flat():
    # oracle: 1 and 0 to any power are themselves, so the likelihood does not have the exponent
    fitted = fit("power law", responses_from_counts([-1, 0, 1], [[2, 3], [3, 2], [30, 28]], 1.0))
    assert fitted.status == ["not-identified: exponent"]
    assert fitted.flat.tolist() == [[False, False, True]]
    assert "exponent 2 [0.2, 8] 1; not-identified: exponent; flat: exponent" in repr(fitted)
    table = fitted.to_dataframe()
    assert table["status"].tolist() == ["not-identified: exponent; flat: exponent"]
    assert fitted.to_dataframe(intervals=False)["status"].tolist() == fitted.status
    assert np.isnan(table["exponent SE (1)"][0])
    assert np.isfinite(table["gain SE (Hz)"][0])


def test_two_that_act_only_together_are_both_unknown():
    # oracle: one drive above threshold fires at gain (1 - T), whatever the two are
    fitted = fit(
        "thresholded half-wave",
        responses_from_counts([-1, -0.5, -0.2, 1], [[2, 3], [3, 2], [2, 2], [30, 28]], 1.0),
        likelihood="Poisson",
    )
    assert fitted.status == ["not-identified: gain, threshold"]
    assert fitted.standard_errors[0, 0] == pytest.approx((14 / 6 / 6) ** 0.5)  # r0's, of 3 drives
    assert np.isnan(fitted.standard_errors[0, 1:]).all()


def test_a_threshold_without_a_gain_is_unknown():
    # oracle: the rate is r0 at a gain of 0 whatever the threshold, and at the largest drive as the
    # threshold whatever the gain
    falling = responses_from_counts(X, np.round(20 - 10 * X)[:, None], 1.0)
    fitted = fit("thresholded half-wave", falling)
    assert fitted.status == ["at-bound: gain; not-identified: threshold"]
    assert fitted.flat.tolist() == [[False, True, True]]


def test_a_quadrature_pair_of_constant_energy_leaves_r0_and_gain_one_number():
    # oracle: x^2 + (1 - x^2) = 1, so that the modulus is 1 at every drive
    given = {"quadrature": np.sqrt(1 - X**2)}
    made = poisson_responses("modulus", {"r0": 20, "gain": 30}, X, 40, 1.0, 8, 1, regressors=given)
    fitted = fit("modulus", made)
    at_bound = fitted.at_bound.any(1)
    assert not at_bound.all()
    for status, bound in zip(fitted.status, at_bound, strict=True):
        assert status == ("at-bound: gain" if bound else "not-identified: r0, gain")
    assert fitted.values.sum(1) == pytest.approx(made["count"].mean(("stimulus", "trial")).values)


@pytest.mark.parametrize("name", RECTIFIERS)
def test_nothing_is_unknown_in_cells_of_the_rectifier_itself(name):
    # oracle: how the counts were made, every parameter off its bounds and bearing on the rate
    given = {"quadrature": 0.6 * np.cos(3 * X), "noise": 0.1 + 0.2 * (np.arange(X.size) % 3)}
    made = poisson_responses(name, RECTIFIERS[name].typical, X, 40, 1.0, 20, 1, regressors=given)
    fitted = fit_counts(RECTIFIERS[name], reduced(made).counts)
    assert not any("not-identified" in status for status in fitted.status)


def test_an_end_that_the_data_do_not_set_is_infinite_and_said():
    # oracle: contrasts that do not saturate bound c50 and the gain from below alone: at any c50
    # beyond them the curve is a power law, and the likelihood that of one. The bound of c50 is the
    # search's, and what ends the gain is it and not the data; r0 and the exponent have their ends
    contrast = [0, 2, 4, 8, 16, 32, 64]
    count = [[1, 1], [1, 2], [1, 2], [2, 3], [5, 4], [11, 10], [21, 20]]
    responses = responses_from_counts(contrast, count, 1.0, drive_unit="%")
    with pytest.warns(ScatterWarning):  # two trials each, nearly equal
        fitted = fit("Naka-Rushton", responses, likelihood="Poisson")
    which = fitted.rectifier.parameter_names.index("semisaturation")
    assert fitted.intervals.low[0, which] == pytest.approx(21.95, abs=0.05)
    assert fitted.intervals.high[0, which] == np.inf
    with pytest.warns(ScatterWarning):
        power = fit("power law", responses, likelihood="Poisson").log_likelihood[0]
    assert 2 * (fitted.log_likelihood[0] - power) < chi2.ppf(0.95, 1)
    table = fitted.to_dataframe()
    assert table["semisaturation high (%)"].tolist() == [np.inf]
    assert table["gain high (Hz)"].tolist() == [np.inf]
    assert table["status"].tolist() == ["no upper limit: gain, semisaturation"]
    assert re.search(r"semisaturation 76\.5\d \[2[12]\.?\d?, inf\] %", repr(fitted))
    assert (fitted.intervals.high_open == [[False, True, True, False]]).all()


def test_a_threshold_below_all_drives_is_confounded_with_r0_down_to_where_the_line_meets_zero():
    # oracle: where every drive is above threshold the rate is a line, of which r0 and threshold are
    # one number; a rate at rest of 0 is the least, so that a line of 20 Hz at 1 and 40 Hz per unit
    # has no threshold below 0.5 but for its noise
    x = np.linspace(1, 2, 9)
    count = np.random.default_rng(3).poisson(20 + 40 * (x - 1)[:, None, None], (9, 4, 6))
    responses = responses_from_counts(np.repeat(x[:, None], 4, axis=1), count, 1.0)
    fitted = fit("thresholded half-wave", responses)
    which = fitted.rectifier.parameter_names.index("threshold")
    low, high = fitted.intervals.low[:, which], fitted.intervals.high[:, which]
    assert ((low > 0) & (low < 0.5)).all()
    assert (high >= 1).all()
    below = np.flatnonzero(fitted.values[:, which] < 1)
    assert below.size > 0
    assert {fitted.status[row] for row in below} == {"not-identified: r0, threshold"}


def test_a_natural_bound_is_no_end_of_the_search():
    # oracle: a softness of 0 is the corner itself, the end of what a softness can be
    made = poisson_responses("half-wave", {"r0": 3, "gain": 60}, np.linspace(-1, 1, 25), 10, 1.0, 3)
    fitted = fit("softplus", made)
    which = fitted.rectifier.parameter_names.index("softness")
    low = fitted.intervals.low[:, which]
    assert (low[fitted.intervals.low_at_bound[:, which]] == 0).all()
    assert not fitted.intervals.low_open[:, which].any()


@pytest.mark.parametrize("name", RECTIFIERS)
def test_no_error_is_printed_that_is_known_to_be_too_small(name):
    # oracle: the declaration; a corner's likelihood is no parabola
    rectifier, x = RECTIFIERS[name], np.linspace(-1, 1, 9)
    given = {"quadrature": 0.6 * np.cos(3 * x), "noise": 0.1 + 0.2 * (np.arange(x.size) % 3)}
    made = poisson_responses(name, rectifier.typical, x, 2, 0.5, 1, 1, given)
    table = fit(name, made, "Poisson").to_dataframe(intervals=False)
    steep = any(parameter.steep for parameter in rectifier.parameters.values())
    for parameter in rectifier.parameter_names:
        shape = rectifier.parameters.get(parameter)
        corner = shape is not None and shape.kinked
        error = table.filter(regex=rf"^{parameter} SE \(").to_numpy()[0]
        if corner or (steep and parameter != "r0"):
            assert np.isnan(error)
        elif parameter in rectifier.gains:
            assert np.isfinite(error)
