"""Movies: folders of frames, arrays, video files, or stimulus sets whose stimuli are the frames."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults
from neurosim.base.files import path_of
from neurosim.base.numbers import is_number
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.images import Encoding, image_files, read_image
from neurosim.stimuli.stimulus import Label, Stimulus
from neurosim.stimuli.video import VideoFile

__all__ = ["Movie"]

_VIDEO = {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ogv"}


class _Frames(Protocol):
    """Frames of luminance by index, one at a time."""

    name: str

    def __len__(self) -> int: ...
    def luminance(self, index: int) -> Array: ...


class _Array:
    """A 3-d array, which may be a memory map."""

    name = "array"

    def __init__(self, array: AnyArray) -> None:
        faults = Faults("Movie")
        real = array.ndim == 3 and array.size > 0 and array.dtype.kind in "iufb"
        faults.require(real, "an array of shape (frame, row, column)", array.shape)
        faults.stop()
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def luminance(self, index: int) -> Array:
        return np.asarray(self._array[index], dtype=float)


class _Folder:
    """Image files in the order of the numbers in their names."""

    def __init__(self, folder: Path, encoding: Encoding) -> None:
        faults = Faults("Movie")
        self._files = image_files([folder], faults)
        faults.stop()
        self.name, self._encoding = folder.name, encoding

    def __len__(self) -> int:
        return len(self._files)

    def luminance(self, index: int) -> Array:
        return read_image(self._files[index], self._encoding).luminance


class Movie(Stimulus):
    """One movie, a frame of it to a frame of the display, one pixel to one pixel.

    Contrast is about the movie's mean luminance. The middle of a larger frame is shown. Before its
    first frame and after its last the field has the mean luminance. Frames are read when they are
    shown; finding the mean takes one pass through the movie when it is opened.

    Parameters
    ----------
    source : path, array or Stimulus
        A folder of image files (in the order of the numbers in their names), a video file (needs
        the `video` extra), an array (frame, row, column) of linear luminance, which may be a memory
        map, or a stimulus set: its stimuli in order are the frames.
    repeat : int
        Frames of the display that each frame stays for.
    encoding : "sRGB" or "linear"
        How the numbers in files relate to light.
    mean : float, optional
        Mean luminance that contrast is about, where known; 1 is a file's white.

    Raises
    ------
    InputError
        For a source that cannot be read, holds luminances below 0 or frames of unequal size, or is
        all black; on showing, for frames smaller than the field.

    Examples
    --------
    >>> from neurosim.stimuli import Noise
    >>> movie = Movie(Noise(120, seed=1), repeat=2)
    >>> movie
    <Movie: 120 frames of noise, each 2 frames of the display>
    >>> movie.length(VisualField(frame_rate=60))
    4.0
    """

    kind = "movie"

    def __init__(
        self,
        source: str | os.PathLike[str] | AnyArray | Stimulus,
        repeat: int = 1,
        encoding: Encoding = "sRGB",
        mean: float | None = None,
    ) -> None:
        faults = Faults("Movie")
        repeat = faults.whole("repeat", repeat)
        lit = mean is None or (is_number(mean) and 0 < mean < np.inf)
        faults.require(lit, "mean > 0", mean)
        faults.one_of("encoding", encoding, ("sRGB", "linear"))
        known = isinstance(source, str | os.PathLike | np.ndarray | Stimulus)
        faults.require(known, "source as a path, an array or a stimulus set", type(source).__name__)
        faults.stop()
        self.repeat = int(repeat)
        self._set = source if isinstance(source, Stimulus) else None
        if self._set is not None:
            faults.require(not self._set.moves, "a set of static stimuli", repr(self._set))
            faults.stop()
            return
        self._frames = _opened(source, encoding)  # type: ignore[arg-type]
        self._mean, self._shape = _surveyed(self._frames, mean)
        self._luminance = lru_cache(4)(self._frames.luminance)

    def _number(self, field: VisualField) -> int:
        return len(self._frames) if self._set is None else self._set.count(field)

    def __repr__(self) -> str:
        if self._set is not None:
            count = self._set.count(VisualField())
            frames = f"{count} frames of {self._set.kind}"
        else:
            rows, columns = self._shape
            frames = f"{len(self._frames)} frames of {columns} x {rows} from {self._frames.name}"
        held = f", each {self.repeat} frames of the display" if self.repeat > 1 else ""
        return f"<Movie: {frames}{held}>"

    @property
    def moves(self) -> bool:
        return True

    def length(self, field: VisualField) -> float:
        return self._number(field) * self.repeat / field.frame_rate

    def check(self, field: VisualField) -> None:
        if self._set is not None:
            self._set.check(field)
            return
        rows, columns = field.shape
        faults = Faults("Movie")
        faults.require(
            self._shape[0] >= rows and self._shape[1] >= columns,
            f"frames of at least {columns} x {rows} pixels",
            f"{self._shape[1]} x {self._shape[0]}",
            "use a smaller field",
        )
        faults.stop()

    def count(self, field: VisualField) -> int:
        return 1

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        name = self._frames.name if self._set is None else self._set.kind
        return {
            "movie": Label(np.array([name])),
            "movie_frames": Label(np.array([self._number(field)])),
        }

    def largest(self) -> Array:
        return np.array([np.inf]) if self._set is None else self._set.largest()

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        frame = int(np.floor(time * field.frame_rate / self.repeat + 1e-6))
        if not 0 <= frame < self._number(field):
            return np.zeros(field.shape)
        if self._set is not None:
            return self._set.picture(field, frame)
        rows, columns = field.shape
        top, left = (self._shape[0] - rows) // 2, (self._shape[1] - columns) // 2
        shown = self._luminance(frame)[top : top + rows, left : left + columns]
        return shown / self._mean - 1


def _opened(source: str | os.PathLike[str] | AnyArray, encoding: Encoding) -> _Frames:
    if isinstance(source, np.ndarray):
        return _Array(source)
    path = path_of(source, "Movie", "source")
    if path.is_file() and path.suffix.lower() in _VIDEO:
        return VideoFile(path, encoding)
    faults = Faults("Movie")
    faults.require(
        path.is_dir(),
        "a folder of frames or a video file",
        path,
        f"video files end in {' '.join(sorted(_VIDEO))}" if path.exists() else "it does not exist",
    )
    faults.stop()
    return _Folder(path, encoding)


def _surveyed(frames: _Frames, mean: float | None) -> tuple[float, tuple[int, int]]:
    """The mean luminance and the size of frames, all looked at once."""
    shape, total = (0, 0), 0.0
    for number, frame in enumerate(_each(frames)):
        faults = Faults(f"Movie: frame {number} of {frames.name}")
        shape = frame.shape if number == 0 else shape
        faults.require(frame.shape == shape, f"the first frame's size {shape}", frame.shape)
        usable = np.isfinite(frame).all() and (frame >= 0).all()
        faults.require(usable, "finite luminances >= 0", "others")
        faults.stop()
        total += float(frame.mean())
    faults = Faults(f"Movie: {frames.name}")
    faults.require(total > 0, "some light", "all frames black")
    faults.stop()
    return (total / len(frames) if mean is None else mean), shape


def _each(frames: _Frames) -> Iterator[Array]:
    return (frames.luminance(k) for k in range(len(frames)))
