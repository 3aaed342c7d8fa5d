"""What a rectifier keeps of its input, each measure with its standard error.

Every measure is a function of sums over blocks of the input; its standard error is the
delete-one-block jackknife's (Efron 1982). The definitions are in `what_is_kept`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.analysis.information_kept.conditional_mean import conditional_mean
from neurosim.analysis.information_kept.ensemble import Ensemble, Outputs
from neurosim.base.arrays import AnyArray, Array, Flags

__all__ = ["at_rest", "energy_passed", "gradient", "noise_passed", "readouts", "sparseness"]

Estimate = tuple[float, float]
"""A value and its standard error."""

NONE: Estimate = (np.nan, np.nan)
# nodes over the noise on the drive, SDs: even ones, whose error at a corner is of either sign from
# drive to drive, and for a smooth rectifier none; with nine of Gauss and Hermite a ReLU passed
# 0.285 of the noise in place of 0.2825
_NODES = np.linspace(-7.0, 7.0, 57)
_STREAM = 6  # of the seed: noise that is independent of what the same seed made elsewhere
_SAME = 1e-24  # of the squares, at which their variation is rounding
_NO_SLOPE = 1e-12  # of the steepest, at which a unit no longer learns


def jackknife(sums: Array, statistic: Callable[[Array], Array]) -> Estimate:
    """A statistic of sums and its standard error.

    Parameters
    ----------
    sums : array (sum, block)
    statistic : callable
        From (sum, ...) to (...).

    Examples
    --------
    >>> value, error = jackknife(np.array([[1.0, 2, 3, 4], [1, 1, 1, 1]]), lambda s: s[0] / s[1])
    >>> value, round(error, 4)  # of a mean: the standard error
    (2.5, 0.6455)
    """
    total, blocks = sums.sum(1), sums.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(total))
        without = statistic(total[:, None] - sums)
    if not np.isfinite(value):
        return NONE
    return value, float(np.sqrt((blocks - 1) * np.var(without)))


def readouts(
    outputs: Outputs, ensemble: Ensemble, output_noise: float, seed: int
) -> dict[str, Estimate]:
    """Energy, phase and the negative side, read off held-out outputs."""
    x = ensemble.x.ravel()
    y = outputs.f.reshape(len(outputs.f), -1)
    if output_noise > 0:
        spread = output_noise * np.sqrt(np.mean(y**2))
        y = y + spread * np.random.default_rng([seed, _STREAM]).standard_normal(y.shape)
    odd = np.broadcast_to(ensemble.block % 2 == 1, ensemble.x.shape).ravel()
    sign = np.sign(x)
    everywhere = np.ones(x.size, dtype=bool)
    energy, sign_read = _held_out(y, np.stack([x**2, sign]), odd, everywhere)
    (side,) = _held_out(y, x[None], odd, x < 0)
    explained = {
        name: _explained(read, ensemble)
        for name, read in (("energy kept", energy), ("negative side kept", side))
    }
    read, reference, _ = sign_read
    called = read > reference  # more often positive than the others are
    counts = [called & (sign > 0), sign > 0, called & (sign < 0), sign < 0]
    phase = _sums(ensemble, *counts)
    kept = jackknife(phase, lambda s: s[0] / s[1] - s[2] / s[3])
    return {**explained, "phase kept": NONE if np.isnan(read).any() else kept}


def energy_passed(outputs: Outputs, ensemble: Ensemble) -> Estimate:
    """E[f^2] over that of the drives it takes; only for outputs in the drive's unit."""
    if outputs.rectifier.power != 1:
        return NONE
    drive = ensemble.x**2
    if "quadrature" in outputs.rectifier.regressors:
        drive = drive + ensemble.regressors["quadrature"] ** 2
    return jackknife(_sums(ensemble, outputs.f**2, drive), lambda s: s[0] / s[1])


def at_rest(outputs: Outputs, ensemble: Ensemble, rest: float) -> dict[str, Estimate]:
    """Share of outputs at rest, and of units that are dead."""
    f, slope = outputs.f, np.abs(outputs.slope)
    quiet = np.abs(f) <= rest * np.sqrt(np.mean(f**2))
    share = jackknife(_sums(ensemble, quiet, np.ones_like(f)), lambda s: s[0] / s[1])
    if "unit" not in ensemble.axes:
        return {"at rest": share, "dead units": NONE}
    over = (0, 2, 3, 4)
    flat = slope.max(over) <= _NO_SLOPE * max(1.0, float(slope.max()))
    dead = flat & (np.ptp(f, axis=(2, 3, 4)) == 0).all(0)
    near = (dead.sum() + 2) / (
        dead.size + 4
    )  # Agresti & Coull 1998: none of few may be some of many
    error = float(np.sqrt(near * (1 - near) / (dead.size + 4)))
    return {"at rest": share, "dead units": (float(dead.mean()), error)}


def sparseness(outputs: Outputs, ensemble: Ensemble) -> Estimate:
    """1 - E[|f|]^2 / E[f^2] over all paths (Treves & Rolls 1991; Vinje & Gallant 2000)."""
    size = np.abs(outputs.f)
    sums = _sums(ensemble, size, size**2, np.ones_like(size))
    return jackknife(sums, lambda s: 1 - s[0] ** 2 / (s[1] * s[2]))


def gradient(outputs: Outputs, ensemble: Ensemble) -> dict[str, Estimate]:
    """Mean size of the slope, and its root mean square where the drive is negative."""
    squared = (outputs.slope**2).sum(0)
    below = ensemble.x < 0
    mean = jackknife(
        _sums(ensemble, np.sqrt(squared), np.ones_like(squared)), lambda s: s[0] / s[1]
    )
    small = jackknife(_sums(ensemble, squared * below, below), lambda s: np.sqrt(s[0] / s[1]))
    return {"mean gradient": mean, "noise passed (small)": small}


def noise_passed(outputs: Outputs, ensemble: Ensemble, noise: float) -> Estimate:
    """SD of f(x + e) over e, per SD of e, where the drive is negative; e is Gaussian."""
    below = ensemble.x < 0
    if not below.any():
        return NONE
    each = outputs.rectifier
    drive = ensemble.x[below]
    regressors = [ensemble.regressors[name][below] for name in each.regressors]
    weights = np.exp(-(_NODES**2) / 2)
    weights /= weights.sum()
    moved = np.array(
        [
            np.stack(each.paths(drive + noise * node, *regressors, *outputs.parameters))
            for node in _NODES
        ]
    )
    mean = np.tensordot(weights, moved, 1)
    spread = np.zeros(ensemble.x.shape)
    spread[below] = np.tensordot(weights, (moved - mean) ** 2, 1).sum(0)
    return jackknife(_sums(ensemble, spread, below), lambda s: np.sqrt(s[0] / s[1]) / noise)


def _held_out(y: Array, targets: Array, odd: Flags, among: Flags) -> list[Array]:
    """Each target as read from the other half, the other half's mean, and itself; (3, sample)."""
    found = np.full((len(targets), 3, y.shape[1]), np.nan)
    found[:, 2] = targets
    found[:, :2, ~among] = 0.0
    found[:, 2, ~among] = 0.0
    for half in (odd, ~odd):
        learn, read = among & ~half, among & half
        found[:, 0, read] = conditional_mean(y[:, learn], targets[:, learn], y[:, read])
        if learn.any():
            found[:, 1, read] = targets[:, learn].mean(1, keepdims=True)
    return list(found)


def _explained(read: Array, ensemble: Ensemble) -> Estimate:
    """1 - squared error over that of the mean, both learnt from the other half."""
    predicted, mean, target = read
    if np.isnan(read).any():
        return NONE
    sums = _sums(ensemble, (target - predicted) ** 2, (target - mean) ** 2)
    if sums[1].sum() <= _SAME * (target**2).sum():  # nothing varies, so nothing is explained
        return NONE
    return jackknife(sums, lambda s: 1 - s[0] / s[1])


def _sums(ensemble: Ensemble, *values: AnyArray) -> Array:
    return np.array([ensemble.blocks(np.asarray(each, dtype=float)) for each in values])
