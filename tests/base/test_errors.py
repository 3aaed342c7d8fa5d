"""Faults of an input, noted and said at once."""

from __future__ import annotations

from neurosim.base.errors import Faults


def test_what_is_as_expected_is_not_printed():
    # the text of a fit works its intervals out, which costs more than the fit
    class Costly(dict):
        def __repr__(self):
            raise AssertionError("printed")

        __str__ = __repr__

    faults = Faults("subject")
    assert faults.kind("value", Costly(), Costly, "a Costly")
    assert faults.require(True, "a value", Costly())
    assert faults.mapping("value", Costly()) == {}
    assert len(faults.several("value", [Costly()], "some")) == 1
    faults.stop()
