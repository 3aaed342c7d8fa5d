"""Image files: their luminance, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from neurosim import (
    InputError,
    Movie,
    Photographs,
    VisualField,
)
from neurosim.stimuli.images import ImageWarning, read_image, srgb_to_linear

FIELD = VisualField(size=2, ppd=16, frame_rate=50)


def test_srgb_decoding():
    # oracle: IEC 61966-2-1, mid-grey 0.5 -> 0.21404114, and the linear toe
    assert srgb_to_linear(np.array([0.5]))[0] == pytest.approx(0.21404114, abs=1e-8)
    assert srgb_to_linear(np.array([0.04]))[0] == pytest.approx(0.04 / 12.92)


def test_luminance_of_the_kinds_of_file(tmp_path):
    # oracle: BT.709 weights of linear light; 16-bit code 32768 is 0.50000763 of white
    Image.fromarray(np.full((4, 4, 3), (255, 0, 0), dtype=np.uint8)).save(tmp_path / "red.png")
    assert read_image(tmp_path / "red.png").luminance[0, 0] == pytest.approx(0.2126)
    Image.fromarray(np.full((4, 4), 32768, dtype=np.uint16)).save(tmp_path / "grey.tiff")
    assert read_image(tmp_path / "grey.tiff", "linear").luminance[0, 0] == pytest.approx(
        32768 / 65535
    )
    red = Image.open(tmp_path / "red.png").quantize(4)
    red.save(tmp_path / "palette.png")
    assert read_image(tmp_path / "palette.png").luminance[0, 0] == pytest.approx(0.2126, abs=2e-3)
    red.convert("RGBA").save(tmp_path / "opaque.png")
    assert read_image(tmp_path / "opaque.png").luminance[0, 0] == pytest.approx(0.2126, abs=2e-3)
    Image.fromarray(np.eye(4) > 0).save(tmp_path / "bits.png")
    assert read_image(tmp_path / "bits.png", "linear").luminance.tolist() == np.eye(4).tolist()


def _broken_images(folder):
    """One file of each kind that must be refused, and what the refusal says."""
    noise = (np.random.default_rng(0).random((40, 50, 4)) * 255).astype(np.uint8)
    rgb = Image.fromarray(noise[..., :3])
    (folder / "text.jpg").write_text("not a picture")
    (folder / "empty.png").write_bytes(b"")
    rgb.save(folder / "whole.png")
    (folder / "truncated.png").write_bytes((folder / "whole.png").read_bytes()[:2000])
    rgb.convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(noise).save(folder / "transparent.png")
    rgb.save(folder / "animated.gif", save_all=True, append_images=[rgb.rotate(90)])
    Image.fromarray(np.zeros((40, 50), dtype=np.uint8)).save(folder / "black.png")
    Image.fromarray(noise[..., 0].astype(np.float32)).save(folder / "floating.tiff")
    return {
        "text.jpg": "not an image file",
        "empty.png": "not an image file",
        "truncated.png": "cannot be read as an image",
        "cmyk.jpg": "CMYK has no defined luminance",
        "transparent.png": "transparent pixels",
        "animated.gif": "animation",
        "black.png": "some light in it",
        "floating.tiff": "8 or 16 bits per colour for sRGB",
        "absent.png": "no such file",
    }


def test_every_bad_image_is_named_in_one_line(tmp_path):
    reasons = _broken_images(tmp_path)
    for name, reason in reasons.items():
        with pytest.raises(InputError, match=reason) as refused:
            Photographs(tmp_path / name)
        assert "\n" not in str(refused.value)
        assert name in str(refused.value)
    with pytest.raises(InputError) as refused:
        Photographs([tmp_path / name for name in reasons])
    assert all(reason in str(refused.value) for reason in reasons.values())  # all at once


def test_decompression_bomb_is_refused(tmp_path, monkeypatch):
    Image.fromarray(np.ones((40, 50), dtype=np.uint8)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="more than 1000 pixels; crop it"):
        Photographs(tmp_path / "large.png")


def test_wide_numbers_are_luminance_only_if_said_to_be(tmp_path):
    light = np.random.default_rng(0).random((40, 40)).astype(np.float32)
    Image.fromarray(light).save(tmp_path / "light.tiff")
    patch = Photographs(tmp_path, patches=1, encoding="linear").frames(FIELD)
    top, left = int(patch["top"][0]), int(patch["left"][0])
    expected = light[top : top + 32, left : left + 32] / light.mean(dtype=float) - 1
    assert patch.values[0] == pytest.approx(expected)
    with pytest.raises(InputError, match="8 or 16 bits per colour for sRGB, got float32"):
        Photographs(tmp_path)


def test_no_file_starts_another_program(tmp_path, monkeypatch):
    # Pillow would hand PostScript to Ghostscript, whatever the name of the file
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n%%EndComments\nshowpage\n"
    started = []
    monkeypatch.setattr("subprocess.Popen", lambda *a, **k: started.append(a))
    monkeypatch.setattr("subprocess.check_call", lambda *a, **k: started.append(a))
    for name in ("figure.eps", "photo.png", "photo.jpg", "photo.tiff"):
        (tmp_path / name).write_bytes(script)
        for door in (Photographs, read_image):
            with pytest.raises(InputError, match=r"not an image file|cannot be read|none"):
                door(tmp_path / name)
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "1.png").write_bytes(script)
    with pytest.raises(InputError, match="not an image file"):
        Movie(tmp_path / "frames").frames(FIELD)
    assert not started


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_fewer_bits_in_sixteen_are_noticed(tmp_path, bits, kind):
    codes = np.random.default_rng(0).integers(0, 2**bits, (40, 50)).astype(np.uint16)
    codes[0, 0] = 2**bits - 1
    path = tmp_path / f"camera.{kind}"
    Image.fromarray(codes).save(path)
    with pytest.warns(ImageWarning, match=f"may hold {bits} bits.*multiply the codes by"):
        read_image(path, "linear")
    Image.fromarray(codes << (16 - bits)).save(path)
    assert read_image(path, "linear").luminance.max() > 0.99


def _pages(path):
    """A TIFF of two pages, and where its second directory begins."""
    page = Image.fromarray((np.random.default_rng(0).random((40, 50)) * 255).astype(np.uint8))
    page.save(path, save_all=True, append_images=[page])
    content = path.read_bytes()
    first = int.from_bytes(content[4:8], "little")
    entries = int.from_bytes(content[first : first + 2], "little")
    at = first + 2 + 12 * entries
    return bytearray(content), at, int.from_bytes(content[at : at + 4], "little")


@pytest.mark.parametrize("damage", ["beyond", "cut", "tags", "noise"])
def test_a_tiff_whose_second_page_is_damaged_is_one_line(tmp_path, damage):
    path = tmp_path / "two.tiff"
    content, at, second = _pages(path)
    if damage == "beyond":
        content[at : at + 4] = (2**31).to_bytes(4, "little")
    elif damage == "cut":
        content = content[: second + 3]
    elif damage == "tags":
        content[second : second + 2] = (60_000).to_bytes(2, "little")
    else:
        content[second:] = np.random.default_rng(1).bytes(len(content) - second)
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_image(path)
    assert "two.tiff" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["png", "tiff", "jpg", "bmp", "webp", "gif", "pgm"])
def test_mutated_images_are_read_or_one_line(tmp_path, kind):
    random = np.random.default_rng(2)
    Image.fromarray((random.random((20, 30)) * 255).astype(np.uint8)).save(tmp_path / f"a.{kind}")
    whole = (tmp_path / f"a.{kind}").read_bytes()
    for number in range(60):
        content = bytearray(whole)
        for _ in range(number % 4 + 1):
            content[random.integers(len(content))] = random.integers(256)
        path = tmp_path / f"mutated.{kind}"
        path.write_bytes(content[: len(content) if number % 3 else random.integers(len(content))])
        said = ""
        try:
            assert read_image(path).luminance.ndim == 2
        except InputError as error:
            said = str(error)
        assert "\n" not in said
