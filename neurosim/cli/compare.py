"""`neurosim compare`: an experiment from photograph to comparison figure."""

from __future__ import annotations

import argparse
import sys
import warnings

from neurosim.cli import ends
from neurosim.cli.options import (
    Commands,
    add_format,
    add_models,
    add_out,
    add_workers,
    time_of_text,
)
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
    add("--seed", type=int, help="the same seed gives the same spikes (default: 0)")
    add("--quick", action="store_true", default=None, help="a smaller experiment, in a few seconds")
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
        help="most memory that simulating and comparing may take (default: 1 GiB)",
    )
    add(
        "--resume",
        nargs="?",
        const="",
        metavar="FILE",
        help="go on from what a stopped run kept (the file, or the one in --out), with its options",
    )
    add_workers(compare)
    add_format(compare)


def run(options: argparse.Namespace) -> int:
    """Simulate, compare, write and print."""
    from neurosim import Experiment
    from neurosim.base.files import folder_for_output
    from neurosim.cli.resuming import KEPT, forget, kept_file, options_of, with_options
    from neurosim.data.response_files import load_responses

    out = folder_for_output(options.out)  # refused before the work, not after it
    asked = {name: getattr(options, name) for name in KEPT}
    kept, more = None, {}
    if options.resume is not None:
        kept = kept_file(options.resume, out)
        more = {"begun": load_responses(kept)}
        asked = options_of(more["begun"], asked, kept)
    experiment = Experiment.default(
        images=asked["images"],
        cells=asked["cells"],
        trials=asked["trials"],
        duration=asked["duration"],
        seed=asked["seed"] or 0,
        rectifiers=asked["models"],
        quick=bool(asked["quick"]),
        memory=options.memory * 2**30,
        workers=options.workers,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="stopped after")  # said below
        responses = with_options(experiment.respond(progress=True, **more), asked)
    try:
        if "stopped_early" in responses.attrs:
            raise KeyboardInterrupt
        result = experiment.compare(responses, progress=True)
        files = result.write(out, options.format)
    except KeyboardInterrupt:
        where = experiment.keep(responses, out)
        forget(kept, out)
        trials = f"{responses.sizes['trial']} of {experiment.trials} trials"
        told = f"stopped after {trials}, kept in {where} (neurosim compare --resume --out {out})"
        print(f"neurosim: {told}", file=sys.stderr)
        return ends.status()
    print_summary(result.comparison, files)
    forget(kept, out)
    return 0
