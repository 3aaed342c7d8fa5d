"""The comparison figure of stimuli and responses that lack what others have."""

import numpy as np
import pytest

from neurosim import (
    Bars,
    CircularWindow,
    Edges,
    GaborBank,
    GaborPatches,
    Gratings,
    Noise,
    Plaids,
    Textures,
    VisualField,
    compare,
    responses_from_counts,
    with_quadrature,
)

FIELD = VisualField(size=4, ppd=16)
SETS = {
    "plaids": Plaids(Gratings(0, spatial_frequency=2), Gratings([0, 30, 60, 90])),
    "bars": Bars(orientation=[0, 45, 90]),
    "edges": Edges(orientation=[0, 45, 90]),
    "noise": Noise(4, seed=1),
    "textures": Textures(4),
    "patches": GaborPatches(orientation=[0, 30]),
    "windowed": Gratings(orientation=[0, 45]).through(CircularWindow(diameter=[1, 2])),
    "drifting": Gratings(orientation=[0, 45, 90], temporal_frequency=4),
    "mixed": Bars(orientation=[0, 90]) + Edges(orientation=[0, 90]) + Gratings(phase=[0, 90]),
}


@pytest.fixture(scope="session")
def comparison():
    x = np.linspace(-1, 1, 8)
    count = np.random.default_rng(0).poisson(2 + 20 * np.maximum(x, 0), (3, 8)).T
    return compare(responses_from_counts(x, count, 1.0), ["ReLU", "half-squared"], folds=4)


@pytest.mark.parametrize("name", SETS)
def test_every_kind_of_stimulus_is_drawn(name, comparison):
    # oracle: the pictures drawn are among those shown, strongest first
    duration = 0.1 if SETS[name].moves else None
    frames = SETS[name].frames(FIELD, duration)
    kernels = GaborBank.quadrature(0, 2).kernels(FIELD)
    figure = comparison.plot(frames=frames, kernels=kernels)
    pictures = figure.subfigs[0].axes
    assert len(pictures) >= 5  # a stimulus at least, and four fields
    drawn = np.asarray(pictures[0].images[0].get_array())
    first = frames.values[frames["kind"].values == frames["kind"].values[0]]
    shown = first.reshape(-1, *frames.shape[-2:])
    assert any(np.array_equal(drawn, picture) for picture in shown)
    assert drawn.std() == pytest.approx(shown.std((1, 2)).max(), abs=1e-6)


def test_pictures_without_any_label_are_drawn(comparison):
    frames = Gratings(orientation=[0, 45]).frames(FIELD).drop_vars(["kind", "contrast"])
    assert len(comparison.plot(frames=frames).subfigs[0].axes) == 2


def test_rectifiers_of_more_than_the_drive_are_compared_and_drawn():
    # what needs more than the drive has no curve over the drive; all others have theirs
    stimuli = Gratings(spatial_frequency=2, phase=np.arange(0, 360, 45), contrast=[0.5, 1])
    drive = GaborBank.quadrature(0, 2).drive(stimuli)
    count = np.random.default_rng(1).poisson(3 + 20 * np.maximum(drive.values, 0)[..., None])
    responses = with_quadrature(responses_from_counts(drive, count, 1.0))
    found = compare(responses, ["modulus", "half-wave", "half-squared"])
    panel = found.plot().subfigs[0].axes[0]
    assert len(panel.get_legend_handles_labels()[1]) == 3  # the constant rate among them
    compare(responses, ["modulus"]).plot()
