"""Shared by the tests of receptive fields from spikes: white movies, filters, what came before."""

import numpy as np
import pytest


@pytest.fixture
def white():
    """Movies (frame, y, x) of Gaussian white noise."""

    def movie(frames, side, contrast=0.3, seed=0):
        return np.random.default_rng(seed).normal(0, contrast, (frames, side, side))

    return movie


@pytest.fixture
def direction():
    """Filters (pixel,) of length 1."""

    def drawn(side, seed):
        w = np.random.default_rng(seed).normal(size=side * side)
        return w / np.sqrt((w**2).sum())

    return drawn


@pytest.fixture
def later():
    """What was shown so many frames before each, (time, pixel); the first frames wrap round."""

    def rolled(movie, lag):
        return np.roll(movie.reshape(len(movie), -1), lag, axis=0)

    return rolled
