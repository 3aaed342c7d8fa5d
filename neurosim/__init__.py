"""neurosim: which rectifier is a spiking neuron?

Stimulus -> Gabor receptive field -> drive -> LIF population (Brian2) -> spike counts -> fitted
rectifiers -> comparison. The public names are written once, in the stub beside this file, and load
on first use, so that importing neurosim is instant and loads neither Brian2 nor Matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
