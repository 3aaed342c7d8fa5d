r"""One Gabor quadrature pair: its spectrum, its two members, its normalisation.

Along the carrier (position u from the centre, envelope SD s, carrier k in rad/deg, K = k s) the
even member is the Gabor with its mean removed, exp(-u^2/2s^2) (cos k u - c), c = exp(-K^2/2). Its
spectrum is proportional to

.. math:: G(\kappa) = e^{-(\kappa^2 s^2 + K^2)/2} (\cosh(\kappa s K) - 1) \ge 0,

so the pair responds with G(kappa) to a grating of frequency kappa, peaks where
kappa = k coth(kappa s K / 2), and is blind to the mean. The odd member is the Hilbert transform
of the even one; together they are the real and imaginary parts of the analytic signal

.. math:: A(u) = \tfrac{c}{2}\,[w(\tfrac{u/s - iK}{\sqrt 2}) + w(\tfrac{u/s + iK}{\sqrt 2})
                 - 2 w(\tfrac{u/s}{\sqrt 2})],

w being the Faddeeva function. A cell of phase phi is the real part of A exp(i phi), so phases
0, 90, 180, 270 deg are an exact quadrature set at every frequency, which a sine and a cosine
Gabor of the same envelope are not once the mean is removed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import wofz

from neurosim.base.arrays import Array, Complexes
from neurosim.base.errors import Faults

__all__ = ["analytic_profile", "carrier_ratio", "nx_of_sigma", "relative_gain", "spectrum_peak"]


def carrier_ratio(nx: ArrayLike) -> Array:
    """Preferred spatial frequency over carrier frequency; a little above 1.

    It solves rho = coth(K^2 rho / 2), K = 2 pi nx.

    Parameters
    ----------
    nx : float or array
        Envelope SD along the carrier, in carrier cycles (Ringach 2002).

    Returns
    -------
    ndarray
        Same shape as `nx`.

    Examples
    --------
    >>> carrier_ratio(0.365).round(6)
    np.float64(1.009916)
    """
    half = (2 * np.pi * np.asarray(nx, dtype=float)) ** 2 / 2
    ratio = np.maximum(
        1.0, np.sqrt(2 / half) / 1.2
    )  # the solution goes as sqrt(1/half) for small K
    for _ in range(60):  # Newton on rho - coth(half rho), convex and monotone
        coth = 1 / np.tanh(half * ratio)
        step = (ratio - coth) / (1 + half * (coth**2 - 1))
        ratio = ratio - step
        if np.all(np.abs(step) < 1e-15 * ratio):
            break
    return ratio


def nx_of_sigma(
    along: ArrayLike, across: ArrayLike, spatial_frequency: ArrayLike
) -> tuple[Array, Array]:
    """Envelope widths nx, ny in carrier cycles, of envelopes given in degrees.

    The carrier is what makes `spatial_frequency` the preferred one: with q = 2 pi f sigma,
    K = 2 pi nx solves q = K coth(K q / 2).

    Parameters
    ----------
    along, across : float or array
        Envelope SDs along and across the carrier, deg.
    spatial_frequency : float or array
        Preferred, cycles/deg.

    Raises
    ------
    InputError
        When f sigma is not above 1 / (sqrt 2 pi) = 0.2251 cycles: no zero-mean pair is broader.

    Examples
    --------
    >>> nx_of_sigma(0.2, 0.25, 2.0)
    (np.float64(0.39852...), np.float64(0.49815...))
    """
    faults = Faults("GaborBank")
    given = {"sigma along": along, "sigma across": across, "spatial_frequency": spatial_frequency}
    along, across, f = (faults.numbers(name, values) for name, values in given.items())
    faults.stop()
    try:
        np.broadcast_shapes(along.shape, across.shape, f.shape)
    except ValueError:
        faults.add(f"expected one sigma per cell or one for all, got {along.shape} and {f.shape}")
        faults.stop()
    for name, values in zip(given, (along, across, f), strict=True):
        positive = values.size > 0 and np.isfinite(values).all() and (values > 0).all()
        faults.require(positive, f"{name} > 0 and finite", values)
    faults.stop()
    broad = f * along <= 1 / (np.sqrt(2) * np.pi)
    faults.require(
        not broad.any(),
        "sigma * spatial_frequency > 0.2251 cycles along the carrier",
        (f * along).min(),
        "no zero-mean Gabor pair is broader",
    )
    faults.stop()
    q = 2 * np.pi * f * along
    low, high = np.zeros_like(q), q.copy()  # K coth(K q / 2) rises from 2 / q to beyond q
    for _ in range(60):
        middle = (low + high) / 2
        above = middle > q * np.tanh(middle * q / 2)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    nx = (low + high) / (4 * np.pi)
    return nx, across * f / carrier_ratio(nx)


def relative_gain(along: ArrayLike, across: ArrayLike, nx: ArrayLike, ny: ArrayLike) -> Array:
    """Response of a quadrature pair to a grating, relative to its best grating.

    Parameters
    ----------
    along, across : array
        Components of the grating's frequency along and across the pair's own wave vector, in
        units of the pair's preferred spatial frequency.
    nx, ny : array
        Envelope SDs along and across the carrier, in carrier cycles.

    Returns
    -------
    ndarray
        Signed as `along` is (a grating moving through the odd member the other way), broadcast;
        its magnitude is 1 at along = 1, across = 0.

    Examples
    --------
    >>> relative_gain([1, 1, 0, -1], [0, 0.5, 0, 0], 0.365, 0.445).round(4)
    array([ 1.    ,  0.3691,  0.    , -1.    ])
    """
    along, across, nx, ny = np.broadcast_arrays(along, across, nx, ny)
    ratio = carrier_ratio(nx)
    k = 2 * np.pi * nx
    frequency = along * ratio * k  # kappa s
    spread = across * ratio * 2 * np.pi * ny
    size = _spectrum(np.abs(frequency), k) / _spectrum(ratio * k, k)
    gain: Array = np.sign(along) * size * np.exp(-(spread**2) / 2)
    return gain


def _spectrum(x: Array, k: Array) -> Array:
    """exp(-(x^2 + k^2)/2) (cosh(x k) - 1) for x >= 0, without overflow or cancellation."""
    spectrum: Array = 0.5 * np.exp(-((x - k) ** 2) / 2) * np.expm1(-x * k) ** 2
    return spectrum


def spectrum_peak(sigma_x: Array, sigma_y: Array, nx: Array) -> Array:
    """Amplitude of the pair's spectrum at its preferred frequency, deg^2: the pair's response,
    with kernels as `analytic_profile` gives them, to its optimal grating of contrast 1."""
    k = 2 * np.pi * nx
    return 2 * np.pi * sigma_x * sigma_y * _spectrum(carrier_ratio(nx) * k, k)


def analytic_profile(u: Array, nx: ArrayLike) -> Complexes:
    """Analytic signal of the zero-mean Gabor along its carrier.

    Parameters
    ----------
    u : array
        Position along the carrier, in envelope SDs.
    nx : float or array
        Envelope SD in carrier cycles; broadcast against `u`.

    Returns
    -------
    complex ndarray
        Real part: the even member; imaginary part: its Hilbert transform.

    Examples
    --------
    >>> analytic_profile(np.array([0.0, 1.0]), 0.365).round(6)
    array([ 0.927904+0.j      , -0.444834+0.420096j])
    """
    k = 2 * np.pi * np.asarray(nx, dtype=float)
    # c w((u - iK)/sqrt 2) is written out of its growing part: w(z) = 2 exp(-z^2) - w(-z)
    envelope = np.exp(-(u**2) / 2)
    c = np.exp(-(k**2) / 2)
    above = wofz((u + 1j * k) / np.sqrt(2))
    below = 2 * envelope * np.exp(1j * k * u) - c * wofz((-u + 1j * k) / np.sqrt(2))
    profile: Complexes = 0.5 * (below + c * above - 2 * c * wofz(u / np.sqrt(2)))
    return profile
