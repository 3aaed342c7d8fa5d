"""Reading photographs into linear luminance, refusing by name what cannot be read right.

Sources: IEC 61966-2-1 (the sRGB transfer curve) and ITU-R BT.709 (luminance from linear RGB).
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Flags
from neurosim.base.errors import Faults, InputError
from neurosim.base.files import path_of

__all__ = [
    "Encoding",
    "ImageWarning",
    "Light",
    "image_files",
    "in_light",
    "in_natural_order",
    "read_image",
    "srgb_to_linear",
]

Encoding = Literal["sRGB", "linear"]

_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".pgm", ".ppm"}
# readers of raster images alone: that of PostScript would start another program
_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
_PARTIAL_CODES = (8, 10, 12, 14)  # bits of a camera, stored in 16
_WHITE = {"u1": 255.0, "u2": 65535.0}  # the code of white, by dtype
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # BT.709 weights of linear R, G, B


class ImageWarning(UserWarning):
    """An image may not be what it is read as."""


def srgb_to_linear(value: Array) -> Array:
    """Linear light from sRGB-encoded values, both 0..1 (IEC 61966-2-1).

    Examples
    --------
    >>> srgb_to_linear(np.array([0.0, 0.5, 1.0])).round(6)
    array([0.      , 0.214041, 1.      ])
    """
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def image_files(paths: list[Path], faults: Faults) -> list[Path]:
    """The image files that `paths` name: each a file, or a folder whose image files are meant.

    Paths that do not exist and folders without an image are noted in `faults`.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = in_natural_order(
                p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file()
            )
            kinds = " ".join(sorted(_SUFFIXES))
            if faults.require(inside, f"an image in the folder {path}", "none", f"read: {kinds}"):
                files += inside
        elif path.exists():
            files.append(path)
        else:
            faults.add(f"no such file or folder: {path}")
    return files


def in_natural_order(paths: Iterable[Path]) -> list[Path]:
    """Sorted by name, numbers in names by their value: frame2 comes before frame10.

    Examples
    --------
    >>> [p.name for p in in_natural_order([Path("f10.png"), Path("f2.png")])]
    ['f2.png', 'f10.png']
    """
    return sorted(
        paths,
        key=lambda path: [
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in re.split(r"([0-9]+)", path.name.lower())
            if part
        ],
    )


class Light(NamedTuple):
    """An image in light."""

    luminance: Array  # (row, column), linear; 1 is the file's white, if it has one
    saturated: Flags  # (row, column): at the end of the code, so perhaps brighter


def read_image(path: str | os.PathLike[str], encoding: Encoding = "sRGB") -> Light:
    """Relative luminance of an image file, 1 being the file's white.

    Parameters
    ----------
    path : path
        Grey, palette, RGB or opaque RGBA, of 8 or 16 bits; 32-bit integers and floating point if
        linear (their numbers are the luminance, for they have no white).
    encoding : "sRGB" or "linear"
        How the file's numbers relate to light.

    Returns
    -------
    Light
        Luminance and a mask of saturated pixels, (row, column) each.

    Warns
    -----
    ImageWarning
        When codes of 16 bits end where a camera's of 8 to 14 would: white may be far below 65535.

    Raises
    ------
    InputError
        When the file is not an image, is truncated or enormous, or is of a kind whose luminance
        is not defined here (CMYK, transparent, animated).
    """
    from PIL import Image, UnidentifiedImageError

    path, faults = path_of(path, "read_image"), Faults("read_image")
    faults.one_of("encoding", encoding, ("sRGB", "linear"))
    faults.stop()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.init()  # registers the readers
            with Image.open(path, formats=_FORMATS) as image:
                values = _values(image)
    except UnidentifiedImageError:
        raise InputError(
            f"{path}: not an image file, whatever its name says (read: {', '.join(_FORMATS)})"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = Image.MAX_IMAGE_PIXELS
        raise InputError(f"{path}: more than {limit} pixels; crop it first") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except Exception as error:  # noqa: BLE001  # Pillow's readers raise anything for broken files
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path}: cannot be read as an image ({reason})") from None
    _question_white(values, path)
    if values.dtype.kind + str(values.dtype.itemsize) not in _WHITE:
        return _wide(values, path, encoding)
    return in_light(values, encoding)


def _question_white(values: AnyArray, path: Path) -> None:
    """Warn where 16 bits may hold fewer, so that white is not the code that it is taken to be."""
    if values.dtype != np.uint16 or values.size == 0:
        return
    used = int(values.max()).bit_length()
    bits = next((each for each in _PARTIAL_CODES if each >= used), None)
    if used and bits:
        warnings.warn(
            f"{path}: no code of its 16 bits is above {values.max()}, so it may hold {bits} bits; "
            f"white is taken to be 65535 (multiply the codes by {2 ** (16 - bits)} if it is "
            f"{2**bits - 1})",
            ImageWarning,
            stacklevel=3,
        )


def in_light(values: AnyArray, encoding: Encoding) -> Light:
    """Pixel codes of 8 or 16 bits, (row, column) or (row, column, RGB), in light."""
    kind = values.dtype.kind + str(values.dtype.itemsize)
    saturated = values == _WHITE[kind]
    if encoding == "linear":
        linear = values / _WHITE[kind]
    elif values.dtype == np.uint8:
        linear = srgb_to_linear(np.arange(256) / 255)[values]  # each code decoded once
    else:
        linear = srgb_to_linear(values / 65535.0)
    if linear.ndim == 2:
        return Light(linear, saturated)
    return Light(linear @ _LUMINANCE, saturated.any(axis=-1))


def _wide(values: AnyArray, path: str | os.PathLike[str], encoding: Encoding) -> Light:
    """Numbers that have no white: luminance as they are, or refused."""
    faults = Faults(str(path))
    faults.require(
        encoding == "linear",
        "8 or 16 bits per colour for sRGB",
        values.dtype,
        "say encoding='linear' if its numbers are luminance",
    )
    usable = np.isfinite(values).all() and (values >= 0).all()
    faults.require(usable, "finite luminances >= 0", "others")
    faults.stop()
    return Light(values.astype(float), np.zeros(values.shape, dtype=bool))


def _values(image) -> AnyArray:  # type: ignore[no-untyped-def]  # Pillow comes late
    """Pixel codes, uint8 or uint16; shape (rows, columns) for grey, (rows, columns, 3) for RGB."""
    from PIL import ImageOps

    if getattr(image, "n_frames", 1) > 1:
        raise InputError("an animation or a file of several images; save one frame as a file")
    image = ImageOps.exif_transpose(image)  # as the camera was held
    mode = image.mode
    if mode.startswith("I"):  # 16-bit grey, which some versions open as 32-bit integers
        codes = np.asarray(image)
        wide = codes.min() < 0 or codes.max() > 65535
        return codes if wide else codes.astype(np.uint16)
    if mode == "F":
        return np.asarray(image)
    if mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if mode in ("P", "PA", "RGBA", "LA", "RGB"):
        rgba = np.asarray(image.convert("RGBA"))
        if (rgba[..., 3] < 255).any():
            raise InputError("has transparent pixels; flatten it onto a background first")
        return rgba[..., :3]
    raise InputError(f"colour mode {mode} has no defined luminance; convert it to RGB or grey")
