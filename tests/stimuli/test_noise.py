"""Noise: its moments, its spectrum, its seeds."""

import numpy as np
import pytest

from neurosim import (
    GaborBank,
    InputError,
    Noise,
    VisualField,
)

SMALL = VisualField(size=2, ppd=16)
FIELD = VisualField(size=4, ppd=16)


@pytest.mark.parametrize("kind", ["gaussian", "binary", "ternary", "pink"])
def test_noise_has_its_moments_and_each_frame_its_own_seed(kind):
    noise = Noise(40, kind, contrast=0.4, density=0.2, seed=3)
    frames = noise.pictures(SMALL)
    # oracle: RMS contrast 0.4 sqrt(density) for sparse squares, else 0.4; no mean
    rms = 0.4 * (0.2**0.5 if kind == "ternary" else 1)
    few = 4 / 40**0.5 if kind == "pink" else 4 / frames.size**0.5
    assert frames.std() == pytest.approx(rms, rel=few)
    assert abs(frames.mean()) < 4 * rms / frames.size**0.5
    assert np.array_equal(Noise(3, kind, 0.4, density=0.2, seed=3).picture(SMALL, 29), frames[29])
    assert not np.array_equal(frames[0], frames[1])
    assert abs(np.corrcoef(frames[0].ravel(), frames[1].ravel())[0, 1]) < 0.25
    others = Noise(1, kind, 0.4, density=0.2, seed=4).pictures(SMALL)
    assert not np.array_equal(others[0], frames[0])


def test_pink_noise_has_its_spectrum():
    # oracle: a line fitted to the mean power over frames, log-log, away from the axes' corners
    field = VisualField(4, 16)
    frames = Noise(60, "pink", slope=2.0, seed=1).pictures(field)
    power = (np.abs(np.fft.fft2(frames)) ** 2).mean(0)
    f = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    inside = (f > 0.03) & (f < 0.4)
    slope = np.polyfit(np.log(f[inside]), np.log(power[inside]), 1)[0]
    assert slope == pytest.approx(-2.0, abs=0.05)


def test_noise_squares_and_refusals():
    frame = Noise(1, "gaussian", square=0.25, seed=0).pictures(SMALL)[0]
    assert np.ptp(frame[:4, :4]) == 0
    assert len(np.unique(frame)) == 64
    with pytest.raises(InputError, match=r"squares of whole pixels, got 1.6 pixels"):
        Noise(1, square=0.1).frames(SMALL)
    for arguments, message in (
        ({"frames": 0}, "frames as a whole number >= 1"),
        ({"frames": 1, "kind": "blue", "contrast": -1}, "kind among .* contrast > 0"),
        ({"frames": 1, "density": 2}, "density in"),
        ({"frames": 1, "kind": "pink", "square": 1}, "no square for pink"),
    ):
        with pytest.raises(InputError, match=message):
            Noise(**arguments)


def test_noise_drives_cells_as_its_pixels_do():

    bank = GaborBank.quadrature(0, 2)
    noise = Noise(5, seed=2)
    kernels = bank.kernels(VisualField()).values
    expected = np.einsum("cij,sij->sc", kernels, noise.pictures(VisualField()))
    assert bank.drive(noise).values == pytest.approx(expected)


def test_pink_noise_with_a_highest_frequency_does_not_depend_on_the_pixels():
    noise = Noise(2, "pink", highest=5.0, seed=1)
    coarse, fine = noise.pictures(FIELD), noise.pictures(VisualField(size=4, ppd=48))
    assert fine[:, 1::3, 1::3] == pytest.approx(coarse, abs=1e-9)
    with pytest.raises(InputError, match=r"highest <= 8 cycles/deg"):
        Noise(1, "pink", highest=9).frames(FIELD)
    with pytest.raises(InputError, match="highest for pink noise only"):
        Noise(1, highest=3)
