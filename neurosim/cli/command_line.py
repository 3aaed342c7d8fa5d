"""`neurosim COMMAND`: the commands, and what their errors become.

Nothing heavy is imported before the arguments are parsed, so that `--help` is instant.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings

from neurosim.cli import compare, ends, fit, recovery, rectifiers, reproduce
from neurosim.cli.ends import ending_in_order, with_streams

__all__ = ["main"]

_COMMANDS = (compare, fit, reproduce, rectifiers, recovery)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    with_streams()
    try:
        try:
            options = _parser().parse_args(arguments)
        except SystemExit:  # --help and --version have printed; a wrong option too
            sys.stdout.flush()
            raise
        return _run(options)
    except BrokenPipeError:  # whoever read has seen enough, as in | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        print(f"neurosim: {error}", file=sys.stderr)
        with contextlib.suppress(OSError, ValueError):  # what is left unprinted is not tried again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except MemoryError as error:
        print(f"neurosim: not enough memory ({error}); ask for less", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("neurosim: stopped; nothing was written", file=sys.stderr)
        return ends.status()


def _run(options: argparse.Namespace) -> int:
    from neurosim.base.errors import InputError

    try:
        with warnings.catch_warnings(), ending_in_order():
            warnings.showwarning = _say
            status: int = options.run(options)
        sys.stdout.flush()
        return status
    except InputError as error:
        print(f"neurosim: {error}", file=sys.stderr)
        return 2


def _say(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line, as errors are."""
    print(f"neurosim: {' '.join(str(message).split())}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neurosim",
        description="Which rectifier is a spiking neuron? Gabor-driven LIF populations in Brian2, "
        "fitted with the rectifiers of simple cells and ConvNets.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version, looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from neurosim import __version__

        print(f"neurosim {__version__}")
        parser.exit()
