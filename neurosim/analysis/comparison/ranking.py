"""Fits of the same data beside each other, counts or rates: which rectifier is each cell?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2

from neurosim.analysis.fitting.criteria import above_best, akaike_weights
from neurosim.analysis.fitting.result import Fit
from neurosim.base.errors import Faults

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fits_of_one_likelihood", "likelihood_ratios", "rank"]


def rank(fits: Sequence[Fit]) -> pd.DataFrame:
    """Information criteria of several fits, of rates (`fit_rates`) or of counts (`fit`).

    Spike counts have more: `compare`, with held-out scores.

    Parameters
    ----------
    fits : sequence of Fit
        Of different rectifiers to the same cells, all with one likelihood.

    Returns
    -------
    DataFrame
        One row per cell and rectifier, each cell's best first: parameters that were estimated
        (the scatter's among them), log-likelihood (nats), delta AIC, Akaike weight, delta BIC,
        status.

    Raises
    ------
    InputError
        For fits that cannot be compared: of rates and of counts, of different likelihoods, cells,
        drives or data.

    Examples
    --------
    >>> from neurosim import fit_rates
    >>> x, rates = [-1, -0.5, 0, 0.5, 1, 1.5, 2], [1.1, 0.9, 1.2, 6, 11.2, 15.9, 20.8]
    >>> found = rank([fit_rates(name, x, rates) for name in ("ReLU", "half-squared")])
    >>> found["rectifier"].tolist(), found["delta AIC"].round(1).tolist()
    (['half-wave', 'half-squared'], [0.0, 40.1])
    """
    import pandas as pd

    fits = fits_of_one_likelihood("rank", fits)
    delta = above_best(np.stack([each.aic for each in fits], axis=1))
    delta_bic = above_best(np.stack([each.bic for each in fits], axis=1))
    weight = akaike_weights(delta)
    rows = [
        pd.DataFrame(
            {
                "cell": each.cells,
                "rectifier": each.rectifier.name,
                "parameters": each.free,
                "log-likelihood (nats)": each.log_likelihood,
                "delta AIC": delta[:, k],
                "Akaike weight": weight[:, k],
                "delta BIC": delta_bic[:, k],
                "status": each.status,
            }
        )
        for k, each in enumerate(fits)
    ]
    place = np.tile(np.arange(len(fits[0].cells)), len(fits))  # of cells, in their own order
    table = pd.concat(rows, ignore_index=True).assign(place=place)
    table = table.sort_values(["place", "delta AIC", "delta BIC"], kind="stable")
    return table.drop(columns="place").reset_index(drop=True)


def fits_of_one_likelihood(subject: str, given: Sequence[Fit]) -> list[Fit]:
    """The fits, refused where their likelihoods are of different things.

    Raises
    ------
    InputError
        Naming what is mixed, and what to do.
    """
    faults = Faults(subject)
    fits: list[Fit] = faults.several("fits", given, "Fits", Fit)
    for each in fits:
        faults.kind("each of fits", each, Fit, "a Fit")
    faults.require(fits or faults.found, "at least one fit", "none")
    faults.stop()
    likelihoods = list(dict.fromkeys(each.likelihood for each in fits))
    remedy = "fit every rectifier again with one likelihood"
    if any(each.model.likelihood.of == "rates" for each in fits):
        remedy = "rates and counts do not compare: fit all to counts, or all with fit_rates"
    one = faults.require(
        len(likelihoods) == 1, "fits with one likelihood", " and ".join(likelihoods), remedy
    )
    units = list(dict.fromkeys(each.drive_unit for each in fits))
    faults.require(len(units) == 1, "fits with one unit of the drive", " and ".join(units))
    same = all(_same_data(fits[0], each) for each in fits)
    if one and len(units) == 1:
        faults.require(same, "fits of the same cells and data", "different ones")
    faults.stop()
    return fits


def likelihood_ratios(fits: Sequence[Fit]) -> pd.DataFrame:
    """Likelihood-ratio tests of every nested pair in every cell.

    Twice the gain in log-likelihood against a chi-squared distribution with as many degrees of
    freedom as parameters more (Wilks 1938). Where the smaller model has a parameter of the larger
    one at its bound (a gain or a noise of 0) the p-value is too large, at most twofold.

    Parameters
    ----------
    fits : sequence of Fit

    Returns
    -------
    DataFrame
        One row per cell and nested pair.
    """
    import pandas as pd

    columns = ["cell", "rectifier", "within", "statistic", "degrees of freedom", "p"]
    rows = [pd.DataFrame(columns=columns)]
    for small, large in permutations(fits, 2):
        more = large.free_of_rate - small.free_of_rate
        if more < 1 or not small.rectifier.is_nested_in(large.rectifier):
            continue
        gained = np.maximum(2 * (large.log_likelihood - small.log_likelihood), 0.0)
        names = small.rectifier.name, large.rectifier.name
        tested = (small.cells, *names, gained, more, chi2.sf(gained, more))
        rows.append(pd.DataFrame(dict(zip(columns, tested, strict=True))))
    table = pd.concat(rows[1:]) if len(rows) > 1 else rows[0]
    return table.sort_values("cell", kind="stable").reset_index(drop=True)


def _same_data(one: Fit, other: Fit) -> bool:
    if not np.array_equal(one.cells, other.cells):
        return False
    a, b = one.model.counts, other.model.counts
    pairs = ((a.x, b.x), (a.spikes, b.spikes), (a.exposure, b.exposure))
    return all(a is b or np.array_equal(a, b) for a, b in pairs)
