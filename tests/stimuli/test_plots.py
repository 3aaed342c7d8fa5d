"""Pictures and animations of stimuli."""

import numpy as np
import pytest

from neurosim import (
    Gratings,
    InputError,
    Noise,
    VisualField,
)

FIELD = VisualField(size=4, ppd=16)


def test_pictures_show_the_stimuli_on_one_scale():
    figure = Gratings([0, 45, 90], contrast=[0.2, 1]).plot(FIELD)
    shown = [ax for ax in figure.axes if ax.images and ax.get_title()]
    assert len(shown) == 6
    assert shown[1].get_title() == "θ 0°\nC 1"
    drawn = np.asarray(shown[3].images[0].get_array())
    assert drawn == pytest.approx(Gratings(45).pictures(FIELD)[0])
    assert {ax.images[0].get_clim() for ax in shown} == {(-1.0, 1.0)}
    assert len(Noise(100).plot(FIELD, most=5).axes) == 5 + 1  # and the colour bar
    with pytest.raises(InputError, match=r"most as a whole number >= 1"):
        Noise(1).plot(FIELD, most=0)


def test_an_animation_shows_the_frames(tmp_path):
    from PIL import Image

    drifting = Gratings(0, 1, temporal_frequency=6)
    moving = drifting.animate(VisualField(size=2, ppd=8, frame_rate=30), duration=0.2)
    moving.save(tmp_path / "moving.gif", writer="pillow")
    with Image.open(tmp_path / "moving.gif") as gif:
        assert gif.n_frames == 6
