"""What the information about a fit's parameters says: standard errors, and what has none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, Flags
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Known", "flagged", "informed", "statuses", "too_small"]


_SINGULAR = 1e10  # condition number of the information, scaled to a diagonal of 1
_PART = 0.1  # of a direction without information, from which on a parameter counts as in it


class Known(NamedTuple):
    """Standard errors and whether the data identify each parameter, (row, parameter) each."""

    standard_errors: Array
    identified: Flags


def informed(model: RateModel, values: Array, free: Flags) -> Known:
    """What the expected information of the free parameters says about each.

    One is not identified if the rates do not change with it, if they change as with others
    together, or if its standard error is wider than its bounds.

    Parameters
    ----------
    model : RateModel
    values : array (row, parameter)
        The estimates.
    free : bool array (row, parameter)
        Parameters off their bounds; the others have NaN, and count as identified.
    """
    rate, jacobian = model.plain.rate_and_jacobian(values)
    fires = rate > 1e-200
    weight = model.likelihood.expected(np.where(fires, rate, 1.0), model.counts)
    weight = np.where(fires, weight, 0.0)
    each = jacobian * free[:, :, None] * np.sqrt(weight)[:, None, :]
    information = np.einsum("cks,cls->ckl", each, each)
    finite = np.isfinite(information).all((1, 2))
    information[~finite] = np.eye(information.shape[1])
    diagonal = np.einsum("ckk->ck", information)
    bearing = free & (diagonal > 0)
    scale = np.sqrt(np.where(bearing, diagonal, 1.0))
    normal = information / (scale[:, :, None] * scale[:, None, :])
    np.einsum("ckk->ck", normal)[...] = 1.0
    regular = np.linalg.cond(normal) < _SINGULAR
    together = np.zeros(values.shape, dtype=bool)
    together[~regular] = _without_information(normal[~regular])
    inverse = np.empty(normal.shape)
    inverse[regular] = np.linalg.inv(normal[regular])
    # of those without a part in what is unknown, the variance is that of the rest
    inverse[~regular] = np.linalg.pinv(normal[~regular], 1 / _SINGULAR, hermitian=True)
    variance = np.maximum(np.einsum("ckk->ck", inverse), 0.0)
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(variance) / scale
    errors = np.where(bearing & finite[:, None] & ~together, errors, np.nan)
    least = np.zeros(values.shape)
    least[:, model.linear :] = 1e-6 * model.scale
    wide = errors > model.high - model.low
    # of nothing: a jump where a corner is
    sensible = np.where(~wide & (errors > least), errors, np.nan)
    unknown = free & finite[:, None] & (~bearing | together | wide)
    return Known(sensible, ~unknown)


def too_small(rectifier: Rectifier) -> Flags:
    """Parameters whose standard error is known to be too small, so that it is not printed.

    The likelihood of a threshold that makes a corner has a corner at every drive; where the rate
    leaves the corner upright, or bent without bound, the gain and the other shapes share that. Of
    cells of the rectifier itself two errors then hold the truth in 65 to 93 %.

    Examples
    --------
    >>> from neurosim import RECTIFIERS
    >>> too_small(RECTIFIERS["thresholded half-wave"])  # r0, gain, threshold
    array([False, False,  True])
    """
    shapes = rectifier.parameters.values()
    steep = any(each.steep for each in shapes)
    each = [steep] * len(rectifier.gains) + [steep or one.kinked for one in shapes]
    return np.array([False, *each])


def _without_information(normal: Array) -> Flags:
    """Parameters that have a part in directions without information; (row, parameter)."""
    size, directions = np.linalg.eigh(normal)
    none = size < size[:, -1:] / _SINGULAR
    without_information: Flags = ((np.abs(directions) > _PART) & none[:, None, :]).any(-1)
    return without_information


def statuses(
    names: tuple[str, ...],
    converged: Flags,
    at_bound: Flags,
    identified: Flags,
) -> list[str]:
    """ "ok", or what is the matter with the fit of each row.

    A rate at rest of 0 is a natural bound, at which nothing is the matter: r0 is not named.

    Examples
    --------
    >>> no, yes = np.zeros((1, 2), dtype=bool), np.ones((1, 2), dtype=bool)
    >>> statuses(("r0", "gain"), yes[:, 0], no, yes), statuses(("r0", "gain"), yes[:, 0], yes, yes)
    (['ok'], ['at-bound: gain'])
    """
    found = []
    for done, bound, known_of in zip(converged, at_bound, identified, strict=True):
        said = flagged("at-bound", names[1:], bound[1:])  # the first is r0
        said += flagged("not-identified", names, ~known_of)
        found.append(("; ".join(said) or "ok") if done else "not-converged")
    return found


def flagged(flag: str, names: tuple[str, ...], which: Flags) -> list[str]:
    """What a flag of some parameters reads like; nothing for none."""
    chosen = [name for name, there in zip(names, which, strict=True) if there]
    return [f"{flag}: {', '.join(chosen)}"] if chosen else []
