"""What decides the rectifier of simulated cells."""

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, compare, simulate
from neurosim.analysis.comparison.deciding import best_cut, membrane
from neurosim.analysis.comparison.simulated import poisson_responses


@pytest.fixture(scope="module")
def simulated():
    """Cells from one to four noise SDs below threshold."""
    drive = np.repeat(np.linspace(-1, 1, 21)[:, None], 16, axis=1)
    drive = xr.DataArray(drive, dims=("stimulus", "cell"))
    lif = LIF(v_rest=np.linspace(-54, -66, 16), v_threshold=-50.0, noise_sd=4.0)
    return compare(simulate(lif, drive, gain=25.0, duration=1.0, trials=10, seed=1))


def test_more_noise_sds_from_threshold_make_a_cell_half_squared(simulated):
    # oracle: Miller & Troyer 2002: the power that fits best is 2 at some 2 noise SDs
    known = membrane(simulated.responses)
    assert known.distance / known.noise == pytest.approx(np.linspace(1, 4, 16))
    assert 1.5 < simulated.cut.at < 3.5
    assert simulated.cut.right_above + simulated.cut.right_below >= 15
    assert simulated.cut.above + simulated.cut.below == 16
    assert simulated.headline.startswith("Noise decides: half-squared is the nearer above")


def test_true_parameters_stand_beside_the_effective_ones(simulated):
    table = simulated.effective
    assert set(table["parameter"]) == {"effective threshold", "effective noise"}
    noise = table[table["parameter"] == "effective noise"]
    assert noise["membrane"].tolist() == pytest.approx([4 / 25] * 16)
    threshold = table[table["parameter"] == "effective threshold"]
    assert threshold["membrane"].values == pytest.approx(np.linspace(4, 16, 16) / 25)
    fitted = next(each for each in simulated.fits if each.rectifier.mechanistic)
    assert threshold["effective"].tolist() == fitted.values[:, 2].tolist()
    assert (table["low"] <= table["effective"]).all()
    assert (table["effective"] <= table["high"]).all()


@pytest.mark.parametrize(
    ("along", "upper", "at"),
    [
        ([0, 1, 2, 3, 6, 7, 8, 9], [0, 0, 0, 0, 1, 1, 1, 1], 4.5),
        ([9, 8, 7, 6, 3, 2, 1, 0], [1, 1, 1, 1, 0, 0, 0, 0], 4.5),  # in any order
        ([0, 1, 2, 3, 6, 7, 8, 9], [1, 1, 1, 1, 0, 0, 0, 0], None),  # the other way round
        ([0, 1, 2, 3, 6, 7, 8, 9], [1] * 8, None),  # all of one kind
        ([1] * 8, [0, 0, 0, 0, 1, 1, 1, 1], None),  # nothing to cut
        ([0, 1, 2, 9], [0, 0, 1, 1], None),  # too few to say it
        ([], [], None),
    ],
)
def test_a_cut_is_said_where_it_parts_cells(along, upper, at):
    found = best_cut(np.array(along, dtype=float), np.array(upper, dtype=bool))
    assert (None if found is None else found.at) == at


def test_recorded_cells_have_no_membrane():
    made = poisson_responses("half-wave", {"r0": 1, "gain": 9}, [0, 0.5, 1], 3, 1.0, 2)
    assert membrane(made) is None
