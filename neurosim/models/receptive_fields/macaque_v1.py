"""Receptive fields of macaque V1, as published: what `GaborBank.sample_v1` draws from.

Two sources that do not agree with each other. Ringach (2002) fitted Gabors and gives the joint
distribution of envelope widths in cycles; De Valois, Albrecht & Thorell (1982) and De Valois, Yund
& Hepler (1982) measured preferred spatial frequency, bandwidth and orientation width. Counts are
secondary digitisations of the papers' figures (within a count or two).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.gabor import carrier_ratio, relative_gain

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PUBLISHED_MEDIANS",
    "Eccentricity",
    "Histogram",
    "Source",
    "against_published",
    "bandwidth",
    "histograms",
    "orientation_width",
    "sample_cells",
]

Source = Literal["ringach", "devalois"]
Eccentricity = Literal["foveal", "parafoveal"]

# Ringach 2002, J Neurophysiol 88:455: log10 of nx (rows) and ny (columns), 79 cells
_RINGACH_EDGES = (-1.0, -0.76, -0.52, -0.28, -0.04, 0.2)
_RINGACH_COUNTS = (
    (2, 0, 1, 0, 0),
    (8, 9, 4, 1, 0),
    (1, 2, 19, 17, 3),
    (0, 0, 1, 7, 4),
    (0, 0, 0, 0, 0),
)

# De Valois, Albrecht & Thorell 1982, Vision Res 22:545, simple cells; open bins closed here
_FREQUENCY_EDGES = (0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11.2, 16, 22)  # cycles/deg
_FREQUENCY_COUNTS = {
    "foveal": (0, 4, 4, 8, 25, 33, 26, 28, 12, 5, 2, 1),
    "parafoveal": (2, 4, 10, 12, 18, 7, 18, 3, 4, 0, 0, 0),
}
_BANDWIDTH_EDGES = (0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8)  # octaves
_BANDWIDTH_COUNTS = {
    "foveal": (2, 9, 12, 20, 24, 21, 12, 16, 8, 8, 8, 7),
    "parafoveal": (1, 7, 9, 15, 10, 11, 9, 4, 3, 2, 1, 6),
}
# De Valois, Yund & Hepler 1982, Vision Res 22:531, simple cells
_WIDTH_EDGES = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 180)  # deg, full width at half height
_WIDTH_COUNTS = {
    "foveal": (2, 9, 12, 16, 13, 8, 8, 7, 3, 10),
    "parafoveal": (0, 3, 12, 13, 5, 4, 4, 1, 3, 1),
}


class Medians(NamedTuple):
    """Published medians; NaN where the source has none."""

    nx: float
    ny: float
    bandwidth: float  # octaves
    orientation_width: float  # deg


PUBLISHED_MEDIANS: dict[tuple[str, str], Medians] = {
    ("ringach", "foveal"): Medians(0.365, 0.445, np.nan, np.nan),
    ("devalois", "foveal"): Medians(np.nan, np.nan, 1.45, 42.3),
    ("devalois", "parafoveal"): Medians(np.nan, np.nan, 1.32, 33.8),
}
"""Of simple cells, by source and eccentricity (Ringach's cells are taken as foveal)."""


class Histogram(NamedTuple):
    """A published distribution, as digitised."""

    edges: tuple[float, ...]
    counts: tuple[float, ...]


def histograms(quantity: str) -> dict[str, Histogram]:
    """The published distributions of a quantity, by source and eccentricity.

    Parameters
    ----------
    quantity : str
        nx, ny, bandwidth, orientation_width or spatial_frequency.

    Examples
    --------
    >>> sum(histograms("nx")["ringach foveal"].counts)
    79
    """
    if quantity in ("nx", "ny"):
        edges = tuple(10.0**power for power in _RINGACH_EDGES)
        joint = np.array(_RINGACH_COUNTS)
        return {
            "ringach foveal": Histogram(
                edges, tuple(joint.sum(1 if quantity == "nx" else 0).tolist())
            )
        }
    table: dict[str, tuple[Any, dict[str, Any]]] = {
        "bandwidth": (_BANDWIDTH_EDGES, _BANDWIDTH_COUNTS),
        "orientation_width": (_WIDTH_EDGES, _WIDTH_COUNTS),
        "spatial_frequency": (_FREQUENCY_EDGES, _FREQUENCY_COUNTS),
    }
    closed, counts = table[quantity]
    return {f"devalois {where}": Histogram(closed, each) for where, each in counts.items()}


def bandwidth(nx: ArrayLike) -> Array:
    """Spatial-frequency bandwidth of a quadrature pair, octaves at half height.

    Parameters
    ----------
    nx : float or array
        Envelope SD along the carrier, carrier cycles.

    Examples
    --------
    >>> bandwidth(0.365).round(2)
    np.float64(1.51)
    """
    nx = np.asarray(nx, dtype=float)
    up = _where_half(lambda octaves: relative_gain(2.0**octaves, 0.0, nx, 1.0), 8.0, nx.shape)
    down = _where_half(lambda octaves: relative_gain(2.0**-octaves, 0.0, nx, 1.0), 12.0, nx.shape)
    return (up + down)[()]


def orientation_width(nx: ArrayLike, ny: ArrayLike) -> Array:
    """Orientation tuning's full width at half height at the preferred frequency, deg (180 at most).

    Parameters
    ----------
    nx, ny : float or array
        Envelope SDs along and across the carrier, carrier cycles.

    Examples
    --------
    >>> orientation_width(0.365, 0.445).round(1)
    np.float64(48.4)
    """
    nx, ny = np.broadcast_arrays(np.asarray(nx, dtype=float), np.asarray(ny, dtype=float))
    half = _where_half(
        lambda angle: relative_gain(np.cos(angle), np.sin(angle), nx, ny), np.pi / 2, nx.shape
    )
    return (2 * np.rad2deg(half))[()]


def _where_half(gain: Callable[[Array], Array], most: float, shape: tuple[int, ...]) -> Array:
    """Where a gain that falls from 1 at 0 is 1/2, by bisection up to `most`."""
    low, high = np.zeros(shape), np.full(shape, most)
    for _ in range(50):
        middle: Array = (low + high) / 2
        above = gain(middle) > 0.5
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    half: Array = (low + high) / 2
    return half


def _sample_widths(
    cells: int, random: np.random.Generator, source: Source, eccentricity: Eccentricity
) -> tuple[Array, Array, Array]:
    """Envelope widths nx, ny (cycles) and preferred spatial frequencies (cycles/deg); (cell,) each.

    Within a bin of a published histogram values are uniform (in the logarithm for widths in cycles
    and frequencies). Ringach gives widths, De Valois frequencies; what a source lacks is the
    other's. De Valois' bandwidths and orientation widths become the nx and ny that have them; the
    zero-mean pair cannot be broader than 1.76 octaves, so broader cells are given that.
    """
    frequency = np.exp(
        _from_bins(np.log(_FREQUENCY_EDGES), _FREQUENCY_COUNTS[eccentricity], cells, random)
    )
    if source == "ringach":
        counts = np.array(_RINGACH_COUNTS, dtype=float)
        which = random.choice(counts.size, size=cells, p=counts.ravel() / counts.sum())
        edges = np.array(_RINGACH_EDGES)
        powers = [
            random.uniform(edges[bins], edges[bins + 1])
            for bins in np.unravel_index(which, counts.shape)
        ]
        return 10 ** powers[0], 10 ** powers[1], frequency
    octaves = _from_bins(_BANDWIDTH_EDGES, _BANDWIDTH_COUNTS[eccentricity], cells, random)
    width = _from_bins(_WIDTH_EDGES, _WIDTH_COUNTS[eccentricity], cells, random)
    grid = np.geomspace(0.05, 3.0, 200)
    nx = np.interp(-octaves, -bandwidth(grid), grid)  # bandwidth falls with nx
    return nx, _ny_for(width, nx), frequency


def _from_bins(
    edges: ArrayLike, counts: tuple[int, ...], cells: int, random: np.random.Generator
) -> Array:
    """Values drawn from a histogram, uniform within its bins."""
    weight = np.array(counts, dtype=float)
    which = random.choice(weight.size, size=cells, p=weight / weight.sum())
    bounds = np.asarray(edges, dtype=float)
    return random.uniform(bounds[which], bounds[which + 1])


def _ny_for(width: Array, nx: Array) -> Array:
    """The ny that gives an orientation width (deg) at an nx, within 0.05 to 5 cycles."""
    half = np.deg2rad(width) / 2
    along = relative_gain(np.cos(half), 0.0, nx, 1.0)  # what the carrier leaves of the response
    with np.errstate(divide="ignore", invalid="ignore"):
        ny = np.sqrt(2 * np.log(2 * along)) / (2 * np.pi * carrier_ratio(nx) * np.sin(half))
    return np.clip(np.where(along > 0.5, ny, 0.0), 0.05, 5.0)


def sample_cells(
    cells: int, seed: int, source: Source, eccentricity: Eccentricity
) -> dict[str, Any]:
    """Arguments of `GaborBank` for cells drawn from a source; orientation and phase are uniform.

    Raises
    ------
    InputError
        For fewer than one cell, and an unknown source or eccentricity.
    """
    faults = Faults("GaborBank.sample_v1")
    cells, seed = faults.whole("cells", cells), faults.whole("seed", seed, 0)
    faults.one_of("source", source, ("ringach", "devalois"))
    faults.one_of("eccentricity", eccentricity, ("foveal", "parafoveal"))
    faults.stop()
    random = np.random.default_rng(seed)
    nx, ny, frequency = _sample_widths(cells, random, source, eccentricity)
    orientation, phase = random.uniform(0, [[180], [360]], (2, cells))
    return {
        "orientation": orientation,
        "spatial_frequency": frequency,
        "phase": phase,
        "nx": nx,
        "ny": ny,
    }


def against_published(nx: Array, ny: Array) -> pd.DataFrame:
    """Medians of widths beside the published ones; rows as `Medians`, columns by source."""
    import pandas as pd

    own = Medians(
        float(np.median(nx)),
        float(np.median(ny)),
        float(np.median(bandwidth(nx))),
        float(np.median(orientation_width(nx, ny))),
    )
    published = {" ".join(key): each._asdict() for key, each in PUBLISHED_MEDIANS.items()}
    return pd.DataFrame({"this bank": own._asdict(), **published})
