"""Leaks that are learned."""

import pytest

pytest.importorskip("torch")

from neurosim.reproduce import leaky


def test_slopes_start_alike_and_are_shared_or_per_channel():
    """Oracle: He et al. 2015, from 0.25: one slope per layer, or one per channel."""
    kinds = leaky._kinds()
    for name, number in (("PReLU, shared", 1), ("PReLU, per channel", 12)):
        layer = kinds[name].layer(12)
        assert layer.leak.numel() == number
        assert layer.leak.detach().numpy() == pytest.approx(0.25)
