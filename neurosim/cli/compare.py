"""`neurosim compare`: an experiment from photograph to comparison figure."""

from __future__ import annotations

import argparse
import sys
import warnings

from neurosim.cli import ends
from neurosim.cli.options import Commands, add_format, add_models, add_out, time_of_text
from neurosim.cli.summary import print_summary

__all__ = ["add_to", "run"]


def add_to(commands: Commands) -> None:
    """Its options."""
    compare = commands.add_parser(
        "compare",
        help="run an experiment from photograph to comparison figure",
        description="Show gratings and photograph patches to a LIF population, fit every rectifier "
        "to its spike counts, and write responses.nc, fits.csv, summary.csv and the figure.",
    )
    compare.set_defaults(run=run)
    add = compare.add_argument
    add(
        "--images",
        nargs="+",
        metavar="FILE_OR_FOLDER",
        help="photographs instead of the embedded one",
    )
    add_out(compare, "neurosim-results")
    add("--seed", type=int, default=0, help="the same seed gives the same spikes (default: 0)")
    add("--quick", action="store_true", help="a smaller experiment, in a few seconds")
    add_models(compare)
    add("--cells", type=int, help="a multiple of 4: whole quadrature sets (default: 48)")
    add("--trials", type=int, help="repeats of each stimulus (default: 10)")
    add(
        "--duration",
        metavar="TIME",
        type=time_of_text,
        help='counted time per trial: seconds, or with a unit: "500ms" (default 0.5)',
    )
    add(
        "--memory",
        type=float,
        default=1.0,
        metavar="GIB",
        help="most memory the counts may take (default: 1 GiB)",
    )
    add_format(compare)


def run(options: argparse.Namespace) -> int:
    """Simulate, compare, write and print."""
    from neurosim import Experiment
    from neurosim.base.files import folder_for_output

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
        return ends.status()
    result = experiment.compare(responses, progress=True)
    files = result.write(options.out, options.format)
    print_summary(result.comparison, files)
    return 0
