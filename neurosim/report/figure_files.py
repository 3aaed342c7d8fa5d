"""Figures as files: their formats, their style, and text that stays text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from neurosim.base.errors import Faults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "check_format", "figure_style", "save_figure"]

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


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure; in a PDF or SVG the text stays text."""
    import matplotlib as mpl

    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
        figure.savefig(path)
