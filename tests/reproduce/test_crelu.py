"""CReLU with half the filters."""

import pytest

pytest.importorskip("torch")

from neurosim.reproduce import crelu
from neurosim.reproduce.few_images import Lesson, made


def test_half_the_filters_carry_as_many_channels(bars):
    """Oracle: by hand. Halved with both signs, each next layer sees what it saw with ReLU."""
    data = bars()
    seen = {}
    for name, (kinds, filters) in crelu.designs([8, 8, 8]).items():
        model = made(Lesson(kinds, filters, data, seed=0))
        seen[name] = [tuple(model[k].weight.shape[:2]) for k in (0, 2, 4)]
    assert seen == {
        "ReLU": [(8, 1), (8, 8), (8, 8)],
        "CReLU, half in the first layer": [(4, 1), (8, 8), (8, 8)],
        "CReLU, half in every layer": [(4, 1), (4, 8), (4, 8)],
        "ReLU, half in every layer": [(4, 1), (4, 4), (4, 4)],
    }
