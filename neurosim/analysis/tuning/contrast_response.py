r"""The contrast response of Naka and Rushton: the fit of that rectifier, in the words of contrast.

.. math:: R(c) = r_0 + r_{max}\, \frac{c^n}{c^n + c_{50}^n}

It is fitted as every rectifier is, by maximum Poisson likelihood with profile intervals. Counts of
a dispersion :math:`\varphi` (variance over mean; 1 for Poisson) weigh :math:`1/\varphi` of what
Poisson counts do (quasi-likelihood: Wedderburn 1974, Biometrika 61:439): an interval is all values
at which the likelihood, maximised over the others, stays within :math:`\chi^2_1 \varphi / 2` of its
maximum. Where that goes on to the bound of the search the data set no end: it is 0 or infinite, and
the status says so. Where the response does not saturate within the contrasts shown, c50 and rmax
grow together.

Sources: Naka & Rushton 1966, J Physiol 185:536; Albrecht & Hamilton 1982, J Neurophysiol 48:217.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.result import Fit
from neurosim.analysis.measures.bootstrap import check_level
from neurosim.analysis.measures.measures import Estimate, Measure, Measures, statuses
from neurosim.analysis.tuning.stimulus_values import stimulus_values
from neurosim.base.arrays import AnyArray, Array, Flags, divided
from neurosim.base.errors import Faults
from neurosim.data.counts import Counts
from neurosim.data.repeats import Repeats, repeats_of
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.models.rectifiers.power_laws import NakaRushton

__all__ = ["contrast_response", "naka_rushton"]


class _OfContrast(NakaRushton, register=False):
    """The rectifier, c50 searched from a ten-thousandth of the greatest contrast on.

    Contrasts go over decades, where drives go evenly: a hundredth of the greatest is often the
    least contrast shown, at which a cell may be saturated already.
    """

    name = "Naka-Rushton, of contrast"
    semisaturation = replace(NakaRushton.parameters["semisaturation"], narrowest=1e-4)


_RECTIFIER = _OfContrast()
_PARAMETERS = {"r0": "r0", "rmax": "gain", "n": "exponent", "c50": "semisaturation"}
_DEFINITIONS = {
    "r0": "response without contrast",
    "rmax": "response added at saturation",
    "n": "exponent",
    "c50": "contrast of half of rmax",
}
_UNITS = {"r0": "Hz", "rmax": "Hz", "n": "1", "c50": "as contrast"}
_FEWEST = 4  # contrasts above 0: as many as there are parameters


def naka_rushton(
    contrast: ArrayLike, r0: ArrayLike, rmax: ArrayLike, n: ArrayLike, c50: ArrayLike
) -> Array:
    """Rate (Hz) at contrasts: that of the rectifier "Naka-Rushton".

    Parameters
    ----------
    contrast : array
        Of any unit, c50 being in the same; >= 0.
    r0, rmax : array
        Hz.
    n, c50 : array

    Returns
    -------
    ndarray
        Broadcast.

    Raises
    ------
    InputError
        For parameters outside the rectifier's domain.

    Examples
    --------
    >>> naka_rushton([0, 0.065, 1], 2, 40, 2.16, 0.065).round(2)
    array([ 2.  , 22.  , 41.89])
    """
    faults = Faults("naka_rushton")
    named = {"contrast": contrast, "r0": r0, "rmax": rmax, "n": n, "c50": c50}
    given = {name: faults.numbers(name, values) for name, values in named.items()}
    faults.stop()
    for name, values in given.items():
        finite = values.size > 0 and np.isfinite(values).all()
        faults.require(finite, f"{name} as finite numbers, at least one", values)
    faults.stop()
    faults.require((given["contrast"] >= 0).all(), "contrast >= 0", given["contrast"].min())
    try:
        c, *parameters = np.broadcast_arrays(*given.values())
    except ValueError:
        shapes = ", ".join(f"{name} {values.shape}" for name, values in given.items())
        faults.add(f"expected arrays that broadcast, got {shapes}")
    faults.stop()
    return RECTIFIERS["Naka-Rushton"].rate(
        c, **dict(zip(_PARAMETERS.values(), parameters, strict=True))
    )


def contrast_response(
    responses: Any,
    contrast: str | ArrayLike = "contrast",
    duration: Any = None,
    dispersion: float | str = 1.0,
    level: float = 0.95,
) -> Measures:
    """The Naka-Rushton parameters of every cell.

    Parameters
    ----------
    responses : Dataset, or counts (stimulus, cell, trial) or (stimulus, trial)
        One stimulus per contrast.
    contrast : str or array (stimulus,)
        Coordinate along stimulus, or the contrasts; >= 0, any unit (c50 comes in the same).
    duration : float, optional
        Of bare counts, s.
    dispersion : float or "estimated"
        Variance over mean of the counts, by which intervals widen: 1 for Poisson counts, a number,
        or each cell's own pooled over its conditions (where that is above 1).
    level : float

    Returns
    -------
    Measures
        "r0", "rmax" (Hz), "n" and "c50". An end that the data do not set is 0 or infinite.

    Raises
    ------
    InputError
        For fewer than 4 contrasts above 0, or contrasts that are negative or repeat.

    Examples
    --------
    >>> contrast = [0, 2, 4, 8, 16, 32, 64]  # per cent
    >>> counts = [[2, 2], [5, 4], [13, 12], [27, 25], [36, 37], [41, 40], [42, 41]]
    >>> found = contrast_response(counts, contrast)
    >>> found["c50"].value.round(1), found["n"].value.round(1)
    (array([6.5]), array([2.2]))
    """
    repeats, data = repeats_of(responses, duration, "contrast_response")
    faults = Faults("contrast_response")
    level = check_level(faults, level)
    if not (isinstance(dispersion, str) and dispersion == "estimated"):
        said, positive = "> 0, or 'estimated'", lambda number: 0 < number < np.inf
        dispersion = faults.number("dispersion", dispersion, said, positive)
    c = stimulus_values(data, contrast, faults)
    faults.require((c >= 0).all(), "contrast >= 0", c.min())
    above = (c > 0).sum()
    faults.require(above >= _FEWEST, f"at least {_FEWEST} contrasts above 0", above)
    seen = ((repeats.trials > 0) & (c > 0)).sum(-1) >= _FEWEST
    faults.require(
        seen.all(),
        f"trials at {_FEWEST} contrasts above 0 in every cell",
        f"fewer in cell {repeats.cells[~seen][:5]}",
    )
    faults.stop()
    weight = 1 / _dispersion(repeats, dispersion)[:, None]
    nothing = np.zeros(repeats.spikes.shape)
    counts = Counts(nothing + c, repeats.spikes * weight, repeats.exposure * weight, nothing)
    fit = fit_counts(_RECTIFIER, counts, repeats.cells)
    how = f"maximum Poisson likelihood, profile interval, dispersion {dispersion}"
    return _as_measures(repeats.cells, fit, counts, how, level)


def _dispersion(repeats: Repeats, given: float | str) -> Array:
    """Variance over mean of each cell, pooled over conditions with spikes; at least 1."""
    if not isinstance(given, str):
        return np.full(len(repeats.cells), float(given))
    counted = (repeats.trials > 1) & (repeats.spikes > 0)
    freedom = np.where(counted, repeats.trials - 1, 0)
    mean = np.where(counted, repeats.mean, 1.0)
    total = np.where(counted, freedom * repeats.variance / mean, 0.0).sum(-1)
    return np.asarray(np.maximum(total / np.maximum(freedom.sum(-1), 1), 1.0))


def _responds(fit: Fit, counts: Counts, level: float) -> Flags:
    """Whether the likelihood tells each cell's response from a constant rate; (cell,)."""
    rate = divided(counts.spikes.sum(-1), counts.exposure.sum(-1), 0.0)[:, None]
    rate = np.broadcast_to(rate, counts.x.shape)
    flat = Poisson().terms(rate, counts).sum(-1)
    return np.asarray(fit.log_likelihood - flat > chi2.ppf(level, len(_PARAMETERS) - 1) / 2)


def _as_measures(cells: AnyArray, fit: Fit, counts: Counts, how: str, level: float) -> Measures:
    """The four parameters of the fit, and why some are not known."""
    ends = fit.profile(level)
    column = {name: _RECTIFIER.parameter_names.index(of) for name, of in _PARAMETERS.items()}
    no_low = {name: ends.low_at_bound[:, k] for name, k in column.items()}
    no_high = {name: ends.high_at_bound[:, k] for name, k in column.items()}
    found = {
        name: Estimate(
            fit.values[:, k],
            np.where(no_low[name], 0.0, ends.low[:, k]),
            np.where(no_high[name], np.inf, ends.high[:, k]),
        )
        for name, k in column.items()
    }
    beyond = found["c50"].high > counts.shown.max(-1)
    unsaturated = (beyond, "not identified: no saturation within the contrasts shown")
    rungs = {
        "r0": (),
        "rmax": (unsaturated, (no_low["rmax"], "not identified: no lower limit")),
        "n": (
            (no_high["n"], "not identified: the exponent has no upper limit"),
            (no_low["n"], "not identified: the exponent has no lower limit"),
        ),
        "c50": (
            (no_low["c50"], "not identified: saturated at the contrasts shown"),
            unsaturated,
        ),
    }
    lost = np.array(fit.status) == "not-converged"
    flat = ~_responds(fit, counts, level)
    measures = {}
    for name, numbers in found.items():
        silence = (flat & (name != "r0"), "no response to contrast")
        status = statuses((lost, "not converged"), silence, *rungs[name])
        definition = f"{_DEFINITIONS[name]} in r0 + rmax c^n / (c^n + c50^n)"
        definition += f"; Albrecht & Hamilton 1982; {how}"
        measures[name] = Measure(name, *numbers, status, definition, _UNITS[name], level)
    return Measures("Contrast response (Naka-Rushton)", {"cell": cells}, measures)
