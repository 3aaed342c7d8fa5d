"""The command line: a module per command, which parses, calls and prints."""

from neurosim.cli.command_line import main

__all__ = ["main"]
