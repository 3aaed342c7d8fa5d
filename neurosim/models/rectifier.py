r"""What a rectifier is: a firing rate as a function of drive, written in one place.

.. math:: r(x) = r_0 + \sum_k g_k f_k(x; \mathrm{shape})

with a spontaneous rate r0 >= 0 and one gain g_k >= 0 per path. A subclass declares its shape
parameters in its class body and its basis functions f_k in `shape`; naming it is all it takes to
have it fitted, tabulated, drawn and tested (`RECTIFIERS` holds every one).
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import Faults

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
    """

    symbol: str
    meaning: str
    default: float
    low: float = -np.inf
    high: float = np.inf
    within: Literal["drive", "spread"] | None = None
    in_drive_units: bool = True

    def bounds(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where a fit looks for it; x of shape (..., condition), each bound (...)."""
        least, most = x.min(-1), x.max(-1)
        if self.within == "drive":
            return np.maximum(least, self.low), np.minimum(most, self.high)
        if self.within == "spread":
            return np.full(least.shape, self.low), np.minimum(most - least, self.high)
        return np.full(least.shape, self.low), np.full(least.shape, self.high)


class Rectifier(ABC):
    """A rectifier; subclass it to add one.

    A subclass gives, in its class body: ``name`` and ``convnet`` (its two names), ``latex``,
    ``source``, its shape parameters (each a `Parameter`), ``gains`` (one name per path, when there
    are several), ``power`` (of the drive, for the unit of the gains), ``contains`` (rectifiers
    it becomes at a limit, with the limit in words) and ``mechanistic`` (a model of how spikes
    arise, the reference for the others).
    """

    name: ClassVar[str]
    convnet: ClassVar[str]
    latex: ClassVar[str]
    source: ClassVar[str]
    gains: ClassVar[tuple[str, ...]] = ("gain",)
    power: ClassVar[int] = 1
    contains: ClassVar[dict[str, str]] = {}
    mechanistic: ClassVar[bool] = False
    parameters: ClassVar[dict[str, Parameter]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: p for name, p in vars(cls).items() if isinstance(p, Parameter)}
        cls.parameters = {**cls.parameters, **own}
        declared = ["x", *cls.parameters]
        takes = list(inspect.signature(cls.shape).parameters)
        if takes != declared:
            raise TypeError(f"{cls.__name__}.shape takes {takes}, but {declared} is declared")
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
            The shape parameters in the order declared, broadcast against `x`.

        Returns
        -------
        array, or a tuple of one array per path
        """

    def paths(self, x: Any, *parameters: Any) -> tuple[Any, ...]:
        """The basis functions as a tuple, one array per path."""
        paths = self.shape(x, *parameters)
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
            The gains (Hz per unit of drive to the rectifier's power; default 1) and the shape
            parameters (default: as declared).

        Returns
        -------
        ndarray
            Hz, broadcast.

        Raises
        ------
        InputError
            For unknown parameters and values outside their domain.

        Examples
        --------
        >>> from neurosim.models.rectifiers import RECTIFIERS
        >>> RECTIFIERS["thresholded half-wave"].rate([0, 1], gain=20, threshold=0.5)
        array([ 0., 10.])
        """
        given = {"r0": r0, **dict.fromkeys(self.gains, 1.0)}
        given |= {name: p.default for name, p in self.parameters.items()}
        faults = Faults(self.name)
        for name in parameters:
            faults.require(name in given, f"parameters among {', '.join(given)}", name)
        faults.stop()
        values = {n: np.asarray(v, dtype=float) for n, v in {**given, **parameters}.items()}
        for name, value in values.items():
            low = self.parameters[name].low if name in self.parameters else 0.0
            high = self.parameters[name].high if name in self.parameters else np.inf
            inside = ((value >= low) & (value <= high)).all()
            faults.require(inside, f"{name} in [{low:g}, {high:g}]", value)
        faults.stop()
        paths = self.paths(np.asarray(x, dtype=float), *(values[n] for n in self.parameters))
        total = values["r0"]
        for name, path in zip(self.gains, paths, strict=True):
            total = total + values[name] * path
        return total

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
        power = f"{drive_unit}^{self.power}" if self.power > 1 else drive_unit
        gain = "Hz" if drive_unit == "1" else f"Hz/{power}"
        in_drive = "contrast" if drive_unit == "1" else drive_unit
        shapes = {n: in_drive if p.in_drive_units else "1" for n, p in self.parameters.items()}
        return {"r0": "Hz", **dict.fromkeys(self.gains, gain), **shapes}

    def __repr__(self) -> str:
        free = ", ".join(self.parameter_names)
        return f"<Rectifier: {self.name} = {self.convnet}; {free}>"


class _Registry(dict[str, Rectifier]):
    """Every rectifier by its biological name; looked up by its ConvNet name too, in any case."""

    def __missing__(self, key: str) -> Rectifier:
        for each in self.values():
            if str(key).casefold() in (each.name.casefold(), each.convnet.casefold()):
                return each
        raise KeyError(f"{key!r} is none of {', '.join(self)}")


RECTIFIERS: dict[str, Rectifier] = _Registry()
"""Every rectifier by its biological name. Import it from `neurosim.models.rectifiers`."""
