"""The ensembles of examples."""

import numpy as np
import pytest

from neurosim import InputError
from neurosim.analysis.information_kept.example_ensembles import (
    photograph_responses,
    white_noise_responses,
)


def test_the_ensembles():
    noise = white_noise_responses(seed=4, rows=300, columns=400)
    x, q = noise["response"].values, noise["quadrature"].values
    # oracle: a quadrature pair: equal energies, no correlation, half a cycle is two positions
    assert (x**2).mean() == pytest.approx((q**2).mean(), rel=0.02)
    assert abs((x * q).mean() / (x**2).mean()) < 0.02
    vertical = x[0]
    assert np.corrcoef(vertical[:, 2:].ravel(), vertical[:, :-2].ravel())[0, 1] < -0.5
    # oracle: natural images are sparse (Field 1987)
    photograph = photograph_responses()["response"]
    assert float((photograph**4).mean() / (photograph**2).mean() ** 2) > 10
    with pytest.raises(
        InputError, match="photograph_responses: expected an image of positive mean"
    ):
        photograph_responses(np.zeros((200, 200)))
    with pytest.raises(InputError, match="expected rows as a whole number >= 1, got 0"):
        white_noise_responses(rows=0)
