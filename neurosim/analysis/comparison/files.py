"""The files in which a comparison is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from neurosim.analysis.comparison.comparison import Comparison
from neurosim.base.errors import Faults
from neurosim.base.files import folder_for_output, written_together
from neurosim.data.responses import save_responses

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = ["FORMATS", "write_comparison"]

FORMATS = ("png", "pdf", "svg")
"""In which the figure can be written."""


def write_comparison(
    comparison: Comparison,
    folder: str | os.PathLike[str],
    format: str = "png",
    draw: Callable[[], Figure] | None = None,
) -> list[Path]:
    """Write responses.nc, fits.csv, summary.csv and comparison.FORMAT; all or none.

    Parameters
    ----------
    comparison : Comparison
    folder : path
        Made if absent; files of these names are replaced.
    format : str
        "png", "pdf" or "svg".
    draw : callable, optional
        Makes the figure. Default: ``comparison.plot``.

    Returns
    -------
    list of Path

    Raises
    ------
    InputError
        When the folder cannot be written to, or the format is another.
    """
    from neurosim.analysis.comparison.figure import save_figure  # brings Matplotlib

    out = folder_for_output(folder)
    faults = Faults("write")
    faults.require(format in FORMATS, f"format among {', '.join(FORMATS)}", format)
    faults.stop()
    with written_together(out) as scratch:
        save_responses(comparison.responses, scratch / "responses.nc")
        comparison.table.to_csv(scratch / "fits.csv", index=False)
        comparison.summary.to_csv(scratch / "summary.csv", index=False)
        save_figure((draw or comparison.plot)(), scratch / f"comparison.{format}")
        names = sorted(file.name for file in scratch.iterdir())
    return [out / name for name in names]
