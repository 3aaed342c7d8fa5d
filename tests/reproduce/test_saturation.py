"""Gradients through stacks of rectifiers, against closed forms."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")  # the digits

from neurosim.convnet.datasets import digits
from neurosim.reproduce import (
    saturation,
)
from neurosim.reproduce.inputs import centred


def test_relu_passes_the_gradient_on_and_the_logistic_a_quarter():
    # oracle: He et al. 2015: with variance 2/n the expected factor is 1; the logistic's slope is
    # 1/4 at 0, and variance 1/n leaves the norm to the slope
    data = centred(digits(), 64)
    job = (data, [saturation.Stack(n, 8, 1.0) for n in ("ReLU", "logistic")], 5)
    relu, logistic = saturation.descents(job)[:, 0]
    assert relu == pytest.approx(1, abs=0.06)
    assert 0.2 < logistic < 0.25


def test_the_gradient_of_a_stack_is_the_numerical_one():
    # oracle: for a stack with slope 1 everywhere near its inputs (tanh of tiny weights) the
    # gradients of two layers are related by the weights alone, of norm scale on average
    random = np.random.default_rng(0)
    images, labels = random.normal(size=(200, 64)), random.integers(10, size=200)
    norms, flat = saturation.descent(saturation.Stack("tanh", 5, 0.05), images, labels, 10, 0)
    np.testing.assert_allclose(norms[:-1] / norms[1:], 0.05, rtol=0.15)
    assert flat == 0


def test_saturated_share_of_tanh_at_large_weights():
    # oracle: one layer of Gaussian inputs of SD s: P(sech^2 x < 0.1 | x > 0), in closed form
    from scipy.stats import norm

    random = np.random.default_rng(1)
    images, labels = random.normal(size=(500, 400)), random.integers(3, size=500)
    _, flat = saturation.descent(saturation.Stack("tanh", 1, 4.0, 200), images, labels, 3, 0)
    edge = np.arccosh(np.sqrt(1 / saturation.FLAT))
    assert flat == pytest.approx(2 * norm.sf(edge / 4), abs=0.01)
