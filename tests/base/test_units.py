"""Quantities at the boundary: units, Brian2's quantities, time differences."""

from datetime import timedelta

import numpy as np
import pytest
import xarray as xr

from neurosim import InputError
from neurosim.base.units import in_unit


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (20, "mV", 20.0),
        ("20 ms", "s", 0.02),
        ("1.5e3us", "ms", 1.5),
        ("-.07 V", "mV", -70.0),
        ("2 kHz", "Hz", 2000.0),
    ],
)
def test_units(value, unit, expected):
    assert in_unit(value, unit, "X", "y") == pytest.approx(expected, rel=1e-15)


def test_brian2_quantities_are_converted_and_wrong_dimensions_refused():
    from brian2 import Hz, ms, mV, volt

    assert in_unit(20 * ms, "s", "X", "y") == 0.02
    assert in_unit([10, 20] * mV, "mV", "X", "y") == pytest.approx([10, 20])
    assert in_unit(0.07 * volt, "mV", "X", "y") == pytest.approx(70)
    with pytest.raises(InputError, match=r"X: expected y in s or a unit like it, got 5. Hz"):
        in_unit(5 * Hz, "s", "X", "y")


@pytest.mark.parametrize("value", ["fast", "20", "20 apples", None, [1, "x"]])
def test_what_is_no_quantity_is_refused(value):
    with pytest.raises(InputError, match="X: expected y "):
        in_unit(value, "s", "X", "y")


@pytest.mark.parametrize(
    "value",
    [
        np.timedelta64(20, "ms"),
        timedelta(milliseconds=20),
        xr.DataArray(0.02, attrs={"units": "s"}),
        xr.DataArray(20, attrs={"units": "ms"}),
        xr.DataArray(np.timedelta64(20, "ms"), attrs={"units": "ms"}),  # it knows its own
    ],
)
def test_times_that_say_their_unit(value):
    # oracle: 20 ms is 0.02 s, by whatever says so
    assert in_unit(value, "s", "X", "y") == 0.02
    assert in_unit(value, "ms", "X", "y") == pytest.approx(20, rel=1e-15)
    several = in_unit(np.array([0, 50], "timedelta64[ms]"), "s", "X", "y")
    assert several.tolist() == [0.0, 0.05]


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        (np.timedelta64(20, "ms"), "mV", "expected y in mV or a unit like it"),
        (timedelta(seconds=1), "Hz", "expected y in Hz or a unit like it"),
        (np.datetime64("2020-01-01"), "s", "expected y to be a number or numbers in s"),
        (xr.DataArray([1.0], attrs={"units": "mV"}), "s", "a unit like it, got it in mV"),
        (xr.DataArray([1.0], attrs={"units": "fur"}), "s", "a unit like it, got it in fur"),
    ],
)
def test_what_is_no_time_is_refused(value, unit, message):
    with pytest.raises(InputError, match=f"X: .*{message}"):
        in_unit(value, unit, "X", "y")
