"""Filters by chance: random ensembles that keep some of what a layer's filters have.

Each takes filters (filter, channel, row, column) and gives a draw of the same shape:

- Gaussian: independent normal weights; only the shape is kept;
- phase-randomised: the amplitude spectrum of every channel is kept, the phases of white noise are
  added, the same to all channels of a filter (so that its colours stay what they are);
- sign-flipped: the filters themselves, each times +1 or -1; what is left to find is the sign.

Source: Theiler et al. 1992, Physica D 58:77 and Prichard & Theiler 1994, Phys Rev Lett 73:951 for
phases (one channel, and several that keep their cross-spectra).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neurosim.base.arrays import Array

__all__ = ["FILTER_NULLS", "PairingNull", "gaussian", "phase_randomised", "sign_flipped"]


@dataclass(frozen=True, eq=False)
class PairingNull:
    """The same statistic in one null ensemble.

    Attributes
    ----------
    name : str
    cosines : array (draw, filter)
        Smallest cosine of each filter to another one.
    """

    name: str
    cosines: Array

    @property
    def means(self) -> Array:
        """Mean over filters of each draw; (draw,)."""
        means: Array = self.cosines.mean(1)
        return means

    @property
    def mean(self) -> float:
        """Mean over draws."""
        return float(self.means.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the means over draws."""
        return float(self.means.std(ddof=1))


def gaussian(filters: Array, random: np.random.Generator) -> Array:
    """Independent normal weights, in the shape of the filters.

    Examples
    --------
    >>> gaussian(np.ones((8, 3, 5, 5)), np.random.default_rng(0)).shape
    (8, 3, 5, 5)
    """
    return random.standard_normal(filters.shape)


def phase_randomised(filters: Array, random: np.random.Generator) -> Array:
    """Filters of the same amplitude spectra, to whose phases those of real white noise are added.

    They are odd in frequency, and 0 or 180 deg where a frequency is its own opposite (the mean and,
    for even sizes, Nyquist), so that the result is real and keeps every amplitude.

    Examples
    --------
    >>> filters = np.random.default_rng(1).standard_normal((2, 1, 4, 5))
    >>> drawn = phase_randomised(filters, np.random.default_rng(0))
    >>> np.allclose(abs(np.fft.fft2(drawn)), abs(np.fft.fft2(filters)))
    True
    """
    size = filters.shape[-2:]
    noise = np.fft.rfft2(random.standard_normal((len(filters), 1, *size)))
    return np.fft.irfft2(np.fft.rfft2(filters) * noise / np.abs(noise), s=size)


def sign_flipped(filters: Array, random: np.random.Generator) -> Array:
    """The filters, each times +1 or -1 at random.

    Examples
    --------
    >>> sign_flipped(np.ones((5, 1, 1, 1)), np.random.default_rng(0)).ravel()
    array([ 1.,  1.,  1., -1., -1.])
    """
    flipped: Array = filters * random.choice([-1.0, 1.0], (len(filters), 1, 1, 1))
    return flipped


FILTER_NULLS: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "Gaussian": gaussian,
    "phase-randomised": phase_randomised,
    "sign-flipped": sign_flipped,
}
