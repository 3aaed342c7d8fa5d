"""What is shown: a visual field, and stimuli on it in contrast about the mean."""

from neurosim.stimuli.bars import Bars, Blanks, Edges, Uniform
from neurosim.stimuli.closed_forms import ClosedForm, Steps, Waves
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.frames import ClippingWarning
from neurosim.stimuli.gratings import GaborPatches, Gratings
from neurosim.stimuli.images import read_image
from neurosim.stimuli.movies import Movie
from neurosim.stimuli.noise import Noise
from neurosim.stimuli.photographs import Photographs, embedded_photograph
from neurosim.stimuli.plaids import Plaids
from neurosim.stimuli.statistics import grey_levels, spectral_slope
from neurosim.stimuli.stimulus import Sequence, Stimulus
from neurosim.stimuli.textures import Textures
from neurosim.stimuli.windows import (
    AnnulusWindow,
    CircularWindow,
    GaussianWindow,
    RaisedCosineWindow,
    Window,
)

__all__ = [
    "AnnulusWindow",
    "Bars",
    "Blanks",
    "CircularWindow",
    "ClippingWarning",
    "ClosedForm",
    "Edges",
    "GaborPatches",
    "GaussianWindow",
    "Gratings",
    "Movie",
    "Noise",
    "Photographs",
    "Plaids",
    "RaisedCosineWindow",
    "Sequence",
    "Steps",
    "Stimulus",
    "Textures",
    "Uniform",
    "VisualField",
    "Waves",
    "Window",
    "embedded_photograph",
    "grey_levels",
    "read_image",
    "spectral_slope",
]
