"""The binary version of CIFAR-10: records of a label and 3 x 32 x 32 bytes, in files or a tar.

The version for Python is a pickle and is not read. Members of an archive are read in place: nothing
is extracted, so what their paths say does not matter.

Source: Krizhevsky 2009, Learning multiple layers of features from tiny images.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.base.arrays import Indices
from neurosim.base.errors import Faults, InputError
from neurosim.convnet.labelled_images import Dataset, Provenance, in_unit_range
from neurosim.convnet.numpy_files import check_file

__all__ = ["cifar10", "cifar_files"]

Batch = tuple[NDArray[np.uint8], Indices]  # images and labels
_RECORD = 1 + 3 * 32 * 32  # bytes
_TRAIN = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
_TEST = "test_batch.bin"
_ARCHIVE = "cifar-10-binary.tar.gz"
_MOST = 2**28  # bytes of an archive, unpacked; the published one has 184 million
_PUBLISHED = {
    "CIFAR-10": {
        # MD5 at https://www.cs.toronto.edu/~kriz/cifar.html
        "c32a1d4ab5d03f1284b67883e8d87530": _ARCHIVE,
        # SHA-1 as in Apache MXNet, python/mxnet/gluon/data/vision/datasets.py (CIFAR10)
        "aadd24acce27caa71bf4b10992e9e7b2d74c2540": _TRAIN[0],
        "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795": _TRAIN[1],
        "1dd00a74ab1d17a6e7d73e185b69dbf31242f295": _TRAIN[2],
        "aab85764eb3584312d3c7f65fd2fd016e36a258e": _TRAIN[3],
        "26e2849e66a845b7f1e4614ae70f4889ae604628": _TRAIN[4],
        "67eb016db431130d61cd03c7ad570b013799c88c": _TEST,
    }
}


def cifar10(path: str | os.PathLike[str]) -> Dataset:
    """CIFAR-10 from files of its binary version.

    Parameters
    ----------
    path : path
        cifar-10-binary.tar.gz; or a folder with data_batch_1.bin to data_batch_5.bin and
        test_batch.bin, or with a folder "cifar-10-batches-bin" that has them; or one .bin file,
        of which the last sixth of the images is held out for the test.

    Returns
    -------
    Dataset
        (50000, 3, 32, 32) and (10000, 3, 32, 32) for the published files.

    Raises
    ------
    InputError
        When files are missing, truncated, damaged or not of this format.
    """
    path = Path(path)
    if path.suffix.lower() == ".bin" and not path.is_dir():
        images, labels = _records(_content(path), str(path), least=6)
        cut = len(images) - len(images) // 6
        train, test, files = (images[:cut], labels[:cut]), (images[cut:], labels[cut:]), None
    else:
        files = cifar_files(path) if path.is_dir() else None
        contents = _members(path) if files is None else {n: _content(f) for n, f in files.items()}
        train, test = _batches(contents, str(path))
    known = Provenance.of(files or {_part(path): path}, _PUBLISHED)
    return Dataset(
        in_unit_range(train[0]),
        train[1],
        in_unit_range(test[0]),
        test[1],
        known.name("CIFAR-10 (binary)"),
        known.sha256,
        known.told(),
    )


def cifar_files(folder: Path) -> dict[str, Path]:
    """Those of the six files that a folder has, by name."""
    found: dict[str, Path] = {}
    for inside in (folder / "cifar-10-batches-bin", folder):
        found |= {name: inside / name for name in (*_TRAIN, _TEST) if (inside / name).is_file()}
    return found


def _part(path: Path) -> str:
    """Which published file one file may be: the batch that it is called, else the archive."""
    return path.name if path.suffix.lower() == ".bin" else _ARCHIVE


def _content(path: Path) -> bytes:
    check_file(path)
    size = path.stat().st_size
    if size > _MOST:
        raise InputError(f"{path}: expected at most {_MOST} bytes, got {size} (not CIFAR-10)")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def _batches(contents: dict[str, bytes], subject: str) -> tuple[Batch, Batch]:
    """Images and labels to train on and to test on, of the six files."""
    missing = [name for name in (*_TRAIN, _TEST) if name not in contents]
    faults = Faults(subject)
    faults.require(
        not missing, "the six files of CIFAR-10's binary version", f"no {', '.join(missing)}"
    )
    faults.stop()
    *held, test = [_records(contents[name], f"{subject}: {name}") for name in (*_TRAIN, _TEST)]
    numbers = [len(labels) for _, labels in (*held, test)]
    # a file cut off between two images shows in nothing else
    faults.require(len(set(numbers)) == 1, "as many images in each file", numbers, "truncated?")
    faults.stop()
    images, labels = (np.concatenate(each) for each in zip(*held, strict=True))
    return (images, labels), test


def _records(content: bytes, subject: str, least: int = 1) -> Batch:
    """Images (image, channel, row, column) and labels (image,) of a file's records."""
    number, over = divmod(len(content), _RECORD)
    faults = Faults(subject)
    faults.require(
        not over,
        f"whole records of {_RECORD} bytes",
        f"{number} and {over} bytes (truncated, or not CIFAR-10)",
    )
    faults.require(number >= least, f"at least {least} images", number)
    faults.stop()
    records = np.frombuffer(content, np.uint8).reshape(number, _RECORD)
    wrong = np.flatnonzero(records[:, 0] > 9)
    told = f"{records[wrong[0], 0]} in image {wrong[0]}" if wrong.size else ""
    faults.require(not wrong.size, "labels 0 to 9", told)
    faults.stop()
    return records[:, 1:].reshape(number, 3, 32, 32), records[:, 0].astype(np.int64)


def _members(path: Path) -> dict[str, bytes]:
    """The contents of the members that are meant, of a tar archive, compressed or not."""
    check_file(path)
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            bounded: Any = _Bounded(file, str(path))
            with tarfile.open(fileobj=bounded, mode="r|") as archive:
                found = _wanted(archive, str(path))
            while bounded.read(2**20):  # to the end, where gzip has its checksum
                pass
            return found
    except InputError:
        raise
    except (EOFError, tarfile.TarError, zlib.error, OSError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: truncated, damaged, or not a tar archive ({reason})") from None


def _wanted(archive: tarfile.TarFile, subject: str) -> dict[str, bytes]:
    """What the files that are meant hold, whatever folders they stand in."""
    found: dict[str, bytes] = {}
    faults = Faults(subject)
    for member in archive:
        name = PurePosixPath(member.name).name
        if name in (*_TRAIN, _TEST):
            faults.require(member.isreg(), f"{name} as a file", "a link or a device")
            faults.require(name not in found, f"{name} once", "two of them")
            faults.stop()
            file = archive.extractfile(member)
            found[name] = file.read() if file else b""
            faults.require(
                len(found[name]) == member.size,
                f"{member.size} bytes in {name}",
                f"{len(found[name])} (truncated)",
            )
            faults.stop()
    return found


class _Bounded:
    """A file to read from front to back, of which no more than so much is read."""

    def __init__(self, file: io.BufferedIOBase, subject: str) -> None:
        self.file, self.subject, self.left = file, subject, _MOST

    def read(self, size: int) -> bytes:
        """As of any file."""
        block = self.file.read(size)
        self.left -= len(block)
        if self.left < 0:
            raise InputError(
                f"{self.subject}: expected at most {_MOST} bytes in the archive, "
                "got more (not CIFAR-10)"
            )
        return block
