r"""Firing rate of the leaky integrate-and-fire (LIF) neuron without noise: its f-I curve.

.. math:: 1/r = t_{ref} + \tau \ln\frac{\mu - V_r}{\mu - V_{th}}

μ is the mean of the free membrane potential (no threshold). Potentials in mV, times in s, rates in
Hz; all arguments broadcast; the rate is followed by its derivative with respect to μ. `siegert` has
the rates with noise.
"""

from __future__ import annotations

from typing import Any

from neurosim.base.arrays import Array
from neurosim.models.rectifiers.array_namespaces import floats, of

__all__ = ["Values", "rate_and_slope", "rate_deterministic", "rate_deterministic_slope"]

Values = float | Array


def rate_deterministic(
    mean_potential: Values, *, tau_m: Values, v_threshold: Values, v_reset: Values, t_ref: Values
) -> Array:
    r"""Firing rate without noise; 0 at and below threshold.

    .. math:: 1/r = t_{ref} + \tau \ln\frac{\mu - V_r}{\mu - V_{th}}

    Parameters
    ----------
    mean_potential : float or ndarray of any shape, as are all the others
        μ, the potential the membrane would settle at, mV.
    tau_m, t_ref : float or ndarray
        Membrane time constant τ and refractory period, s.
    v_threshold, v_reset : float or ndarray
        Threshold and reset, mV; the reset is the lower.

    Returns
    -------
    ndarray of the broadcast shape, Hz

    Examples
    --------
    >>> cell = dict(tau_m=0.020, v_threshold=20.0, v_reset=0.0, t_ref=0.002)
    >>> print(rate_deterministic([20.0, 21.0, 30.0], **cell).round(4))
    [ 0.     15.9007 41.7149]

    Source: Tuckwell 1988, chapter 3.
    """
    return rate_and_slope(mean_potential, tau_m, v_threshold, v_reset, t_ref)[0]


def rate_deterministic_slope(
    mean_potential: Values, *, tau_m: Values, v_threshold: Values, v_reset: Values, t_ref: Values
) -> Array:
    r"""Derivative of `rate_deterministic` with respect to the mean potential.

    .. math:: dr/d\mu = r^2 \tau (V_{th} - V_r) / ((\mu - V_{th}) (\mu - V_r))

    Parameters
    ----------
    mean_potential, tau_m, v_threshold, v_reset, t_ref : float or ndarray
        As for `rate_deterministic` (mV and s).

    Returns
    -------
    ndarray of the broadcast shape, Hz/mV; 0 at and below threshold, unbounded just above it

    Examples
    --------
    >>> cell = dict(tau_m=0.020, v_threshold=20.0, v_reset=0.0, t_ref=0.002)
    >>> print(rate_deterministic_slope(30.0, **cell).round(4))
    2.3202

    Source: the equation of `rate_deterministic`, differentiated.
    """
    return rate_and_slope(mean_potential, tau_m, v_threshold, v_reset, t_ref)[1]


def rate_and_slope(
    mean_potential: Any, tau_m: Any, v_threshold: Any, v_reset: Any, t_ref: Any
) -> tuple[Array, Array]:
    """`rate_deterministic` and `rate_deterministic_slope` at once, of tensors too; by position."""
    mean_potential, v_threshold, v_reset = floats(mean_potential, v_threshold, v_reset)
    where, log1p = of(mean_potential).where, of(mean_potential).log1p
    span = v_threshold - v_reset
    excess = mean_potential - v_threshold
    silent = excess <= 0  # not the other way round, so that NaN stays NaN
    excess = where(silent, 1.0, excess).clip(min=1e-200 * span)
    rate = 1 / (t_ref + tau_m * log1p(span / excess))
    slope = rate**2 * tau_m * (span / excess) / (excess + span)
    return where(silent, 0.0, rate)[()], where(silent, 0.0, slope)[()]
