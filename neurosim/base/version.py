"""Which neurosim this is, as its installation says."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("neurosim")
