"""A fit knows no unit of the drive, and no fence where the search began."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, fit, fit_rates, responses_from_counts
from neurosim.data.beside import REGRESSORS

X = np.linspace(-1, 1, 9)


def _made(name, unit, cells=3):
    rectifier = RECTIFIERS[name]
    given = {each: 0.3 + 0.1 * np.cos(5 * X) for each in rectifier.regressors}
    mean = rectifier.rate(X, **rectifier.typical, **given)[:, None, None] * 0.5
    count = np.random.default_rng(1).poisson(mean, (X.size, cells, 5))
    made = responses_from_counts(np.repeat(X[:, None], cells, 1) * unit, count, 0.5)
    for each, values in given.items():
        column = np.repeat(values[:, None], cells, 1) * unit
        made[REGRESSORS[each]] = made["drive"].copy(data=column)
    return made


@pytest.mark.parametrize("name", [n for n in RECTIFIERS if n not in ("Siegert", "LIF f-I")])
def test_maxima_are_the_same_in_every_unit(name):
    # oracle: the same spikes
    one = fit(name, _made(name, 1.0)).log_likelihood
    for unit in (1e-12, 1e-9, 1e-3, 100.0):
        assert fit(name, _made(name, unit)).log_likelihood == pytest.approx(one, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Siegert", "LIF f-I"])
def test_maxima_are_the_same_in_every_unit_of_current(name):
    test_maxima_are_the_same_in_every_unit(name)


@pytest.mark.parametrize("name", ["thresholded half-wave", "softplus", "power law", "tanh"])
def test_ends_of_intervals_are_the_same_in_every_unit(name):
    one, other = (fit(name, _made(name, unit, 2)) for unit in (1.0, 100.0))
    shapes = slice(1 + len(one.rectifier.gains), None)
    in_units = [each.in_drive_units for each in one.rectifier.parameters.values()]
    factor = np.where(in_units, 100.0, 1.0)
    for a, b in zip(one.intervals[:2], other.intervals[:2], strict=True):
        assert b[:, shapes] / factor == pytest.approx(a[:, shapes], rel=1e-3, abs=1e-3)
        assert b[:, 0] == pytest.approx(a[:, 0], rel=1e-3, abs=1e-3)


def test_a_threshold_is_looked_for_below_the_lowest_drive():
    # oracle: five current steps of a real cell (REFERENCES): a line that meets 0 at 15.1 pA
    current = [118.7442, 174.9915, 237.4884, 296.8605, 354.6702]
    made = responses_from_counts(current, [[26], [50], [68], [82], [89]], 1.99975, drive_unit="pA")
    found = fit("thresholded half-wave", made, fixed={"r0": 0})
    assert found.values[0] == pytest.approx([0, 0.1422, 15.1], rel=2e-3)
    assert found.log_likelihood[0] == pytest.approx(-15.68, abs=0.005)
    free = fit("thresholded half-wave", made)
    assert free.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-6)
    assert free.status == ["not-identified: r0, threshold"]  # one line, whatever the two are


def test_a_measured_noise_reaches_a_threshold_far_above_the_drives():
    # oracle: how the counts were made, the threshold five of the drive's spreads above it
    noise = np.linspace(1.0, 2.0, 9)
    rectifier = RECTIFIERS["measured-noise threshold"]
    rate = rectifier.rate(X, r0=0.1, gain=300, threshold=4.0, noise=noise)
    count = np.random.default_rng(0).poisson(rate[:, None, None], (9, 1, 200))
    made = responses_from_counts(X[:, None], count, 1.0)
    made["drive_noise"] = made["drive"].copy(data=noise[:, None])
    found = fit(rectifier, made)
    held = fit(rectifier, made, fixed={"threshold": 4.0})
    assert found.log_likelihood[0] >= held.log_likelihood[0]
    assert found.values[0, 2] == pytest.approx(4.0, abs=1.0)


@pytest.mark.parametrize("error", [0.05, 0.1, 1.0, 30.0])
def test_a_common_error_does_not_move_the_least_squares_solution(error):
    # oracle: the solution itself, y = 3 + 20 max(x - .1, 0) + noise, which SReLU holds
    x = np.linspace(-1, 1, 15)
    y = 3 + 20 * np.maximum(x - 0.1, 0) + np.random.default_rng(4).normal(0, 0.5, 15)
    squares = ((y - fit_rates("SReLU", x, y, error=error).rates[0]) ** 2).sum()
    best = ((y - fit_rates("SReLU", x, y, error=0.5).rates[0]) ** 2).sum()
    assert squares == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_exact_rates_have_intervals_without_a_width(unit):
    found = fit_rates("ReLU", [-1, 0, 1, 2], np.array([1, 1, 11, 21]) * unit)
    assert found.values[0] == pytest.approx(np.array([1, 10]) * unit)
    for end in found.intervals[:2]:
        assert end[0] == pytest.approx(np.array([1, 10]) * unit, rel=1e-9)
    assert "flat" not in repr(found)
