"""The files in which a comparison is kept."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from neurosim.analysis.comparison.comparison import Comparison
from neurosim.base.files import folder_for_output, written_together
from neurosim.data.response_files import save_responses
from neurosim.report.figure_files import FORMATS, check_format, save_figure

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = ["RESULTS", "NotDrawnWarning", "write_comparison"]

RESULTS = (
    *("responses.nc", "fits.csv", "summary.csv", "effective.csv", "ranking.csv"),
    *(f"comparison.{form}" for form in FORMATS),
)
"""Files that `neurosim compare` and `neurosim fit` write: a folder holds those of one run."""


class NotDrawnWarning(UserWarning):
    """A figure could not be drawn; the results it belongs to are written."""


def write_comparison(
    comparison: Comparison,
    folder: str | os.PathLike[str],
    format: str = "png",
    draw: Callable[[], Figure] | None = None,
) -> list[Path]:
    """Write responses.nc, fits.csv, summary.csv and comparison.FORMAT, and of simulated cells
    effective.csv, their membrane's parameters beside the fitted; all or none.

    A figure that fails costs nobody their data: the other files are written, and a
    `NotDrawnWarning` says what the matter is.

    Parameters
    ----------
    comparison : Comparison
    folder : path
        Made if absent; files of an earlier run there are replaced (`RESULTS`).
    format : str
        "png", "pdf" or "svg".
    draw : callable, optional
        Makes the figure. Default: ``comparison.plot``.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputError
        When the folder cannot be written to, or the format is another.
    """
    out = folder_for_output(folder)
    check_format(format)
    name, failure = f"comparison.{format}", ""
    with written_together(out, RESULTS) as scratch:
        save_responses(comparison.responses, scratch / "responses.nc")
        comparison.table.to_csv(scratch / "fits.csv", index=False)
        comparison.summary.to_csv(scratch / "summary.csv", index=False)
        if len(comparison.effective):
            comparison.effective.to_csv(scratch / "effective.csv", index=False)
        try:
            save_figure((draw or comparison.plot)(), scratch / name)
        except Exception as error:  # noqa: BLE001  # whatever it is, the results are not its price
            (scratch / name).unlink(missing_ok=True)
            failure = " ".join(f"{type(error).__name__}: {error}".split())
        written = sorted(file.name for file in scratch.iterdir())
    if failure:
        warnings.warn(
            f"{out / name} was not drawn ({failure}); the results are written",
            NotDrawnWarning,
            stacklevel=2,
        )
    return [out / each for each in written]
