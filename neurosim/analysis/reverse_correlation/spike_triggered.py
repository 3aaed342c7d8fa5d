r"""The spike-triggered average: what, on average, was shown before a spike.

.. math:: \mathrm{STA}_l = \frac{\sum_t n_t\,x_{t-l}}{\sum_t n_t} - \langle x_{t-l} \rangle

For a stimulus that is Gaussian and white it is proportional to the cell's linear filter, whatever
nonlinearity follows (Bussgang 1952), unless that is even, as an energy unit's is. With r(x) =
exp(b + w.x) and contrast of SD s it is s^2 w exactly (Paninski 2003, Network 14:437). For white
stimuli that are not Gaussian it is the filter when that spreads over many pixels, and for coloured
ones it is the filter blurred by the stimulus's covariance: see `ridge_receptive_field`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.reverse_correlation.recording import Recording
from neurosim.base.arrays import Array, Indices, divided
from neurosim.stimuli import Stimulus, VisualField

__all__ = ["spike_triggered_average"]

_SUMS = 1 << 27  # bytes of sums held at a time; the movie is read again for more cells
_FEWEST = 19  # shifts: 1 / 20 is the smallest p-value


def spike_triggered_average(
    stimulus: Stimulus | xr.DataArray | ArrayLike,
    counts: xr.DataArray | xr.Dataset | ArrayLike,
    field: VisualField | None = None,
    lags: Any = range(6),
    shifts: int = 200,
    seed: int = 0,
    least_shift: int | None = None,
) -> xr.Dataset:
    """Mean frame before a spike, less the mean frame, and whether it is more than chance.

    Parameters
    ----------
    stimulus : Stimulus, DataArray or array (time, y, x)
        The frames of a movie in order of time, contrast. A Stimulus (such as ``Noise(18000)``) is
        read in blocks and never held whole.
    counts : array (time,) or (time, cell), DataArray, or responses with `count_in_bin`
        Spikes during each frame.
    field : VisualField, optional
        What a Stimulus was shown on; else the pixels' places and the frame rate, if known.
    lags : list of int
        Whole frames from a stimulus to its response; 0 is the same frame.
    shifts : int
        Circular shifts of the counts, at random, that say what chance gives; at least 19.
    seed : int
        Of the shifts.
    least_shift : int, optional
        Shortest shift, frames. Default: over twice the longest lag, and at least 20. It should be
        longer than the correlation times of both stimulus and response.

    Returns
    -------
    Dataset
        - ``sta`` (cell, lag, y, x): contrast.
        - ``z`` (cell, lag, y, x): sta over its root mean square under the shifts.
        - ``p`` (cell,): chance of a largest abs(z), over all pixels and lags, as large as this
          under circular shifts; so it stands for all pixels and lags together. Every z is in
          units of the root mean square of all other shifts, the true counts being one of them.
          Cells are not corrected for one another.
        - ``p_at_lag`` (cell, lag): the same over the pixels of one lag.
        - ``peak_lag`` (cell,): the lag where the sum of z^2 is largest.
        - ``mean_projection`` (cell,): `a`, the mean projection of the spike-triggering frames on
          the STA at its peak, in SDs of all frames' projections, less what chance adds.
        - ``spikes_needed`` (cell,): for a correlation of 0.95 with what no noise would give. It is
          10 D / a^2 for white noise of D pixels and at most one spike per frame.
        - ``spikes`` (cell,): N, those after the longest lag.

        A cell without spikes is NaN. ``sta.sel(lag=peak_lag)`` is (cell, y, x).

    Raises
    ------
    InputError
        Naming everything that cannot be.

    References
    ----------
    Chichilnisky 2001, Network 12:199. Circular shifts: Harris 2020, bioRxiv 2020.08.13.249979.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> movie = random.normal(0, 0.3, (2000, 4, 4))
    >>> counts = random.poisson(np.exp(4 * movie[:, 1, 2] - 1))
    >>> found = spike_triggered_average(movie, counts, lags=range(2), shifts=99)
    >>> found["sta"].sel(cell=0, lag=0).round(1).values + 0.0
    array([[0. , 0. , 0. , 0. ],
           [0. , 0. , 0.4, 0. ],
           [0. , 0. , 0. , 0. ],
           [0. , 0. , 0. , 0. ]])
    >>> found["p"].item(), found["peak_lag"].item()
    (0.01, 0)
    """
    recording = Recording.of("spike_triggered_average", stimulus, counts, field, lags)
    turns = recording.shifts(shifts, seed, least_shift, _FEWEST)
    cells = np.flatnonzero(recording.spikes > 0)
    one = len(turns) * len(recording.lags) * recording.pixels * 8
    group = max(1, _SUMS // one)
    tested = [
        _tested(recording, each, turns)
        for each in np.split(cells, np.arange(group, cells.size, group))
    ]
    joined = _Tested(*(np.concatenate(part) for part in zip(*tested, strict=True)))
    return _labelled(recording, cells, joined, int(shifts), int(seed), turns)


class _Tested(NamedTuple):
    """STA and z (cell, lag, pixel), p (cell,), p_at_lag (cell, lag), energy (cell, lag): the mean
    under the shifts of the sum of squares of the STA."""

    sta: Array
    z: Array
    p: Array
    p_at_lag: Array
    energy: Array


def _tested(recording: Recording, cells: Indices, turns: Indices) -> _Tested:
    """The STAs of some cells, tested."""
    sums = np.zeros((cells.size, turns.size, recording.lags.size, recording.pixels))
    mean = np.zeros((recording.lags.size, recording.pixels))
    for part, frames in recording.blocks(beside=cells.size * turns.size):
        weights = recording.shifted(part, turns, cells).reshape(-1, part.stop - part.start)
        for k, lag in enumerate(recording.lags):
            shown = frames(lag)
            sums[:, :, k] += (weights @ shown).reshape(cells.size, turns.size, -1)
            mean[k] += shown.sum(0) / recording.responses
    found = []
    for cell, mine in zip(cells, sums, strict=True):
        sta = mine / recording.spikes[cell] - mean
        square = sta**2
        score = _squared_scores(square)
        largest = score.max(-1)  # (shift, lag)
        over_all = largest.max(-1)
        p, p_at_lag = (over_all >= over_all[0]).mean(), (largest >= largest[0]).mean(0)
        z = np.sign(sta[0]) * np.sqrt(score[0])
        found.append((sta[0], z, p, p_at_lag, square[1:].sum(-1).mean(0)))
    return _Tested(*(np.array(part) for part in zip(*found, strict=True)))


def _squared_scores(square: Array) -> Array:
    """Each shift's squared STA over the mean of all other shifts', (shift, lag, pixel).

    The true counts are treated as one more shift, in the numerator and in the denominator, so that
    under the null hypothesis they are exchangeable with the others.
    """
    others = square.sum(0) - square
    never = others <= 1e-12 * others.max()  # a pixel that does not vary: rounding only
    return divided((len(square) - 1) * square, np.where(never, 0.0, others), 0.0)


def _labelled(
    recording: Recording, cells: Indices, tested: _Tested, number: int, seed: int, turns: Indices
) -> xr.Dataset:
    """Everything found, with cells that did not spike as NaN."""
    peak, projection, needed = _at_peak(recording, cells, tested)
    image = ("cell", "lag", "y", "x")
    size = (recording.lags.size, *recording.shape)

    def full(values: Array, *rest: int) -> Array:
        every = np.full((len(recording.counts), *values.shape[1:]), np.nan)
        every[cells] = values
        return every.reshape(-1, *rest)

    peak_lag = np.full(len(recording.counts), recording.lags[0])
    peak_lag[cells] = recording.lags[peak]
    unit = {"units": "1"}
    return xr.Dataset(
        {
            "sta": (image, full(tested.sta, *size), {"units": "1", "long_name": "contrast"}),
            "z": (image, full(tested.z, *size), unit),
            "p": ("cell", full(tested.p).ravel(), unit),
            "p_at_lag": (("cell", "lag"), full(tested.p_at_lag, size[0]), unit),
            "peak_lag": ("cell", peak_lag, {"units": "frame"}),
            "mean_projection": ("cell", full(projection).ravel(), {"units": "SD"}),
            "spikes_needed": ("cell", full(needed).ravel()),
            "spikes": ("cell", recording.spikes),
        },
        recording.coordinates(),
        {
            "method": "spike-triggered average",
            "shifts": number,
            "seed": seed,
            "shortest_shift": int(turns[1]),
            "responses": recording.responses,
            "statistic": "largest abs(z) over pixels and lags, against circular shifts",
        },
    )


def _at_peak(
    recording: Recording, cells: Indices, tested: _Tested
) -> tuple[NDArray[np.intp], Array, Array]:
    """The peak's place among the lags, the mean projection, and the spikes needed; (cell,)."""
    peak = np.argmax((tested.z**2).sum(-1), axis=1)
    at_peak = np.arange(cells.size), peak
    sta, noise = tested.sta[at_peak], tested.energy[at_peak]
    signal = np.maximum((sta**2).sum(-1) - noise, 0)
    spread = _spread_of_projections(recording, sta, recording.lags[peak])
    needed = divided(10 * recording.spikes[cells] * noise, signal, np.inf)
    return peak, np.sqrt(signal) / spread, needed


def _spread_of_projections(recording: Recording, sta: Array, lags: Indices) -> Array:
    """SD over all frames of their projections on each STA, taken as of length 1; (cell,)."""
    length = np.sqrt((sta**2).sum(-1, keepdims=True))
    unit = divided(sta, length, 0.0)
    first, second = np.zeros(len(sta)), np.zeros(len(sta))
    for _, frames in recording.blocks():
        for lag in np.unique(lags):
            mine = lags == lag
            along = frames(lag) @ unit[mine].T
            first[mine] += along.sum(0) / recording.responses
            second[mine] += (along**2).sum(0) / recording.responses
    variance = second - first**2
    spread: Array = np.sqrt(np.where(variance > 0, variance, np.nan))
    return spread
