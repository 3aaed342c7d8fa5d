"""How often an experiment tells two rectifiers apart."""

import numpy as np
import pytest

from neurosim import InputError
from neurosim.analysis.comparison.discrimination import told_apart
from neurosim.analysis.comparison.simulated import poisson_responses

CONTRAST = np.linspace(0, 1, 12)


def _responses(trials):
    return poisson_responses("half-squared", {"r0": 2, "gain": 40}, CONTRAST, trials, 0.5, 2, 3)


def test_more_trials_tell_more_apart_and_the_number_needed_is_enough():
    few = told_apart(_responses(4), "half-squared", "thresholded half-wave", seed=1)
    assert few.share < 0.95 < 1
    assert few.trials_needed > 4
    assert (few.conditions, few.trials) == (12, 4)
    # oracle: an experiment with as many trials, simulated from the same fits
    needed = int(np.ceil(few.trials_needed))
    again = _responses(4).isel(trial=np.zeros(needed, dtype=int))
    again["trials"][:] = needed
    assert told_apart(again, "half-squared", "half-wave").share > 0.9
    assert f"{needed} trials would make it 95 %" in repr(few)
    assert repr(few).startswith("With 12 conditions and 4 trials, half-squared and thresholded")


def test_the_best_drive_is_where_the_rates_differ_most():
    # oracle: half-wave and half-squared of one mean differ most at the ends
    found = told_apart(_responses(10), "half-squared", "half-wave", simulations=50)
    drives, information = found.information
    assert information[np.searchsorted(drives, found.best_drive)] == information.max()
    assert (information >= 0).all()


def test_designs_that_cannot_be_are_refused():
    for arguments, message in (
        ({"cell": 5}, "cell as a label, got 5"),
        ({"goal": 2}, "goal between 0 and 1"),
        ({"other": "half-squared"}, "two rectifiers, got half-squared"),
        ({"other": "modulus"}, "one that needs quadrature"),
    ):
        given = {"one": "half-squared", "other": "half-wave", **arguments}
        with pytest.raises(InputError, match=message):
            told_apart(_responses(2), **given)
