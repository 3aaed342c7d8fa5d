"""What is seen in responses that no rectifier describes: said beside "none", never concluded."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, spearmanr

from neurosim.analysis.comparison.evidence import LEVEL
from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.base.arrays import Flags, divided
from neurosim.data.counts import Counts

__all__ = ["hint"]

_FALLS = -0.7  # rank correlation of rate and drive, from which on the rate is said to fall
_FEWEST = 4  # conditions, for a word about a shape
_ERRORS = 3.0  # of Poisson's, by which a rate inside is above both ends


def hint(counts: Counts, likelihood: Likelihood) -> str:
    """What the rates of one cell look like; "" where nothing simple is seen.

    Parameters
    ----------
    counts : Counts
        One row.
    likelihood : Likelihood
        Of the same row.
    """
    seen = counts.exposure[0] > 0
    x, rate = counts.x[0, seen], likelihood.measured(counts)[0, seen]
    if _differ_at_equal_x(counts, likelihood, seen):
        return "differs at equal x"
    places = np.unique(x)
    if places.size < _FEWEST or np.ptp(rate) == 0:
        return ""
    if spearmanr(x, rate).statistic <= _FALLS:
        return "falls with x"
    mean = np.array([rate[x == place].mean() for place in places])
    time = np.array([counts.exposure[0, seen][x == place].sum() for place in places])
    top, ends = int(mean.argmax()), max(mean[0], mean[-1])
    apart = mean[top] - ends > _ERRORS * np.sqrt(mean[top] / time[top])
    return "is highest inside the range of x" if 0 < top < places.size - 1 and apart else ""


def _differ_at_equal_x(counts: Counts, likelihood: Likelihood, seen: Flags) -> bool:
    """Whether conditions of one drive have rates of their own, against one for each drive."""
    x = counts.x[0]
    pooled = np.zeros(x.shape)
    freedom = 0
    for place in np.unique(x[seen]):
        here = seen & (x == place)
        pooled[here] = divided(counts.spikes[0, here].sum(), counts.exposure[0, here].sum(), 0.0)
        freedom += int(here.sum()) - 1
    if freedom == 0:
        return False
    lost = float(likelihood.deviance(pooled[None], counts).sum())
    return bool(chi2.sf(lost, freedom) < LEVEL)
