"""What every stimulus can do: join others, be told apart, be shown, be refused in one line."""

import numpy as np
import pytest

from neurosim import (
    Bars,
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
    Textures,
    VisualField,
    spectral_slope,
)

SMALL = VisualField(size=2, ppd=16)
FIELD = VisualField(size=4, ppd=16)


def test_sets_join_with_nan_where_a_label_is_missing():
    both = Gratings(contrast=[0.5, 1]) + Photographs(patches=3)
    frames = both.frames(SMALL)
    assert frames["kind"].values.tolist() == ["grating"] * 2 + ["photograph"] * 3
    assert np.isnan(frames["orientation"].values[2:]).all()
    assert frames["image"].values.tolist() == ["", ""] + ["grace_hopper.jpg"] * 3
    assert frames["contrast"].notnull().all()


def test_frames_that_memory_cannot_hold_are_refused():
    with pytest.raises(InputError, match=r"at most 2.14748e\+09 bytes.*stream"):
        Gratings(temporal_frequency=1).frames(VisualField(8, 32), duration=600)


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
        (lambda: GaborBank().plot(most=0), "most as a whole number >= 1"),
        (lambda: Gratings(temporal_frequency=1).frames(FIELD, 1e-9), "a duration from a frame"),
        (lambda: Gratings(temporal_frequency=1).frames(FIELD, "a"), "a duration from a frame"),
        (
            lambda: _drive(
                Gratings(np.arange(300), 1, range(300), temporal_frequency=1), duration=600
            ),
            "a drive within memory",
        ),
        (lambda: Noise(np.inf), "frames as a whole number >= 1, got inf"),
        (lambda: Noise("3"), "frames as a whole number >= 1, got 3"),
        (lambda: Noise(3, seed=2**200), "seed as a whole number from 0 to"),
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
