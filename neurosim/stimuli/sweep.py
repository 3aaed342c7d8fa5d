"""Sweeps: the values that parameters of a stimulus set take, in every combination or in step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Flags
from neurosim.base.errors import Faults
from neurosim.base.numbers import real_numbers
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.stimulus import Label, Stimulus

__all__ = ["CONTRAST", "DEGREES", "MOST", "POSITIVE", "Axis", "Combine", "Sweep", "Swept"]

MOST = 10_000_000
"""Stimuli in a sweep."""

Combine = Literal["product", "zip"]


class Axis(NamedTuple):
    """What a parameter may be: its unit, and a condition with the words for it."""

    unit: str
    condition: str = ""  # follows the name: "> 0 cycles/deg"
    holds: Callable[[Array], Flags] = np.isfinite
    remedy: str = ""
    silent_at: float | None = None  # a label of this value for all tells nothing and is left out
    infinite: bool = False  # whether infinity is a value


def _positive(values: Array) -> Flags:
    return values > 0


DEGREES = Axis("deg")
POSITIVE = Axis("deg", "> 0 deg", _positive)
CONTRAST = Axis("1", "in [0, 1] (Michelson)", lambda values: (values >= 0) & (values <= 1))


class Sweep:
    """Named parameters, each a number or a list, and the stimuli that they make.

    Parameters
    ----------
    subject : str
        Whose parameters they are.
    axes : mapping of str to Axis
    given : mapping of str to number or list
    combine : "product" or "zip"
        Every combination, the last parameter fastest; or the first value of each list, then the
        second of each (numbers go with all).

    Raises
    ------
    InputError
        Naming every parameter that cannot be as it is.
    """

    def __init__(
        self,
        subject: str,
        axes: Mapping[str, Axis],
        given: Mapping[str, ArrayLike],
        combine: Combine = "product",
    ) -> None:
        self.axes = axes
        faults = Faults(subject)
        faults.one_of("combine", combine, ("product", "zip"))
        values = {name: self._numbers(name, value, faults) for name, value in given.items()}
        faults.stop()
        for name, axis in axes.items():
            if axis.condition:
                fits = axis.holds(values[name]).all()
                faults.require(fits, f"{name} {axis.condition}", given[name], axis.remedy)
        lengths = {name: each.size for name, each in values.items() if each.size > 1}
        if combine == "zip":
            same = len(set(lengths.values())) <= 1
            faults.require(same, "lists of one length to zip", lengths)
        faults.stop()
        many = 1.0 if combine == "zip" else float(np.prod([1.0, *lengths.values()]))
        faults.require(many <= MOST, f"at most {MOST:g} stimuli", f"{many:g}")
        faults.stop()
        self.lengths, self.combine = lengths, combine
        if combine == "zip":
            columns = list(np.broadcast_arrays(*values.values()))
        else:
            columns = list(np.meshgrid(*values.values(), indexing="ij"))
        self.columns: dict[str, Array] = {
            name: column.ravel() for name, column in zip(values, columns, strict=True)
        }

    def _numbers(self, name: str, value: ArrayLike, faults: Faults) -> Array:
        axis = self.axes[name]
        given = real_numbers(value)
        if given is None:
            faults.require(False, f"{name} in {axis.unit} as a number or numbers", value)
            return np.zeros(1)
        numbers = np.atleast_1d(given)
        one_list = numbers.ndim == 1 and numbers.size > 0
        faults.require(one_list, f"{name} as a number or a non-empty list", value)
        finite = not np.isnan(numbers).any() if axis.infinite else np.isfinite(numbers).all()
        faults.require(finite, f"{name} finite", value)
        return numbers

    def __len__(self) -> int:
        return next(iter(self.columns.values())).size

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def labels(self) -> dict[str, Label]:
        """The parameters as labels, those left out that are silent for all."""
        return {
            name: Label(column, self.axes[name].unit)
            for name, column in self.columns.items()
            if not (column == self.axes[name].silent_at).all()
        }

    @property
    def varied(self) -> str:
        """What tells the stimuli apart."""
        if self.combine == "zip" and self.lengths:
            return f"{', '.join(self.lengths)} in step"
        return ", ".join(f"{n} {name}" for name, n in self.lengths.items())

    def __str__(self) -> str:
        """How many stimuli, and what tells them apart."""
        stimuli = f"{len(self)} stimul" + ("us" if len(self) == 1 else "i")
        return f"{stimuli}; {self.varied}" if self.varied else stimuli


class Swept(Stimulus):
    """A stimulus set that a sweep describes. Subclasses set `_sweep`, and draw."""

    _sweep: Sweep
    _motion_axis: ClassVar[str] = ""  # the parameter that makes it move, unless it is 0

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return self._sweep.labels()

    def left_out(self) -> dict[str, float]:
        return {
            name: float(axis.silent_at)
            for name, axis in self._sweep.axes.items()
            if axis.silent_at is not None
        }

    def largest(self) -> Array:
        return np.abs(self._sweep["contrast"])

    @property
    def moves(self) -> bool:
        return bool(self._motion_axis and self._sweep[self._motion_axis].any())

    def _at(self, index: int) -> list[float]:
        """The parameters of one stimulus, in their order."""
        return [float(column[index]) for column in self._sweep.columns.values()]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._sweep}>"
