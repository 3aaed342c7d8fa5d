"""What a cell is called: on designs that are not easy, and where nothing can be said."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, compare, responses_from_counts
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.comparison.verdicts import NONE, UNDETERMINED, judged

CONTRASTS = np.geomspace(0.02, 1.0, 12)


def _counts(x, rate, trials, seconds, cells, seed):
    """Poisson counts of cells with a rate (Hz) at each x."""
    mean = np.asarray(rate)[:, None, None] * seconds
    count = np.random.default_rng(seed).poisson(mean, (len(x), cells, trials))
    return responses_from_counts(np.repeat(np.asarray(x)[:, None], cells, axis=1), count, seconds)


def _share(found, *names):
    return np.mean(np.isin(found.verdict.astype(str), names))


def test_a_saturating_contrast_response_is_naka_rushton():
    # oracle: 2 + 40 c^2 / (0.09 + c^2)
    rate = 2 + 40 * CONTRASTS**2 / (0.09 + CONTRASTS**2)
    found = compare(_counts(CONTRASTS, rate, 10, 0.5, 24, 0))
    assert _share(found, "Naka-Rushton") >= 0.9
    assert not set(found.verdict) & {"half-wave", "half-squared"}
    assert _share(found, NONE) <= 0.1  # said at the 1 % level
    assert (found.aside[:, [each.name for each in found.rectifiers].index("two-path energy")]).all()
    assert "set aside: no drive shown bears on gain_minus" in set(found.aside.ravel())


def test_an_orientation_tuned_cell_is_none_of_them_and_why_is_said():
    angle = np.arange(0, 180, 15.0)
    rate = 2 + 40 * np.exp(-0.5 * ((angle - 75) / 20) ** 2)
    found = compare(_counts(angle, rate, 10, 1.0, 3, 1))
    assert found.verdict.tolist() == [NONE] * 3
    assert found.report().count("the rate is highest inside the range of x") == 3
    assert (found.chosen >= 0).all()  # the best of what does not fit stays known
    assert np.isnan(found.told_apart_p).all()


def test_a_flat_cell_is_a_constant_rate():
    found = compare(_counts(np.linspace(-1, 1, 9), np.full(9, 12.0), 5, 0.5, 40, 2))
    assert _share(found, "constant rate") >= 0.9
    assert set(found.kinds) >= {"constant"}


def test_a_falling_line_is_none_and_said_to_fall():
    x = np.linspace(-1, 1, 11)
    found = compare(_counts(x, 30 - 20 * x, 10, 1.0, 3, 3))
    assert found.verdict.tolist() == [NONE] * 3
    assert found.report().count("the rate falls with x") == 3
    positive = compare(_counts(x + 1, 30 - 20 * x, 10, 1.0, 3, 3))
    assert positive.verdict.tolist() == [NONE] * 3


def test_a_cell_of_the_other_sign_is_half_wave_of_minus_x():
    x = np.linspace(-1, 1, 13)
    found = compare(_counts(x, 2 + 40 * np.maximum(-x, 0), 10, 1.0, 20, 4))
    assert _share(found, "half-wave of -x") >= 0.9
    assert "half-wave of -x" in found.report()
    assert found.opposite is not None
    only = compare(_counts(x + 1, 2 + 40 * np.maximum(-x, 0), 10, 1.0, 5, 4))
    assert not any("of -x" in name for name in only.verdict)  # no negative drive: no such name


def test_no_spikes_and_too_few_conditions_are_undetermined():
    silent = responses_from_counts([-1, 0, 1], np.zeros((3, 4), dtype=int), 1.0)
    found = compare(silent)
    assert found.verdict.tolist() == [UNDETERMINED]
    assert "no spikes" in found.report()
    assert found.chosen.tolist() == [-1]
    two = compare(responses_from_counts([0, 1], [[1, 2], [9, 8]], 1.0))
    assert two.verdict.tolist() == [UNDETERMINED]
    assert "too few conditions" in two.report()
    assert set(two.aside.ravel()) == {"", "not ranked: k >= conditions"}
    assert np.isfinite(two.delta_aic).all()


def test_more_parameters_than_conditions_are_not_ranked_and_nothing_is_infinite():
    made = _counts([0.1, 0.4, 0.7, 1.0], [2, 8, 14, 20], 10, 1.0, 4, 5)
    found = compare(made)
    names = [each.name for each in found.rectifiers]
    for name in ("noise-smoothed threshold", "Naka-Rushton", "softplus"):
        assert set(found.aside[:, names.index(name)]) == {"not ranked: k >= conditions"}
    assert np.isfinite(found.delta_aic).all()
    assert set(found.verdict) <= {"half-wave", "thresholded half-wave", "power law"}
    assert "not ranked: k >= conditions" in " ".join(found.table["status"])


@pytest.mark.parametrize(("conditions", "trials"), [(5, 3), (6, 10), (8, 3)])
@pytest.mark.parametrize("unit", [1.0, 100.0, 1e-12])
def test_a_verdict_knows_no_unit(conditions, trials, unit):
    # oracle: the same spikes
    x = np.linspace(0, 1, conditions)
    made = poisson_responses("half-squared", {"r0": 2, "gain": 40}, x, trials, 0.5, 10, seed=6)
    scaled = responses_from_counts(made["drive"].values * unit, made["count"].values, 0.5)
    names = ["half-wave", "thresholded half-wave", "half-squared", "power law"]
    assert compare(scaled, names).verdict.tolist() == compare(made, names).verdict.tolist()


def test_six_contrasts_of_a_soft_corner_are_never_a_corner():
    # oracle: how they were made; what was called half-squared in 94 %
    x = np.linspace(0, 1, 6)
    truth = {"r0": 0, "gain": 60, "threshold": 0.3, "noise": 0.25}
    made = poisson_responses("noise-smoothed threshold", truth, x, 100, 1.0, 25, seed=7)
    found = compare(made)
    of_soft = [k for k, each in enumerate(found.rectifiers) if each.kind == "soft corner"]
    told = found.not_told_apart[:, of_soft].any(1) | (found.kinds == "soft corner")
    assert told.mean() >= 0.9
    assert not set(found.verdict) & {"half-wave", "thresholded half-wave", "half-squared"}


def test_a_poor_fit_is_not_none_where_scatter_is_not_known():
    family, one = [RECTIFIERS["ReLU"]], np.ones((1, 1), dtype=bool)
    given = (np.zeros(1, dtype=int), np.zeros((1, 1)), np.full((1, 1), 1e-6), one, family)
    known = judged(*given, np.array([False]), np.array([True]))
    unknown = judged(*given, np.array([False]), np.array([False]))
    assert known.names.tolist() == [NONE]
    assert unknown.names.tolist() == [UNDETERMINED]
    assert unknown.reasons.tolist() == ["not described, or scatter above Poisson: not told"]
    unseen = judged(*given[:2], np.full((1, 1), np.nan), one, family, *np.array([[False], [True]]))
    assert unseen.names.tolist() == ["half-wave"]  # a p that is not known refuses nothing


def test_the_simplest_that_fits_is_named_where_the_simplest_does_not():
    family = [RECTIFIERS[name] for name in ("ReLU", "squared ReLU", "ReLU with a bias")]
    p = np.array([[1e-4, 1e-4, 0.3]])
    yes, no = np.array([True]), np.array([False])
    found = judged(np.array([0]), np.array([[3.0, 9.0, 0.0]]), p, p > 0, family, no, yes)
    assert found.names.tolist() == ["thresholded half-wave"]
    assert found.which.tolist() == [2]


@pytest.mark.slow
@pytest.mark.parametrize("least", [0.0, -1.0])
@pytest.mark.parametrize(
    "truth",
    [
        RECTIFIERS["noise-smoothed threshold"].typical,
        {"r0": 2.0, "gain": 60.0, "threshold": 0.3, "noise": 0.15},
    ],
)
def test_six_contrasts_of_a_soft_corner_are_not_called_another(least, truth):
    # oracle: the truth; 200 cells of 100 trials
    made = poisson_responses(
        "noise-smoothed threshold", truth, np.linspace(least, 1, 6), 100, 1.0, 200, 3
    )
    found = compare(made)
    soft = np.array([each.kind == "soft corner" for each in found.rectifiers])
    said = (found.kinds == "soft corner") | found.not_told_apart[:, soft].any(1)
    assert said.mean() >= 0.95
    assert not set(found.verdict) & {"half-wave", "thresholded half-wave", "half-squared"}
    six = ["half-wave", "thresholded half-wave", "half-squared", "two-path half-wave"]
    six += ["two-path energy", "noise-smoothed threshold"]
    assert _share(compare(made, six), "noise-smoothed threshold") >= 0.85
