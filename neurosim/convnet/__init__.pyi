"""The public names of the ConvNet side, each from the module that defines it."""

from .activation import Activation as Activation
from .curve import Curve as Curve
from .curve import MeasuredRate as MeasuredRate
from .datasets import digits as digits
from .datasets import load as load
from .front_end import GaborLayer as GaborLayer
from .front_end import SpikingLayer as SpikingLayer
from .labelled_images import Dataset as Dataset
from .training import Training as Training
from .training import network as network
from .training import train as train
from .weights import filters_from_file as filters_from_file
