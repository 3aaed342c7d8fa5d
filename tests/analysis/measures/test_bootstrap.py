"""Bootstrap intervals: the closed form of Efron's correction, circles, what has no interval."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from neurosim import InputError
from neurosim.analysis.measures.bootstrap import (
    bootstrapped,
    check_sampling,
    functions_of_rates,
    without_interval,
)
from neurosim.analysis.measures.measures import statuses
from neurosim.base.errors import Faults
from neurosim.data.repeats import repeats_of

NORMAL = norm.ppf((np.arange(100_000) + 0.5) / 100_000)  # samples that are a normal's quantiles


@pytest.mark.parametrize("bias", [0.0, 0.3])
@pytest.mark.parametrize("freedom", [4, np.inf])
def test_bias_is_taken_off_once(bias, freedom):
    # oracle: of normal samples about estimate + bias the interval is estimate - bias +- z (Efron
    # 1981), z being Student's
    value, low, high = bootstrapped(np.r_[1.0, 1.0 + bias + NORMAL], 0.9, freedom)
    reach = student.ppf(0.95, freedom)
    assert value == 1
    assert [low, high] == pytest.approx([1 - bias - reach, 1 - bias + reach], abs=2e-3)


def test_around_a_circle():
    # oracle: the same samples not wrapped
    plain = bootstrapped(np.r_[1.0, 1.0 + 5 * NORMAL])
    wrapped = bootstrapped(np.r_[1.0, (1.0 + 5 * NORMAL) % 180], period=180.0)
    assert wrapped == pytest.approx(plain)
    assert wrapped[1] < 0


def test_no_interval_where_most_samples_have_no_value():
    known = np.arange(50.0)
    assert np.isnan(bootstrapped(np.r_[25.0, known, np.full(51, np.nan)])[1:]).all()
    assert np.isfinite(bootstrapped(np.r_[25.0, known, np.full(49, np.nan)])[1:]).all()
    assert np.isnan(bootstrapped(np.r_[np.nan, known])).all()


def test_functions_of_rates_cover_and_say_what_they_cannot():
    # oracle: nominal 95 % of the mean rate of Poisson counts, within 3 standard errors; a silent
    # cell has no value and single trials no interval
    cells = 300
    counts = np.random.default_rng(0).poisson(5.0, (4, cells, 8)).astype(float)
    counts[:, 0] = 0
    counts[:, 1, 1:] = np.nan
    repeats, _ = repeats_of(counts, 0.5, "example")
    found = functions_of_rates(repeats, ["mean"], lambda _, rate: {"mean": rate.mean(-1)})["mean"]
    assert found.value[2:] == pytest.approx(counts[:, 2:].mean((0, 2)) / 0.5)
    covered = (found.low[2:] <= 10) & (found.high[2:] >= 10)
    assert covered.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / cells))
    assert np.isnan(found.value[0])
    assert found.value[1] == counts[:, 1, 0].mean() / 0.5
    said = statuses(*without_interval(repeats, found))
    assert said[:2] == ["no interval: undefined in most resamples", "single trials: no interval"]
    assert set(said[2:]) == {"ok"}


def test_what_a_bootstrap_is_not_asked_for():
    faults = Faults("example")
    check_sampling(faults, "high", 99, -1)
    with pytest.raises(
        InputError, match=r"level in \[0.5, 1\), got high; .*>= 100.*got 99.*got -1"
    ):
        faults.stop()
