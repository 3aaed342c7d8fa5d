"""Video files, decoded to light."""

import sys

import numpy as np
import pytest

from neurosim import InputError, Movie, VisualField
from neurosim.stimuli.images import srgb_to_linear

FIELD = VisualField(size=2, ppd=16, frame_rate=50)


def _write_video(path, codes):
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width = codes.shape[1:]
        stream.pix_fmt = "bgr0"
        for frame in codes:
            rgb = np.repeat(frame[..., None], 3, axis=-1)
            for packet in stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def test_a_video_file_is_decoded_to_light(tmp_path):
    # oracle: the codes that were written with a lossless codec, decoded from sRGB
    codes = np.random.default_rng(1).integers(0, 256, (6, 32, 32), dtype=np.uint8)
    _write_video(tmp_path / "film.mkv", codes)
    movie = Movie(tmp_path / "film.mkv")
    assert repr(movie) == "<Movie: 6 frames of 32 x 32 from film.mkv>"
    light = srgb_to_linear(codes / 255)
    expected = light / light.mean() - 1
    assert movie.frames(FIELD).values[0] == pytest.approx(expected, abs=1e-6)
    for k in (4, 1, 5, 0):  # in any order
        assert movie.picture(FIELD, 0, k / 50) == pytest.approx(expected[k], abs=1e-6)


def test_without_its_reader_a_video_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "film.mp4").write_bytes(b"nothing")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"film.mp4: video needs PyAV \(in .* -e '.\[video\]'\)$"):
        Movie(tmp_path / "film.mp4")


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile {other}\n",
        "#EXTM3U\n#EXTINF:1,\n{other}\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    ],
    ids=["concat", "playlist", "sdp"],
)
def test_a_video_file_opens_no_other(tmp_path, text):
    _write_video(tmp_path / "other.mkv", np.zeros((3, 32, 32), dtype=np.uint8))
    (tmp_path / "film.mp4").write_text(text.format(other=tmp_path / "other.mkv"))
    with pytest.raises(InputError, match=r"film.mp4: cannot be read as a video"):
        Movie(tmp_path / "film.mp4")
