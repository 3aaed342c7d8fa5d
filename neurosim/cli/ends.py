"""How the command line ends: by signals, and where there is nobody to print to."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Ended", "ending_in_order", "status", "with_streams"]


class Ended(KeyboardInterrupt):
    """A signal asked for the end; as Ctrl-C does, so that what is finished is kept."""


_by: list[int] = []  # the signals that came


def status() -> int:
    """The exit status: 128 and the signal, as shells have it; 130 for Ctrl-C."""
    return 128 + (_by[0] if _by else signal.SIGINT)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP end as Ctrl-C does; a second signal ends at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def came(number: int, _: FrameType | None) -> None:
        if _by:  # processes of ours end with this one, by their pipes
            os._exit(128 + number)
        _by.append(number)
        raise Ended

    _by.clear()
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    ignored = [each for each in signals if signal.getsignal(each) is signal.SIG_IGN]  # as by nohup
    before = {each: signal.signal(each, came) for each in signals if each not in ignored}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def with_streams() -> None:
    """Give the process streams where it has none (as after >&-): what is printed goes nowhere."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  # for the process's life
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Greek is no reason to fail
