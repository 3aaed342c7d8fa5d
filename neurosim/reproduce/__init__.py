"""Every statement of Hadji & Wildes (2018), section 3.2, as an experiment with a verdict."""

from neurosim.reproduce.crelu import HalfTheFilters
from neurosim.reproduce.curves import Curves
from neurosim.reproduce.elu_noise import EluNoise
from neurosim.reproduce.energy import TwoPathEnergy
from neurosim.reproduce.keep_both import KeepBoth
from neurosim.reproduce.leaky import LeakyAndLearned
from neurosim.reproduce.neuron import NeuronAsRectifier
from neurosim.reproduce.pairs import PairedFirstLayer
from neurosim.reproduce.pooling import PoolingCancellation
from neurosim.reproduce.run import Run
from neurosim.reproduce.saturation import Saturation
from neurosim.reproduce.sparsity import Sparsity
from neurosim.reproduce.speed import Speed
from neurosim.reproduce.srelu import InitialPieces
from neurosim.reproduce.statement import EXPERIMENTS, Found, Outcome, Reproduction, Rule

__all__ = [
    "EXPERIMENTS",
    "Curves",
    "EluNoise",
    "Found",
    "HalfTheFilters",
    "InitialPieces",
    "KeepBoth",
    "LeakyAndLearned",
    "NeuronAsRectifier",
    "Outcome",
    "PairedFirstLayer",
    "PoolingCancellation",
    "Reproduction",
    "Rule",
    "Run",
    "Saturation",
    "Sparsity",
    "Speed",
    "TwoPathEnergy",
]
