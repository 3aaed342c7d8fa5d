"""The summary of a comparison, on a terminal of 80 characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from neurosim import Comparison

__all__ = ["print_summary"]

# column of the summary -> heading and format
_SHOWN = {
    "rectifier": ("rectifier", "{}"),
    "ConvNet twin": ("ConvNet twin", "{}"),
    "cells described best": ("cells", "{:d}"),
    "cells described best, reference aside": ("aside*", "{:d}"),
    "median delta AIC": ("ΔAIC", "{:.1f}"),
    "median held-out log-likelihood per spike (nats)": ("score", "{:.3f}"),
}


def print_summary(comparison: Comparison, files: list[Path]) -> None:
    """A row per rectifier, the report, and the files that were written."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for title, form in _SHOWN.values():
        table.add_column(title, justify="left" if form == "{}" else "right", no_wrap=True)
    for _, row in comparison.summary.iterrows():
        table.add_row(*(form.format(row[column]) for column, (_, form) in _SHOWN.items()))
    console = Console()
    console.print(table)
    console.print(
        "* with the mechanistic reference set aside; score: held-out log-likelihood per spike "
        "(nats); ΔAIC and score are medians over cells",
        style="dim",
        highlight=False,
    )
    console.print(comparison.report(), highlight=False)
    console.print(
        "wrote " + ", ".join(str(file) for file in files), highlight=False, soft_wrap=True
    )
