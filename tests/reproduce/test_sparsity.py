"""Zeros and dead units, in networks made by hand."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")  # the digits

import torch

from neurosim.convnet.datasets import digits
from neurosim.convnet.training import Kind, network
from neurosim.reproduce import (
    sparsity,
)
from neurosim.reproduce.inputs import centred


def test_zeros_and_dead_filters_of_a_network_made_by_hand(by_hand):
    # oracle: two of three filters never respond; the third is silent at blank pixels
    model, data = by_hand
    zeros, dead = sparsity.silence(model, torch.from_numpy(data.train_images))
    assert dead == pytest.approx(2 / 3)
    assert zeros == pytest.approx((2 + (data.train_images == 0).mean()) / 3)


def test_a_network_that_diverged_has_no_shares(by_hand):
    # oracle: NaN, so that its rule is inconclusive, instead of "no unit is dead"
    model, data = by_hand
    with torch.no_grad():
        model[0].weight[:] = torch.nan
    assert np.isnan(sparsity.silence(model, torch.from_numpy(data.train_images))).all()


def test_an_all_negative_layer_passes_nothing_or_the_leak(few):
    # oracle: linear below zero, LReLU passes its leak; ReLU passes 0 exactly
    data = few(centred(digits()))
    images = torch.from_numpy(data.train_images)
    for name, values, leak in (("ReLU", {}, 0.0), ("LReLU", {"leak": 0.1}, 0.1)):
        model = network(Kind(name, values=values).layer, data, (8, 8), seed=2)
        whole = network(Kind("LReLU", values={"leak": 1.0}).layer, data, (8, 8), seed=2)
        model[1] = whole[1]  # the first rectifier linear, so that only the second one counts
        sparsity.lower(model, 2, images)
        assert (model[:3](images) < 0).all()
        ratio = sparsity.first_gradient(model, 2, images)
        ratio /= sparsity.first_gradient(whole, 2, images)
        assert ratio == pytest.approx(leak, rel=1e-5, abs=0)


def test_a_network_that_is_all_negative_learns_with_a_leak_only(few):
    # oracle: with ReLU nothing but the read-out's biases can change, so the answer is one class
    data = few(centred(digits()), 600)
    runs = {n: sparsity.followed(sparsity.Trial(data, n, 0.05, 0, True)) for n in ("ReLU", "LReLU")}
    most = np.bincount(data.train_labels).max() / len(data.train_labels)
    assert runs["ReLU"].error[-1] >= 1 - most - 1e-9
    assert runs["ReLU"].dead[-1] >= 32 / 48
    assert runs["LReLU"].error[-1] < runs["ReLU"].error[-1] - 0.2
    assert (runs["LReLU"].dead == 0).all()
