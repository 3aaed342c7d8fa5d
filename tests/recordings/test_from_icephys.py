"""Current-clamp sweeps of NWB files: spikes against injected current."""

from datetime import UTC, datetime

import numpy as np
import pytest

from neurosim import InputError, fit, responses_from_icephys

pynwb = pytest.importorskip("pynwb")
RATE = 10_000.0  # samples per second


def potential(spikes, samples):
    """A trace (mV) with so many spikes in the step from 0.2 to 0.7 s."""
    trace = np.full(samples, -65.0)
    for when in 0.21 + 0.48 * np.arange(spikes) / max(spikes, 1):
        at = int(when * RATE)
        trace[at : at + 10] = 30.0
    return trace


def command(step, samples, held=-20.0):
    current = np.full(samples, held)
    current[2000:7000] = held + step
    return current


def written(path, sweeps, table=True, numbers=True, scale=1.0):
    """A file of sweeps (current pA, potential mV)."""
    from pynwb.icephys import CurrentClampSeries, CurrentClampStimulusSeries

    nwb = pynwb.NWBFile("sweeps", "id", datetime.now(UTC))
    device = nwb.create_device("amplifier")
    electrode = nwb.create_icephys_electrode(name="cell 1", device=device, description="patch")
    for k, (current, voltage) in enumerate(sweeps):
        about = {"electrode": electrode, "gain": 1.0, "rate": RATE, "starting_time": 10.0 * k}
        about["sweep_number"] = np.uint64(k) if numbers else None
        stimulus = CurrentClampStimulusSeries(
            name=f"s{k}", data=current / scale, conversion=1e-12 * scale, **about
        )
        response = CurrentClampSeries(name=f"r{k}", data=voltage, conversion=1e-3, **about)
        if table:
            nwb.add_intracellular_recording(
                electrode=electrode, stimulus=stimulus, response=response
            )
        else:
            nwb.add_stimulus(stimulus)
            nwb.add_acquisition(response)
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)
    return path


STEPS, SPIKES = [-50, 0, 50, 100, 150, 150], [0, 0, 3, 9, 14, 16]


@pytest.mark.parametrize("table", [True, False], ids=["table", "numbers"])
@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_sweeps_become_an_fi_curve(tmp_path, table, scale):
    # oracle: the steps and spikes that were put in
    sweeps = [(command(i, 9000), potential(n, 9000)) for i, n in zip(STEPS, SPIKES, strict=True)]
    made = responses_from_icephys(written(tmp_path / "f.nwb", sweeps, table, scale=scale))
    assert made["drive"].values.ravel() == pytest.approx([-50, 0, 50, 100, 150])
    assert made["drive"].attrs == {"units": "pA", "long_name": "current"}
    assert made["count"].values[:, 0].tolist() == [[0, 0], [0, 0], [3, 0], [9, 0], [14, 16]]
    assert made["trials"].values.ravel().tolist() == [1, 1, 1, 1, 2]
    assert made["duration"].item() == pytest.approx(0.5)
    assert made["cell"].values.tolist() == ["cell 1"]
    assert fit("thresholded half-wave", made).values[0, 1] > 0


def test_a_step_may_be_said_and_a_threshold(tmp_path):
    pulse = command(100, 9000)
    pulse[500:600] -= 30  # a test pulse
    sweeps = [(pulse, potential(9, 9000)), (command(50, 9000), potential(3, 9000))]
    path = written(tmp_path / "f.nwb", sweeps)
    with pytest.raises(InputError, match=r"one step in r0, got 2 departures .* .step=.start, end"):
        responses_from_icephys(path)
    made = responses_from_icephys(path, step=("200 ms", "700 ms"), threshold="-20 mV")
    assert made["count"].values.ravel().tolist() == [3, 9]
    half = responses_from_icephys(path, step=(0.2, 0.45))
    assert half["duration"].item() == pytest.approx(0.25)
    assert half["count"].values.ravel().tolist() == [2, 5]
    none = responses_from_icephys(path, step=(0.2, 0.7), threshold=50)
    assert none["count"].sum() == 0
    slow = responses_from_icephys(path, step=(0.2, 0.7), refractory="100 ms")
    assert slow["count"].values.ravel().max() < 6


def test_what_cannot_be_concluded_is_said(tmp_path):
    ramp = command(0, 9000)
    ramp[2000:7000] += np.linspace(0, 100, 5000)
    good = (command(50, 9000), potential(3, 9000))
    for name, sweeps, message in (
        ("ramp", [good, (ramp, potential(2, 9000))], "r1"),
        ("flat", [(command(0, 9000), potential(0, 9000))] * 2, "a step of current in some sweep"),
        ("short", [good, (command(50, 9000), potential(3, 8000))], "r1 on one clock"),
        ("one", [good, good], "at least 2 different values of current"),
    ):
        path = written(tmp_path / f"{name}.nwb", sweeps)
        with pytest.raises(InputError, match=message) as refused:
            responses_from_icephys(path)
        assert "\n" not in str(refused.value)
    lost = written(tmp_path / "lost.nwb", [good, good], table=False, numbers=False)
    with pytest.raises(InputError, match="sweep"):
        responses_from_icephys(lost)
    for options, message in (
        ({"threshold": "1 s"}, "threshold"),
        ({"refractory": -1}, "refractory from 0 to 1 s"),
        ({"step": (0.5, 0.2)}, "step as .start, end"),
        ({"step": (0.5, 5.0)}, "one step in r0, got a sweep of"),
    ):
        with pytest.raises(InputError, match=message):
            responses_from_icephys(tmp_path / "ramp.nwb", **options)
