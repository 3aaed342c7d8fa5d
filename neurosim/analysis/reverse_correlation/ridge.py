r"""Receptive fields by ridge regression, for stimuli that are not white.

.. math:: \min_w \sum_t \Big(n_t - b - \sum_l w_l \cdot x_{t-l}\Big)^2 + k\,T s^2 \sum_l |w_l|^2

T is the number of responses and s^2 the mean variance of a pixel, so the strength k has no unit: 1
halves the weight of a direction of average variance. The spike-triggered average blurs a filter by
the stimulus's covariance; this divides by it wherever the stimulus is stronger than k. The strength
is the one that predicts best what was held out (Machens et al. 2004; Willmore & Smyth 2003).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.reverse_correlation.recording import Recording
from neurosim.base.arrays import Array, Indices, divided
from neurosim.base.errors import Faults
from neurosim.stimuli import Stimulus, VisualField

__all__ = ["ridge_receptive_field"]

_STRENGTHS = tuple(10.0 ** np.arange(-4, 3.5, 0.5))
_MEMORY = 1 << 30  # bytes that the products of frames may take


def ridge_receptive_field(
    stimulus: Stimulus | xr.DataArray | ArrayLike,
    counts: xr.DataArray | xr.Dataset | ArrayLike,
    field: VisualField | None = None,
    lags: Any = range(3),
    strength: float | ArrayLike = _STRENGTHS,
    held_out: int = 5,
) -> xr.Dataset:
    """Linear receptive field over all lags at once, its strength chosen on held-out time.

    Parameters
    ----------
    stimulus, counts, field
        As for `spike_triggered_average`; the stimulus may have any colour.
    lags : list of int
        Whole frames from a stimulus to its response.
    strength : float or list of float
        Of the penalty, without unit (see the module); one is taken as it is, of several the best
        for each cell.
    held_out : int
        Contiguous blocks of time; each is predicted from all others.

    Returns
    -------
    Dataset
        - ``receptive_field`` (cell, lag, y, x): spikes per frame per unit contrast, fitted to all
          of the time.
        - ``explained_variance`` (cell,): of the counts held out, 1 less squared errors over the
          squared deviations from the mean of the rest; spiking noise included, so far below 1. With
          several strengths it is that of the best and so a little too high.
        - ``explained_variance_by_strength`` (cell, strength).
        - ``chosen_strength`` (cell,); ``at_end`` (cell,): it is the first or last of several.
        - ``baseline`` (cell,): b, spikes per frame.
        - ``peak_lag`` (cell,): of the largest sum of squares; ``spikes`` (cell,).

        A cell without spikes is NaN.

    Raises
    ------
    InputError
        Naming everything that cannot be; when the products of frames would take more than 1 GiB.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> movie = random.normal(0, 1, (3000, 4, 4)).cumsum(2)  # not white
    >>> counts = random.poisson(np.maximum(0, 1 + movie[:, 1, 2] - movie[:, 1, 1]))
    >>> found = ridge_receptive_field(movie, counts, lags=[0])
    >>> found["receptive_field"].sel(cell=0, lag=0).round(1).values + 0.0
    array([[ 0. ,  0. ,  0. ,  0. ],
           [-0.1, -0.8,  0.9,  0. ],
           [ 0. ,  0. ,  0. ,  0. ],
           [ 0. ,  0. ,  0. ,  0. ]])
    """
    subject = "ridge_receptive_field"
    recording = Recording.of(subject, stimulus, counts, field, lags)
    strengths, held_out = _checked(subject, recording, strength, held_out)
    sums = _sums(recording, held_out)
    errors = _held_out_errors(sums, strengths)  # (strength, cell)
    total = sums[0].plus(sums[1:])
    path = _solutions(total, strengths)
    best = np.argmin(errors[0], axis=0)
    weights = np.take_along_axis(path, best[None, None], axis=0)[0].T
    baseline = total.y / total.n - weights @ total.x / total.n
    explained = divided(errors[0], errors[1])
    return _labelled(recording, strengths, best, weights, baseline, 1 - explained.T, held_out)


def _checked(subject: str, recording: Recording, strength: Any, held_out: Any) -> tuple[Array, int]:
    """Strengths, rising, and how many blocks are held out."""
    faults = Faults(subject)
    strengths = np.unique(faults.numbers("strength", strength))
    faults.stop()
    positive = strengths.size > 0 and np.isfinite(strengths).all() and (strengths > 0).all()
    faults.require(positive, "strength > 0", strength)
    held_out = faults.whole("held_out (blocks)", held_out, 2, recording.responses // 2)
    size = (float(recording.pixels) * recording.lags.size) ** 2 * 8 * (held_out + 5)
    faults.require(
        size <= _MEMORY,
        f"products of frames within {_MEMORY:g} bytes",
        f"{size:g}",
        "fewer lags, or fewer pixels: crop the frames to the receptive field",
    )
    faults.stop()
    return strengths, held_out


class _Sums(NamedTuple):
    """Over some responses: their number, sums of x (feature,), y (cell,) and of the products x x'
    (feature, feature), x y' (feature, cell), y^2 (cell,)."""

    n: float
    x: Array
    y: Array
    xx: Array
    xy: Array
    yy: Array

    def plus(self, others: list[_Sums]) -> _Sums:
        return _Sums(*(sum(parts[1:], parts[0]) for parts in zip(self, *others, strict=True)))

    def centred(self) -> tuple[Array, Array]:
        """Products of deviations from the means: (feature, feature) and (feature, cell)."""
        return (
            self.xx - np.outer(self.x, self.x) / self.n,
            self.xy - np.outer(self.x, self.y) / self.n,
        )


def _sums(recording: Recording, blocks: int) -> list[_Sums]:
    """One for each block of time."""
    features, cells = recording.pixels * recording.lags.size, len(recording.counts)
    edges = np.linspace(0, recording.responses, blocks + 1).astype(int)
    shapes = ((), (features,), (cells,), (features,) * 2, (features, cells), (cells,))
    found = [[np.zeros(shape) for shape in shapes] for _ in range(blocks)]
    for part, frames in recording.blocks(beside=features):
        x = np.concatenate([frames(lag) for lag in recording.lags], axis=1)
        y = recording.counts[:, part].T
        for sums, start, stop in zip(found, edges[:-1], edges[1:], strict=True):
            mine = slice(max(start - part.start, 0), max(stop - part.start, 0))
            each_x, each_y = x[mine], y[mine]
            now = (
                len(each_x),
                each_x.sum(0),
                each_y.sum(0),
                each_x.T @ each_x,
                each_x.T @ each_y,
                (each_y**2).sum(0),
            )
            for total, more in zip(sums, now, strict=True):
                total += more
    return [_Sums(float(n), *rest) for n, *rest in found]


def _solutions(sums: _Sums, strengths: Array) -> Array:
    """Weights for every strength, (strength, feature, cell)."""
    products, target = sums.centred()
    mean = np.trace(products) / len(products)  # T s^2
    if mean <= 0:
        return np.zeros((strengths.size, *target.shape))
    values, vectors = np.linalg.eigh(products)
    rotated = vectors.T @ target
    shrunk = rotated / (np.maximum(values, 0) + strengths[:, None] * mean)[..., None]
    solutions: Array = vectors @ shrunk
    return solutions


def _held_out_errors(sums: list[_Sums], strengths: Array) -> tuple[Array, Array]:
    """Squared errors of the predictions, (strength, cell), and of the mean alone, (cell,)."""
    errors, alone = np.zeros((strengths.size, sums[0].y.size)), np.zeros(sums[0].y.size)
    for k, test in enumerate(sums):
        rest = [each for j, each in enumerate(sums) if j != k]
        train = rest[0].plus(rest[1:])
        mean_x, mean_y = train.x / train.n, train.y / train.n
        # deviations of what is held out from the means of the rest
        x = test.x - test.n * mean_x
        xx = test.xx - np.outer(mean_x, test.x) - np.outer(x, mean_x)
        xy = test.xy - np.outer(mean_x, test.y) - np.outer(x, mean_y)
        yy = test.yy - 2 * mean_y * test.y + test.n * mean_y**2
        alone += yy
        for errors_at, w in zip(errors, _solutions(train, strengths), strict=True):
            errors_at += yy - 2 * (w * xy).sum(0) + (w * (xx @ w)).sum(0)
    return errors, alone


def _labelled(
    recording: Recording,
    strengths: Array,
    best: Indices,
    weights: Array,
    baseline: Array,
    explained: Array,
    held_out: int,
) -> xr.Dataset:
    silent = recording.spikes == 0
    images = weights.reshape(len(weights), recording.lags.size, *recording.shape)
    energy = (images**2).sum((2, 3))
    end = (best == 0) | (best == strengths.size - 1) if strengths.size > 1 else best < 0
    unit = {"units": "1"}
    return xr.Dataset(
        {
            "receptive_field": (
                ("cell", "lag", "y", "x"),
                np.where(silent[:, None, None, None], np.nan, images),
                {"units": "1", "long_name": "spikes per frame per unit contrast"},
            ),
            "explained_variance": ("cell", explained[np.arange(len(best)), best], unit),
            "explained_variance_by_strength": (("cell", "strength"), explained, unit),
            "chosen_strength": ("cell", np.where(silent, np.nan, strengths[best]), unit),
            "at_end": ("cell", end & ~silent),
            "baseline": ("cell", np.where(silent, np.nan, baseline), unit),
            "peak_lag": ("cell", recording.lags[energy.argmax(1)], {"units": "frame"}),
            "spikes": ("cell", recording.spikes),
        },
        {**recording.coordinates(), "strength": strengths},
        {"method": "ridge regression", "held_out": held_out, "responses": recording.responses},
    )
