r"""What a rectifier is: a firing rate as a function of drive, written in one place.

.. math:: r(x) = r_0 + \sum_k g_k f_k(x; \mathrm{shape})

with a spontaneous rate r0 >= 0 and one gain g_k >= 0 per path. A subclass declares its shape
parameters in its class body and its basis functions f_k in `shape`, their derivatives beside them;
naming it is all it takes to have it fitted, tabulated, drawn and tested (`RECTIFIERS` holds every
one). A basis function with a negative side (`negative_side`) is a modulation about r0: a fit keeps
the rate from falling below 0 at any condition, and `rate` refuses parameters that do not.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.base.errors import Faults

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["RECTIFIERS", "Parameter", "Rectifier"]


@dataclass(frozen=True)
class Parameter:
    """A shape parameter of a rectifier.

    Parameters
    ----------
    symbol : str
        LaTeX.
    meaning : str
        In a few words.
    default : float
        For drawing and for `Rectifier.rate` when none is given.
    low, high : float
        The domain.
    within : "drive", "spread" or None
        What confines a fit beyond the domain: the smallest and largest drive shown to the cell;
        their difference; nothing.
    in_drive_units : bool
        Whether it is measured in units of the drive.
    stretch, narrowest : float
        How many times the drive's spread a fit looks, and from which fraction of it on.
    beyond : float
        How many times the drive's spread a fit looks past the largest drive shown.
    free : bool
        Whether it is fitted; one that is not stays at its default.
    kinked : bool
        Whether the rate has a corner where the drive equals it.
    steep : bool
        Whether the rate may leave that corner upright, or bent without bound, so that intervals
        between two drives have maxima of their own and a fit looks into each.
    """

    symbol: str
    meaning: str
    default: float
    low: float = -np.inf
    high: float = np.inf
    within: Literal["drive", "spread"] | None = None
    in_drive_units: bool = True
    stretch: float = 1.0
    narrowest: float = 0.0
    beyond: float = 0.0
    free: bool = True
    kinked: bool = False
    steep: bool = False

    def bounds(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where a fit looks for it; x of shape (..., condition), each bound (...)."""
        least, most = x.min(-1), x.max(-1)
        if self.within == "drive":
            furthest = most + self.beyond * (most - least)
            return np.maximum(least, self.low), np.minimum(furthest, self.high)
        if self.within == "spread":
            low = np.maximum(self.narrowest * (most - least), self.low)
            return low, np.maximum(np.minimum(self.stretch * (most - least), self.high), low)
        return np.full(least.shape, self.low), np.full(least.shape, self.high)


class Rectifier(ABC):
    """A rectifier; subclass it to add one.

    A subclass gives, in its class body: ``name`` and ``convnet`` (its two names), ``latex``,
    ``source``, its shape parameters (each a `Parameter`), and where they differ from the usual:
    ``gains`` (one name per path, when there are several), ``power`` (of the drive, for the unit of
    the gains; None where a parameter is the power, 0 where the shape has no unit), ``contains``
    (rectifiers it becomes, with the values of its own parameters that make it
    so, or the limit in words), ``mechanistic`` (a model of how
    spikes arise, the reference for the others), ``aliases`` (further names), ``regressors`` (what
    it needs of each condition besides the drive: "quadrature", the drive's partner, or "noise", the
    measured standard deviation of the drive), ``negative_side``, ``limits`` (what it does far out,
    in words), ``standard`` (one of those that `compare` takes by default) and ``exact`` (the shape
    only multiplies and compares with 0, and is as right in single precision as in double). With
    ``class Mine(Rectifier, register=False)`` it is not entered into `RECTIFIERS`.
    """

    name: ClassVar[str]
    convnet: ClassVar[str]
    latex: ClassVar[str]
    source: ClassVar[str]
    gains: ClassVar[tuple[str, ...]] = ("gain",)
    power: ClassVar[int | None] = 1
    aliases: ClassVar[tuple[str, ...]] = ()
    regressors: ClassVar[tuple[str, ...]] = ()
    negative_side: ClassVar[bool] = False
    standard: ClassVar[bool] = False
    exact: ClassVar[bool] = False
    limits: ClassVar[str] = ""
    contains: ClassVar[Mapping[str, Mapping[str, float] | str]] = {}
    mechanistic: ClassVar[bool] = False
    parameters: ClassVar[dict[str, Parameter]] = {}
    constants: ClassVar[dict[str, Parameter]] = {}

    def __init_subclass__(cls, register: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: p for name, p in vars(cls).items() if isinstance(p, Parameter)}
        cls.parameters = {name: p for name, p in own.items() if p.free}
        cls.constants = {name: p for name, p in own.items() if not p.free}
        declared = ["x", *cls.regressors, *cls.parameters, *cls.constants]
        takes = list(inspect.signature(cls.shape).parameters)
        if takes != declared:
            raise TypeError(f"{cls.__name__}.shape takes {takes}, but {declared} is declared")
        if register:
            if cls.name in RECTIFIERS:
                raise TypeError(f"{cls.__name__}: there already is a rectifier named {cls.name!r}")
            RECTIFIERS[cls.name] = cls()

    @staticmethod
    @abstractmethod
    def shape(x: Any, *parameters: Any) -> Any:
        """The basis functions f_k.

        Parameters
        ----------
        x : array
            Drive.
        *parameters : array
            The regressors, the shape parameters in the order declared, and those that are not
            fitted, broadcast against `x`.

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
        paths = self.shape(x, *parameters, *(p.default for p in self.constants.values()))
        return paths if isinstance(paths, tuple) else (paths,)

    def rate(
        self, x: ArrayLike, r0: ArrayLike = 0.0, **parameters: ArrayLike
    ) -> NDArray[np.float64]:
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
        values, total = self._checked(r0, parameters), np.asarray(x, dtype=float)
        named = (*self.regressors, *self.parameters, *self.constants)
        paths = self.shape(total, *(values[n] for n in named))
        total = values["r0"]
        for name, path in zip(
            self.gains, paths if isinstance(paths, tuple) else (paths,), strict=True
        ):
            total = total + values[name] * path
        faults = Faults(self.name)
        below = self.negative_side and (total < 0).any()
        faults.require(not below, "a rate >= 0 Hz at every drive", np.min(total), "raise r0")
        faults.stop()
        return total

    def derivative(
        self, x: ArrayLike, r0: ArrayLike = 0.0, **parameters: ArrayLike
    ) -> NDArray[np.float64]:
        """Derivative of `rate` with respect to the drive, Hz per unit of drive; its parameters.

        At a corner it is the derivative from below.

        Examples
        --------
        >>> from neurosim.models.rectifiers import RECTIFIERS
        >>> RECTIFIERS["half-squared"].derivative([-1, 1], gain=3)
        array([0., 6.])
        """
        values, at = self._checked(r0, parameters), np.asarray(x, dtype=float)
        named = (*self.regressors, *self.parameters, *self.constants)
        slopes = self.slope(at, *(values[n] for n in named))
        total = np.zeros(())
        for name, slope in zip(
            self.gains, slopes if isinstance(slopes, tuple) else (slopes,), strict=True
        ):
            total = total + values[name] * slope
        return total

    def _checked(
        self, r0: ArrayLike, parameters: dict[str, ArrayLike]
    ) -> dict[str, NDArray[np.float64]]:
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
        return self.name == other.name or any(
            self.is_nested_in(RECTIFIERS[inner]) for inner in other.contains
        )

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """r0, the gains, the shape parameters: every free parameter, in the order of a fit."""
        return ("r0", *self.gains, *self.parameters)

    def units(self, drive_unit: str = "1") -> dict[str, str]:
        """Unit of every free parameter for a drive in `drive_unit` ("1": dimensionless)."""
        exponent = "exponent" if self.power is None else f"{self.power}"
        power = drive_unit if self.power == 1 else f"{drive_unit}^{exponent}"
        gain = "Hz" if drive_unit == "1" or self.power == 0 else f"Hz/{power}"
        in_drive = "contrast" if drive_unit == "1" else drive_unit
        shapes = {n: in_drive if p.in_drive_units else "1" for n, p in self.parameters.items()}
        return {"r0": "Hz", **dict.fromkeys(self.gains, gain), **shapes}

    def __repr__(self) -> str:
        free = ", ".join(self.parameter_names)
        return f"<Rectifier: {self.name} = {self.convnet}; {free}>"


class _Registry(dict[str, Rectifier]):
    """Every rectifier by its biological name; looked up by its other names too, in any case."""

    def __missing__(self, key: str) -> Rectifier:
        for each in self.values():
            names = (each.name, each.convnet, *each.aliases)
            if str(key).casefold() in (name.casefold() for name in names):
                return each
        raise KeyError(f"{key!r} is none of {', '.join(self)}")

    @property
    def table(self) -> pd.DataFrame:
        """One row per rectifier: names, formula, parameters, limits, what it contains, source."""
        import pandas as pd

        return pd.DataFrame(
            {
                "rectifier": [each.name for each in self.values()],
                "ConvNet twin": [
                    ", ".join((each.convnet, *each.aliases)) for each in self.values()
                ],
                "formula (LaTeX)": [each.latex for each in self.values()],
                "parameters": [", ".join(each.parameter_names) for each in self.values()],
                "limits": [each.limits for each in self.values()],
                "contains": ["; ".join(each.contains) for each in self.values()],
                "needs": [", ".join(each.regressors) for each in self.values()],
                "source": [each.source for each in self.values()],
            }
        )

    def plot(self) -> Figure:
        """The curves by ConvNet names (figure 3.7 of Hadji & Wildes 2018) and biological ones."""
        from neurosim.models.rectifiers.figure import rectifier_figure

        return rectifier_figure(self)


RECTIFIERS = _Registry()
"""Every rectifier by its biological name. Import it from `neurosim.models.rectifiers`."""
