"""Fano factors, CV and CV2: Poisson and gamma processes, and coverage by simulation."""

import itertools

import numpy as np
import pytest
import xarray as xr

from neurosim import (
    LIF,
    InputError,
    count_variability,
    fano_factor,
    interval_variability,
    interval_variability_of_spikes,
    simulate,
)
from neurosim.analysis.measures.trains import Trains
from neurosim.analysis.variability.interval_variability import _null

MEANS = np.array([0.5, 1, 2, 4, 8, 16, 32.0])


def covers(measure, true):
    return np.mean((measure.low <= true) & (measure.high >= true))


def test_fano_factor_by_hand():
    # oracle: variances 2.5 and 2, means 4 and 2; 5 and 3 trials weigh 4 and 2
    counts = [[3, 5, 4, 6, 2], [2, 0, 4]]
    found = fano_factor(counts)["Fano factor"]
    assert found.value == pytest.approx([2.5 / 4, 4 / 2])
    assert list(found.more["trials"]) == [5, 3]
    pooled = count_variability(counts)["Fano factor"].value
    assert pooled == pytest.approx((4 * 2.5 / 4 + 2 * 2) / 6)


def test_poisson_counts():
    # oracle: variance = mean: all three are 1, and 5 % of cells are rejected
    cells = 300
    counts = np.random.default_rng(0).poisson(MEANS[:, None, None], (7, cells, 10))
    found = count_variability(counts)
    for name, each in found.items():
        assert abs(each.value.mean() - 1) < 3 * each.value.std() / np.sqrt(cells) + 0.01, name
        assert 0.92 <= covers(each, 1) <= 0.99, name
    rejected = np.mean(found["Fano factor"].more["Poisson p"] < 0.05)
    assert rejected == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / cells))
    single = fano_factor(counts)["Fano factor"]
    assert 0.93 <= covers(single, 1) <= 0.98


@pytest.mark.parametrize(
    ("draw", "fano"),
    [
        (lambda random, size: random.negative_binomial(MEANS[2:, None, None], 0.5, size), 2.0),
        (
            lambda random, size: random.binomial(2 * MEANS[2:, None, None].astype(int), 0.5, size),
            0.5,
        ),
    ],
    ids=["negative binomial", "binomial"],
)
def test_counts_that_are_not_poisson(draw, fano):
    # oracle: the distribution's variance over mean; the power law has exponent 1
    found = count_variability(draw(np.random.default_rng(1), (5, 200, 20)))
    assert found["Fano factor"].value.mean() == pytest.approx(fano, rel=0.06)
    assert 0.88 <= covers(found["Fano factor"], fano) <= 0.99
    assert found["variance exponent"].value.mean() == pytest.approx(1, abs=0.06)
    assert 0.9 <= covers(found["variance exponent"], 1) <= 0.99
    assert np.mean(found["Fano factor"].more["Poisson p"] < 0.05) > 0.95


def test_power_law_of_the_variance():
    # oracle: normal counts of variance 1.5 m^1.3 about large means
    means = np.geomspace(100, 10000, 8)
    random = np.random.default_rng(2)
    spread = np.sqrt(1.5 * means**1.3)[:, None, None]
    counts = np.round(means[:, None, None] + spread * random.standard_normal((8, 150, 12)))
    found = count_variability(counts)
    exponent = found["variance exponent"]
    assert exponent.value.mean() == pytest.approx(1.3, abs=3 * exponent.value.std() / 150**0.5)
    assert 0.9 <= covers(exponent, 1.3) <= 0.99
    assert 0.9 <= covers(found["variance factor"], 1.5) <= 0.99


def test_what_has_no_fano_factor():
    found = fano_factor([[1, 2], [0, 0], [5]])["Fano factor"]
    assert found.status == ["ok", "no spikes", "fewer than 2 trials"]
    pooled = count_variability(np.array([[[1, 2], [0, 0]], [[3, 3], [0, 0]]]))
    assert pooled["Fano factor"].status[1] == "no spikes in repeated conditions"
    assert pooled["variance exponent"].status[0].startswith("fewer than 4")


def gamma_process(random, shape, rate=20.0, duration=2.0, trials=20):
    """Spike times of a stationary renewal process with gamma intervals."""
    out = []
    for _ in range(trials):
        gaps = random.gamma(shape, 1 / (shape * rate), int(3 * rate * duration) + 60)
        time = np.cumsum(gaps) - 1.0  # long since it began
        out.append(time[(time >= 0) & (time < duration)])
    return out


@pytest.mark.parametrize(("shape", "cv", "cv2"), [(1, 1.0, 1.0), (4, 0.5, 35 / 64)])
def test_gamma_intervals(shape, cv, cv2):
    # oracle: CV 1/sqrt(k); CV2 = 2 E|2B - 1|, B of Beta(k, k): 1 and 35/64; LV 3/(2k + 1); LvR is
    # LV + 12 R E[(2B - 1)^2] E[1/sum], of a sum of Gamma(2k): (2k rate)/(2k - 1) k / (2k)
    lv = 3 / (2 * shape + 1)
    revised = lv * (1 + 4 * 0.005 * 20 * shape / (2 * shape - 1))
    wanted = (cv, cv2, lv, revised)
    values, share, rejected = simulated_intervals(shape, wanted, sets=80, samples=200)
    assert values.mean(0) == pytest.approx(wanted, rel=0.03)
    assert (share >= 0.85).all()
    assert (rejected <= 0.15).all() if shape == 1 else (rejected == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "cv", "cv2"), [(1, 1.0, 1.0), (4, 0.5, 35 / 64)])
def test_coverage_of_interval_measures(shape, cv, cv2):
    share = simulated_intervals(shape, (cv, cv2), sets=600, samples=500)[1]
    assert ((share >= 0.9) & (share <= 0.98)).all(), share


def simulated_intervals(shape, truth, sets, samples):
    random = np.random.default_rng(3)
    value, inside, p = [], [], []
    for k in range(sets):
        spikes = gamma_process(random, shape)
        found = interval_variability_of_spikes(spikes, 2.0, samples=samples, seed=k)
        value.append([each.value[0] for each in found.values()])
        inside.append([e.low[0] <= t <= e.high[0] for e, t in zip(found.values(), truth)])  # noqa: B905
        p.append([each.more["Poisson p"][0] < 0.05 for each in found.values()])
    return np.array(value), np.mean(inside, axis=0), np.mean(p, axis=0)


def test_a_short_window_is_not_called_regular():
    # oracle: Poisson spikes in windows of two intervals: CV is far below 1, the null as low
    random = np.random.default_rng(4)
    rejected = []
    for k in range(100):
        spikes = [np.sort(random.random(3)) for _ in range(20)]
        found = interval_variability_of_spikes(spikes, 1.0, samples=100, seed=k)
        rejected.append(found["CV"].more["Poisson p"][0] < 0.05)
    assert found["CV"].more["Poisson mean"] < 0.85
    assert np.mean(rejected) < 0.12


def test_the_null_knows_how_long_each_trial_was():
    # oracle: as many spikes in each of two trials of 1 and 4 s, drawn one after the other
    random = np.random.default_rng(6)
    trains = Trains(np.zeros(16), np.repeat([0, 1], 8), np.array([1.0, 4.0]))
    null = _null(trains, 4000, random, 0.005)["CV"]
    by_hand = []
    for _ in range(1000):
        gaps = [np.diff(np.sort(random.random(8) * seconds)) for seconds in (1.0, 4.0)]
        by_hand.append(np.std(np.concatenate(gaps), ddof=1) / np.mean(np.concatenate(gaps)))
    error = 3 * np.std(by_hand) / np.sqrt(1000)
    assert null.mean() == pytest.approx(np.mean(by_hand), abs=error)


def test_intervals_of_simulated_cells():
    # oracle: a cell without noise is a clock; intervals of a noisy one are between that and Poisson
    drive = xr.DataArray([[1.0, 1.0], [1.2, 1.2]], dims=("stimulus", "cell"))
    cell = LIF(noise_sd=[0.0, 4.0])
    responses = simulate(cell, drive, trials=5, spike_times=True, workers=1, seed=1)
    found = interval_variability(responses, samples=100)
    assert list(found.rows["cell"]) == [0, 0, 1, 1]
    assert (found["CV2"].value[:2] < 0.01).all()
    assert (found["CV2"].value[2:] > 0.1).all()
    assert (found["CV2"].more["Poisson p"] < 0.05).all()


def test_too_few_spikes_are_said():
    found = interval_variability_of_spikes([[0.1, 0.2]], 1.0)
    assert found["CV"].status == ["too few spikes"]
    once = interval_variability_of_spikes([np.linspace(0, 0.9, 12)], 1.0)
    assert once["CV"].status == ["single trial: no interval"]


def test_variability_refuses():
    with pytest.raises(InputError, match="at least 2 trials of a condition, got 1"):
        fano_factor([[1], [2]])
    theory = simulate(LIF(), xr.DataArray([[1.0]], dims=("stimulus", "cell")), engine="theory")
    with pytest.raises(InputError, match="counts of spikes, got expected counts"):
        count_variability(theory)
    with pytest.raises(InputError, match=r"spike times, got none \(simulate"):
        interval_variability(theory)
    with pytest.raises(InputError, match="spike times from 0 to 1 s"):
        interval_variability_of_spikes([[1.5]], 1.0)


def test_neighbours_by_their_definitions():
    # oracle: Shinomoto et al. 2003 and 2009, and Holt et al. 1996, written out
    random = np.random.default_rng(5)
    trials = [np.cumsum(random.gamma(2, 0.02, 30)) for _ in range(4)]
    rest = 0.003
    pairs = [(a, b) for each in trials for a, b in itertools.pairwise(np.diff(each))]
    lv = 3 * np.mean([((a - b) / (a + b)) ** 2 for a, b in pairs])
    lvr = 3 * np.mean([(1 - 4 * a * b / (a + b) ** 2) * (1 + 4 * rest / (a + b)) for a, b in pairs])
    cv2 = np.mean([2 * abs(a - b) / (a + b) for a, b in pairs])
    for given in (rest, "3 ms"):
        found = interval_variability_of_spikes(trials, 10.0, refractory=given)
        assert found["LV"].value[0] == pytest.approx(lv, rel=1e-12)
        assert found["LvR"].value[0] == pytest.approx(lvr, rel=1e-12)
        assert found["CV2"].value[0] == pytest.approx(cv2, rel=1e-12)
    for wrong in (-1, "3 mV", np.nan):
        with pytest.raises(InputError, match="refractory"):
            interval_variability_of_spikes(trials, 10.0, refractory=wrong)
