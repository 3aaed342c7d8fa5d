"""The grid along one shape parameter: within its bounds, to both ends, fine where it must be."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, Parameter, Rectifier
from neurosim.analysis.fitting.optimum import rate_model
from neurosim.analysis.fitting.starts import _axis
from neurosim.data.counts import Counts

X = np.linspace(-1, 1, 25)[None]
COUNTS = Counts(X, 0 * X, 0 * X + 1, 0 * X)


def _grid(low, high, default, number=48):
    """Of a rectifier with one parameter of that domain."""
    body = {
        "level": Parameter("p", "", default, low=low, high=high),
        "shape": staticmethod(lambda x, level: x * level),
        "slope": staticmethod(lambda x, level: 0 * x + level),
    }
    mine = type(Rectifier)("Mine", (Rectifier,), body, register=False)
    return _axis(rate_model(mine(), COUNTS), 0, number)[0]


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-3, 5), (50, 1000), (-1000, -50), (1e-7, 1), (2, 1e6), (0.2, 8)]
)
def test_a_grid_goes_from_end_to_end_of_a_domain(low, high):
    # oracle: the domain, in whatever unit it is
    grid = _grid(low, high, (low + high) / 2)
    assert grid[[0, -1]].tolist() == [low, high]
    assert (np.diff(grid) > 0).all()


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        (0, np.inf, 0, 20),
        (-np.inf, np.inf, -20, 20),
        (50, np.inf, 50, 1050),
        (-np.inf, -50, -1050, -50),
        (1e-7, np.inf, 1e-7, 20 + 1e-7),
    ],
)
def test_without_an_end_it_goes_twenty_times_as_far_as_the_other(low, high, first, last):
    grid = _grid(low, high, np.clip(1.0, low, high))
    assert grid[[0, -1]] == pytest.approx([first, last], rel=1e-12)


@pytest.mark.parametrize("number", [1, 4, 12, 48])
def test_a_wide_domain_is_searched_by_decades(number):
    # oracle: equal ratios
    grid = _grid(1e-8, 100, 1.0, number)
    assert np.diff(np.log(grid)) == pytest.approx(
        np.full(number - 1, np.log(1e10) / (number - 1 or 1))
    )


@pytest.mark.parametrize("name", [name for name, each in RECTIFIERS.items() if each.parameters])
def test_every_grid_of_the_family_is_within_its_bounds(name):
    rectifier = RECTIFIERS[name]
    model = rate_model(rectifier, COUNTS)
    for k in range(len(rectifier.parameters)):
        grid = _axis(model, k, 24)
        low, high = model.low[:, model.linear + k], model.high[:, model.linear + k]
        assert grid.shape == (1, 24)
        assert (grid >= low).all()
        assert (grid <= high).all()
