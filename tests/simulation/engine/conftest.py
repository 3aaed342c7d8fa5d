"""An independent oracle for the engine: a LIF cell's intervals from a Volterra equation.

Buonocore, Nobile & Ricciardi (1987): for dY = -Y dt + sqrt(2) dW from y0 to a constant threshold S,

    g(t) = -2 psi(S, t | y0, 0) + 2 int_0^t g(u) psi(S, t | S, u) du,

psi(S, t | y, u) = f(S, t | y, u) (S/2 - (S - y exp(-(t-u)))/(1 - exp(-2(t-u)))),

f being the free density.
"""

from dataclasses import dataclass

import numpy as np
import pytest

STEPS_PER_TAU = 400


@dataclass(frozen=True)
class Intervals:
    """Distribution of intervals without refractory period, in membrane time constants."""

    time: np.ndarray
    cumulative: np.ndarray

    def __call__(self, t):
        return np.interp(t, self.time, self.cumulative)

    @property
    def mean(self):
        return float(np.sum(1 - self.cumulative) * (self.time[1] - self.time[0]))


def _interval_distribution(threshold, reset):
    """For threshold and reset relative to the mean, in noise SDs; at least 0.99999 of its mass."""
    step = 1 / STEPS_PER_TAU
    length = 40
    while True:
        found = _solve(threshold, reset, step, length)
        if found.cumulative[-1] > 0.99999:
            return found
        length *= 2


def _solve(threshold, reset, step, length):
    t = step * np.arange(1, round(length / step) + 1)
    fallen, variance = np.exp(-t), 1 - np.exp(-2 * t)

    def psi(y):
        ahead = threshold - y * fallen
        free = np.exp(-(ahead**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
        return free * (threshold / 2 - ahead / variance)

    kernel, density = psi(threshold), -2 * psi(reset)
    for i in range(1, t.size):
        density[i] += 2 * step * (density[:i] @ kernel[i - 1 :: -1])
    cumulative = np.cumsum(density) * step - density * step / 2
    return Intervals(np.r_[0, t], np.r_[0, cumulative])


@pytest.fixture(scope="session")
def interval_distribution():
    """The solution of that equation, for threshold and reset in noise SDs about the mean."""
    return _interval_distribution
