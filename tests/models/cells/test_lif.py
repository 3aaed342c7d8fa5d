"""LIF cells: the rates of the theory, a sampled population, and what is refused."""

import numpy as np
import pytest

from neurosim import LIF, InputError, SlowSynapsesWarning


def test_lif_rate_is_the_table(lif_row):
    # oracle: REFERENCES. Its coloured column was made with alpha rounded to 2.0652532, which moves
    # two of the eight by one unit of the last digit; alpha here is sqrt(2) |zeta(1/2)| in full
    assert float(lif_row.cell().rate(lif_row.mean)) == pytest.approx(lif_row.white, abs=6e-7)
    cell = lif_row.cell(ratio=lif_row.tau_noise / lif_row.tau_m)
    mean = lif_row.mean
    assert float(cell.rate(mean)) == pytest.approx(lif_row.coloured, abs=1.1e-6)
    slope = (float(cell.rate(mean + 1e-4)) - float(cell.rate(mean - 1e-4))) / 2e-4
    assert float(cell.rate_slope(mean)) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"noise_sd": -1}, "LIF: expected noise_sd >= 0 mV, got -1"),
        ({"v_reset": -40}, "v_reset below v_threshold, got -40 and -50 mV"),
        ({"tau_m": 0, "t_ref": -1}, "tau_m > 0 s, got 0; expected t_ref >= 0 s"),
        ({"tau_m": "20 mV"}, "expected tau_m in s or a unit like it, got 20 mV"),
        ({"v_rest": [1, 2], "noise_sd": [1, 2, 3]}, r"one value or one per cell, got sizes \[2, 3"),
        ({"v_rest": np.inf}, "v_rest finite"),
    ],
)
def test_lif_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        LIF(**arguments)


def test_sampled_population_is_within_its_stated_ranges():
    cells = LIF.sample_v1(500, seed=2)
    distance = (cells.v_threshold - cells.v_rest) / cells.noise_sd
    assert cells.noise_sd.min() > 2.7
    assert cells.noise_sd.max() < 7.2
    assert distance.min() > 1
    assert distance.max() < 4
    assert np.ptp(distance) > 2.8
    with pytest.raises(InputError, match=r"no noise_sd \(it is sampled\)"):
        LIF.sample_v1(3, noise_sd=2)


def test_a_rate_of_slow_synapses_is_said_to_be_too_low():
    # oracle: shared/REFERENCES, formula against simulation: +1.4 % at a tenth, -43 % at tau_m
    with pytest.warns(SlowSynapsesWarning, match=r"LIF.rate: .* up to 0.2 tau_m, got 1 tau_m"):
        LIF(noise_sd=4, tau_noise=0.02).rate(-52.0)
    with pytest.warns(SlowSynapsesWarning, match="LIF.rate_slope"):
        LIF(noise_sd=4, tau_noise=0.01).rate_slope(-52.0)
    LIF(noise_sd=4, tau_noise=0.002).rate(-52.0)  # and warnings are errors here
    LIF(noise_sd=0, tau_noise=0.02).rate(-40.0)
