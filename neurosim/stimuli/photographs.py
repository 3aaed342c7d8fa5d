"""Patches of photographs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import Faults, InputError
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.images import Encoding, image_files, luminance
from neurosim.stimuli.stimulus import Label, Stimulus

__all__ = ["Photographs", "embedded_photograph"]

PathLike = str | os.PathLike[str]


def _is_empty(image: object) -> bool:
    """Whether it is the empty text, which as a path would mean the current folder."""
    return isinstance(image, str) and not image.strip()


def embedded_photograph() -> Path:
    """The photograph that Matplotlib ships (Grace Hopper; a public-domain U.S. Navy picture)."""
    from matplotlib.cbook import get_sample_data

    return Path(get_sample_data("grace_hopper.jpg", asfileobj=False))


class Photographs(Stimulus):
    """Patches cut from photographs at random places, one image pixel to one field pixel.

    Contrast is about the photograph's own mean luminance, (L - mean) / mean: the light the eye is
    adapted to. It may exceed +1; no display is assumed and nothing is clipped or rescaled.

    Parameters
    ----------
    images : path, array, or a list of them
        Image files, folders of image files, or 2-d arrays of linear luminance. Default: the
        photograph that Matplotlib ships.
    patches : int
        How many patches in all, spread over the images at random.
    seed : int
        Chooses images and places.
    encoding : "sRGB" or "linear"
        How the numbers in the files relate to light (arrays are linear already).

    Raises
    ------
    InputError
        For files that cannot be read right; on drawing, for an image smaller than the field.

    Examples
    --------
    >>> photographs = Photographs(patches=3, seed=1)
    >>> photographs
    <Photographs: 3 patches of 1 image, sRGB decoded to linear luminance>
    >>> frames = photographs.frames(VisualField(size=4, ppd=16))
    >>> frames.shape, frames.coords["image"].values[0].item()
    ((3, 64, 64), 'grace_hopper.jpg')
    """

    kind = "photograph"

    def __init__(
        self,
        images: PathLike | NDArray | Iterable[PathLike | NDArray] | None = None,
        patches: int = 48,
        seed: int = 0,
        encoding: Encoding = "sRGB",
    ) -> None:
        faults = Faults("Photographs")
        whole = patches == int(patches) and patches >= 1
        faults.require(whole, "patches as a whole number >= 1", patches)
        faults.require(seed >= 0, "seed >= 0", seed)
        faults.require(encoding in ("sRGB", "linear"), "encoding 'sRGB' or 'linear'", encoding)
        faults.stop()
        if images is None:
            images = embedded_photograph()
        given = [images] if isinstance(images, str | os.PathLike | np.ndarray) else list(images)
        for image in given:
            known = isinstance(image, str | os.PathLike | np.ndarray) and not _is_empty(image)
            faults.require(known, "images as paths or 2-d arrays", repr(image))
        faults.stop()
        self.patches, self.seed, self.encoding = int(patches), seed, encoding
        self.names: list[str] = []
        self._luminance: list[NDArray[np.float64]] = []
        self._add_arrays([image for image in given if isinstance(image, np.ndarray)])
        self._add_files([Path(image) for image in given if not isinstance(image, np.ndarray)])
        self._cut = cache(self._cut)  # type: ignore[method-assign]

    def _add_arrays(self, arrays: list[NDArray]) -> None:
        faults = Faults("Photographs")
        for i, array in enumerate(arrays):
            faults.require(array.ndim == 2, f"array {i} of shape (rows, columns)", array.shape)
            usable = np.isfinite(array).all() and (array >= 0).all() and (array > 0).any()
            faults.require(usable, f"array {i} of luminances >= 0, not all 0", "others")
            self.names.append(f"array {i}")
            self._luminance.append(np.asarray(array, dtype=float))
        faults.stop()

    def _add_files(self, paths: list[Path]) -> None:
        faults = Faults("images")
        for path in image_files(paths, faults):
            try:
                values = luminance(path, self.encoding)
            except InputError as error:
                faults.add(str(error))
                continue
            lit = faults.require(
                values.any(), f"{path} with some light in it", "an all-black image"
            )
            uniform = values.size > 1 and np.ptp(values) == 0
            if lit and faults.require(not uniform, f"{path} with some contrast", "a uniform image"):
                self.names.append(path.name)
                self._luminance.append(values)
        faults.require(self._luminance or faults.found, "at least one image", "none")
        faults.stop()

    def __repr__(self) -> str:
        images = f"{len(self.names)} image" + "s" * (len(self.names) != 1)
        light = "sRGB decoded to" if self.encoding == "sRGB" else "taken as"
        return f"<Photographs: {self.patches} patches of {images}, {light} linear luminance>"

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return self._cut(field)[1]

    def contrast_frames(self, field: VisualField) -> NDArray[np.float64]:
        return self._cut(field)[0].copy()

    def _cut(self, field: VisualField) -> tuple[NDArray[np.float64], Mapping[str, Label]]:
        rows, columns = field.shape
        faults = Faults("images")
        for name, light in zip(self.names, self._luminance, strict=True):
            faults.require(
                light.shape[0] >= rows and light.shape[1] >= columns,
                f"{name} of at least {columns} x {rows} pixels",
                f"{light.shape[1]} x {light.shape[0]}",
                "use a larger image or a smaller field",
            )
        faults.stop()
        random = np.random.default_rng(self.seed)
        which = random.integers(len(self.names), size=self.patches)
        space = np.array([(a.shape[0] - rows, a.shape[1] - columns) for a in self._luminance])
        top, left = random.integers(space[which].T + 1)
        patches = np.stack(
            [
                self._luminance[i][r : r + rows, c : c + columns]
                for i, r, c in zip(which, top, left, strict=True)
            ]
        )
        mean = np.array([light.mean() for light in self._luminance])[which, None, None]
        darkest, brightest = patches.min((1, 2)), patches.max((1, 2))
        both = np.where(brightest > 0, brightest + darkest, 1.0)
        contrast = patches / mean - 1
        labels = {
            "image": Label(np.array(self.names)[which]),
            "top": Label(top, "pixel"),
            "left": Label(left, "pixel"),
            "contrast": Label((brightest - darkest) / both, "1"),  # Michelson, as for gratings
            "rms_contrast": Label(contrast.std((1, 2)), "1"),
        }
        return contrast, labels
