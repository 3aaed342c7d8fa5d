"""Every statement of Hadji & Wildes (2018), section 3.2, as an experiment with a verdict."""

from neurosim.reproduce.curves import Curves
from neurosim.reproduce.energy import TwoPathEnergy
from neurosim.reproduce.neuron import NeuronAsRectifier
from neurosim.reproduce.pairs import PairedFirstLayer
from neurosim.reproduce.pooling import PoolingCancellation
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import EXPERIMENTS, Found, Outcome, Reproduction, Rule

__all__ = [
    "EXPERIMENTS", "Curves", "Found", "NeuronAsRectifier", "Outcome", "PairedFirstLayer",
    "PoolingCancellation", "Reproduction", "Rule", "Run", "TwoPathEnergy",
]  # fmt: skip
