r"""What a rectifier is: a firing rate as a function of drive, written in one place.

.. math:: r(x) = r_0 + \sum_k g_k f_k(x; \mathrm{shape})

with a spontaneous rate r0 >= 0 and one gain g_k >= 0 per path. A subclass declares its shape
parameters in its class body and its basis functions f_k in `shape`, their derivatives beside them;
naming it is all it takes to have it fitted, tabulated, drawn and tested (`RECTIFIERS` holds every
one). A basis function with a negative side (`negative_side`) is a modulation about r0: a fit keeps
the rate from falling below 0 at any condition, and `rate` refuses parameters that do not.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults, InputError
from neurosim.models.rectifiers.array_namespaces import like
from neurosim.models.rectifiers.declaration import (
    close_names,
    declare,
    named,
    require_contained,
    require_names,
)
from neurosim.models.rectifiers.formula import require_tensors, try_on_arrays, typical_values
from neurosim.models.rectifiers.parameter import Parameter

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["RECTIFIERS", "Rectifier"]


class Rectifier(ABC):
    """A rectifier; subclass it, or one of the family, to add one.

    A subclass gives, in its class body: ``name`` and ``convnet`` (its two names), ``latex`` and
    ``source`` ("" where there is none), its shape parameters (each a `Parameter`), `shape` and
    `slope`, and where they differ from the usual

    - of the formula: ``gains`` (one name per path, when there are several), ``power`` (of the
      drive, for the unit of the gains; None where a parameter is the power, 0 where the shape has
      no unit), ``regressors`` (what it needs of each condition besides the drive: "quadrature", the
      drive's partner, or "noise", the measured SD of the drive), ``negative_side``, ``mechanistic``
      (a model of how spikes arise, the reference for the others), ``kind`` (of curve, one of
      `constant.KINDS` or another; a verdict says it first);
    - of this rectifier alone: ``aliases`` (further names), ``limits`` (what it does far out, in
      words), ``contains`` (rectifiers it becomes, with the values of its own parameters that make
      it so, or the limit in words), ``exact`` (the shape only multiplies and compares with 0, and
      is as right in single precision as in double), ``standard`` (one of those that `compare` takes
      by default), ``biological`` (its place among the rectifiers of visual cortex that are
      functions of the drive alone; 0: none of them), ``panels`` (where it is drawn, as
      `figure.PANELS` names them) and ``typical`` (r0, gains and shape parameters of a cell, where
      they are not a parameter's default within its typical range, gains that drive the cell by
      60 Hz, and 3 Hz at rest, or what a negative side takes).

    A subclass of a rectifier inherits its parameters, its formula and what is of the formula, and
    may declare a parameter again: that keeps its place. `shape` and `slope` take the drive, the
    regressors, and every parameter, those of the furthest base first and the class's own last,
    whether they are fitted or not (``free=False``). What is of the parent alone is not inherited,
    nor are names: so the child is no part of a default comparison, and contains nothing, not even
    its parent, unless it says so. With ``class Mine(Rectifier, register=False)`` it is not entered
    into `RECTIFIERS`, and need not have names or a formula.

    A formula is tried where it is declared, and refused with the reason: on arrays, and if torch is
    loaded on its tensors and for their gradients (else when it becomes an `Activation`).

    Attributes
    ----------
    typical : dict of str to float
        r0 and gains (Hz) and fitted shape parameters (contrast units) of a cell of visual cortex.
    parameters, constants : dict of str to Parameter
        Shape parameters that are fitted, and that are not.
    arguments : tuple of str
        What `shape` and `slope` take after the drive.
    """

    name: ClassVar[str] = ""
    convnet: ClassVar[str] = ""
    latex: ClassVar[str] = ""
    source: ClassVar[str] = ""
    gains: ClassVar[tuple[str, ...]] = ("gain",)
    power: ClassVar[int | None] = 1
    regressors: ClassVar[tuple[str, ...]] = ()
    negative_side: ClassVar[bool] = False
    mechanistic: ClassVar[bool] = False
    kind: ClassVar[str] = "other"
    aliases: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[str] = ""
    contains: ClassVar[Mapping[str, Mapping[str, float] | str]] = {}
    exact: ClassVar[bool] = False
    standard: ClassVar[bool] = False
    biological: ClassVar[int] = 0
    panels: ClassVar[tuple[str, ...]] = ()
    typical: ClassVar[Mapping[str, float]] = {}
    parameters: ClassVar[dict[str, Parameter]] = {}
    constants: ClassVar[dict[str, Parameter]] = {}
    arguments: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, register: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not declare(cls, Rectifier, register):
            return
        cls.typical = typical_values(cls, try_on_arrays(cls))
        if register:
            if sys.modules.get("torch") is not None:
                require_tensors(cls)
            RECTIFIERS.add(cls())

    @staticmethod
    @abstractmethod
    def shape(x: Any, *parameters: Any) -> Any:
        """The basis functions f_k.

        Parameters
        ----------
        x : array
            Drive.
        *parameters : array
            The regressors and the shape parameters, fitted or not, in the order declared; they
            broadcast against `x`.

        Returns
        -------
        array, or a tuple of one array per path
        """

    @staticmethod
    @abstractmethod
    def slope(x: Any, *parameters: Any) -> Any:
        """The derivatives of the basis functions with respect to the drive; as `shape`.

        At a corner it is the derivative from below.
        """

    def paths(self, x: Any, *parameters: Any) -> tuple[Any, ...]:
        """The basis functions as a tuple, one array per path.

        Parameters
        ----------
        x : array
        *parameters : array
            The regressors and the fitted shape parameters.
        """
        return _tuple(self.shape(x, *self._completed(x, parameters)))

    def slopes(self, x: Any, *parameters: Any) -> tuple[Any, ...]:
        """The derivatives of the basis functions as a tuple; as `paths`."""
        return _tuple(self.slope(x, *self._completed(x, parameters)))

    def _completed(self, x: Any, parameters: tuple[Any, ...]) -> list[Any]:
        """Every argument of the formula after the drive: what is given, and the constants."""
        given = (name for name in self.arguments if name not in self.constants)
        named = dict(zip(given, parameters, strict=True))
        named |= {name: like(x, p.default) for name, p in self.constants.items()}
        return [named[name] for name in self.arguments]

    def rate(self, x: ArrayLike, r0: ArrayLike = 0.0, **parameters: ArrayLike) -> Array:
        """Firing rate at a drive.

        Parameters
        ----------
        x : array
            Drive.
        r0 : float or array
            Spontaneous rate, Hz.
        **parameters : float or array
            The gains (Hz per unit of drive to the rectifier's power; default 1), the shape
            parameters (default: as declared), and the regressors, if it has any.

        Returns
        -------
        ndarray
            Hz, broadcast.

        Raises
        ------
        InputError
            For unknown parameters, values outside their domain, a missing regressor, and a rate
            below 0.

        Examples
        --------
        >>> from neurosim.models.rectifiers import RECTIFIERS
        >>> RECTIFIERS["thresholded half-wave"].rate([0, 1], gain=20, threshold=0.5)
        array([ 0., 10.])
        """
        values, at = self._checked(r0, parameters), np.asarray(x, dtype=float)
        paths = _tuple(self.shape(at, *(values[name] for name in self.arguments)))
        driven = (values[name] * path for name, path in zip(self.gains, paths, strict=True))
        total = sum(driven, values["r0"])
        faults = Faults(self.name)
        below = self.negative_side and (total < 0).any()
        faults.require(not below, "a rate >= 0 Hz at every drive", np.min(total), "raise r0")
        faults.stop()
        return total

    def derivative(self, x: ArrayLike, r0: ArrayLike = 0.0, **parameters: ArrayLike) -> Array:
        """Derivative of `rate` with respect to the drive, Hz per unit of drive; its parameters.

        At a corner it is the derivative from below.

        Examples
        --------
        >>> from neurosim.models.rectifiers import RECTIFIERS
        >>> RECTIFIERS["half-squared"].derivative([-1, 1], gain=3)
        array([0., 6.])
        """
        values, at = self._checked(r0, parameters), np.asarray(x, dtype=float)
        slopes = _tuple(self.slope(at, *(values[name] for name in self.arguments)))
        gains = (values[name] for name in self.gains)
        return sum((g * s for g, s in zip(gains, slopes, strict=True)), np.zeros(()))

    def _checked(self, r0: ArrayLike, parameters: dict[str, ArrayLike]) -> dict[str, Array]:
        """Every parameter as an array within its domain, the regressors among them."""
        every = {**self.parameters, **self.constants}
        given: dict[str, ArrayLike] = {"r0": r0, **dict.fromkeys(self.gains, 1.0)}
        given |= {name: p.default for name, p in every.items()}
        faults = Faults(self.name)
        known = (*given, *self.regressors)
        for name in parameters:
            faults.require(name in known, f"parameters among {', '.join(known)}", name)
        for name in self.regressors:
            faults.require(name in parameters, f"{name} of every condition", "none")
        faults.stop()
        values = {n: np.asarray(v, dtype=float) for n, v in {**given, **parameters}.items()}
        for name, value in values.items():
            if name in self.regressors:
                continue
            low = every[name].low if name in every else 0.0
            high = every[name].high if name in every else np.inf
            inside = ((value >= low) & (value <= high)).all()
            faults.require(inside, f"{name} in [{low:g}, {high:g}]", value)
        faults.stop()
        return values

    def is_nested_in(self, other: Rectifier) -> bool:
        """Whether `other` becomes this rectifier at a limit of its parameters (or is it)."""
        inner = (RECTIFIERS[name] for name in other.contains)
        return self.name == other.name or any(map(self.is_nested_in, inner))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """r0, the gains, the shape parameters: every free parameter, in the order of a fit."""
        return ("r0", *self.gains, *self.parameters)

    def drawn(self, x: Array) -> Array:
        """Its curve for the figure of all: without r0, by default, gains as typical, at most 1."""
        gains = np.array([self.typical[name] for name in self.gains])
        paths = self.paths(x, *(p.default for p in self.parameters.values()))
        return np.tensordot(gains / gains.max(), np.stack(paths), axes=1)

    def units(self, drive_unit: str = "1") -> dict[str, str]:
        """Unit of every free parameter for a drive in `drive_unit` ("1": dimensionless)."""
        exponent = "exponent" if self.power is None else f"{self.power}"
        power = drive_unit if self.power == 1 else f"{drive_unit}^{exponent}"
        gain = "Hz" if drive_unit == "1" or self.power == 0 else f"Hz/{power}"
        in_drive = "contrast" if drive_unit == "1" else drive_unit
        shapes = {n: in_drive if p.in_drive_units else "1" for n, p in self.parameters.items()}
        return {"r0": "Hz", **dict.fromkeys(self.gains, gain), **shapes}

    def __repr__(self) -> str:
        return f"<Rectifier: {self.name} = {self.convnet}; {', '.join(self.parameter_names)}>"


class UnknownRectifier(InputError, KeyError):
    """A name that no rectifier has; the message lists both names of all there are."""

    __str__ = ValueError.__str__  # KeyError's would quote the message


class _Registry(dict[str, Rectifier]):
    """Every rectifier by its biological name; looked up by its other names too, in any case."""

    complete = False  # once the family is imported, so that what a member contains is there

    def __missing__(self, key: str) -> Rectifier:
        found: Rectifier | None = named(self.values(), key)
        if found is None:
            known = ", ".join(f"{each.name!r} ({each.convnet})" for each in self.values())
            got = f"{key!r}{close_names(self.values(), key)}"
            raise UnknownRectifier(f"rectifier: expected one of {known}, got {got}")
        return found

    def add(self, rectifier: Rectifier) -> None:
        """Enter a rectifier, or put one in the place of an earlier version of the same class."""
        require_names(rectifier, self)
        if self.complete:
            require_contained(rectifier, self)
        self[rectifier.name] = rectifier

    def close(self) -> None:
        """Check what the members contain, now that all are there; that of later ones at once."""
        for each in self.values():
            require_contained(each, self)
        self.complete = True

    @property
    def standard(self) -> list[str]:
        """Names of those that are compared when none are named."""
        return [name for name, each in self.items() if each.standard]

    @property
    def biological(self) -> list[str]:
        """Names of those of visual cortex that are functions of the drive alone, in their order."""
        return sorted((n for n in self if self[n].biological), key=lambda n: self[n].biological)

    @property
    def table(self) -> pd.DataFrame:
        """One row per rectifier: names, formula, parameters, limits, what it contains, source."""
        import pandas as pd

        rows = [
            {
                "rectifier": each.name,
                "ConvNet twin": ", ".join((each.convnet, *each.aliases)),
                "formula (LaTeX)": each.latex,
                "parameters": ", ".join(each.parameter_names),
                "limits": each.limits,
                "contains": "; ".join(each.contains),
                "needs": ", ".join(each.regressors),
                "source": each.source,
            }
            for each in self.values()
        ]
        return pd.DataFrame(rows)

    def plot(self) -> Figure:
        """The curves by ConvNet names (figure 3.7 of Hadji & Wildes 2018) and biological ones."""
        from neurosim.models.rectifiers.figure import Curve, rectifier_figure

        x, alone = np.linspace(-2, 2, 801), [each for each in self.values() if not each.regressors]
        curves = [Curve(each.name, each.convnet, each.panels, each.drawn(x)) for each in alone]
        return rectifier_figure(x, curves)


RECTIFIERS = _Registry()
"""Every rectifier by its biological name. Import it from `neurosim.models.rectifiers`."""


def _tuple(paths: Any) -> tuple[Any, ...]:
    return paths if isinstance(paths, tuple) else (paths,)
