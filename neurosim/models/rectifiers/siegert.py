r"""Firing rate of the leaky integrate-and-fire (LIF) neuron under a constant mean and noise.

.. math::
    \frac{1}{r} = t_{ref} + \tau \int_{(V_r-\mu)/s}^{(V_{th}-\mu)/s}
                  \sqrt\pi\, e^{u^2} (1 + \operatorname{erf} u)\, du

(Siegert 1951). μ is the mean of the free membrane potential (no threshold), s is √2 times its
standard deviation. The integrand, √π erfcx(-u), is about 1/abs(u) far above threshold, where the
limits nearly coincide, and beyond the largest float far below. Here nearly equal numbers are never
subtracted and exp(upper limit²) is divided out, so that rates and slopes have a relative accuracy
of 1e-12 from 1e-280 Hz to 1/t_ref. Potentials in mV, times in s, rates in Hz; all arguments
broadcast; each rate is followed by its derivative with respect to the mean potential.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from neurosim.base.arrays import Array
from neurosim.models.rectifiers.array_namespaces import (
    broadcast,
    dawsn,
    floats,
    of,
    positive,
    tiny,
)
from neurosim.models.rectifiers.deterministic_lif import Values, rate_and_slope

__all__ = [
    "rate_synaptic_noise",
    "rate_synaptic_noise_slope",
    "rate_white_noise",
    "rate_white_noise_slope",
]

_ALPHA = 2.0652531522312172  # √2 abs(ζ(1/2)), Fourcaud & Brunel 2002
_QUIET = 1e-100  # mV; a smaller s is no noise (the limits of the integral would overflow)
_SILENT = 100.0  # from this upper limit on the rate, of order exp(-100²), is 0 as a float

# √π erfcx(t) = 1/(t + K) + remainder, t >= 0. With z = (t - K)/(t + K) the remainder times dt/dz is
# smooth on [-1, 1]; its Chebyshev series, from mpmath (test_siegert.py computes it again).
_K = 3.0
_REMAINDER = np.array(
    [
        1.1115022444339164,
        -0.7875035573560666,
        0.21296939312580732,
        -0.041838188570072495,
        4.9799335055998465e-3,
        -1.1739207608445521e-5,
        -1.1300910637747008e-4,
        1.3625475963860778e-5,
        1.8547341508183238e-6,
        -5.475784961356593e-7,
        -2.9085660613584368e-8,
        1.977866406768488e-8,
        5.976872528776647e-10,
        -7.506059731529349e-10,
        -2.7961847405041058e-11,
        3.0284194544423036e-11,
        2.127816571611629e-12,
        -1.2463107410333686e-12,
        -1.6338461479234416e-13,
        4.820299251062221e-14,
        1.1443525118411328e-14,
        -1.4488738589155432e-15,
        -7.166661384485276e-16,
        3.785339130185271e-18,
    ]
)
_INTEGRAL = chebyshev.chebint(
    _REMAINDER
).tolist()  # the remainder's integral over t, as a series in z
_VALUE = (chebyshev.chebmul(_REMAINDER, [1.5, -2, 0.5]) / (2 * _K)).tolist()  # dz/dt is (1 - z)²/2K
_NODES = [
    (float(1 + x) / 2, float(w) / 2)
    for x, w in zip(*np.polynomial.legendre.leggauss(7), strict=True)
]


def rate_white_noise(
    mean_potential: Values,
    *,
    noise_sd: Values,
    tau_m: Values,
    v_threshold: Values,
    v_reset: Values,
    t_ref: Values,
) -> Array:
    r"""Firing rate with white noise: Siegert's formula.

    .. math:: 1/r = t_{ref} + \tau \sqrt\pi \int_{(V_r-\mu)/s}^{(V_{th}-\mu)/s}
              \operatorname{erfcx}(-u)\, du,\quad s = \sqrt2\, \sigma

    Parameters
    ----------
    mean_potential, tau_m, v_threshold, v_reset, t_ref : float or ndarray
        As for `deterministic_lif.rate_deterministic` (mV and s); μ is the mean of the
        free membrane potential.
    noise_sd : float or ndarray
        σ, the standard deviation of the free membrane potential, mV; 0 is no noise.

    Returns
    -------
    ndarray of the broadcast shape, Hz; 0 where it is below the smallest float

    Examples
    --------
    >>> cell = dict(tau_m=0.020, v_threshold=20.0, v_reset=15.0, t_ref=0.0)
    >>> print(rate_white_noise(np.array([16.42, 19.66]), noise_sd=4 / 2**0.5, **cell).round(6))
    [13.406745 35.103881]

    Source: Siegert 1951; Ricciardi 1977.
    """
    return _noisy(mean_potential, noise_sd, 0.0, tau_m, v_threshold, v_reset, t_ref)[0]


def rate_white_noise_slope(
    mean_potential: Values,
    *,
    noise_sd: Values,
    tau_m: Values,
    v_threshold: Values,
    v_reset: Values,
    t_ref: Values,
) -> Array:
    r"""Derivative of `rate_white_noise` with respect to the mean potential.

    .. math:: \frac{dr}{d\mu} = r^2 \tau \frac{\sqrt\pi}{s} \left[\operatorname{erfcx}
              \frac{\mu - V_{th}}{s} - \operatorname{erfcx} \frac{\mu - V_r}{s} \right]

    Parameters
    ----------
    mean_potential, noise_sd, tau_m, v_threshold, v_reset, t_ref : float or ndarray
        As for `rate_white_noise` (mV and s).

    Returns
    -------
    ndarray of the broadcast shape, Hz/mV

    Examples
    --------
    >>> cell = dict(tau_m=0.020, v_threshold=20.0, v_reset=15.0, t_ref=0.0)
    >>> print(rate_white_noise_slope(16.42, noise_sd=4 / 2**0.5, **cell).round(6))
    5.255422

    Source: Siegert's formula, differentiated.
    """
    return _noisy(mean_potential, noise_sd, 0.0, tau_m, v_threshold, v_reset, t_ref)[1]


def rate_synaptic_noise(
    mean_potential: Values,
    *,
    noise_sd: Values,
    tau_noise: Values,
    tau_m: Values,
    v_threshold: Values,
    v_reset: Values,
    t_ref: Values,
) -> Array:
    r"""Firing rate with synaptic (Ornstein-Uhlenbeck) noise, to first order in √(τ_s/τ).

    Siegert's formula with threshold and reset raised by s (α/2) √(τ_s/τ):

    .. math:: s = \sqrt2\, \sigma \sqrt{1 + \tau_s/\tau},\quad \alpha = \sqrt2\, |\zeta(1/2)|

    Parameters
    ----------
    mean_potential, noise_sd, tau_m, v_threshold, v_reset, t_ref : float or ndarray
        As for `rate_white_noise` (mV and s); σ is again that of the free membrane potential.
    tau_noise : float or ndarray
        Time constant of the noise τ_s, s; 0 is white noise.

    Returns
    -------
    ndarray of the broadcast shape, Hz
        The formula takes the noise after the refractory period to be what it was at the spike: it
        holds for t_ref well below τ_s and τ_s well below τ.

    Examples
    --------
    >>> cell = dict(tau_m=0.020, v_threshold=20.0, v_reset=15.0, t_ref=0.0)
    >>> noise_sd = 4 / 2**0.5 / 1.025**0.5
    >>> print(rate_synaptic_noise(16.42, noise_sd=noise_sd, tau_noise=0.0005, **cell).round(6))
    10.209423

    Source: Fourcaud & Brunel 2002.
    """
    return _noisy(mean_potential, noise_sd, tau_noise, tau_m, v_threshold, v_reset, t_ref)[0]


def rate_synaptic_noise_slope(
    mean_potential: Values,
    *,
    noise_sd: Values,
    tau_noise: Values,
    tau_m: Values,
    v_threshold: Values,
    v_reset: Values,
    t_ref: Values,
) -> Array:
    r"""Derivative of `rate_synaptic_noise` with respect to the mean potential.

    The equation is that of `rate_white_noise_slope`, with threshold, reset and s as they are in
    `rate_synaptic_noise`.

    Parameters
    ----------
    mean_potential, noise_sd, tau_noise, tau_m, v_threshold, v_reset, t_ref : float or ndarray
        As for `rate_synaptic_noise` (mV and s).

    Returns
    -------
    ndarray of the broadcast shape, Hz/mV

    Examples
    --------
    >>> cell = dict(tau_m=0.020, v_threshold=20.0, v_reset=15.0, t_ref=0.0)
    >>> print(rate_synaptic_noise_slope(16.42, noise_sd=2.8, tau_noise=0.0005, **cell).round(6))
    4.532091

    Source: the formula of Fourcaud & Brunel 2002, differentiated.
    """
    return _noisy(mean_potential, noise_sd, tau_noise, tau_m, v_threshold, v_reset, t_ref)[1]


def _noisy(
    mean_potential: Any,
    noise_sd: Any,
    tau_noise: Any,
    tau_m: Any,
    v_threshold: Any,
    v_reset: Any,
    t_ref: Any,
) -> tuple[Array, Array]:
    """Rate and slope with noise, and without where noise_sd is 0."""
    mean_potential, noise_sd, tau_noise, tau_m, v_threshold, v_reset = floats(
        mean_potential, noise_sd, tau_noise, tau_m, v_threshold, v_reset
    )
    where = of(mean_potential).where
    ratio = tau_noise / tau_m
    s = noise_sd * (2 * (1 + ratio)) ** 0.5
    quiet = s < max(_QUIET, tiny(mean_potential, 3))  # the latter in single precision
    s = where(quiet, 1.0, s)
    upper = (v_threshold - mean_potential) / s + _ALPHA / 2 * ratio**0.5
    width = (v_threshold - v_reset) / s
    scale, integral, difference = _siegert(upper.clip(max=_SILENT), width)
    scale = where(width > 0, scale, 1.0)  # a cell that is reset to its threshold fires at once
    interval = t_ref * scale + tau_m * integral
    rate, slope = rate_and_slope(mean_potential, tau_m, v_threshold, v_reset, t_ref)
    noisy_slope = tau_m * scale * difference / (s * interval**2)
    return where(quiet, rate, scale / interval)[()], where(quiet, slope, noisy_slope)[()]


def _siegert(upper: Any, width: Any) -> tuple[Any, Any, Any]:
    """A scale exp(-max(upper, 0)²); times it, Siegert's integral and its integrand's difference."""
    exp, expm1, where = of(upper).exp, of(upper).expm1, of(upper).where
    least = of(upper).minimum
    upper, width = broadcast(upper, width)
    lower = upper - width
    # the range below 0: the nearer end in abs(u), and the length; the same above 0
    below = _erfcx_between(positive(-upper), least(positive(-lower), width))
    near, length = positive(lower), least(positive(upper), width)
    above = _erfcx_between(near, length)
    # above 0, erfcx(-u) = 2 exp(u²) - erfcx(u), and exp(u²) integrates to exp(u²) dawsn(u)
    far = near + length
    exponent = length * (near + far)  # far² - near²
    brief = sum(w * exp(-x * length * (2 * far - x * length)) for x, w in _NODES) * length
    growth = where(exponent < 0.5, brief, dawsn(far) - exp(-exponent) * dawsn(near))
    scale = exp(-far * far)
    integral = scale * (below[0] - above[0]) + 2 * math.sqrt(math.pi) * growth
    difference = scale * (below[1] + above[1]) - 2 * math.sqrt(math.pi) * expm1(-exponent)
    return scale, integral, difference


def _erfcx_between(start: Any, length: Any) -> tuple[Any, Any]:
    """Integral of √π erfcx(t) over a stretch of t >= 0, and by how much √π erfcx falls over it."""
    at_start, at_end = 1 / (start + _K), 1 / (start + length + _K)
    z, z_end = 1 - 2 * _K * at_start, 1 - 2 * _K * at_end
    drop = length * at_end * at_start  # of 1/(t + K)
    logarithm = of(start).log1p(length * at_start)
    area = logarithm + 2 * _K * drop * _quotient(_INTEGRAL, z, z_end)
    return area, drop * (1 - 2 * _K * _quotient(_VALUE, z, z_end))


def _quotient(series: list[float], x: Any, y: Any) -> Any:
    """(p(x) - p(y)) / (x - y) of a Chebyshev series p, also where x and y (nearly) coincide.

    Clenshaw's recurrence for p(x), b = c + 2x b' - b'', less the same for p(y), over x - y.
    """
    b = b_before = d = d_before = 0 * x
    for c in series[:0:-1]:
        d, d_before = 2 * (b + y * d) - d_before, d
        b, b_before = 2 * x * b + (c - b_before), b
    return b + y * d - d_before
