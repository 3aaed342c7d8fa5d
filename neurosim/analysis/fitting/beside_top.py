"""Tops that are lower than one next to them, which no climb from them can see.

Two kinked parameters may each stand at a drive, where a step of one alone leads down, and be higher
between the next drives. A scale (a noise, a softness) of 0 has no slope there, and a curve a little
less sharp may still be higher. A step between two drives that nearly coincide, and the limit of a
scale far beyond the drives, are missed by any grid.
"""

from __future__ import annotations

import numpy as np

from neurosim.analysis.fitting.ascent import Top
from neurosim.analysis.fitting.kinks import best_of_rows, climb, interval_about, joined
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.solved_gains import solved, solved_in_parts
from neurosim.base.arrays import Array, Indices

__all__ = ["best_beside"]

_ROUNDS = 4  # of looking beside the last top
_WITHIN = (0.02, 0.5)  # of the interval beside, from its border: where a climb begins
_RISE = 1e-9  # nats that make another round worth while
_NEAREST = 3  # pairs of drives, between and beside which steps are looked for
_NEAR = 0.25  # of the middle distance between drives: drives that nearly coincide
_WIDE = 0.1  # of the largest scale, from which on a top may lead to it
_STEP, _SCALES = 0.1, 6  # of the nearest drives' distance: the sharpest step; scales from there on
_STEPS_CLIMBED = 6  # places
_SHARP = (0.05, 0.15, 0.4)  # of the middle distance between drives: a curve beside scale 0


def best_beside(model: RateModel, top: Top, far: bool = True) -> Top:
    """The top of every row, or one beside it if that is higher.

    Parameters
    ----------
    model : RateModel
    top : Top
    far : bool
        Whether to look for steps between drives that nearly coincide, and at the largest scales,
        too: not where the top is known from data of the same kind.
    """
    shapes = list(enumerate(model.rectifier.parameters.values()))
    kinked = [model.linear + k for k, each in shapes if each.kinked]
    scales = [model.linear + k for k, each in shapes if each.within == "spread"]
    active = np.arange(len(top.value))
    for turn in range(_ROUNDS):
        starts = _between_next_drives(model, top, active, kinked) if len(kinked) > 1 else []
        if turn == 0:
            starts += _a_little_wider(model, top, active, scales, _SHARP if far else _SHARP[1:])
        if turn == 0 and far:
            starts += _at_the_end(model, top, active, scales)
            if [each.within for _, each in shapes] == ["drive", "spread"]:
                starts += _steps(model, active)
        if not starts:
            break
        rows = np.concatenate([of for of, _ in starts])
        if rows.size == 0:
            break
        tried = climb(model.take(rows), np.concatenate([start for _, start in starts]))
        before = top.value.copy()
        every = np.arange(len(top.value))
        top = best_of_rows(joined(tried, top), np.concatenate([rows, every]), len(every))
        active = np.flatnonzero(top.value > before + _RISE)
    return top


def _between_next_drives(
    model: RateModel, top: Top, rows: Indices, kinked: list[int]
) -> list[tuple[Indices, Array]]:
    """Rows and starts with one kinked parameter in the interval on either side."""
    here, theta = model.take(rows), top.theta[rows]
    drives = np.sort(here.counts.shown, axis=1)
    starts = []
    for index in kinked:
        at = theta[:, index]
        on_drive = (drives == at[:, None]).any(1)
        about = interval_about(here, drives, at, index, 0)
        for side, border in zip((-1, 1), about, strict=True):
            low, high = interval_about(here, drives, np.where(on_drive, at, border), index, side)
            there = high > low
            for share in _WITHIN:  # of the interval, from the border
                start = theta.copy()
                start[:, index] = np.where(
                    side < 0, high - share * (high - low), low + share * (high - low)
                )
                starts.append((rows[there], start[there]))
    return starts


def _a_little_wider(
    model: RateModel, top: Top, rows: Indices, scales: list[int], shares: tuple[float, ...]
) -> list[tuple[Indices, Array]]:
    """Rows whose scale is at its least, and starts with one that is small beside the drives."""
    starts = []
    _, middle = _distances(np.sort(model.counts.shown[rows], axis=1))
    for index in scales:
        low, high = model.low[rows, index], model.high[rows, index]
        at_least = (top.theta[rows, index] <= low) & (high > low) & (top.theta[rows, 1] > 0)
        for share in shares:
            start = top.theta[rows].copy()
            start[:, index] = np.minimum(low + share * middle, high)
            starts.append((rows[at_least], start[at_least]))
    return starts


def _at_the_end(
    model: RateModel, top: Top, rows: Indices, scales: list[int]
) -> list[tuple[Indices, Array]]:
    """Rows and starts with a scale at its largest."""
    starts = []
    for index in scales:
        high = model.high[rows, index]
        scale = top.theta[rows, index]
        below = rows[np.isfinite(high) & (scale < high) & (scale > _WIDE * high)]
        if below.size == 0:
            continue
        shape = top.theta[below, model.linear :].copy()
        shape[:, index - model.linear] = model.high[below, index]
        starts.append((below, solved(model.take(below), shape[:, None])[0][:, 0]))
    return starts


def _steps(model: RateModel, rows: Indices) -> list[tuple[Indices, Array]]:
    """Rows with drives that nearly coincide, and starts with the best steps between or beside two
    drives, from as sharp as the nearest are apart; of a place and a scale."""
    drives = np.sort(model.counts.shown[rows], axis=1)
    least, middle = _distances(drives)
    near = least < _NEAR * middle
    near &= least > 0
    if not near.any():
        return []
    rows, drives, middle = rows[near], drives[near], middle[near]
    apart = np.diff(drives, axis=1)
    nearest = np.argsort(np.where(apart > 0, apart, np.inf), axis=1)[:, :_NEAREST]
    gap = np.take_along_axis(apart, nearest, axis=1)
    first = np.take_along_axis(drives, nearest, axis=1)
    places = np.concatenate([first, first + gap / 2, first + gap], axis=1)
    sharpest = _STEP * np.where(gap > 0, gap, middle[:, None])
    scales = np.geomspace(np.tile(sharpest, (1, 3)), middle[:, None], _SCALES, axis=2)
    shape = np.stack(np.broadcast_arrays(places[:, :, None], scales), axis=-1)
    shape = shape.reshape(len(rows), -1, 2)
    low, high = model.low[rows, None, model.linear :], model.high[rows, None, model.linear :]
    theta, value = solved_in_parts(model.take(rows), np.clip(shape, low, high))
    # the best scale of each place: sharper and softer steps at one place climb to one top
    by_place = value.reshape(len(rows), -1, _SCALES)
    index = by_place.argmax(2) + np.arange(by_place.shape[1]) * _SCALES
    order = np.argsort(-by_place.max(2), axis=1, kind="stable")[:, :_STEPS_CLIMBED]
    best = np.take_along_axis(index, order, axis=1)
    starts = np.take_along_axis(theta, best[..., None], axis=1)
    return [(rows, starts[:, number]) for number in range(starts.shape[1])]


def _distances(drives: Array) -> tuple[Array, Array]:
    """The least and the middle distance of neighbours that differ, of sorted drives (row, drive);
    0 where all are one."""
    apart = np.sort(np.diff(drives, axis=1), axis=1)
    alike = (apart <= 0).sum(1)
    if apart.size == 0 or (alike == apart.shape[1]).all():
        return np.zeros(len(drives)), np.zeros(len(drives))
    last = apart.shape[1] - 1
    places = [np.minimum(alike, last), np.minimum((alike + last) // 2, last)]
    least, middle = (np.take_along_axis(apart, at[:, None], axis=1)[:, 0] for at in places)
    return least, middle
