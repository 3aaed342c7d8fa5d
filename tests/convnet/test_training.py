"""Training: when it stops, and what it starts from."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")  # the digits

from neurosim.convnet.datasets import digits
from neurosim.convnet.training import Kind, Training, network, train
from neurosim.reproduce.inputs import centred


def test_training_stops_when_it_is_good_enough():
    # oracle: the same training without a stop, which goes on from the same numbers
    data = centred(digits(), 320)
    seen = []
    for enough in (None, 0.5):
        model = network(Kind("ReLU").layer, data, (4,), seed=1)
        seen.append(train(model, data, Training(4, 0.1, watched=0.2, enough=enough)))
    whole, stopped = (learned.train_error for learned in seen)
    first = next(k for k, error in enumerate(whole) if error <= 0.5)
    assert stopped == whole[: first + 1]
    assert first + 1 < len(whole)


def test_the_gain_is_the_weights_variance_times_fan_in():
    # oracle: the variance of a sample, to its standard error of 2 %
    data = centred(digits())
    for gain in (1.0, 2.0):
        model = network(Kind("tanh").layer, data, (64, 64), gain=gain)
        weights = model[2].weight.detach().numpy()
        assert weights.var() * weights[0].size == pytest.approx(gain, rel=0.05)
