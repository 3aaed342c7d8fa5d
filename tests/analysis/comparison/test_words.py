"""The sentences: each cell's or each kind's verdict, and how it was come to."""

import re

import numpy as np
import pytest

from neurosim import compare, responses_from_counts
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.base.version import __version__

X = np.linspace(-1, 1, 9)
NAMES = ["half-wave", "half-squared", "thresholded half-wave", "softplus"]


def _made(cells, trials=10, seed=0, unit=None, **changed):
    truth = {"r0": 3, "gain": 40} | changed
    made = poisson_responses("half-wave", truth, X, trials, 1.0, cells, seed)
    if unit is None:
        return made
    return responses_from_counts(made["drive"].values, made["count"].values, 1.0, drive_unit=unit)


def test_a_few_cells_have_a_line_each_with_units_intervals_and_goodness():
    said = compare(_made(2, unit="pA"), NAMES).report()
    lines = re.findall(
        r"cell \d: half-wave \(corner\); r0 [\d.]+ \[[\d.]+, [\d.]+\] Hz, "
        r"gain [\d.]+ \[[\d.]+, [\d.]+\] Hz/pA; goodness of fit p = [\d.]+",
        said,
    )
    assert len(lines) == 2
    assert "% of the explainable variance" in said


def test_many_cells_have_a_line_for_each_verdict():
    said = compare(_made(30), NAMES).report()
    assert re.search(r"\nhalf-wave \(corner\): \d+ cells; r0 .* \(medians, quartiles\)", said)
    assert not re.search(r"\ncell \d", said)
    assert "goodness of fit p below 0.05 in" in said


def test_what_is_not_told_apart_comes_with_the_trials_that_would_tell():
    # oracle: so many trials of the same cell do
    made = _made(1, trials=3, seed=4, gain=15)
    found = compare(made, ["half-wave", "half-squared"])
    rival = re.search(r"not told apart: ([a-z-]+) \(about (\d+) trials would\)", found.report())
    assert rival is not None
    trials = int(rival.group(2))
    assert trials > 3
    more = compare(_made(40, trials=trials, gain=15, seed=5), ["half-wave", "half-squared"])
    told = ~more.indistinguishable
    assert told.mean() >= 0.5  # 80 % were the fitted curves the true ones


def test_no_fewer_trials_than_there_are_would_tell():
    # oracle: they do not; where one curve is 0 and the other next to it, hardly any would
    x = np.linspace(0, 1, 9)
    rate = 130 * np.maximum(x - 0.3, 0) ** 2
    count = np.random.default_rng(2).poisson(rate[:, None, None], (9, 3, 30))
    said = compare(responses_from_counts(np.repeat(x[:, None], 3, 1), count, 1.0)).report()
    assert "not told apart" in said
    assert all(int(trials) > 30 for trials in re.findall(r"about (\d+) trials would", said))


def test_the_paragraph_says_all_that_a_method_section_needs():
    found = compare(_made(3), NAMES, folds=3)
    for part in (
        "3 cells in 9 conditions of 10 trials",
        "maximum likelihood",
        "Poisson",
        "constant rate, half-wave, half-squared, thresholded half-wave, softplus",
        "within 4 units of the lowest AIC",
        "1 % level",
        "95 % profile-likelihood",
        "3 folds",
        f"neurosim {__version__}",
    ):
        assert part in found.paragraph
    assert found.report().endswith(found.paragraph)


def test_unequal_trials_are_said_as_a_range():
    count = np.where(np.arange(4) < np.array([[2], [4], [3], [4]]), 3.0, np.nan)
    made = responses_from_counts([0, 0.3, 0.6, 1], count, 1.0)
    assert "4 conditions of 2 to 4 trials" in compare(made, ["half-wave"]).paragraph


@pytest.mark.parametrize("cells", [1, 20])
def test_the_headline_of_recorded_cells_is_the_cost_of_relu(cells):
    made = poisson_responses("half-squared", {"r0": 2, "gain": 60}, X, 10, 1.0, cells)
    found = compare(made, ["half-wave", "half-squared"])
    cost = re.fullmatch(
        r"Plain ReLU in place of a cell's own rectifier costs ([\d.]+) bits per held-out spike.*",
        found.headline,
    )
    bits = np.stack([each.bits_per_spike for each in found.scores], axis=1)
    assert float(cost.group(1)) == pytest.approx(np.median(bits[:, 2] - bits[:, 1]), rel=0.05)
    assert found.cut is None
    assert found.effective.empty
    assert compare(made, ["half-squared"]).headline == ""
