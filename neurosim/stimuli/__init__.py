"""What is shown: a visual field, and stimuli on it in contrast about the mean."""

from neurosim.stimuli.field import VisualField
from neurosim.stimuli.gratings import Gratings
from neurosim.stimuli.noise import Noise
from neurosim.stimuli.photographs import Photographs
from neurosim.stimuli.stimulus import Sequence, Sinusoids, Stimulus

__all__ = ["Gratings", "Noise", "Photographs", "Sequence", "Sinusoids", "Stimulus", "VisualField"]
