"""What every stimulus set and every window asks of who asks it, wherever the method is written."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

from neurosim.base.errors import Faults
from neurosim.stimuli.field import VisualField

__all__ = ["asked", "asked_throughout"]

_ASKED = (
    "check",
    "closed_form",
    "coordinates",
    "count",
    "frames",
    "labels",
    "length",
    "picture",
    "pictures",
    "shown",
    "stream",
)
_CHECKED: dict[str, Callable[[Faults, Any], Any]] = {
    "field": lambda faults, field: (
        faults.kind("field", field, VisualField, "a VisualField") and field
    ),
    "index": lambda faults, index: faults.whole("index", index, 0),
    "start": lambda faults, start: faults.whole("start", start, 0),
    "time": lambda faults, time: faults.number(
        "time", time, "as a finite number, s", math.isfinite
    ),
    "highest": lambda faults, highest: faults.number(
        "highest", highest, "> 0 cycles/deg", lambda number: number > 0
    ),
}

Method = TypeVar("Method", bound=Callable[..., Any])


def asked(method: Method) -> Method:
    """The method of a stimulus set, its arguments of the usual names looked at first.

    Raises
    ------
    InputError
        For a field that is none, a stimulus that is not there, a time that is no number.

    Examples
    --------
    >>> from neurosim.stimuli import Gratings
    >>> Gratings().picture(VisualField(), index=1)
    Traceback (most recent call last):
    neurosim.base.errors.InputError: Gratings: expected an index below 1, got 1
    """
    signature = inspect.signature(method)

    @functools.wraps(method)
    def looked_at(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(self, *args, **kwargs)
        given, faults = bound.arguments, Faults(type(self).__name__)
        for name, value in given.items():
            if name in _CHECKED and value is not signature.parameters[name].default:
                given[name] = _CHECKED[name](faults, value)
        faults.stop()
        try:
            return method(*bound.args, **bound.kwargs)
        except IndexError:
            count = self.count(given["field"]) if "index" in given else math.inf
            faults.require(given.get("index", 0) < count, f"an index below {count}", given["index"])
            faults.stop()
            raise

    return cast(Method, looked_at)


def asked_throughout(cls: type) -> None:
    """Have the methods that a class writes itself look at their arguments."""
    for name in _ASKED:
        if name in vars(cls):
            setattr(cls, name, asked(vars(cls)[name]))
