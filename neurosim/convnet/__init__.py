"""The ConvNet side: rectifiers and measured neurons as layers, filters and images from files.

The public names are written once, in the stub beside this file. They load on first use; those that
need torch say what brings it.
"""

from __future__ import annotations

from typing import Any

import lazy_loader

_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _loaded(name)
    except ModuleNotFoundError as missing:
        if missing.name != "torch":
            raise
        from neurosim.base.errors import InputError
        from neurosim.base.extras import needs

        raise InputError(f"{name}: {needs('torch', 'convnet')}") from None
