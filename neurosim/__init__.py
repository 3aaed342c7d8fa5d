"""neurosim: which rectifier is a spiking neuron?

Stimulus -> Gabor receptive field -> drive -> LIF population (Brian2) -> spike counts -> fitted
rectifiers -> comparison. The public names below load on first use, so that importing neurosim is
instant and loads neither Brian2 nor Matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.analysis.bandwidth import frequency_bandwidth
    from neurosim.analysis.ceilings import response_ceilings
    from neurosim.analysis.comparison import Comparison, compare
    from neurosim.analysis.contrast_response import contrast_response, naka_rushton
    from neurosim.analysis.design import told_apart
    from neurosim.analysis.fitting import Fit, fit
    from neurosim.analysis.gabor_fit import fit_gabor
    from neurosim.analysis.goodness import bootstrap_intervals, deviance
    from neurosim.analysis.interval_variability import (
        interval_variability,
        interval_variability_of_spikes,
    )
    from neurosim.analysis.intervals import rate_from_intervals
    from neurosim.analysis.kept import what_is_kept
    from neurosim.analysis.measures import Measures
    from neurosim.analysis.modulation_index import modulation_index, modulation_of_spikes
    from neurosim.analysis.ranking import rank
    from neurosim.analysis.rates import fit_rates
    from neurosim.analysis.receptive_field_plots import plot_receptive_fields
    from neurosim.analysis.regressor import RectifierRegressor as RectifierRegressor
    from neurosim.analysis.ridge import ridge_receptive_field
    from neurosim.analysis.selectivity import orientation_selectivity
    from neurosim.analysis.spike_triggered import spike_triggered_average
    from neurosim.analysis.triggered_covariance import spike_triggered_covariance
    from neurosim.analysis.tuning import modulation
    from neurosim.analysis.variability import count_variability, fano_factor
    from neurosim.errors import InputError
    from neurosim.experiment import Experiment
    from neurosim.models.brian_cell import BrianCell, adaptive_lif, exponential_if
    from neurosim.models.lif import LIF
    from neurosim.models.receptive_fields import GaborBank
    from neurosim.models.rectifier import RECTIFIERS, Parameter, Rectifier
    from neurosim.models.temporal import BiphasicFilter, TemporalGabor
    from neurosim.quadrature import with_quadrature
    from neurosim.recordings.nwb import responses_from_nwb
    from neurosim.recordings.nwb_export import responses_to_nwb
    from neurosim.recordings.spike_times import responses_from_spike_times
    from neurosim.recordings.tables import responses_from_table
    from neurosim.responses import load_responses, responses_from_counts, save_responses
    from neurosim.simulation import simulate
    from neurosim.stimuli import (
        AnnulusWindow,
        Bars,
        Blanks,
        CircularWindow,
        Edges,
        GaborPatches,
        GaussianWindow,
        Gratings,
        Movie,
        Noise,
        Photographs,
        Plaids,
        RaisedCosineWindow,
        Textures,
        Uniform,
        VisualField,
        spectral_slope,
    )

_HOME = {
    "adaptive_lif": "neurosim.models.brian_cell",
    "AnnulusWindow": "neurosim.stimuli",
    "Bars": "neurosim.stimuli",
    "BiphasicFilter": "neurosim.models.temporal",
    "Blanks": "neurosim.stimuli",
    "bootstrap_intervals": "neurosim.analysis.goodness",
    "BrianCell": "neurosim.models.brian_cell",
    "CircularWindow": "neurosim.stimuli",
    "compare": "neurosim.analysis.comparison",
    "Comparison": "neurosim.analysis.comparison",
    "contrast_response": "neurosim.analysis.contrast_response",
    "count_variability": "neurosim.analysis.variability",
    "deviance": "neurosim.analysis.goodness",
    "Edges": "neurosim.stimuli",
    "Experiment": "neurosim.experiment",
    "exponential_if": "neurosim.models.brian_cell",
    "fano_factor": "neurosim.analysis.variability",
    "fit": "neurosim.analysis.fitting",
    "Fit": "neurosim.analysis.fitting",
    "fit_gabor": "neurosim.analysis.gabor_fit",
    "fit_rates": "neurosim.analysis.rates",
    "frequency_bandwidth": "neurosim.analysis.bandwidth",
    "GaborBank": "neurosim.models.receptive_fields",
    "GaborPatches": "neurosim.stimuli",
    "GaussianWindow": "neurosim.stimuli",
    "Gratings": "neurosim.stimuli",
    "InputError": "neurosim.errors",
    "interval_variability": "neurosim.analysis.interval_variability",
    "interval_variability_of_spikes": "neurosim.analysis.interval_variability",
    "LIF": "neurosim.models.lif",
    "load_responses": "neurosim.responses",
    "Measures": "neurosim.analysis.measures",
    "modulation": "neurosim.analysis.tuning",
    "modulation_index": "neurosim.analysis.modulation_index",
    "modulation_of_spikes": "neurosim.analysis.modulation_index",
    "Movie": "neurosim.stimuli",
    "naka_rushton": "neurosim.analysis.contrast_response",
    "Noise": "neurosim.stimuli",
    "orientation_selectivity": "neurosim.analysis.selectivity",
    "Parameter": "neurosim.models.rectifier",
    "Photographs": "neurosim.stimuli",
    "Plaids": "neurosim.stimuli",
    "plot_receptive_fields": "neurosim.analysis.receptive_field_plots",
    "rank": "neurosim.analysis.ranking",
    "RaisedCosineWindow": "neurosim.stimuli",
    "rate_from_intervals": "neurosim.analysis.intervals",
    "Rectifier": "neurosim.models.rectifier",
    "RectifierRegressor": "neurosim.analysis.regressor",
    "RECTIFIERS": "neurosim.models.rectifiers",
    "response_ceilings": "neurosim.analysis.ceilings",
    "responses_from_counts": "neurosim.responses",
    "responses_from_nwb": "neurosim.recordings.nwb",
    "responses_from_spike_times": "neurosim.recordings.spike_times",
    "responses_from_table": "neurosim.recordings.tables",
    "responses_to_nwb": "neurosim.recordings.nwb_export",
    "ridge_receptive_field": "neurosim.analysis.ridge",
    "save_responses": "neurosim.responses",
    "simulate": "neurosim.simulation",
    "spectral_slope": "neurosim.stimuli",
    "spike_triggered_average": "neurosim.analysis.spike_triggered",
    "spike_triggered_covariance": "neurosim.analysis.triggered_covariance",
    "TemporalGabor": "neurosim.models.temporal",
    "Textures": "neurosim.stimuli",
    "told_apart": "neurosim.analysis.design",
    "Uniform": "neurosim.stimuli",
    "VisualField": "neurosim.stimuli",
    "what_is_kept": "neurosim.analysis.kept",
    "with_quadrature": "neurosim.quadrature",
}

__all__ = [
    "LIF",
    "RECTIFIERS",
    "AnnulusWindow",
    "Bars",
    "BiphasicFilter",
    "Blanks",
    "BrianCell",
    "CircularWindow",
    "Comparison",
    "Edges",
    "Experiment",
    "Fit",
    "GaborBank",
    "GaborPatches",
    "GaussianWindow",
    "Gratings",
    "InputError",
    "Measures",
    "Movie",
    "Noise",
    "Parameter",
    "Photographs",
    "Plaids",
    "RaisedCosineWindow",
    "Rectifier",
    "TemporalGabor",
    "Textures",
    "Uniform",
    "VisualField",
    "__version__",
    "adaptive_lif",
    "bootstrap_intervals",
    "compare",
    "contrast_response",
    "count_variability",
    "deviance",
    "exponential_if",
    "fano_factor",
    "fit",
    "fit_gabor",
    "fit_rates",
    "frequency_bandwidth",
    "interval_variability",
    "interval_variability_of_spikes",
    "load_responses",
    "modulation",
    "modulation_index",
    "modulation_of_spikes",
    "naka_rushton",
    "orientation_selectivity",
    "plot_receptive_fields",
    "rank",
    "rate_from_intervals",
    "response_ceilings",
    "responses_from_counts",
    "responses_from_nwb",
    "responses_from_spike_times",
    "responses_from_table",
    "responses_to_nwb",
    "ridge_receptive_field",
    "save_responses",
    "simulate",
    "spectral_slope",
    "spike_triggered_average",
    "spike_triggered_covariance",
    "told_apart",
    "what_is_kept",
    "with_quadrature",
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
