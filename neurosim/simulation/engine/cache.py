"""The cache of compiled workers: built once per machine and kept in the user's cache folder.

A worker is executed, so nobody else may put one there: the folder is the user's (or root's) and
closed to others, and so is each file; its content is checked against a hash, for damage. A worker
that does not answer a request in time is built again, once; one that will not answer then is not
tried again for a day.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from pathlib import Path

from platformdirs import user_cache_path

from neurosim.simulation.engine.build_key import DidNotBuild, NoCompiler, build_key
from neurosim.simulation.engine.building import build, only_one_builds, sweep
from neurosim.simulation.engine.protocol import Model
from neurosim.simulation.engine.trial_request import fault_of

__all__ = ["DidNotBuild", "NoCompiler", "compiled_worker"]

_OURS = ("lif-", "build-", "build.lock")  # what names in the folder begin with
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_NOT_AGAIN_FOR = 86_400.0  # s after a worker was built that does not answer
_answered: dict[Path, tuple[int, ...]] = {}


def folder() -> Path:
    """The cache folder: NEUROSIM_CACHE, or the platform's own place for caches."""
    chosen = os.environ.get("NEUROSIM_CACHE")
    where = Path(chosen).expanduser() if chosen else user_cache_path("neurosim", appauthor=False)
    return Path(os.path.abspath(where))


def compiled_worker(model: Model) -> Path:
    """Path of a worker that answers, built now if this machine has none yet.

    Raises
    ------
    NoCompiler
        When there is no compiler, or the folder or the worker in it cannot be used.
    DidNotBuild
        When there is one and the build fails, with what it said.
    """
    name, kept = f"lif-{build_key(model)}", folder()
    if kept.exists():
        _closed(kept)
        sweep(kept)
    binary = kept / name
    if _usable(binary, model):
        return binary
    _opened(kept)
    try:
        with only_one_builds(kept):
            if not _usable(binary, model):  # not built by another process meanwhile
                _built(binary, model)
    except OSError as error:  # a full disk, say
        reason = error.strerror or error
        raise NoCompiler(f"{kept}: {reason}; NEUROSIM_CACHE names another folder") from None
    return binary


def _built(binary: Path, model: Model) -> None:
    """Build a worker that answers."""
    _not_again(binary)
    _refuse_unexecutable(binary.parent)
    build(model, binary.parent, binary)
    _remember(binary)
    fault = fault_of(binary, model)
    if fault:
        _failed(binary).write_text(fault + "\n")
        raise DidNotBuild(f"the simulation's C++ worker was built and {fault}")


def _usable(binary: Path, model: Model) -> bool:
    """Whether there is a worker that is the user's, is whole, and answers.

    Raises
    ------
    NoCompiler
        When there is one that is somebody else's, or that others could write to.
    """
    try:
        found = binary.lstat()
    except OSError:
        return False
    if not stat.S_ISREG(found.st_mode):
        return False
    _refuse_foreign(binary, found)
    if found.st_mode & _OTHERS_WRITE and os.name == "posix":
        return False
    seen = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    if _answered.get(binary) == seen:
        return True
    try:
        whole = _hash_file(binary).read_text().strip() == _hash(binary)
    except (OSError, ValueError):
        return False
    if not whole or fault_of(binary, model):
        return False
    _answered[binary] = seen
    return True


def _hash_file(binary: Path) -> Path:
    return binary.with_name(binary.name + ".sha256")


def _failed(binary: Path) -> Path:
    return binary.with_name(binary.name + ".failed")


def _hash(binary: Path) -> str:
    with binary.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remember(binary: Path) -> None:
    """Keep the hash of what was just built."""
    new = _hash_file(binary).with_suffix(".new")
    new.write_text(_hash(binary) + "\n")
    os.replace(new, _hash_file(binary))


def _not_again(binary: Path) -> None:
    """Refuse to build what was built of late and did not answer."""
    failed = _failed(binary)
    try:
        ago = time.time() - failed.stat().st_mtime
        reason = " ".join(failed.read_text(errors="replace").split())[:200]
    except OSError:
        return
    if 0 <= ago < _NOT_AGAIN_FOR:
        raise NoCompiler(f"the C++ worker {reason}; to build it again remove {failed}")
    failed.unlink()


def _opened(kept: Path) -> None:
    """Make the folder, if need be, and see that it can be written to."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise NoCompiler(f"no cache folder: {error}; NEUROSIM_CACHE names another") from None
    _closed(kept)
    if not os.access(kept, os.W_OK):
        raise NoCompiler(f"cannot write to {kept}; NEUROSIM_CACHE names another folder")


def _closed(kept: Path) -> None:
    """See that nobody else can write to the folder.

    The user's own that others could write to is emptied of workers and closed.

    Raises
    ------
    NoCompiler
        When it is somebody else's, or holds other things and is open to others.
    """
    if os.name != "posix":
        return
    found = kept.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise NoCompiler(f"{kept} is not a folder; NEUROSIM_CACHE names another")
    _refuse_foreign(kept, found)
    _refuse_open_parents(kept)
    if not found.st_mode & _OTHERS_WRITE:
        return
    if found.st_uid != os.getuid():
        raise NoCompiler(f"others can write to {kept}; NEUROSIM_CACHE names another folder")
    inside = list(kept.iterdir())
    if any(not each.name.startswith(_OURS) for each in inside):
        raise NoCompiler(
            f"others can write to {kept}, which holds other things than workers (chmod go-w it, or "
            "NEUROSIM_CACHE names another folder)"
        )
    kept.chmod(0o700)
    for each in kept.iterdir():  # after closing it: nothing comes in behind
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def _refuse_foreign(path: Path, found: os.stat_result) -> None:
    if os.name == "posix" and found.st_uid not in (os.getuid(), 0):
        raise NoCompiler(
            f"{path} belongs to another user and is not used; NEUROSIM_CACHE names another folder"
        )


def _refuse_open_parents(kept: Path) -> None:
    """Refuse a folder that anybody could put another in the place of."""
    for above in Path(os.path.realpath(kept)).parents:
        mode = above.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise NoCompiler(
                f"anybody can write to {above}, in which {kept} lies; NEUROSIM_CACHE names another "
                "folder"
            )


def _refuse_unexecutable(kept: Path) -> None:
    """Refuse a folder from which nothing can be run, before a build and not after each."""
    if os.name != "posix":
        return
    probe = kept / f"build-probe-{os.getpid()}"
    try:
        probe.write_text("#!/bin/sh\nexit 0\n")
        probe.chmod(0o700)
        runs = os.access(probe, os.X_OK)
    finally:
        probe.unlink(missing_ok=True)
    if not runs or os.statvfs(kept).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise NoCompiler(
            f"programs in {kept} cannot be run (its file system is mounted noexec); NEUROSIM_CACHE "
            "names another folder"
        )
