"""Processes of our own: what they may import, and that they end with the one that started them.

A child imports what is installed: the interpreter's own search path and the absolute entries of
PYTHONPATH. The working directory is on neither (an empty or relative entry would bring it), and it
is not where a child works, as Brian2 evaluates a file of preferences that lies there.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = [
    "child_environment",
    "child_settings",
    "end_child",
    "end_with_parent",
    "own_process",
    "safe_children",
]

_PACKAGE = Path(__file__).absolute().parents[1]
_DROPPED = ("PYTHONINSPECT", "PYTHONSTARTUP")  # they would keep a child waiting for a user


def own_process(module: str, *arguments: str) -> list[str]:
    """Command that runs a module of this package in a Python of its own.

    Parameters
    ----------
    module : str
        Its full name.
    *arguments : str
        Its command line.
    """
    # the package alone, not the folder it lies in: in a checkout that may be the working directory
    code = (
        "import sys, importlib.util as util; "
        f"spec = util.spec_from_file_location('neurosim', {str(_PACKAGE / '__init__.py')!r}, "
        f"submodule_search_locations=[{str(_PACKAGE)!r}]); "
        "sys.modules['neurosim'] = package = util.module_from_spec(spec); "
        "spec.loader.exec_module(package); import runpy; "
        f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-P", "-c", code, *arguments]


def child_environment() -> dict[str, str]:
    """The environment of a child: this one's, without what brings the working directory in."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    kept["PYTHONSAFEPATH"] = "1"
    entries = kept.pop("PYTHONPATH", "").split(os.pathsep)
    if absolute := [entry for entry in entries if entry and os.path.isabs(entry)]:
        kept["PYTHONPATH"] = os.pathsep.join(absolute)
    return kept


def child_settings() -> dict[str, Any]:
    """Arguments of `subprocess.Popen`, for every child; Ctrl-C is this process's to handle.

    The working directory holds `brian_preferences`, which keeps Brian2's logs off the disk.
    """
    folder = _PACKAGE / "simulation" / "engine"
    return {"cwd": folder, "env": child_environment(), "start_new_session": True}


@contextmanager
def safe_children() -> Iterator[None]:
    """The environment of what `multiprocessing` starts in it is a child's."""
    before, safe = dict(os.environ), child_environment()
    for name in before.keys() - safe.keys():
        del os.environ[name]
    os.environ |= safe
    try:
        yield
    finally:
        for name in safe.keys() - before.keys():
            del os.environ[name]
        os.environ |= before


def end_child(process: subprocess.Popen[bytes]) -> None:
    """End a child at once, and what it started."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def end_with_parent() -> None:
    """End this process, and those of its group, when the other end of standard input closes.

    The parent holds it open as long as it wants an answer; where it is killed, the system closes
    it. Windows does not tell.
    """
    if not hasattr(select, "poll"):
        return
    watched = select.poll()
    watched.register(0, 0)  # nothing but a hang-up

    def watch() -> None:
        watched.poll()
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
