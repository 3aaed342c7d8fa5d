"""Writing files so that a failure or Ctrl-C never leaves a half-written one."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from neurosim.base.errors import Faults, InputError

if TYPE_CHECKING:
    from filelock import FileLock

__all__ = ["folder_for_output", "path_of", "regular_file", "written_together"]

_UNFINISHED, _LOCK = ".unfinished-", ".lock"


def path_of(given: Any, subject: str, name: str = "path") -> Path:
    """A path as `Path`, whether there is something or not.

    Raises
    ------
    InputError
        For what is no text and no path, and for text that no file can be called.

    Examples
    --------
    >>> path_of("", "load_responses")
    Traceback (most recent call last):
    neurosim.base.errors.InputError: load_responses: expected path as text or a Path, got ''
    """
    faults = Faults(subject)
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    faults.require(isinstance(text, str) and text, f"{name} as text or a Path", repr(given))
    whole = not isinstance(text, str) or "\0" not in text
    faults.require(whole, f"{name} without a null character", repr(given))
    faults.stop()
    return Path(given)


def regular_file(path: Path) -> None:
    """See that there is a file at a path, and one that ends.

    Raises
    ------
    InputError
        For what is absent, a folder, a device or a pipe, which might be read for ever.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read ({reason})") from None
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: expected a file, got a folder")
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: expected a file, got a device or a pipe (copy it to a file)")


def folder_for_output(path: str | os.PathLike[str]) -> Path:
    """The folder `path`, checked to be one that files can be written to (made later if absent).

    Raises
    ------
    InputError
        When `path`, or the nearest parent that exists, is a file or is not writable.
    """
    folder = path_of(path, "output", "a folder")
    if folder.is_symlink() and not folder.exists():
        raise InputError(f"output: {folder} is a link to nothing (give another --out)")
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
    """A scratch folder in `folder`; its files move up into it only if the block succeeds.

    Raises
    ------
    InputError
        When something that is not a file is in the way of one of them; nothing is moved then.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "results"
    >>> with written_together(out) as scratch:
    ...     _ = (scratch / "a.txt").write_text("done")
    >>> [file.name for file in out.iterdir()], (out / "a.txt").read_text()
    (['a.txt'], 'done')
    """
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    held, scratch = _scratch(folder)  # on the same file system
    try:
        yield scratch
        files = sorted(scratch.iterdir())
        for file in files:
            target = folder / file.name
            if target.exists() and not target.is_file():
                raise InputError(f"output: {target} is in the way (move it, or give another --out)")
        for file in files:
            os.replace(file, folder / file.name)
        new = False
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        Path(held.lock_file).unlink(missing_ok=True)
        held.release()
        if new:  # nothing was written: leave nothing
            with contextlib.suppress(OSError):
                folder.rmdir()


def _scratch(folder: Path) -> tuple[FileLock, Path]:
    """A new folder to work in, and the lock that says that somebody does."""
    from filelock import FileLock, Timeout

    while True:
        name = f"{_UNFINISHED}{uuid4().hex[:12]}"
        held = FileLock(folder / f"{name}{_LOCK}")
        try:
            held.acquire(timeout=0)
        except Timeout:  # swept just now, by another process
            continue
        scratch = folder / name
        scratch.mkdir(mode=0o700)
        return held, scratch


def _sweep(folder: Path) -> None:
    """Remove what was left unfinished by processes that are gone: nobody holds its lock."""
    locks = list(folder.glob(f"{_UNFINISHED}*{_LOCK}"))
    if not locks:
        return
    from filelock import FileLock, Timeout

    for lock in locks:
        left = FileLock(lock)
        try:
            left.acquire(timeout=0)
        except (Timeout, OSError):
            continue
        try:
            shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
            lock.unlink(missing_ok=True)
        finally:
            left.release()
