"""What the class body of a rectifier declares: gathered along its bases, refused if it cannot be.

Parameters are inherited in the order of the bases, the furthest first; one declared again keeps its
place; a class's own come after. The formula goes with all that it implies. What a rectifier is
called, what is said of it and where it stands among the others is its own, never its parent's.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from neurosim.base.errors import Faults
from neurosim.models.rectifiers.parameter import Parameter

__all__ = ["close_names", "declare", "named", "require_contained", "require_names"]

_NAMED = ("name", "convnet", "latex", "source")  # without these it is not entered into the family
_OWN = (*_NAMED, "aliases", "limits", "contains", "standard", "exact", "biological", "panels")
_LISTS = ("gains", "regressors", "aliases", "panels")
_WHY = {"x": "it is the drive", "r0": "it is the spontaneous rate"}


def declare(cls: Any, base: type, register: bool) -> bool:
    """Complete a class by what its bases and its body declare.

    Parameters
    ----------
    cls : type
        The class.
    base : type
        `Rectifier`, which says what is declared where a class says nothing.
    register : bool
        Whether it is to be one of the family.

    Returns
    -------
    bool
        Whether it has a formula, so that it can be used.

    Raises
    ------
    InputError
        Naming all that cannot be.
    """
    faults, body = Faults(cls.__name__), vars(cls)
    absent = [each for each in _NAMED if each not in body]
    if register and absent:
        faults.require(False, f"{', '.join(_NAMED)} in the class body", f"no {', '.join(absent)}")
    unnamed = [each for each in _NAMED if not isinstance(body.get(each, ""), str)]
    faults.require(not unnamed, f"{', '.join(unnamed)} as text", "something else")
    faults.require(not register or body.get("name", "?"), "a name", "none")
    for each in (*_OWN, "typical"):
        if each not in body:
            setattr(cls, each, cls.__name__ if each == "name" else getattr(base, each))
    every = _gathered(cls, faults)
    reserved = {*dir(base), *inspect.get_annotations(base)}
    _check_names(cls, every, reserved, register, faults)
    faults.stop()
    cls.parameters = {name: p for name, p in every.items() if p.free}
    cls.constants = {name: p for name, p in every.items() if not p.free}
    cls.arguments = (*cls.regressors, *every)
    usable = not getattr(cls.shape, "__isabstractmethod__", False)
    if usable or register:
        _check_functions(cls, reserved, faults)
        _check_values(cls, every, faults)
        faults.stop()
    return usable


def require_names(rectifier: Any, family: Mapping[str, Any]) -> None:
    """Refuse names that another has; the same class declared again has its own."""
    faults, mine = Faults(type(rectifier).__name__), family.get(rectifier.name)
    place = [(type(each).__module__, type(each).__qualname__) for each in (rectifier, mine)]
    others = [each for each in family.values() if each is not mine or place[0] != place[1]]
    for name in _names(rectifier):
        other = named(others, name)
        if other is not None:
            faults.add(f"there already is a rectifier named {name!r}: {other!r}")
    faults.stop()


def require_contained(rectifier: Any, family: Mapping[str, Any]) -> None:
    """Refuse what it contains unless that is there, does not contain it, and starts its fit."""
    faults = Faults(type(rectifier).__name__)
    for name, at in rectifier.contains.items():
        inner = family.get(name)
        if inner is None:
            got = f"{name!r}{close_names(family.values(), name)}"
            faults.require(False, "contains of rectifiers by their biological names", got)
            continue
        around = rectifier.is_nested_in(inner)
        faults.require(not around, f"to contain {name} or to be within it", "both")
        lacks = ", ".join(each for each in inner.parameters if each not in rectifier.parameters)
        shared, words = f"the parameters of {name}, to become it", "say the limit in words"
        faults.require(isinstance(at, str) or not lacks, shared, f"no {lacks}", words)
    faults.stop()


def named(family: Iterable[Any], name: str) -> Any:
    """The rectifier of any of its names, in any case; None if there is none."""
    folded = str(name).casefold()
    return next((each for each in family if folded in map(str.casefold, _names(each))), None)


def close_names(family: Iterable[Any], name: str) -> str:
    """Names that there are and that are like one, as a question in parentheses."""
    names = {one.casefold(): one for each in family for one in _names(each)}
    close = [repr(names[one]) for one in get_close_matches(str(name).casefold(), names)]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _names(rectifier: Any) -> list[str]:
    """Every name of a rectifier that is not empty."""
    return [name for name in (rectifier.name, rectifier.convnet, *rectifier.aliases) if name]


def _gathered(cls: type, faults: Faults) -> dict[str, Parameter]:
    """Parameters of the class and its bases, those of the furthest base first."""
    found: dict[str, Parameter] = {}
    for each in reversed(cls.__mro__):
        for name, value in vars(each).items():
            if isinstance(value, Parameter):
                found[name] = value
            elif name in found and each is cls:
                held = "Parameter(..., free=False) holds it"
                faults.require(False, f"{name} as a Parameter again", repr(value), held)
    return found


def _check_names(
    cls: Any, every: Iterable[str], reserved: Iterable[str], register: bool, faults: Faults
) -> None:
    """Every name of a parameter, gain or regressor is one, and stands for one thing."""
    taken = dict(_WHY)
    for name in every:
        if name in reserved or name in taken:
            faults.add(f"no parameter can be named {name}: {taken.get(name, _used(name))}")
        taken[name] = "it is a parameter"
    for kind in _LISTS:
        names = getattr(cls, kind)
        if kind in every:
            continue
        listed = isinstance(names, tuple | list) and all(isinstance(each, str) for each in names)
        if not faults.require(listed, f"{kind} as a tuple of names", repr(names)):
            continue
        faults.require(names or kind != "gains" or not register, "at least one gain", "none")
        for name in names if kind in ("gains", "regressors") else ():
            if name in taken:
                faults.add(f"none of the {kind} can be named {name}: {taken[name]}")
            taken[name] = f"it is one of the {kind}"


def _used(name: str) -> str:
    return f"every rectifier has an attribute of that name (Rectifier.{name})"


def _check_functions(cls: Any, reserved: Iterable[str], faults: Faults) -> None:
    """`shape` and `slope` are static and take what is declared, in its order."""
    declared = ["x", *cls.arguments]
    for function in ("shape", "slope"):
        static = inspect.getattr_static(cls, function)
        expected = f"{function}({', '.join(declared)})"
        if getattr(getattr(cls, function), "__isabstractmethod__", False):
            faults.require(False, f"a static method {expected}", "none")
            continue
        if not isinstance(static, staticmethod):
            faults.require(False, f"@staticmethod above {expected}", "a method without it")
            continue
        takes = _arguments(static.__func__)
        for name in sorted(set(takes) & set(reserved) - set(declared)):
            faults.add(f"no parameter can be named {name}: {_used(name)}")
        faults.require(takes == declared, expected, f"{function}({', '.join(takes)})")
    if "shape" in vars(cls) and "slope" not in vars(cls) and not faults.found:
        faults.require(False, "slope beside a shape of its own", "that of its parent")


def _arguments(function: Any) -> list[str]:
    """Names of the arguments; those that cannot be given by position with their stars."""
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**", "KEYWORD_ONLY": "*, "}
    taken = inspect.signature(function).parameters.values()
    return [stars.get(each.kind.name, "") + each.name for each in taken]


def _check_values(cls: Any, every: dict[str, Parameter], faults: Faults) -> None:
    """Defaults and typical ranges are within the domains, and what is named exists."""
    for name, p in every.items():
        domain = f"in [{p.low:g}, {p.high:g}]"
        if not faults.require(p.low < p.high, f"low < high of {name}", f"{p.low}, {p.high}"):
            continue
        faults.require(p.low <= p.default <= p.high, f"default of {name} {domain}", p.default)
        low, high = p.region
        inside = p.low <= low < high <= p.high
        faults.require(inside, f"typical range of {name} {domain}", p.typical)
    free = {**dict.fromkeys(("r0", *cls.gains)), **cls.parameters}
    given = [("typical", cls.typical)]
    given += [("contains", at) for at in cls.contains.values() if not isinstance(at, str)]
    for where, values in given:
        for name, value in values.items():
            known = faults.require(name in free, f"{where} of {', '.join(free)}", name)
            bounds = free[name] if known else None
            low, high = (bounds.low, bounds.high) if bounds else (0.0, float("inf"))
            faults.require(low <= value <= high, f"{where} {name} in [{low:g}, {high:g}]", value)
