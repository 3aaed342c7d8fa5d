"""Closed forms of the drive against pixels, and drives that do not depend on the pixels.

A pair's odd member is a Hilbert transform, whose tail falls as 1/u^3; only cells of nx >= 0.9 or so
are without it to 1e-6 at 5.3 envelope SDs. Broader cells are held to 1e-6 by their even members,
and the odd ones to the integral of the tail that the field cuts off.
"""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim import (
    Bars,
    CircularWindow,
    Edges,
    GaborBank,
    GaborPatches,
    GaussianWindow,
    Gratings,
    Noise,
    Photographs,
    Plaids,
    RaisedCosineWindow,
    Textures,
    Uniform,
    VisualField,
)

ANGLE = st.floats(-180, 360)


LOG_FREQUENCY = st.floats(-3, 1.5)  # octaves about 2 cycles/deg


HIGHEST = 2 * 2**1.5 + 3.41 / (2 * np.pi * 0.15)  # with a narrow patch's band


class Case(NamedTuple):
    bank: GaborBank
    field: VisualField


def _case(orientation, phase, x, y, nx, ny):
    """A cell of 2 cycles/deg on a field that holds 5.3 SDs of it, at pixels that alias nothing.

    Aliasing below 1e-6: Nyquist is 5.3 SDs of the spectrum beyond the carrier, and beyond the
    stimuli.
    """
    bank = GaborBank(orientation, 2.0, phase, x, y, nx, ny)
    along, across = (float(sigma[0]) for sigma in bank.sigma)
    reach = 5.3 * max(along, across) + max(abs(x), abs(y))
    ppd = 2 * max(2.1 + 5.3 / (2 * np.pi * min(along, across)), HIGHEST)
    pixels = int(np.ceil(2 * reach * ppd))
    return Case(bank, VisualField(ppd=ppd, shape=pixels))


NARROW = st.builds(
    _case,
    ANGLE,
    ANGLE,
    st.floats(-0.5, 0.5),
    st.floats(-0.5, 0.5),
    st.floats(0.9, 1.3),
    st.floats(0.3, 1.2),
)


EVEN = st.builds(
    _case,
    ANGLE,
    st.sampled_from([0.0, 180.0]),
    st.floats(-0.5, 0.5),
    st.floats(-0.5, 0.5),
    st.floats(0.25, 0.9),
    st.floats(0.3, 1.0),
)


def _frequency(octaves):
    return 2.0 * 2.0**octaves


GRATINGS = st.builds(
    lambda o, f, p, c: Gratings(o, _frequency(f), p, c),
    ANGLE,
    LOG_FREQUENCY,
    ANGLE,
    st.floats(0, 1),
)


PATCHES = st.builds(
    lambda o, f, p, sd, x, y: GaborPatches(o, _frequency(f), p, 1, 0, sd, x, y),
    ANGLE,
    LOG_FREQUENCY,
    ANGLE,
    st.floats(0.15, 0.8),
    st.floats(-1, 1),
    st.floats(-1, 1),
)


WINDOWED = st.builds(
    lambda one, other, sd, x: Plaids(one, other).through(GaussianWindow(sd, x)),
    GRATINGS,
    GRATINGS,
    st.floats(0.15, 0.8),
    st.floats(-0.5, 0.5),
)


GLOW = st.builds(
    lambda c, sd, y: Uniform(c).through(GaussianWindow(sd, y=y)),
    st.floats(-1, 1),
    st.floats(0.15, 0.8),
    st.floats(-0.5, 0.5),
)


TEXTURES = st.builds(
    lambda o, f, sd, seed: Textures(1, o, sd, _frequency(f), seed=seed),
    ANGLE,
    st.floats(-1, 0.4),
    st.floats(0, 40),
    st.integers(0, 1000),
)


SMOOTH = st.one_of(
    GRATINGS, st.builds(Plaids, GRATINGS, GRATINGS), PATCHES, WINDOWED, GLOW, TEXTURES
)


@settings(max_examples=200, deadline=None)
@given(case=st.one_of(NARROW, EVEN), stimulus=SMOOTH)
def test_smooth_stimuli_drive_cells_in_closed_form_as_their_pixels_do(case, stimulus):
    # oracle: the sum of products with the frames. Contrast of a Gabor patch on pixels may be under
    # a window that leaves the field; that is in the frames as well
    bank, field = case
    exact = bank.drive(stimulus, field).values
    pixels = bank.drive(stimulus, field, closed_form=False).values
    assert exact == pytest.approx(pixels, abs=1e-6)


@pytest.mark.parametrize("half", [4.0, 8.0, 16.0])
def test_what_is_left_of_broad_odd_cells_is_the_tail_that_the_field_cuts_off(half):
    # oracle: the odd member goes as moment / (pi u^3) beyond the field; a grating of low frequency
    # meets all of it, one near the optimum less
    nx = 0.365
    bank = GaborBank(0, 2, 90, nx=nx)
    field = VisualField(size=2 * half, ppd=16)
    gratings = Gratings(0, np.linspace(0.02, 6, 80), 90)
    left = bank.drive(gratings, field) - bank.drive(gratings, field, closed_form=False)
    k = 2 * np.pi * nx
    sigma = float(bank.sigma[0][0])
    moment = np.sqrt(2 * np.pi) * k**2 * np.exp(-(k**2) / 2)
    peak = np.sqrt(2 * np.pi) * 0.5 * np.exp(-((0.0232 * k) ** 2) / 2) * 0.95
    tail = moment / np.pi / (half / sigma) ** 2 / peak
    assert 0.05 * tail < np.abs(left.values).max() < tail
    assert np.abs(left.values[20:]).max() < 2e-3 * (4 / half) ** 3


HARD = st.one_of(
    st.builds(
        lambda o, p, w, c: Bars(o, p, w, contrast=c),
        ANGLE,
        st.floats(-1.5, 1.5),
        st.floats(0.05, 1),
        st.floats(-1, 1),
    ),
    st.builds(lambda o, p, c: Edges(o, p, c), ANGLE, st.floats(-1.5, 1.5), st.floats(-1, 1)),
    st.builds(
        lambda o, f, p: Gratings(o, _frequency(f), p, waveform="square"),
        ANGLE,
        st.floats(-3, 0.5),
        ANGLE,
    ),
)


@settings(max_examples=100, deadline=None)
@given(case=st.one_of(NARROW, EVEN), stimulus=HARD)
def test_hard_edges_drive_cells_in_closed_form_as_their_averaged_pixels_do(case, stimulus):
    # oracle: frames of exact pixel averages, at 20 pixels to the cell's cycle or more
    bank, field = case
    fine = VisualField(size=8, ppd=max(40, int(np.ceil(field.ppd))))
    exact = bank.drive(stimulus, fine).values
    pixels = bank.drive(stimulus, fine, closed_form=False).values
    assert exact == pytest.approx(pixels, abs=1e-2)


def test_a_window_without_end_is_none():
    # oracle: the formula for plain waves, which takes another way
    bank = GaborBank.quadrature([0, 70], 2, x=0.2)
    gratings = Gratings([0, 50, 190], [0.5, 2, 3], [0, 77])
    wide = bank.drive(gratings.through(GaussianWindow(1e5)))
    assert wide.values == pytest.approx(bank.drive(gratings).values, abs=1e-8)


def test_a_step_is_the_integral_of_a_narrow_bar():
    # oracle: bars side by side make an edge (superposition), moving ones are still ones elsewhere
    bank = GaborBank.quadrature([0, 40], 2)
    bars = Bars(25, np.arange(-3.95, 4, 0.1), 0.1)
    bar = Bars(25, position=0, width=8)
    assert bank.drive(bars).sum("stimulus").values == pytest.approx(bank.drive(bar).values[0])
    moving = bank.drive(Bars(25, -1, 0.3, speed=3), duration=0.5)
    still = bank.drive(Bars(25, -1 + 3 * moving["time"].values, 0.3))
    assert pytest.approx(still.values, abs=1e-12) == moving.values[0].T


@pytest.mark.parametrize(
    ("stimulus", "within"),
    [
        (Gratings([0, 40], 1.7, [0, 50]), 1e-3),
        (GaborPatches(20, 2, [0, 90], sd=0.3, x=0.2), 1e-3),
        (Plaids(Gratings(0, 2, contrast=0.5), Gratings(70, 1.5, contrast=0.5)), 1e-3),
        (Gratings(0, 2).through(RaisedCosineWindow(2, 1)), 1e-3),
        (Textures(3), 1e-3),
        (Noise(3, "pink", highest=6.0, seed=1), 1e-3),
        (Gratings(0, 2).through(CircularWindow(1.5)), 1e-2),
        (Bars(30, 0.1, 0.2, length=1.3), 1e-2),
        (Edges([0, 30], 0.1), 1e-2),
        (Gratings([0, 30], 0.7, waveform="square"), 1e-2),
        (Noise(3, "binary", 1.0, square=0.25), 1e-2),
    ],
)
def test_drive_by_pixels_does_not_depend_on_the_pixels(stimulus, within):
    bank = GaborBank.quadrature(30, 2)
    coarse, fine = (
        bank.drive(stimulus, VisualField(8, ppd), closed_form=False).values for ppd in (24, 48)
    )
    assert np.abs(coarse).max() > 0.02
    assert coarse == pytest.approx(fine, abs=within)


@pytest.mark.parametrize("shift", [(0.5, 0.25), (0.217, -0.341)])
def test_moving_stimulus_and_cell_together_changes_nothing(shift):
    dx, dy = shift
    field = VisualField(size=10, ppd=16)
    here = GaborBank.quadrature(30, 2)
    there = GaborBank.quadrature(30, 2, x=dx, y=dy)
    along = dx * np.cos(0.5) + dy * np.sin(0.5)
    o = np.rad2deg(0.5)
    for one, other, within in (
        (GaborPatches(20, 2, 30, sd=0.3), GaborPatches(20, 2, 30, sd=0.3, x=dx, y=dy), 1e-3),
        (Gratings(o, 2, 0), Gratings(o, 2, -360 * 2 * along), 1e-3),
        (Edges(o, 0.1), Edges(o, 0.1 + along), 1e-2),
        (Bars(o, 0.1, 0.2), Bars(o, 0.1 + along, 0.2), 1e-2),
    ):
        for closed_form in (True, False):
            a = here.drive(one, field, closed_form).values
            b = there.drive(other, field, closed_form).values
            assert a == pytest.approx(b, abs=1e-9 if closed_form else within)


def test_every_set_without_a_closed_form_says_so():
    assert Photographs(patches=1).closed_form(9.0) is None
    assert Bars(length=1).closed_form(9.0) is None
    assert Gratings().through(CircularWindow(1)).closed_form(9.0) is None
    assert Edges().through(GaussianWindow(1)).closed_form(9.0) is None
    assert Plaids(Gratings(), Noise(1)).closed_form(9.0) is None


@pytest.mark.parametrize("distance", [30.0, 100.0, 1e4])
def test_bars_far_away_are_answered_by_the_tail(distance):
    # oracle: the odd member's tail, n / (pi u^3), integrated over the bar
    bank = GaborBank(0, 2, [0, 90])
    width = 0.5
    drive = bank.drive(Bars(0, distance, width)).values[0]
    sigma, k = float(bank.sigma[0][0]), 2 * np.pi * 0.365
    n = np.sqrt(2 * np.pi) * k**2 * np.exp(-(k**2) / 2)
    ratio = 2.0 / float(bank.cells.carrier[0])
    peak = (
        np.sqrt(2 * np.pi)
        * 0.5
        * np.exp(-((ratio * k - k) ** 2) / 2)
        * (1 - np.exp(-ratio * k**2)) ** 2
    )
    inner, outer = (distance + s * width / 2 for s in (-1, 1))
    tail = n / np.pi * sigma**2 / 2 * (1 / inner**2 - 1 / outer**2) / peak
    assert abs(drive[1]) == pytest.approx(tail, rel=0.02)
    assert abs(drive[0]) < tail
