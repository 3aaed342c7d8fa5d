"""Stimuli in mathematics: sums of sinusoids, plain or under a Gaussian window, and of steps.

A set that has such a form need not be drawn to know what a Gabor makes of it.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Indices

__all__ = ["ClosedForm", "Steps", "Waves", "joined", "waves"]

Form = TypeVar("Form", "Waves", "Steps")
_NONE: Array = np.zeros(0)
_NO_INDEX: Indices = np.zeros(0, dtype=np.int64)


class Waves(NamedTuple):
    r"""Components :math:`a\,W(r) \cos(2\pi f\, n\cdot r + \phi - 2\pi\omega t)`, (component,) each.

    W is :math:`\exp(-|r - r_0|^2 / 2 s^2)`, or 1 where the standard deviation is infinite.
    """

    stimulus: Indices = _NO_INDEX  # which stimulus each component belongs to
    amplitude: Array = _NONE  # contrast
    spatial_frequency: Array = _NONE  # f, cycles/deg; 0 is uniform
    orientation: Array = _NONE  # of n, deg
    phase: Array = _NONE  # deg, at the centre of the field
    temporal_frequency: Array = _NONE  # omega, Hz; negative moves against n
    window_sd: Array = _NONE  # s, deg
    window_x: Array = _NONE  # r_0, deg
    window_y: Array = _NONE

    def part(self, which: Indices | slice) -> Waves:
        """Some of the components."""
        return Waves(self.stimulus[which], *(column[which] for column in self[1:]))


class Steps(NamedTuple):
    """Components: a step of contrast across a straight edge, (component,) each.

    Contrast is higher by `amplitude` where n . r > position + speed t.
    """

    stimulus: Indices = _NO_INDEX
    amplitude: Array = _NONE  # contrast
    orientation: Array = _NONE  # of n, deg
    position: Array = _NONE  # deg
    speed: Array = _NONE  # deg/s

    def part(self, which: Indices | slice) -> Steps:
        """Some of the components."""
        return Steps(self.stimulus[which], *(column[which] for column in self[1:]))


class ClosedForm(NamedTuple):
    """So many stimuli, each the sum of its components."""

    stimuli: int
    waves: Waves = Waves()
    steps: Steps = Steps()

    @property
    def moves(self) -> bool:
        return bool(self.waves.temporal_frequency.any() or self.steps.speed.any())

    def plus(self, other: ClosedForm) -> ClosedForm:
        """The sum, stimulus by stimulus."""
        return ClosedForm(
            self.stimuli,
            _joined(Waves, self.waves, other.waves),
            _joined(Steps, self.steps, other.steps),
        )

    def taken(self, which: Indices) -> ClosedForm:
        """The stimuli `which` (new index -> old index), each as often as named."""
        new, old = _components(self.waves.stimulus, which)
        waves = self.waves.part(old)._replace(stimulus=new)
        new, old = _components(self.steps.stimulus, which)
        return ClosedForm(len(which), waves, self.steps.part(old)._replace(stimulus=new))

    def windowed(self, sd: Array, x: Array, y: Array) -> ClosedForm | None:
        """Under a Gaussian window each, (stimulus,); None where that has no form here."""
        waves = self.waves
        if len(self.steps.stimulus) or np.isfinite(waves.window_sd).any():
            return None
        of = waves.stimulus
        return self._replace(waves=waves._replace(window_sd=sd[of], window_x=x[of], window_y=y[of]))


def joined(forms: list[ClosedForm]) -> ClosedForm:
    """Sets one after the other."""
    total = ClosedForm(0)
    for form in forms:
        shifted = form._replace(
            waves=form.waves._replace(stimulus=form.waves.stimulus + total.stimuli),
            steps=form.steps._replace(stimulus=form.steps.stimulus + total.stimuli),
        )
        total = total.plus(shifted)._replace(stimuli=total.stimuli + form.stimuli)
    return total


def _joined(kind: type[Form], one: Form, other: Form) -> Form:
    index, *rest = (np.concatenate(pair) for pair in zip(one, other, strict=True))
    return kind(index, *rest)


def _components(stimulus: Indices, which: Indices) -> tuple[Indices, Indices]:
    """The components of stimuli `which`: the new index of their stimulus, and their own."""
    pairs = [
        (new, component)
        for new, old in enumerate(which)
        for component in np.flatnonzero(stimulus == old)
    ]
    new, component = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return new, component


def waves(
    stimulus: ArrayLike,
    amplitude: ArrayLike,
    spatial_frequency: ArrayLike,
    orientation: ArrayLike,
    phase: ArrayLike,
    temporal_frequency: ArrayLike = 0.0,
    window_sd: ArrayLike = np.inf,
    window_x: ArrayLike = 0.0,
    window_y: ArrayLike = 0.0,
) -> Waves:
    """Waves from numbers and arrays that broadcast."""
    index, *rest = np.broadcast_arrays(
        np.asarray(stimulus, dtype=np.int64),
        amplitude,
        spatial_frequency,
        orientation,
        phase,
        temporal_frequency,
        window_sd,
        window_x,
        window_y,
    )
    return Waves(index.ravel(), *(np.asarray(a, dtype=float).ravel() for a in rest))
