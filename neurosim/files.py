"""Writing files so that a failure or Ctrl-C never leaves a half-written one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.errors import InputError

__all__ = ["folder_for_output", "written_together"]


def folder_for_output(path: str | os.PathLike[str]) -> Path:
    """The folder `path`, checked to be one that files can be written to (made later if absent).

    Raises
    ------
    InputError
        When `path`, or the nearest parent that exists, is a file or is not writable.
    """
    folder = Path(path)
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise InputError(f"output: expected a folder, got the file {nearest} (give another --out)")
    if not os.access(nearest, os.W_OK):
        raise InputError(f"output: cannot write to {nearest} (give another --out)")
    return folder


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """A scratch folder beside `folder`; its files move into `folder` only if the block succeeds.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "results"
    >>> with written_together(out) as scratch:
    ...     _ = (scratch / "a.txt").write_text("done")
    >>> (out / "a.txt").read_text()
    'done'
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield scratch
        folder.mkdir(exist_ok=True)
        for file in sorted(scratch.iterdir()):
            os.replace(file, folder / file.name)  # atomic on one file system
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
