"""What a population of cells is made of: shares of kinds, with their uncertainty.

A cell's log evidence for a rectifier is -BIC/2, n being its trials, each of which is an
observation; that of a kind is its best member's.
Kinds that the design does not tell apart are one share: where spikes as expected from the one (from
the cells that are most likely of it, or where these are few from its typical members at the cells'
rates) are described by the other, in the median, with an evidence that is less than `TOLD` times
smaller. That the other holds the one as a limit does not count, which is what parameters cost for.
Kinds that no cell is likeliest of have no share but an upper bound: among the others they would
take their prior's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurosim.analysis.comparison.findings import Findings
from neurosim.analysis.comparison.shares import Shares, shares_of
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.base.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["TOLD", "Population", "population_of"]

_FEWEST = 5  # cells most likely of a kind, for their fits to stand for it
_MOST = 60  # of them that are tried, evenly: more would cost time and not move their median
_NOTHING = 0.05  # nats, that spikes say against what holds the truth as a limit

TOLD = 20.0
"""Factor of evidence by which a design has to tell two kinds apart for each to have a share."""


@dataclass(frozen=True, eq=False)
class Population:
    """Shares of kinds among cells.

    Attributes
    ----------
    kinds : list of str
        Those that are told apart; of others all names, "corner or power".
    shares : Shares
        Their posterior (`shares.mean`, `shares.interval()`, exceedance probabilities).
    cells : array (cell,)
        Labels of the cells that are shared out, the rows of ``shares.weight``.
    left : dict of str to int
        Cells that are not: of each verdict that names no rectifier of the drive.
    unseen : list of str
        Kinds that could be seen, of which no cell is likeliest.
    """

    kinds: list[str]
    shares: Shares
    cells: AnyArray
    left: dict[str, int]
    unseen: list[str]

    @property
    def most_unseen(self) -> float:
        """What the share of a kind that is not seen is below, with 95 % probability."""
        return float(1 - (1 - 0.95) ** (1 / (len(self.cells) + 1)))

    @property
    def table(self) -> pd.DataFrame:
        """One row per kind: share with its 95 % credible interval, exceedance probabilities, and
        the cells that are more likely of it than not."""
        import pandas as pd

        low, high = self.shares.interval()
        likely = (self.shares.weight > 0.5).sum(0)
        return pd.DataFrame(
            {
                "kind": self.kinds,
                "share": self.shares.mean,
                "low": low,
                "high": high,
                "exceedance probability": self.shares.exceedance,
                "protected": self.shares.protected,
                "cells": likely,
            }
        )

    def report(self) -> str:
        """The shares in sentences, the largest first."""
        rows = self.table.sort_values("share", ascending=False, kind="stable")
        said = "; ".join(
            f"{row['kind']} {100 * row['share']:.0f} % [{100 * row['low']:.0f}, "
            f"{100 * row['high']:.0f}]"
            for _, row in rows.iterrows()
        )
        text = f"Of {len(self.cells)} cells, shares with 95 % credible intervals: {said}."
        if len(self.kinds) > 1:
            first = rows.iloc[0]
            text += (
                f" {first['kind']} is the commonest with a protected exceedance probability of "
                f"{first['protected']:.2g} (the shares are equal with probability "
                f"{self.shares.omnibus_risk:.2g})."
            )
        if any(" or " in kind for kind in self.kinds):
            text += " Kinds joined by 'or' are not told apart by these conditions and trials."
        if self.unseen:
            text += (
                f" No cell is likeliest of {', '.join(self.unseen)}: "
                f"{'each ' * (len(self.unseen) > 1)}below {100 * self.most_unseen:.0f} %."
            )
        if self.left:
            others = ", ".join(f"{name} {number}" for name, number in self.left.items())
            text += f" Not shared out: {others}."
        return text

    def plot(self) -> Figure:
        """Shares with their intervals."""
        from neurosim.analysis.comparison.shares_figure import shares_figure

        low, high = self.shares.interval()
        return shares_figure(self.kinds, self.shares.mean, low, high, len(self.cells))

    def __repr__(self) -> str:
        return f"<Population of {len(self.cells)} cells>\n{self.report()}"


def population_of(found: Findings) -> Population:
    """Shares of kinds from what was found in a comparison.

    Parameters
    ----------
    found : Findings

    Raises
    ------
    InputError
        Where no cell is called a rectifier.
    """
    named = found.verdicts.which >= 0
    names, numbers = np.unique(found.verdicts.names[~named].astype(str), return_counts=True)
    left = dict(zip(names.tolist(), numbers.tolist(), strict=True))
    if not named.any():
        others = ", ".join(f"{name} {number}" for name, number in left.items())
        raise InputError(
            f"population: expected cells that are called a rectifier, got none ({others})"
        )
    rows = np.flatnonzero(named)
    fits = [each.take(rows) for each in found.fits]
    candidates = found.aside[rows] == ""
    kinds = list(dict.fromkeys(each.rectifier.kind for each in fits))
    members = [[k for k, f in enumerate(fits) if f.rectifier.kind == kind] for kind in kinds]
    evidence = np.where(candidates, _evidence(fits), -np.inf)
    of_kind = np.stack([evidence[:, each].max(1) for each in members], axis=1)
    able: Flags = np.any(np.isfinite(of_kind), axis=0)
    kinds = [kind for kind, can in zip(kinds, able, strict=True) if can]
    members = [each for each, can in zip(members, able, strict=True) if can]
    of_kind = of_kind[:, able]
    groups = _groups(fits, evidence, of_kind, members)
    merged = np.stack([of_kind[:, each].max(1) for each in groups], axis=1)
    # one that no cell is likeliest of would only take its prior's part of the others' shares
    seen = np.unique(merged.argmax(1)).tolist()
    labels = [" or ".join(kinds[k] for k in each) for each in groups]
    return Population(
        [labels[k] for k in seen],
        shares_of(merged[:, seen]),
        found.cells[rows],
        left,
        [label for k, label in enumerate(labels) if k not in seen],
    )


def _observations(fit: Fit) -> Array:
    """Trials of each cell, or conditions where only sums are known; (cell,)."""
    trials = fit.model.counts.trials
    return fit.conditions.astype(float) if trials is None else np.maximum(trials.sum(-1), 1.0)


def _evidence(fits: Sequence[Fit]) -> Array:
    """Log evidence of each rectifier, nats; (cell, rectifier)."""
    price = np.log(_observations(fits[0])) / 2
    return np.stack([each.log_likelihood - each.free * price for each in fits], axis=1)


class _Probes(NamedTuple):
    """Cells as they are expected to be if they are of a kind, by which it is told from others.

    Attributes
    ----------
    kind : int array (probe,)
        Its place.
    row : int array (probe,)
        The cell whose conditions and trials they are.
    rate : array (probe, condition)
        Hz.
    size : int array (probe,)
        Parameters of the rectifier with these rates.
    """

    kind: Indices
    row: Indices
    rate: Array
    size: Indices


def _groups(
    fits: Sequence[Fit], evidence: Array, of_kind: Array, members: list[list[int]]
) -> list[list[int]]:
    """Kinds, by their place, that are told apart; several together that are not."""
    likeliest = of_kind.argmax(1)
    each = []
    for kind, mine in enumerate(members):
        rows = _some(np.flatnonzero(likeliest == kind), _MOST)
        if rows.size >= _FEWEST:
            each.append(_fitted(fits, mine, kind, rows, evidence[rows][:, mine].argmax(1)))
        else:
            each += [_typical(fits[k], kind) for k in mine if np.isfinite(evidence[:, k]).all()]
    probes = _Probes(*map(np.concatenate, zip(*each, strict=True)))
    together = np.eye(len(members), dtype=bool)
    for other, theirs in enumerate(members):
        gap = _gaps(fits, evidence, probes, np.flatnonzero(probes.kind != other), theirs)
        for one in range(len(members)):
            mine_gap = gap[probes.kind == one]
            if one != other and mine_gap.size and np.median(mine_gap) < np.log(TOLD):
                together[one, other] = together[other, one] = True
    return _connected(together)


def _some(rows: Indices, most: int) -> Indices:
    """At most so many of them, evenly."""
    return rows[np.unique(np.linspace(0, rows.size - 1, min(most, rows.size)).astype(np.int64))]


def _fitted(
    fits: Sequence[Fit], members: list[int], kind: int, rows: Indices, best: Indices
) -> _Probes:
    """Cells that are most likely of a kind, as its best member fits them."""
    rate = np.stack([fits[k].take(rows).rates for k in members])[best, np.arange(rows.size)]
    size = np.array([fits[k].free_of_rate for k in members])[best]
    return _Probes(np.full(rows.size, kind), rows, rate, size)


def _typical(fit: Fit, kind: int) -> _Probes:
    """Some cells as a typical rectifier at their own mean rates."""
    counts = fit.model.counts
    rows = np.zeros(0, dtype=np.int64)
    if not fit.rectifier.regressors:
        rows = _some(np.arange(len(counts.x)), _FEWEST)
    shown = counts.shown[rows]
    x = shown / np.maximum(np.abs(shown).max(1, keepdims=True), np.finfo(float).tiny)
    rate = fit.rectifier.rate(x, **fit.rectifier.typical) if rows.size else shown
    exposure = counts.exposure[rows]
    share = counts.spikes[rows].sum(1) / (rate * exposure).sum(1)
    rate = rate * share[:, None]
    return _Probes(np.full(rows.size, kind), rows, rate, np.full(rows.size, fit.free_of_rate))


def _gaps(
    fits: Sequence[Fit], evidence: Array, probes: _Probes, which: Indices, members: list[int]
) -> Array:
    """By how many nats the evidence of members of another kind is smaller, for spikes as expected;
    (probe,), at the least of the members. Infinite where they hold the rates as a limit."""
    gap = np.full(len(probes.row), np.inf)
    if which.size == 0:
        return gap
    rows, rate = probes.row[which], np.maximum(probes.rate[which], 0.0)
    model = fits[0].model.take(rows)
    counts, likelihood = model.counts, model.likelihood
    expected = replace(
        counts.with_spikes(rate * counts.exposure), constant=np.zeros(counts.x.shape)
    )
    truth = likelihood.terms(rate, expected).sum(-1)
    for k in members:
        again = fit_counts(fits[k].rectifier, expected, fixed=fits[k].fixed)
        lost = truth - likelihood.terms(np.maximum(again.rates, 0.0), expected).sum(-1)
        price = (
            (fits[k].free_of_rate - probes.size[which]) / 2 * np.log(_observations(fits[0])[rows])
        )
        holds = (lost < _NOTHING) & (price > 0)
        least = np.where(np.isfinite(evidence[rows, k]) & ~holds, lost + price, np.inf)
        gap[which] = np.minimum(gap[which], least)
    return gap


def _connected(together: Flags) -> list[list[int]]:
    """Groups of what is connected, in order."""
    reach = together.copy()
    for _ in range(len(reach)):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    found: list[list[int]] = []
    for k, row in enumerate(reach):
        if not any(k in group for group in found):
            found.append(np.flatnonzero(row).tolist())
    return found
