r"""What a block of LIF cells needs per step, worked out once: constants, starts, limits.

A cell's membrane over a step h is mu + (V - mu) exp(-h/tau) plus noise of standard deviation
noise_sd sqrt(1 - exp(-2h/tau)). Given both ends, the path crossed a threshold Vth between them with
probability

.. math:: \exp\Big(-\frac{2 (V_{th} - V)(V_{th} - V')}{s^2 \sinh(h/\tau)}\Big), \quad
          s = \sqrt 2\,\mathrm{noise\_sd}

(Giraudo & Sacerdote 1999). The straight threshold is a parabola in the coordinates in which the
bridge is Brownian; its mean height, (Vth - mu)(h/tau)^2/12 above the ends, is added to Vth.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr, ndtri

from neurosim.engine import primitives

__all__ = ["constants", "second_spike_chance", "settled_start"]

Array = NDArray[np.float64]

_LEAST_NOISE = 1e-9  # of threshold to reset: what a noiseless cell is given, and no count notices
_START_DRAW = 255  # the draw index of the hash that starts use


def constants(cells: Mapping[str, Array], dt: float) -> dict[str, Array]:
    """Everything the model holds per cell.

    Parameters
    ----------
    cells : mapping
        Arrays (cell,): mu, tau_m, noise_sd, v_threshold, v_reset, t_ref, v (the potential at the
        start) and release (the step at which a cell that starts refractory is released); SI units.
    dt : float
        s.
    """
    h = dt / cells["tau_m"]
    fallen = primitives.one_minus_exp(h)
    variance = fallen * (2.0 - fallen)  # 1 - exp(-2h)
    sd = np.maximum(cells["noise_sd"], _LEAST_NOISE * (cells["v_threshold"] - cells["v_reset"]))
    return {
        **cells,
        "noise_sd": sd,
        "step_in_tau": h,
        "decay": 1.0 - fallen,
        "kick": sd * np.sqrt(variance),
        "steepness": 2.0 * (1.0 - fallen) / (sd * sd * variance),
        "rest_steps": cells["t_ref"] / dt,
    }


def second_spike_chance(
    mean: ArrayLike,
    *,
    noise_sd: ArrayLike,
    tau_m: ArrayLike,
    v_threshold: ArrayLike,
    v_reset: ArrayLike,
    t_ref: ArrayLike,
    dt: float,
) -> Array:
    """Chance that a step in which a cell spikes holds a second spike.

    First passage from reset of a Brownian motion with the drift and diffusion found there (inverse
    Gaussian; Schroedinger 1915), over what is left of the step after t_ref, averaged over where in
    the step the first spike falls. The engine places a second spike without noise and allows no
    third, so this must be small.

    Parameters
    ----------
    mean, noise_sd, v_threshold, v_reset : array
        Volt (or any one unit).
    tau_m, t_ref, dt : array, float
        s.

    Returns
    -------
    ndarray
        Broadcast.

    Examples
    --------
    >>> cell = dict(noise_sd=3.0, tau_m=0.02, v_threshold=20.0, v_reset=10.0, t_ref=0.0)
    >>> bool(second_spike_chance(25.0, **cell, dt=1e-3) < 1e-4)
    True
    """
    given = np.broadcast_arrays(mean, noise_sd, tau_m, v_threshold, v_reset, t_ref)
    mean, noise_sd, tau_m, v_threshold, v_reset, t_ref = (
        np.asarray(a, dtype=float)[..., None] for a in given
    )
    gap = v_threshold - v_reset
    drift = np.maximum(mean - v_reset, 0.0) / tau_m
    variance = 2.0 * np.maximum(noise_sd, _LEAST_NOISE * gap) ** 2 / tau_m
    first = (np.arange(16) + 0.5) / 16
    left = np.maximum(dt * first - t_ref, 0.0)
    spread = np.sqrt(variance * left) + 1e-300
    mirrored = 2.0 * drift * gap / variance + log_ndtr(-(drift * left + gap) / spread)
    return (ndtr((drift * left - gap) / spread) + np.exp(mirrored)).mean(-1)


def settled_start(cells: Mapping[str, Array], dt: float, seed: int) -> tuple[Array, Array]:
    """Potential and release (in steps) of cells that have been firing for some time.

    A cell whose mean is above threshold starts anywhere in its noiseless cycle, refractory period
    included; any other starts in the free Gaussian below threshold. The noise smooths what is left
    of the difference within a few membrane time constants.
    """
    mu, threshold, reset = (cells[n] for n in ("mu", "v_threshold", "v_reset"))
    low, high = seed & 0xFFFFFFFF, seed >> 32
    where = (cells["cell"], cells["stimulus"], cells["trial"])
    u = primitives.uniform_c(*where, 0, _START_DRAW, low, high)
    above = mu > threshold
    with np.errstate(divide="ignore", invalid="ignore"):
        climb = cells["tau_m"] * np.log((mu - reset) / (mu - threshold))
        into = u * (climb + cells["t_ref"]) - cells["t_ref"]  # time since the release
        climbing = mu - (mu - reset) * np.exp(-np.maximum(into, 0.0) / cells["tau_m"])
        below = ndtr((threshold - mu) / cells["noise_sd"])
        free = mu + cells["noise_sd"] * ndtri(u * below)
    free = np.where(cells["noise_sd"] > 0, free, mu)
    v = np.where(above, climbing, np.minimum(free, threshold))
    release = np.where(above & (into < 0), -into / dt, 0.0)
    return np.where(release > 0, reset, v), release
