"""Modulation of a response over stimulus phase: F1/F0 and its kin."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, divided
from neurosim.base.errors import Faults

__all__ = ["modulation"]


def modulation(
    rate: ArrayLike, phase: ArrayLike, harmonic: int = 1, baseline: ArrayLike = 0.0
) -> Array:
    r"""Amplitude of a harmonic over the mean: F1/F0 for the first.

    .. math:: F_n/F_0 = 2\,\Big|\sum_j r_j e^{-i n \phi_j}\Big| \Big/ \sum_j (r_j - b)

    Parameters
    ----------
    rate : array (phase, ...)
        Rates at equally spaced phases of whole cycles, Hz.
    phase : array (phase,)
        deg.
    harmonic : int
        n.
    baseline : float or array (...)
        Spontaneous rate b taken off the mean, Hz. 0 by default: say so when you publish it.

    Returns
    -------
    ndarray (...)
        NaN where the mean does not exceed the baseline.

    Raises
    ------
    InputError
        When the phases are not equally spaced over whole cycles, or too few for the harmonic.

    References
    ----------
    Skottun et al. 1991, Vision Res 31:1079.

    Examples
    --------
    >>> phase = np.arange(0, 360, 5)
    >>> modulation(np.maximum(np.cos(np.deg2rad(phase)), 0), phase).round(3)
    np.float64(1.572)
    """
    faults = Faults("modulation")
    rates, degrees = faults.numbers("rate", rate), faults.numbers("phase", phase)
    off = faults.numbers("baseline", baseline)
    faults.stop()
    harmonic = faults.whole("harmonic", harmonic)
    faults.require(degrees.ndim == 1, "phase of shape (phase,)", degrees.shape)
    faults.require(
        rates.ndim >= 1 and rates.shape[0] == degrees.size, f"{degrees.size} rates", rates.shape
    )
    faults.require(np.isfinite(degrees).all(), "finite phases", "NaN or infinity")
    beside = off.shape in ((), rates.shape[1:])
    faults.require(beside, f"baseline as one number or {rates.shape[1:]}", off.shape)
    resting = np.isfinite(off).all() and (off >= 0).all()
    faults.require(resting, "finite baseline >= 0 Hz", baseline)
    faults.require(degrees.size > 2 * harmonic, f"more than {2 * harmonic} phases", degrees.size)
    faults.stop()
    step = np.diff(degrees)
    per_cycle = 360 / abs(step[0]) if step[0] else 0.0
    faults.require(
        per_cycle > 2 * harmonic * (1 + 1e-9),
        f"more than {2 * harmonic} phases in each cycle",
        f"{per_cycle:g}",
        "fewer alias one harmonic with another",
    )
    cycles = degrees.size * step[0] / 360
    even = np.allclose(step, step[0], rtol=0, atol=1e-6)
    whole = abs(cycles - round(cycles)) < 1e-6 and round(cycles) != 0
    faults.require(
        even and whole,
        "equally spaced phases over whole cycles",
        f"{degrees.size} phases from {degrees[0]:g} to {degrees[-1]:g} deg",
        "leave out the end point that repeats the first",
    )
    faults.stop()
    wave = np.exp(-1j * harmonic * np.deg2rad(degrees))
    amplitude = 2 * np.abs(np.tensordot(wave, rates, axes=(0, 0)))
    return divided(amplitude, (rates - off).sum(0))[()]
