"""Movies: their frames about their mean, streamed, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from neurosim import GaborBank, InputError, Movie, Noise, VisualField
from neurosim.stimuli.images import in_natural_order, read_image

FIELD = VisualField(size=2, ppd=16, frame_rate=50)


def _luminance(frames=7, rows=40, columns=48):
    return np.random.default_rng(0).random((frames, rows, columns)) + 0.1


def test_a_movie_shows_its_frames_about_its_mean_and_then_grey(tmp_path):
    light = _luminance()
    np.save(tmp_path / "movie.npy", light)
    for source in (light, np.load(tmp_path / "movie.npy", mmap_mode="r")):
        movie = Movie(source, repeat=2)
        assert movie.length(FIELD) == pytest.approx(14 / 50)
        frames = movie.frames(FIELD)
        assert frames.sizes["time"] == 14
        expected = light[:, 4:36, 8:40] / light.mean() - 1  # the middle
        assert frames.values[0, ::2] == pytest.approx(expected)
        assert frames.values[0, 1::2] == pytest.approx(expected)
        assert np.abs(movie.picture(FIELD, 0, -0.01)).max() == 0
        assert np.abs(movie.picture(FIELD, 0, 0.29)).max() == 0


def test_a_folder_is_shown_in_the_order_of_its_numbers(tmp_path):
    for k in (10, 9, 2, 1):
        codes = np.random.default_rng(k).integers(0, 255, (32, 32), dtype=np.uint8)
        Image.fromarray(codes).save(tmp_path / f"frame{k}.png")
    files = in_natural_order(tmp_path.iterdir())
    assert [f.name for f in files] == ["frame1.png", "frame2.png", "frame9.png", "frame10.png"]
    frames = Movie(tmp_path).frames(FIELD)
    light = np.array([read_image(f).luminance for f in files])
    assert frames.values[0] == pytest.approx(light / light.mean() - 1)


def test_a_stimulus_set_is_a_movie_frame_by_frame():
    noise = Noise(9, "binary", seed=4)
    movie = Movie(noise)
    assert movie.frames(FIELD).values[0] == pytest.approx(noise.pictures(FIELD))
    bank = GaborBank.quadrature(0, 2)
    drive = bank.drive(movie).values[0].T
    assert drive == pytest.approx(bank.drive(noise).values)


def test_frames_are_streamed_and_never_all_in_memory(tmp_path):
    # oracle: peak memory of a pass over 512 MiB of frames
    import tracemalloc

    frames = np.lib.format.open_memmap(
        tmp_path / "long.npy", "w+", dtype=np.uint16, shape=(1024, 512, 512)
    )
    frames[:] = np.arange(1024, dtype=np.uint16)[:, None, None] + 1
    tracemalloc.start()
    movie = Movie(np.load(tmp_path / "long.npy", mmap_mode="r"))
    bank = GaborBank.quadrature(0, 2)
    drive = bank.drive(movie, VisualField(size=4, ppd=16))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert drive.sizes["time"] == 1024
    assert peak < 64 * 2**20


def test_movies_refuse_in_one_line_what_they_cannot_show(tmp_path):
    pytest.importorskip("av")
    (tmp_path / "film.mp4").write_bytes(b"nothing")
    (tmp_path / "notes.txt").write_text("text")
    uneven = tmp_path / "uneven"
    uneven.mkdir()
    for k, size in enumerate(((32, 32), (32, 40))):
        Image.fromarray(np.full(size, 9, dtype=np.uint8)).save(uneven / f"{k}.png")
    for source, message in (
        (tmp_path / "film.mp4", "film.mp4: cannot be read as a video"),
        (tmp_path / "notes.txt", "a folder of frames or a video file, got .*notes.txt"),
        (tmp_path / "absent", "absent .it does not exist"),
        (uneven, r"frame 1 of uneven: expected the first frame's size \(32, 32\), got \(32, 40\)"),
        (np.zeros((3, 4, 4)), "some light, got all frames black"),
        (-np.ones((3, 4, 4)), "frame 0 of array: expected finite luminances >= 0"),
        (np.ones((4, 4)), r"shape \(frame, row, column\), got \(4, 4\)"),
        (3, "a path, an array or a stimulus set, got int"),
    ):
        with pytest.raises(InputError, match=message) as refused:
            Movie(source)
        assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="frames of at least 32 x 32 pixels, got 4 x 4"):
        Movie(np.ones((3, 4, 4))).frames(FIELD)
    with pytest.raises(InputError, match=r"repeat as a whole number >= 1, got 0"):
        Movie(np.ones((3, 4, 4)), repeat=0)
