"""Noise: each frame a function of the seed and its index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.stimulus import Label, Stimulus

__all__ = ["Noise"]

Kind = Literal["gaussian", "binary", "ternary", "pink"]
_KINDS = ("gaussian", "binary", "ternary", "pink")


class Noise(Stimulus):
    """Frames of noise, of zero mean contrast in expectation.

    Parameters
    ----------
    frames : int
        How many.
    kind : "gaussian", "binary", "ternary" or "pink"
        Independent Gaussian squares; squares of plus or minus the contrast; sparse ones, of either
        sign with a chance of `density`, else 0; Gaussian with a power spectrum of f^-slope.
    contrast : float
        RMS contrast for Gaussian and pink noise (nothing is clipped; pink noise has it in
        expectation), the squares' contrast for binary and ternary.
    square : float
        Side of the squares, deg; whole pixels. Default: one pixel. Not for pink noise.
    density : float
        Of ternary noise.
    slope : float
        Of pink noise's power spectrum.
    highest : float, optional
        Highest spatial frequency of pink noise, cycles/deg; with it the noise does not depend on
        the pixels. Default: the field's Nyquist frequency.
    seed : int
        Frame k depends on the seed and k alone, not on how many frames there are.

    Raises
    ------
    InputError
        Naming everything that cannot be; on showing, for squares that are not whole pixels.

    Examples
    --------
    >>> noise = Noise(3, kind="binary", contrast=0.5, square=0.25, seed=1)
    >>> noise
    <Noise: 3 frames of binary noise, contrast 0.5>
    >>> frames = noise.frames(VisualField(size=2, ppd=16))
    >>> np.unique(frames.values)
    array([-0.5,  0.5])
    """

    kind = "noise"

    def __init__(
        self,
        frames: int,
        kind: Kind = "gaussian",
        contrast: float = 0.3,
        square: float | None = None,
        density: float = 0.1,
        slope: float = 2.0,
        highest: float | None = None,
        seed: int = 0,
    ) -> None:
        faults = Faults("Noise")
        frames = faults.whole("frames", frames)
        if faults.one_of("kind", kind, _KINDS):
            pink = kind == "pink"
            faults.require(square is None or not pink, "no square for pink noise", square)
            faults.require(highest is None or pink, "highest for pink noise only", highest)
        contrast = faults.number("contrast", contrast, "> 0", _positive)
        if square is not None:
            square = faults.number("square", square, "> 0 deg", _positive)
        density = faults.number("density", density, "in (0, 1]", lambda share: 0 < share <= 1)
        slope = faults.number("slope", slope, "in [0, 4]", lambda power: 0 <= power <= 4)
        if highest is not None:
            highest = faults.number("highest", highest, "> 0 cycles/deg", _positive)
        seed = faults.whole("seed", seed, 0, 2**64 - 1)
        faults.stop()
        self.number, self.noise, self.contrast = int(frames), kind, contrast
        self.square, self.density, self.slope, self.seed = square, density, slope, seed
        self.highest = highest

    def __repr__(self) -> str:
        return f"<Noise: {self.number} frames of {self.noise} noise, contrast {self.contrast:g}>"

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return {
            "noise": Label(np.full(self.number, self.noise)),
            "frame": Label(np.arange(self.number)),
            "seed": Label(np.full(self.number, self.seed)),
            "contrast": Label(np.full(self.number, float(self.contrast)), "1"),
        }

    def check(self, field: VisualField) -> None:
        faults = Faults("Noise")
        side = 1.0 if self.square is None else self.square * field.ppd
        faults.require(
            side >= 1 and abs(side - round(side)) < 1e-9,
            "squares of whole pixels",
            f"{side:g} pixels",
            f"{max(1, round(side)) / field.ppd:g} deg would do",
        )
        highest = 0.0 if self.highest is None else self.highest
        lowest = 1 / max(field.width_and_height)
        carried = field.nyquist if self.highest is None else highest
        faults.require(
            self.noise != "pink" or (lowest <= carried and min(field.shape) > 2),
            f"a field that holds a cycle of pink noise (highest >= {lowest:g} cycles/deg)",
            f"{carried:g} cycles/deg on {field.shape[1]} x {field.shape[0]} pixels",
        )
        faults.require(
            highest <= field.nyquist,
            f"highest <= {field.nyquist:g} cycles/deg (the field's Nyquist frequency)",
            f"{highest:g}",
            "raise the field's ppd",
        )
        faults.stop()

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        random = np.random.Generator(np.random.Philox(key=self.seed, counter=[0, 0, 0, index]))
        if self.noise == "pink":
            return self.contrast * self._pink(random, field)
        side = 1 if self.square is None else round(self.square * field.ppd)
        rows, columns = (-(-n // side) for n in field.shape)
        squares = self.contrast * self._squares(random, (rows, columns))
        whole = np.repeat(np.repeat(squares, side, axis=0), side, axis=1)
        return whole[: field.shape[0], : field.shape[1]]

    def largest(self) -> Array:
        bounded = self.noise in ("binary", "ternary")
        return np.array([self.contrast if bounded else np.inf])

    def _squares(self, random: np.random.Generator, shape: tuple[int, int]) -> Array:
        if self.noise == "gaussian":
            return random.standard_normal(shape)
        sign = random.choice([-1.0, 1.0], shape)
        return sign if self.noise == "binary" else sign * (random.random(shape) < self.density)

    def _pink(self, random: np.random.Generator, field: VisualField) -> Array:
        """Gaussian noise of RMS 1 in expectation, power f^-slope, no mean, periodic on the field.

        Its Fourier coefficients are drawn up to the highest frequency, so that with one given the
        noise is the same on any pixels.
        """
        highest = field.nyquist if self.highest is None else self.highest
        sides = field.width_and_height
        most = [
            max(int(np.ceil(highest * side - 1e-9)) - (self.highest is None), 0) for side in sides
        ]
        fx, fy = (
            np.fft.ifftshift(np.arange(-n, n + 1)) / side
            for n, side in zip(most, sides, strict=True)
        )
        f = np.hypot(fy[:, None], fx)
        amplitude = np.where(f > 0, f, np.inf) ** (-self.slope / 2)
        if self.highest is not None:
            amplitude[f > highest * (1 + 1e-9)] = 0.0
        amplitude /= np.sqrt((amplitude**2).mean())
        white = np.fft.fft2(random.standard_normal(f.shape)) / f.size
        down = np.exp(2j * np.pi * field.y[:, None] * fy)
        across = np.exp(2j * np.pi * fx[:, None] * field.x)
        picture: Array = ((down @ (white * amplitude)) @ across).real
        return picture


def _positive(number: float) -> bool:
    return 0 < number < np.inf
