"""The table of what each rectifier keeps, and how it is printed and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["MEASURES", "Kept", "Unrectified"]

MEASURES = (
    "energy kept",
    "phase kept",
    "negative side kept",
    "energy passed",
    "at rest",
    "sparseness",
    "dead units",
    "mean gradient",
    "noise passed (small)",
    "noise passed",
    "cancellation",
    "shift change",
)
"""The columns; `what_is_kept` defines them."""

_HEADS = {
    "negative side kept": "neg. kept",
    "energy kept": "energy",
    "phase kept": "phase",
    "energy passed": "passed",
    "sparseness": "sparse",
    "dead units": "dead",
    "mean gradient": "gradient",
    "noise passed (small)": "noise->0",
    "noise passed": "noise",
    "cancellation": "cancelled",
    "shift change": "shifted",
}


class Unrectified(Rectifier, register=False):
    """The filter's response as it is, for reference."""

    name = "linear"
    convnet = "no rectification"
    latex = "r_0 + g\\,x"
    source = "the filter itself"
    limits = "linear"
    negative_side = True

    @staticmethod
    def shape(x: Any) -> Any:
        return x

    @staticmethod
    def slope(x: Any) -> Any:
        return 0 * x + 1.0


@dataclass(frozen=True, eq=False)
class Kept:
    """What each rectifier keeps; `what_is_kept` has the definitions.

    Attributes
    ----------
    rectifiers : list of Rectifier
        The rows, the linear response first.
    estimates : list of dict of (float, float)
        For each row, every measure and its standard error; NaN where it has no meaning.
    left_out : dict of str
        Rectifiers that were not measured, and why.
    subject : str
        The ensemble.
    settings : dict
        scale, noise, pool, shift, rest, and the parameters given.
    """

    rectifiers: list[Rectifier]
    estimates: list[dict[str, tuple[float, float]]]
    left_out: dict[str, str]
    subject: str
    settings: dict[str, Any]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per rectifier: both names, each measure, and its standard error as '... SE'."""
        import pandas as pd

        columns: dict[str, Any] = {
            "rectifier": [each.name for each in self.rectifiers],
            "ConvNet twin": [each.convnet for each in self.rectifiers],
        }
        for name in MEASURES:
            value, error = zip(*(each[name] for each in self.estimates), strict=True)
            columns |= {name: value, f"{name} SE": error}
        return pd.DataFrame(columns)

    @property
    def conditions(self) -> str:
        """What the measures were taken at, in a line."""
        s = self.settings
        unit = "its own unit" if s["scale"] is None else f"units of SD / {s['scale']:g}"
        unit = "units of its SD" if s["scale"] == 1 else unit
        pooled = f"pool {s['pool']} x {s['pool']}, shift {s['shift']}" if s["mapped"] else "no maps"
        given = "".join(
            f"; {name}: " + ", ".join(f"{k} = {v:g}" for k, v in values.items())
            for name, values in s["parameters"].items()
        )
        noisy = f"; output noise {s['output_noise']:g} RMS" if s["output_noise"] > 0 else ""
        return (
            f"x in {unit} (SD {s['sd']:.3g}); noise {s['noise']:g}; at rest within "
            f"{s['rest']:g} RMS; {pooled}{noisy}; other parameters at their defaults{given}"
        )

    def plot(self) -> Figure:
        """Every rectifier's curve and measures, in one figure."""
        from neurosim.analysis.information_kept.figure import kept_figure

        title = f"What each rectifier keeps of {self.subject}"
        parameters = self.settings["parameters"]
        return kept_figure(self.table, self.rectifiers, parameters, title, self._caption())

    def _caption(self) -> str:
        """What the measures were taken at, how exact they are, and what was left out."""
        left = "; ".join(f"{name} left out ({why})" for name, why in self.left_out.items())
        errors = "± the largest standard error of a column"
        return f"{self.conditions}\n{errors}" + (f"; {left}" if left else "")

    def report(self) -> str:
        """The table, with the largest standard error of each column, and what was left out."""
        table = self.table
        names = table["rectifier"] + " = " + table["ConvNet twin"]
        shown = table[list(MEASURES)].set_axis(names.rename(None), axis=0)
        shown = shown.rename(columns=_HEADS)
        errors = table[[f"{name} SE" for name in MEASURES]].max()
        shown.loc["(standard errors, at most)"] = errors.to_numpy()
        lines = [f"What each rectifier keeps of {self.subject}", f"  {self.conditions}"]
        text = shown.dropna(axis=1, how="all").to_string(
            float_format=lambda v: f"{v + 0.0:.3f}".replace("-0.000", "0.000"), na_rep="-"
        )
        lines += [f"  {line}" for line in text.split("\n")]
        lines += [f"  left out: {name} ({why})" for name, why in self.left_out.items()]
        return "\n".join(lines)

    __repr__ = report

    def _repr_html_(self) -> str:
        """The table without standard errors (`.table` has them), for notebooks."""
        shown = self.table[["rectifier", "ConvNet twin", *MEASURES]].dropna(axis=1, how="all")
        left = "".join(f"<br>left out: {name} ({why})" for name, why in self.left_out.items())
        table = shown.round(3).to_html(index=False, na_rep="")
        return f"<p>{self.subject}<br>{self.conditions}{left}</p>{table}"
