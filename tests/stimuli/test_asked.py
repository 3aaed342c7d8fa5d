"""What every stimulus set asks of who asks it, its own methods and those of sets to come."""

import numpy as np
import pytest

from neurosim import Gratings, InputError, VisualField
from neurosim.stimuli.stimulus import Label, Stimulus


class Checkerboard(Stimulus):
    """As somebody else would write a set: nothing is looked at here."""

    kind = "checkerboard"

    def labels(self, field):
        return {"side": Label(np.array([1, 2]), "pixel")}

    def picture(self, field, index, time=0.0):
        rows, columns = np.indices(field.shape) // [1, 2][index]
        return 1.0 - 2.0 * ((rows + columns) % 2)


SETS = [Checkerboard(), Gratings(phase=[0, 90])]


@pytest.mark.parametrize("stimulus", SETS, ids=[one.kind for one in SETS])
@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("labels", (None,), "expected field as a VisualField, got None"),
        ("picture", (2, 0), "expected field as a VisualField, got int 2"),
        ("picture", (VisualField(), 2), "expected an index below 2, got 2"),
        ("picture", (VisualField(), -1), "expected index as a whole number >= 0, got -1"),
        ("picture", (VisualField(), "a", np.nan), "index as .*; expected time as a finite number"),
        ("pictures", (VisualField(), 1, 0), "expected stop as a whole number from 1 to 2, got 0"),
        ("closed_form", (0,), "expected highest > 0 cycles/deg, got 0"),
        ("stream", (VisualField(), "a"), "expected a duration in s, got a"),
    ],
)
def test_what_cannot_be_asked_of_a_set(stimulus, method, arguments, message):
    with pytest.raises(InputError, match=message):
        list(getattr(stimulus, method)(*arguments))


def test_an_index_error_of_the_set_itself_is_its_own():
    class Broken(Checkerboard):
        def picture(self, field, index, time=0.0):
            return [][index]

    with pytest.raises(IndexError):
        Broken().picture(VisualField(), 0)


def test_whole_numbers_of_any_type_count_stimuli():
    # oracle: the same number as an int
    field, stimulus = VisualField(size=1, ppd=4), Checkerboard()
    for one in (1.0, np.int64(1), np.array(1)):
        assert np.array_equal(stimulus.picture(field, one), stimulus.picture(field, 1))
        assert len(stimulus.pictures(field, 0, one)) == 1
