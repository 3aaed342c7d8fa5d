"""The public names, each from the module that defines it."""

from .analysis.comparison.compare import compare as compare
from .analysis.comparison.comparison import Comparison as Comparison
from .analysis.comparison.discrimination import told_apart as told_apart
from .analysis.comparison.ranking import rank as rank
from .analysis.comparison.recovery import Recovery as Recovery
from .analysis.comparison.recovery import recovery as recovery
from .analysis.comparison.simulated import poisson_responses as poisson_responses
from .analysis.fitting.bootstrap import bootstrap_intervals as bootstrap_intervals
from .analysis.fitting.fit import fit as fit
from .analysis.fitting.goodness import deviance as deviance
from .analysis.fitting.likelihoods.base import Likelihood as Likelihood
from .analysis.fitting.likelihoods.by_scatter import ScatterWarning as ScatterWarning
from .analysis.fitting.rates import fit_rates as fit_rates
from .analysis.fitting.result import Fit as Fit
from .analysis.information_kept.example_ensembles import (
    photograph_responses as photograph_responses,
)
from .analysis.information_kept.example_ensembles import (
    white_noise_responses as white_noise_responses,
)
from .analysis.information_kept.kept import what_is_kept as what_is_kept
from .analysis.measures.measures import Measures as Measures
from .analysis.regression.regressor import RectifierRegressor as RectifierRegressor
from .analysis.reverse_correlation.figure import plot_receptive_fields as plot_receptive_fields
from .analysis.reverse_correlation.gabor_fit import fit_gabor as fit_gabor
from .analysis.reverse_correlation.ridge import ridge_receptive_field as ridge_receptive_field
from .analysis.reverse_correlation.spike_triggered import (
    spike_triggered_average as spike_triggered_average,
)
from .analysis.reverse_correlation.triggered_covariance import (
    spike_triggered_covariance as spike_triggered_covariance,
)
from .analysis.tuning.bandwidth import frequency_bandwidth as frequency_bandwidth
from .analysis.tuning.contrast_response import contrast_response as contrast_response
from .analysis.tuning.contrast_response import naka_rushton as naka_rushton
from .analysis.tuning.modulation import modulation as modulation
from .analysis.tuning.modulation_index import modulation_index as modulation_index
from .analysis.tuning.modulation_index import modulation_of_spikes as modulation_of_spikes
from .analysis.tuning.selectivity import orientation_selectivity as orientation_selectivity
from .analysis.tuning.single_trials import modulation_of_trials as modulation_of_trials
from .analysis.variability.ceilings import response_ceilings as response_ceilings
from .analysis.variability.count_variability import count_variability as count_variability
from .analysis.variability.count_variability import fano_factor as fano_factor
from .analysis.variability.interval_rate import rate_from_intervals as rate_from_intervals
from .analysis.variability.interval_variability import interval_variability as interval_variability
from .analysis.variability.interval_variability import (
    interval_variability_of_spikes as interval_variability_of_spikes,
)
from .base.errors import InputError as InputError
from .base.version import __version__ as __version__
from .convnet.filters.paired_filters import paired_filters as paired_filters
from .data.quadrature import with_quadrature as with_quadrature
from .data.response_files import load_responses as load_responses
from .data.response_files import save_responses as save_responses
from .data.responses import responses_from_counts as responses_from_counts
from .experiment.experiment import Experiment as Experiment
from .models.cells.brian_cell import BrianCell as BrianCell
from .models.cells.brian_cell import adaptive_lif as adaptive_lif
from .models.cells.brian_cell import exponential_if as exponential_if
from .models.cells.lif import LIF as LIF
from .models.cells.lif import SlowSynapsesWarning as SlowSynapsesWarning
from .models.receptive_fields.bank import GaborBank as GaborBank
from .models.receptive_fields.temporal import BiphasicFilter as BiphasicFilter
from .models.receptive_fields.temporal import TemporalGabor as TemporalGabor
from .models.rectifiers import RECTIFIERS as RECTIFIERS
from .models.rectifiers.base import Rectifier as Rectifier
from .models.rectifiers.parameter import Parameter as Parameter
from .recordings.clocks import ClockWarning as ClockWarning
from .recordings.from_bins import responses_from_bins as responses_from_bins
from .recordings.from_icephys import responses_from_icephys as responses_from_icephys
from .recordings.from_nwb import responses_from_nwb as responses_from_nwb
from .recordings.from_spike_times import responses_from_spike_times as responses_from_spike_times
from .recordings.neo_blocks import responses_from_neo as responses_from_neo
from .recordings.neo_blocks import responses_to_neo as responses_to_neo
from .recordings.response_arrays import responses_from_arrays as responses_from_arrays
from .recordings.response_arrays import responses_to_arrays as responses_to_arrays
from .recordings.tables.from_table import responses_from_table as responses_from_table
from .recordings.tables.questions import LabelWarning as LabelWarning
from .recordings.tables.questions import UnitWarning as UnitWarning
from .recordings.to_nwb import responses_to_nwb as responses_to_nwb
from .recordings.to_pynapple import responses_to_pynapple as responses_to_pynapple
from .simulation.simulate import simulate as simulate
from .stimuli import AnnulusWindow as AnnulusWindow
from .stimuli import Bars as Bars
from .stimuli import Blanks as Blanks
from .stimuli import CircularWindow as CircularWindow
from .stimuli import Edges as Edges
from .stimuli import GaborPatches as GaborPatches
from .stimuli import GaussianWindow as GaussianWindow
from .stimuli import Gratings as Gratings
from .stimuli import Movie as Movie
from .stimuli import Noise as Noise
from .stimuli import Photographs as Photographs
from .stimuli import Plaids as Plaids
from .stimuli import RaisedCosineWindow as RaisedCosineWindow
from .stimuli import Textures as Textures
from .stimuli import Uniform as Uniform
from .stimuli import VisualField as VisualField
from .stimuli import spectral_slope as spectral_slope
