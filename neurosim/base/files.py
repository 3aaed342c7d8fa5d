"""Writing files so that a failure or Ctrl-C never leaves a half-written one."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from neurosim.base.errors import Faults, InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from filelock import FileLock

__all__ = ["folder_for_output", "path_of", "regular_file", "written_together"]

_UNFINISHED, _FINISHED, _LOCK = ".unfinished-", ".finished-", ".lock"
_GOES = ".instead-of"  # lists what goes when the files beside it move up


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
def written_together(folder: Path, instead_of: Iterable[str] = ()) -> Iterator[Path]:
    """A scratch folder in `folder`; its files move up into it only if the block succeeds.

    What another process writes there at the same time stands before or after, whole; a process that
    is killed while its files move up has them moved by the next that writes there.

    Parameters
    ----------
    folder : Path
        Made if absent.
    instead_of : names
        Files of an earlier run that go with it where this one has none of that name.

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
        with _alone(folder):
            for file in scratch.iterdir():
                target = folder / file.name
                if target.exists() and not target.is_file():
                    told = f"output: {target} is in the way (move it, or give another --out)"
                    raise InputError(told)
            (scratch / _GOES).write_text("\n".join(instead_of))
            finished = folder / scratch.name.replace(_UNFINISHED, _FINISHED)
            os.rename(scratch, finished)  # from here on it is the result
            new = False
            try:
                _move_up(finished)
            finally:  # Ctrl-C does not end between two files: there is nothing left to do but then
                _move_up(finished)
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


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While it lasts, no other process moves files up there (where the system can lock folders)."""
    if fcntl is None:
        yield
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # file systems without locks
            fcntl.flock(held, fcntl.LOCK_EX)
        for left in sorted(folder.glob(f"{_FINISHED}*")):  # of a process that is gone
            _move_up(left)
        yield
    finally:
        os.close(held)


def _move_up(finished: Path) -> None:
    """Move files into the folder above, and remove there those that they stand for."""
    if not finished.is_dir():
        return
    listed, folder = finished / _GOES, finished.parent
    names = {file.name for file in finished.iterdir()}
    goes = set(listed.read_text().splitlines()) if _GOES in names else set()
    for name in sorted(goes - names):
        if name == Path(name).name and (folder / name).is_file():
            (folder / name).unlink()
    for name in sorted(names - {_GOES}):
        os.replace(finished / name, folder / name)
    listed.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        finished.rmdir()


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
