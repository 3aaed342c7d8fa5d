"""The command line: parses, calls, prints. Everything heavy is imported after parsing."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from neurosim.analysis.comparison.comparison import Comparison

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    from neurosim.base.errors import InputError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Greek is no reason to fail
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read has seen enough, as in | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (InputError, OSError) as error:
        print(f"neurosim: {error}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"neurosim: not enough memory ({error}); ask for less", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("neurosim: stopped; nothing was written", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neurosim",
        description="Which rectifier is a spiking neuron? Gabor-driven LIF populations in Brian2, "
        "fitted with the rectifiers of simple cells and ConvNets.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    compare = commands.add_parser(
        "compare",
        help="run an experiment from photograph to comparison figure",
        description="Show gratings and photograph patches to a LIF population, fit every rectifier "
        "to its spike counts, and write responses.nc, fits.csv, summary.csv and the figure.",
    )
    compare.set_defaults(run=_compare)
    add = compare.add_argument
    add(
        "--images",
        nargs="+",
        metavar="FILE_OR_FOLDER",
        help="photographs instead of the embedded one",
    )
    add(
        "--out",
        default="neurosim-results",
        metavar="DIR",
        help="where to write (default: %(default)s)",
    )
    add("--seed", type=int, default=0, help="the same seed gives the same spikes (default: 0)")
    add("--quick", action="store_true", help="a smaller experiment, in a few seconds")
    add(
        "--models",
        nargs="+",
        metavar="NAME",
        help="rectifiers to compare, by either name (default: the standard six)",
    )
    add("--cells", type=int, help="a multiple of 4: whole quadrature sets (default: 48)")
    add("--trials", type=int, help="repeats of each stimulus (default: 10)")
    add(
        "--duration",
        metavar="TIME",
        type=_time,
        help='counted time per trial: seconds, or with a unit: "500ms" (default 0.5)',
    )
    add(
        "--memory",
        type=float,
        default=1.0,
        metavar="GIB",
        help="most memory the counts may take (default: 1 GiB)",
    )
    add(
        "--format",
        choices=("png", "pdf", "svg"),
        default="png",
        help="of the figure (default: %(default)s)",
    )
    _add_fit(commands)
    _add_reproduce(commands)
    rectifiers = commands.add_parser(
        "rectifiers",
        help="list every rectifier with its two names, formula and source",
        description="The family of rectifiers; with --plot also their curves.",
    )
    rectifiers.set_defaults(run=_rectifiers)
    rectifiers.add_argument("--plot", metavar="FILE", help="draw the curves into a PNG, PDF or SVG")
    recovery = commands.add_parser(
        "recovery",
        help="simulate from each rectifier and count what the comparison selects",
        description="Model and parameter recovery on Poisson counts: 25 drives from -1 to 1.",
    )
    recovery.set_defaults(run=_recovery)
    for name, kind, default, what in (
        ("--cells", int, 100, "data sets per rectifier"),
        ("--trials", int, 20, "repeats of each drive"),
        ("--duration", float, 2.0, "counting time per trial, s"),
        ("--seed", int, 0, "of the counts"),
    ):
        recovery.add_argument(name, type=kind, default=default, help=f"{what} (default: {default})")
    recovery.add_argument(
        "--biological", action="store_true", help="eleven rectifiers of visual cortex, not six"
    )
    recovery.add_argument("--plot", metavar="FILE", help="draw the matrix into a PNG, PDF or SVG")
    return parser


def _add_fit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    fit = commands.add_parser(
        "fit",
        help="compare the rectifiers on spike counts that you recorded",
        description="Fit every rectifier to a table of recorded spike counts, a row being one "
        "trial of one cell, and write responses.nc, fits.csv, summary.csv and the figure.",
    )
    fit.set_defaults(run=_fit)
    add = fit.add_argument
    add("table", help="a .csv or .tsv file, or a .parquet file")
    add("--x", required=True, metavar="COLUMN", help="the stimulus variable that drives")
    add("--count", metavar="COLUMN", help="spikes of each trial")
    add("--rate", metavar="COLUMN", help="instead of --count: the rate of each trial, Hz")
    add(
        "--duration",
        required=True,
        metavar="COLUMN_OR_TIME",
        type=_time,
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
        type=_unit_of_column,
        help="units of columns that do not say theirs in parentheses",
    )
    add(
        "--models",
        nargs="+",
        metavar="NAME",
        help="rectifiers to compare, by either name (default: the standard six)",
    )
    add(
        "--out",
        default="neurosim-fits",
        metavar="DIR",
        help="where to write (default: %(default)s)",
    )
    add(
        "--likelihood",
        choices=("Poisson", "negative binomial"),
        default="Poisson",
        help="how counts scatter (default: %(default)s)",
    )
    add("--seed", type=int, default=0, help="of the held-out folds (default: 0)")
    add(
        "--format",
        choices=("png", "pdf", "svg"),
        default="png",
        help="of the figure (default: %(default)s)",
    )


def _add_reproduce(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    reproduce = commands.add_parser(
        "reproduce",
        help="test what the text says of rectifiers, statement by statement",
        description="Every statement of section 3.2 of Hadji & Wildes (2018) as an experiment. "
        "Without a name they are listed; each one that runs ends in a figure, a table and a "
        "verdict, by a rule that is written before the run.",
    )
    reproduce.set_defaults(run=_reproduce)
    add = reproduce.add_argument
    add("names", nargs="*", metavar="NAME", help="the experiments to run")
    add("--all", action="store_true", help="run every one")
    add(
        "--data",
        metavar="PATH",
        help="images to learn from: a folder of MNIST or Fashion-MNIST IDX files, or binary "
        "CIFAR-10 (default: scikit-learn's handwritten digits)",
    )
    add(
        "--filters",
        metavar="FILE",
        help="a first layer for paired-filters: .safetensors, .npz, .npy or a torch state_dict",
    )
    add(
        "--drop",
        action="append",
        type=int,
        default=[],
        metavar="N",
        help="a filter of it to leave out, counted from 0; may be repeated",
    )
    add(
        "--out",
        default="neurosim-reproduced",
        metavar="DIR",
        help="where to write (default: %(default)s)",
    )
    add("--seed", type=int, default=0, help="base seed (default: 0)")
    add("--repeats", type=int, metavar="N", help="seeds per condition, in place of the usual")
    add("--workers", type=int, metavar="N", help="processes (default: one per processor)")
    add(
        "--format",
        choices=("png", "pdf", "svg"),
        default="png",
        help="of the figures (default: %(default)s)",
    )


class _Version(argparse.Action):
    """Prints the version, looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from neurosim import __version__

        print(f"neurosim {__version__}")
        parser.exit()


def _time(text: str) -> float | str:
    """A bare number is seconds; anything else is left for the units to judge."""
    try:
        return float(text)
    except ValueError:
        return text


def _unit_of_column(text: str) -> tuple[str, str]:
    """A column and its unit, of text like contrast=%."""
    column, equals, unit = text.rpartition("=")
    if not (column and equals and unit):
        raise argparse.ArgumentTypeError(f"expected COLUMN=UNIT, got {text!r}")
    return column, unit


def _compare(options: argparse.Namespace) -> int:
    from neurosim.base.files import folder_for_output
    from neurosim.experiment.experiment import Experiment

    folder_for_output(options.out)  # refused before the work, not after it
    experiment = Experiment.default(
        images=options.images,
        cells=options.cells,
        trials=options.trials,
        duration=options.duration,
        seed=options.seed,
        rectifiers=options.models,
        quick=options.quick,
        memory=options.memory * 2**30,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="stopped after")  # said below
        responses = experiment.respond(progress=True)
    if "stopped_early" in responses.attrs:
        kept = experiment.keep(responses, options.out)
        trials = f"{responses.sizes['trial']} of {experiment.trials} trials"
        print(f"neurosim: stopped after {trials}, kept in {kept}", file=sys.stderr)
        return 130
    result = experiment.compare(responses, progress=True)
    files = result.write(options.out, options.format)
    _print_summary(result.comparison, files)
    return 0


def _fit(options: argparse.Namespace) -> int:
    from neurosim.analysis.comparison.comparison import compare
    from neurosim.analysis.comparison.files import write_comparison
    from neurosim.base.files import folder_for_output
    from neurosim.recordings.from_table import responses_from_table

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
    folds = min(5, responses.sizes["stimulus"])
    found = compare(
        responses,
        options.models,
        folds=folds,
        seed=options.seed,
        progress=True,
        likelihood=options.likelihood,
    )
    files = write_comparison(found, options.out, options.format)
    _print_summary(found, files)
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from neurosim.reproduce.command import reproduce

    return reproduce(options)


def _rectifiers(options: argparse.Namespace) -> int:
    from neurosim.models.rectifiers import RECTIFIERS

    table = RECTIFIERS.table
    for row in table.itertuples(index=False):
        name, twin, latex, parameters, limits, contains, needs, source = row
        print(f"{name} = {twin}\n    {latex}\n    {parameters}; {limits}")
        print(
            f"    {'contains ' + contains + '; ' if contains else ''}"
            f"{'needs the ' + needs + '; ' if needs else ''}{source}"
        )
    if options.plot:
        from pathlib import Path

        from neurosim.analysis.comparison.figure import save_figure

        save_figure(RECTIFIERS.plot(), Path(options.plot))
        print(f"wrote {options.plot}")
    return 0


def _recovery(options: argparse.Namespace) -> int:
    from neurosim.analysis.comparison.recovery import recovery
    from neurosim.base.errors import Faults
    from neurosim.models.rectifiers import RECTIFIERS

    faults = Faults("recovery")
    for name in ("cells", "trials", "duration"):
        faults.require(getattr(options, name) > 0, f"{name} > 0", getattr(options, name))
    faults.require(options.seed >= 0, "seed >= 0", options.seed)
    faults.stop()
    found = recovery(
        cells=options.cells,
        trials=options.trials,
        duration=options.duration,
        seed=options.seed,
        rectifiers=RECTIFIERS.biological if options.biological else None,
    )
    if options.plot:
        from pathlib import Path

        from neurosim.analysis.comparison.figure import save_figure

        save_figure(found.plot(), Path(options.plot))
    table = found.to_dataframe()
    letters = [chr(ord("A") + k) for k in range(len(found.selected))]
    names = dict(zip(found.selected, letters, strict=True))
    table = table.rename(columns=names, index={n: f"{names[n]} {n}" for n in found.generating})
    print("Generated by (rows), selected as the simplest within 4 AICc of the best (columns):\n")
    print(table.to_string(float_format="{:.1f}".format, index_names=False))
    print("\nEstimates within two standard errors of the truth (%):\n")
    for name, fractions in found.within_two_se.items():
        shown = ", ".join(f"{p} {100 * value:.0f}" for p, value in fractions.items())
        print(f"  {name}: {shown}")
    return 0


# column of the summary -> heading and format on a terminal of 80 characters
_SHOWN = {
    "rectifier": ("rectifier", "{}"),
    "ConvNet twin": ("ConvNet twin", "{}"),
    "cells described best": ("cells", "{:d}"),
    "cells described best, reference aside": ("aside*", "{:d}"),
    "median delta AICc": ("ΔAICc", "{:.1f}"),
    "median held-out log-likelihood per spike (nats)": ("score", "{:.3f}"),
}


def _print_summary(comparison: Comparison, files: list[Path]) -> None:
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
        "(nats); ΔAICc and score are medians over cells",
        style="dim",
        highlight=False,
    )
    console.print(comparison.report(), highlight=False)
    console.print(
        "wrote " + ", ".join(str(file) for file in files), highlight=False, soft_wrap=True
    )
