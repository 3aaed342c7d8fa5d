"""What counts as a number, a whole number, a truth value, at every boundary."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import xarray as xr

from neurosim.base.errors import Faults, InputError
from neurosim.base.numbers import LARGEST, is_number, is_whole, real_numbers

NUMBERS = (
    5,
    5.0,
    np.int64(5),
    np.float32(5),
    np.array(5),
    Fraction(5),
    Decimal(5),
    xr.DataArray(5),
)
NONE = (None, "5", b"5", True, np.True_, 5j, np.complex128(5), [5], np.array([5]), {}, object())
NONE += (10**400, xr.Dataset(), np.array(["5"]), np.datetime64("2020"), np.array(None), int)


@pytest.mark.parametrize("value", NUMBERS, ids=repr)
def test_numbers_of_any_type_are_numbers(value):
    assert is_whole(value)
    assert is_number(value)
    assert type(Faults("X").whole("n", value)) is int
    assert real_numbers(value) == 5
    assert real_numbers(value).dtype == float


@pytest.mark.parametrize("value", NONE, ids=range(len(NONE)))
def test_what_is_not_one_number(value):
    assert not is_whole(value)
    assert not is_number(value)
    for check in (
        lambda faults: faults.whole("n", value),
        lambda faults: faults.number("n", value, "> 0", lambda n: n > 0),
    ):
        faults = Faults("X")
        check(faults)
        with pytest.raises(InputError, match=r"^X: expected n (as a whole number )?>"):
            faults.stop()


def test_whole_numbers_end_where_files_do():
    # oracle: NumPy's int64, in which NetCDF holds a seed
    assert is_whole(LARGEST)
    assert not is_whole(LARGEST + 1)
    faults = Faults("X")
    assert faults.whole("seed", 2**64 - 1, 0, 2**64 - 1) == 2**64 - 1
    faults.whole("seed", 10**30, 0)
    with pytest.raises(InputError, match=f"seed as a whole number from 0 to {np.iinfo('i8').max}"):
        faults.stop()


@pytest.mark.parametrize(
    "value",
    ["a", [1, "a"], [1, None], [[1], [1, 2]], [1j], {}, xr.Dataset(), [True], None],
    ids=repr,
)
def test_what_is_not_numbers(value):
    assert real_numbers(value) is None
    faults = Faults("X")
    assert faults.numbers("rate", value).size == 0
    with pytest.raises(InputError, match="X: expected rate as numbers, got "):
        faults.stop()


def test_nan_and_infinity_are_numbers_to_be_judged_elsewhere():
    found = real_numbers([1, float("nan"), Decimal("Infinity")])
    assert found.tolist()[::2] == [1.0, float("inf")]
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("value", "says"), [(True, True), (np.False_, False), (1, True), (0, False)]
)
def test_yes_and_no(value, says):
    assert Faults("X").flag("clip", value) is says


@pytest.mark.parametrize("value", ["no", "", None, 2, [], np.zeros(2)], ids=repr)
def test_what_says_neither_yes_nor_no(value):
    faults = Faults("X")
    faults.flag("clip", value)
    with pytest.raises(InputError, match="X: expected clip as True or False"):
        faults.stop()


def test_every_fault_is_one_line_and_all_are_said_at_once():
    faults = Faults("X")
    faults.one_of("kind", np.array(["pink"]), ["pink", "white"])
    faults.kind("data", xr.Dataset(), dict, "a mapping")
    faults.kind("data", None, dict, "a mapping")
    with pytest.raises(InputError) as refused:
        faults.stop()
    assert str(refused.value).splitlines() == [
        "X: expected kind among pink, white, got ['pink']; expected data as a mapping, got Dataset "
        "<xarray.Dataset> Size: 0B Dimensions: () Data variables: *empty*; "
        "expected data as a mapping, got None"
    ]
