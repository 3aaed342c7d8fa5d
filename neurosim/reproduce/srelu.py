"""SReLU's four learnable parameters per channel: does it matter where they start?

Of several initialisations the best always beats the worst, by luck alone. So both are chosen on
one half of the seeds and compared on the other half, and the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.base.arrays import Array
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.reproduce.few_images import Learnt, Lesson, few, learn, networks, spread
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["InitialPieces", "best_and_worst"]

_SEEDS, _NETWORKS = 10, 2
_CHANNELS = (8, 16)
_IMAGES, _EPOCHS, _RATE = 300, 15, 0.02
_PARAMETERS = ("left", "right", "left_slope", "right_slope")
_SYMBOLS = ("t_l", "t_r", "a_l", "a_r")
# pixels have unit variance and weights keep it, so a threshold of 2 is seldom passed at first
_STARTS = {
    "as ReLU": (0.0, 2.0, 0.0, 1.0),
    "as LReLU": (0.0, 2.0, 0.2, 1.0),
    "linear": (-0.5, 0.5, 1.0, 1.0),
    "bent at 2": (-2.0, 2.0, 0.25, 0.25),
    "bent at 0.5": (-0.5, 0.5, 0.25, 0.25),
    "bent at 0.1": (-0.1, 0.1, 0.25, 0.25),
    "flat beyond 2": (-2.0, 2.0, 0.0, 0.0),
    "flat beyond 0.5": (-0.5, 0.5, 0.0, 0.0),
    "flat beyond 0.1": (-0.1, 0.1, 0.0, 0.0),
}


class InitialPieces(Reproduction):
    """Two convolutions with SReLU, all four parameters learned per channel, from nine starts.

    A seed's value is the mean over two networks; the spread between seeds is the standard
    deviation between networks that start alike, images drawn anew for each.
    """

    number = 8
    name = "srelu-initialisation"
    statement = "SReLU's four learnable parameters make it sensitive to initialisation."
    source = "Hadji & Wildes 2018, (3.4), statement 12; Jin et al. 2016"
    needs = ("torch", "sklearn")
    rules = (
        Rule(
            "test error from the worst start minus that from the best, both chosen on other "
            "seeds, per cent",
            ">",
            0.0,
        ),
        Rule("the same over the standard deviation between networks that start alike", ">", 1.0),
    )

    def run(self, run: Run) -> Found:
        images = run.images()
        every = [n for seed in run.seeds(_SEEDS) for n in networks(seed, _NETWORKS)]
        jobs = [
            Lesson([kind] * len(_CHANNELS), _CHANNELS, few(images, _IMAGES, n), n, _RATE, _EPOCHS)
            for kind in _kinds()
            for n in every
        ]
        found = run.map(learn, jobs)
        error = np.reshape([one.test_error for one in found], (len(_STARTS), -1, _NETWORKS))
        difference, deviation = best_and_worst(error)
        measured = [difference, difference / deviation]
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        return Found(_table(error, found), _figure(error), quantities)


def best_and_worst(error: Array) -> tuple[Array, Array]:
    """For each seed, the error of the worst start minus that of the best, chosen elsewhere.

    Seeds are split into the even and the odd ones; for a seed of one half the starts of the
    smallest and the largest mean error, and the standard deviation within starts, are those of
    the other half.

    Parameters
    ----------
    error : array (start, seed, network)

    Returns
    -------
    difference, deviation : array (seed,)
        NaN where the other half has no seed.

    Examples
    --------
    >>> best_and_worst(np.array([[[1.0, 2.0], [1.0, 3.0]], [[3.0, 4.0], [5.0, 5.0]]]))
    (array([2., 3.]), array([1.        , 0.70710678]))
    """
    seeds = np.arange(error.shape[1])
    difference, deviation = (np.full(len(seeds), np.nan) for _ in range(2))
    for half in (0, 1):
        mine, others = seeds % 2 == half, seeds % 2 != half
        if not (mine.any() and others.any()):
            continue
        elsewhere = error[:, others].reshape(len(error), -1)
        means = elsewhere.mean(axis=1)
        worst, best = means.argmax(), means.argmin()
        difference[mine] = (error[worst] - error[best])[mine].mean(axis=1)
        deviation[mine] = np.sqrt(elsewhere.var(axis=1, ddof=1).mean())
    return difference, deviation


def _kinds() -> list[object]:
    from neurosim.convnet.training import Kind

    return [
        Kind("SReLU", True, True, dict(zip(_PARAMETERS, start, strict=True)))
        for start in _STARTS.values()
    ]


def _table(error: Array, found: list[Learnt]) -> pd.DataFrame:
    """A row per start, with the first layer's parameters before and after."""
    each = error.shape[1] * error.shape[2]
    rows = []
    for k, (name, start) in enumerate(_STARTS.items()):
        mine = found[k * each : (k + 1) * each]
        mean, reach = spread(error[k].mean(axis=1))
        row = {"start": name, **dict(zip(_SYMBOLS, start, strict=True))}
        row["test error, %"], row["test error ±, 99 %"] = float(mean), float(reach)
        row["between networks, SD, %"] = float(error[k].std(ddof=1))
        row["training error, %"] = float(np.mean([one.train_error for one in mine]))
        for parameter, symbol in zip(_PARAMETERS, _SYMBOLS, strict=True):
            learned = [one.layers[0][parameter] for one in mine]
            row[f"{symbol} learned, layer 1"] = float(np.mean(learned))
        row["parameters"] = mine[0].parameters
        rows.append(row)
    return pd.DataFrame(rows)


def _figure(error: Array) -> Figure:
    """Each start as a curve, and beside it the errors of its networks."""
    figure = Figure(figsize=(8.5, 5.2), dpi=150)
    figure.set_layout_engine("constrained", hspace=0, h_pad=0.02)
    grid = figure.add_gridspec(len(_STARTS), 2, width_ratios=[1, 6])
    for k, start in enumerate(_STARTS.values()):
        _draw_curve(figure.add_subplot(grid[k, 0]), start, k == len(_STARTS) - 1)
    ax = figure.add_subplot(grid[:, 1])
    at = np.arange(len(_STARTS))
    mean, reach = spread(error.mean(axis=2))
    for k in range(len(at)):
        across = k + np.linspace(-0.15, 0.15, error[k].size)
        ax.plot(error[k].ravel(), across, ".", ms=4, color="#0072B2", alpha=0.5)
    ax.errorbar(mean, at + 0.3, xerr=reach, fmt="ko", ms=5, capsize=3)
    names = [
        f"{name}\n{', '.join(f'{value:g}' for value in start)}" for name, start in _STARTS.items()
    ]
    ax.set_yticks(at, names, fontsize=8)
    ax.set(ylim=(len(at) - 0.5, -0.5))
    ax.set_xlabel("test error, per cent (dots: networks; black: mean and 99 % interval over seeds)")
    ax.grid(axis="x", alpha=0.3)
    figure.suptitle("SReLU from nine starts: $t_l$, $t_r$, $a_l$, $a_r$", fontsize=10)
    return figure


def _draw_curve(ax: Axes, start: tuple[float, ...], last: bool) -> None:
    x = np.linspace(-3, 3, 301)
    ax.axhline(0, color="0.8", lw=0.6)
    ax.axvline(0, color="0.8", lw=0.6)
    ax.plot(x, RECTIFIERS["SReLU"].paths(x, *start)[0], color="#D55E00", lw=1.3)
    ax.set(xlim=(-3, 3), ylim=(-3, 3), yticks=[], xticks=[-3, 0, 3] if last else [])
    ax.tick_params(labelsize=7)
    if last:
        ax.set_xlabel("x", fontsize=8)
