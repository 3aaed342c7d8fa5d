"""Quadrature partners found among the cells of a bank."""

import numpy as np
import pytest

from neurosim import (
    RECTIFIERS,
    GaborBank,
    Gratings,
    InputError,
    compare,
    fit,
    responses_from_counts,
    with_quadrature,
)


def _responses(drive, rate):
    count = np.random.default_rng(0).poisson(rate[..., None], (*rate.shape, 20))
    return responses_from_counts(drive, count, 1.0)


def _complex_cells():
    shown = Gratings(
        orientation=[0.0, 20.0],
        spatial_frequency=2.0,
        phase=np.arange(0, 360, 30),
        contrast=[0.2, 0.5, 1.0],
    )
    drive = GaborBank.quadrature(orientation=[0, 30], x=[0.0, 0.2]).drive(shown)
    partner = np.concatenate([np.roll(drive.values[:, k : k + 4], -1, axis=1) for k in (0, 4)], 1)
    return drive, partner


def test_the_partner_is_the_next_phase_of_the_same_set():
    # oracle: sets are four cells in a row, phases 0, 90, 180, 270 deg
    drive, partner = _complex_cells()
    made = with_quadrature(_responses(drive, np.ones(drive.shape)))
    assert (made["drive_quadrature"].values == partner).all()
    order = [6, 1, 4, 3, 0, 5, 2, 7]
    shuffled = with_quadrature(_responses(drive.isel(cell=order), np.ones(drive.shape)))
    assert (shuffled["drive_quadrature"].values == partner[:, order]).all()
    assert made["drive_quadrature"].attrs["units"] == "1"


def test_a_cell_that_fires_at_the_modulus_is_called_one():
    # oracle: how its counts were made
    drive, partner = _complex_cells()
    rate = RECTIFIERS["modulus"].rate(drive.values, 2, gain=40, quadrature=partner)
    responses = with_quadrature(_responses(drive, rate))
    found = compare(responses, ["half-wave", "full-wave", "modulus"])
    assert (found.chosen == [each.name for each in found.rectifiers].index("modulus")).all()
    assert fit("modulus", responses).values == pytest.approx(np.tile([2.0, 40.0], (8, 1)), rel=0.2)


def test_what_has_no_partner_is_refused():
    drive, _ = _complex_cells()
    few = _responses(drive.isel(cell=[0, 1, 2]), np.ones((len(drive), 3)))
    with pytest.raises(InputError, match=r"90 deg further.*of cell 2 .GaborBank.quadrature makes"):
        with_quadrature(few)
    with pytest.raises(InputError, match=r"parameters along the cells, got none of preferred_pha"):
        with_quadrature(responses_from_counts([0, 1], [[1], [2]], 1.0))
    with pytest.raises(InputError, match=r"responses with a drive .stimulus, cell., got list"):
        with_quadrature([1, 2])
    with pytest.raises(InputError, match=r"drive_quadrature.*with_quadrature adds it"):
        fit("modulus", few)
