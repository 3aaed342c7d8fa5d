"""Selections of responses, sizes that cannot be, and what is no number."""

import numpy as np
import pytest

from neurosim import (
    RECTIFIERS,
    InputError,
    fit,
    fit_rates,
    load_responses,
    poisson_responses,
    responses_from_counts,
    save_responses,
)
from neurosim.data.repeats import Repeats
from neurosim.data.responses import check_responses

X = [-1.0, 0.0, 0.5, 1.0]


@pytest.fixture
def made():
    """Three cells, unequal repeats."""
    whole = poisson_responses("ReLU", {"r0": 4, "gain": 30}, X, 5, 1.0, 3)
    trials = whole["trials"].values.copy()
    trials[0, 0], trials[2, 1] = 3, 1
    return whole.assign(trials=(("stimulus", "cell"), trials)).assign_coords(
        orientation=("stimulus", [0, 0, 90, 90])
    )


def test_where_leaves_whole_numbers_of_trials(made):
    some = made.where(made.orientation == 90, drop=True)
    assert some["trials"].dtype.kind == "f"
    assert check_responses(some)["trials"].dtype.kind == "i"
    assert np.array_equal(fit("ReLU", some).values, fit("ReLU", made.isel(stimulus=[2, 3])).values)


@pytest.mark.parametrize(
    "which", [slice(0, 3), slice(2, 5), slice(None, None, 2), [0, 1], [4], slice(0, 5)], ids=str
)
def test_a_selection_of_trials_has_those_that_exist(made, which, tmp_path):
    # oracle: trial by trial, which were there before
    found = Repeats.from_responses(check_responses(made.isel(trial=which)))
    before = Repeats.from_responses(made)
    assert found.exists.sum(-1).tolist() == before.exists[..., which].sum(-1).tolist()
    wanted = np.where(before.exists, before.count, 0)[..., which].sum(-1)
    assert found.spikes.tolist() == wanted.tolist()
    save_responses(made.isel(trial=which), tmp_path / "r.nc")
    kept = Repeats.from_responses(load_responses(tmp_path / "r.nc"))
    assert kept.spikes.tolist() == wanted.tolist()


@pytest.mark.parametrize("first", [0, 1, 7])
def test_labels_of_trials_take_none_away(made, first):
    # oracle: the same data without labels of trials
    named = made.assign_coords(trial=np.arange(first, first + 5))
    assert np.array_equal(check_responses(named)["trials"], made["trials"])
    assert np.array_equal(fit("ReLU", named).values, fit("ReLU", made).values)


def test_trials_in_another_order_are_refused(made):
    with pytest.raises(InputError, match="trials in their order"):
        fit("ReLU", made.isel(trial=[4, 0]))


@pytest.mark.parametrize("dim", ["cell", "stimulus"])
def test_a_dimension_that_went_is_named_with_the_remedy(made, dim):
    with pytest.raises(InputError, match=rf"got no {dim} \(select with a list, as isel\({dim}=\[0"):
        fit("ReLU", made.isel({dim: 0}))


def test_one_axis_is_that_of_every_cell():
    count = np.random.default_rng(0).poisson(5, (4, 3, 6))
    made = responses_from_counts(X, count, 1.0)
    each = responses_from_counts(np.repeat(np.array(X)[:, None], 3, axis=1), count, 1.0)
    assert made.equals(each)
    rates = count.mean(-1).T
    one, many = fit_rates("ReLU", X, rates), fit_rates("ReLU", np.tile(X, (3, 1)), rates)
    assert np.array_equal(one.values, many.values)
    with pytest.raises(InputError, match="as many rates as drives"):
        fit_rates("ReLU", X, rates.T)
    with pytest.raises(InputError, match="count for 3 stimuli x 3 cells, got 4 x 3"):
        responses_from_counts(X[:3], count, 1.0)


@pytest.mark.parametrize(
    ("count", "duration", "said"),
    [
        (2.0**63, 1.0, "counts from 0 to 1e[+]09, got 9.22"),
        (6e18, 1.0, "counts from 0 to 1e[+]09, got 6e[+]18"),
        (2**62, 1.0, "counts from 0 to 1e[+]09, got 4611686018427387904"),
        (-3, 1.0, "counts from 0 to 1e[+]09, got -3"),
        (3, 1e-300, "durations from 1e-09 to 1e[+]09 s, got 1e-300"),
        (3, 1e300, "durations from 1e-09 to 1e[+]09 s, got 1e[+]300"),
        (3, 0.0, "duration > 0 s of every trial, got 0"),
    ],
    ids=str,
)
def test_sizes_that_cannot_be_are_refused(count, duration, said):
    with pytest.raises(InputError, match=said):
        responses_from_counts([0, 1], np.array([[1], [count]]), duration)


@pytest.mark.parametrize("drive", [[0, 1j], ["2020", "2021"], [0, None], [True, False]], ids=str)
def test_a_drive_that_is_no_number_is_refused(drive):
    with pytest.raises(InputError, match="drive"):
        responses_from_counts(np.array(drive), [[1], [2]], 1.0)
    dates = np.array(["2020", "2021"], dtype="M8[Y]")
    with pytest.raises(InputError, match="drive as numbers"):
        responses_from_counts(dates, [[1], [2]], 1.0)


@pytest.mark.parametrize("name", list(RECTIFIERS))
def test_what_is_no_number_stays_none(name):
    rectifier = RECTIFIERS[name]
    shapes = [rectifier.typical[each] for each in rectifier.parameters]
    beside = [np.array([0.1, 0.1]) for _ in rectifier.regressors]
    for path in rectifier.paths(np.array([np.nan, 0.3]), *beside, *shapes):
        assert np.isnan(path).tolist() == [True, False]
    torch = pytest.importorskip("torch")
    values = [torch.tensor(float(each)) for each in shapes]
    beside = [torch.tensor([0.1, 0.1]) for _ in rectifier.regressors]
    for path in rectifier.paths(torch.tensor([float("nan"), 0.3]), *beside, *values):
        assert torch.isnan(path).tolist() == [True, False]


def test_an_s_shaped_line_has_its_ends_at_infinity():
    rectifier = RECTIFIERS["S-shaped linear"]
    (path,) = rectifier.paths(np.array([-np.inf, np.inf]), -0.4, 0.4, 0.2, 0.3)
    assert path.tolist() == [-np.inf, np.inf]
