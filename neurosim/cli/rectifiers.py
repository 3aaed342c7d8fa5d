"""`neurosim rectifiers`: the family, with names, formulas and sources."""

from __future__ import annotations

import argparse

from neurosim.cli.options import Commands

__all__ = ["add_to", "run"]


def add_to(commands: Commands) -> None:
    """Its options."""
    rectifiers = commands.add_parser(
        "rectifiers",
        help="list every rectifier with its two names, formula and source",
        description="The family of rectifiers; with --plot also their curves.",
    )
    rectifiers.set_defaults(run=run)
    rectifiers.add_argument("--plot", metavar="FILE", help="draw the curves into a PNG, PDF or SVG")


def run(options: argparse.Namespace) -> int:
    """Print the table, and draw the curves where that is asked for."""
    from neurosim import RECTIFIERS
    from neurosim.report.figure_files import figure_path, save_figure

    plot = None if options.plot is None else figure_path(options.plot)
    table = RECTIFIERS.table
    for row in table.itertuples(index=False):
        name, twin, latex, parameters, limits, contains, needs, source = row
        print(f"{name} = {twin}\n    {latex}\n    {parameters}; {limits}")
        print(
            f"    {'contains ' + contains + '; ' if contains else ''}"
            f"{'needs the ' + needs + '; ' if needs else ''}{source}"
        )
    if plot is not None:
        save_figure(RECTIFIERS.plot(), plot)
        print(f"wrote {plot}")
    return 0
