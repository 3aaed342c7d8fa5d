"""Gabor pairs on pixels, refused where the pixels or the field cannot hold them."""

from __future__ import annotations

import numpy as np
from scipy.special import erfc

from neurosim.base.arrays import Array, Complexes
from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.gabor import analytic_profile, spectrum_peak
from neurosim.models.receptive_fields.gabor_cells import GaborCells
from neurosim.stimuli import VisualField

__all__ = ["pairs_on", "sampled_pairs"]

_LOST = 1e-6  # of a cell's energy, that cropping or sampling may lose


def pairs_on(field: VisualField, cells: GaborCells) -> Complexes:
    """Kernels whose sum of products with a frame is the analytic response.

    Parameters
    ----------
    field : VisualField
    cells : GaborCells
        (cell,)

    Returns
    -------
    complex ndarray (cell, row, column)
        Contrast units per pixel. The real part is the cell's receptive field, the imaginary one its
        Hilbert partner's; the sum over the pixels of either is zero.

    Raises
    ------
    InputError
        When more than a millionth of a cell's energy is beyond the pixels' Nyquist frequency or
        outside the field.
    """
    _check_band(field, cells)
    pairs = sampled_pairs(field, cells)
    _check_crop(field, cells, pairs)
    envelope = _envelope(field, cells)
    for _ in range(2):  # what cropping and sampling leave of the mean goes where the envelope is
        mean = pairs.sum((1, 2), keepdims=True) / envelope.sum((1, 2), keepdims=True)
        pairs -= mean * envelope
    peak = spectrum_peak(*cells.sigma, cells.nx)[:, None, None]
    return pairs / (peak * field.ppd**2)


def sampled_pairs(field: VisualField, cells: GaborCells) -> Complexes:
    """The pairs' formula at pixel centres, (cell, row, column), at most 1 or so, unchecked."""
    along, across = _in_envelopes(field, cells)
    pairs = np.empty(along.shape, dtype=complex)
    for cell, nx in enumerate(cells.nx):
        turn = np.exp(1j * np.deg2rad(cells.phase[cell]))
        pairs[cell] = analytic_profile(along[cell], nx) * np.exp(-(across[cell] ** 2) / 2) * turn
    return pairs


def _in_envelopes(field: VisualField, cells: GaborCells) -> tuple[Array, Array]:
    """Position along and across each carrier, in envelope SDs; (cell, row, column) each."""
    sigma_x, sigma_y = (sigma[:, None, None] for sigma in cells.sigma)
    theta = np.deg2rad(cells.orientation)[:, None, None]
    dx = field.x - cells.x[:, None, None]
    dy = field.y[:, None] - cells.y[:, None, None]
    return (
        (dx * np.cos(theta) + dy * np.sin(theta)) / sigma_x,
        (dy * np.cos(theta) - dx * np.sin(theta)) / sigma_y,
    )


def _envelope(field: VisualField, cells: GaborCells) -> Array:
    along, across = _in_envelopes(field, cells)
    return np.exp(-(along**2 + across**2) / 2)


def _energy(nx: Array) -> tuple[Array, Array]:
    """Energy of a pair's member along the carrier, in envelope SDs, and its second moment.

    The moment is what the odd member's tail, moment / (pi u^3), is made of.
    """
    k2 = (2 * np.pi * nx) ** 2
    c = np.exp(-k2 / 2)
    energy = np.sqrt(np.pi) * ((1 + c**2) / 2 - 2 * c * np.exp(-k2 / 4) + c**2)
    return energy, np.sqrt(2 * np.pi) * c * k2


def _check_band(field: VisualField, cells: GaborCells) -> None:
    """Refuse pixels that would alias a cell's band.

    The energy's spectrum is taken as its main lobe, a Gaussian about the carrier.
    """
    sigma_x, sigma_y = cells.sigma
    theta = np.deg2rad(cells.orientation)
    broader = np.sqrt(np.pi) / 2 / _energy(cells.nx)[0]
    beyond, needed = np.zeros(theta.size), np.zeros(theta.size)
    for cosine, sine in ((np.cos(theta), np.sin(theta)), (np.sin(theta), np.cos(theta))):
        sd = np.hypot(cosine / sigma_x, sine / sigma_y) / (np.sqrt(2) * 2 * np.pi)
        middle = cells.carrier * np.abs(cosine)
        beyond += broader * erfc((field.nyquist - middle) / sd / np.sqrt(2)) / 2
        needed = np.maximum(needed, 2 * (middle + (5.0 + 0.2 * np.log(broader)) * sd))
    faults = Faults("GaborBank")
    faults.require(
        (beyond <= _LOST).all(),
        f"at most {_LOST:g} of each cell's energy beyond {field.nyquist:g} cycles/deg (the field's"
        " Nyquist frequency)",
        f"{min(beyond.max(), 1.0):.2g}",
        f"raise the field's ppd; {np.ceil(needed.max()):g} would do",
    )
    faults.stop()


def _even_outside(field: VisualField, cells: GaborCells) -> Array:
    """At most this fraction of the even member's energy is outside the field: its envelope's."""
    sigma_x, sigma_y = cells.sigma
    theta = np.deg2rad(cells.orientation)
    outside = np.zeros(theta.size)
    sides = zip(field.width_and_height, (cells.x, cells.y), (0.0, np.pi / 2), strict=True)
    for side, centre, turn in sides:
        spread = np.hypot(np.cos(theta - turn) * sigma_x, np.sin(theta - turn) * sigma_y)
        for edge in (side / 2 - centre, side / 2 + centre):
            outside += erfc(edge / spread) / 2
    share: Array = outside * np.sqrt(np.pi) / _energy(cells.nx)[0]
    return share


def _check_crop(field: VisualField, cells: GaborCells, pairs: Complexes) -> None:
    """Refuse a field that cuts off a part of a cell."""
    sigma_x, sigma_y = cells.sigma
    energy, moment = _energy(cells.nx)
    # of both members together, which sampling does not alias
    whole = 2 * energy * np.sqrt(np.pi) * sigma_x * sigma_y * field.ppd**2
    both = 2 * (1 - (np.abs(pairs) ** 2).sum((1, 2)) / whole)
    turn = np.deg2rad(cells.phase)
    lost = np.cos(turn) ** 2 * _even_outside(field, cells) + np.sin(turn) ** 2 * both
    if (lost <= _LOST).all():
        return
    tail = (2 * (moment / np.pi) ** 2 / (5 * _LOST * energy)) ** 0.2  # SDs that hold all but it
    reach = np.maximum(np.maximum(tail, 4.5) * sigma_x, 4.5 * sigma_y)
    half = (np.maximum(np.abs(cells.x), np.abs(cells.y)) + reach).max()
    size = np.ceil(2 * half * field.ppd) / field.ppd
    faults = Faults("GaborBank")
    faults.require(
        False,
        f"at most {_LOST:g} of each cell's energy cut off by the field",
        f"{lost.max():.2g}",
        f"a field of {size:g} deg would do; or move the cell",
    )
    faults.stop()
