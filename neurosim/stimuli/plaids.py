"""Plaids: the sum of gratings, or of any other stimulus sets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.stimuli.closed_forms import ClosedForm
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.stimulus import Label, Stimulus, longest
from neurosim.stimuli.sweep import Combine

__all__ = ["Plaids"]


class Plaids(Stimulus):
    """Component sets shown on top of each other: their contrasts add.

    Parameters
    ----------
    *components : Stimulus
        Any number of sets, of gratings as a rule; each brings its own sweep.
    combine : "product" or "zip"
        Every stimulus of the one with every stimulus of the other (the last component's fastest),
        or the first of each, the second of each, and so on (a set of one goes with all).

    Raises
    ------
    InputError
        For something that is not a stimulus set; on use, for sets of unequal number to zip.

    Examples
    --------
    >>> from neurosim.stimuli import Gratings
    >>> plaids = Plaids(Gratings(0, contrast=0.5), Gratings([30, 60, 90], contrast=[0.1, 0.5]))
    >>> plaids
    <Plaids: <Gratings: 1 stimulus> + <Gratings: 6 stimuli; 3 orientation, 2 contrast>>
    >>> plaids.frames(VisualField())["orientation_2"].values
    array([30., 30., 60., 60., 90., 90.])
    """

    kind = "plaid"

    def __init__(self, *components: Stimulus, combine: Combine = "product") -> None:
        faults = Faults("Plaids")
        faults.require(components, "at least one component", "none")
        for each in components:
            faults.require(isinstance(each, Stimulus), "stimulus sets as components", repr(each))
        faults.one_of("combine", combine, ("product", "zip"))
        faults.stop()
        self.components, self.combine = components, combine

    def __repr__(self) -> str:
        step = ", in step" if self.combine == "zip" else ""
        return f"<Plaids: {' + '.join(map(repr, self.components))}{step}>"

    def _members(self, counts: list[int]) -> Indices:
        """Which stimulus of each component; shape (component, stimulus)."""
        if self.combine == "product":
            return np.indices(counts).reshape(len(counts), -1)
        many = {count for count in counts if count > 1}
        faults = Faults("Plaids")
        faults.require(len(many) <= 1, "components of one number to zip", counts)
        faults.stop()
        longest = max(counts)
        return np.array([np.arange(longest) % count for count in counts])

    def check(self, field: VisualField) -> None:
        for each in self.components:
            each.check(field)

    def largest(self) -> Array:
        return np.array([sum(each.largest().max() for each in self.components)])

    @property
    def moves(self) -> bool:
        return any(each.moves for each in self.components)

    def length(self, field: VisualField) -> float | None:
        return longest(self.components, field)

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        tables = [each.coordinates(field) for each in self.components]
        members = self._members([table["kind"].size for table in tables])
        return {
            f"{name}_{number}": Label(variable.values[which], variable.attrs.get("units", ""))
            for number, (table, which) in enumerate(zip(tables, members, strict=True), start=1)
            for name, variable in table.items()
            if not (name == "kind" and (variable.values == "grating").all())
        }

    def closed_form(self, highest: float) -> ClosedForm | None:
        forms = [each.closed_form(highest) for each in self.components]
        known = [form for form in forms if form is not None]
        if len(known) < len(forms):
            return None
        members = self._members([form.stimuli for form in known])
        taken = [form.taken(which) for form, which in zip(known, members, strict=True)]
        total = taken[0]
        for form in taken[1:]:
            total = total.plus(form)
        return total

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        members = self._members([each.count(field) for each in self.components])[:, index]
        pictures = [
            each.picture(field, int(which), time)
            for each, which in zip(self.components, members, strict=True)
        ]
        plaid: Array = np.sum(pictures, axis=0)
        return plaid
