"""Physical quantities at the boundary: floats in a stated unit, Brian2 quantities, or text.

Inside neurosim a quantity is a float or a float array in the unit its docstring states (times s,
potentials mV, rates Hz, angles deg). `in_unit` is the only converter: it accepts a bare number
(taken to be in that unit), a Brian2 quantity (its dimensions are checked), one of quantities or
Neo, text like ``"20 ms"``, or a timedelta of Python, NumPy or pandas. None of these is imported: a
Brian2 quantity is recognised by its ``dim``, one of quantities by what rescales it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import numpy as np

from neurosim.base.errors import InputError
from neurosim.base.numbers import real_numbers

__all__ = ["in_unit"]

# unit -> (size in SI base units, SI dimensions as Brian2 names them)
_TIME = {"time": 1}
_RATE = {"time": -1}
_VOLTAGE = {"length": 2, "mass": 1, "time": -3, "current": -1}
_UNITS: dict[str, tuple[float, dict[str, int]]] = {
    "s": (1.0, _TIME),
    "ms": (1e-3, _TIME),
    "us": (1e-6, _TIME),
    "µs": (1e-6, _TIME),
    "Hz": (1.0, _RATE),
    "kHz": (1e3, _RATE),
    "V": (1.0, _VOLTAGE),
    "mV": (1e-3, _VOLTAGE),
    "uV": (1e-6, _VOLTAGE),
    "µV": (1e-6, _VOLTAGE),
}
_DIMENSIONS = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
_TEXT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-zµ]+)\s*")


def in_unit(value: Any, unit: str, subject: str, name: str) -> Any:
    """A quantity as a float (or float array) in `unit`.

    Parameters
    ----------
    value : float, array, quantity of Brian2, quantities or Neo, str, or timedelta
        A bare number is taken to be in `unit` already.
    unit : str
        One of s, ms, us, Hz, kHz, V, mV, uV.
    subject, name : str
        Whose argument it is, for the message when it is refused.

    Returns
    -------
    float or ndarray
        0-d input gives a float, arrays keep their shape.

    Raises
    ------
    InputError
        When the dimensions are wrong or the value is not a number.

    Examples
    --------
    >>> in_unit("20 ms", "s", "LIF", "tau_m")
    0.02
    >>> in_unit([1, 2], "mV", "LIF", "noise_sd")
    array([1., 2.])
    >>> in_unit(np.timedelta64(20, "ms"), "s", "LIF", "tau_m")
    0.02
    >>> in_unit("20 mV", "s", "LIF", "tau_m")
    Traceback (most recent call last):
    neurosim.base.errors.InputError: LIF: expected tau_m in s or a unit like it, got 20 mV
    """
    size, dimensions = _UNITS[unit]
    factor = 1.0
    got = " ".join(str(value).split())[:80]
    refusal = InputError(f"{subject}: expected {name} in {unit} or a unit like it, got {got}")
    if isinstance(value, str):
        match = _TEXT.fullmatch(value)
        given = _UNITS.get(match[2]) if match else None
        if match is None or given is None or given[1] != dimensions:
            raise refusal
        value, factor = float(match[1]), given[0] / size
    elif isinstance(value, list | tuple | range):  # a list may hold quantities
        value = [in_unit(each, unit, subject, name) for each in value]
    elif hasattr(value, "attrs") and hasattr(value, "dtype"):  # a labelled array may say its unit
        said = _UNITS.get(value.attrs.get("units", unit))
        if said is None or said[1] != dimensions:
            raise InputError(
                f"{subject}: expected {name} in {unit} or a unit like it, got it in "
                f"{value.attrs['units']}"
            )
        if value.dtype.kind == "m":
            return in_unit(value.values, unit, subject, name)
        value, factor = value.values, said[0] / size
    elif isinstance(value, timedelta) or _kind(value) == "m":
        if dimensions != _TIME:
            raise refusal
        value, factor = np.asarray(value, dtype="m8") / np.timedelta64(1, "s"), 1.0 / size
    elif hasattr(value, "rescale") and hasattr(value, "magnitude"):  # of quantities, or Neo
        try:
            value = value.rescale(unit).magnitude
        except ValueError:
            raise refusal from None
    elif hasattr(value, "unit") or hasattr(value, "units"):  # of another library
        raise refusal
    elif hasattr(value, "dim") and hasattr(value.dim, "get_dimension"):  # a Brian2 quantity
        if any(value.dim.get_dimension(d) != dimensions.get(d, 0) for d in _DIMENSIONS):
            raise refusal
        factor = 1.0 / size
    array = real_numbers(value)
    if array is None:
        raise InputError(
            f"{subject}: expected {name} to be a number or numbers in {unit}, got {got}"
        )
    # dividing by a small unit rounds once less than multiplying by its inverse
    array = array * factor if factor >= 1 else array / (1 / factor)
    return float(array) if array.ndim == 0 else array


def _kind(value: Any) -> str:
    """Of NumPy's type, "m" for time differences; empty for other libraries'."""
    return str(getattr(getattr(value, "dtype", None), "kind", ""))
