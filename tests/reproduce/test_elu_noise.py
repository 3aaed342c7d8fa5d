"""What the negative side of a rectifier passes of noise, against closed forms."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")  # the digits

import torch

from neurosim.convnet.training import Kind
from neurosim.reproduce import (
    elu_noise,
)


def test_elu_passes_e_to_the_x():
    # oracle: the SD of a lognormal, e^x sqrt(e^{s^2} (e^{s^2} - 1)), for noise of SD s that stays
    # below zero
    noise = 0.3 * np.random.default_rng(0).standard_normal(200_000)
    for x in (-2.0, -4.0, -6.0):
        log_normal = np.sqrt(np.exp(0.09) * np.expm1(0.09)) / 0.3
        found = elu_noise.passed(elu_noise.CURVES["ELU"], np.array(x), noise)
        assert found == pytest.approx(np.exp(x) * log_normal, rel=0.01)


def test_what_the_piecewise_linear_pass_is_their_slope():
    # oracle: the slopes declared
    slopes = {"linear": 1, "ReLU": 0, "LReLU, 0.1": 0.1, "PReLU, 0.25": 0.25, "SReLU": 0.2}
    for name, slope in slopes.items():
        far = elu_noise.share(elu_noise.CURVES[name], 1)[0]
        assert far == pytest.approx(slope, abs=1e-12)


def test_the_leak_that_is_as_steep_as_elu_on_average():
    # oracle: the integral, numerically
    x = np.linspace(-12, 0, 200_001)
    density = 2 * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    assert pytest.approx(np.trapezoid(np.exp(x) * density, x), rel=1e-6) == elu_noise.AS_STEEP


def test_noise_on_negative_inputs_leaves_positive_ones_alone(by_hand):
    # oracle: a network whose inputs are all positive answers as it does without noise; one that
    # is all negative with ReLU answers alike too, as long as the noise stays below zero
    model, data = by_hand
    images = torch.from_numpy(data.train_images) + 0.1
    with torch.no_grad():
        model[0].weight[:] = 1.0
        model[0].bias[:] = torch.tensor([0.0, 0.5, 1.0])
    quiet = model(images).detach()
    assert torch.equal(elu_noise.shaken(model, images, 0.5, 0), quiet)
    with torch.no_grad():
        model[0].bias[:] = -10.0
    assert torch.equal(elu_noise.shaken(model, images, 0.5, 0), model(images).detach())
    model[1] = Kind("LReLU", values={"leak": 0.1}).layer(3)
    assert not torch.equal(elu_noise.shaken(model, images, 0.5, 0), model(images).detach())
