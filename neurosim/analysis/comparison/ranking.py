"""Fits of the same data beside each other, counts or rates: which rectifier is each cell?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.analysis.fitting.fit import Fit
from neurosim.analysis.fitting.likelihood import akaike_weights
from neurosim.base.errors import Faults

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rank", "require_one_likelihood"]


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
        (the scatter's among them), log-likelihood (nats), delta AICc, Akaike weight, delta BIC,
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
    >>> found["rectifier"].tolist(), found["delta AICc"].round(1).tolist()
    (['half-wave', 'half-squared'], [0.0, 40.1])
    """
    import pandas as pd

    require_one_likelihood("rank", fits)
    criterion = np.stack([each.aicc for each in fits], axis=1)
    best = criterion.min(1, keepdims=True)
    known = np.isfinite(best)  # none is where every one has too many parameters
    delta = np.where(known, criterion - np.where(known, best, 0.0), np.nan)
    weight = akaike_weights(delta)
    bic = np.stack([each.bic for each in fits], axis=1)
    rows = [
        pd.DataFrame(
            {
                "cell": each.cells,
                "rectifier": each.rectifier.name,
                "parameters": each.free,
                "log-likelihood (nats)": each.log_likelihood,
                "delta AICc": delta[:, k],
                "Akaike weight": weight[:, k],
                "delta BIC": bic[:, k] - bic.min(1),
                "status": each.status,
            }
        )
        for k, each in enumerate(fits)
    ]
    place = np.tile(np.arange(len(fits[0].cells)), len(fits))  # of cells, in their own order
    table = pd.concat(rows, ignore_index=True).assign(place=place)
    table = table.sort_values(["place", "delta AICc", "delta BIC"], kind="stable")
    return table.drop(columns="place").reset_index(drop=True)


def require_one_likelihood(subject: str, fits: Sequence[Fit]) -> None:
    """Refuse fits whose likelihoods are of different things.

    Raises
    ------
    InputError
        Naming what is mixed, and what to do.
    """
    faults = Faults(subject)
    faults.require(len(fits) > 0, "at least one fit", "none")
    faults.stop()
    likelihoods = list(dict.fromkeys(each.likelihood for each in fits))
    remedy = "fit every rectifier again with one likelihood"
    if "Gaussian" in likelihoods:
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


def _same_data(one: Fit, other: Fit) -> bool:
    if not np.array_equal(one.cells, other.cells):
        return False
    if one.model is None or other.model is None:
        return True
    a, b = one.model.counts, other.model.counts
    pairs = ((a.x, b.x), (a.spikes, b.spikes), (a.exposure, b.exposure))
    return all(np.array_equal(*pair) for pair in pairs)
