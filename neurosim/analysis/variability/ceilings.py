r"""How much of a response can be explained, and how much of that a model explains.

For m conditions with n_i trials, :math:`\bar y_i` the mean rate, s_i^2 the unbiased variance of
single trials, x_i the predicted rate, and deviations taken from their means over conditions,

.. math::

    D = \sum_i (\bar y_i - \bar y)^2 - \Big(1 - \frac1m\Big) \sum_i \frac{s_i^2}{n_i}, \qquad
    U = \sum_i (x_i - \bar x)(\bar y_i - \bar y), \qquad V = \sum_i (x_i - \bar x)^2

D has the signal's sum of squares for its expectation whatever the repeats and however the noise
differs between conditions (a single noise power divided by a mean number of repeats does not).

============================  ======================================================================
signal power                  D / (m - 1); Sahani & Linden 2003, NIPS 15:125, whose formula it is in
                              expectation for equal repeats, with noise independent over conditions
noise power                   mean of s_i^2
explainable variance          signal / (signal + noise power): the share of single trials' variance
CCmax                         sqrt(D / sum of squares of the means); Schoppe et al. 2016, Front
                              Comput Neurosci 10:10
split-half ceiling            sqrt of the reliability that correlations between random halves give
                              for all trials, k r / (1 + (k - 1) r) (Spearman 1910; Brown 1910), k
                              being the noise of a half over that of the whole (2 for even repeats)
r                             U / sqrt(V * sum of squares of the means)
CCnorm                        U / sqrt(V D) = r / CCmax; Schoppe et al. 2016
r2_ER                         (U^2 - sum (x_i - mean)^2 s_i^2 / n_i) / (V D); Pospisil & Bair 2021,
                              PLoS Comput Biol 17:e1009212, here with each condition's own variance
explained signal power        (2 U - V) / D; Sahani & Linden 2003; a wrong gain or offset counts
============================  ======================================================================

CCnorm squared is not r2_ER: squaring a noisy correlation adds its noise, which r2_ER takes off. The
normalised r^2 is r^2 over CCmax **squared**. None is clipped at 1: noise can carry it beyond.
Signal power is unbiased; ratios over it are too high by about its squared relative error (2 % with
30 conditions of 2 to 11 Poisson trials whose signal power equals the noise power).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.measures.bootstrap import bootstrapped, check_sampling
from neurosim.analysis.measures.measures import (
    Estimate,
    Measure,
    Measures,
    Number,
    row_by_row,
    statuses,
)
from neurosim.base.arrays import Array, Flags, Indices, divided
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats, repeats_of

__all__ = ["explained_signal_power", "response_ceilings"]

_FEWEST = 3  # conditions with two trials: two means always correlate
_SPLITS = 200  # in halves of all trials: fewer leave noise in the ceiling
_SPLITS_RESAMPLED = 10  # of each resample, whose own noise is larger
_HALVES = "split-half ceiling"
_DEFINITIONS = {
    "signal power": "variance of expected rates over conditions; Sahani & Linden 2003",
    "noise power": "mean variance of single trials",
    "explainable variance": "signal power / (signal power + noise power)",
    "CCmax": "highest expected correlation with the means; Schoppe et al. 2016",
    _HALVES: "sqrt of split-half reliability, Spearman-Brown",
    "r": "correlation of prediction and means, noise included",
    "CCnorm": "r / CCmax; Schoppe et al. 2016",
    "r2_ER": "squared correlation with the expected rates; Pospisil & Bair 2021",
    "explained signal power": "(P(y) - P(y - prediction)) / signal power; Sahani & Linden 2003",
}
_OF_A_PREDICTION = ("r", "CCnorm", "r2_ER", "explained signal power")


def response_ceilings(
    responses: Any,
    predicted: xr.DataArray | ArrayLike | None = None,
    duration: Any = None,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Measures:
    """Signal and noise power and ceilings of every cell, and how near a prediction comes to them.

    Conditions with fewer than two trials tell signal from noise by nothing: they are left out, and
    the status says how many.

    Parameters
    ----------
    responses : Dataset, or counts (stimulus, cell, trial) or (stimulus, trial)
        Repeats may be unequal.
    predicted : array (stimulus, cell) or (stimulus,), optional
        Rate that a model predicts without having been fitted to these trials, Hz. A DataArray is
        turned by its dims.
    duration : float, optional
        Of bare counts, s.
    level, samples, seed : float, int, int
        Intervals are from a normal bootstrap of the means and variances about expected rates whose
        signal power, and whose squared correlation with the prediction, are those estimated; the
        conditions shown are taken as fixed.

    Returns
    -------
    Measures
        As the module defines; those after the split-half ceiling only with a prediction. NaN where
        the estimated signal power is not above 0.

    Raises
    ------
    InputError
        With fewer than three conditions of two trials in a cell, or a prediction of another shape.

    Examples
    --------
    >>> counts = [[1, 2, 0], [4, 6, 5], [9, 12], [20, 17, 18, 21]]
    >>> found = response_ceilings(counts, predicted=[1, 5, 10, 20])
    >>> found["signal power"].value.round(1), found["r2_ER"].value.round(2)
    (array([59.8]), array([1.01]))
    """
    repeats, _ = repeats_of(responses, duration, "response_ceilings")
    faults = Faults("response_ceilings")
    level, samples, seed = check_sampling(faults, level, samples, seed)
    usable = repeats.trials >= 2
    few = repeats.cells[usable.sum(-1) < _FEWEST]
    faults.require(
        few.size == 0,
        f"{_FEWEST} conditions with 2 trials in every cell",
        f"fewer in cell {', '.join(map(str, few[:5]))}",
    )
    model = None if predicted is None else _prediction(predicted, repeats, faults)
    faults.stop()
    random = np.random.default_rng(seed)
    means, variances = repeats.rate, repeats.rate_variance  # Hz, Hz^2
    names = [name for name in _DEFINITIONS if model is not None or name not in _OF_A_PREDICTION]

    def of_cell(c: int) -> dict[str, Number]:
        here = usable[c]
        n, seconds = repeats.trials[c, here], repeats.seconds[c, here]
        trials = repeats.count[c, here]
        mean, variance = means[c, here], variances[c, here]
        x = None if model is None else model[c, here]
        value = _statistics(mean[None], variance[None], n, x)
        value[_HALVES] = _split_half(trials[None], seconds, variance, n, _SPLITS, random)
        drawn = _resampled(mean, variance, n, x, samples, random)
        return {name: bootstrapped(np.r_[value[name], drawn[name]], level) for name in names}

    found = row_by_row(len(repeats.cells), names, of_cell)
    return _as_measures(repeats, found, usable, level)


def explained_signal_power(mean: Array, variance: Array, n: Indices, predicted: Array) -> float:
    """Explained signal power of one cell, as the module defines it; NaN where there is no signal.

    Parameters
    ----------
    mean, variance : array (condition,)
        Of single trials.
    n : int array (condition,)
        Trials, two at the least.
    predicted : array (condition,)

    Examples
    --------
    >>> round(explained_signal_power(np.array([1.0, 4, 9]), np.ones(3), np.full(3, 10),
    ...                              np.array([1.0, 4, 9])), 3)
    1.006
    """
    if mean.size < _FEWEST:
        return np.nan
    found = _statistics(mean[None], variance[None], n, predicted)
    return float(found["explained signal power"][0])


def _prediction(predicted: Any, repeats: Repeats, faults: Faults) -> Array:
    """The prediction as (cell, stimulus)."""
    cells, stimuli = repeats.trials.shape
    if isinstance(predicted, xr.DataArray) and set(predicted.dims) == {"stimulus", "cell"}:
        predicted = predicted.transpose("stimulus", "cell").values
    x = faults.numbers("predicted", predicted)
    faults.stop()
    x = np.repeat(x[:, None], cells, axis=1) if x.shape == (stimuli,) else x
    right = x.shape == (stimuli, cells)
    faults.require(right, f"a prediction for {stimuli} stimuli x {cells} cells", x.shape)
    faults.require(np.isfinite(x).all(), "finite predictions", "NaN or infinity")
    return x.T


def _statistics(mean: Array, variance: Array, n: Indices, x: Array | None) -> dict[str, Array]:
    """Every measure but the split-half ceiling, of rows of means and variances."""
    m = mean.shape[1]
    apart = mean - mean.mean(1, keepdims=True)
    noise = variance / n
    total = (apart**2).sum(1)
    signal = total - (1 - 1 / m) * noise.sum(1)
    power, single = signal / (m - 1), variance.mean(1)
    known = np.where(signal > 0, signal, np.nan)
    found = {
        "signal power": power,
        "noise power": single,
        "explainable variance": np.where(signal > 0, power, np.nan) / (power + single),
        "CCmax": np.sqrt(known / np.where(total > 0, total, np.nan)),
    }
    if x is None:
        return found
    off = x - x.mean()
    size, along = (off**2).sum(), apart @ off
    size = size if size > 0 else np.nan
    return found | {
        "r": along / np.sqrt(size * np.where(total > 0, total, np.nan)),
        "CCnorm": along / np.sqrt(size * known),
        "r2_ER": (along**2 - noise @ off**2) / (size * known),
        "explained signal power": (2 * along - size) / known,
    }


def _split_half(
    trials: Array,
    seconds: Array,
    variance: Array,
    n: Indices,
    splits: int,
    random: np.random.Generator,
) -> Array:
    """Ceiling from the rates of halves of trials (row, condition, trial), which last so long
    (condition, trial); NaN where halves do not agree.

    Of an odd number of trials one is left out of each split.
    """
    half, exists = n // 2, np.arange(trials.shape[2]) < n[:, None]
    place = np.where(exists, random.random((splits, *exists.shape)), np.inf)
    order = place.argsort(-1).argsort(-1).transpose(1, 2, 0)  # (condition, trial, split)
    by_condition, at = trials.transpose(1, 0, 2), half[:, None, None]
    halves = (order < at).astype(float), ((order >= at) & (order < 2 * at)).astype(float)
    first, second = (by_condition @ each / (seconds[:, None] @ each) for each in halves)
    one, two = (each - each.mean(0) for each in (first, second))
    scale = np.sqrt((one**2).sum(0) * (two**2).sum(0))
    r = divided((one * two).sum(0), scale, 0.0).mean(-1)
    whole = (variance / n).sum()
    k = (variance / half).sum() / whole if whole > 0 else 2.0
    reliability = k * r / (1 + (k - 1) * r)
    return np.asarray(np.sqrt(np.where(r > 0, reliability, np.nan)))


def _resampled(
    mean: Array,
    variance: Array,
    n: Indices,
    x: Array | None,
    samples: int,
    random: np.random.Generator,
) -> dict[str, Array]:
    """Bootstrap samples of every measure, about the expected rates that the estimates describe."""
    expected = _expected_rates(mean, variance / n, x)
    noise = random.standard_normal((samples, mean.size, int(n.max())))
    trials = expected[:, None] + np.sqrt(variance)[:, None] * noise
    trials = np.where(np.arange(n.max()) < n[:, None], trials, 0.0)
    means = trials.sum(-1) / n
    variances = variance * random.chisquare(n - 1, (samples, n.size)) / (n - 1)
    found = _statistics(means, variances, n, x)
    found[_HALVES] = _split_half(
        trials, np.ones(trials.shape[1:]), variance, n, _SPLITS_RESAMPLED, random
    )
    return found


def _expected_rates(mean: Array, noise: Array, x: Array | None) -> Array:
    """Means drawn in to the signal power estimated, along the prediction and apart from it."""
    apart = mean - mean.mean()
    signal = max((apart**2).sum() - (1 - 1 / mean.size) * noise.sum(), 0.0)
    off = np.zeros_like(mean) if x is None else x - x.mean()
    size = (off**2).sum()
    if size == 0:
        total = (apart**2).sum()
        return np.asarray(mean.mean() + apart * np.sqrt(signal / total if total > 0 else 0.0))
    along = (apart @ off) * off / size
    rest = apart - along
    explained = max((apart @ off) ** 2 - noise @ off**2, 0.0) / size
    pieces = []
    for piece, power in ((along, min(explained, signal)), (rest, max(signal - explained, 0.0))):
        energy = (piece**2).sum()
        pieces.append(piece * np.sqrt(power / energy if energy > 0 else 0.0))
    return np.asarray(mean.mean() + pieces[0] + pieces[1])


def _as_measures(
    repeats: Repeats, found: dict[str, Estimate], usable: Flags, level: float
) -> Measures:
    """The measures, and what is doubtful about them."""
    left_out = [f"; {n} conditions of one trial left out" * bool(n) for n in (~usable).sum(-1)]
    power = found["signal power"]
    measures = {}
    for name, numbers in found.items():
        missing = np.isnan(numbers.value)
        status = statuses(
            (missing & (power.value <= 0), "signal power not above 0: no ceiling"),
            (missing, "undefined"),
            ((power.low <= 0) & (name != "noise power"), "signal hardly above noise"),
        )
        status = [text + more for text, more in zip(status, left_out, strict=True)]
        unit = "Hz^2" if name in ("signal power", "noise power") else "1"
        measures[name] = Measure(name, *numbers, status, _DEFINITIONS[name], unit, level)
    return Measures("Ceilings", {"cell": repeats.cells}, measures)
