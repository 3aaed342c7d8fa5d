"""What the user is told when something given to neurosim cannot be right.

Every check of an input goes through `Faults`: it collects all that is wrong with one subject and
raises a single `InputError` whose message is one line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from neurosim.base.numbers import LARGEST, is_number, is_truth, is_whole, real_numbers

if TYPE_CHECKING:
    from neurosim.base.arrays import Array

__all__ = ["Faults", "InputError"]

_LONGEST = 120  # characters of a value that is shown


class InputError(ValueError):
    """An input that neurosim refuses; its message is one line that names the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(line.strip() for line in message.splitlines()))


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
        inside = is_whole(value, least, LARGEST if most is None else most)
        if most is None and not inside and is_whole(value, least, math.inf):
            most = LARGEST  # say so only to whom it matters
        reach = f">= {least}" if most is None else f"from {least} to {most}"
        self.require(inside, f"{name} as a whole number {reach}", value)
        return int(value) if inside else least

    def number(
        self, name: str, value: Any, condition: str, holds: Callable[[float], bool]
    ) -> float:
        """The value as a float, noting a fault unless it is one real number in its bounds.

        Parameters
        ----------
        name : str
        value : number of any type
        condition : str
            What follows the name in the message: "in [0, 1]", "> 0 Hz".
        holds : callable
            Whether it does, of a number that may be infinite.

        Examples
        --------
        >>> faults = Faults("Fit.profile")
        >>> faults.number("level", 0.9, "between 0 and 1", lambda level: 0 < level < 1)
        0.9
        >>> faults.number("level", "a", "between 0 and 1", lambda level: 0 < level < 1)
        nan
        >>> faults.stop()
        Traceback (most recent call last):
        neurosim.base.errors.InputError: Fit.profile: expected level between 0 and 1, got a
        """
        inside = is_number(value) and holds(float(value))
        self.require(inside, f"{name} {condition}", value)
        return float(value) if inside else math.nan

    def numbers(self, name: str, value: Any, shape: tuple[int, ...] | None = None) -> Array:
        """The value as an array of floats, noting a fault unless all of it is real numbers.

        Parameters
        ----------
        name : str
        value : array
            Numbers may be NaN or infinite. Text, truth values, complex numbers, dates, None, and
            lists of unequal length are no numbers; what is returned for them is empty.
        shape : tuple of int, optional
            What it has to broadcast to, and is.

        Examples
        --------
        >>> faults = Faults("modulation")
        >>> faults.numbers("rate", [1, 2]), faults.numbers("phase", [0, None])
        (array([1., 2.]), array([], dtype=float64))
        >>> faults.stop()
        Traceback (most recent call last):
        neurosim.base.errors.InputError: modulation: expected phase as numbers, got [0, None]
        """
        import numpy as np

        found = real_numbers(value)
        if found is None or shape is None:
            self.require(found is not None, f"{name} as numbers", value)
            return np.zeros(0) if found is None else found
        try:
            return np.broadcast_to(found, shape)
        except ValueError:
            self.require(False, f"{name} as one number or {shape}", f"shape {found.shape}")
            return np.zeros(0)

    def flag(self, name: str, value: Any) -> bool:
        """The value as a bool, noting a fault unless it says yes or no.

        Examples
        --------
        >>> faults = Faults("paired_filters")
        >>> faults.flag("zero_mean", "no")
        False
        >>> faults.stop()
        Traceback (most recent call last):
        neurosim.base.errors.InputError: paired_filters: expected zero_mean as True or False, got no
        """
        said = is_truth(value) or is_whole(value, 0, 1)
        self.require(said, f"{name} as True or False", value)
        return bool(value) if said else False

    def one_of(self, name: str, value: Any, choices: Iterable[str], remedy: str = "") -> bool:
        """Note a fault unless the value is one of some names; return whether it was."""
        known = list(choices)
        named = isinstance(value, str) and value in known
        return self.require(named, f"{name} among {', '.join(known)}", value, remedy)

    def mapping(self, name: str, value: Any) -> dict[Any, Any]:
        """The value as a dict, empty for None, noting a fault unless it is a mapping."""
        known = value is None or isinstance(value, Mapping)
        self.require(known, f"{name} as a mapping", value)
        return dict(value) if known and value is not None else {}

    def several(self, name: str, value: Any, said: str, alone: Any = str) -> list[Any]:
        """The value as a list: one of its own, or what it holds; a fault unless it holds any.

        Examples
        --------
        >>> faults = Faults("responses_from_table")
        >>> faults.several("by", "size", "names"), faults.several("by", ("a", "b"), "names")
        (['size'], ['a', 'b'])
        >>> faults.several("by", 5, "names")
        []
        >>> faults.stop()
        Traceback (most recent call last):
        neurosim.base.errors.InputError: responses_from_table: expected by as names, got 5
        """
        if isinstance(value, alone):
            return [value]
        try:
            held = None if isinstance(value, str | bytes) else list(value)
        except TypeError:
            held = None
        self.require(held is not None, f"{name} as {said}", value)
        return held or []

    def wholes(self, name: str, value: Any, least: int, most: int) -> list[int]:
        """The value as a list of ints, noting a fault unless it is whole numbers, or one alone."""
        given = self.several(name, value, "whole numbers", int)
        inside = all(is_whole(each, least, most) for each in given)
        self.require(inside, f"{name} from {least} to {most}", given)
        return [int(each) for each in given] if inside else []

    def kind(self, name: str, value: Any, kinds: Any, said: str, remedy: str = "") -> bool:
        """Note a fault unless the value is of a class, or of one of several; return whether it was.

        Examples
        --------
        >>> faults = Faults("save_responses")
        >>> faults.kind("path", 5, str, "text")
        False
        >>> faults.stop()
        Traceback (most recent call last):
        neurosim.base.errors.InputError: save_responses: expected path as text, got int 5
        """
        if isinstance(value, kinds):
            return True  # and nothing is printed of it: the text of a result may take its work
        told = "None" if value is None else f"{type(value).__name__} {value}"
        return self.require(False, f"{name} as {said}", told, remedy)

    def add(self, message: str) -> None:
        """Note a fault that does not read as 'expected ..., got ...'."""
        self.found.append(message)

    def stop(self) -> None:
        """Raise `InputError` with every fault noted so far, if there is one."""
        if self.found:
            raise InputError(f"{self.subject}: " + "; ".join(self.found))


def _brief(got: object) -> str:
    """What was got, on one line and not longer than one."""
    text = " ".join(str(got).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 4] + " ..."
