"""neurosim: which rectifier is a spiking neuron?

Stimulus -> Gabor receptive field -> drive -> LIF population (Brian2) -> spike counts -> fitted
rectifiers -> comparison. The public names below load on first use, so that importing neurosim is
instant and loads neither Brian2 nor Matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.analysis.comparison import Comparison, compare
    from neurosim.analysis.fitting import Fit, fit
    from neurosim.analysis.intervals import rate_from_intervals
    from neurosim.analysis.tuning import modulation
    from neurosim.errors import InputError
    from neurosim.experiment import Experiment
    from neurosim.models.brian_cell import BrianCell, adaptive_lif, exponential_if
    from neurosim.models.lif import LIF
    from neurosim.models.receptive_fields import GaborBank
    from neurosim.models.rectifier import RECTIFIERS, Parameter, Rectifier
    from neurosim.responses import load_responses, responses_from_counts, save_responses
    from neurosim.simulation import simulate
    from neurosim.stimuli import Gratings, Noise, Photographs, VisualField

_HOME = {
    "BrianCell": "neurosim.models.brian_cell",
    "adaptive_lif": "neurosim.models.brian_cell",
    "exponential_if": "neurosim.models.brian_cell",
    "Comparison": "neurosim.analysis.comparison",
    "Experiment": "neurosim.experiment",
    "Fit": "neurosim.analysis.fitting",
    "GaborBank": "neurosim.models.receptive_fields",
    "Gratings": "neurosim.stimuli",
    "InputError": "neurosim.errors",
    "LIF": "neurosim.models.lif",
    "Noise": "neurosim.stimuli",
    "Parameter": "neurosim.models.rectifier",
    "Photographs": "neurosim.stimuli",
    "RECTIFIERS": "neurosim.models.rectifiers",
    "Rectifier": "neurosim.models.rectifier",
    "VisualField": "neurosim.stimuli",
    "compare": "neurosim.analysis.comparison",
    "fit": "neurosim.analysis.fitting",
    "load_responses": "neurosim.responses",
    "modulation": "neurosim.analysis.tuning",
    "rate_from_intervals": "neurosim.analysis.intervals",
    "responses_from_counts": "neurosim.responses",
    "save_responses": "neurosim.responses",
    "simulate": "neurosim.simulation",
}

__all__ = [
    "LIF",
    "RECTIFIERS",
    "BrianCell",
    "Comparison",
    "Experiment",
    "Fit",
    "GaborBank",
    "Gratings",
    "InputError",
    "Noise",
    "Parameter",
    "Photographs",
    "Rectifier",
    "VisualField",
    "__version__",
    "adaptive_lif",
    "compare",
    "exponential_if",
    "fit",
    "load_responses",
    "modulation",
    "rate_from_intervals",
    "responses_from_counts",
    "save_responses",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("neurosim")
    if name not in _HOME:
        raise AttributeError(f"module 'neurosim' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
