"""Every statement of Hadji & Wildes (2018), section 3.2, as an experiment with a verdict."""

# experiments are listed in the order in which they are imported, that of the text
# isort: off
from neurosim.reproduce.curves import Curves
from neurosim.reproduce.leaky import LeakyAndLearned
from neurosim.reproduce.crelu import HalfTheFilters
from neurosim.reproduce.srelu import InitialPieces
from neurosim.reproduce.keep_both import KeepBoth

# isort: on
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import EXPERIMENTS, Found, Outcome, Reproduction, Rule

__all__ = [
    "EXPERIMENTS", "Curves", "Found", "HalfTheFilters", "InitialPieces", "KeepBoth",
    "LeakyAndLearned", "Outcome", "Reproduction", "Rule", "Run",
]  # fmt: skip
