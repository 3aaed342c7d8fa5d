"""A statement of the text as an experiment: what is measured, and the rule that decides.

An experiment declares its rules in its class body, before anything is run. A rule is an inequality
about one quantity, which the experiment measures once per seed; it is decided by the 99 %
interval of the mean over the seeds (Student's t). Wholly on the right side of the bound is
"supported", wholly on the wrong side "not supported", anything else "inconclusive".
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import ttest_1samp

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from neurosim.reproduce.run import Run

__all__ = [
    "EXPERIMENTS",
    "Decided",
    "Found",
    "Outcome",
    "Reproduction",
    "Rule",
    "Verdict",
    "half_interval",
]

Verdict = Literal["supported", "not supported", "inconclusive"]

LEVEL = 0.99


def half_interval(values: ArrayLike) -> Array:
    """Half the width of the 99 % interval of the mean over the last dimension; NaN of one value.

    Examples
    --------
    >>> half_interval([0.2, 0.3, 0.25])
    array(0.28650554)
    """
    value = np.asarray(values, dtype=float)
    with warnings.catch_warnings():  # of one value, and of equal ones, whose interval has no width
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = ttest_1samp(value, 0.0, axis=-1).confidence_interval(LEVEL)
    return np.asarray((interval.high - interval.low) / 2)


@dataclass(frozen=True)
class Rule:
    """What a quantity has to be for the statement to hold.

    Parameters
    ----------
    quantity : str
        In words, with its unit; the name under which the experiment reports it.
    relation : ">" or "<"
    bound : float
    published : str
        The number in the literature, if there is one.
    """

    quantity: str
    relation: Literal[">", "<"]
    bound: float
    published: str = ""

    def decide(self, values: ArrayLike) -> Decided:
        """The verdict on the values of the seeds; one value alone counts as exact.

        Parameters
        ----------
        values : array (seed,)
            One that is not finite, where a seed could not measure it, makes it inconclusive.

        Examples
        --------
        >>> Rule("error", "<", 1.0).decide([0.2, 0.3, 0.25]).verdict
        'supported'
        >>> Rule("error", "<", 1.0).decide([0.2, 0.3, 2.0]).verdict
        'inconclusive'
        """
        value = np.atleast_1d(np.asarray(values, dtype=float))
        known = np.isfinite(value).all()
        mean = float(value.mean())
        reach = 0.0 if known else np.nan
        if known and value.size > 1:
            reach = float(half_interval(value))
        low, high = mean - reach, mean + reach
        right, wrong = low > self.bound, high < self.bound
        if self.relation == "<":
            right, wrong = wrong, right
        verdict: Verdict = "inconclusive"
        if right or wrong:
            verdict = "supported" if right else "not supported"
        return Decided(self, mean, low, high, value.size, verdict)

    def __str__(self) -> str:
        return f"{self.quantity} {self.relation} {self.bound:g}"


@dataclass(frozen=True)
class Decided:
    """A rule with what was measured: the mean, its 99 % interval, how many seeds, the verdict."""

    rule: Rule
    mean: float
    low: float
    high: float
    seeds: int
    verdict: Verdict

    def __str__(self) -> str:
        said = f"{self.rule.quantity}: {self.mean:.4g}"
        if self.seeds > 1:
            said += f" [{self.low:.4g}, {self.high:.4g}]"
        said += f", {self.rule.relation} {self.rule.bound:g}? {self.verdict}"
        return said + (f" (published: {self.rule.published})" if self.rule.published else "")


@dataclass(frozen=True)
class Found:
    """What an experiment brings: its table, its figure, each rule's quantity for each seed."""

    table: pd.DataFrame
    figure: Figure
    quantities: Mapping[str, ArrayLike]


@dataclass(frozen=True)
class Outcome:
    """An experiment that was run."""

    experiment: Reproduction
    found: Found
    decided: tuple[Decided, ...]

    @property
    def verdict(self) -> Verdict:
        """Supported if every rule is; not supported if one is not; else inconclusive."""
        each = {one.verdict for one in self.decided}
        if each == {"supported"}:
            return "supported"
        return "not supported" if "not supported" in each else "inconclusive"

    def __str__(self) -> str:
        lines = [f"{self.experiment.name}: {self.verdict}", f"  {self.experiment.statement}"]
        return "\n".join(lines + [f"  - {one}" for one in self.decided])


class Reproduction(ABC):
    """An experiment; subclass it to add one.

    A subclass gives ``number`` (its place in the list; of equal ones the first declared is first),
    ``name``, ``statement`` (of the text, in our words), ``source``, ``rules``, and `run`. ``needs``
    names the libraries of the `convnet` extra that it imports when it runs. Declaring it is all it
    takes to have it listed and run (`EXPERIMENTS`).
    """

    number: ClassVar[int] = 99
    name: ClassVar[str]
    statement: ClassVar[str]
    source: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]]
    needs: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _refuse(cls)
        EXPERIMENTS[cls.name] = cls()
        for name in sorted(EXPERIMENTS, key=lambda each: EXPERIMENTS[each].number):
            EXPERIMENTS[name] = EXPERIMENTS.pop(name)

    @abstractmethod
    def run(self, run: Run) -> Found:
        """Measure; the quantities are named as the rules name them."""

    def outcome(self, run: Run) -> Outcome:
        """Run, and decide every rule."""
        found = self.run(run)
        named = {rule.quantity for rule in self.rules}
        if named != set(found.quantities):
            raise TypeError(f"{self.name}: measured {set(found.quantities)}, not {named}")
        decided = tuple(rule.decide(found.quantities[rule.quantity]) for rule in self.rules)
        return Outcome(self, found, decided)


def _refuse(cls: type[Reproduction]) -> None:
    """Refuse an experiment that lacks what it has to give, or whose name is another's."""
    faults = Faults(cls.__name__)
    given = {name: getattr(cls, name, None) for name in ("name", "statement", "source", "rules")}
    lacking = [name for name, value in given.items() if not value]
    faults.require(not lacking, f"{', '.join(lacking)} in the class body", "none")
    run = getattr(cls.run, "__isabstractmethod__", False)
    faults.require(not run, "a method run", "none")
    other = EXPERIMENTS.get(given["name"] or "")
    # a notebook's cell that is run again replaces what it declared before
    ours = other is None or (type(other).__module__, type(other).__qualname__) == (
        cls.__module__,
        cls.__qualname__,
    )
    faults.require(ours, "a name of its own", f"{given['name']!r}, which there already is")
    faults.stop()


EXPERIMENTS: dict[str, Reproduction] = {}
"""Every experiment by its name, in the order of the text. Import it from `neurosim.reproduce`."""
