"""A comparison on disk: what is read back says the same, and nothing is fitted for it."""

import numpy as np
import pandas as pd
import pytest

from neurosim import InputError, compare, load_responses, responses_from_counts, save_responses
from neurosim.analysis.comparison import compare as comparing
from neurosim.analysis.comparison.comparison import Comparison


def _cells(seed=0, falling=False, dispersion=0.0):
    random = np.random.default_rng(seed)
    x = np.linspace(-1, 1, 9)
    rates = [2 + 40 * np.maximum(x - 0.1, 0), 1 + 30 * np.maximum(x, 0) ** 2, np.full(9, 6.0)]
    if falling:
        rates.append(2 + 40 * np.maximum(-x, 0))
    mean = np.repeat(np.array(rates).T[..., None], 6, axis=-1)
    if dispersion:
        mean = mean * random.gamma(1 / dispersion, dispersion, mean.shape)
    return responses_from_counts(x, random.poisson(mean), duration=1.0)


@pytest.mark.parametrize("ending", ["nc", "zarr"])
@pytest.mark.parametrize(
    ("likelihood", "more"),
    [("auto", {}), ("auto", {"falling": True}), ("Poisson", {}), ("negative binomial", {}),
     ("auto", {"dispersion": 0.4}), ("under-dispersed", {})],
)  # fmt: skip
@pytest.mark.filterwarnings(
    "ignore::neurosim.analysis.fitting.likelihoods.by_scatter.ScatterWarning"
)
def test_what_is_read_back_says_the_same(tmp_path, monkeypatch, likelihood, more, ending):
    made = compare(_cells(**more), likelihood=likelihood)
    made.save(tmp_path / f"found.{ending}")
    monkeypatch.setattr(comparing, "fit_reduced", None)
    read = Comparison.load(tmp_path / f"found.{ending}")
    pd.testing.assert_frame_equal(read.table, made.table, check_exact=True)
    pd.testing.assert_frame_equal(read.summary, made.summary, check_exact=True)
    assert read.report() == made.report()
    assert repr(read) == repr(made)
    assert read.responses.identical(made.responses)
    assert (read.opposite is None) == (made.opposite is None) == ("falling" not in more)


def test_fixed_parameters_stay_fixed(tmp_path):
    made = compare(_cells(), ["ReLU", "half-squared"], fixed={"r0": 2.0})
    made.save(tmp_path / "found.nc")
    read = Comparison.load(tmp_path / "found.nc")
    assert [each.fixed for each in read.fits] == [each.fixed for each in made.fits]
    pd.testing.assert_frame_equal(read.table, made.table, check_exact=True)


def test_other_readers_find_the_responses(tmp_path):
    made = compare(_cells(), ["ReLU"])
    made.save(tmp_path / "found.nc")
    again = compare(load_responses(tmp_path / "found.nc"), ["ReLU"])
    np.testing.assert_array_equal(again.fits[1].values, made.fits[1].values)


def test_off_the_easy_design(tmp_path):
    # five conditions, three trials of unequal length, amperes, a cell without a spike, labels
    random = np.random.default_rng(5)
    seconds = random.uniform(0.2, 2, (5, 4, 3))
    count = random.poisson(np.array([3, 1, 9, 20, 40])[:, None, None] * seconds)
    count[:, 2] = 0
    x = np.array([0, 1, 2, 3, 4]) * 1e-10
    responses = responses_from_counts(x, count, seconds)
    made = compare(responses.assign_coords(cell=["1.1", "1.10", "b", "c"]))
    made.save(tmp_path / "found.nc")
    read = Comparison.load(tmp_path / "found.nc")
    pd.testing.assert_frame_equal(read.table, made.table, check_exact=True)
    assert read.report() == made.report()


@pytest.mark.parametrize("rows", [[3], [3, 0], [1, 2], [2, 3, 0, 1]])
def test_a_selection_of_cells_has_its_own_fits(tmp_path, rows):
    made = compare(_cells(falling=True))
    made.save(tmp_path / "found.nc")
    save_responses(load_responses(tmp_path / "found.nc").isel(cell=rows), tmp_path / "some.nc")
    read = Comparison.load(tmp_path / "some.nc")
    assert read.verdict.tolist() == made.verdict[rows].tolist()
    for one, other in zip(read.fits, made.fits, strict=True):
        np.testing.assert_array_equal(one.values, other.values[rows])


def test_fits_beside_other_responses_are_refused(tmp_path):
    compare(_cells()).save(tmp_path / "found.nc")
    whole = load_responses(tmp_path / "found.nc")
    others = whole.assign(count=whole["count"] + 1)
    swapped = whole.assign(neurosim_fit_values=whole["neurosim_fit_values"] * 1.01)
    for k, wrong in enumerate([others, swapped, whole.isel(stimulus=slice(5))]):
        save_responses(wrong, tmp_path / f"{k}.nc")
        with pytest.raises(InputError, match=r"\.nc: Comparison.load: expected fits of these"):
            Comparison.load(tmp_path / f"{k}.nc")


def test_names_of_the_users_stay(tmp_path):
    responses = _cells().assign_attrs(comparison="mine")
    responses["fitted_depth"] = ("cell", [100.0, 200.0, 300.0])
    compare(responses, ["ReLU"]).save(tmp_path / "found.nc")
    assert Comparison.load(tmp_path / "found.nc").responses.identical(responses)
    taken = responses.assign(neurosim_fit_values=("cell", [1.0, 2.0, 3.0]))
    with pytest.raises(InputError, match="without names that begin with neurosim_fit_"):
        compare(taken, ["ReLU"]).save(tmp_path / "taken.nc")


def test_what_is_no_comparison_is_one_line(tmp_path):
    save_responses(_cells(), tmp_path / "plain.nc")
    with pytest.raises(InputError, match=r"plain.nc: expected a saved comparison, got none"):
        Comparison.load(tmp_path / "plain.nc")
    with pytest.raises(InputError, match="there is no such file"):
        Comparison.load(tmp_path / "absent.nc")
    made = compare(_cells(), ["ReLU"])
    made.save(tmp_path / "found.nc")
    lacking = load_responses(tmp_path / "found.nc").drop_vars("neurosim_fit_values")
    save_responses(lacking, tmp_path / "lacking.nc")
    with pytest.raises(InputError, match="expected a whole comparison"):
        Comparison.load(tmp_path / "lacking.nc")
