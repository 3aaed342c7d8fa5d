"""A text and named arrays through a pipe: the text's length, the text, the arrays' length, an .npz.

Arrays hold numbers alone; nothing is unpickled.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import IO, BinaryIO

import numpy as np

from neurosim.base.arrays import AnyArray

__all__ = ["received", "send"]

_LENGTH = struct.Struct("=q")


def send(sink: IO[bytes], text: str, arrays: Mapping[str, AnyArray]) -> None:
    """Write a message."""
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    for part in (text.encode(), packed.getbuffer()):
        sink.write(_LENGTH.pack(len(part)))
        sink.write(part)
    sink.flush()


def received(source: BinaryIO) -> tuple[str, dict[str, AnyArray]]:
    """Read one.

    Raises
    ------
    EOFError
        When it ends early.
    """
    text, packed = _part(source).decode(), io.BytesIO(_part(source))
    with np.load(packed, allow_pickle=False) as arrays:
        return text, {name: arrays[name] for name in arrays.files}


def _part(source: BinaryIO) -> bytes:
    head = source.read(_LENGTH.size)
    (size,) = _LENGTH.unpack(head) if len(head) == _LENGTH.size else (-1,)
    part = source.read(size) if size >= 0 else b""
    if len(part) != size:
        raise EOFError("a message ends early")
    return part
