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

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr, ndtr, ndtri

from neurosim.base.arrays import Array
from neurosim.simulation.engine import primitives

__all__ = [
    "constants",
    "second_spike_chance",
    "settled_start",
    "stationary_noise",
    "substeps",
]

_LEAST_NOISE = 1e-9  # of threshold to reset: what a noiseless cell is given, and no count notices
_START_DRAW, _NOISE_DRAW = 255, 254  # draw indices of the hash that starts use
_NEAR = 0.25  # see `synaptic`: of the mid-step spread, a near miss that counts as a crossing
_NODES = [((1 + x) / 2, w / 2) for x, w in zip(*np.polynomial.legendre.leggauss(10), strict=True)]


def constants(cells: Mapping[str, Array], dt: float) -> dict[str, Array]:
    """Everything the model holds per cell.

    Parameters
    ----------
    cells : mapping
        Arrays (cell,): mu, tau_m, noise_sd, v_threshold, v_reset, t_ref, v (the potential at the
        start) and release (the step at which a cell that starts refractory is released), and
        tau_noise where the noise is synaptic; SI units.
    dt : float
        s.
    """
    h = dt / cells["tau_m"]
    fallen = primitives.one_minus_exp(h)
    variance = fallen * (2.0 - fallen)  # 1 - exp(-2h)
    sd = np.maximum(cells["noise_sd"], _LEAST_NOISE * (cells["v_threshold"] - cells["v_reset"]))
    made = {**cells, "noise_sd": sd, "step_in_tau": h, "decay": 1.0 - fallen}
    made["rest_steps"] = cells["t_ref"] / dt
    if "tau_noise" in cells:
        margin, transition = _synaptic_transition(h, dt / cells["tau_noise"], sd)
        return {**made, **transition, "near": cells["v_threshold"] - margin}
    made["kick"] = sd * np.sqrt(variance)
    made["steepness"] = 2.0 * (1.0 - fallen) / (sd * sd * variance)
    return made


def _synaptic_transition(a: Array, b: Array, sd: Array) -> tuple[Array, dict[str, Array]]:
    """Exact transition of (v, noise) over a step of a = dt/tau_m, b = dt/tau_noise; and the margin.

    With x the time to the end of the step in steps, white noise then acts on the noise with weight
    exp(-b x), and on v with a (exp(-a x) - exp(-b x))/(b - a), written so that nothing cancels when
    tau_noise is near tau_m. The integrals of their products are smooth and taken by Gauss's rule
    (to 1e-15 for b <= 1), that of the rest of v's weight from its regression on the other also: a
    difference of variances would cancel to a small part of their size.
    """

    def to_noise(x: float) -> Array:
        weight: Array = 1.0 - primitives.one_minus_exp(b * x)
        return weight

    def to_v(x: float) -> Array:
        apart = np.abs(b - a) * x + 1e-30
        slower = 1.0 - primitives.one_minus_exp(np.minimum(a, b) * x)
        weight: Array = a * x * slower * (primitives.one_minus_exp(apart) / apart)
        return weight

    def integral(f: Callable[[float], Array]) -> Array:
        total: Array = np.sum([w * f(x) for x, w in _NODES], axis=0)
        return total

    alone = integral(lambda x: to_noise(x) ** 2)
    follow = integral(lambda x: to_noise(x) * to_v(x)) / alone
    rest = integral(lambda x: (to_v(x) - follow * to_noise(x)) ** 2)
    intensity = sd * sd * (1.0 + b / a) * 2.0 * b  # of the noise: twice its variance times b
    margin = _NEAR * a * np.sqrt(intensity / 192.0)
    return margin, {
        "feed": to_v(1.0),
        "decay_noise": to_noise(1.0),
        "follow": follow,
        "kick_noise": np.sqrt(intensity * alone),
        "kick": np.sqrt(intensity * rest),
    }


def substeps(tau_noise: ArrayLike, dt: float) -> int:
    """Into how many parts a step is divided for synaptic noise: to tau_noise/5 or finer.

    Examples
    --------
    >>> substeps([1e-3, 5e-3], dt=5e-4)
    3
    """
    return max(1, int(np.ceil(5.0 * dt / float(np.min(tau_noise)) - 1e-9)))


def stationary_noise(
    cells: Mapping[str, Array], seed: int, own: float = 1.0, common: float = 0.0
) -> Array:
    """Synaptic noise at the start: its stationary standard deviation times a hash of its own."""
    rest = (0, _NOISE_DRAW, seed & 0xFFFFFFFF, seed >> 32)
    normal = primitives.normal_cos(cells["cell"], cells["stimulus"], cells["trial"], *rest)
    if common:
        everyone = np.full(len(normal), -1)
        shared = primitives.normal_cos(everyone, cells["stimulus"], cells["trial"], *rest)
        normal = own * normal + common * shared
    noise: Array = cells["noise_sd"] * np.sqrt(1.0 + cells["tau_m"] / cells["tau_noise"]) * normal
    return noise


def second_spike_chance(
    mean: ArrayLike,
    *,
    noise_sd: ArrayLike,
    tau_m: ArrayLike,
    v_threshold: ArrayLike,
    v_reset: ArrayLike,
    t_ref: ArrayLike,
    dt: float,
    tau_noise: ArrayLike = 0.0,
) -> Array:
    """Chance that a step in which a cell spikes holds a second spike.

    First passage from reset of a Brownian motion with the drift and diffusion found there (inverse
    Gaussian; Schroedinger 1915), over what is left of the step after t_ref, averaged over where in
    the step the first spike falls. The engine places a second spike without noise and allows no
    third, so this must be small. Synaptic noise adds to the drift what it is at the time.

    Parameters
    ----------
    mean, noise_sd, v_threshold, v_reset : array
        Volt (or any one unit).
    tau_m, t_ref, tau_noise : array
        s.
    dt : float
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
    given = np.broadcast_arrays(mean, noise_sd, tau_m, v_threshold, v_reset, t_ref, tau_noise)
    mean, noise_sd, tau_m, v_threshold, v_reset, t_ref, tau_noise = (
        np.asarray(a, dtype=float)[..., None] for a in given
    )
    gap = v_threshold - v_reset
    drift = np.maximum(mean - v_reset, 0.0) / tau_m
    variance = 2.0 * np.maximum(noise_sd, _LEAST_NOISE * gap) ** 2 / tau_m
    first = (np.arange(16) + 0.5) / 16
    left = np.maximum(dt * first - t_ref, 0.0)
    spread = np.sqrt(variance * left) + 1e-300
    slow = tau_noise > 0
    current = noise_sd * np.sqrt(1 + tau_m / np.where(slow, tau_noise, 1.0)) + _LEAST_NOISE * gap
    needed = gap * tau_m / np.maximum(left, 1e-9 * tau_m)  # of the mean above reset, to get there
    mirrored = 2.0 * drift * gap / variance + log_ndtr(-(drift * left + gap) / spread)
    white = ndtr((drift * left - gap) / spread) + np.exp(mirrored)
    chance: Array = np.where(slow, ndtr((mean - v_reset - needed) / current), white).mean(-1)
    return chance


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
    # the engine takes a release at step 0 for one of its own when the noise is synaptic
    free_from = -1.0 if "tau_noise" in cells else 0.0
    release = np.where(above & (into < 0), -into / dt, free_from)
    return np.where(release > 0, reset, v), release
