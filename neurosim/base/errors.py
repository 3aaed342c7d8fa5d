"""What the user is told when something given to neurosim cannot be right.

Every check of an input goes through `Faults`: it collects all that is wrong with one subject and
raises a single `InputError` whose message is one line.
"""

from __future__ import annotations

import math
from typing import Any

__all__ = ["Faults", "InputError", "is_number", "is_whole"]

_LONGEST = 120  # characters of a value that is shown


class InputError(ValueError):
    """An input that neurosim refuses; its message is one line that names the remedy."""


class Faults:
    """All that is wrong with one subject, raised together.

    Parameters
    ----------
    subject : str
        What the input belongs to (a class, a function, a file).

    Examples
    --------
    >>> faults = Faults("LIF")
    >>> faults.require(False, "noise_sd >= 0 mV", -1)
    False
    >>> faults.require(False, "tau_m > 0 s", 0, "times are in seconds")
    False
    >>> faults.stop()
    Traceback (most recent call last):
    neurosim.base.errors.InputError: LIF: expected noise_sd >= 0 mV, got -1; \
expected tau_m > 0 s, got 0 (times are in seconds)
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.found: list[str] = []

    def require(self, holds: object, expected: str, got: object, remedy: str = "") -> bool:
        """Note a fault unless `holds`; return whether it held."""
        if not holds:
            hint = f" ({remedy})" if remedy else ""
            self.found.append(f"expected {expected}, got {_brief(got)}{hint}")
        return bool(holds)

    def whole(self, name: str, value: Any, least: int = 1, most: int | None = None) -> int:
        """The value as an int, noting a fault unless it is a whole number of any number type.

        Examples
        --------
        >>> faults = Faults("compare")
        >>> faults.whole("folds", 5.0, 2, 6), faults.whole("seed", "a", 0)
        (5, 0)
        >>> faults.stop()
        Traceback (most recent call last):
        neurosim.base.errors.InputError: compare: expected seed as a whole number >= 0, got a
        """
        inside = is_whole(value, least) and (most is None or int(value) <= most)
        reach = f">= {least}" if most is None else f"from {least} to {most}"
        self.require(inside, f"{name} as a whole number {reach}", value)
        return int(value) if inside else least

    def add(self, message: str) -> None:
        """Note a fault that does not read as 'expected ..., got ...'."""
        self.found.append(message)

    def stop(self) -> None:
        """Raise `InputError` with every fault noted so far, if there is one."""
        if self.found:
            raise InputError(f"{self.subject}: " + "; ".join(self.found))


def is_whole(value: object, least: int = 1) -> bool:
    """Whether it is a whole number, of any number type, from `least` on.

    Examples
    --------
    >>> [is_whole(value) for value in (3, 2.0, 0, 2.5, float("inf"), "3", None)]
    [True, True, False, False, False, False, False]
    """
    if isinstance(value, str | bytes | bool) or not hasattr(value, "__float__"):
        return False
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    return math.isfinite(number) and number == int(number) and number >= least


def is_number(value: object) -> bool:
    """Whether it is one real number (which may be infinite)."""
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        return False
    try:
        return not math.isnan(float(value))
    except (TypeError, ValueError):
        return False


def _brief(got: object) -> str:
    """What was got, on one line and not longer than one."""
    text = " ".join(str(got).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 4] + " ..."
