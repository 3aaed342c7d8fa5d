"""Modules that join a room by being in it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

__all__ = ["import_all"]


def import_all(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, in alphabetical order, so that what it declares is known.

    Parameters
    ----------
    package : str
        Its name.
    path : iterable of str
        Its ``__path__``: only what is installed with the package is imported.
    """
    for module in sorted(iter_modules(path), key=lambda each: each.name):
        import_module(f"{package}.{module.name}")
