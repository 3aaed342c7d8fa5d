"""Patches of photographs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults, InputError
from neurosim.base.files import path_of
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.images import Encoding, Light, image_files, read_image
from neurosim.stimuli.statistics import grey_levels
from neurosim.stimuli.stimulus import Label, Stimulus

__all__ = ["Photographs", "embedded_photograph"]

PathLike = str | os.PathLike[str]
_IMAGES_IN_MEMORY = 8


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
    adapted to. It may exceed +1; unless the field declares a display nothing is clipped, and
    nothing is ever rescaled.

    Each patch is labelled with its place and its grey levels: mean_contrast, contrast (Michelson,
    as for gratings), rms_contrast, skewness, kurtosis (3 for a Gaussian), and saturated, the
    fraction of its pixels that are at the end of the file's code.

    Parameters
    ----------
    images : path, array, or a list of them
        Image files, folders of image files, or 2-d arrays of linear luminance of any number type.
        Default: the photograph that Matplotlib ships. Files are read as they are needed.
    patches : int
        How many patches in all, spread over the images at random.
    seed : int
        Chooses images and places.
    encoding : "sRGB" or "linear"
        How the numbers in the files relate to light (arrays are linear already).
    scrambled : bool
        Give every patch random Fourier phases: its mean and power spectrum stay, its edges go.
    most_saturated : float
        Refuse images of which a larger fraction of pixels is saturated.

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
        images: PathLike | AnyArray | Iterable[PathLike | AnyArray] | None = None,
        patches: int = 48,
        seed: int = 0,
        encoding: Encoding = "sRGB",
        scrambled: bool = False,
        most_saturated: float = 1.0,
    ) -> None:
        faults = Faults("Photographs")
        patches = faults.whole("patches", patches)
        seed = faults.whole("seed", seed, 0)
        faults.one_of("encoding", encoding, ("sRGB", "linear"))
        scrambled = faults.flag("scrambled", scrambled)
        most_saturated = faults.number(
            "most_saturated", most_saturated, "in [0, 1]", lambda share: 0 <= share <= 1
        )
        faults.stop()
        if images is None:
            images = embedded_photograph()
        if isinstance(images, str | os.PathLike | np.ndarray) or not isinstance(images, Iterable):
            images = [images]
        given: list[Any] = list(images)
        for image in given:
            known = isinstance(image, str | os.PathLike | np.ndarray) and not _is_empty(image)
            faults.require(known, "images as paths or 2-d arrays", repr(image))
        faults.stop()
        self.patches, self.seed, self.encoding = int(patches), seed, encoding
        self.scrambled = scrambled
        self.names: list[str] = []
        self._sources: list[Path | AnyArray] = []
        self._shapes: list[tuple[int, ...]] = []
        self._means: list[float] = []
        self._light = lru_cache(_IMAGES_IN_MEMORY)(self._light)  # type: ignore[method-assign]
        self._patches = cache(self._patches)  # type: ignore[method-assign]
        self._add_arrays([image for image in given if isinstance(image, np.ndarray)])
        paths = [
            path_of(image, "Photographs", "images")
            for image in given
            if not isinstance(image, np.ndarray)
        ]
        self._add_files(paths, most_saturated)

    def _add_arrays(self, arrays: list[AnyArray]) -> None:
        faults = Faults("Photographs")
        for i, array in enumerate(arrays):
            if faults.require(array.ndim == 2, f"array {i} of shape (rows, columns)", array.shape):
                usable = (
                    array.dtype.kind in "iufb"
                    and np.isfinite(array).all()
                    and (array >= 0).all()
                    and (array > 0).any()
                )
                if faults.require(usable, f"array {i} of luminances >= 0, not all 0", "others"):
                    self._add(f"array {i}", array, array)
        faults.stop()

    def _add_files(self, paths: list[Path], most_saturated: float) -> None:
        faults = Faults("images")
        for path in image_files(paths, faults):
            try:
                light = read_image(path, self.encoding)
            except InputError as error:
                faults.add(str(error))
                continue
            values, saturated = light.luminance, light.saturated.mean()
            lit = faults.require(
                values.any(), f"{path} with some light in it", "an all-black image"
            )
            uniform = values.size > 1 and np.ptp(values) == 0
            varied = faults.require(
                not (lit and uniform), f"{path} with some contrast", "a uniform image"
            )
            unsaturated = faults.require(
                saturated <= most_saturated,
                f"{path} with at most {most_saturated:.2%} of its pixels saturated",
                f"{saturated:.2%}",
            )
            if lit and varied and unsaturated:
                self._add(path.name, path, values)
        faults.require(self.names or faults.found, "at least one image", "none")
        faults.stop()

    def _add(self, name: str, source: Path | AnyArray, luminance: AnyArray) -> None:
        self.names.append(name)
        self._sources.append(source)
        self._shapes.append(luminance.shape)
        self._means.append(float(luminance.mean(dtype=float)))

    def _light(self, image: int) -> Light:
        """One image, from its file if it has one; a few are kept."""
        source = self._sources[image]
        if isinstance(source, Path):
            return read_image(source, self.encoding)
        full = np.iinfo(source.dtype).max if source.dtype.kind in "iu" else np.inf
        return Light(np.asarray(source, dtype=float), np.asarray(source == full))

    def __repr__(self) -> str:
        images = f"{len(self.names)} image" + "s" * (len(self.names) != 1)
        light = "sRGB decoded to" if self.encoding == "sRGB" else "taken as"
        phases = ", phases scrambled" if self.scrambled else ""
        return (
            f"<Photographs: {self.patches} patches of {images}, {light} linear luminance{phases}>"
        )

    def check(self, field: VisualField) -> None:
        rows, columns = field.shape
        faults = Faults("images")
        for name, shape in zip(self.names, self._shapes, strict=True):
            faults.require(
                shape[0] >= rows and shape[1] >= columns,
                f"{name} of at least {columns} x {rows} pixels",
                f"{shape[1]} x {shape[0]}",
                "use a larger image or a smaller field",
            )
        faults.stop()

    def count(self, field: VisualField) -> int:
        return self.patches

    def _places(self, field: VisualField) -> Indices:
        """Image, top and left of each patch; shape (3, patch), patches of one image together."""
        self.check(field)
        random = np.random.default_rng(self.seed)
        which = np.sort(random.integers(len(self.names), size=self.patches))
        space = np.array(self._shapes, dtype=np.int64)[which] - np.array(field.shape)
        return np.stack([which, *random.integers(space.T + 1)])

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        image, top, left = self._places(field)[:, index]
        rows, columns = field.shape
        patch = self._light(int(image)).luminance[top : top + rows, left : left + columns]
        contrast = patch / self._means[image] - 1
        return self._with_random_phases(contrast, index) if self.scrambled else contrast

    def _with_random_phases(self, contrast: Array, index: int) -> Array:
        random = np.random.Generator(np.random.Philox(key=self.seed, counter=[0, 0, 2, index]))
        white = np.fft.rfft2(random.standard_normal(contrast.shape))
        phase = white / np.abs(white)
        phase[0, 0] = np.sign(contrast.mean())  # the mean stays as it is
        return np.fft.irfft2(np.abs(np.fft.rfft2(contrast)) * phase, contrast.shape)

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return self._patches(field)

    def _patches(self, field: VisualField) -> Mapping[str, Label]:
        image, top, left = self._places(field)
        rows, columns = field.shape
        levels = np.array([grey_levels(self.picture(field, k)) for k in range(self.patches)])
        mean, rms, michelson, skewness, kurtosis = levels.T
        saturated = [
            self._light(int(i)).saturated[r : r + rows, c : c + columns].mean()
            for i, r, c in zip(image, top, left, strict=True)
        ]
        return {
            "image": Label(np.array(self.names)[image]),
            "top": Label(top, "pixel"),
            "left": Label(left, "pixel"),
            "contrast": Label(michelson, "1"),
            "mean_contrast": Label(mean, "1"),
            "rms_contrast": Label(rms, "1"),
            "skewness": Label(skewness, "1"),
            "kurtosis": Label(kurtosis, "1"),
            "saturated": Label(np.array(saturated), "1"),
            **({"phases": Label(np.full(self.patches, "scrambled"))} if self.scrambled else {}),
        }
