"""The first layer that is trained for its pairs."""

from dataclasses import replace

import numpy as np
import pytest


def test_the_trained_layer_is_seeded():
    pytest.importorskip("torch")
    from neurosim.convnet.datasets import digits
    from neurosim.reproduce.pairs import _trained

    every = digits()
    data = replace(
        every, train_images=every.train_images[:64], train_labels=every.train_labels[:64]
    )
    one, two = _trained((data, 1)), _trained((data, 1))
    assert np.array_equal(one, two)
    assert one.shape == (32, 1, 5, 5)
    assert not np.array_equal(one, _trained((data, 2)))
