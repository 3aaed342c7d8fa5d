r"""What a likelihood is: how responses scatter about a rate, written in one place.

A subclass says what it needs of each condition (`terms` and their slope and information with the
rate), what does not depend on the rate (`constant`), how to draw responses, and which parameters of
its own are estimated beside the rectifier's. Declaring it is all it takes: `LIKELIHOODS` holds
every one by name, and `fit`, its intervals, `compare`, held-out scores, `deviance`, `rank`, the
regressor and the command line take it from there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Flags, Indices, divided
from neurosim.base.errors import Faults, InputError
from neurosim.data.counts import Counts

__all__ = ["LIKELIHOODS", "Likelihood", "likelihood_of", "named_likelihood", "per_rate"]

_MOST_SCORINGS = 60  # where the most likely rate is infinite they end at one that is as good
_SETTLED = 1e-9  # of a rate: a step as small is rounding
_MOST_PER_RATE = 1e150  # its square is a number


class Likelihood(ABC):
    """How responses scatter about a rate; subclass it to add one.

    A subclass gives, in its class body, ``name`` and where they differ from the usual: ``of``
    ("counts" or "rates"), ``single_trials`` (whether it needs the number of trials, or the counts
    of each; else the regressor pools equal samples), ``parameters`` (names of its own parameters,
    one value per row each) and ``source``. Standard errors of the rate's parameters hold
    the likelihood's own, and their intervals do but for its last move: these should be orthogonal
    to rates, as a dispersion is. An instance holds the
    values of its own parameters for so many rows; without any it is the same for all. With
    ``class Mine(Likelihood, register=False)`` it is not entered into `LIKELIHOODS`.

    In every method rates and results are arrays (row, condition) unless said otherwise, rates in Hz
    and log-likelihoods in nats.
    """

    name: ClassVar[str]
    source: ClassVar[str] = ""
    of: ClassVar[Literal["counts", "rates"]] = "counts"
    single_trials: ClassVar[bool] = False
    parameters: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, register: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if register:
            _refuse(cls)
            LIKELIHOODS[cls.name] = cls

    @classmethod
    def begin(cls, counts: Counts) -> Self:
        """Where the estimation of its own parameters begins, for the rows of some counts."""
        return cls()

    def begun(self, counts: Counts) -> Self:
        """Where the estimation of its own parameters begins, for other counts of its rows."""
        return type(self).begin(counts)

    def parts(self, counts: Counts) -> list[tuple[Indices, Likelihood]]:
        """Rows that are fitted apart, each with its likelihood: here all of them with this one."""
        return [(np.arange(len(counts.x)), self)]

    def put_together(self, parts: list[tuple[Indices, Likelihood]]) -> Likelihood:
        """The same with its own parameters as they are in parts of its rows."""
        whole = [part for _, part in parts]
        if len(whole) == 1 or not is_dataclass(self):
            return whole[0]
        order = np.argsort(np.concatenate([rows for rows, _ in parts]), kind="stable")
        own = {each.name: [getattr(part, each.name) for part in whole] for each in fields(self)}
        joined = {n: np.concatenate(v)[order] for n, v in own.items() if np.ndim(v[0])}
        return replace(whole[0], **joined)

    @property
    def divisible(self) -> bool:
        """Whether rows may be fitted in parts and `put_together`: it holds nothing of any row, or
        is a dataclass whose arrays have a row each."""
        return is_dataclass(self) or type(self).take is Likelihood.take

    def with_own(self, own: Array) -> Likelihood:
        """The same with its own parameter as it was estimated (`scatter`); (row,).

        Raises
        ------
        InputError
            For a likelihood of several parameters, or that is made otherwise: it overrides this.
        """
        try:
            if len(self.parameters) == 1:
                return type(self)(own)  # type: ignore[call-arg]
        except TypeError:
            pass
        told = "expected a likelihood made of its one parameter, or with a with_own of its own"
        raise InputError(f"{self.name}: {told}")

    @abstractmethod
    def terms(self, rate: Array, counts: Counts) -> Array:
        """Log-likelihood of each condition without its constant; -inf where it cannot be."""

    @abstractmethod
    def slope(self, rate: Array, counts: Counts) -> Array:
        """Derivative of `terms` with respect to the rate."""

    @abstractmethod
    def expected(self, rate: Array, counts: Counts) -> Array:
        """Expected information about a rate > 0: minus the mean of the second derivative."""

    def information(self, rate: Array, counts: Counts) -> Array:
        """What a step of the search takes for minus the second derivative; >= 0."""
        return self.expected(rate, counts)

    def constant(self, counts: Counts) -> Array:
        """What does not depend on the rate."""
        return np.zeros(counts.x.shape)

    @abstractmethod
    def sample(self, rate: Array, counts: Counts, random: np.random.Generator) -> Counts:
        """The same conditions with responses drawn at a rate."""

    @classmethod
    def fault(cls, counts: Counts) -> str:
        """What is wrong with counts for this likelihood: "expected ..., got ...", or nothing."""
        return ""

    def measured(self, counts: Counts) -> Array:
        """The most likely rate of each condition alone, Hz: spikes over time, or from there."""
        start = divided(counts.spikes, counts.exposure, 0.0)
        return self._scored(start, lambda terms: terms, counts)

    def constant_rate(self, counts: Counts) -> Array:
        """The most likely rate that all conditions have in common, Hz; (row,)."""
        start = divided(counts.spikes.sum(-1), counts.exposure.sum(-1), 0.0)[:, None]
        return self._scored(start, lambda terms: terms.sum(-1, keepdims=True), counts)[:, 0]

    def _scored(self, start: Array, summed: Callable[[Array], Array], counts: Counts) -> Array:
        """Rates at which the slope, summed over what shares one, is 0: Fisher scoring."""
        rate = start.copy()
        for _ in range(_MOST_SCORINGS):
            at = np.broadcast_to(np.where(rate > 0, rate, 1.0), counts.x.shape)
            step = divided(summed(self.slope(at, counts)), summed(self.expected(at, counts)), 0.0)
            step = np.where(rate > 0, np.clip(step, -rate / 2, rate), 0.0)
            if not (np.abs(step) > _SETTLED * rate).any():
                break
            rate = np.where(np.abs(step) > _SETTLED * rate, rate + step, rate)
        return rate

    def saturated(self, counts: Counts) -> Array:
        """The most that `terms` can be in each condition: at the rates that are `measured`."""
        return self.terms(self.measured(counts), counts)

    def deviance(self, rate: Array, counts: Counts) -> Array:
        """Of each condition: twice what the rate lacks to a rate of the condition's own."""
        lacking = 2 * (self.saturated(counts) - self.terms(rate, counts))
        return np.where(counts.exposure > 0, lacking, 0.0)

    def estimated(self, rate: Array, counts: Counts) -> Self:
        """The same with its own parameters at their most likely for a rate."""
        return self

    @property
    def scatter(self) -> Array | None:
        """Its own parameter where one was estimated; (row,), NaN for rows that have none."""
        return None

    def families(self, rows: int) -> AnyArray:
        """Name of the likelihood of each of so many rows; (row,)."""
        return np.full(rows, self.name, dtype=object)

    def scatter_known(self, rows: int) -> Flags:
        """Whether the trials say how counts scatter, or who asked did; (row,)."""
        return np.ones(rows, dtype=bool)

    def missed(self, rows: int) -> tuple[Array, Array]:
        """By what factor >= 1 counts may scatter more than it has them, as far as the trials let
        it, and with how many degrees of freedom that is known; (row,) each."""
        return np.ones(rows), np.full(rows, np.inf)

    def most_dispersion(self, rows: int) -> Array:
        """The dispersion (variance = mean + dispersion mean^2) beyond its own that trials do not
        exclude; (row,), 0 for counts that were said to scatter so."""
        return np.zeros(rows)

    def take(self, rows: AnyArray) -> Self:
        """For some rows (repeats allowed)."""
        return self

    def with_mean(self, counts: Counts) -> Self:
        """One whose likelihood of a rate, as of these counts, falls fast enough to have a mean."""
        return self

    def merged(self, before: Counts, after: Counts) -> Self:
        """For rows of conditions each of which is several of one row's, put together.

        Parameters
        ----------
        before : Counts
            One row.
        after : Counts
            (row, condition)
        """
        return self.take(np.zeros(len(after.x), dtype=np.int64))

    def log_likelihood(self, rate: Array, counts: Counts) -> Array:
        """Of all conditions of each row, with the constant; (row,)."""
        log_likelihood: Array = (self.terms(rate, counts) + self.constant(counts)).sum(-1)
        return log_likelihood

    def best_log_likelihood(self, rate: Array, counts: Counts) -> Array:
        """The same with its own parameters at their most likely for the rate; (row,)."""
        return self.estimated(rate, counts).log_likelihood(rate, counts)


def per_rate(above: Array, rate: Array) -> Array:
    """above / rate, 0 where either is; a rate below 0, which a trial step may meet, keeps its sign.

    What has no number of this size (a spike where some 1e-200 Hz are expected) is the largest.

    Parameters
    ----------
    above, rate : array (row, condition)
    """
    out = np.zeros(np.broadcast_shapes(above.shape, rate.shape))
    with np.errstate(over="ignore"):
        np.divide(above, rate, out=out, where=(above != 0) & (rate != 0))
    return np.clip(out, -_MOST_PER_RATE, _MOST_PER_RATE)


def _refuse(cls: type[Likelihood]) -> None:
    """Refuse a likelihood that lacks what it has to give, or whose name is another's."""
    faults = Faults(cls.__name__)
    named = faults.require(
        isinstance(getattr(cls, "name", None), str) and cls.name, "a name", "none", 'name = "..."'
    )
    lacking = [
        name
        for name in ("terms", "slope", "expected", "sample")
        if getattr(getattr(cls, name), "__isabstractmethod__", False)
    ]
    faults.require(not lacking, f"the methods {', '.join(lacking)}", "none")
    faults.require(cls.of in ("counts", "rates"), 'of = "counts" or "rates"', repr(cls.of))
    if named:
        same = {name for name in LIKELIHOODS if name.casefold() == cls.name.casefold()}
        others = [LIKELIHOODS[name] for name in same]
        # a notebook's cell that is run again replaces what it declared before
        again = all(
            (each.__module__, each.__qualname__) == (cls.__module__, cls.__qualname__)
            for each in others
        )
        faults.require(again, "a name of its own", f"{cls.name!r}, which there already is")
        for name in same if again else ():
            del LIKELIHOODS[name]
    faults.stop()


LIKELIHOODS: dict[str, type[Likelihood]] = {}
"""Every likelihood by name. Import it from `neurosim.analysis.fitting.likelihoods`."""

AUTO = "auto"
"""What is asked for where the trials are to decide."""

UNDECIDED: dict[str, type[Likelihood]] = {}
"""What decides between likelihoods, by the name it is asked for."""


def named_likelihood(
    likelihood: str | type[Likelihood],
    faults: Faults,
    of: Literal["counts", "rates", "any"] = "counts",
) -> type[Likelihood] | None:
    """The likelihood itself, or the one of that name in any case; None, a fault noted, for others.

    Parameters
    ----------
    likelihood : str or subclass of Likelihood
    faults : Faults
        Of who asks.
    of : "counts", "rates" or "any"
        What it has to be a likelihood of.
    """
    known = {name: each for name, each in LIKELIHOODS.items() if of in ("any", each.of)}
    if isinstance(likelihood, type) and issubclass(likelihood, Likelihood):
        found = likelihood if of in ("any", likelihood.of) else None
    else:
        by_case = {name.casefold(): each for name, each in known.items()}
        found = by_case.get(likelihood.casefold()) if isinstance(likelihood, str) else None
    of_rates = {name.casefold() for name, each in LIKELIHOODS.items() if each.of == "rates"}
    other = of == "counts" and str(getattr(likelihood, "name", likelihood)).casefold() in of_rates
    remedy = "rates are fitted by fit_rates and compared by rank" if other else ""
    got = getattr(likelihood, "name", likelihood)
    faults.require(found is not None, f"likelihood {' or '.join(map(repr, known))}", got, remedy)
    return found


def likelihood_of(
    likelihood: str | type[Likelihood], counts: Counts, faults: Faults
) -> Likelihood | None:
    """The likelihood of some counts, its own parameters where their estimation begins.

    None, a fault noted, for a name that is none and for counts that it cannot be of.
    """
    named = isinstance(likelihood, str) and likelihood.casefold() == AUTO
    found = UNDECIDED[AUTO] if named else named_likelihood(likelihood, faults)
    if found is None:
        return None
    if wrong := found.fault(counts):
        faults.add(f"{wrong} (the {found.name} likelihood)")
        return None
    return found.begin(counts)
