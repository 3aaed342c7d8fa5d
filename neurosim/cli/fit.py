"""`neurosim fit`: the rectifiers compared on spike counts that were recorded."""

from __future__ import annotations

import argparse

from neurosim.cli.options import (
    Commands,
    add_format,
    add_models,
    add_out,
    time_of_text,
    unit_of_column,
)
from neurosim.cli.summary import print_summary

__all__ = ["add_to", "run"]


def add_to(commands: Commands) -> None:
    """Its options."""
    fit = commands.add_parser(
        "fit",
        help="compare the rectifiers on spike counts that you recorded",
        description="Fit every rectifier to a table of recorded spike counts, a row being one "
        "trial of one cell, and write responses.nc, fits.csv, summary.csv and the figure.",
    )
    fit.set_defaults(run=run)
    add = fit.add_argument
    add("table", help="a .csv or .tsv file, or a .parquet file")
    add("--x", required=True, metavar="COLUMN", help="the stimulus variable that drives")
    add("--count", metavar="COLUMN", help="spikes of each trial")
    add("--rate", metavar="COLUMN", help="instead of --count: the rate of each trial, Hz")
    add(
        "--duration",
        required=True,
        metavar="COLUMN_OR_TIME",
        type=time_of_text,
        help='counted time: a column (s), a number of seconds, or "500ms"',
    )
    add("--cell", metavar="COLUMN", help="what tells cells apart (default: one cell)")
    add("--trial", metavar="COLUMN", help="trial labels, to find rows entered twice")
    add(
        "--by",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="what makes separate conditions of the same x",
    )
    add(
        "--units",
        nargs="+",
        default=[],
        metavar="COLUMN=UNIT",
        type=unit_of_column,
        help="units of columns that do not say theirs in parentheses",
    )
    add_models(fit)
    add_out(fit, "neurosim-fits")
    add(
        "--likelihood",
        default="auto",
        metavar="NAME",
        help="how counts scatter: Poisson, negative binomial, under-dispersed, ... (default: auto, "
        "as the trials of each cell have it)",
    )
    add("--seed", type=int, default=0, help="of the held-out folds (default: 0)")
    add_format(fit)


def run(options: argparse.Namespace) -> int:
    """Read, compare, write and print."""
    from neurosim import compare, responses_from_table
    from neurosim.analysis.comparison.files import write_comparison
    from neurosim.base.files import folder_for_output

    folder_for_output(options.out)  # refused before the work, not after it
    responses = responses_from_table(
        options.table,
        x=options.x,
        count=options.count,
        rate=options.rate,
        duration=options.duration,
        cell=options.cell,
        trial=options.trial,
        by=options.by,
        units=dict(options.units),
    )
    found = compare(
        responses,
        options.models,
        seed=options.seed,
        progress=True,
        likelihood=options.likelihood,
    )
    files = write_comparison(found, options.out, options.format)
    print_summary(found, files)
    return 0
