"""A rectifier as a layer of a network, made from the one formula that fits and figures use too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn
from torch.nn.utils import parametrize

from neurosim.analysis.fitting.result import Fit
from neurosim.base.errors import Faults
from neurosim.base.numbers import LARGEST, is_truth, is_whole, real_numbers
from neurosim.convnet.bounds import Within
from neurosim.convnet.curve import Curve
from neurosim.data.cells import place_of_cell
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.formula import require_tensors

__all__ = ["Activation"]

_ARGUMENTS = ("learn", "learned", "dtype")  # what a layer is given or has, and no parameter can be
_NARROWEST = 1e-3  # of a width or noise that is learned


class Activation(nn.Module):
    """A rectifier as an activation: r0 + gain f(x), two paths side by side.

    Parameters
    ----------
    rectifier : str or Rectifier
        By either of its names ("ReLU", "half-wave", ...), or one of your own.
    learn : bool or names
        The parameters to learn: some of ``rectifier.parameter_names``; True is all of its shape
        parameters; by default none, and they are fixed.
    channels : int, optional
        How many channels have parameters of their own; by default all share one of each.
    dim : int
        The dimension of the channels.
    precise : bool
        Whether formulas with exponentials and the like work in double precision inside, so that a
        float32 result is rounded once. False is faster, and some 1e-6 off where a curve is steep.
    dtype : torch.dtype, optional
        Of the parameters to learn; torch's default. Fixed ones are kept in double precision.
    **values : float or sequence (channel,)
        Of any parameter; a gain is 1 and r0 is 0 by default, a shape parameter as declared.

    Raises
    ------
    InputError
        Naming everything that cannot be: unknown names, values out of bounds or of a wrong length;
        and for a formula that torch's tensors or their gradients cannot go through.

    Notes
    -----
    Learned parameters stay within their declared bounds whatever the optimiser does: a value is
    its raw parameter moved to the nearer bound, and a gradient that pushes further out is stopped
    there, so that a bound holds none for good. Widths and noises that are learned end at 0.001,
    as a step has no gradient that would widen it. ``layer.leak`` is the value, a tensor, and may
    be set to one. A layer is saved by its state_dict; torch pickles no layer with bounds.

    A rectifier of two paths doubles the channels: all of the first path, then all of the second,
    as CReLU does (Shang et al. 2016). One with a regressor takes it in `forward`.

    Examples
    --------
    >>> layer = Activation("PReLU", learn="leak", channels=2, leak=0.25)
    >>> layer
    Activation(leaky half-wave = LReLU; leak learned per channel)
    >>> layer(torch.tensor([[-4.0, 2.0]]))
    tensor([[-1.,  2.]], grad_fn=<AddBackward0>)
    >>> Activation("CReLU")(torch.tensor([[-4.0, 2.0]]))
    tensor([[0., 2., 4., 0.]])
    """

    def __init__(
        self,
        rectifier: str | Rectifier,
        learn: bool | str | Iterable[str] = False,
        channels: int | None = None,
        dim: int = 1,
        precise: bool = True,
        dtype: torch.dtype | None = None,
        **values: ArrayLike,
    ) -> None:
        super().__init__()
        self.rectifier = named_rectifier(rectifier)
        require_tensors(type(self.rectifier))
        faults = Faults(self.rectifier.name)
        self.channels = None if channels is None else faults.whole("channels", channels)
        whole = is_whole(dim, -LARGEST)
        faults.require(whole, "dim as a whole number", dim)
        self.dim = int(dim) if whole else 1
        self.precise = faults.flag("precise", precise)
        faults.require(isinstance(dtype, torch.dtype | None), "dtype as one of torch's", dtype)
        self.learned = self._checked(learn, values, faults)
        for name, bounds in self._bounds().items():
            shape = () if self.channels is None else (self.channels,)
            given = np.array(np.broadcast_to(values.get(name, bounds[2]), shape), dtype=float)
            if name not in self.learned:
                self.register_buffer(name, torch.tensor(given, dtype=torch.float64))
                continue
            start = torch.tensor(given, dtype=dtype or torch.get_default_dtype())
            self.register_parameter(name, nn.Parameter(start))
            low, high = self._narrowest(name, bounds[0]), bounds[1]
            if np.isfinite([low, high]).any():
                parametrize.register_parametrization(self, name, Within(low, high))

    @classmethod
    def of_fit(
        cls, fit: Fit, cell: Any = None, learn: bool | str | Iterable[str] = False
    ) -> Activation:
        """The rectifier with the parameters of a cell, by its label, or the first; Hz out for drive
        in."""
        faults = Faults("Activation.of_fit")
        if faults.kind("fit", fit, Fit, "a Fit"):
            place = place_of_cell(fit.cells, cell, faults)
        faults.stop()
        named = dict(zip(fit.rectifier.parameter_names, fit.values[place].tolist(), strict=True))
        return cls(fit.rectifier, learn, **named)

    def forward(self, x: torch.Tensor, *regressors: torch.Tensor) -> torch.Tensor:
        """The output for an input of any shape; float32, float64 or half precision in and out.

        Parameters
        ----------
        x : tensor
        *regressors : tensor
            As ``rectifier.regressors`` names them: the quadrature partner, or the noise.
        """
        self._suits(x, regressors)
        inside = self._inside(x)
        value = {name: self._spread(getattr(self, name).to(inside), x) for name in self._bounds()}
        value |= dict(
            zip(self.rectifier.regressors, (r.to(inside) for r in regressors), strict=True)
        )
        arguments = [value[name] for name in self.rectifier.arguments]
        paths = self.rectifier.shape(x.to(inside), *arguments)
        paths = paths if isinstance(paths, tuple) else (paths,)
        rates = [
            value["r0"] + value[gain] * path
            for gain, path in zip(self.rectifier.gains, paths, strict=True)
        ]
        rate = rates[0] if len(rates) == 1 else torch.cat(rates, self.dim)
        return rate.to(x.dtype)

    @property
    def paths(self) -> int:
        """How many channels come out for each that goes in."""
        return len(self.rectifier.gains)

    def tabulated(self, low: float, high: float, points: int = 2049) -> Curve:
        """This activation as a table between two inputs, linear beyond: fast, and any formula
        exports to ONNX that way. Parameters must be shared, the path one.

        Parameters
        ----------
        low, high : float
        points : int
        """
        faults = Faults(f"{self.rectifier.name}.tabulated")
        faults.require(self.channels is None, "one set of parameters", f"{self.channels} channels")
        faults.require(self.paths == 1, "one path", f"{self.paths} paths")
        faults.require(
            not self.rectifier.regressors,
            "a function of x alone",
            f"one of {', '.join(self.rectifier.regressors)} too",
        )
        faults.stop()
        named = {name: np.array(getattr(self, name).tolist()) for name in self._bounds()}
        shapes = [named[name] for name in self.rectifier.arguments]
        r0, gain = named["r0"], named[self.rectifier.gains[0]]
        return Curve.of(
            lambda x: r0 + gain * self.rectifier.shape(x, *shapes),
            lambda x: gain * self.rectifier.slope(x, *shapes),
            low,
            high,
            points,
        )

    def __repr__(self) -> str:
        return f"Activation({self.extra_repr()})"

    def extra_repr(self) -> str:
        own = "shared" if self.channels is None else "per channel"
        learned = ", ".join(self.learned)
        fixed = [
            f"{name}={getattr(self, name).item():.4g}" if getattr(self, name).ndim == 0 else name
            for name in self.rectifier.parameters
            if name not in self.learned
        ]
        parts = [f"{self.rectifier.name} = {self.rectifier.convnet}"]
        parts += [f"{learned} learned {own}"] if learned else []
        parts += [", ".join(fixed)] if fixed else []
        return "; ".join(parts)

    def _bounds(self) -> dict[str, tuple[float, float, float]]:
        """Lowest, highest and default value of r0, gains, shape parameters and constants."""
        every = {**self.rectifier.parameters, **self.rectifier.constants}
        return {
            "r0": (0.0, np.inf, 0.0),
            **dict.fromkeys(self.rectifier.gains, (0.0, np.inf, 1.0)),
            **{name: (p.low, p.high, p.default) for name, p in every.items()},
        }

    def _checked(self, learn: Any, values: dict[str, ArrayLike], faults: Faults) -> tuple[str, ...]:
        """The names to learn; `InputError` for everything that cannot be."""
        bounds = self._bounds()
        if is_truth(learn) or is_whole(learn, 0, 1):
            learn = tuple(self.rectifier.parameters) if learn else ()
        names = faults.several("learn", learn, "True, False, or names of parameters")
        free = self.rectifier.parameter_names
        for name in bounds:
            own = hasattr(self, name) or name in _ARGUMENTS
            faults.require(not own, "parameters of other names than a layer's attributes", name)
        for name in names:
            faults.one_of("parameters to learn", name, free)
        for name, value in values.items():
            if not faults.require(name in bounds, f"values of {', '.join(bounds)}", name):
                continue
            low, high, _ = bounds[name]
            array = real_numbers(value)
            if array is None:
                faults.require(False, f"{name} as a number", value)
                continue
            inside = ((array >= low) & (array <= high) & np.isfinite(array)).all()
            faults.require(inside, f"{name} in [{low:g}, {high:g}]", value)
            fits = array.shape in ((), (self.channels,))
            faults.require(fits, f"{name} as one number or one per channel", value)
        faults.stop()
        return tuple(dict.fromkeys(names))

    def _narrowest(self, name: str, low: float) -> float:
        """Where a parameter that is learned ends: a width well before it is a step."""
        parameter = self.rectifier.parameters.get(name)
        scale = parameter is not None and parameter.within == "spread"
        return max(low, _NARROWEST) if scale else low

    def _inside(self, x: torch.Tensor) -> torch.dtype:
        """The precision to work in: single at least; Apple's GPUs have no double."""
        if self.rectifier.exact or not self.precise or x.device.type == "mps":
            return torch.promote_types(x.dtype, torch.float32)
        return torch.float64

    def _suits(self, x: torch.Tensor, regressors: tuple[torch.Tensor, ...]) -> None:
        """`InputError` unless the formula can be applied to them."""
        faults = Faults(self.rectifier.name)
        needs = ", ".join(("x", *self.rectifier.regressors))
        given = len(regressors) == len(self.rectifier.regressors)
        faults.require(given, f"({needs})", f"{1 + len(regressors)} tensors")
        for each in (x, *regressors):
            real = isinstance(each, torch.Tensor) and each.is_floating_point()
            faults.require(real, "tensors of floats", getattr(each, "dtype", type(each).__name__))
        faults.stop()
        inside = -x.ndim <= self.dim < x.ndim
        many = x.shape[self.dim] if inside else None
        if self.channels is not None or self.paths > 1:
            faults.require(inside, f"an input with dimension {self.dim}", tuple(x.shape))
        if self.channels is not None and inside:
            faults.require(
                many == self.channels,
                f"{self.channels} channels",
                many,
                f"dim={self.dim} is that of the channels",
            )
        faults.stop()

    def _spread(self, value: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Per-channel values along the channels' dimension."""
        if value.ndim == 0:
            return value
        shape = [1] * x.ndim
        shape[self.dim] = -1
        return value.reshape(shape)
