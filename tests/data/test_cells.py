"""Cells by their labels, and values that are no numbers by their places."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurosim import (
    LIF,
    InputError,
    fit,
    fit_rates,
    poisson_responses,
    responses_from_counts,
    simulate,
    told_apart,
)
from neurosim.base.errors import Faults
from neurosim.data.cells import place_of_cell
from neurosim.models.rectifiers import named_rectifier


def labelled(labels):
    truth, x = {"r0": 2, "gain": 30}, np.linspace(-1, 1, 8)
    made = poisson_responses(named_rectifier("half-wave"), truth, x, 5, 0.5, 3, seed=1)
    return made.assign_coords(cell=labels)


MIXED = np.empty(3, dtype=object)
MIXED[:] = [("A", 1), ("A", 2), ("B", 1)]
LABELS = {
    "numbers out of order": [7, 2, 0],
    "text": ["1.1", "1.10", "b"],
    "text of numbers": ["2", "0", "1"],
    "floats": [0.5, 1.5, 1.0],
    "tuples": MIXED,
    "levels": pd.MultiIndex.from_tuples([("A", 1), ("A", 2), ("B", 1)], names=["probe", "unit"]),
}


@pytest.mark.parametrize("key", LABELS)
def test_a_label_is_a_label_and_never_a_place(key):
    labels = np.asarray(LABELS[key], dtype=object if key in ("tuples", "levels") else None)
    for place, label in enumerate(labels.tolist()):
        for said in (label, str(label)):  # as a value, and as everything printed shows it
            faults = Faults("here")
            assert place_of_cell(labels, said, faults) == place
            assert not faults.found


@pytest.mark.parametrize(
    ("labels", "cell"),
    [
        (["a", "b"], 0),
        (["1", "0"], 1),
        ([3, 5], 0),
        ([3, 5], True),
        ([1.0, 2.0], 1.5),
        (["probe 1.1", "probe 1.10"], "probe 1.100"),
        (["a", "a"], "a"),
        (list(range(50)), 77),
    ],
)
def test_a_label_that_none_has_is_told_those_there_are(labels, cell):
    faults = Faults("here")
    place_of_cell(np.array(labels), cell, faults)
    with pytest.raises(InputError, match=r"cell as a label.*cells: ") as refused:
        faults.stop()
    assert len(str(refused.value)) < 250


def test_every_door_takes_labels():
    # oracle: the values of the cell that has the label
    responses = labelled([7, 2, 0])
    fitted = fit("half-wave", responses)
    x = np.array([0.5])
    for place, label in enumerate([7, 2, 0]):
        r0, gain = fitted.values[place]
        assert fitted.rate(x, label)[0] == pytest.approx(r0 + gain * 0.5)
        line = fitted.plot(label, simulations=20).axes[0].lines[0].get_ydata()
        only = fit("half-wave", responses.isel(cell=[place])).plot(simulations=20)
        assert np.allclose(np.ravel(line), np.ravel(only.axes[0].lines[0].get_ydata()))
    with pytest.raises(InputError, match=r"Fit.rate: expected cell as .*, got 1 .cells: 7; 2; 0"):
        fitted.rate(x, 1)
    with pytest.raises(InputError, match="told_apart: expected cell as a label"):
        told_apart(responses, "ReLU", "squared ReLU", cell=1)
    torch = pytest.importorskip("torch")
    from neurosim.convnet import Activation

    layer = Activation.of_fit(fitted, 2)
    assert float(layer(torch.tensor([0.5]))) == pytest.approx(fitted.rate(x, 2)[0], rel=1e-5)
    with pytest.raises(InputError, match="cell as a label"):
        Activation.of_fit(fitted, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_named_by_stimulus_and_cell(value):
    drive = xr.DataArray(
        np.zeros((3, 2)), {"stimulus": range(3), "cell": ["a", "b"]}, ("stimulus", "cell")
    )
    drive[1, 1] = value
    place = f"{value} at stimulus 1, cell b"
    with pytest.raises(InputError, match=f"finite drive, got {place}"):
        responses_from_counts(drive, np.ones((3, 2, 4), int), 0.5)
    with pytest.raises(InputError, match=f"finite drive, got {place}"):
        simulate(LIF(), drive)
    good = responses_from_counts(drive.fillna(0).clip(-1, 1), np.ones((3, 2, 4), int), 0.5)
    good["drive_noise"] = drive
    with pytest.raises(InputError, match=f"finite drive_noise, got {place}"):
        fit("measured-noise threshold", good)
    count = np.ones((3, 2, 4))
    count[1, 1, 2] = value
    with pytest.raises(InputError, match=f"got {value} at stimulus 1, cell b, trial 2"):
        responses_from_counts(drive.fillna(0).clip(-1, 1), count, 0.5, trials=np.full((3, 2), 4))
    rates = np.array([[1.0, 2, 3, 4], [1, 2, value, 4]])
    for x, rate, name in ((rates, np.ones((2, 4)), "x"), (np.arange(4), rates, "rate")):
        with pytest.raises(InputError, match=f"finite {name}, got {value} at cell 1, condition 2"):
            fit_rates("ReLU", x, rate)
