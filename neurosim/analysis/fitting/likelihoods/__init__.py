"""How responses scatter about a rate, a likelihood in a file; each joins by being there."""

from neurosim.analysis.fitting.likelihoods.base import (
    AUTO,
    LIKELIHOODS,
    Likelihood,
    likelihood_of,
    named_likelihood,
)
from neurosim.base.modules import import_all

__all__ = ["AUTO", "LIKELIHOODS", "Likelihood", "likelihood_of", "named_likelihood"]

import_all(__name__, __path__)
