"""The arrays of .npy and .npz files, read so that nothing in them is executed or believed.

A header is searched for its three entries, not evaluated; the shape it promises is held against the
size of the file before anything is allocated; object arrays (pickles) are not opened.

Source: NEP 1, A simple file format for NumPy arrays.
"""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import InputError

__all__ = ["DAMAGED_ZIP", "FLOATS", "StoredTensor", "check_file", "damaged", "from_npy", "from_npz"]

DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
    struct.error,
)
FLOATS = ("float16", "bfloat16", "float32", "float64")
_LONGEST_HEADER = 10_000  # bytes, as NumPy has it
_NPY_FLOATS = {"f2": "float16", "f4": "float32", "f8": "float64"}


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file.

    Attributes
    ----------
    shape : tuple of int
    kind : str
        "float16", "bfloat16", "float32" or "float64"; any other kind cannot be read.
    read : callable
        Its numbers, an array of `shape`.
    """

    shape: tuple[int, ...]
    kind: str
    read: Callable[[], AnyArray]

    @property
    def readable(self) -> bool:
        """Whether it is of dense floating-point numbers."""
        return self.kind in FLOATS

    def __str__(self) -> str:
        return f"{self.kind} {self.shape}"


def from_npy(path: Path) -> dict[str, StoredTensor]:
    """The array of a .npy file, under the name ""."""
    with path.open("rb") as file:
        header = _NpyHeader.read(file, path.stat().st_size, str(path))

    def read() -> AnyArray:
        with path.open("rb") as file:
            file.seek(header.start)
            return header.array(file.read(header.size))

    return {"": StoredTensor(header.shape, header.kind, read)}


def from_npz(path: Path) -> dict[str, StoredTensor]:
    """The arrays of a .npz file; members of another kind are passed over."""

    def reader(member: str, header: _NpyHeader) -> Callable[[], AnyArray]:
        def read() -> AnyArray:
            try:
                with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                    return header.array(file.read()[header.start :])
            except DAMAGED_ZIP as error:
                raise damaged(path, f"its array {member}", error) from None

        return read

    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".npy"):
                    subject = f"{path}: {member.filename}"
                    with archive.open(member) as file:
                        header = _NpyHeader.read(file, member.file_size, subject)
                    name = member.filename.removesuffix(".npy")
                    read = reader(member.filename, header)
                    found[name] = StoredTensor(header.shape, header.kind, read)
    except InputError:
        raise
    except DAMAGED_ZIP as error:
        raise damaged(path, "as a .npz archive it", error) from None
    return found


@dataclass(frozen=True)
class _NpyHeader:
    """What a .npy header says, found without evaluating it."""

    kind: str
    dtype: str
    shape: tuple[int, ...]
    fortran: bool
    start: int  # bytes
    size: int  # bytes of the numbers that follow

    @classmethod
    def read(cls, file: IO[bytes], held: int, subject: str) -> _NpyHeader:
        """The header at the start of `file`, which has `held` bytes in all."""
        text, begin = _header_text(file, subject)
        dtype = re.search(r"""['"]descr['"]\s*:\s*['"]([^'"]*)['"]""", text)
        order = re.search(r"""['"]fortran_order['"]\s*:\s*(True|False)""", text)
        shape = re.search(r"""['"]shape['"]\s*:\s*\(([0-9L,\s]{0,400})\)""", text)
        sizes = [each.strip().rstrip("L") for each in shape[1].split(",")] if shape else [""]
        sizes = sizes if sizes[-1] else sizes[:-1]  # (64,) and () end so
        if begin > held or not (order and shape and all(each.isdigit() for each in sizes)):
            raise InputError(f"{subject}: its header is truncated or damaged")
        letters = dtype[1] if dtype else "records"
        kind = _NPY_FLOATS.get(letters[1:] if letters[:1] in ("<", ">", "=") else "", letters)
        kind = "Python objects (a pickle, which is not opened)" if "O" in letters else kind
        numbers = tuple(int(each) for each in sizes)
        header = cls(kind, letters, numbers, order[1] == "True", begin, held - begin)
        promised = math.prod(numbers) * int(letters[-1]) if kind in FLOATS else header.size
        if promised != header.size:
            raise InputError(
                f"{subject}: expected {promised} bytes of numbers, as its header "
                f"says, got {header.size} (truncated or damaged)"
            )
        return header

    def array(self, numbers: bytes) -> AnyArray:
        """The bytes after the header as numbers."""
        flat = np.frombuffer(numbers, self.dtype)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def _header_text(file: IO[bytes], subject: str) -> tuple[str, int]:
    """The text of a .npy header, and where the numbers begin, in bytes."""
    start = file.read(8)
    if start[:6] != b"\x93NUMPY":
        raise InputError(f"{subject}: not a .npy file (whatever its name says)")
    width = 2 if start[6:7] == b"\x01" else 4  # versions 2 and 3 have longer headers
    length = int.from_bytes(file.read(width), "little")
    if length > _LONGEST_HEADER:
        raise InputError(
            f"{subject}: expected a header of at most {_LONGEST_HEADER} bytes, got "
            f"{length} (truncated or damaged)"
        )
    return file.read(length).decode("latin-1"), 8 + width + length


def check_file(path: Path) -> None:
    """Refuse a path that is not one of a file with something in it."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason})") from None
    if not path.is_file():
        raise InputError(f"{path}: expected a file, got a folder or a device")
    if size == 0:
        raise InputError(f"{path}: the file is empty")


def damaged(path: Path, what: str, error: Exception) -> InputError:
    """That something in a file cannot be read, as one line."""
    reason = " ".join(str(error).split())[:120]
    return InputError(f"{path}: {what} is truncated or damaged ({reason})")
