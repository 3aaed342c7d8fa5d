"""Libraries that only some of the work needs, and what is said where one is not installed."""

from __future__ import annotations

__all__ = ["needs"]


def needs(library: str, extra: str) -> str:
    """What is missing, and what brings it.

    neurosim is installed from its checkout: it is on no package index, and the name there belongs
    to a project of others.

    Parameters
    ----------
    library : str
        As it is called where it is installed from.
    extra : str
        Of neurosim, that brings it.

    Examples
    --------
    >>> needs("pynwb", "nwb")
    "needs pynwb (in the checkout of neurosim: pip install -e '.[nwb]')"
    """
    return f"needs {library} (in the checkout of neurosim: pip install -e '.[{extra}]')"
