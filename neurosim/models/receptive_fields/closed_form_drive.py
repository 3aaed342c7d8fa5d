r"""What Gabor cells make of stimuli that have a closed form.

A pair's analytic response z (its real part turned by the cell's phase is the drive) to a wave of
amplitude a, wave vector :math:`\kappa` and phase :math:`\theta` is

.. math:: z(t) = P e^{i\omega t} + Q e^{-i\omega t},\quad
          P = \tfrac a2 e^{-i\theta} \hat A_W(\kappa),\quad
          Q = \tfrac a2 e^{i\theta} \hat A_W(-\kappa),

:math:`\hat A_W` being the Fourier transform of the analytic kernel under the wave's window: twice
the pair's spectrum on its own side and nothing on the other without a window, and under a Gaussian
one the integral of three Gaussians over a half plane, a Faddeeva function. A step across an edge is
the integral of the spectrum over frequency, taken by Gauss-Legendre quadrature.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import wofz

from neurosim.base.arrays import Array, Complexes, Indices
from neurosim.models.receptive_fields.gabor import relative_gain, spectrum_peak
from neurosim.models.receptive_fields.gabor_cells import GaborCells
from neurosim.stimuli import Steps, Waves

__all__ = ["Phasors", "phasors", "step_response"]

_NODES = 32  # of Gauss-Legendre quadrature, and pi more for each turn of the integrand


_FAR = 60.0  # envelope SDs from which on an edge is known by its tail, to 1e-8


@lru_cache(maxsize=32)
def _gauss_legendre(nodes: int) -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(nodes)


class Phasors(NamedTuple):
    """z(t) = forward e^(i w t) + backward e^(-i w t), w = 2 pi frequency, of each component."""

    stimulus: Indices  # (component,)
    frequency: Array  # (component,), Hz, may be negative
    forward: Complexes  # (component, cell): runs along the cell's wave vector
    backward: Complexes  # (component, cell)


def phasors(waves: Waves, cells: GaborCells) -> Phasors:
    """The analytic response of every cell to every component, the cell's phase included.

    Examples
    --------
    >>> from neurosim.models.receptive_fields.bank import GaborBank
    >>> from neurosim.stimuli import Gratings
    >>> form = Gratings(0, 2, phase=60).closed_form(10.0)
    >>> z = phasors(form.waves, GaborBank(0, 2).cells)
    >>> complex((z.forward + z.backward)[0, 0].round(3))
    (0.5-0.866j)
    """
    windowed = np.isfinite(waves.window_sd)
    count, many = len(waves.stimulus), len(cells.phase)
    forward, backward = np.zeros((2, count, many), dtype=complex)
    for some, response in ((~windowed, _plain), (windowed, _windowed)):
        chosen = np.flatnonzero(some)
        for part in np.array_split(chosen, max(1, chosen.size * many // 200_000)):
            if part.size:
                forward[part], backward[part] = response(waves.part(part), cells)
    turn = np.exp(1j * np.deg2rad(cells.phase))
    return Phasors(waves.stimulus, waves.temporal_frequency, forward * turn, backward * turn)


def _at_centres(waves: Waves, cells: GaborCells) -> tuple[Array, Array, Array]:
    """Frequency along and across each cell's wave vector (cycles/deg), and the wave's phase (rad)
    at the cell's centre; (component, cell) each."""
    wave = np.deg2rad(waves.orientation)[:, None]
    f = waves.spatial_frequency[:, None]
    angle = wave - np.deg2rad(cells.orientation)
    there = cells.x * np.cos(wave) + cells.y * np.sin(wave)
    return (
        f * np.cos(angle),
        f * np.sin(angle),
        (2 * np.pi * f * there + np.deg2rad(waves.phase)[:, None]),
    )


def _plain(waves: Waves, cells: GaborCells) -> tuple[Complexes, Complexes]:
    """Without a window only one of the two is there."""
    along, across, phase = _at_centres(waves, cells)
    best = cells.spatial_frequency
    gain = relative_gain(along / best, across / best, cells.nx, cells.ny)
    size = waves.amplitude[:, None] * np.abs(gain)
    zero = np.zeros_like(size)
    return (
        np.where(gain >= 0, size, zero) * np.exp(-1j * phase),
        np.where(gain < 0, size, zero) * np.exp(1j * phase),
    )


def _windowed(waves: Waves, cells: GaborCells) -> tuple[Complexes, Complexes]:
    """Under Gaussian windows."""
    along, across, phase = _at_centres(waves, cells)
    theta = np.deg2rad(cells.orientation)
    dx = waves.window_x[:, None] - cells.x
    dy = waves.window_y[:, None] - cells.y
    du = dx * np.cos(theta) + dy * np.sin(theta)
    dv = dy * np.cos(theta) - dx * np.sin(theta)
    window = (waves.window_sd[:, None], du, dv)
    half = waves.amplitude[:, None] / 2
    ku, kv = 2 * np.pi * along, 2 * np.pi * across
    return (
        half * np.exp(-1j * phase) * _transform(ku, kv, window, cells),
        half * np.exp(1j * phase) * _transform(-ku, -kv, window, cells),
    )


def _transform(
    ku: Array, kv: Array, window: tuple[Array, Array, Array], cells: GaborCells
) -> Complexes:
    """Fourier transform of the analytic kernel times a Gaussian window, at (ku, kv) rad/deg."""
    sd, du, dv = window
    su, sv = cells.sigma
    k = 2 * np.pi * cells.carrier
    # across the carrier: a product of two Gaussians
    both = 1 / (1 / sv**2 + 1 / sd**2)
    middle = both * dv / sd**2
    across = np.sqrt(2 * np.pi * both) * np.exp(
        -(dv**2) / (2 * (sv**2 + sd**2)) - 1j * kv * middle - kv**2 * both / 2
    )
    # along it: each of the spectrum's three Gaussians, on positive frequencies only
    total = su**2 + sd**2
    along = np.zeros(np.broadcast_shapes(ku.shape, du.shape), dtype=complex)
    zero = np.exp(-((k * su) ** 2) / 2)
    for weight, lobe in ((0.5, k), (0.5, -k), (-zero, 0 * k)):
        b = lobe * su**2 + ku * sd**2 + 1j * du
        z = b / np.sqrt(2 * total)
        outside = -((lobe * su) ** 2 + (ku * sd) ** 2) / 2 - 1j * ku * du
        right = b.real > 0
        # erfcx of the side on which it does not grow; the other is 2 exp(z^2) less it
        tail = wofz(np.where(right, 1j, -1j) * z) * np.exp(outside)
        # z^2 + outside, with the squares of a wide window cancelled
        away = su**2 * (lobe - ku) / total
        inside = -(away * sd**2 * (lobe - ku) + du**2 / total) / 2 + 1j * du * away
        whole = 2 * np.exp(np.where(right, inside, 0.0))
        along += weight * np.where(right, whole - tail, tail)
    along = along * np.sqrt(np.pi / 2 / total) * 2 * su * sd
    transform: Complexes = along * across / spectrum_peak(su, sv, cells.nx)
    return transform


def step_response(steps: Steps, cells: GaborCells, time: Array) -> Complexes:
    """The analytic response to steps of contrast, the cell's phase included.

    Parameters
    ----------
    steps : Steps
        (component,)
    cells : GaborCells
    time : array (time,)
        s.

    Returns
    -------
    complex ndarray (component, cell, time)
    """
    theta, own = np.deg2rad(steps.orientation), np.deg2rad(cells.orientation)
    result = np.zeros((len(theta), len(own), time.size), dtype=complex)
    turn = np.exp(1j * np.deg2rad(cells.phase))[:, None]
    for j, angle in enumerate(theta):
        centre = cells.x * np.cos(angle) + cells.y * np.sin(angle)
        edge = steps.position[j] + steps.speed[j] * time
        distance = edge - centre[:, None]  # (cell, time)
        z = _one_step(distance, np.cos(angle - own), np.sin(angle - own), cells)
        result[j] = steps.amplitude[j] * z * turn
    return result


def _one_step(distance: Array, cosine: Array, sine: Array, cells: GaborCells) -> Complexes:
    """(i / pi) times the integral over k > 0 of G(k) / k exp(i k p), conjugate from behind."""
    su, sv = cells.sigma
    along, k = np.abs(cosine), 2 * np.pi * cells.carrier
    spread = np.sqrt((along * su) ** 2 + (sine * sv) ** 2)
    top = (k * along * su**2 / spread**2 + 9 / spread)[:, None]
    far = np.abs(distance) > _FAR * spread[:, None]
    near = np.where(far, 0.0, distance)
    turns = float((top * np.abs(near)).max()) / (2 * np.pi)
    node, weight = _gauss_legendre(_NODES + 64 * int(np.ceil(3.6 * turns / 64)))
    wave = top * (node + 1) / 2  # (cell, node), rad/deg
    best = (2 * np.pi * cells.spatial_frequency)[:, None]
    gain = relative_gain(
        wave * along[:, None] / best,
        wave * sine[:, None] / best,
        cells.nx[:, None],
        cells.ny[:, None],
    )
    weighted = gain / wave * weight * top / 2
    z = np.empty(distance.shape, dtype=complex)
    for cell in range(len(distance)):
        z[cell] = np.exp(1j * near[cell][:, None] * wave[cell]) @ weighted[cell]
    # far away only the lowest frequencies count, where the spectrum goes as its curvature c k^2
    small = 1e-3 / spread
    curvature = (
        relative_gain(small * along / best[:, 0], small * sine / best[:, 0], cells.nx, cells.ny)
        / small**2
    )
    tail = -curvature[:, None] / np.where(far, distance, 1.0) ** 2
    z = 1j / np.pi * np.where(far, tail, z)
    return np.where((cosine >= 0)[:, None], z, z.conj())
