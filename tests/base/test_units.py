"""Quantities with units, and what is none."""

import pytest

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
