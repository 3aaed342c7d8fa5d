"""Odd combinations of stimuli, and wrong inputs: refused by name, or right."""

import numpy as np
import pytest

from neurosim import (
    Bars,
    BiphasicFilter,
    Blanks,
    CircularWindow,
    Edges,
    GaborBank,
    GaborPatches,
    GaussianWindow,
    Gratings,
    InputError,
    Movie,
    Noise,
    Photographs,
    Plaids,
    RaisedCosineWindow,
    TemporalGabor,
    Textures,
    VisualField,
    spectral_slope,
)
from neurosim.stimuli import ClippingWarning

FIELD = VisualField(size=4, ppd=16)


def test_windows_through_windows_keep_their_own_labels():
    nested = Gratings().through(CircularWindow([1, 2], x=0.5)).through(CircularWindow([3, 4]))
    labels = nested.coordinates(FIELD)
    assert labels["window_diameter"].values.tolist() == [1, 1, 2, 2]
    assert labels["window2_diameter"].values.tolist() == [3, 4, 3, 4]
    assert labels["window_x"].values.tolist() == [0.5] * 4


def test_patches_keep_their_places_beside_the_pixels():
    frames = GaborPatches(0, 2, x=[-1, 0, 1], y=[0.5, 0, 0.2], combine="zip").frames(FIELD)
    assert frames["patch_x"].values.tolist() == [-1, 0, 1]
    assert frames["x"].size == 64


def test_sets_are_told_apart_by_their_labels():
    drifting = Gratings(temporal_frequency=2)
    other = Gratings(temporal_frequency=2, motion="counterphase", waveform="square")
    both = (drifting + other).coordinates(FIELD)
    assert both["motion"].values.tolist() == ["drifting", "counterphase"]
    assert both["waveform"].values.tolist() == ["", "square"]
    scrambled = (Photographs(patches=1) + Photographs(patches=1, scrambled=True)).coordinates(FIELD)
    assert scrambled["phases"].values.tolist() == ["", "scrambled"]
    assert (Noise(1, seed=1) + Noise(1, seed=2)).coordinates(FIELD)["seed"].values.tolist() == [
        1,
        2,
    ]


def test_what_is_known_is_not_nan_in_a_sequence():
    both = (Gratings(temporal_frequency=4) + Gratings()).coordinates(FIELD)
    assert both["temporal_frequency"].values.tolist() == [4, 0]


def test_sequences_of_closed_forms_have_one():
    # oracle: each part by itself
    bank = GaborBank(0, [0.7, 2])
    parts = Gratings([0, 20], 1), Edges(30, 0.2), Bars(0, [0.1, 0.3])
    together = (parts[0] + parts[1] + parts[2]).through(GaussianWindow(1.0))
    assert together.closed_form(9) is None  # steps under a window have none
    waves = (Gratings([0, 20], 1) + Gratings(40, 2)).through(GaussianWindow(0.5))
    apart = [
        bank.drive(g.through(GaussianWindow(0.5))).values
        for g in (Gratings([0, 20], 1), Gratings(40, 2))
    ]
    assert bank.drive(waves).values == pytest.approx(np.concatenate(apart), abs=1e-12)


def test_clipping_is_counted_over_what_is_shown_whatever_the_filter_remembers():
    display = VisualField(contrast_range=(-0.5, 0.5), clip=True)
    movie = Movie(Noise(6, contrast=0.5, seed=1))
    fractions = []
    for temporal in (None, BiphasicFilter(), TemporalGabor(4)):
        with pytest.warns(ClippingWarning, match="31.36%"):
            drive = GaborBank(0, 2, 0, temporal=temporal).drive(movie, display)
        fractions.append(float(drive["clipped"][0]))
    assert fractions == pytest.approx([fractions[0]] * 3)


def test_everything_but_a_movie_has_always_been_there():
    # oracle: a filter that answers no steady picture, and a flashed one
    bank = GaborBank(0, 2, [0, 90], temporal=BiphasicFilter())
    photographs = Photographs(patches=1, seed=6)
    assert np.abs(bank.drive(photographs, duration=0.3).values).max() < 1e-4
    assert np.abs(bank.drive(Movie(photographs, repeat=18)).values).max() > 1e-3


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


def test_a_bank_that_no_field_holds_is_still_drawn():
    figure = GaborBank.sample_v1(12, seed=1).plot()
    drawn = [ax for ax in figure.axes if ax.images and ax.get_title()]
    assert len(drawn) == 12
    assert all(np.ptp(np.asarray(ax.images[0].get_array())) > 0.5 for ax in drawn)
    assert "TemporalGabor" in repr(GaborBank.quadrature(0, 2, temporal=TemporalGabor(4)))


def _drive(stimulus, field=FIELD, **more):
    return GaborBank.quadrature(0, 2).drive(stimulus, field, **more)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda: _drive(Gratings(0, 1, temporal_frequency=20, waveform="square"), duration=0.2),
            r"temporal_frequency <= 10 Hz .*third harmonic",
        ),
        (lambda: Noise(1, kind="pink", highest=0.1).frames(FIELD), "holds a cycle of pink noise"),
        (lambda: Noise(1, kind="pink").frames(VisualField(shape=1)), "holds a cycle"),
        (lambda: _drive(GaborPatches(0, 2, sd=0.01)), "patches whose band is within 8 cycles/deg"),
        (lambda: _drive(Gratings().through(CircularWindow(0.03))), r"diameter >= 0.1875 deg"),
        (lambda: RaisedCosineWindow(1, 3), "an edge not wider than the diameter"),
        (lambda: Gratings().through(CircularWindow), "a window such as"),
        (lambda: Gratings(contrast=np.array([0.5 + 9j])), "contrast in 1 as a number"),
        (lambda: Gratings(orientation="30"), "orientation in deg as a number"),
        (lambda: Gratings(*[np.arange(1, 300) / 300] * 5), r"at most 1e\+07 stimuli"),
        (lambda: GaborBank([]), "at least one cell"),
        (lambda: GaborBank([[0, 90]]), "at least one cell, in lists"),
        (lambda: GaborBank.quadrature([0, 1], [1, 2, 3]), "one per cell or one for all"),
        (lambda: GaborBank(sigma=3), r"sigma as \(along, across\)"),
        (lambda: GaborBank().plot(most=0), "most >= 1"),
        (lambda: Gratings(temporal_frequency=1).frames(FIELD, 1e-9), "a duration from a frame"),
        (lambda: Gratings(temporal_frequency=1).frames(FIELD, "a"), "a duration from a frame"),
        (
            lambda: _drive(
                Gratings(np.arange(300), 1, range(300), temporal_frequency=1), duration=600
            ),
            "a drive of at most",
        ),
        (lambda: Noise(np.inf), "frames >= 1, got inf"),
        (lambda: Noise("3"), "frames >= 1, got 3"),
        (lambda: Noise(3, seed=2**200), "seed >= 0"),
        (lambda: Blanks(np.nan), "number as a whole number"),
        (lambda: Movie(np.ones((2, 9, 9)), repeat=np.inf), "repeat as a whole number"),
        (lambda: Movie(np.ones((2, 9, 9)) * 1j), "an array of shape"),
        (lambda: Photographs(3), "images as paths or 2-d arrays, got 3"),
        (lambda: Textures(samples=np.inf), "samples as a whole number"),
        (lambda: VisualField(ppd=np.inf), "ppd > 0 pixels/deg, got inf"),
        (lambda: VisualField(frame_rate="60"), "frame_rate > 0 Hz, got 60"),
        (lambda: VisualField(contrast_range=("a", "b")), "contrast_range as"),
        (lambda: spectral_slope(np.eye(64), band=(0, 0.2)), "band as .lowest > 0, highest"),
        (lambda: spectral_slope(np.eye(64), ppd=0), "ppd > 0, got 0"),
        (
            lambda: Plaids(Gratings([0, 1]), Gratings([0, 1, 2]), combine="zip").frames(FIELD),
            "components of one number",
        ),
    ],
)
def test_wrong_input_is_refused_in_one_line(wrong, message):
    with pytest.raises(InputError, match=message) as refused:
        wrong()
    assert "\n" not in str(refused.value)
