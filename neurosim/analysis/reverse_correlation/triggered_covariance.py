r"""Spike-triggered covariance: along which axes spikes change the variance of what was shown.

.. math:: \Delta C = \left(\frac{\sum_t n_t (x_t - m)(x_t - m)^T}{N - 1} - C\right) / s^2

m is the spike-triggered mean, C the covariance of all frames and s^2 their mean variance per pixel,
so 0 is no change, 1 a doubled variance, -1 no variance at all. An energy unit has a flat average,
and two axes, in quadrature, of raised variance; suppression lowers variance. With rate exp(b +
x'Qx/2) and Gaussian white contrast, an eigenvalue q of Q gives 1 / (1 - q s^2) - 1 exactly.

The stimulus must be Gaussian and white for these eigenvectors to span the cell's filters: with a
coloured one they are mixed with the stimulus's own principal axes (a warning says so), and with a
white one that is not Gaussian, binary noise above all, variance changes along axes that the cell
does not have (Paninski 2003; Schwartz et al. 2006).
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.reverse_correlation.recording import Recording
from neurosim.base.arrays import Array, Flags, Indices
from neurosim.base.errors import Faults
from neurosim.stimuli import Stimulus, VisualField

__all__ = ["spike_triggered_covariance"]

_LAGS = range(6)
_MEMORY = 1 << 30  # bytes that the covariances may take


def spike_triggered_covariance(
    stimulus: Stimulus | xr.DataArray | ArrayLike,
    counts: xr.DataArray | xr.Dataset | ArrayLike,
    field: VisualField | None = None,
    lag: int | None = None,
    shifts: int = 100,
    seed: int = 0,
    least_shift: int | None = None,
    project_out_average: bool = False,
    axes: int = 6,
    level: float = 0.05,
) -> xr.Dataset:
    """Axes of raised or lowered variance before spikes, found one after the other.

    The eigenvalue that stands out most is tested against the extreme eigenvalues under circular
    shifts of the counts; if it is more than chance its axis is projected out of the true and the
    shifted data alike, and the next is tested, until one is not (Rust et al. 2005). Without that,
    a strong axis hides how far chance reaches in the rest.

    Parameters
    ----------
    stimulus, counts, field, seed, least_shift
        As for `spike_triggered_average`; the stimulus Gaussian and white.
    lag : int, optional
        Frames. Default: for each cell the one of 0 to 5 where the spike-triggered second moment
        about the mean frame departs most from the stimulus's, which is the STA's peak for a linear
        cell and exists for an energy unit, too.
    shifts : int
        Circular shifts, at least 2 / level - 1.
    project_out_average : bool
        Leave the direction of the STA out, as for a cell with a clear one: its nonlinearity alone
        changes the variance along it. An energy unit's STA is noise, most of it along its axes.
    axes : int
        Test at most so many.
    level : float
        p-value below or at which an axis counts and the search goes on.

    Returns
    -------
    Dataset
        - ``axes`` (cell, axis, y, x): of length 1, in the order found; the sign is arbitrary.
        - ``variance_change`` (cell, axis): the eigenvalue, relative to the stimulus's variance.
        - ``p`` (cell, axis): two-sided, for the most extreme of all eigenvalues at that step.
        - ``chance_low``, ``chance_high`` (cell, axis): 2.5 % of the smallest and 97.5 % of the
          largest eigenvalues under the shifts.
        - ``significant`` (cell, axis), ``number`` (cell,): of significant axes.
        - ``eigenvalue`` (cell, rank): all at the first step, falling (0 for a projected STA).
        - ``lag``, ``spikes`` (cell,).

        The last axis given is the first not significant. A cell with fewer than 2 spikes is NaN.

    Raises
    ------
    InputError
        Naming everything that cannot be; when covariances would take more than 1 GiB.

    References
    ----------
    Schwartz et al. 2006, J Vision 6:484; Rust et al. 2005, Neuron 46:945.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> movie = random.normal(0, 1, (4000, 3, 3))
    >>> counts = random.poisson(0.2 * (movie[:, 0, 0] ** 2 + movie[:, 2, 2] ** 2))
    >>> found = spike_triggered_covariance(movie, counts, shifts=99)
    >>> found["number"].item(), found["lag"].item()
    (2, 0)
    >>> found["variance_change"].sel(cell=0).values.round(1)
    array([ 1.2,  1. , -0.2,  nan,  nan,  nan])
    """
    faults = Faults(subject := "spike_triggered_covariance")
    lags = _LAGS if lag is None else [lag]
    recording = Recording.of(subject, stimulus, counts, field, lags)
    level = faults.number("level", level, "in (0, 1)", lambda share: 0 < share < 1)
    project_out_average = faults.flag("project_out_average", project_out_average)
    if level > 0:
        fewest = int(np.ceil(2 / level)) - 1  # 2 / (1 + shifts) is the smallest two-sided p-value
        turns = recording.shifts(shifts, seed, least_shift, fewest)
    faults.stop()
    size = float(turns.size) * recording.pixels**2 * 8
    faults.require(
        size <= _MEMORY,
        f"covariances within {_MEMORY:g} bytes",
        f"{size:g}",
        "fewer shifts, or fewer pixels: crop the frames to the receptive field",
    )
    axes = faults.whole("axes", axes, 1, recording.pixels - project_out_average)
    faults.stop()
    shown = {int(each): _of_all(recording, int(each)) for each in recording.lags}
    _say_if_coloured(shown[int(recording.lags[0])].covariance, recording)
    found = [
        _axes_of(recording, cell, shown, turns, project_out_average, axes, level)
        if spikes >= 2
        else None
        for cell, spikes in enumerate(recording.spikes)
    ]
    attrs = {
        "method": "spike-triggered covariance",
        "shifts": int(shifts),
        "seed": int(seed),
        "level": level,
        "shortest_shift": int(turns[1]),
        "average_projected_out": int(project_out_average),
    }
    return _labelled(recording, found, axes, attrs)


class _Ensemble(NamedTuple):
    """Mean (pixel,) and covariance (pixel, pixel) of all frames."""

    mean: Array
    covariance: Array


class _Axes(NamedTuple):
    """One cell's: lag, eigenvalues (rank,), vectors (step, pixel), and (step,) for the others."""

    lag: int
    spectrum: Array
    vectors: Array
    values: Array
    p: Array
    low: Array
    high: Array
    significant: Flags


def _axes_of(
    recording: Recording,
    cell: int,
    shown: dict[int, _Ensemble],
    turns: Indices,
    project: bool,
    most: int,
    level: float,
) -> _Axes:
    """The nested tests of one cell."""
    lag = _strongest_lag(recording, cell, shown)
    first, second = _moments(recording, cell, lag, turns)
    change = _changes(recording.spikes[cell], first, second, shown[lag].covariance)
    known = np.zeros((0, recording.pixels))
    if project:
        sta = first[0] / recording.spikes[cell] - shown[lag].mean
        known = sta[None] / np.sqrt((sta**2).sum())
    steps: list[tuple[Any, ...]] = []
    spectrum = np.zeros(0)
    while len(steps) < most:
        values, vectors = np.linalg.eigh(_without(known, change[0]))
        chance = np.array(
            [np.linalg.eigvalsh(_without(known, each))[[0, -1]] for each in change[1:]]
        )
        spectrum = spectrum if spectrum.size else values[::-1]
        p_low = (1 + (chance[:, 0] <= values[0]).sum()) / turns.size
        p_high = (1 + (chance[:, 1] >= values[-1]).sum()) / turns.size
        middle, spread = np.median(chance, axis=0), chance.std(axis=0)
        beyond = np.array([middle[0] - values[0], values[-1] - middle[1]]) / spread
        upper = (p_high, -beyond[1]) <= (p_low, -beyond[0])
        axis, p = (-1 if upper else 0), min(1.0, 2 * min(p_low, p_high))
        vector = vectors[:, axis] * np.sign(vectors[np.abs(vectors[:, axis]).argmax(), axis])
        low, high = np.quantile(chance[:, 0], 0.025), np.quantile(chance[:, 1], 0.975)
        steps.append((vector, values[axis], p, low, high, p <= level))
        if p > level:
            break
        known = np.vstack([known, vector])
    return _Axes(lag, spectrum, *(np.array(part) for part in zip(*steps, strict=True)))


def _moments(recording: Recording, cell: int, lag: int, turns: Indices) -> tuple[Array, Array]:
    """Sums over spikes of frames, (shift, pixel), and of their squares, (shift, pixel, pixel)."""
    pixels = recording.pixels
    first, second = np.zeros((turns.size, pixels)), np.zeros((turns.size, pixels, pixels))
    for part, frames in recording.blocks(beside=pixels + turns.size):
        shown = frames(lag)
        for k, weight in enumerate(recording.shifted(part, turns, cell)):
            fired = weight > 0
            root = shown[fired] * np.sqrt(weight[fired])[:, None]
            first[k] += weight @ shown
            second[k] += root.T @ root
    return first, second


def _changes(spikes: float, first: Array, second: Array, base: Array) -> Array:
    """Covariances about their means less that of all frames, over the mean variance; in place."""
    for total, squares in zip(first, second, strict=True):
        squares -= np.outer(total, total) / spikes
        squares /= spikes - 1
        squares -= base
        squares /= np.trace(base) / len(base)
    return second


def _without(known: Array, matrix: Array) -> Array:
    """A symmetric matrix with orthonormal directions (direction, pixel) projected out."""
    half = matrix - known.T @ (known @ matrix)
    return half - (half @ known.T) @ known


def _of_all(recording: Recording, lag: int) -> _Ensemble:
    """Of the frames shown `lag` frames before all responses."""
    mean, second = np.zeros(recording.pixels), np.zeros((recording.pixels,) * 2)
    for _, frames in recording.blocks(beside=recording.pixels):
        shown = frames(lag)
        mean += shown.sum(0) / recording.responses
        second += shown.T @ shown
    second -= recording.responses * np.outer(mean, mean)
    return _Ensemble(mean, second / (recording.responses - 1))


def _strongest_lag(recording: Recording, cell: int, shown: dict[int, _Ensemble]) -> int:
    """Where the second moment about the mean frame departs most from the stimulus's."""
    if len(shown) == 1:
        return next(iter(shown))
    departure = {}
    for lag, (mean, covariance) in shown.items():
        first, second = _moments(recording, cell, lag, np.zeros(1, dtype=np.int64))
        cross = np.outer(first[0] / recording.spikes[cell], mean)
        about = second[0] / recording.spikes[cell] - cross - cross.T + np.outer(mean, mean)
        departure[lag] = float(((about - covariance) ** 2).sum())
    return max(departure, key=lambda lag: departure[lag])


def _say_if_coloured(base: Array, recording: Recording) -> None:
    """Warn where the largest variance of the stimulus exceeds what sampling gives white noise."""
    largest = np.linalg.eigvalsh(base)[-1] / (np.trace(base) / len(base))
    white = (1 + np.sqrt(recording.pixels / recording.responses)) ** 2  # Marchenko and Pastur 1967
    if largest > 1.2 * white:
        said = (
            "spike_triggered_covariance: the stimulus is not white (largest eigenvalue "
            f"{largest:.3g} times the mean, {white:.3g} if white): axes are mixed with its own"
        )
        warnings.warn(said, RuntimeWarning, stacklevel=3)


def _labelled(
    recording: Recording, found: list[_Axes | None], axes: int, attrs: dict[str, Any]
) -> xr.Dataset:
    """Every cell's, padded with NaN."""
    cells, pixels = len(found), recording.pixels
    vectors = np.full((cells, axes, pixels), np.nan)
    spectrum = np.full((cells, pixels), np.nan)
    values, p, low, high = np.full((4, cells, axes), np.nan)
    significant, lags = np.zeros((cells, axes), dtype=bool), np.full(cells, recording.lags[0])
    for cell, each in enumerate(found):
        if each is not None:
            steps = slice(len(each.values))
            lags[cell], spectrum[cell], vectors[cell, steps] = each.lag, each.spectrum, each.vectors
            values[cell, steps], p[cell, steps] = each.values, each.p
            low[cell, steps], high[cell, steps] = each.low, each.high
            significant[cell, steps] = each.significant
    by, unit = ("cell", "axis"), {"units": "1"}
    coords = {n: c for n, c in recording.coordinates().items() if n not in ("lag", "time")}
    return xr.Dataset(
        {
            "axes": ((*by, "y", "x"), vectors.reshape(cells, axes, *recording.shape), unit),
            "variance_change": (by, values, unit),
            "p": (by, p, unit),
            "chance_low": (by, low, unit),
            "chance_high": (by, high, unit),
            "significant": (by, significant),
            "number": ("cell", significant.sum(1)),
            "eigenvalue": (("cell", "rank"), spectrum, unit),
            "lag": ("cell", lags, {"units": "frame"}),
            "spikes": ("cell", recording.spikes),
        },
        coords,
        attrs,
    )
