"""`neurosim reproduce`: lists the experiments, runs those named, says the verdicts."""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import TYPE_CHECKING, Any

from neurosim.base.errors import Faults
from neurosim.base.extras import needs
from neurosim.base.files import folder_for_output
from neurosim.base.numbers import LARGEST, is_whole
from neurosim.base.processors import workers_of
from neurosim.reproduce.report import verdicts, write_outcome
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import EXPERIMENTS, Outcome, Reproduction

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

__all__ = ["reproduce"]

_PACKAGES = {"torch": "torch", "sklearn": "scikit-learn"}


def reproduce(options: Namespace) -> int:
    """Run the command; returns the exit status."""
    if not (options.names or options.all):
        _list()
        return 0
    chosen = _checked(options)
    folder = folder_for_output(options.out)
    data, filters = _given(options)
    outcomes: list[Outcome] = []
    try:
        with Run(
            options.seed, options.repeats, options.workers, data, filters, progress=True
        ) as run:
            for experiment in chosen:
                outcomes.append(_ran(experiment, run, folder, options.format))
    except KeyboardInterrupt:
        if not outcomes:
            raise
        kept = ", ".join(one.experiment.name for one in outcomes)
        print(f"neurosim: stopped; kept in {folder}: {kept}", file=sys.stderr)
        return 130
    if len(outcomes) > 1:
        _say_all(outcomes)
    return 0


def _ran(experiment: Reproduction, run: Run, folder: Path, form: str) -> Outcome:
    """Run one experiment, write what it leaves, say what came out."""
    run.label = experiment.name
    begin = time.perf_counter()
    outcome = experiment.outcome(run)
    files = write_outcome(outcome, folder, form)
    print(outcome)
    names = ", ".join(str(file) for file in files)
    print(f"  {time.perf_counter() - begin:.0f} s; wrote {names}\n", flush=True)
    return outcome


def _list() -> None:
    for each in EXPERIMENTS.values():
        print(f"{each.name}\n    {each.statement}\n    {each.source}")
        for rule in each.rules:
            print(f"    supported if: {rule}")
        if missing := _missing(each):
            print(f"    {needs(' and '.join(missing), 'convnet')}")
    print("\nneurosim reproduce NAME runs one, neurosim reproduce --all every one")


def _say_all(outcomes: list[Outcome]) -> None:
    widest = max(len(one.experiment.name) for one in outcomes)
    for one in outcomes:
        print(f"{one.experiment.name:<{widest}}  {one.verdict}")
    table = verdicts(outcomes)
    counts = table.drop_duplicates("experiment")["experiment's verdict"].value_counts()
    print("; ".join(f"{number} {verdict}" for verdict, number in counts.items()))


def _checked(options: Namespace) -> list[Reproduction]:
    """The experiments to run; everything wrong with the options at once."""
    faults = Faults("reproduce")
    for name in options.names:
        faults.require(name in EXPERIMENTS, f"names among {', '.join(EXPERIMENTS)}", name)
    faults.whole("seed", options.seed, 0, LARGEST // 1000 - 1)  # a thousand come of each
    repeats = options.repeats
    faults.require(
        repeats is None or is_whole(repeats, 3),
        "repeats >= 3",
        repeats,
        "fewer have no interval to speak of",
    )
    workers_of(options.workers, faults)
    whose = options.filters is not None or not options.drop
    faults.require(whose, "--drop with --filters", f"--drop {options.drop} alone")
    faults.stop()
    chosen = [each for each in EXPERIMENTS.values() if options.all or each.name in options.names]
    lacking = {each.name: " and ".join(_missing(each)) for each in chosen if _missing(each)}
    for name, libraries in lacking.items():
        last = name == [*lacking][-1]  # what brings them is said once
        faults.add(f"{name} {needs(libraries, 'convnet') if last else f'needs {libraries}'}")
    faults.stop()
    return chosen


def _missing(experiment: Reproduction) -> list[str]:
    return [_PACKAGES[n] for n in experiment.needs if importlib.util.find_spec(n) is None]


def _given(options: Namespace) -> tuple[Any, Any]:
    """The images and the filters that were given."""
    data = filters = None
    if options.data is not None:
        from neurosim.convnet.datasets import load

        data = load(options.data)
        faults = Faults(options.data)
        side, images = min(data.train_images.shape[2:]), len(data.train_images)
        faults.require(side >= 8, "images of at least 8 x 8 pixels", f"{side} on a side")
        faults.require(images >= 100, "at least 100 images to learn from", images)
        faults.require(data.classes >= 2, "at least 2 classes", data.classes)
        faults.stop()
    if options.filters is not None:
        import numpy as np

        from neurosim.convnet.weights import filters_from_file

        filters = filters_from_file(options.filters)
        faults = Faults(options.filters)
        inside = all(0 <= n < len(filters) for n in options.drop)
        faults.require(inside, f"--drop from 0 to {len(filters) - 1}", options.drop)
        faults.stop()
        filters = np.delete(filters, options.drop, axis=0)
    return data, filters
