"""From a stimulus to the drive of Gabor cells: in closed form if there is one, else by pixels."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from neurosim.base.arrays import Array, Complexes
from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.closed_form_drive import phasors, step_response
from neurosim.models.receptive_fields.gabor_cells import GaborCells
from neurosim.models.receptive_fields.pixels import pairs_on
from neurosim.models.receptive_fields.temporal import TemporalFilter
from neurosim.stimuli import ClippingWarning, ClosedForm, Stimulus, VisualField

__all__ = [
    "DRIVE_ATTRS",
    "Receiver",
    "Sinusoidal",
    "by_pixels",
    "over_time",
    "sinusoidal",
    "static",
]

DRIVE_ATTRS = {"units": "1", "long_name": "drive (contrast units)"}

_BLOCK = 2**20  # numbers in a block of work


class Receiver(NamedTuple):
    """Cells, the field that they look at, and their temporal filter."""

    cells: GaborCells
    field: VisualField
    temporal: TemporalFilter | None = None
    closed_form: bool = True

    def gain(self, frequency: Array) -> Complexes:
        """H at frequencies, 1 without a filter."""
        if self.temporal is None:
            return np.ones(np.shape(frequency), dtype=complex)
        return self.temporal.response(frequency)


class Sinusoidal(NamedTuple):
    """mean + amplitude cos(2 pi f t + phase): (stimulus, cell) three times, and f (stimulus,).

    Contrast units, phase in deg, f in Hz (0 where nothing moves).
    """

    mean: Array
    amplitude: Array
    phase: Array
    frequency: Array


def static(stimulus: Stimulus, to: Receiver) -> tuple[Array, Array]:
    """Drive by stimuli that do not change, (stimulus, cell), and what the display clips of each."""
    form = _form(stimulus, to)
    if form is not None:
        waves, stepped = _summed_waves(form, to), _steps_at(form, to, np.zeros(1))[..., 0]
        still = np.zeros((form.stimuli, len(to.cells.phase)))
        for which, _, phasor in waves:
            still[which] += phasor.real
        return still + (stepped * to.gain(np.zeros(1))).real, np.zeros(form.stimuli)
    z, clipped = _by_pixels(stimulus, to, np.zeros(1))
    return (z[..., 0] * to.gain(np.zeros(1))).real, clipped


def sinusoidal(stimulus: Stimulus, to: Receiver) -> Sinusoidal:
    """Drive by stimuli of which each is static or has one temporal frequency."""
    form = _form(stimulus, to)
    faults = Faults("sinusoidal_drive")
    if form is None:
        whole = to.field.can_show(stimulus.largest()) or not stimulus.moves
        faults.require(
            whole,
            "moving stimuli within the display's range",
            "clipped ones",
            "drive(..., duration=) shows what is left of them",
        )
        faults.stop()
        faults.require(
            not stimulus.moves,
            "moving stimuli with a closed form",
            repr(stimulus),
            "drive(..., duration=) gives the drive over time",
        )
        faults.stop()
        mean, _ = static(stimulus, to)
        return Sinusoidal(mean, np.zeros_like(mean), np.zeros_like(mean), np.zeros(len(mean)))
    steps = bool(form.steps.speed.any())
    faults.require(not steps, "gratings", "moving edges", "drive(..., duration=) has them")
    faults.stop()
    mean = (_steps_at(form, to, np.zeros(1))[..., 0] * to.gain(np.zeros(1))).real
    phasor, frequency = np.zeros(mean.shape, dtype=complex), np.zeros(form.stimuli)
    for which, f, value in _summed_waves(form, to):
        if f == 0:
            mean[which] += value.real
            continue
        faults.require(
            frequency[which] in (0, f),
            "one temporal frequency in each stimulus",
            f"{frequency[which]:g} and {f:g} Hz",
            "drive(..., duration=) has any number",
        )
        faults.stop()
        frequency[which] = f
        phasor[which] += value
    return Sinusoidal(mean, np.abs(phasor), np.rad2deg(np.angle(phasor)), frequency)


def over_time(stimulus: Stimulus, to: Receiver, times: Array) -> tuple[Array, Array]:
    """Drive at frame times, (stimulus, cell, time), and what the display clips of each stimulus.

    Everything has always been there, moving sets with their past, but a movie: before it the filter
    sees the mean luminance.
    """
    form = _form(stimulus, to)
    before = np.zeros(0)
    if to.temporal is not None:
        weights = to.temporal.on_frames(to.field.frame_rate)
        before = -np.arange(len(weights) - 1, 0, -1) / to.field.frame_rate
    earlier = np.concatenate([before, times])
    if form is None:
        z, clipped = _by_pixels(stimulus, to, earlier)
        return _filtered(z, to), clipped
    drive = _filtered(_steps_at(form, to, earlier), to)
    for which, f, phasor in _summed_waves(form, to):
        drive[which] += (phasor[:, None] * np.exp(2j * np.pi * f * times)).real
    return drive, np.zeros(form.stimuli)


def _filtered(z: Complexes, to: Receiver) -> Array:
    """The real part of the filter's convolution with z; frames before time 0 are used up."""
    if to.temporal is None:
        return z.real.copy()
    weights = to.temporal.on_frames(to.field.frame_rate)
    frames = z.shape[-1] - len(weights) + 1
    drive = np.zeros((*z.shape[:-1], frames))
    for back, weight in enumerate(weights):
        first = len(weights) - 1 - back
        drive += (weight * z[..., first : first + frames]).real
    return drive


def by_pixels(stimulus: Stimulus, to: Receiver) -> bool:
    """Whether the drive is worked out from the stimulus' pixels, and kernels are held for it."""
    return _form(stimulus, to) is None


def _form(stimulus: Stimulus, to: Receiver) -> ClosedForm | None:
    """The closed form, unless there is none, it is not wanted, or a display would clip it."""
    stimulus.check(to.field)
    if not to.closed_form or not to.field.can_show(stimulus.largest()):
        return None
    return stimulus.closed_form(to.cells.highest)


def _summed_waves(form: ClosedForm, to: Receiver) -> Iterator[tuple[int, float, Complexes]]:
    """Stimulus, |f| and the phasor of exp(2 pi i f t), filter included; (cell,) each.

    Components of one stimulus and frequency that are neighbours come summed.
    """
    waves = form.waves
    at_once = max(1, _BLOCK // max(1, len(to.cells.phase)) // 4)
    for start in range(0, len(waves.stimulus), at_once):
        part = waves.part(slice(start, start + at_once))
        which, f, forward, backward = phasors(part, to.cells)
        forward = forward * to.gain(f)[:, None]
        backward = backward * to.gain(-f)[:, None]
        ahead = (f >= 0)[:, None]
        # Re z is also Re of its conjugate: everything as a phasor of +|f|
        total = np.where(ahead, forward + backward.conj(), forward.conj() + backward)
        key = np.stack([which, np.abs(f)])
        new = np.concatenate([[0], 1 + np.flatnonzero((np.diff(key) != 0).any(0))])
        for first, summed in zip(new, np.add.reduceat(total, new), strict=True):
            yield int(which[first]), float(abs(f[first])), summed


def _steps_at(form: ClosedForm, to: Receiver, times: Array) -> Complexes:
    """z of the steps, (stimulus, cell, time)."""
    z = np.zeros((form.stimuli, len(to.cells.phase), len(times)), dtype=complex)
    if len(form.steps.stimulus):
        np.add.at(z, form.steps.stimulus, step_response(form.steps, to.cells, times))
    return z


def _by_pixels(stimulus: Stimulus, to: Receiver, times: Array) -> tuple[Complexes, Array]:
    """z from the frames, (stimulus, cell, time), a block of pictures at a time."""
    field = to.field
    pairs = pairs_on(field, to.cells).reshape(len(to.cells.phase), -1)
    count = stimulus.count(field)
    z = np.empty((count, len(pairs), len(times)), dtype=complex)
    clipped = np.zeros(count)
    weights = pairs.real.T if to.temporal is None else np.hstack([pairs.real.T, pairs.imag.T])
    # pictures by their number, those of one time together
    at_once = max(1, _BLOCK // pairs.shape[1])
    for first in range(0, count * len(times), at_once):
        number = np.arange(first, min(first + at_once, count * len(times)))
        when, which = np.divmod(number, count)
        shown = []
        for k in np.unique(when):
            some = which[when == k]
            frames, outside = stimulus.shown(field, some[0], some[-1] + 1, times[k])
            shown.append(frames.reshape(len(frames), -1))
            clipped[some] += outside * (times[k] >= 0) / np.count_nonzero(times >= 0)
        answer = np.concatenate(shown) @ weights
        z[which, :, when] = answer[:, : len(pairs)]
        if to.temporal is not None:
            z.imag[which, :, when] = answer[:, len(pairs) :]
    if clipped.any():
        what = f"{type(stimulus).__name__}: the display clips {clipped.mean():.2%} of the pixels"
        warnings.warn(what, ClippingWarning, stacklevel=5)
    return z, clipped
