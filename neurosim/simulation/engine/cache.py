"""The compiled worker: built once per machine and kept in the user's cache folder.

What it was built from names the file: sources, flags, compiler, processor, platform and Brian2's
version. It is built beside and renamed, so that two processes that start at once do no harm.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from neurosim.simulation.engine.protocol import Model

__all__ = ["FLAGS", "DidNotBuild", "NoCompiler", "compiled_worker", "own_process"]

HERE = Path(__file__).parent
_SOURCES = (
    "model.py",
    "white.py",
    "synaptic.py",
    "standalone.py",
    "protocol.py",
    "lif_bridge.h",
    "lif_pipe.h",
    "templates/reset.cpp",
    "templates/threshold.cpp",
)

FLAGS = (
    "-w",
    "-O3",
    "-march=native",
    "-std=c++11",
    "-ffp-contract=off",  # a fused multiply-add rounds once where NumPy rounds twice
    "-fno-math-errno",  # these two change no value but let loops vectorise
    "-fno-trapping-math",
    "--param=vect-max-version-for-alias-checks=1000",  # GCC gives up at ten pairs of arrays
)


class NoCompiler(RuntimeError):
    """There is no C++ compiler on this machine, or nowhere to keep what it makes."""


class DidNotBuild(NoCompiler):
    """There is a compiler, and it failed: worth a report, but no reason to stop."""


def folder() -> Path:
    """The cache folder: NEUROSIM_CACHE, or the platform's own place for caches."""
    if chosen := os.environ.get("NEUROSIM_CACHE"):
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", home / ".cache"))
    return base / "neurosim"


def compiled_worker(model: Model) -> Path:
    """Path of the worker, built now if this machine has none yet.

    Raises
    ------
    NoCompiler
        When there is no compiler.
    DidNotBuild
        When there is one and the build fails, with what it said.
    """
    binary = folder() / f"lif-{_key(model)}"
    if binary.exists():
        if _runs(binary):
            return binary
        binary.unlink()  # damaged: built again
    try:
        binary.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoCompiler(f"no cache folder: {error}; NEUROSIM_CACHE names another") from None
    if not os.access(binary.parent, os.W_OK):
        raise NoCompiler(f"cannot write to {binary.parent}; NEUROSIM_CACHE names another folder")
    with tempfile.TemporaryDirectory(prefix="build-", dir=binary.parent) as build:
        done = subprocess.run(
            own_process("standalone", build, *model.words()),
            capture_output=True,
            text=True,
            cwd=build,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        made = Path(build) / "main"
        if done.returncode or not made.exists():
            said = (done.stdout + done.stderr)[-4000:]
            raise DidNotBuild(f"the simulation's C++ worker did not build:\n{said}")
        os.replace(made, binary)
    return binary


def _runs(binary: Path) -> bool:
    """Whether a worker starts, and ends when there is nothing to do."""
    try:
        done = subprocess.run([binary], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def own_process(module: str, *arguments: str) -> list[str]:
    """Command that runs a module of this package in a Python of its own."""
    root = str(HERE.parents[2])
    run = f"import sys; sys.path.insert(0, {root!r}); import runpy; "
    name = f"{__package__}.{module}"
    run += f"runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"
    return [sys.executable, "-c", run, *arguments]


def _key(model: Model) -> str:
    parts = [(HERE / source).read_bytes() for source in _SOURCES]
    facts = (FLAGS, _compiler(), _processor(), platform.platform(), _brian2(), model.words())
    parts += [repr(fact).encode() for fact in facts]
    return hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in parts)).hexdigest()[:24]


def _brian2() -> str:
    return importlib.metadata.version("brian2")


def _compiler() -> str:
    """The compiler's path and version, which is also how one finds out that it works."""
    name = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
    words = name.split() or ["g++"]
    path = shutil.which(words[0])
    if path is None:
        raise NoCompiler(f"no C++ compiler {words[0]!r} on the path")
    try:
        said = subprocess.run([*words, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoCompiler(f"the C++ compiler {name!r} does not run: {error}") from None
    return path + said.stdout


def _processor() -> str:
    """What -march=native depends on."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return platform.processor() + platform.machine()
    kept = ("model name", "flags", "cpu family", "model\t", "Features", "stepping")
    return "".join(line for line in first.splitlines(True) if line.startswith(kept))
