"""The search in a unit of its own: a fit does not depend on the unit of the drive.

Every row's drive is taken in a power of two of its unit in which it spreads over 1 to 2, so that no
step, tolerance or grid knows whether contrast was in percent or current in amperes; and since it is
a power of two, no digit is lost. What is found is given back in the unit of the drive.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["converted", "in_own_unit"]

_EXPONENT = "exponent"  # the shape parameter that is the power of the drive where that is fitted
_SAME = 1e-9  # relative, by which a formula may be off in another unit


def in_own_unit(model: RateModel) -> tuple[RateModel, Array]:
    """The same rows with the drive in their own unit, and what the drive was multiplied by; (row,).

    A rectifier whose formula has a scale of its own, which no parameter is, is left as it is.
    """
    rectifier = model.rectifier
    unit = np.ones(len(model.low))
    gains = slice(1, model.linear)
    held = (model.high <= model.low)[:, gains] & (model.high[:, gains] > 0)
    if not _has_units(type(rectifier)) or (rectifier.power is None and held.any()):
        return model, unit
    shown = model.counts.shown
    spread = np.where(np.ptp(shown, axis=1) > 0, np.ptp(shown, axis=1), np.abs(shown).max(1))
    known = np.isfinite(spread) & (spread > 0)
    unit = np.where(known, np.exp2(-np.floor(np.log2(np.where(known, spread, 1.0)))), 1.0)
    if (unit == 1).all():
        return model, unit
    counts = model.counts
    given = {name: each * unit[:, None] for name, each in counts.regressors.items()}
    low, high = (converted(rectifier, each, unit) for each in (model.low, model.high))
    scale = model.scale * np.where(_in_units(rectifier), unit[:, None], 1.0)
    counts = replace(counts, x=counts.x * unit[:, None], regressors=given)
    return replace(model, counts=counts, low=low, high=high, scale=scale), unit


def converted(rectifier: Rectifier, values: Array, unit: Array) -> Array:
    """Parameters (row, parameter) for a drive that is multiplied by `unit` (row,)."""
    out, linear = values.copy(), 1 + len(rectifier.gains)
    names, power = rectifier.parameter_names, np.asarray(rectifier.power or 0, dtype=float)
    if rectifier.power is None:
        power = values[:, names.index(_EXPONENT)] if _EXPONENT in names else np.ones(1)
    with np.errstate(over="ignore", invalid="ignore"):
        factor = unit**-power
        gains = values[:, 1:linear]
        out[:, 1:linear] = np.where(
            np.isfinite(gains) & (gains != 0), gains * factor[:, None], gains
        )
        out[:, linear:] = values[:, linear:] * np.where(_in_units(rectifier), unit[:, None], 1.0)
    return out


def _in_units(rectifier: Rectifier) -> Array:
    return np.array([each.in_drive_units for each in rectifier.parameters.values()], dtype=bool)


@cache
def _has_units(kind: type[Rectifier]) -> bool:
    """Whether the formula is the same in another unit of the drive, parameters converted."""
    rectifier = kind()
    if any(each.in_drive_units for each in rectifier.constants.values()):
        return False
    x = np.linspace(-1.5, 2.0, 29)[None]
    shapes = np.array([[each.usual for each in rectifier.parameters.values()]])
    given = [0.3 + 0.1 * np.cos(x) for _ in rectifier.regressors]
    linear, unit = 1 + len(rectifier.gains), np.array([4.0])
    values = np.concatenate([np.ones((1, linear)), shapes], axis=1)
    other = converted(rectifier, values, unit)
    with np.errstate(all="ignore"):
        here = rectifier.paths(x, *given, *shapes.T[:, :, None])
        there = rectifier.paths(4 * x, *(4 * g for g in given), *other[:, linear:].T[:, :, None])
    pairs = zip(here, there, other[0, 1:linear], strict=True)
    return all(
        np.allclose(one, gain * np.asarray(two), rtol=_SAME, atol=_SAME, equal_nan=True)
        for one, two, gain in pairs
    )
