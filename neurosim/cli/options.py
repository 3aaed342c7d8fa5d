"""Options that several commands have, and the kinds of values they take."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TypeAlias

from neurosim.report.figure_files import FORMATS

__all__ = [
    "Commands",
    "add_format",
    "add_models",
    "add_out",
    "add_workers",
    "number_of_name",
    "time_of_text",
    "unit_of_column",
]

_LONG = 60.0  # s of a trial, from which on milliseconds may be meant

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_models(parser: argparse.ArgumentParser) -> None:
    """``--models``: the rectifiers to compare."""
    parser.add_argument(
        "--models",
        nargs="+",
        metavar="NAME",
        help="rectifiers to compare, by either name (default: the standard ones)",
    )


def add_out(parser: argparse.ArgumentParser, default: str) -> None:
    """``--out``: the folder that is written to."""
    parser.add_argument(
        "--out",
        default=default,
        metavar="DIR",
        help="where to write (default: %(default)s)",
    )


def add_workers(parser: argparse.ArgumentParser) -> None:
    """``--workers``: how many processes."""
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes (default: NEUROSIM_WORKERS, or one per processor that may be used)",
    )


def add_format(parser: argparse.ArgumentParser, what: str = "of the figure") -> None:
    """``--format``: of the figures."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default=FORMATS[0],
        help=f"{what} (default: %(default)s)",
    )


def time_of_text(text: str) -> float | str:
    """A bare number is seconds, a large one not without a question; anything else is left for the
    units to judge."""
    try:
        seconds = float(text)
    except ValueError:
        return text
    if _LONG <= seconds < math.inf:
        told = f"neurosim: {text} is taken as {seconds:g} s; {text}ms is so many milliseconds"
        print(told, file=sys.stderr)
    return seconds


def number_of_name(text: str) -> tuple[str, float]:
    """A parameter and its value, of text like r0=0."""
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (name and equals and math.isfinite(number)):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, a number, got {text!r}")
    return name, number


def unit_of_column(text: str) -> tuple[str, str]:
    """A column and its unit, of text like contrast=%."""
    column, equals, unit = text.rpartition("=")
    if not (column and equals and unit):
        raise argparse.ArgumentTypeError(f"expected COLUMN=UNIT, got {text!r}")
    return column, unit
