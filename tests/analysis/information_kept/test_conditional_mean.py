"""What can be read off an output: its order alone, and nothing of what is unrelated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.analysis.information_kept.conditional_mean import conditional_mean


@given(st.lists(st.floats(-20, 20), min_size=8, max_size=80), st.integers(0, 1000))
def test_only_the_order_of_outputs_counts(values, seed):
    # oracle: the same call after a strictly increasing, exactly computed transform
    y = np.round(np.array(values), 3)
    targets = np.random.default_rng(seed).standard_normal((1, y.size))
    half = y.size // 2
    plain, cubed = (
        conditional_mean(f(y[None, :half]), targets[:, :half], f(y[None, half:]))
        for f in (lambda v: v, lambda v: np.unique(y).searchsorted(v) ** 3.0)
    )
    assert plain == pytest.approx(cubed, abs=1e-12)
    assert (plain >= targets[:, :half].min() - 1e-12).all()
    assert (plain <= targets[:, :half].max() + 1e-12).all()


def test_nothing_is_read_off_what_is_unrelated():
    # oracle: independence; a held-out score then is 0 at most, up to chance
    rng = np.random.default_rng(5)
    y, t = rng.standard_normal((2, 20_000))
    read = conditional_mean(y[None, ::2], t[None, ::2], y[None, 1::2])[0]
    assert -0.01 < 1 - ((t[1::2] - read) ** 2).sum() / (t[1::2] ** 2).sum() < 0.002
