"""`neurosim reproduce`: what the text says of rectifiers, statement by statement."""

from __future__ import annotations

import argparse

from neurosim.cli.options import Commands, add_format, add_out, add_workers

__all__ = ["add_to", "run"]


def add_to(commands: Commands) -> None:
    """Its options."""
    reproduce = commands.add_parser(
        "reproduce",
        help="test what the text says of rectifiers, statement by statement",
        description="Every statement of section 3.2 of Hadji & Wildes (2018) as an experiment. "
        "Without a name they are listed; each one that runs ends in a figure, a table and a "
        "verdict, by a rule that is written before the run.",
    )
    reproduce.set_defaults(run=run)
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
    add_out(reproduce, "neurosim-reproduced")
    add("--seed", type=int, default=0, help="base seed (default: 0)")
    add("--repeats", type=int, metavar="N", help="seeds per condition, in place of the usual")
    add_workers(reproduce)
    add_format(reproduce, "of the figures")


def run(options: argparse.Namespace) -> int:
    """List, or run and say the verdicts."""
    from neurosim.reproduce.command import reproduce

    return reproduce(options)
