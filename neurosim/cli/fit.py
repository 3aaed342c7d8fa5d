"""`neurosim fit`: the rectifiers compared on what was recorded."""

from __future__ import annotations

import argparse

from neurosim.cli.fit_sources import add_source, responses_of
from neurosim.cli.options import Commands, add_format, add_models, add_out, number_of_name
from neurosim.cli.summary import print_summary

__all__ = ["add_to", "run"]


def add_to(commands: Commands) -> None:
    """Its options."""
    fit = commands.add_parser(
        "fit",
        help="compare the rectifiers on spike counts that you recorded",
        description="Fit every rectifier to recorded spike counts (a table with a row for every "
        "trial of a cell, an NWB file, or saved responses) and write responses.nc, fits.csv, "
        "summary.csv and the figure. Mean rates, with --rate and no --duration, are fitted by "
        "least squares and ranked: fits.csv and ranking.csv.",
    )
    fit.set_defaults(run=run)
    add_source(fit)
    add_models(fit)
    add_out(fit, "neurosim-fits")
    fit.add_argument(
        "--fixed",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        type=number_of_name,
        help="parameters that are known, in every rectifier that has them: r0=0",
    )
    fit.add_argument(
        "--likelihood",
        default="auto",
        metavar="NAME",
        help="how counts scatter: Poisson, negative binomial, under-dispersed, ... (default: auto, "
        "as the trials of each cell have it)",
    )
    fit.add_argument("--seed", type=int, default=0, help="of the held-out folds (default: 0)")
    add_format(fit)


def run(options: argparse.Namespace) -> int:
    """Read, compare, write and print."""
    from neurosim import compare
    from neurosim.analysis.comparison.files import write_comparison
    from neurosim.base.files import folder_for_output
    from neurosim.cli.fit_rates import run_rates

    fixed = dict(options.fixed)
    if options.rate is not None and options.count is None and options.duration is None:
        return run_rates(options, fixed)
    folder_for_output(options.out)  # refused before the work, not after it
    found = compare(
        responses_of(options),
        options.models,
        seed=options.seed,
        progress=True,
        likelihood=options.likelihood,
        fixed=fixed,
    )
    files = write_comparison(found, options.out, options.format)
    print_summary(found, files)
    return 0
