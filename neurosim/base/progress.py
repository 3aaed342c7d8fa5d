"""Progress with the time left, on a terminal; silence anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from neurosim.base.errors import Faults

__all__ = ["Advance", "progress_bar"]

Advance = Callable[[float], None]
"""Takes the fraction done so far, between 0 and 1."""


@contextmanager
def progress_bar(label: str, show: bool = True) -> Iterator[Advance]:
    """A bar labelled `label` on standard error; yields a function of the fraction done.

    Examples
    --------
    >>> with progress_bar("fitting", show=False) as advance:
    ...     advance(0.5)
    """
    faults = Faults(label)
    show = faults.flag("progress", show)
    faults.stop()
    if not (show and sys.stderr.isatty()):
        yield lambda fraction: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)
        bar.update(task, completed=1.0)
