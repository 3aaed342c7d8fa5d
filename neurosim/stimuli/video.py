"""Video files, decoded a frame at a time. Needs the `video` extra (PyAV)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neurosim.base.arrays import Array
from neurosim.base.errors import InputError
from neurosim.base.extras import needs
from neurosim.stimuli.images import Encoding, in_light

__all__ = ["VideoFile"]


# containers of frames, and this file alone: a playlist would open others, or the network
_ALLOWED = {
    "format_whitelist": "avi,asf,flv,gif,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,"
    "mpegvideo,h264,hevc,ogg,rawvideo,yuv4mpegpipe,apng,ivf",
    "protocol_whitelist": "file",
}


class VideoFile:
    """Frames of luminance of a video, by index; cheapest in order.

    Parameters
    ----------
    path : Path
    encoding : "sRGB" or "linear"
        How the decoded RGB relates to light.

    Raises
    ------
    InputError
        When PyAV is not installed, or the file has no video that can be decoded.
    """

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.name, self._path, self._encoding = path.name, path, encoding
        self._next = 0
        self._stream: Iterator[Any] = iter(())
        self._length = sum(1 for _ in self._decoded())
        if self._length == 0:
            raise InputError(f"{path}: no frame of video in it")

    def __len__(self) -> int:
        return self._length

    def luminance(self, index: int) -> Array:
        """One frame, (row, column), 1 being white."""
        if index < self._next or self._next == 0:  # from the beginning again
            self._next, self._stream = 0, self._decoded()
        for frame in self._stream:
            self._next += 1
            if self._next > index:
                return in_light(frame.to_ndarray(format="rgb24"), self._encoding).luminance
        raise IndexError(index)

    def _decoded(self) -> Iterator[Any]:
        try:
            import av
        except ImportError:
            raise InputError(f"{self._path}: video {needs('PyAV', 'video')}") from None
        try:
            with av.open(str(self._path), options=_ALLOWED) as container:
                yield from container.decode(video=0)
        except (av.FFmpegError, IndexError, ValueError) as error:
            raise InputError(f"{self._path}: cannot be read as a video ({error})") from None
