"""Parameters that the data cannot know are said to be so; those that they know are not."""

import numpy as np
import pytest

from neurosim import fit, responses_from_counts
from neurosim.analysis.comparison.recovery import poisson_responses
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihood import Counts
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
    fitted = fit_counts(RECTIFIERS[name], Counts.from_responses(made))
    assert not any("not-identified" in status for status in fitted.status)
