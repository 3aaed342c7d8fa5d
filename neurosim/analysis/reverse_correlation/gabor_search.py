r"""Where a Gabor fits an image best: starts by matched filters, least squares from the best few.

A cell of phase phi is Re(A exp(i phi)) = a Re A - b Im A, with a = cos phi, b = sin phi: phase and
amplitude are linear. For any place, orientation, frequency and widths the best a and b are solved
for exactly, and only those six are searched (variable projection, Golub & Pereyra 1973; the
Jacobian is Kaufman's, 1975).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.fft import fft2, ifft2, next_fast_len
from scipy.ndimage import maximum_filter
from scipy.optimize import least_squares
from scipy.special import dawsn, wofz

from neurosim.base.arrays import Array, Complexes, Flags
from neurosim.models.receptive_fields.gabor import carrier_ratio, relative_gain

__all__ = ["Found", "Grid", "best_gabor"]


# What is searched: x, y (deg), orientation (rad), and the logarithms of spatial frequency
# (cycles/deg), nx and ny (cycles). Narrower envelopes than 0.1 cycles differ in amplitude only.
_WIDTHS = (0.1, 3.0)
_TRIED_NX = (0.2, 0.35, 0.6)
_TRIED_NY = (0.25, 0.45, 0.8)
_PEAKS = 8
_EVALUATIONS = 200


class Grid(NamedTuple):
    """Evenly spaced pixel positions, deg: x (column,) and y (row,), in either direction."""

    x: Array
    y: Array

    @property
    def step(self) -> tuple[float, float]:
        """Along x and along y, deg."""
        return float(self.x[1] - self.x[0]), float(self.y[1] - self.y[0])


class Found(NamedTuple):
    """The best fit: the six that are searched, (a, b), the fitted image, the Jacobian (pixel, 8) in
    all eight, which of the six are on a bound, and whether the search converged."""

    searched: Array
    linear: Array
    image: Array
    jacobian: Array
    at_bound: Flags
    converged: bool


def best_gabor(image: Array, grid: Grid, starts: int, loss: str = "linear") -> Found:
    """Fit one image.

    Parameters
    ----------
    image : array (row, column)
    grid : Grid
    starts : int
        How many of the best matched filters to polish.
    loss : str
        Of SciPy's `least_squares`; one that is not linear has its scale set to the residuals'
        median absolute deviation.
    """
    scale = np.sqrt((image**2).mean())
    target = image.ravel() / scale
    low, high = _bounds(grid)
    inside = 1e-6 * np.minimum(high - low, 1.0)
    polished = [
        _polish(target, grid, np.clip(start, low + inside, high - inside), low, high)
        for start in _starts(image, grid)[:starts]
    ]
    searched, converged, _ = min(polished, key=lambda each: each[2])
    pair, slopes = _pair(searched, grid)
    linear = np.linalg.lstsq(_basis(pair), target, rcond=None)[0]
    if loss != "linear":
        searched, linear, converged = _robust(target, grid, searched, linear, loss, low, high)
        pair, slopes = _pair(searched, grid)
    jacobian = np.column_stack([_basis(slopes.T) @ linear, _basis(pair)])
    jacobian[:, :6] *= scale
    near = 1e-4 * np.minimum(high - low, 1.0)
    at_bound = (searched <= low + near) | (searched >= high - near)
    fitted = (_basis(pair) @ linear).reshape(image.shape) * scale
    return Found(searched, linear * scale, fitted, jacobian, at_bound, converged)


def _pair(searched: Array, grid: Grid) -> tuple[Complexes, Complexes]:
    """The quadrature pair on pixels, as `kernels_on` has it before its normalisation.

    Returns
    -------
    ndarray (pixel,)
        Even member + i odd member, each without its mean.
    ndarray (6, pixel)
        Its derivatives by what is searched.
    """
    x, y, theta = searched[:3]
    frequency, nx, ny = np.exp(searched[3:])
    ratio, k = float(carrier_ratio(nx)), 2 * np.pi * nx
    sx, sy = nx * ratio / frequency, ny * ratio / frequency
    cos, sin = np.cos(theta), np.sin(theta)
    dx, dy = grid.x - x, grid.y[:, None] - y
    u, v = ((dx * cos + dy * sin) / sx).ravel(), ((dy * cos - dx * sin) / sy).ravel()
    value, by_u, by_k = _profile(u, k) * np.exp(-(v**2) / 2)
    envelope = np.exp(-(u**2 + v**2) / 2)
    nothing = np.zeros_like(u)
    # derivatives of u, v, k by x, y, theta and the logarithms of carrier, sx, sy
    of_u = np.array([nothing - cos / sx, nothing - sin / sx, v * sy / sx, nothing, -u, nothing])
    of_v = np.array([nothing + sin / sy, nothing - cos / sy, -u * sx / sy, nothing, nothing, -v])
    of_k = np.array([0, 0, 0, k, k, 0])[:, None]
    slopes = of_u * by_u - of_v * v * value + of_k * by_k
    of_envelope = -envelope * (of_u * u + of_v * v)
    weight = envelope.sum()
    mean = value.sum() / weight
    of_mean = (slopes.sum(1) - mean * of_envelope.sum(1)) / weight
    value = value - mean * envelope
    slopes = slopes - of_mean[:, None] * envelope - mean * of_envelope
    return value, _chain(slopes, ratio, k)


def _chain(slopes: Complexes, ratio: float, k: float) -> Complexes:
    """Derivatives by the logarithms of frequency, nx, ny from those of carrier, sx, sy."""
    excess = (ratio**2 - 1) * k**2
    g = -excess / (1 + excess / 2)  # d log ratio / d log nx, from ratio = coth(k^2 ratio / 2)
    carrier, sx, sy = slopes[3:]
    by_frequency, by_nx = carrier - sx - sy, (1 + g) * sx + g * (sy - carrier)
    return np.array([*slopes[:3], by_frequency, by_nx, sy])


def _profile(u: Array, k: float) -> Complexes:
    """`analytic_profile` and its derivatives by u and k, (3, pixel): w' = -2 z w + const."""
    gauss, c = np.exp(-(u**2) / 2), np.exp(-(k**2) / 2)
    right = c * wofz((u + 1j * k) / np.sqrt(2))
    left = 2 * gauss * np.exp(1j * k * u) - right.conj()
    middle = 2 * c * (gauss + 2j / np.sqrt(np.pi) * dawsn(u / np.sqrt(2)))
    value = 0.5 * (left + right - middle)
    low, high = (u - 1j * k) * left, (u + 1j * k) * right
    return np.array([value, -0.5 * (low + high - u * middle), -k * value - 0.5j * (high - low)])


def _basis(pair: Complexes) -> Array:
    """What a and b multiply, along a last axis."""
    return np.stack([pair.real, -pair.imag], axis=-1)


def _bounds(grid: Grid) -> tuple[Array, Array]:
    """Centre on the pixels, frequency from a quarter cycle on them to Nyquist."""
    extent = max(np.ptp(grid.x), np.ptp(grid.y))
    lowest, highest = 0.25 / extent, 0.5 / min(abs(step) for step in grid.step)
    narrow, wide = np.log(_WIDTHS)
    low = [grid.x.min(), grid.y.min(), -np.inf, np.log(lowest), narrow, narrow]
    high = [grid.x.max(), grid.y.max(), np.inf, np.log(highest), wide, wide]
    return np.array(low), np.array(high)


def _starts(image: Array, grid: Grid) -> list[Array]:
    """For each peak of the amplitude spectrum the widths and the place of the best matched filter,
    best first. The filter's response, squared, over its energy is what a Gabor would explain."""
    shape = tuple(next_fast_len(2 * n) for n in image.shape)
    spectrum = fft2(image, shape)
    fx = np.fft.fftfreq(shape[1], grid.step[0])[None, :]
    fy = np.fft.fftfreq(shape[0], grid.step[1])[:, None]
    size = np.abs(spectrum)
    peak = (size == maximum_filter(size, 3, mode="wrap")) & ((fx > 0) | ((fx == 0) & (fy > 0)))
    where = np.argwhere(peak)
    strongest = where[np.argsort(-size[peak], kind="stable")][:_PEAKS]
    found = []
    for row, column in strongest:
        wave = fx[0, column] + 1j * fy[row, 0]
        turned = (fx + 1j * fy) * wave.conjugate() / abs(wave) ** 2
        best: tuple[float, Array] = (-1.0, np.zeros(6))
        for nx in _TRIED_NX:
            for ny in _TRIED_NY:
                gain = np.maximum(relative_gain(turned.real, turned.imag, nx, ny), 0)
                match = np.abs(ifft2(spectrum * gain))[: image.shape[0], : image.shape[1]]
                at = np.unravel_index(match.argmax(), match.shape)
                score = float(match[at] ** 2 / (gain**2).sum())
                if score > best[0]:
                    logs = np.log([abs(wave), nx, ny])
                    best = score, np.r_[grid.x[at[1]], grid.y[at[0]], np.angle(wave), logs]
        found.append(best)
    return [start for _, start in sorted(found, key=lambda each: -each[0])]


def _polish(
    target: Array, grid: Grid, start: Array, low: Array, high: Array
) -> tuple[Array, bool, float]:
    """The nearest optimum: where, whether it is one, and its sum of squares."""
    last: dict[bytes, tuple[Array, Array]] = {}

    def at(searched: Array) -> tuple[Array, Array]:
        key = searched.tobytes()
        if key not in last:
            pair, slopes = _pair(searched, grid)
            orthogonal, triangle = np.linalg.qr(_basis(pair))
            along = orthogonal.T @ target
            linear = np.linalg.lstsq(triangle, along, rcond=None)[0]
            slope = _basis(slopes.T) @ linear
            last.clear()
            last[key] = (
                orthogonal @ along - target,
                slope - orthogonal @ (orthogonal.T @ slope),
            )
        return last[key]

    found = least_squares(
        lambda p: at(p)[0],
        start,
        lambda p: at(p)[1],
        (low, high),
        x_scale="jac",
        xtol=1e-10,
        ftol=1e-12,
        gtol=1e-10,
        max_nfev=_EVALUATIONS,
    )
    return found.x, bool(found.status > 0), float(2 * found.cost)


def _robust(
    target: Array, grid: Grid, searched: Array, linear: Array, loss: str, low: Array, high: Array
) -> tuple[Array, Array, bool]:
    """All eight polished with a loss that counts outliers less."""

    def residual(p: Array) -> Array:
        return _basis(_pair(p[:6], grid)[0]) @ p[6:] - target

    def jacobian(p: Array) -> Array:
        pair, slopes = _pair(p[:6], grid)
        return np.column_stack([_basis(slopes.T) @ p[6:], _basis(pair)])

    start = np.r_[searched, linear]
    scale = max(1.4826 * float(np.median(np.abs(residual(start)))), 1e-9)
    found = least_squares(
        residual,
        start,
        jacobian,
        (np.r_[low, -np.inf, -np.inf], np.r_[high, np.inf, np.inf]),
        x_scale="jac",
        loss=loss,
        f_scale=scale,
        max_nfev=_EVALUATIONS,
    )
    return found.x[:6], found.x[6:], bool(found.status > 0)
