"""ReLU against tanh: how long to an error, and at which rate of learning."""

import numpy as np
import pytest

from neurosim.reproduce import (
    speed,
)


def test_epochs_to_an_error_between_two_looks():
    # oracle: the straight line between the looks, by hand
    course = speed.Course(np.array([0, 0.5, 1, 1.5]), np.array([0.9, 0.3, 0.4, 0.1]))
    assert speed.epochs_to(0.3, course) == pytest.approx(0.5)
    assert speed.epochs_to(0.6, course) == pytest.approx(0.25)
    assert speed.epochs_to(0.2, course) == pytest.approx(1 + 0.5 * 2 / 3)
    assert speed.epochs_to(0.95, course) == 0
    assert np.isnan(speed.epochs_to(0.05, course))


def test_the_fastest_rate_is_chosen_over_all_seeds():
    # oracle: by hand: one is at 5 % at 1 epoch twice, another at 0.5 and never (which counts as 4)
    def at(*errors):
        return speed.Course(np.arange(len(errors)) / 2, np.array(errors))

    steady = [at(0.9, 0.5, 0.05)] * 2
    lucky = [at(0.9, 0.05), at(0.9, 0.9, 0.9, 0.9)]
    assert speed.fastest({0.1: lucky, 0.2: steady}) == 0.2
    # where none is there in time, the smaller error at the end
    assert speed.fastest({0.1: [at(0.9, 0.6)], 0.2: [at(0.9, 0.4)], 0.4: [at(0.9, 0.8)]}) == 0.2
