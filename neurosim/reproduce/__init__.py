"""Every statement of Hadji & Wildes (2018), section 3.2, as an experiment with a verdict.

A `Reproduction` in any module here is one of them.
"""

from neurosim.base.modules import import_all
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import EXPERIMENTS, Found, Outcome, Reproduction, Rule

__all__ = ["EXPERIMENTS", "Found", "Outcome", "Reproduction", "Rule", "Run"]

import_all(__name__, __path__)
