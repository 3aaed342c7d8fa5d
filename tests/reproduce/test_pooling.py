"""What pooling cancels, by hand."""

import numpy as np
import pytest

from neurosim.reproduce.pooling import _change, _share_left


def test_pooling_measures_by_hand():
    checks = np.indices((8, 8)).sum(0) % 2 * 2.0 - 1.0  # +1 and -1 in turn
    assert _share_left(checks, 2) == 0
    assert _share_left(np.abs(checks), 2) == 1
    assert _change(checks, 1, 1) == pytest.approx(2.0)  # every value changes its sign
    assert _change(np.abs(checks), 1, 1) == 0
