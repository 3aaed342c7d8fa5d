"""Whether a formula is what its class says: on arrays as fits use it, on tensors as layers do."""

from __future__ import annotations

import sys
import warnings
from functools import cache
from typing import Any

import numpy as np

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults, InputError

__all__ = ["require_tensors", "try_on_arrays", "typical_values"]

_DRIVES = np.linspace(-1, 1, 64) + 0.0037  # off round numbers, where corners are
_REGRESSOR = 0.3  # of every condition
_AT_REST, _DRIVEN = 3.0, 60.0  # Hz: a cell of visual cortex, without drive and by how much above it
_MARGIN = 1.25  # times the deepest modulation: a spontaneous rate that it does not use up
_STEP = 1e-6  # of a parameter's typical range, for a difference quotient
_OFF = 1e-3  # how far a gradient may be off that: of the slope, and of the largest output
_CORNERS = 0.1  # share of the drives at which it may be further off
_BOTH = "neurosim.models.rectifiers.array_namespaces has functions for arrays and tensors alike"


def try_on_arrays(cls: Any) -> tuple[Array, ...]:
    """The basis functions at drives from -1 to 1, every parameter at its typical value.

    Parameters
    ----------
    cls : type
        A rectifier's class, its parameters gathered.

    Returns
    -------
    tuple of array (drive,)
        One per path.

    Raises
    ------
    InputError
        Unless `shape` and `slope` take arrays as fits give them and return one array per gain, of
        the drive's shape; and unless the shape is finite.
    """
    faults, x = Faults(cls.__name__), np.stack([_DRIVES, _DRIVES])
    values = [np.full((2, 1), value) for value in _values(cls)]
    found = {}
    for function in ("shape", "slope"):
        paths = found[function] = _applied(cls, function, "arrays", [x, *values])
        each = [np.shape(path) for path in paths]
        alike = len(each) == len(cls.gains) and all(shape == x.shape for shape in each)
        expected = f"{function} with an array of the drive's shape per gain ({len(cls.gains)})"
        faults.require(alike, expected, f"{each} for {x.shape}")
    faults.stop()
    finite = np.isfinite(found["shape"]).all()
    faults.require(finite, "a finite shape at drives -1 to 1", "NaN or infinity")
    faults.stop()
    return tuple(np.asarray(path, dtype=float)[0] for path in found["shape"])


def typical_values(cls: Any, paths: tuple[Array, ...]) -> dict[str, float]:
    """r0 and gains (Hz) and free shape parameters (contrast units) of a cell of visual cortex.

    What the class does not declare is 60 Hz above the spontaneous rate at the best drive from -1 to
    1, and at rest 3 Hz, or as much more as keeps the rate above 0.

    Parameters
    ----------
    cls : type
    paths : tuple of array (drive,)
        Its basis functions at such drives.
    """
    gains = {}
    for name, path in zip(cls.gains, paths, strict=True):
        highest = float(np.abs(path).max())
        gains[name] = cls.typical.get(name, _tidy(_DRIVEN / highest) if highest > 0 else _DRIVEN)
    driven = sum(gain * path for gain, path in zip(gains.values(), paths, strict=True))
    at_rest = max(_AT_REST, _tidy(-_MARGIN * float(np.min(driven))))
    shapes = dict(zip(cls.arguments, _values(cls), strict=True))
    return {
        "r0": cls.typical.get("r0", at_rest),
        **gains,
        **{name: shapes[name] for name in cls.parameters},
    }


@cache
def require_tensors(cls: Any) -> None:
    """Refuse a formula that torch's tensors cannot go through, or their gradients cannot.

    torch has to be loaded.

    Parameters
    ----------
    cls : type

    Raises
    ------
    InputError
        With the reason.
    """
    torch, faults = sys.modules["torch"], Faults(cls.__name__)
    given = [_DRIVES, *(np.full(_DRIVES.shape, _REGRESSOR) for _ in cls.regressors)]
    values = [*given, *map(np.asarray, _values(cls)[len(cls.regressors) :])]
    expected = _applied(cls, "shape", "arrays", values)
    with torch.inference_mode(False), torch.enable_grad():
        tensors = [
            torch.tensor(each, dtype=torch.float64, device="cpu", requires_grad=True)
            for each in values
        ]
        paths = _applied(cls, "shape", "torch tensors", tensors)
        kinds = [type(path).__name__ for path in paths if not isinstance(path, torch.Tensor)]
        faults.require(not kinds, "tensors for shape of torch tensors", ", ".join(kinds), _BOTH)
        faults.stop()
        total = sum(path.sum() for path in paths)
        slopes: Any = [None] * len(tensors)
        if total.requires_grad:
            slopes = torch.autograd.grad(total, tensors, allow_unused=True)
    same = all(
        np.allclose(path.detach().numpy(), array, rtol=1e-6, atol=1e-9)
        for path, array in zip(paths, expected, strict=True)
    )
    faults.require(same, "shape of torch tensors as of arrays", "other numbers", _BOTH)
    lost = []
    for k, (name, found) in enumerate(zip(("x", *cls.arguments), slopes, strict=True)):
        change, scale = _change(cls, values, k)
        slope = 0.0 if found is None else found.numpy()
        if (np.abs(slope - change) > _OFF * (np.abs(change) + scale)).mean() > _CORNERS:
            lost.append(name)
    kept = "shape of torch tensors to keep the gradient with respect to " + ", ".join(lost)
    faults.require(not lost, kept, "another or none", _BOTH)
    faults.stop()


def _values(cls: Any) -> list[float]:
    """Of every argument after the drive, as typical."""
    every = {**cls.parameters, **cls.constants}
    values = []
    for name in cls.arguments:
        if name in cls.regressors:
            values.append(_REGRESSOR)
        else:
            usual = every[name].usual if every[name].free else every[name].default
            values.append(float(cls.typical.get(name, usual)))
    return values


def _applied(cls: Any, function: str, kind: str, arguments: list[Any]) -> tuple[Any, ...]:
    """What a formula makes of arguments, as a tuple of its paths."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = getattr(cls, function)(*arguments)
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        hint = f" ({_BOTH})" if kind == "torch tensors" else ""
        raise InputError(f"{cls.__name__}: {function} fails on {kind}: {said}{hint}") from error
    return found if isinstance(found, tuple) else (found,)


def _change(cls: Any, values: list[Any], k: int) -> tuple[Any, float]:
    """Difference quotient of the summed paths with one argument, and what counts as a large one."""
    every = {**cls.parameters, **cls.constants}
    name = ("x", *cls.arguments)[k]
    low, high = every[name].region if name in every else (0.0, 1.0)
    step, ends = _STEP * (high - low), []
    for sign in (1, -1):
        moved = [value + sign * step if j == k else value for j, value in enumerate(values)]
        ends.append(sum(_applied(cls, "shape", "arrays", moved)))
    change = (ends[0] - ends[1]) / (2 * step)
    most = float(np.max(np.abs(ends[0])))
    if np.ndim(values[k]) == 0:
        return change.sum(), len(_DRIVES) * most / (high - low)
    return change, most / (high - low)


def _tidy(value: float) -> float:
    """To two digits."""
    return float(f"{value:.2g}")
