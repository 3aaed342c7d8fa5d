"""Receptive fields in space and time: filters, direction selectivity, frames against formulas."""

import numpy as np
import pytest
from scipy.integrate import quad

from neurosim import (
    LIF,
    Bars,
    BiphasicFilter,
    Edges,
    GaborBank,
    GaborPatches,
    Gratings,
    InputError,
    Movie,
    Noise,
    Photographs,
    Plaids,
    TemporalGabor,
    Textures,
    VisualField,
    modulation,
    simulate,
)
from neurosim.stimuli import ClippingWarning

FIELD = VisualField(size=8, ppd=16, frame_rate=60)


NARROW = {"nx": 1.0, "ny": 0.5}  # whose Hilbert partner has no tail to speak of


@pytest.mark.parametrize(
    "temporal",
    [
        TemporalGabor(4),
        TemporalGabor(6, "50 ms", "300 ms"),
        BiphasicFilter(),
        BiphasicFilter(100, 3),
        BiphasicFilter(80, 5, balance=0.5),
    ],
)
def test_response_is_the_fourier_transform_of_the_kernel(temporal):
    # oracle: numerical Fourier integral
    assert np.abs(temporal.kernel([-0.01, -1])).max() == 0
    for f in (-6.0, 0.0, 2.0, 4.0, 11.0):

        def turned(t, f=f):
            return complex(temporal.kernel(t)) * np.exp(-2j * np.pi * f * t)

        integral = quad(turned, 0, temporal.duration, limit=500, complex_func=True)[0]
        assert abs(temporal.response(f) - integral) < 2e-6
    peak = np.abs(temporal.response(np.linspace(-40, 40, 80_001))).max()
    assert peak == pytest.approx(1, abs=1e-6)


def test_a_space_time_gabor_prefers_one_direction():
    bank = GaborBank([0, 180], 2, temporal=TemporalGabor(4, "80 ms"))
    drift = bank.sinusoidal_drive(Gratings([0, 180], 2, temporal_frequency=4))["drive_amplitude"]
    # oracle: exp(-(4 pi f s)^2 / 2) against the preferred direction
    against = np.exp(-((4 * np.pi * 4 * 0.08) ** 2) / 2)
    assert drift.values == pytest.approx(np.array([[1, against], [against, 1]]), abs=1e-12)
    flicker = Gratings(0, 2, temporal_frequency=4, motion="counterphase")
    both = bank.sinusoidal_drive(flicker)["drive_amplitude"].values
    assert both == pytest.approx(0.5, abs=against)  # it is made of one wave each way
    still = bank.drive(Gratings(0, 2)).values[0, 0]
    assert still == pytest.approx(np.exp(-((2 * np.pi * 4 * 0.08) ** 2) / 2))


MOVING = [
    (Gratings([0, 160, 200], 2, [0, 50], temporal_frequency=[3, 5]), 1e-6),
    (Gratings(10, 1.7, temporal_frequency=5, motion="counterphase"), 1e-6),
    (Plaids(Gratings(0, 2, temporal_frequency=4), Gratings(40, 2, temporal_frequency=6)), 1e-6),
    (GaborPatches(10, 2, temporal_frequency=4, sd=0.4), 1e-6),
    (Textures(2, temporal_frequency=5), 1e-6),
    (Bars(20, -1, 0.3, speed=5), 1e-2),
    (Edges(0, -1, speed=3), 1e-2),
]


@pytest.mark.parametrize(("stimulus", "within"), MOVING)
@pytest.mark.parametrize("temporal", [None, TemporalGabor(4), BiphasicFilter()])
def test_drive_over_time_in_closed_form_is_that_of_the_frames(stimulus, within, temporal):
    # oracle: products with every frame, filtered frame by frame; the filters' own aliasing at 60 Hz
    # is below 1e-3 (BiphasicFilter falls as a power of frequency)
    bank = GaborBank([0, 180, 30], 2, [0, 0, 50], temporal=temporal, **NARROW)
    within = max(within, 1e-3) if isinstance(temporal, BiphasicFilter) else within
    field = FIELD if within < 1e-2 else VisualField(size=6, ppd=24)
    exact = bank.drive(stimulus, field, duration=0.4)
    frames = bank.drive(stimulus, field, closed_form=False, duration=0.4)
    assert exact.dims == ("stimulus", "cell", "time")
    assert exact.values == pytest.approx(frames.values, abs=within)


@pytest.mark.parametrize("temporal", [None, TemporalGabor(4), BiphasicFilter()])
@pytest.mark.parametrize(("stimulus", "within"), MOVING)
def test_doubling_the_frame_rate_changes_no_drive(stimulus, within, temporal):
    bank = GaborBank([0, 180, 30], 2, temporal=temporal, **NARROW)
    slow, fast = (
        bank.drive(stimulus, VisualField(6, 16, rate), closed_form=False, duration=0.2).values
        for rate in (60, 120)
    )
    assert fast[..., ::2] == pytest.approx(slow, abs=max(within, 1e-3))


def test_quadrature_energy_to_a_drifting_grating_is_constant():
    gratings = Gratings(30, 2, temporal_frequency=3)
    bank = GaborBank.quadrature([30, 40, 75], 2)
    energy = (bank.drive(gratings, duration=1.0).values[0] ** 2).reshape(3, 4, -1).sum(1)
    assert (np.ptp(energy, axis=1) / energy.mean(1)).max() < 1e-9
    narrow = GaborBank.quadrature(30, 2, nx=1.2)
    frames = narrow.drive(gratings, FIELD, closed_form=False, duration=1.0).values[0]
    energy = (frames**2).sum(0)
    assert np.ptp(energy) / energy.mean() < 1e-9  # from the frames themselves


def test_a_half_squared_path_has_its_modulation_from_frames():
    # oracle: F1/F0 of [cos]+^2 is 16/(3 pi); 240 frames to the cycle
    field = VisualField(size=6, ppd=16, frame_rate=480)
    bank = GaborBank(30, 2, 25.0)
    drifting = Gratings(30, 2, temporal_frequency=2)
    drive = bank.drive(drifting, field, closed_form=False, duration=0.5).values[0, 0]
    ratio = modulation(np.maximum(drive, 0) ** 2, np.arange(240) * 1.5)
    assert ratio == pytest.approx(16 / (3 * np.pi), abs=1e-6)


def test_sinusoidal_drive_refuses_what_is_not_one_sinusoid():
    bank = GaborBank.quadrature(0, 2)
    mixed = Plaids(Gratings(temporal_frequency=4), Gratings(90, temporal_frequency=5))
    with pytest.raises(InputError, match="one temporal frequency in each stimulus, got 4 and 5 Hz"):
        bank.sinusoidal_drive(mixed)
    with pytest.raises(InputError, match="gratings, got moving edges"):
        bank.sinusoidal_drive(Bars(speed=1))
    with pytest.raises(InputError, match="moving stimuli with a closed form"):
        bank.sinusoidal_drive(Movie(Noise(3)))
    with pytest.raises(InputError, match="give a duration, or use sinusoidal_drive"):
        bank.drive(Gratings(temporal_frequency=4))


def test_filters_refuse_what_cannot_be():
    with pytest.raises(InputError, match=r"latency >= 5.3 sd = 0.265 s, got 0.1"):
        TemporalGabor(4, "50 ms", "100 ms")
    with pytest.raises(InputError, match="rate > 0 per s, got -1; expected order"):
        BiphasicFilter(-1, 0)
    bank = GaborBank(temporal=BiphasicFilter())
    with pytest.raises(InputError, match=r"aliased, got .* at 30 Hz .raise the field's frame_rate"):
        bank.drive(Movie(Noise(3)), VisualField(frame_rate=30))


def test_the_filter_sees_grey_before_a_movie():
    # oracle: the impulse response itself, one frame of a grating in the dark
    temporal = BiphasicFilter()
    bank = GaborBank(0, 2, temporal=temporal)
    grating = Gratings(0, 2).pictures(VisualField())[0]
    luminance = np.ones((40, 64, 64))
    luminance[0] += 0.5 * grating
    drive = bank.drive(Movie(luminance, mean=1.0)).values[0, 0]
    expected = 0.5 * temporal.kernel(np.arange(40) / 60) / 60
    assert drive == pytest.approx(expected, abs=1e-3 / 60)


def test_cells_answer_a_movie_with_spikes():
    bank = GaborBank.quadrature(0, 2)
    drive = bank.drive(Movie(Noise(60, contrast=1.0, seed=1)))
    responses = simulate(
        LIF(), 10 * drive, baseline=18.0, duration=1.0, trials=2, seed=1, time_bin=1 / 60
    )
    assert responses["count_in_bin"].sizes["time_bin"] == 60
    assert responses["count"].sum() > 20


def test_clipping_is_counted_over_what_is_shown_whatever_the_filter_remembers():
    display = VisualField(contrast_range=(-0.5, 0.5), clip=True)
    movie = Movie(Noise(6, contrast=0.5, seed=1))
    fractions = []
    for temporal in (None, BiphasicFilter(), TemporalGabor(4)):
        with pytest.warns(ClippingWarning, match="31.36%"):
            drive = GaborBank(0, 2, 0, temporal=temporal).drive(movie, display)
        fractions.append(float(drive["clipped"][0]))
    assert fractions == pytest.approx([fractions[0]] * 3)


def test_everything_but_a_movie_has_always_been_there():
    # oracle: a filter that answers no steady picture, and a flashed one
    bank = GaborBank(0, 2, [0, 90], temporal=BiphasicFilter())
    photographs = Photographs(patches=1, seed=6)
    assert np.abs(bank.drive(photographs, duration=0.3).values).max() < 1e-4
    assert np.abs(bank.drive(Movie(photographs, repeat=18)).values).max() > 1e-3
