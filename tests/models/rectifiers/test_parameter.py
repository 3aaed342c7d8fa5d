"""Typical regions: where the family declares them, and what takes their place."""

import math

import pytest

from neurosim import RECTIFIERS, Parameter

EVERY = [
    (f"{each.name}: {name}", parameter)
    for each in RECTIFIERS.values()
    for name, parameter in {**each.parameters, **each.constants}.items()
]


@pytest.mark.parametrize(("label", "parameter"), EVERY, ids=[label for label, _ in EVERY])
def test_every_parameter_of_the_family_has_a_region_inside_its_domain(label, parameter):
    low, high = parameter.region
    assert parameter.low < low < high < parameter.high
    assert low <= parameter.usual <= high


@pytest.mark.parametrize(
    ("domain", "default", "region", "usual"),
    [
        # oracle: halfway from the default to either end, by hand
        ((0, 1), 0.1, (0.05, 0.55), 0.1),
        ((0, 1), 0.0, (0.25, 0.75), 0.5),
        ((0, math.inf), 2.0, (1.0, 3.0), 2.0),
        ((-math.inf, math.inf), 0.2, (-0.3, 0.7), 0.2),
        # by ratios where the domain is wide: geometric means
        ((1e-6, 1), 1e-4, (1e-5, 1e-2), 1e-4),
        ((1e-6, 1), 1e-6, (3.1622777e-5, 3.1622777e-2), 1e-3),
    ],
)
def test_a_region_that_is_not_declared_is_about_the_default(domain, default, region, usual):
    parameter = Parameter("p", "", default, *domain)
    assert parameter.region == pytest.approx(region)
    assert parameter.usual == pytest.approx(usual)


def test_the_default_is_usual_only_within_the_region():
    assert Parameter("p", "", 0.0, low=0, typical=(0.2, 0.4)).usual == pytest.approx(0.3)
    assert Parameter("p", "", 0.25, low=0, typical=(0.2, 0.4)).usual == 0.25


@pytest.mark.parametrize(
    ("low", "high", "within", "wide"),
    [
        (1e-7, 1, None, True),
        (1e-7, math.inf, None, True),
        (0.2, 8, None, False),  # an exponent
        (0, 1, None, False),
        (-1, 1e6, None, False),
        (1e-9, math.inf, "spread", False),  # the drive's spread confines it
    ],
)
def test_a_wide_positive_domain_goes_by_decades(low, high, within, wide):
    assert Parameter("p", "", 0.5, low, high, within).by_decades == wide
