"""Spikes, trials and observed time: on one clock, in one unit."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import quantities
from hypothesis import given
from hypothesis import strategies as st

from neurosim import LIF, InputError, responses_from_counts, responses_from_spike_times
from neurosim.base.units import in_unit
from neurosim.recordings.clocks import ClockWarning, inside, touched, union

ONSETS = np.arange(0, 60, 1.0)
X = np.tile([0.0, 1.0], 30)


def _spikes(rate=8.0, seed=0):
    random = np.random.default_rng(seed)
    return np.sort(random.uniform(0, 60, random.poisson(60 * rate)))


@pytest.mark.parametrize(
    "wrong",
    [lambda t: 1000 * t, lambda t: 30_000 * t, lambda t: t + 5000],
    ids=["ms", "samples", "later"],
)
def test_times_of_another_unit_or_clock_are_questioned(wrong):
    with pytest.warns(ClockWarning, match="hardly a spike of cell a falls in the time of the tri"):
        responses_from_spike_times({"a": wrong(_spikes())}, ONSETS, X, window=(0, 0.5))


@pytest.mark.parametrize(
    "wrong",
    [lambda t: np.sort(t % 1.0), lambda t: t[t < 31], lambda t: t / 1000],
    ids=["of the trial", "ends early", "ms"],
)
def test_trials_behind_the_last_spike_are_questioned(wrong):
    with pytest.warns(ClockWarning, match="trials begin behind the last spike"):
        responses_from_spike_times({"a": wrong(_spikes())}, ONSETS, X, window=(0, 0.5))


def test_what_is_in_order_is_not_questioned():
    rare = {"a": _spikes(), "few": np.array([3.3]), "none": np.array([]), "long": None}
    rare["long"] = np.concatenate([_spikes(), np.arange(60, 400, 0.3)])  # spontaneous, after
    made = responses_from_spike_times(rare, ONSETS, X, window=(0, 0.5))
    assert made.sizes["cell"] == 4
    observed = {"a": [[0, 31.5]]}  # the trials after it are not trials of the cell
    made = responses_from_spike_times({"a": _spikes()[:200]}, ONSETS[:24], X[:24], window=(0, 0.5))
    made = responses_from_spike_times(
        {"a": _spikes()}, ONSETS, X, window=(0, 0.5), observed=observed
    )
    assert made.attrs["trials_not_observed"] == 28


@given(
    st.lists(
        st.tuples(st.floats(0, 50), st.floats(0.01, 20)).map(lambda p: [p[0], p[0] + p[1]]),
        min_size=1,
        max_size=8,
    )
)
def test_a_union_holds_what_the_intervals_hold(intervals):
    # oracle: every point on a fine grid, asked of each interval
    found, given_ = union(np.array(intervals)), np.array(intervals)
    at = np.linspace(-1, 71, 300)
    inside_any = ((at[:, None] >= given_[:, 0]) & (at[:, None] <= given_[:, 1])).any(1)
    inside_one = ((at[:, None] >= found[:, 0]) & (at[:, None] <= found[:, 1])).any(1)
    assert (inside_any <= inside_one).all()
    edges = np.abs(at[:, None] - given_.ravel()).min(1) < 1e-6
    assert (inside_any | edges | ~inside_one).all()
    assert (np.diff(found.ravel()) > 0).all()


def test_a_trial_across_adjoining_intervals_was_observed():
    start, stop = np.array([3.0, 9.8, 11.0]), np.array([3.6, 10.4, 11.5])
    intervals = np.array([[3.3, 10.0], [0.0, 3.3], [10.9, 12.0]])
    assert inside(start, stop, intervals).tolist() == [True, False, True]
    assert inside(start, stop, None).all()
    assert touched(start, stop, np.array([[3.5, 3.55], [12.0, 13.0]])).tolist() == [
        True,
        False,
        False,
    ]
    assert touched(start, stop, np.empty((0, 2))).tolist() == [False] * 3
    assert touched(start, stop, np.array([[3.6, 9.8]])).tolist() == [False] * 3  # adjoins


def test_observed_intervals_have_units():
    import brian2  # here, as it changes how pytest collects the modules that come after

    spikes, end = {"a": _spikes()}, 30_500
    for interval in (
        [[0, end / 1000]],
        np.array([[0, end]]) * brian2.ms,
        quantities.Quantity([[0, end]], "ms"),
        [["0 s", "30500 ms"]],
        np.array([[0, end]], dtype="timedelta64[ms]"),
    ):
        made = responses_from_spike_times(
            spikes, ONSETS, X, window=(0, 0.5), observed={"a": interval}
        )
        assert made.attrs["trials_not_observed"] == 29
    with pytest.raises(InputError, match=r"observed intervals of cell a in s or a unit like it"):
        responses_from_spike_times(
            spikes, ONSETS, X, window=(0, 0.5), observed={"a": np.array([[0, end]]) * brian2.mV}
        )


def _quantity(number, unit):
    import brian2

    return number * getattr(brian2, unit)


HALF_A_SECOND = {
    "number": lambda: 0.5,
    "text": lambda: "500 ms",
    "brian2": lambda: _quantity(500, "ms"),
    "quantities": lambda: quantities.Quantity(500, "ms"),
    "numpy": lambda: np.timedelta64(500, "ms"),
    "datetime": lambda: timedelta(milliseconds=500),
    "pandas": lambda: pd.Timedelta("500ms"),
    "series": lambda: pd.Series(pd.to_timedelta([500, 500], unit="ms")),
    "mixed": lambda: [np.timedelta64(500, "ms"), "0.5 s", quantities.Quantity(0.5, "s")],
}


@pytest.mark.parametrize("kind", list(HALF_A_SECOND))
def test_half_a_second_is_half_a_second(kind):
    value = HALF_A_SECOND[kind]()
    assert np.asarray(in_unit(value, "s", "test", "time")) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "value",
    [True, "0.5", "500 mV", "brian2", quantities.Quantity(5, "mV"), 1j, None, {}, "now"],
    ids=["truth", "bare text", "mV", "brian2", "quantities", "complex", "none", "dict", "word"],
)
def test_what_is_no_time_is_refused_by_name(value):
    value = _quantity(500, "mV") if isinstance(value, str) and value == "brian2" else value
    for ask in (
        lambda: in_unit(value, "s", "test", "time"),
        lambda: responses_from_counts([0, 1], [[1], [2]], value),
        lambda: LIF(tau_m=value),
    ):
        with pytest.raises(InputError, match=r"time|duration|tau_m"):
            ask()
