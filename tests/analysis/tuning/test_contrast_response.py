"""Naka-Rushton fits: the published cell recovered, likelihood against SciPy, what is not known."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2

from neurosim import InputError, ScatterWarning, contrast_response, fit, naka_rushton
from neurosim.data.responses import responses_from_counts

CONTRAST = np.array([0, 1, 2, 4, 8, 16, 32, 64, 100.0])  # per cent
CELL = {"r0": 2.0, "rmax": 40.0, "n": 2.16, "c50": 6.5}  # n, c50: Albrecht & Hamilton 1982, fig 1C


def poisson(cells, trials=10, seed=0, **parameters):
    rate = naka_rushton(CONTRAST, **(CELL | parameters))
    return np.random.default_rng(seed).poisson(rate[:, None, None], (CONTRAST.size, cells, trials))


def test_half_of_rmax_at_c50():
    # oracle: the definition
    assert naka_rushton(6.5, **CELL) == pytest.approx(22)
    assert naka_rushton(0, **CELL) == 2
    assert naka_rushton(1e9, **CELL) == pytest.approx(42)


def test_the_published_cell_is_recovered():
    # oracle: Albrecht & Hamilton 1982, n 2.16, c50 6.5 % (REFERENCES); within 3 standard errors
    # and a hundredth (the bias of maximum likelihood is of second order)
    found = contrast_response(poisson(100), CONTRAST)
    for name, true in CELL.items():
        one = found[name]
        error = 3 * one.value.std() / np.sqrt(one.value.size) + 0.01 * true
        assert one.value.mean() == pytest.approx(true, abs=error)
        assert 0.88 <= np.mean((one.low <= true) & (one.high >= true)) <= 1
        assert set(one.status) == {"ok"}


@pytest.mark.slow
def test_coverage_of_profile_intervals():
    # oracle: nominal 95 %, within 3 standard errors
    found = contrast_response(poisson(2000, seed=12), CONTRAST)
    for name, true in CELL.items():
        one = found[name]
        assert np.mean((one.low <= true) & (one.high >= true)) == pytest.approx(0.95, abs=0.015)


def test_dispersion_widens_intervals_as_it_must():
    # oracle: nominal 95 %; counts of variance twice the mean, for which Poisson intervals are short
    rate = naka_rushton(CONTRAST, **CELL)
    random = np.random.default_rng(2)
    counts = random.negative_binomial(rate[:, None, None], 0.5, (CONTRAST.size, 40, 10))
    share = {}
    for dispersion in (1.0, "estimated"):
        one = contrast_response(counts, CONTRAST, dispersion=dispersion)["c50"]
        share[dispersion] = np.mean((one.low <= 6.5) & (one.high >= 6.5))
    assert share[1.0] < 0.88 <= share["estimated"]


def test_the_maximum_and_the_profile_against_scipy():
    # oracle: Nelder and Mead's maximum of the same likelihood, and of the rest at the ends of c50
    counts = poisson(1, trials=5, seed=3)
    spikes = counts.sum((1, 2))

    def loss(logs, fixed=None):
        r0, rmax, n, c50 = np.exp(logs if fixed is None else [*logs, fixed])
        rate = 5 * naka_rushton(CONTRAST, r0, rmax, n, c50)
        return (rate - spikes * np.log(rate)).sum()

    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 8000, "maxfev": 8000}
    start = np.log(list(CELL.values()))
    top = minimize(loss, start, method="Nelder-Mead", options=options)
    found = contrast_response(counts, CONTRAST)
    assert [each.value[0] for each in found.values()] == pytest.approx(np.exp(top.x), rel=1e-3)
    for end in (found["c50"].low[0], found["c50"].high[0]):
        rest = minimize(loss, top.x[:3], args=(np.log(end),), method="Nelder-Mead", options=options)
        # a fit's interval is as close as 2e-3 of the root of twice the fall, 4e-3 of the fall
        assert rest.fun - top.fun == pytest.approx(3.841459 / 2, abs=4e-3)


def test_it_is_the_fit_of_the_rectifier():
    # oracle: `fit` of the same counts. Within 64 % nothing tells c50 from larger ones: its end and
    # that of rmax are infinite, here as there
    contrast = [0, 2, 4, 8, 16, 32, 64]
    counts = [[1, 1], [1, 2], [1, 2], [2, 3], [5, 4], [11, 10], [21, 20]]
    found = contrast_response(counts, contrast)
    with pytest.warns(ScatterWarning):  # two trials each, nearly equal
        one = fit("Naka-Rushton", responses_from_counts(contrast, counts, 1.0), "Poisson")
    for k, name in enumerate(("r0", "rmax", "c50", "n")):
        assert found[name].value == pytest.approx(one.values[:, k])
        assert found[name].low == pytest.approx(one.intervals.low[:, k], rel=1e-4)
        assert found[name].high == pytest.approx(one.intervals.high[:, k], rel=1e-4)
    assert found["c50"].value == pytest.approx(76.5, abs=0.1)
    assert found["c50"].low == pytest.approx(22, abs=0.1)
    for name in ("c50", "rmax"):
        assert found[name].high == np.inf
        assert found[name].status == ["not identified: no saturation within the contrasts shown"]
    assert "inf" in repr(found)
    assert ",inf," in found.table.to_csv()


def test_a_dispersion_is_a_profile_at_another_level():
    # oracle: chi-squared: a fall of 2 of its quantiles is the one of a higher level
    counts = poisson(2, seed=8)
    found = contrast_response(counts, CONTRAST, dispersion=2.0)
    responses = responses_from_counts(np.repeat(CONTRAST[:, None], 2, axis=1), counts, 1.0)
    ends = fit("Naka-Rushton", responses).profile(chi2.cdf(2 * chi2.ppf(0.95, 1), 1))
    for k, name in enumerate(("r0", "rmax", "c50", "n")):
        assert found[name].low == pytest.approx(ends.low[:, k], rel=1e-3)
        assert found[name].high == pytest.approx(ends.high[:, k], rel=1e-3)


def test_a_step_is_fitted_though_its_c50_is_not_known():
    # oracle: the two rates that there are; c50 is below the least contrast
    step = contrast_response([[2, 1], *[[40, 42]] * 8], CONTRAST)
    assert step["r0"].value == pytest.approx(1.5, abs=0.01)
    assert step["rmax"].value == pytest.approx(39.5, abs=0.01)
    assert step["rmax"].low < 39.5 < step["rmax"].high
    assert 0.5 < step["c50"].high[0] < 1


def test_a_cell_is_the_same_whatever_is_beside_it():
    # oracle: the cell alone; beside it one that is saturated at the least contrast
    weak = poisson(60, trials=2, rmax=8.0)[:, :1]
    step = np.array([[[2, 1]], *[[[40, 42]]] * 8])
    alone = contrast_response(weak, CONTRAST)
    both = contrast_response(np.concatenate([weak, step], axis=1), CONTRAST)
    for name in alone:
        for number in ("value", "low", "high"):
            one, beside = (getattr(found[name], number)[0] for found in (alone, both))
            assert beside == pytest.approx(one, rel=1e-4)
        assert both[name].status[0] == alone[name].status[0]
    # its c50 has a lower end below the least contrast
    assert 0.5 < alone["c50"].low[0] < 1


def test_the_lower_end_of_a_c50_that_has_no_upper_one():
    # oracle: Nelder and Mead's maximum of the likelihood with c50 held at the end
    counts = poisson(20, trials=20, seed=4, c50=200.0, rmax=200.0)[:, [7]]
    found, spikes = contrast_response(counts, CONTRAST)["c50"], counts.sum((1, 2))

    def loss(logs, c50):
        rate = 20 * naka_rushton(CONTRAST, *np.exp(logs), c50)
        return (rate - spikes * np.log(rate)).sum()

    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 8000, "maxfev": 8000}
    start = np.log([2.0, 100.0, 2.0])
    low, top = (
        minimize(loss, start, args=(c50,), method="Nelder-Mead", options=options).fun
        for c50 in (found.low[0], found.value[0])
    )
    assert low - top == pytest.approx(3.841459 / 2, abs=4e-3)


def test_no_saturation_within_the_contrasts_shown():
    counts = poisson(3, trials=20, seed=4, c50=200.0, rmax=200.0)
    found = contrast_response(counts, CONTRAST)
    for name in ("c50", "rmax"):
        assert set(found[name].status) == {
            "not identified: no saturation within the contrasts shown"
        }
        assert (found[name].high > 100).all()


def test_saturated_and_silent_cells():
    step = contrast_response([[2, 1], *[[40, 42]] * 8], CONTRAST)
    assert step["c50"].status == ["not identified: saturated at the contrasts shown"]
    assert step["n"].status[0].startswith("not identified: the exponent")
    flat = contrast_response(np.full((9, 2, 3), 5), CONTRAST)
    assert flat["c50"].status == ["no response to contrast"] * 2
    silent = contrast_response(np.zeros((9, 1, 3), int), CONTRAST)
    assert silent["rmax"].status == ["no response to contrast"]


def test_responses_with_unequal_repeats_and_a_coordinate():
    # oracle: the same counts, repeats of which some are left out by the count of trials
    counts = poisson(2, seed=5)
    trials = np.random.default_rng(0).integers(2, 11, counts.shape[:2])
    padded = np.where(np.arange(10) < trials[..., None], counts, 999)
    responses = responses_from_counts(np.zeros((9, 2)), padded, 1.0, trials=trials)
    responses = responses.assign_coords(contrast=("stimulus", CONTRAST))
    unequal = contrast_response(responses)
    bare = contrast_response(np.where(padded == 999, np.nan, padded), CONTRAST)
    assert unequal["c50"].value == pytest.approx(bare["c50"].value)
    assert unequal["c50"].value == pytest.approx(6.5, rel=0.5)


def test_contrast_response_refuses():
    with pytest.raises(InputError, match=r"contrast >= 0, got -1.*at least 4 contrasts above 0"):
        contrast_response(np.ones((4, 2), int), [-1, 0, 1, 2])
    with pytest.raises(InputError, match="dispersion > 0, or 'estimated'"):
        contrast_response(np.ones((5, 2), int), [0, 1, 2, 3, 4], dispersion="large")
    with pytest.raises(InputError, match="dispersion > 0, or 'estimated'"):
        contrast_response(np.ones((5, 2), int), [0, 1, 2, 3, 4], dispersion=[1.0, 2.0])
    with pytest.raises(InputError, match=r"level in \[0.5, 1\), got high"):
        contrast_response(np.ones((5, 2), int), [0, 1, 2, 3, 4], level="high")
    with pytest.raises(InputError, match=r"Naka-Rushton: expected gain in .*, got -1"):
        naka_rushton(0.1, r0=0, rmax=-1, n=2, c50=0.1)
    with pytest.raises(InputError, match="'contrast' along stimulus"):
        contrast_response(responses_from_counts([0, 1], [[1], [2]], 1.0))
