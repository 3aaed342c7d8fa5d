"""How a worker is built: one build at a time, on no more processors than may be used, in a folder
that is gone when the build ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from neurosim.base.child_processes import child_settings, end_child, own_process
from neurosim.simulation.engine.build_key import DidNotBuild, NoCompiler
from neurosim.simulation.engine.protocol import Model

__all__ = ["build", "only_one_builds", "sweep"]

_LOCK, _FOLDER = "build.lock", "build-"
_LONGEST = 900.0  # s; a build takes some 20
_MOST_TOLD = 400  # characters of what a failed build said
_AT_ONCE = 0.5  # s to wait for another build before it is said


def build(model: Model, kept: Path, binary: Path) -> None:
    """Build a worker in a folder of `kept`, and move it to `binary`.

    Raises
    ------
    DidNotBuild
        When the compiler fails, or takes longer than a quarter of an hour.
    """
    with tempfile.TemporaryDirectory(prefix=_FOLDER, dir=kept, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = child_settings()
        settings["env"]["TMPDIR"] = name
        with (folder / "said.txt").open("w+b") as said:
            process = subprocess.Popen(
                own_process("neurosim.simulation.engine.standalone", name, *model.words()),
                stdin=subprocess.PIPE,  # its end is the child's
                stdout=said,
                stderr=said,
                **settings,
            )
            try:
                status: int | None = process.wait(_LONGEST)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                assert process.stdin is not None
                process.stdin.close()
                end_child(process)
                process.wait()
            said.seek(0)
            words = said.read().decode(errors="replace")[-4000:]
        if status is None:
            raise DidNotBuild(f"the simulation's C++ worker took over {_LONGEST:.0f} s to build")
        made = folder / "main"
        if status or not made.exists():
            raise DidNotBuild(f"the simulation's C++ worker did not build: {_told(words)}")
        made.chmod(0o700)
        if binary.is_dir() and not binary.is_symlink():
            shutil.rmtree(binary)
        os.replace(made, binary)


@contextmanager
def only_one_builds(kept: Path) -> Iterator[None]:
    """Wait, saying so, until no other process builds in the folder; then sweep it."""
    lock = FileLock(kept / _LOCK, mode=0o600)
    try:
        try:
            lock.acquire(timeout=_AT_ONCE)
        except Timeout:
            print(
                "waiting for another process that builds the simulation's worker", file=sys.stderr
            )
            lock.acquire()
    except OSError as error:
        raise NoCompiler(
            f"cannot lock {kept / _LOCK} ({error.strerror or error}); NEUROSIM_CACHE names another "
            "folder"
        ) from None
    try:
        _remove_builds(kept)
        yield
    finally:
        lock.release()


def sweep(kept: Path) -> None:
    """Remove what builds left that were killed; not while another process builds."""
    if not any(kept.glob(f"{_FOLDER}*")):
        return
    lock = FileLock(kept / _LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return
    try:
        _remove_builds(kept)
    finally:
        lock.release()


def _remove_builds(kept: Path) -> None:
    for left in kept.glob(f"{_FOLDER}*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                left.unlink()


def _told(words: str) -> str:
    """What a build said of its failure, without the commands that it ran."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    wrong = [line for line in lines if ": error:" in line or "fatal error" in line] or lines[-1:]
    return "; ".join(wrong[:2])[:_MOST_TOLD]
