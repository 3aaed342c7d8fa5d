"""Statistics of images: grey levels, and the slope of the power spectrum.

Natural images have power that falls about as the square of spatial frequency (Field 1987, J Opt Soc
Am A 4:2379; Ruderman & Bialek 1994, Phys Rev Lett 73:814).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal.windows import hann

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_number, real_numbers

__all__ = ["GreyLevels", "SpectralSlope", "grey_levels", "spectral_slope"]


class GreyLevels(NamedTuple):
    """Of one picture of contrast about a mean luminance."""

    mean: float
    rms: float  # standard deviation
    michelson: float  # (brightest - darkest) / (brightest + darkest) of its luminance
    skewness: float  # NaN for a uniform picture
    kurtosis: float  # 3 for a Gaussian; NaN for a uniform picture


def grey_levels(picture: Array) -> GreyLevels:
    """Moments and Michelson contrast of a picture.

    Parameters
    ----------
    picture : array (row, column)
        Contrast about the mean luminance, -1 being black.

    Examples
    --------
    >>> grey_levels(np.array([[-0.5, 0.5], [0.5, -0.5]]))
    GreyLevels(mean=0.0, rms=0.5, michelson=0.5, skewness=0.0, kurtosis=1.0)
    """
    faults = Faults("grey_levels")
    picture = faults.numbers("picture", picture)
    shown = picture.size > 0 and np.isfinite(picture).all()
    faults.require(shown or faults.found, "a finite picture", "NaN, infinity or no pixel")
    faults.stop()
    mean = picture.mean()
    away = picture - mean
    rms = float(np.sqrt((away**2).mean()))
    darkest, brightest = 1 + picture.min(), 1 + picture.max()
    both = darkest + brightest
    varied = rms > 1e-12 * (1 + abs(mean))
    skewness, kurtosis = (
        (float((away**n).mean() / rms**n) for n in (3, 4)) if varied else (np.nan, np.nan)
    )
    michelson = float((brightest - darkest) / both) if both > 0 else 0.0
    return GreyLevels(float(mean), rms, michelson, skewness, kurtosis)


class SpectralSlope(NamedTuple):
    """The exponent of power against spatial frequency, and what it was measured on."""

    slope: float  # power ~ f^slope
    frequency: Array  # of each ring of the spectrum, in the unit of ppd
    power: Array  # mean over each ring
    band: tuple[float, float]  # the rings that the line was fitted to
    window: str

    def __repr__(self) -> str:
        low, high = self.band
        return (
            f"<SpectralSlope: power ~ f^{self.slope:.2f} from {low:.3g} to {high:.3g}, "
            f"{self.window}>"
        )


def spectral_slope(
    image: ArrayLike, ppd: float = 1.0, band: tuple[float, float] | None = None
) -> SpectralSlope:
    """Slope of the power spectrum of an image on log-log axes.

    The image's mean is taken off and a Hann window laid over rows and columns, which keeps the jump
    from one border to the other out of the spectrum. Power is averaged over rings one frequency
    step wide, and a line fitted to the rings in the band, each weighted alike per octave.

    Parameters
    ----------
    image : array (row, column)
        Luminance or contrast; its unit does not matter.
    ppd : float
        Pixels per degree; 1 gives frequencies in cycles/pixel.
    band : (float, float), optional
        Lowest and highest frequency, cycles/deg. Default: from 8 cycles over the shorter side,
        below which a ring has few members, to half the Nyquist frequency, beyond which cameras and
        JPEG compression blur.

    Returns
    -------
    SpectralSlope

    Raises
    ------
    InputError
        When the image is not 2-d, has no contrast or is not finite, or the band holds fewer than
        three rings.

    Examples
    --------
    >>> from neurosim.stimuli import Noise, VisualField
    >>> noise = Noise(1, kind="pink", slope=2, seed=1).pictures(VisualField(size=16, ppd=16))[0]
    >>> spectral_slope(noise, ppd=16)
    <SpectralSlope: power ~ f^-1.92 from 0.5 to 4, Hann window>
    """
    faults = Faults("spectral_slope")
    values = faults.numbers("image", image)
    faults.stop()
    faults.require(is_number(ppd) and 0 < ppd < np.inf, "ppd > 0", ppd)
    if band is not None:
        ends = real_numbers(band)
        pair = ends is not None and ends.shape == (2,) and 0 < ends[0] < np.inf
        faults.require(pair, "band as (lowest > 0, highest)", band)
    faults.require(values.ndim == 2, "an image of shape (row, column)", values.shape)
    if faults.require(np.isfinite(values).all(), "a finite image", "NaN or infinity"):
        varied = values.size and np.ptp(values) > 0
        faults.require(varied, "an image with contrast", "a uniform one")
    faults.stop()
    rows, columns = values.shape
    window = hann(rows, sym=False)[:, None] * hann(columns, sym=False)
    mean = (values * window).sum() / window.sum()
    power = np.abs(np.fft.rfft2((values - mean) * window)) ** 2
    f = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)) * ppd
    step = ppd / min(rows, columns)
    ring = np.rint(f / step).astype(int).ravel()
    number = np.bincount(ring)
    frequency = np.bincount(ring, f.ravel()) / np.maximum(number, 1)
    mean_power = np.bincount(ring, power.ravel()) / np.maximum(number, 1)
    low, high = (8 * step, ppd / 4) if band is None else map(float, band)
    inside = (frequency >= low * (1 - 1e-9)) & (frequency <= high * (1 + 1e-9)) & (number > 0)
    faults.require(
        inside.sum() >= 3,
        "a band of at least 3 rings",
        f"{low:g} to {high:g}",
        f"rings are {step:g} apart",
    )
    faults.stop()
    x = np.log(frequency[inside])
    slope = np.polyfit(x, np.log(mean_power[inside]), 1, w=np.sqrt(1 / frequency[inside]))[0]
    return SpectralSlope(float(slope), frequency, mean_power, (low, high), "Hann window")
