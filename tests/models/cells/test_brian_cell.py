"""Cells given as Brian2 equations, through the same interface."""

import numpy as np
import pytest

from neurosim import LIF, BrianCell, InputError, adaptive_lif, exponential_if, simulate

PLAIN_LIF = BrianCell(
    """dv/dt = (mu - v)/tau + sd*sqrt(2/tau)*xi : volt (unless refractory)
    mu : volt""",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    refractory="2 ms",
    start={"v": "-60 mV"},
    constants={"tau": "20 ms", "sd": "3 mV"},
)
OPTIONS = {"gain": 20, "duration": 0.5, "settle": 0.2, "dt": 1e-4, "seed": 3}


@pytest.fixture
def drive(as_drive):
    return as_drive([[-0.5, 0.0], [0.5, 1.0]])


def test_a_lif_on_the_plain_grid_has_the_known_bias_of_the_grid(drive):
    # oracle: Siegert's rate with the threshold raised by 0.5826 s sqrt(dt/tau) (Brunel & Hakim)
    responses = simulate(PLAIN_LIF, drive, baseline=-60, trials=300, **OPTIONS)
    measured = responses["count"].values.mean(-1) / 0.5
    error = responses["count"].values.std(-1) / 300**0.5 / 0.5
    raised = -50 + 0.5826 * 3 * 2**0.5 * (1e-4 / 0.02) ** 0.5
    mean = -60 + 20 * drive.values
    biased = LIF(noise_sd=3, v_threshold=raised).rate(mean)
    assert (np.abs(measured - biased) < 4 * error + 0.01 * biased + 0.01).all()
    assert "grid points only" in responses.attrs["time_step_error"]
    assert "tau" in responses.attrs["cell"]


@pytest.mark.parametrize("size", [13, pytest.param(7, marks=pytest.mark.slow)])
def test_same_seed_same_spikes_in_any_blocks(drive, monkeypatch, size):
    options = {**OPTIONS, "duration": 0.1, "baseline": -60, "trials": 5, "spike_times": True}
    whole = simulate(PLAIN_LIF, drive, **options)
    monkeypatch.setattr("neurosim.simulation.engine.grid._SIZE", size)
    parts = simulate(PLAIN_LIF, drive, workers=2, **options)
    assert whole["count"].values.sum() > 5
    assert np.array_equal(whole["count"], parts["count"])
    assert np.array_equal(whole["spike_time"], parts["spike_time"])


def test_adaptation_lowers_the_rate_as_it_must(as_drive):
    # oracle: at a high rate r without noise the adaptation current is jump tau_w r on average, so r
    # solves r = f(mu - jump tau_w r), f the deterministic f-I curve
    strong = as_drive([[1.0]])
    responses = simulate(
        adaptive_lif(noise_sd="0 mV"),
        strong,
        gain=30,
        baseline=-50,
        duration=1,
        settle=1,
        dt=1e-4,
        trials=1,
    )
    rate = float(responses["count"].values[0, 0, 0])
    cell = LIF(noise_sd=0)
    consistent = cell.rate(-20 - 2 * 0.1 * rate)
    assert rate == pytest.approx(consistent, rel=0.05)
    assert rate < 0.7 * cell.rate(-20)


def test_exponential_cell_fires_from_its_soft_threshold(as_drive):
    # oracle: its rheobase is v_soft - sharpness (where the drive's nullcline loses its fixed point)
    drive = as_drive([[-53.0], [-51.0], [-40.0]])
    options = {"gain": 1, "duration": 0.5, "settle": 0.1, "dt": 1e-4, "trials": 1}
    counts = simulate(exponential_if(noise_sd="0 mV"), drive, **options)["count"].values.ravel()
    assert counts[0] == 0
    assert 0 < counts[1] < counts[2]


def test_what_cannot_be_is_refused(drive):
    with pytest.raises(InputError, match=r"a line 'mu : volt' in the equations"):
        BrianCell("dv/dt = -v/(10*ms) : volt", threshold="v > 1*mV", reset="v = 0*mV")
    with pytest.raises(InputError, match="method among euler"):
        BrianCell("mu : volt", threshold="mu > 1*mV", reset="", method="exact")
    broken = BrianCell("dv/dt = (mu - nu)/(10*ms) : volt\nmu : volt", "v > 1*mV", "v = 0*mV")
    with pytest.raises(InputError, match=r"Brian2 cannot run these equations: .*nu"):
        simulate(broken, drive, trials=1)
    with pytest.raises(InputError, match="a LIF for engine='theory'"):
        simulate(PLAIN_LIF, drive, engine="theory")
    with pytest.raises(InputError, match="a LIF or a BrianCell, got str"):
        simulate("LIF", drive)
