"""Each cell's own likelihood, by how its counts scatter over the trials of a condition.

What decides is the scatter within conditions, never a model's misfit, in a test at the 20 % level:
it is lenient, as a scatter above Poisson's that is missed costs coverage and a dispersion too many
next to nothing. Only the family is decided; its parameter is estimated with the rectifier's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from neurosim.analysis.fitting.likelihoods.base import AUTO, UNDECIDED, Likelihood
from neurosim.analysis.fitting.likelihoods.negative_binomial import NegativeBinomial
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.analysis.fitting.likelihoods.under_dispersed import UnderDispersed
from neurosim.base.arrays import AnyArray, Array, Flags, Indices
from neurosim.data.counts import Counts
from neurosim.data.scatter import Scatter, scatter_of, unseen

__all__ = ["ByScatter", "ScatterWarning", "warn_of_scatter"]

FAMILIES: tuple[type[Likelihood], ...] = (Poisson, NegativeBinomial, UnderDispersed)
"""What is decided between."""

OVER, UNDER = 0.15, 0.05
"""Levels of the two sides of the test against Poisson scatter, 20 % in all: more of it is on the
side where a scatter that is missed makes intervals too narrow. On the other a miss makes them too
wide, and it is the parameter too many that makes them too narrow."""

_CLEARLY = 0.005  # p on either side, over all cells, below which trials contradict what was asked
_TWICE = 2.0  # Fano factor that the trials have to exclude, for counts to be taken as Poisson's


@dataclass(frozen=True, eq=False)
class ByScatter(Likelihood, register=False):
    """Poisson, over-dispersed (negative binomial) or under-dispersed counts, row by row.

    Parameters
    ----------
    family : int array (row,)
        Index in `FAMILIES`.
    known : bool array (row,)
        Whether the trials tell how counts scatter: another family than Poisson's was found, or a
        variance of twice the mean is excluded at the 5 % level.
    seen : Scatter
        What was decided from; (row,) each.
    own : array (row,)
        The parameter of the row's family; NaN for Poisson.
    """

    family: Indices
    known: Flags
    seen: Scatter
    own: Array

    name = AUTO
    source = "McCullagh & Nelder 1989, chapters 6, 9 and 11"
    single_trials = True
    parameters = ("scatter",)

    @classmethod
    def begin(cls, counts: Counts) -> Self:
        """Decided by the scatter of the counts."""
        family = np.zeros(len(counts.x), dtype=np.int64)
        seen = unseen(len(family)) if counts.source is None else scatter_of(counts.single)
        if counts.source is not None:
            family[seen.more < OVER] = FAMILIES.index(NegativeBinomial)
            family[seen.less < UNDER] = FAMILIES.index(UnderDispersed)
        known = (family > 0) | (seen.most < _TWICE)
        return cls(family, known, seen, np.full(len(family), np.nan)).begun(counts)

    def begun(self, counts: Counts) -> Self:
        return self.put_together([(r, p.begun(own)) for r, p, own in self._each(counts)])

    @cached_property
    def _parts(self) -> list[tuple[Indices, Likelihood]]:
        found: list[tuple[Indices, Likelihood]] = []
        for index in np.unique(self.family).tolist():
            rows = np.flatnonzero(self.family == index)
            family = FAMILIES[index]
            part = family(self.own[rows]) if family.parameters else family()
            found.append((rows, part))
        return found

    def parts(self, counts: Counts) -> list[tuple[Indices, Likelihood]]:
        return self._parts

    def put_together(self, parts: list[tuple[Indices, Likelihood]]) -> Self:
        own = self.own.copy()
        for rows, part in parts:
            own[rows] = np.nan if part.scatter is None else part.scatter
        return type(self)(self.family, self.known, self.seen, own)

    def with_own(self, own: Array) -> Self:
        return replace(self, own=own)

    def families(self, rows: int) -> AnyArray:
        names = np.array([each.name for each in FAMILIES], dtype=object)
        families: AnyArray = names[self.family]
        return families

    def scatter_known(self, rows: int) -> Flags:
        return self.known

    def missed(self, rows: int) -> tuple[Array, Array]:
        """Of rows taken as Poisson's the scatter that was seen and not told from it."""
        poisson = (self.family == 0) & (self.seen.fano > 1)
        return np.where(poisson, self.seen.fano, 1.0), np.where(poisson, self.seen.freedom, np.inf)

    def most_dispersion(self, rows: int) -> Array:
        return np.where(self.family == 0, self.seen.excess, 0.0)

    def _each(self, counts: Counts) -> Iterator[tuple[Indices, Likelihood, Counts]]:
        for rows, part in self._parts:
            yield rows, part, counts if len(rows) == len(self.family) else counts.take(rows)

    def _filled(
        self, of: Callable[[Likelihood, Indices, Counts], Array], counts: Counts, shape: AnyArray
    ) -> Array:
        filled = np.empty(shape.shape)
        for rows, part, own in self._each(counts):
            filled[rows] = of(part, rows, own)
        return filled

    def terms(self, rate: Array, counts: Counts) -> Array:
        return self._filled(lambda part, rows, own: part.terms(rate[rows], own), counts, rate)

    def slope(self, rate: Array, counts: Counts) -> Array:
        return self._filled(lambda part, rows, own: part.slope(rate[rows], own), counts, rate)

    def expected(self, rate: Array, counts: Counts) -> Array:
        return self._filled(lambda part, rows, own: part.expected(rate[rows], own), counts, rate)

    def information(self, rate: Array, counts: Counts) -> Array:
        return self._filled(lambda part, rows, own: part.information(rate[rows], own), counts, rate)

    def constant(self, counts: Counts) -> Array:
        return self._filled(lambda part, rows, own: part.constant(own), counts, counts.x)

    def measured(self, counts: Counts) -> Array:
        return self._filled(lambda part, rows, own: part.measured(own), counts, counts.x)

    def deviance(self, rate: Array, counts: Counts) -> Array:
        return self._filled(lambda part, rows, own: part.deviance(rate[rows], own), counts, rate)

    def constant_rate(self, counts: Counts) -> Array:
        first = counts.x[:, 0]
        return self._filled(lambda part, rows, own: part.constant_rate(own), counts, first)

    def sample(self, rate: Array, counts: Counts, random: np.random.Generator) -> Counts:
        single = counts.single
        count = np.zeros(single.count.shape)
        for rows, part, own in self._each(counts):
            drawn = part.sample(rate[rows], own, random)
            if drawn.source is None:  # sums alone: one trial after the other
                each = np.moveaxis(single.seconds[rows], -1, 0) * rate[rows]
                count[rows] = np.moveaxis(random.poisson(each).astype(float), 0, -1)
            else:
                count[rows] = drawn.single.count
        return counts.with_trials(count)

    def estimated(self, rate: Array, counts: Counts) -> Self:
        each = self._each(counts)
        return self.put_together([(rows, p.estimated(rate[rows], own)) for rows, p, own in each])

    @property
    def scatter(self) -> Array:
        return self.own

    def take(self, rows: AnyArray) -> Self:
        seen = Scatter(*(each[rows] for each in self.seen))
        return type(self)(self.family[rows], self.known[rows], seen, self.own[rows])

    def with_mean(self, counts: Counts) -> Self:
        return self.put_together([(r, p.with_mean(own)) for r, p, own in self._each(counts)])


class ScatterWarning(UserWarning):
    """The trials contradict the scatter of the likelihood that was asked for."""


def warn_of_scatter(subject: str, likelihood: Likelihood, counts: Counts) -> None:
    """Say in how many cells trials contradict a likelihood that was asked for, if in any.

    At the 1 % level over all cells together. Of likelihoods other than `FAMILIES` nothing is said.

    Parameters
    ----------
    subject : str
        Who was asked.
    likelihood : Likelihood
    counts : Counts
    """
    if type(likelihood) not in FAMILIES or counts.source is None:
        return
    found = scatter_of(counts.single)
    clear = _CLEARLY / len(counts.x)
    more, less = found.more < clear, found.less < clear
    most_alike = {NegativeBinomial: less, UnderDispersed: more}
    wrong = most_alike.get(type(likelihood), more | less)
    if wrong.any():
        seen = np.median(found.fano[wrong])
        warnings.warn(
            f"{subject}: the trials contradict {likelihood.name} counts in {wrong.sum()} of "
            f"{len(wrong)} cells (variance over mean {seen:.2g} in the median); "
            f'likelihood="{AUTO}" lets them decide',
            ScatterWarning,
            stacklevel=3,
        )


UNDECIDED[AUTO] = ByScatter
