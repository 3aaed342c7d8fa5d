"""Average pooling with and without the modulus (ScatNet), on patches of a photograph."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.analysis.information_kept.example_ensembles import photograph_responses
from neurosim.analysis.information_kept.pooled import average_pooled
from neurosim.base.arrays import Array
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

__all__ = ["PoolingCancellation"]

_POOLS = (1, 2, 4, 8, 16, 32)  # positions; a cycle of the carrier is 4
_POOL = 16
_SHIFTS = (1, 2, 3, 4)  # positions
_SHIFT = 2  # half a cycle
_PATCH = 64  # positions
_PATCHES = 24
_SHOWN = ("linear", "ReLU", "AVR", "modulus")


class PoolingCancellation(Reproduction):
    """What is left of a Gabor map when it is averaged, and how that changes under a shift."""

    number = 10
    name = "pooling-cancellation"
    statement = (
        "Averaging a filter's signed responses pools positive and negative ones to zero; the "
        "modulus keeps them, and pooling it makes the response nearly invariant to small shifts."
    )
    source = "Hadji & Wildes 2018, equation 3.6, statement 14; Bruna & Mallat 2013"
    rules = (
        Rule("share left of signed responses, pooled over 4 cycles", "<", 0.2),
        Rule("squared correlation of the pooled modulus with the root of pooled energy", ">", 0.8),
        Rule("the same of the size of pooled signed responses", "<", 0.5),
        Rule("change of the modulus by a shift of half a cycle, pooled over unpooled", "<", 0.5),
        Rule("change by that shift, pooled modulus over pooled signed responses", "<", 0.5),
    )

    def run(self, run: Run) -> Found:
        maps = photograph_responses()
        signed = maps["response"].values
        partner = maps["quadrature"].values
        left, changed, told = [], [], []
        for seed in run.seeds(8):
            patches = _patches(signed, partner, seed)
            left.append([[_share_left(each, pool) for pool in _POOLS] for each in patches])
            changed.append(
                [[[_change(each, p, s) for s in _SHIFTS] for p in (1, _POOL)] for each in patches]
            )
            told.append([_energy_told(patches[k], patches[-1]) for k in (0, -1)])
        share, change, told_of = np.array(left), np.array(changed), np.array(told)
        at, shift = _POOLS.index(_POOL), _SHIFTS.index(_SHIFT)
        modulus, linear = _SHOWN.index("modulus"), _SHOWN.index("linear")
        measured = (
            share[:, linear, at],
            told_of[:, 1],
            told_of[:, 0],
            change[:, modulus, 1, shift] / change[:, modulus, 0, shift],
            change[:, modulus, 1, shift] / change[:, linear, 1, shift],
        )
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        return Found(_table(share, change), _figure(share, change), quantities)


def _patches(signed: Array, partner: Array, seed: int) -> list[Array]:
    """Each kind of map, (patch, cell, row, column), at places drawn with the seed."""
    random = np.random.default_rng(seed)
    rows, columns = (random.integers(0, n - _PATCH + 1, _PATCHES) for n in signed.shape[1:])
    cut = [
        np.stack([each[:, r : r + _PATCH, c : c + _PATCH] for r, c in zip(rows, columns)])  # noqa: B905
        for each in (signed, partner)
    ]
    shape = {name: RECTIFIERS[name].shape for name in _SHOWN[1:]}
    return [cut[0], shape["ReLU"](cut[0]), shape["AVR"](cut[0]), shape["modulus"](*cut)]


def _share_left(maps: Array, pool: int) -> float:
    """Mean size of the averages over the mean size of what is averaged."""
    return float(np.abs(average_pooled(maps, pool)).mean() / np.abs(maps).mean())


def _energy_told(maps: Array, modulus: Array) -> float:
    """How well the size of pooled maps tells the root of the pair's energy in the pool."""
    energy = np.sqrt(average_pooled(modulus**2, _POOL))
    told = np.abs(average_pooled(maps, _POOL))
    return float(np.corrcoef(told.ravel(), energy.ravel())[0, 1] ** 2)


def _change(maps: Array, pool: int, shift: int) -> float:
    """Root-mean-square difference that a horizontal shift makes, over the root-mean-square."""
    before = average_pooled(maps[..., :-shift], pool)
    after = average_pooled(maps[..., shift:], pool)
    return float(np.sqrt(((after - before) ** 2).mean() / (before**2).mean()))


def _table(share: Array, change: Array) -> pd.DataFrame:
    rows = []
    for k, name in enumerate(_SHOWN):
        row: dict[str, object] = {"map": name}
        for j, pool in enumerate(_POOLS):
            row[f"share left, pool {pool}"] = share[:, k, j].mean()
        for p, pool in enumerate((1, _POOL)):
            for s, shift in enumerate(_SHIFTS):
                row[f"change, pool {pool}, shift {shift}"] = change[:, k, p, s].mean()
        rows.append(row)
    return pd.DataFrame(rows)


def _figure(share: Array, change: Array) -> Figure:
    figure = Figure(figsize=(9, 3.6), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    cycles = np.array(_POOLS) / 4
    for k, label in ((0, "signed responses"), (3, "ReLU, AVR and modulus")):
        spread = share[:, k].std(0, ddof=min(1, len(share) - 1))
        left.errorbar(
            cycles, share[:, k].mean(0), spread, color=f"C{k}", marker="o", ms=4, label=label
        )
        for p, pooled in enumerate(("not pooled", "pooled over 4 cycles")):
            name = ("signed", "modulus")[k > 0]
            right.plot(
                np.array(_SHIFTS) / 4,
                change[:, k, p].mean(0),
                color=f"C{k}",
                ls="-" if p else ":",
                marker="o",
                ms=4,
                label=f"{name}, {pooled}",
            )
    left.set_xscale("log", base=2)
    left.set_xticks(cycles, [f"{c:g}" for c in cycles])
    left.set(
        xlabel="side of the pool (cycles of the carrier)",
        ylim=(0, 1.08),
        ylabel="share left by averaging",
    )
    right.set(xlabel="shift (cycles of the carrier)", ylim=(0, 2.6), ylabel="change (RMS over RMS)")
    left.legend(frameon=False, fontsize=8, loc="center right")
    right.legend(frameon=False, fontsize=8, loc="upper left")
    right.set_xticks(np.array(_SHIFTS) / 4)
    for panel in (left, right):
        panel.spines[["top", "right"]].set_visible(False)
    return figure
