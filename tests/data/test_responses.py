"""Responses: on the disk and back, what is refused, repeats that are unequal."""

import numpy as np
import pytest
import xarray as xr

from neurosim import InputError, load_responses, responses_from_counts, save_responses
from neurosim.data.responses import check_responses


def test_responses_survive_the_disk(tmp_path, responses):
    save_responses(responses, tmp_path / "r.nc")
    again = load_responses(tmp_path / "r.nc")
    xr.testing.assert_identical(again, responses)
    assert again.attrs["seed"] == 7
    assert again["count"].dtype.kind == "i"


def test_files_that_are_not_responses_are_refused(tmp_path):
    (tmp_path / "text.nc").write_text("no")
    with pytest.raises(InputError, match=r"text.nc: cannot be read as NetCDF"):
        load_responses(tmp_path / "text.nc")
    with pytest.raises(InputError, match="there is no such file"):
        load_responses(tmp_path / "absent.nc")
    xr.Dataset({"drive": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"other.nc: responses: expected a variable 'count'"):
        load_responses(tmp_path / "other.nc")


@pytest.mark.parametrize(
    ("drive", "count", "arguments", "message"),
    [
        ([0, 1], [[1, -1], [0, 0]], {}, "counts from 0 to 1e[+]09, got -1"),
        ([0, 1], [[1, 0.5], [0, 0]], {}, "whole numbers of spikes, got fractions"),
        ([0, 1], [[np.nan, 1], [0, 0]], {}, "NaN only behind the last trial"),
        (
            [0, 1],
            [[1, np.nan], [0, 0]],
            {"trials": 2},
            "exists, got nan at stimulus 0, cell 0, trial 1",
        ),
        ([0, 1], [["a"], ["b"]], {}, "counts as numbers"),
        ([0, np.nan], [[1], [0]], {}, "finite drive"),
        ([0, 1], [[1], [0]], {"duration": 0}, "duration > 0 s"),
        ([0, 1], [[1], [0], [2]], {}, "count for 2 stimuli x 1 cells, got 3 x 1"),
        ([0, 1], [[1], [0]], {"trials": [[2], [1]]}, "trials as whole numbers from 0 to 1"),
        ([0, 1], [1, 0], {}, r"count of shape \(stimulus, cell, trial\), got 1 dimensions"),
    ],
)
def test_responses_refuse(drive, count, arguments, message):
    with pytest.raises(InputError, match=message):
        responses_from_counts(drive, count, **{"duration": 1.0, **arguments})


def test_whole_floats_become_integers_and_missing_trials_may_be_nan():
    count = np.array([[[2.0, np.nan]], [[3.0, 4.0]]])
    responses = responses_from_counts([0, 1], count, 1.0, trials=[[1], [2]])
    assert responses["count"].dtype == np.int64
    assert check_responses(responses) is not None


def test_unequal_repeats_by_padding_lists_or_numbers():
    # oracle: the same conditions with trials given
    padded = np.array([[2.0, np.nan], [3.0, 4.0]])
    wanted = responses_from_counts([0, 1], [[2, 0], [3, 4]], 1.0, trials=[1, 2])
    for count in (padded, [[2], [3, 4]]):
        responses = responses_from_counts([0, 1], count, 1.0)
        assert responses["trials"].values.tolist() == wanted["trials"].values.tolist()
        assert responses["count"].values[1, 0].tolist() == [3, 4]


def test_labelled_counts_are_turned_and_quantities_keep_their_unit():
    from brian2 import mV

    count = np.arange(12).reshape(4, 3)
    turned = xr.DataArray(count.T, dims=("trial", "stimulus"))
    responses = responses_from_counts(np.arange(4.0), turned, 1.0)
    assert responses["count"].values[:, 0].tolist() == count.tolist()
    potential = responses_from_counts([-60, -50] * mV, [[0], [5]], 1.0)
    assert potential["drive"].values.ravel() == pytest.approx([-60, -50])
    assert potential["drive"].attrs["units"] == "mV"
    with pytest.raises(InputError, match="count with dims among stimulus"):
        responses_from_counts([0, 1], xr.DataArray([[1], [2]], dims=("x", "y")), 1.0)
