"""What a compiled worker was built from, which names its file."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from neurosim.simulation.engine.protocol import Model

__all__ = ["FLAGS", "HERE", "DidNotBuild", "NoCompiler", "build_key"]

HERE = Path(__file__).absolute().parent
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


def build_key(model: Model) -> str:
    """A hash of sources, flags, compiler, processor, platform, Brian2's version and the model.

    Raises
    ------
    NoCompiler
        When there is no compiler, or it does not run.
    """
    parts = [(HERE / source).read_bytes() for source in _SOURCES]
    brian2 = importlib.metadata.version("brian2")
    facts = (FLAGS, _compiler(), _processor(), platform.platform(), brian2, model.words())
    parts += [repr(fact).encode() for fact in facts]
    return hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in parts)).hexdigest()[:24]


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
