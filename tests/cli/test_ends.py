"""How commands end: by signals, with nobody to print to, on a full disk."""

import os
import signal
import subprocess
import sys
import time

import pytest

from neurosim import load_responses
from neurosim.base.files import written_together

posix = pytest.mark.skipif(os.name != "posix", reason="signals and descriptors are POSIX")
NEUROSIM = [sys.executable, "-m", "neurosim"]


def alive(text):
    """Whether a process with this in its command line is."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if text in line]


@posix
@pytest.mark.slow  # it waits for a simulation to be on its way
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_keeps_what_is_finished(tmp_path, name):
    out, number = tmp_path / "out", getattr(signal, name)
    long = ["compare", "--trials", "4000", "--duration", "2", "--cells", "40", "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(
        [*NEUROSIM, *long], stderr=subprocess.PIPE, text=True, env=environment
    )
    deadline = time.monotonic() + 100
    while not alive("lif-") and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(3)
    running.send_signal(number)
    said = running.communicate(timeout=100)[1]
    assert running.returncode == 128 + number, said
    assert "stopped" in said
    assert said.count("\n") == 1
    if "kept in" in said:  # of the trials that were finished
        assert load_responses(next(out.glob("*.nc")))["count"].sizes["trial"] > 0
    assert not list(tmp_path.rglob(".unfinished-*"))


@posix
@pytest.mark.slow
def test_a_second_signal_ends_at_once(tmp_path):
    long = ["compare", "--trials", "4000", "--duration", "2", "--cells", "40"]
    running = subprocess.Popen(
        [*NEUROSIM, *long, "--out", str(tmp_path / "out")], stderr=subprocess.DEVNULL
    )
    time.sleep(8)
    running.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    running.wait(timeout=5)
    assert running.returncode == 128 + signal.SIGTERM
    time.sleep(2)
    assert not list(tmp_path.rglob("*.nc"))


@posix
@pytest.mark.parametrize("command", [["rectifiers"], ["--version"], ["recovery", "--help"]])
def test_nobody_to_print_to_is_no_traceback(command):
    closed = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m neurosim {' '.join(command)} >&-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in closed.stderr
    assert closed.returncode == 0
    if os.path.exists("/dev/full"):
        full = subprocess.run(
            ["sh", "-c", f"{sys.executable} -m neurosim {' '.join(command)} >/dev/full"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in full.stderr


HOLD = """
import sys, time
from pathlib import Path
from neurosim.base.files import written_together
with written_together(Path(sys.argv[1])) as scratch:
    (scratch / "half.txt").write_text("half")
    print("working", flush=True)
    time.sleep(600)
"""


@posix
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path):
    (tmp_path / "earlier.txt").write_text("whole")
    working = [
        subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for each in working:
        each.stdout.readline()
    assert len([p for p in tmp_path.glob(".unfinished-*") if p.is_dir()]) == 2
    working[0].kill()
    working[0].communicate()
    with written_together(tmp_path) as scratch:
        (scratch / "mine.txt").write_text("done")
    left = [p for p in tmp_path.glob(".unfinished-*") if p.is_dir()]
    assert len(left) == 1
    assert (left[0] / "half.txt").exists()
    working[1].kill()
    working[1].communicate()
    with written_together(tmp_path) as scratch:
        (scratch / "mine.txt").write_text("again")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["earlier.txt", "mine.txt"]
