"""The summary of a comparison, on a terminal of 80 characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from rich.console import Console

    from neurosim import Comparison

__all__ = ["print_summary"]

# column of the summary -> heading and format
_SHOWN = {
    "rectifier": ("rectifier", "{}"),
    "ConvNet twin": ("ConvNet twin", "{}"),
    "cells with this verdict": ("cells", "{:d}"),
    "median delta AIC": ("ΔAIC", "{:.1f}"),
    "median held-out log-likelihood per spike (nats)": ("score", "{:.3f}"),
    "median standard error of it (nats)": ("± SE", "{:.3f}"),
}


def print_summary(comparison: Comparison, files: list[Path]) -> None:
    """What was found first, a row per rectifier, the report, and the files that were written."""
    from rich.console import Console

    console = Console()
    if comparison.headline:
        console.print(comparison.headline + "\n", highlight=False)
    _print_rectifiers(console, comparison.summary)
    if len(comparison.effective):
        _print_effective(console, comparison.effective)
    console.print(comparison.report(), highlight=False)
    console.print(
        "wrote " + ", ".join(str(file) for file in files), highlight=False, soft_wrap=True
    )


def _print_rectifiers(console: Console, summary: pd.DataFrame) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for title, form in _SHOWN.values():
        table.add_column(title, justify="left" if form == "{}" else "right", no_wrap=True)
    for _, row in summary.iterrows():
        table.add_row(*(form.format(row[column]) for column, (_, form) in _SHOWN.items()))
    console.print(table)
    console.print(
        "cells: those with this verdict; score: held-out log-likelihood per spike (nats), with its "
        "standard error over conditions; ΔAIC, score and SE are medians over cells",
        style="dim",
        highlight=False,
    )


def _print_effective(console: Console, effective: pd.DataFrame) -> None:
    """Medians and quartiles over cells of what is true and what was fitted."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for title in ("of the cells", "membrane", "fitted", "ratio"):
        table.add_column(title, justify="left" if title == "of the cells" else "right")
    for parameter, rows in effective.groupby("parameter", sort=False):
        true, fitted = rows["membrane"], rows["effective"]
        unit = rows["unit"].iloc[0]
        said = [_quartiles(each) for each in (true, fitted, fitted / true)]
        table.add_row(f"{str(parameter).removeprefix('effective ')} ({unit})", *said)
    console.print(table)
    console.print(
        f"effective parameters of {effective['rectifier'].iloc[0]}: medians and quartiles over "
        "cells; each cell's are in effective.csv",
        style="dim",
        highlight=False,
    )


def _quartiles(values: pd.Series[float]) -> str:
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"{middle:.2g} [{low:.2g}, {high:.2g}]"
