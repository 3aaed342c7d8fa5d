"""The cache of compiled workers: whose it is, what is damaged, and that builds do no harm."""

import os
import shutil
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from neurosim import LIF, simulate
from neurosim.simulation.engine import building, cache, trial_request, worker
from neurosim.simulation.engine.cache import NoCompiler, compiled_worker
from neurosim.simulation.engine.protocol import Model

EVERY_MODEL = [Model(*(bool(k & bit) for bit in (1, 2, 4))) for k in range(8)]
posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX")


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """An empty cache, builds that copy a worker that is there already, and their number."""
    whole = compiled_worker(Model())

    class Kept:
        folder = tmp_path / "cache"
        name = whole.name
        binary = folder / whole.name
        builds = 0

    def build(model, folder, binary):
        Kept.builds += 1
        if binary.is_dir() and not binary.is_symlink():
            shutil.rmtree(binary)
        made = shutil.copy(whole, binary.with_name("build-made"))
        os.replace(made, binary)

    monkeypatch.setenv("NEUROSIM_CACHE", str(Kept.folder))
    monkeypatch.setattr(cache, "build", build)
    monkeypatch.setattr(cache, "_answered", {})
    monkeypatch.setattr(worker, "_said", set())
    return Kept


@pytest.fixture
def counts(as_drive):
    """Counts of a small run."""
    return lambda: simulate(LIF(), as_drive([[1.0]]), trials=2, duration=0.05)["count"].values


def exits(kept):
    kept.binary.write_text("#!/bin/sh\nexit 0\n")


def fails(kept):
    kept.binary.write_text("#!/bin/sh\nexit 7\n")


def hangs(kept):
    kept.binary.write_text("#!/bin/sh\nsleep 600\n")


def talks(kept):
    kept.binary.write_text("#!/bin/sh\ncat /dev/zero\n")


def folder(kept):
    kept.binary.unlink()
    (kept.binary / "inside").mkdir(parents=True)


def truncated(kept):
    kept.binary.write_bytes(kept.binary.read_bytes()[:20_000])


def empty(kept):
    kept.binary.write_bytes(b"")


def flipped(kept):
    content = bytearray(kept.binary.read_bytes())
    content[len(content) // 2] ^= 1
    kept.binary.write_bytes(content)


def unexecutable(kept):
    kept.binary.chmod(0o600)


def without_hash(kept):
    cache._hash_file(kept.binary).unlink()


def open_to_others(kept):
    kept.binary.chmod(0o777)


def link(kept):
    elsewhere = kept.folder / "lif-elsewhere"
    kept.binary.rename(elsewhere)
    kept.binary.symlink_to(elsewhere)


def gone(kept):
    kept.binary.unlink()


DAMAGE = [
    exits,
    fails,
    hangs,
    talks,
    folder,
    truncated,
    empty,
    flipped,
    unexecutable,
    without_hash,
    open_to_others,
    link,
    gone,
]


@posix
@pytest.mark.parametrize("hashed", [False, True], ids=["damaged", "hashed"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_worker_is_built_again_once(kept, counts, monkeypatch, damage, hashed):
    monkeypatch.setattr(trial_request, "_WITHIN", 0.5)
    expected = counts()
    assert kept.builds == 1
    damage(kept)
    if hashed and kept.binary.is_file() and damage is not without_hash:
        kept.binary.chmod(0o700)
        cache._remember(kept.binary)  # as if it had been built so: only its answer tells
        if damage in (flipped, link, unexecutable, open_to_others):
            return  # whole, or not to be told from it
    monkeypatch.setattr(cache, "_answered", {})
    assert np.array_equal(counts(), expected)
    assert np.array_equal(counts(), expected)
    assert kept.builds == 2
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("damage", [exits, fails, hangs, talks, truncated, empty])
def test_a_worker_that_never_answers_is_built_once_and_said_once(kept, counts, monkeypatch, damage):
    expected = counts()
    honest = cache.build
    shutil.rmtree(kept.folder)

    def build(model, where, binary):
        honest(model, where, binary)
        damage(kept)

    monkeypatch.setattr(trial_request, "_WITHIN", 0.3)
    monkeypatch.setattr(cache, "build", build)
    monkeypatch.setattr(cache, "_answered", {})
    before = kept.builds
    with pytest.warns(RuntimeWarning, match="simulating with NumPy") as said:
        again = [counts(), counts()]
    assert np.array_equal(again, [expected, expected])
    assert len(said) == 1
    assert kept.builds == before + 1
    failed = cache._failed(kept.binary)
    if failed.exists():  # in a later process it is not tried again, and on another day it is
        with pytest.raises(NoCompiler, match=f"remove {failed}"):
            compiled_worker(Model())
        monkeypatch.setattr(cache, "build", honest)
        os.utime(failed, (0, time.time() - 2 * 86_400))
        assert compiled_worker(Model()) == kept.binary


@posix
def test_a_folder_of_another_user_is_not_used(kept, counts, monkeypatch):
    expected = counts()
    monkeypatch.setattr(cache, "_answered", {})
    marker = kept.folder.parent / "ran"
    kept.binary.write_text(f"#!/bin/sh\ntouch {marker}\n")
    cache._remember(kept.binary)
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1 if user else 4321)
    if user == 0:  # root's own would be trusted
        for path in (kept.folder, kept.binary):
            os.chown(path, 1234, 1234)
    with pytest.warns(RuntimeWarning, match="belongs to another user and is not used") as said:
        again = [counts(), counts()]
    assert np.array_equal(again, [expected, expected])
    assert len(said) == 1
    assert not marker.exists()


@posix
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o770, 0o707, 0o722])
def test_ones_own_open_folder_is_emptied_and_closed(kept, counts, monkeypatch, mode):
    marker = kept.folder.parent / "ran"
    kept.folder.mkdir()
    kept.binary.write_text(f"#!/bin/sh\ntouch {marker}\n")
    kept.binary.chmod(0o755)
    cache._remember(kept.binary)
    kept.folder.chmod(mode)
    counts()
    assert not marker.exists()
    assert kept.builds == 1
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700


@posix
def test_an_open_folder_of_other_things_is_left_alone(kept, counts, monkeypatch):
    kept.folder.mkdir()
    thesis = kept.folder / "thesis.txt"
    thesis.write_text("years of work")
    kept.folder.chmod(0o777)
    with pytest.warns(RuntimeWarning, match=r"others can write to .*chmod go-w"):
        counts()
    assert thesis.read_text() == "years of work"
    kept.folder.chmod(0o700)
    assert compiled_worker(Model()) == kept.binary


@posix
def test_a_folder_that_anybody_could_replace_is_not_used(kept, counts):
    above = kept.folder.parent
    above.chmod(0o777)
    with pytest.warns(RuntimeWarning, match="anybody can write to"):
        counts()
    above.chmod(0o1777)  # as /tmp is
    assert compiled_worker(Model()) == kept.binary


def test_a_folder_that_cannot_be_used_is_said(kept, counts, monkeypatch):
    kept.folder.write_text("a file")
    with pytest.warns(RuntimeWarning, match="NEUROSIM_CACHE names another"):
        counts()


@posix
def test_where_programs_cannot_be_run_nothing_is_built(kept, counts, monkeypatch):
    real = os.statvfs

    class NoExec:
        f_flag = os.ST_NOEXEC

    monkeypatch.setattr(os, "statvfs", lambda path: NoExec())
    with pytest.warns(RuntimeWarning, match="noexec"):
        counts()
    assert kept.builds == 0
    monkeypatch.setattr(os, "statvfs", real)
    assert compiled_worker(Model()) == kept.binary


def test_a_relative_cache_folder_is_one_from_here(kept, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUROSIM_CACHE", "here/cache")
    assert compiled_worker(Model()) == tmp_path / "here" / "cache" / kept.name


def test_what_killed_builds_left_is_swept(kept, counts):
    counts()
    left = kept.folder / "build-killed"
    left.mkdir()
    (left / "main.cpp").write_text("half")
    with building.only_one_builds(kept.folder):
        pass
    assert not left.exists()
    left.mkdir()
    compiled_worker(Model())
    assert not left.exists()


@pytest.mark.slow
@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda model: "-".join(model.words()) or "plain")
def test_every_worker_answers_its_trial_request(model):
    assert trial_request.fault_of(compiled_worker(model), model) == ""


COLD = """
import numpy as np, xarray as xr
from neurosim import LIF, simulate
drive = xr.DataArray(np.full((1, 3), 1.5), dims=("stimulus", "cell"))
print(simulate(LIF(), drive, trials=2, duration=0.1, workers=1, target="cpp")["count"].values.sum())
"""


@pytest.mark.slow
def test_twenty_cold_starts_build_once(tmp_path):
    environment = {**os.environ, "NEUROSIM_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", COLD]
    many = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(20)
    ]
    said = [process.communicate() for process in many]
    assert len({out for out, _ in said}) == 1
    assert said[0][0].strip().isdigit()
    assert sum("waiting" not in err for _, err in said) >= 1
    inside = sorted(path.name for path in (tmp_path / "cache").iterdir())
    assert len(inside) == 3, inside  # the worker, its hash, the lock


@posix
@pytest.mark.slow
def test_a_build_ends_with_the_process_that_started_it(tmp_path):
    environment = {**os.environ, "NEUROSIM_CACHE": str(tmp_path / "cache")}
    started = subprocess.Popen([sys.executable, "-c", COLD], env=environment)
    while not list(tmp_path.glob("cache/build-*/*.o")) and started.poll() is None:
        time.sleep(0.05)
    started.kill()
    started.wait()
    time.sleep(2)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(tmp_path) not in listed.stdout
    subprocess.run([sys.executable, "-c", COLD], env=environment, check=True)
    assert not list(tmp_path.glob("cache/build-*"))
