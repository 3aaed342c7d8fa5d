"""What networks are shown: centred images, as many as asked for."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from neurosim.reproduce.inputs import centred


def test_images_are_centred_by_those_trained_on(colour):
    # oracle: NumPy's own mean and SD, per channel and of all
    shown = centred(colour())
    np.testing.assert_allclose(shown.train_images.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(shown.train_images.std(), 1, rtol=1e-6)
    # the same transform for both sets, so the same images stay the same
    np.testing.assert_array_equal(shown.test_images, shown.train_images[:20])


def test_no_more_images_than_asked_for_and_always_the_same(few, colour):
    # oracle: each drawn image is one of the data's, with its own label
    data = colour(100)
    few = centred(data, 10)
    np.testing.assert_array_equal(few.train_images, centred(data, 10).train_images)
    assert few.train_images.shape == (10, 3, 12, 12)
    whole = centred(data).train_images  # of another mean and unit: a straight line apart
    for image, label in zip(few.train_images, few.train_labels, strict=True):
        alike = [np.corrcoef(image[0].ravel(), one[0].ravel())[0, 1] for one in whole]
        assert np.max(alike) == pytest.approx(1, abs=1e-5)
        assert data.train_labels[np.argmax(alike)] == label


def test_large_images_are_averaged_over_squares(colour):
    # oracle: torch's average pooling; 12 pixels stay 12
    pixels = np.random.default_rng(0).random((5, 2, 29, 30)).astype(np.float32)
    large = replace(colour(5), train_images=pixels, test_images=pixels)
    pooled = torch.nn.functional.avg_pool2d(torch.from_numpy(pixels), 2).numpy()
    expected = centred(replace(large, train_images=pooled, test_images=pooled))
    np.testing.assert_allclose(centred(large).train_images, expected.train_images, atol=1e-5)
    np.testing.assert_allclose(centred(large).test_images, expected.test_images, atol=1e-5)
    assert expected.train_images.shape == (5, 2, 14, 15)
