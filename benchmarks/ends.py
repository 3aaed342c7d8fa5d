"""Commands ended at random moments by SIGKILL, SIGTERM and SIGINT in turn: what is left of them.

    python benchmarks/ends.py [--times 60] [--what compare fit reproduce compile] [--seed 0]

Each command starts in a folder that holds the results of an earlier run, and is ended somewhere in
the time that it takes undisturbed (`compile` has an empty cache each time). Counted are: whether
every file of the earlier results is as it was or of the new run whole, whether a process of it
lives two seconds later, and whether the next run works and leaves nothing unfinished. A row per
command and signal; everything but the first two columns should be 0.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {
    "compare": ["compare", "--quick", "--cells", "8", "--seed", "{seed}", "--out", "{out}"],
    "fit": ["fit", "{table}", "--x", "x", "--count", "n", "--duration", "1", "--seed", "{seed}",
            "--out", "{out}"],
    "reproduce": ["reproduce", "{statement}", "--repeats", "3", "--seed", "{seed}",
                  "--out", "{out}"],
    "compile": ["compare", "--quick", "--cells", "4", "--seed", "{seed}", "--out", "{out}"],
}  # fmt: skip
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def command(what: str, seed: int, folder: Path, statement: str) -> list[str]:
    said = {"seed": seed, "out": folder / "out", "table": folder / "t.csv", "statement": statement}
    return [sys.executable, "-m", "neurosim", *(part.format(**said) for part in COMMANDS[what])]


def environment(folder: Path, mark: str) -> dict[str, str]:
    cache = {"NEUROSIM_CACHE": str(folder / "cache"), "NEUROSIM_ENDS": mark}
    return {**os.environ, **cache, "OMP_NUM_THREADS": "1"}


def living(mark: str) -> list[int]:
    """Processes whose environment has the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if (
                state != "Z"
                and f"NEUROSIM_ENDS={mark}".encode() in (entry / "environ").read_bytes()
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def table(path: Path) -> None:
    rows = [f"{x / 10},{max(0, x) + k % 3}" for x in range(-10, 11) for k in range(5)]
    path.write_text("x,n\n" + "\n".join(rows) + "\n")


def ended(what: str, times: int, statement: str, chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        table(folder / "t.csv")
        env = environment(folder, f"{what}-0")

        def whole(seed: int) -> None:
            asked = command(what, seed, folder, statement)
            subprocess.run(asked, env=env, check=True, capture_output=True)

        whole(1)
        new = contents(folder / "out")
        whole(0)
        old = contents(folder / "out")
        if what == "compile":
            shutil.rmtree(folder / "cache")
        begin = time.monotonic()
        whole(0)
        took = time.monotonic() - begin
        rows = {each: [0] * 5 for each in SIGNALS}
        for turn in range(times):
            by = SIGNALS[turn % len(SIGNALS)]
            mark = f"{what}-{turn}-{os.getpid()}"
            shutil.rmtree(folder / "out")
            (folder / "out").mkdir()
            for name, content in old.items():
                (folder / "out" / name).write_bytes(content)
            if what == "compile":
                shutil.rmtree(folder / "cache", ignore_errors=True)
            env = environment(folder, mark)
            process = subprocess.Popen(
                command(what, 1, folder, statement),
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(chance.uniform(0, took))
            finished = process.poll() is not None
            process.send_signal(by)
            time.sleep(2)
            row = rows[by]
            row[0] += 1
            row[1] += finished
            row[2] += bool(living(mark))
            process.kill()
            process.wait()
            left = {n: c for n, c in contents(folder / "out").items() if not n.startswith(".")}
            kept = {name for name in left if name.startswith("stopped")}
            same = [left.get(name) in (content, new.get(name)) for name, content in old.items()]
            strange = set(left) - set(old) - set(new) - kept
            row[3] += not all(same) or bool(strange)
            after = subprocess.run(
                command(what, 1, folder, statement), env=env, capture_output=True, check=False
            )
            hidden = [p.name for p in (folder / "out").iterdir() if p.name.startswith(".")]
            built = [p.name for p in (folder / "cache").rglob("build-*")]
            row[4] += after.returncode != 0 or bool(hidden) or bool(built)
        for by, row in rows.items():
            print(f"{what:10} {by.name:8} " + " ".join(f"{n:10d}" for n in row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--what", nargs="+", default=[*COMMANDS], choices=COMMANDS)
    parser.add_argument("--statement", default="two-path-energy")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("command    signal        times   finished     living    not whole  next fails")
    for what in options.what:
        ended(what, options.times, options.statement, random.Random(f"{what} {options.seed}"))


if __name__ == "__main__":
    main()
