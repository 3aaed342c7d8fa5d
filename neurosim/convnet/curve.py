"""A curve as an activation: tabulated, smooth, and differentiable; a measured neuron is one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.interpolate import make_smoothing_spline
from torch import nn

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_number
from neurosim.data.counts import reduced

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Curve", "MeasuredRate"]

_TURNS = 8  # of reweighting a measured curve
_RESOLVED = 100_000  # drives over the whole range


class Curve(nn.Module):
    """A cubic through values and slopes on an even grid, a straight line beyond it.

    Value and derivative are continuous everywhere; it exports to ONNX.

    Parameters
    ----------
    low, high : float
        The ends of the grid.
    values, slopes : array (point,)
        The curve and its derivative there.

    Raises
    ------
    InputError
        For a grid that does not rise, fewer than two points, and what is not finite.

    Examples
    --------
    >>> square = Curve.of(lambda x: x**2, lambda x: 2 * x, -1, 1)
    >>> square(torch.tensor([-0.5, 0.1, 2.0]))
    tensor([0.2500, 0.0100, 3.0000])
    """

    cubics: torch.Tensor
    grid: torch.Tensor

    def __init__(self, low: float, high: float, values: ArrayLike, slopes: ArrayLike) -> None:
        super().__init__()
        faults = Faults(type(self).__name__)
        y, m = faults.numbers("values", values), faults.numbers("slopes", slopes)
        faults.stop()
        _check_ends(low, high, faults)
        shaped = y.ndim == 1 and y.size >= 2 and y.shape == m.shape
        faults.require(shaped, "as many values as slopes, at least 2", (y.shape, m.shape))
        finite = np.isfinite(y).all() and np.isfinite(m).all()
        faults.require(finite, "finite values and slopes", "NaN or infinity")
        faults.stop()
        self.low, self.high = float(low), float(high)
        step = (self.high - self.low) / (y.size - 1)
        up = np.diff(y)
        # a slope far steeper than both neighbouring chords is an upright corner: the chord, there
        chord = np.abs(np.r_[up[0], up, up[-1]])
        steepest = np.maximum(chord[:-1], chord[1:])
        inner = np.where(np.abs(m * step) > 10 * steepest, np.sign(m) * steepest, m * step)
        rise, fall = inner[:-1], inner[1:]
        cubics = np.stack([y[:-1], rise, 3 * up - 2 * rise - fall, rise + fall - 2 * up], 1)
        self.register_buffer("cubics", torch.tensor(cubics, dtype=torch.float64))
        self.register_buffer("grid", torch.tensor([self.low, step], dtype=torch.float64))

    @classmethod
    def of(
        cls,
        function: Callable[[Array], Array],
        slope: Callable[[Array], Array],
        low: float,
        high: float,
        points: int = 2049,
    ) -> Curve:
        """A table of a function and its derivative, both of NumPy arrays.

        Parameters
        ----------
        function, slope : callable
        low, high : float
        points : int
        """
        faults = Faults("Curve.of")
        points = faults.whole("points", points, 2)
        _check_ends(low, high, faults)
        for name, each in (("function", function), ("slope", slope)):
            faults.require(callable(each), f"{name} as a function of an array", each)
        faults.stop()
        x = np.linspace(float(low), float(high), points)
        values = faults.numbers("what function gives", function(x), x.shape)
        slopes = faults.numbers("what slope gives", slope(x), x.shape)
        faults.stop()
        return Curve(low, high, values, slopes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The curve at inputs of any shape."""
        faults = Faults(type(self).__name__)
        real = isinstance(x, torch.Tensor) and x.is_floating_point()
        faults.require(real, "a tensor of floats", getattr(x, "dtype", type(x).__name__))
        faults.stop()
        there = torch.float32 if x.device.type == "mps" else torch.float64
        cubics, grid = self.cubics.to(there), self.grid.to(there)
        t = (x.to(there) - grid[0]) / grid[1]
        inside = t.clamp(0, len(cubics))
        place = inside.detach().floor().clamp(max=len(cubics) - 1).nan_to_num()
        part = inside - place
        a, b, c, d = cubics[place.long()].unbind(-1)
        cubic = a + part * (b + part * (c + part * d))
        end = cubics[-1, 1] + 2 * cubics[-1, 2] + 3 * cubics[-1, 3]
        beyond = (t - len(cubics)).relu() * end - (-t).relu() * cubics[0, 1]
        return (cubic + beyond).to(x.dtype)

    def extra_repr(self) -> str:
        return f"{len(self.cubics) + 1} points from {self.low:g} to {self.high:g}"


class MeasuredRate(Curve):
    """The rate curve of a simulated or recorded cell, as an activation.

    The rates of all drives are smoothed by the spline that predicts left-out rates best
    (generalised cross-validation), on the scale of their square root, where the counts of any rate
    scatter alike and no rate is negative. Beyond the drives shown it goes on straight.

    Parameters
    ----------
    responses : Dataset
        Spike counts at five different drives or more.
    cell : label, "mean" or None
        Which cell; the mean over all; None where there is only one.
    drive_per_unit : float
        Drive for an input of 1.
    hz_per_unit : float
        Rate, Hz, for an output of 1.
    points : int
        Of the table.

    Raises
    ------
    InputError
        For a cell that is not there or not chosen, and for too few drives.

    Examples
    --------
    >>> from neurosim import LIF, responses_from_counts
    >>> drive = np.linspace(-1, 1, 21)
    >>> rate = LIF(noise_sd=4).rate(-60 + 15 * drive)
    >>> counts = np.random.default_rng(0).poisson(rate[:, None] * 2, (21, 10))
    >>> MeasuredRate(responses_from_counts(drive, counts, duration=2.0))
    MeasuredRate(21 drives from -1 to 1, 0.00077 to 49 Hz)
    """

    def __init__(
        self,
        responses: xr.Dataset,
        cell: Any = None,
        drive_per_unit: float = 1.0,
        hz_per_unit: float = 1.0,
        points: int = 2049,
    ) -> None:
        faults = Faults("MeasuredRate")
        for name, value in (("drive_per_unit", drive_per_unit), ("hz_per_unit", hz_per_unit)):
            faults.require(is_number(value) and 0 < value < np.inf, f"{name} > 0", value)
        points = faults.whole("points", points, 2)
        faults.stop()
        drive, rate, exposure = _measured(responses, cell)
        curve = _smooth(drive, rate, exposure)
        x = np.linspace(drive[0], drive[-1], points)
        root, steep = curve(x), curve.derivative()(x)
        super().__init__(
            drive[0] / drive_per_unit,
            drive[-1] / drive_per_unit,
            root**2 / hz_per_unit,
            2 * root * steep * drive_per_unit / hz_per_unit,
        )
        self.measured = (
            f"{len(drive)} drives from {drive[0]:.3g} to {drive[-1]:.3g}, "
            f"{root.min() ** 2:.2g} to {root.max() ** 2:.2g} Hz"
        )

    def extra_repr(self) -> str:
        return self.measured


def _check_ends(low: Any, high: Any, faults: Faults) -> None:
    """Note ends of a grid between which there is nothing."""
    rises = is_number(low) and is_number(high) and -np.inf < low < high < np.inf
    faults.require(rises, "low < high", (low, high))


def _measured(responses: xr.Dataset, cell: Any) -> tuple[Array, Array, Array]:
    """Drives in rising order, the rate at each (Hz), and the time it was counted for (s)."""
    data = reduced(responses)
    counts, labels = data.counts, data.cells.tolist()
    faults = Faults("MeasuredRate")
    if cell is None:
        faults.require(
            len(labels) == 1, "cell= one of the cells, or 'mean'", f"{len(labels)} cells"
        )
    elif not (isinstance(cell, str) and cell == "mean"):
        known = isinstance(cell, Hashable) and cell in labels
        faults.require(known, "cell among the responses' cells, or 'mean'", cell)
    faults.stop()
    rows = slice(None) if cell is None or cell == "mean" else [labels.index(cell)]
    seen = counts.exposure[rows] > 0
    x, time = counts.x[rows][seen], counts.exposure[rows][seen]
    # drives closer than a spline could tell apart are one, at their mean
    order = np.argsort(x, kind="stable")
    apart = np.diff(x[order], prepend=-np.inf) > np.ptp(x) / _RESOLVED
    which = np.empty(x.size, dtype=int)
    which[order] = np.cumsum(apart) - 1
    exposure = np.bincount(which, time).astype(float)
    drive = np.bincount(which, x * time) / exposure
    spikes = np.bincount(which, counts.spikes[rows][seen])
    faults.require(len(drive) >= 5, "at least 5 different drives", len(drive))
    faults.stop()
    return drive, spikes / exposure, exposure


def _smooth(drive: Array, rate: Array, exposure: Array) -> Any:
    """The root of the rate as a spline: iteratively reweighted least squares for Poisson counts.

    With the root as link every weight is 4 times the exposure, and the working response
    (root + rate/root)/2.
    """
    least = 0.5 / np.sqrt(exposure)  # the root of the rate at a quarter of a spike
    root = np.sqrt(rate)
    for _ in range(_TURNS):
        root = np.maximum(root, least)
        curve = make_smoothing_spline(drive, (root + rate / root) / 2, 4 * exposure)
        root = curve(drive)
    return curve
