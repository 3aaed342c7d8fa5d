"""The drive of each cell's quadrature partner, for rectifiers that need it (the modulus)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurosim.base.errors import Faults

__all__ = ["with_quadrature"]

_SHARED = (
    "preferred_orientation",
    "preferred_spatial_frequency",
    "centre_x",
    "centre_y",
    "envelope_nx",
    "envelope_ny",
)
_ALIKE = 9  # decimals


def with_quadrature(responses: xr.Dataset) -> xr.Dataset:
    """Responses with `drive_quadrature`: the drive of the cell whose phase is 90 deg further.

    Parameters
    ----------
    responses : Dataset
        Of cells that come in sets as `GaborBank.quadrature` makes them; see
        `neurosim.data.responses`.

    Returns
    -------
    Dataset
        The same with ``drive_quadrature(stimulus, cell)``, in the drive's unit.

    Raises
    ------
    InputError
        For drives that do not say which Gabor functions they are of, and cells without a partner.

    Examples
    --------
    >>> from neurosim import GaborBank, Gratings, responses_from_counts
    >>> shown = Gratings(orientation=0, spatial_frequency=2.0, phase=[0, 30], contrast=1.0)
    >>> drive = GaborBank.quadrature().drive(shown)
    >>> made = with_quadrature(responses_from_counts(drive, np.zeros((2, 4, 1)), 1.0))
    >>> np.hypot(made["drive"], made["drive_quadrature"]).values.round(6)
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.]])
    """
    faults = Faults("with_quadrature")
    is_responses = isinstance(responses, xr.Dataset) and "drive" in responses
    driven = is_responses and set(responses["drive"].dims) == {"stimulus", "cell"}
    faults.require(driven, "responses with a drive (stimulus, cell)", type(responses).__name__)
    faults.stop()
    needed = ("preferred_phase", *_SHARED)
    missing = [name for name in needed if name not in responses.coords]
    faults.require(
        not missing,
        "the Gabor functions' parameters along the cells",
        f"none of {', '.join(missing)}",
        "give drive_quadrature(stimulus, cell) yourself",
    )
    strange = [
        name
        for name in needed
        if name in responses.coords
        and not (
            responses[name].dims == ("cell",)
            and responses[name].dtype.kind in "iuf"
            and np.isfinite(responses[name].values).all()
        )
    ]
    faults.require(not strange, "finite numbers along the cells", ", ".join(strange))
    faults.stop()
    shared = np.stack([responses[name].values for name in _SHARED], axis=1)
    phase = responses["preferred_phase"].values
    places = {key: k for k, key in enumerate(_keys(shared, phase))}
    partner = [places.get(key, -1) for key in _keys(shared, phase + 90.0)]
    alone = [str(responses["cell"].values[k]) for k, other in enumerate(partner) if other < 0]
    faults.require(
        not alone,
        "a partner 90 deg further, all else equal, of every cell",
        f"none of cell {', '.join(alone[:5])}",
        "GaborBank.quadrature makes such sets",
    )
    faults.stop()
    drive = responses["drive"]
    other = drive.isel(cell=partner).transpose(*drive.dims).values
    return responses.assign(drive_quadrature=drive.copy(data=other))


def _keys(shared: np.ndarray, phase: np.ndarray) -> list[tuple[float, ...]]:
    """What tells cells apart, the phase within a turn."""
    turn = np.round(phase, _ALIKE) % 360.0
    return [
        (*row, angle)
        for row, angle in zip(np.round(shared, _ALIKE).tolist(), turn.tolist(), strict=True)
    ]
