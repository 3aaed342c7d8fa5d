"""Measures of cells with what is known about each: value, interval, status and definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Measure", "Measures", "bias_corrected_interval"]

Array = NDArray[np.float64]

_SHOWN = 12  # rows of a table that are printed


@dataclass(frozen=True, eq=False)
class Measure:
    """One number per row (a cell, or a condition of a cell).

    Attributes
    ----------
    name : str
    value, low, high : array (row,)
        The estimate and the ends of its interval, in `unit`; NaN where there is none.
    status : list of str
        "ok", or why the value or its interval is missing or doubtful; (row,).
    definition : str
        What was computed, and whose definition it is.
    unit : str
    level : float
        Confidence level of the interval.
    more : mapping of str to array (row,)
        What belongs to the measure beside its interval (a null's quantiles, a p value).
    """

    name: str
    value: Array
    low: Array
    high: Array
    status: list[str]
    definition: str
    unit: str = "1"
    level: float = 0.95
    more: Mapping[str, NDArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Measures(Mapping[str, Measure]):
    """Several measures of the same rows, by name.

    Attributes
    ----------
    subject : str
        What was measured.
    rows : mapping of str to array (row,)
        Labels: ``cell``, and what tells the rows of one cell apart.
    measures : dict of Measure

    Examples
    --------
    >>> one = Measure("OSI", np.array([0.5]), np.array([0.4]), np.array([0.6]), ["ok"], "...")
    >>> Measures("orientation", {"cell": np.array([7])}, {"OSI": one})
    orientation
      cell measure  value  low  high unit status
         7     OSI    0.5  0.4   0.6    1     ok
    """

    subject: str
    rows: Mapping[str, NDArray]
    measures: dict[str, Measure]

    def __getitem__(self, name: str) -> Measure:
        return self.measures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.measures)

    def __len__(self) -> int:
        return len(self.measures)

    @property
    def definitions(self) -> dict[str, str]:
        """What each measure is, and whose definition."""
        return {name: each.definition for name, each in self.measures.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One line per row and measure: value, low, high, unit, status, and what else it has."""
        import pandas as pd

        parts = []
        for name, each in self.measures.items():
            columns: dict[str, object] = {**self.rows, "measure": name, "value": each.value}
            columns |= {"low": each.low, "high": each.high, **each.more}
            parts.append(pd.DataFrame(columns | {"unit": each.unit, "status": each.status}))
        table = pd.concat(parts, ignore_index=True)
        last = ["unit", "status"]
        table = table[[c for c in table.columns if c not in last] + last]
        order = np.argsort(np.tile(np.arange(len(parts[0])), len(parts)), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def __repr__(self) -> str:
        table = self.table
        shown = table.head(_SHOWN).to_string(index=False, float_format=lambda v: f"{v:.4g}")
        more = len(table) - _SHOWN
        tail = f"\n  ... and {more} more lines (see .table)" if more > 0 else ""
        return f"{self.subject}\n" + "\n".join(f" {line}" for line in shown.split("\n")) + tail


def bias_corrected_interval(
    value: Array, samples: Array, level: float = 0.95, freedom: ArrayLike = np.inf
) -> tuple[Array, Array]:
    r"""Bias-corrected percentile interval of bootstrap samples.

    The quantiles taken are :math:`\Phi(2 z_0 \pm z)`, :math:`z_0` being the normal quantile of the
    share of samples below the estimate, so that a statistic biased upward by noise (as every
    selectivity index is) does not have its bias counted twice.

    Parameters
    ----------
    value : array (...)
        The estimate.
    samples : array (sample, ...)
        Bootstrap samples of it; those that are NaN are left out.
    level : float
    freedom : float or array (...)
        Degrees of freedom (units resampled, less one): z is Student's t, as resamples of few units
        spread by a noise that is itself estimated (Hesterberg 2015, Am Stat 69:371).

    Returns
    -------
    low, high : array (...)
        NaN where fewer than half of the samples are numbers.

    References
    ----------
    Efron 1981, Can J Stat 9:139.

    Examples
    --------
    >>> low, high = bias_corrected_interval(np.array(0.0), np.linspace(-1, 1, 1001))
    >>> low.round(2), high.round(2)
    (np.float64(-0.95), np.float64(0.95))
    """
    value = np.asarray(value, dtype=float)
    flat = samples.reshape(len(samples), -1)
    ends = np.full((2, flat.shape[1]), np.nan)
    reach = np.broadcast_to(student.ppf(0.5 + level / 2, freedom), value.shape).ravel()
    for k, (estimate, column) in enumerate(zip(value.ravel(), flat.T, strict=True)):
        kept = column[~np.isnan(column)]
        if kept.size < max(len(samples) / 2, 1) or np.isnan(estimate):
            continue
        share = ((kept < estimate).sum() + (kept <= estimate).sum()) / (2 * kept.size)
        few = 1 / (kept.size + 1)
        shift = norm.ppf(np.clip(share, few, 1 - few))
        ends[:, k] = np.quantile(kept, norm.cdf(2 * shift + np.array([-1, 1]) * reach[k]))
    return ends[0].reshape(value.shape), ends[1].reshape(value.shape)
