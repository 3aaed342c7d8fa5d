r"""Temporal filters of a receptive field.

A cell's drive is the real part of h * z, z being the analytic response of its spatial pair. A real
h makes the receptive field separable; a complex one turns it in space as time goes by, so that it
prefers a direction of motion (Adelson & Bergen 1985; Watson & Ahumada 1985, temporal quadrature).
Filters are scaled so that the largest |H| is 1: the drive of the best drifting grating is 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from neurosim.base.arrays import AnyArray, Array, Complexes
from neurosim.base.errors import Faults
from neurosim.base.units import in_unit

__all__ = ["BiphasicFilter", "TemporalFilter", "TemporalGabor"]

_CAUSAL = 5.3  # standard deviations from the peak, where a Gaussian is below 1e-6
_ALIASED = 1e-3  # of the best response, that frames may make of a stimulus they do not show
_MOST_FRAMES = 1_000_000  # of a filter


class TemporalFilter(ABC):
    """How a receptive field weighs the past."""

    @abstractmethod
    def response(self, frequency: ArrayLike) -> Complexes:
        """H at a temporal frequency (Hz, either sign): what becomes of exp(2 pi i f t)."""

    @abstractmethod
    def kernel(self, time: ArrayLike) -> AnyArray:
        """h at a time before the response (s), 1/s; 0 before 0."""

    @property
    @abstractmethod
    def duration(self) -> float:
        """How far back it reaches, s."""

    def on_frames(self, frame_rate: float) -> AnyArray:
        """Weights of the present frame, the one before it, and so on; (frame,).

        Raises
        ------
        InputError
            When the frames are too slow for the filter's band.
        """
        faults = Faults(type(self).__name__)
        frame_rate = faults.number("frame_rate", frame_rate, "> 0 Hz", _positive)
        faults.stop()
        f = np.linspace(0.75, 1.25, 101) * frame_rate
        aliased = np.abs(np.concatenate([self.response(f), self.response(-f)])).max()
        faults.require(
            aliased <= _ALIASED,
            f"a frame rate at which less than {_ALIASED:g} of the response is aliased",
            f"{aliased:.2g} at {frame_rate:g} Hz",
            "raise the field's frame_rate",
        )
        number = self.duration * frame_rate
        faults.require(number <= _MOST_FRAMES, f"at most {_MOST_FRAMES} frames", f"{number:g}")
        faults.stop()
        time = np.arange(int(np.ceil(self.duration * frame_rate)) + 1) / frame_rate
        return self.kernel(time) / frame_rate


@dataclass(frozen=True, init=False)
class TemporalGabor(TemporalFilter):
    r"""A complex temporal Gabor: the receptive field drifts along its wave vector.

    .. math:: h(t) = \frac{1}{\sqrt{2\pi} s}\, e^{-(t - L)^2 / 2 s^2}\, e^{2\pi i f (t - L)}

    Parameters
    ----------
    frequency : float
        Preferred temporal frequency f, Hz. The response to the opposite direction is smaller by
        exp(-(4 pi f s)^2 / 2).
    sd : float
        Envelope's standard deviation s, s. Default: 0.36 cycles of f.
    latency : float
        Of the envelope's peak L, s. Default: the least that keeps the filter causal (5.3 sd).

    Raises
    ------
    InputError
        For a latency shorter than 5.3 standard deviations, which would answer before the stimulus.

    Examples
    --------
    >>> filter = TemporalGabor(frequency=4, sd=0.08)
    >>> abs(filter.response([4, -4, 0])).round(4).tolist()
    [1.0, 0.0003, 0.1325]
    """

    frequency: float
    sd: float
    latency: float

    def __init__(self, frequency: Any = 4.0, sd: Any = None, latency: Any = None) -> None:
        faults = Faults("TemporalGabor")
        given = in_unit(frequency, "Hz", "TemporalGabor", "frequency")
        given = faults.number("frequency", given, "> 0 Hz", _positive)
        faults.stop()
        width = 0.36 / given if sd is None else in_unit(sd, "s", "TemporalGabor", "sd")
        width = faults.number("sd", width, "> 0 s", _positive)
        faults.stop()
        least = _CAUSAL * width
        late = least if latency is None else in_unit(latency, "s", "TemporalGabor", "latency")
        late = faults.number(
            "latency",
            late,
            f">= {_CAUSAL} sd = {least:.3g} s",
            lambda since: least * (1 - 1e-9) <= since < np.inf,
        )
        faults.stop()
        for name, value in (("frequency", given), ("sd", width), ("latency", late)):
            object.__setattr__(self, name, value)

    def response(self, frequency: ArrayLike) -> Complexes:
        f = _numbers(self, "frequency", frequency)
        away = 2 * np.pi * (f - self.frequency) * self.sd
        return np.exp(-(away**2) / 2 - 2j * np.pi * f * self.latency)

    def kernel(self, time: ArrayLike) -> Complexes:
        t = _numbers(self, "time", time)
        since = t - self.latency
        envelope = np.exp(-(since**2) / (2 * self.sd**2)) / (np.sqrt(2 * np.pi) * self.sd)
        return np.where(t < 0, 0.0, envelope * np.exp(2j * np.pi * self.frequency * since))

    @property
    def duration(self) -> float:
        return self.latency + 6 * self.sd


@dataclass(frozen=True)
class BiphasicFilter(TemporalFilter):
    r"""The separable filter of Adelson & Bergen (1985, J Opt Soc Am A 2:284, equation 14).

    .. math:: h(t) \propto (kt)^n e^{-kt} \left[\frac{1}{n!} - \frac{b\,(kt)^2}{(n+2)!}\right]

    Parameters
    ----------
    rate : float
        k, 1/s; larger is faster.
    order : int
        n: 3 for the faster and 5 for the slower filter of the original.
    balance : float
        b: 1 (the original) answers nothing that does not change, 0 is monophasic.

    Examples
    --------
    >>> filter = BiphasicFilter(rate=60, order=5)
    >>> abs(filter.response([0, 5])).round(3)
    array([0.  , 0.91])
    """

    rate: float = 60.0
    order: int = 5
    balance: float = 1.0

    def __post_init__(self) -> None:
        faults = Faults("BiphasicFilter")
        rate = faults.number("rate", self.rate, "> 0 per s", _positive)
        order = faults.whole("order", self.order, 1, 50)
        balance = faults.number("balance", self.balance, "in [0, 1]", lambda b: 0 <= b <= 1)
        faults.stop()
        for name, value in (("rate", rate), ("order", order), ("balance", balance)):
            object.__setattr__(self, name, value)

    def _plain(self, f: Array) -> Complexes:
        z = 1 / (1 + 2j * np.pi * f / self.rate)  # the transform of k exp(-kt)
        return z ** (self.order + 1) * (1 - self.balance * z**2)

    @cached_property
    def _largest(self) -> float:
        f = np.linspace(0, self.rate, 2001)
        best = f[np.abs(self._plain(f)).argmax()]
        step = f[1]
        found = minimize_scalar(
            lambda f: -np.abs(self._plain(f)),
            bounds=(max(best - step, 0), best + step),
            method="bounded",
            options={"xatol": 1e-12 * self.rate},
        )
        return max(float(-found.fun), float(np.abs(self._plain(np.zeros(1)))[0]))

    def response(self, frequency: ArrayLike) -> Complexes:
        return self._plain(_numbers(self, "frequency", frequency)) / self._largest

    def kernel(self, time: ArrayLike) -> Array:
        kt = self.rate * np.maximum(_numbers(self, "time", time), 0.0)
        n = self.order
        shape = kt**n * np.exp(-kt) * (1 / factorial(n) - self.balance * kt**2 / factorial(n + 2))
        kernel: Array = self.rate * shape / self._largest
        return kernel

    @property
    def duration(self) -> float:
        seconds: float = (self.order + 2 + 8 * np.sqrt(self.order + 3) + 12) / self.rate
        return seconds


def _positive(number: float) -> bool:
    return 0 < number < np.inf


def _numbers(filter: TemporalFilter, name: str, values: ArrayLike) -> Array:
    faults = Faults(type(filter).__name__)
    numbers = faults.numbers(name, values)
    faults.require(np.isfinite(numbers).all(), f"finite {name}", "NaN or infinity")
    faults.stop()
    return numbers
