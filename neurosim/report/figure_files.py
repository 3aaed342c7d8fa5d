"""Figures as files: their formats, their style, and text that stays text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from neurosim.base.errors import Faults
from neurosim.base.files import path_of

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = ["FORMATS", "check_format", "figure_path", "figure_style", "save_figure"]

FORMATS = ("png", "pdf", "svg")
"""In which a figure can be written."""


def check_format(format: str, subject: str = "write") -> str:
    """The format, refused unless it is one of `FORMATS`.

    Examples
    --------
    >>> check_format("bmp")
    Traceback (most recent call last):
    neurosim.base.errors.InputError: write: expected format among png, pdf, svg, got bmp
    """
    faults = Faults(subject)
    faults.one_of("format", format, FORMATS)
    faults.stop()
    return format


def figure_style(size: float) -> dict[Any, Any]:
    """Matplotlib's settings for a figure of axes without a top and a right side.

    Parameters
    ----------
    size : float
        Of the text, points.
    """
    return {"font.size": size, "axes.spines.top": False, "axes.spines.right": False}


def figure_path(path: str | os.PathLike[str], subject: str = "plot") -> Path:
    """Where a figure can be written: in a folder that is there, under a name that says its format.

    Examples
    --------
    >>> figure_path("curves.bmp")
    Traceback (most recent call last):
    neurosim.base.errors.InputError: plot: expected a name that ends in .png, .pdf, .svg, \
got curves.bmp
    """
    place, faults = path_of(path, subject), Faults(subject)
    named = place.suffix.lower().removeprefix(".") in FORMATS
    faults.require(named, f"a name that ends in .{', .'.join(FORMATS)}", place)
    faults.require(place.parent.is_dir(), f"the folder {place.parent} to be there", "none")
    faults.require(not place.is_dir(), "a file", f"the folder {place}")
    faults.stop()
    return place


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure; in a PDF or SVG the text stays text."""
    import matplotlib as mpl

    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
        figure.savefig(path)
