"""Every statement of Hadji & Wildes (2018), section 3.2, as an experiment with a verdict."""

# experiments are listed in the order in which they are imported, that of the text
# isort: off
from neurosim.reproduce.curves import Curves
from neurosim.reproduce.speed import Speed
from neurosim.reproduce.saturation import Saturation
from neurosim.reproduce.sparsity import Sparsity
from neurosim.reproduce.elu_noise import EluNoise

# isort: on
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import EXPERIMENTS, Found, Outcome, Reproduction, Rule

__all__ = [
    "EXPERIMENTS", "Curves", "EluNoise", "Found", "Outcome", "Reproduction", "Rule", "Run",
    "Saturation", "Sparsity", "Speed",
]  # fmt: skip
