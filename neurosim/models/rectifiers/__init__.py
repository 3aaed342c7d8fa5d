"""The rectifiers of simple cells and ConvNets, each with its two names.

Section 3.2 of Hadji & Wildes (2018) is the text behind the family. A class in any module here is
one of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from neurosim.base.errors import Faults, InputError
from neurosim.base.modules import import_all
from neurosim.models.rectifiers.base import RECTIFIERS, Rectifier
from neurosim.models.rectifiers.constant import CONSTANT

__all__ = ["RECTIFIERS", "named_rectifier", "named_rectifiers"]

import_all(__name__, __path__)
RECTIFIERS.close()


def named_rectifier(rectifier: Rectifier | str) -> Rectifier:
    """The rectifier itself, or the one of that biological or ConvNet name, or the constant rate.

    Raises
    ------
    InputError
        Listing the names there are.

    Examples
    --------
    >>> named_rectifier("CReLU").name
    'two-path half-wave'
    """
    if isinstance(rectifier, Rectifier):
        return rectifier
    if not isinstance(rectifier, str):
        known = "a class (call it)" if isinstance(rectifier, type) else type(rectifier).__name__
        raise InputError(f"rectifier: expected a name or a Rectifier, got {known}")
    return CONSTANT if rectifier.casefold() == CONSTANT.name else RECTIFIERS[rectifier]


def named_rectifiers(given: Iterable[Rectifier | str], faults: Faults) -> list[Rectifier]:
    """Each once, with a fault for those that are not known."""
    found: dict[Rectifier, None] = {}
    unknown: dict[str, str] = {}
    for each in given:
        try:
            found[named_rectifier(each)] = None
        except InputError as fault:
            unknown[str(each)] = str(fault)
    first, *more = unknown.items() or [("", "")]
    if first[1]:
        faults.add(first[1] + "".join(f", {name!r}" for name, _ in more))
    return list(found)
