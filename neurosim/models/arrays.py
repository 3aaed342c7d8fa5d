"""Which library's functions an array goes with: a formula is written once for all of them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

__all__ = ["of"]


def of(array: Any) -> Any:
    """The module whose `exp`, `log`, `where`, ... take this array: torch for a tensor, else NumPy.

    Examples
    --------
    >>> of(np.zeros(3)).__name__
    'numpy'
    """
    library = type(array).__module__.partition(".")[0]
    return sys.modules["torch"] if library == "torch" else np
