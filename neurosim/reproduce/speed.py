"""Does a network learn faster with ReLU than with tanh? Krizhevsky's figure 1, in small.

Three convolutions and a read-out, with ReLU or tanh, are trained until few training images are
told wrongly, as fast as each can: each has its usual initial weights and its own best learning
rate, which is chosen on seeds that are not used again. Epochs are fractions, read off between
looks at the training error.

The digits are far easier than CIFAR-10: a few dozen steps bring the error to 25 %, two epochs to
5 %. `--data` with the files of CIFAR-10 asks the question of 1500 of the original images, averaged
over 2 x 2 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.reproduce.inputs import centred
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from neurosim.convnet.datasets import Dataset

__all__ = ["Speed", "epochs_to"]

CHANNELS = (16, 16, 16)  # and the read-out: four layers, as in the original
GAINS = {"ReLU": 2.0, "tanh": 1.0}  # variance of the weights times fan-in: He, LeCun
RATES = (0.025, 0.05, 0.1, 0.2, 0.4)
LEVELS = (0.25, 0.15, 0.1, 0.07, 0.05)  # of training error; the last decides
LEVEL = LEVELS[-1]
NETWORKS = 5  # of each seed, averaged: when an error is first reached depends on luck
TUNING_SEEDS = 5
TUNING_EPOCHS = 4
EPOCHS = 12  # at most
LOOKS = 4  # per epoch
_OTHER = 500  # from the seeds of the run to those that choose the learning rate
_COLOURS = {"ReLU": "C0", "tanh": "C1"}


@dataclass(frozen=True)
class Trial:
    """One network to train."""

    dataset: Dataset
    rectifier: str
    learning_rate: float
    seed: int
    epochs: int
    enough: float


@dataclass(frozen=True)
class Course:
    """How its training error went."""

    epochs: np.ndarray
    error: np.ndarray


class Speed(Reproduction):
    """Epochs to a training error of 5 %, tanh over ReLU."""

    number = 2
    name = "relu-vs-tanh-speed"
    statement = "A network trains faster with ReLU than with tanh."
    source = "Hadji & Wildes 2018, statement 9; Krizhevsky et al. 2012, figure 1"
    needs = ("torch", "sklearn")
    rules = (
        Rule("epochs to 5 % training error, tanh over ReLU", ">", 1.0, "6, on CIFAR-10 to 25 %"),
    )

    def run(self, run: Run) -> Found:
        dataset, seeds = centred(run.images()), run.seeds(8)
        tuning = [1000 * (seeds[0] + _OTHER) + k for k in range(TUNING_SEEDS)]
        networks = [1000 * seed + k for seed in seeds for k in range(NETWORKS)]
        trials = [
            Trial(dataset, rectifier, rate, seed, TUNING_EPOCHS, LEVEL)
            for rectifier in GAINS
            for rate in RATES
            for seed in tuning
        ]
        tuned = _by_condition(trials, run.map(trained, trials))
        best = {name: fastest({r: tuned[name, r] for r in RATES}) for name in GAINS}
        trials = [
            Trial(dataset, rectifier, best[rectifier], seed, EPOCHS, LEVEL)
            for rectifier in GAINS
            for seed in networks
        ]
        courses = _by_condition(trials, run.map(trained, trials))
        chosen = {name: courses[name, best[name]] for name in GAINS}
        epochs = {
            name: np.array([[epochs_to(level, c) for level in LEVELS] for c in chosen[name]])
            for name in GAINS
        }
        mean = {name: e.reshape(len(seeds), NETWORKS, -1).mean(1) for name, e in epochs.items()}
        ratio = mean["tanh"] / mean["ReLU"]
        figure = _figure(tuned, best, chosen, ratio, dataset.name)
        quantities = {self.rules[0].quantity: ratio[:, -1]}
        return Found(_table(best, epochs, networks), figure, quantities)


def trained(trial: Trial) -> Course:
    """The training error over fractions of epochs."""
    from neurosim.convnet.training import Kind, Training, network, train

    values = {"width": 1.0} if trial.rectifier == "tanh" else {}
    kind = Kind(trial.rectifier, values=values)
    model = network(
        kind.layer, trial.dataset, CHANNELS, seed=trial.seed, gain=GAINS[trial.rectifier]
    )
    training = Training(
        trial.epochs, trial.learning_rate, seed=trial.seed, watched=1 / LOOKS, enough=trial.enough
    )
    learned = train(model, trial.dataset, training)
    return Course(np.array(learned.epochs), np.array(learned.train_error))


def epochs_to(level: float, course: Course) -> float:
    """Epochs until the training error first falls to a level, linear between looks; else NaN.

    Examples
    --------
    >>> epochs_to(0.5, Course(np.array([0.0, 1.0, 2.0]), np.array([0.9, 0.6, 0.2])))
    1.25
    """
    below = np.flatnonzero(course.error <= level)
    if below.size == 0:
        return float("nan")
    k = below[0]
    if k == 0:
        return float(course.epochs[0])
    high, low = course.error[k - 1], course.error[k]
    share = (high - level) / (high - low)
    return float(course.epochs[k - 1] + share * (course.epochs[k] - course.epochs[k - 1]))


def fastest(courses: dict[float, list[Course]]) -> float:
    """The learning rate with the fewest epochs to 5 %, averaged over seeds.

    A seed that is not there in time counts as if it were at the end; among rates at which none is,
    the one with the smallest error then.
    """

    def slowness(rate: float) -> tuple[float, float]:
        last = float(np.mean([course.error[-1] for course in courses[rate]]))
        return float(np.mean(_in_time(courses[rate]))), last

    return min(courses, key=slowness)


def _in_time(courses: list[Course]) -> np.ndarray:
    return np.nan_to_num([epochs_to(LEVEL, course) for course in courses], nan=TUNING_EPOCHS)


def _by_condition(
    trials: list[Trial], courses: list[Course]
) -> dict[tuple[str, float], list[Course]]:
    found: dict[tuple[str, float], list[Course]] = {}
    for trial, course in zip(trials, courses, strict=True):
        found.setdefault((trial.rectifier, trial.learning_rate), []).append(course)
    return found


def _table(best: dict[str, float], epochs: dict[str, np.ndarray], seeds: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"rectifier": name, "learning rate": best[name], "seed": seed}
            | {f"epochs to {level:.0%}": row[k] for k, level in enumerate(LEVELS)}
            for name, rows in epochs.items()
            for seed, row in zip(seeds, rows, strict=True)
        ]
    )


def _figure(
    tuned: dict[tuple[str, float], list[Course]],
    best: dict[str, float],
    chosen: dict[str, list[Course]],
    ratio: np.ndarray,
    data: str,
) -> Figure:
    figure = Figure(figsize=(10.5, 3.6), dpi=150, layout="constrained")
    choice, course, ratios = figure.subplots(1, 3)
    for name, colour in _COLOURS.items():
        times = [_in_time(tuned[name, rate]) for rate in RATES]
        choice.plot(RATES, np.mean(times, axis=1), "o-", color=colour, label=name)
        where = RATES.index(best[name])
        choice.plot(RATES[where], np.mean(times[where]), "o", ms=12, mfc="none", color=colour)
        for k, one in enumerate(chosen[name]):
            label = f"{name}, rate {best[name]:g}" if k == 0 else None
            course.plot(one.epochs, 100 * one.error, color=colour, lw=0.7, alpha=0.7, label=label)
    choice.set_xscale("log")
    choice.set_xticks(RATES, [f"{rate:g}" for rate in RATES], fontsize=8)
    choice.minorticks_off()
    choice.set(
        xlabel="learning rate",
        ylabel=f"epochs to {LEVEL:.0%} (at most {TUNING_EPOCHS})",
        title="each at its best rate (circle)",
        ylim=(0, None),
    )
    course.axhline(100 * LEVEL, color="0.5", lw=0.8, ls=":")
    course.set(
        xlabel="epoch",
        ylabel="training error (%)",
        yscale="log",
        title=f"{data}, {len(chosen['ReLU'])} networks each",
    )
    course.set_yticks([5, 10, 25, 50, 100], ["5", "10", "25", "50", "100"])
    course.minorticks_off()
    places = np.arange(len(LEVELS))
    ratios.axhline(1, color="0.5", lw=0.8, ls=":")
    ratios.plot(places, ratio.T, ".", color="0.6")
    ratios.plot(places, ratio.mean(0), "o-", color="k", label=f"mean of {len(ratio)} seeds")
    ratios.set_xticks(places, [f"{100 * level:g}" for level in LEVELS])
    ratios.set(
        xlabel="to a training error (%)",
        ylabel="epochs, tanh over ReLU",
        title="above 1: ReLU is faster",
        ylim=(0, None),
    )
    for panel in (choice, course, ratios):
        panel.legend(fontsize=8)
    return figure
