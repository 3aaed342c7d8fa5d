"""Reading photographs into linear luminance, refusing by name what cannot be read right.

Sources: IEC 61966-2-1 (the sRGB transfer curve) and ITU-R BT.709 (luminance from linear RGB).
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import Faults, InputError

__all__ = ["Encoding", "image_files", "luminance", "srgb_to_linear"]

Encoding = Literal["sRGB", "linear"]

_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".pgm", ".ppm"}
_WHITE = {"u1": 255.0, "u2": 65535.0}  # the code of white, by dtype
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # BT.709 weights of linear R, G, B


def srgb_to_linear(value: NDArray[np.float64]) -> NDArray[np.float64]:
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
            inside = sorted(
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


def luminance(path: str | os.PathLike[str], encoding: Encoding = "sRGB") -> NDArray[np.float64]:
    """Relative luminance of an image file, 1 being the file's white.

    Parameters
    ----------
    path : path
        Grey, palette, RGB or opaque RGBA, 8 or 16 bits.
    encoding : "sRGB" or "linear"
        How the file's numbers relate to light.

    Returns
    -------
    ndarray (rows, columns)
        Linear in light, 0..1.

    Raises
    ------
    InputError
        When the file is not an image, is truncated or enormous, or is of a kind whose luminance
        is not defined here (CMYK, transparent, animated, floating point).
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                values = _values(image)
    except UnidentifiedImageError:
        raise InputError(f"{path}: not an image file (whatever its name says)") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = Image.MAX_IMAGE_PIXELS
        raise InputError(f"{path}: more than {limit} pixels; crop it first") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises each for broken files
        raise InputError(f"{path}: cannot be read as an image ({error})") from None
    if encoding == "linear":
        linear = values / _WHITE[values.dtype.kind + str(values.dtype.itemsize)]
    elif values.dtype == np.uint8:
        linear = srgb_to_linear(np.arange(256) / 255)[values]  # each code decoded once
    else:
        linear = srgb_to_linear(values / 65535.0)
    return linear if linear.ndim == 2 else linear @ _LUMINANCE


def _values(image) -> NDArray[Any]:  # type: ignore[no-untyped-def]  # Pillow comes late
    """Pixel codes, uint8 or uint16; shape (rows, columns) for grey, (rows, columns, 3) for RGB."""
    from PIL import ImageOps

    if getattr(image, "n_frames", 1) > 1:
        raise InputError("an animation or a file of several images; save one frame as a file")
    image = ImageOps.exif_transpose(image)  # as the camera was held
    mode = image.mode
    if mode.startswith("I"):  # 16-bit grey, which some versions open as 32-bit integers
        codes = np.asarray(image)
        if codes.min() < 0 or codes.max() > 65535:
            raise InputError("32-bit integers; convert it to 16 bits")
        return codes.astype(np.uint16)
    if mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if mode in ("P", "PA", "RGBA", "LA", "RGB"):
        rgba = np.asarray(image.convert("RGBA"))
        if (rgba[..., 3] < 255).any():
            raise InputError("has transparent pixels; flatten it onto a background first")
        return rgba[..., :3]
    raise InputError(f"colour mode {mode} has no defined luminance; convert it to RGB or grey")
