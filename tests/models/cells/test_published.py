"""Published cells say where they are from."""

import pytest

from neurosim import LIF, InputError


def test_presets_say_where_they_are_from():
    from neurosim.models.cells.published import PRESETS

    for name, preset in PRESETS.items():
        assert preset.source
        assert LIF.preset(name).tau_m == preset.parameters["tau_m"]
    assert LIF.preset("brette-2007-cuba", noise_sd=2).noise_sd == 2
    with pytest.raises(InputError, match="name among brunel-hakim-1999"):
        LIF.preset("hodgkin-huxley")
