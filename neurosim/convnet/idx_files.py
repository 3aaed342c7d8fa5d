"""IDX files, in which MNIST and Fashion-MNIST come: a typed array behind a big-endian header.

Bytes: 0, 0, type, number of dimensions, then each dimension as a 32-bit integer, then the numbers.
Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits; Xiao, Rasul & Vollgraf
2017, arXiv:1708.07747.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import zlib
from pathlib import Path

import numpy as np

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import Faults, InputError
from neurosim.convnet.labelled_images import Dataset, Provenance, in_unit_range
from neurosim.convnet.numpy_files import check_file

__all__ = ["idx_files", "is_idx", "mnist", "read_idx"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST = 2**31  # bytes that a header may promise; MNIST has 47 million
_PARTS = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
# MD5 of the .gz files as in torchvision/datasets/mnist.py (MNIST.resources, FashionMNIST.resources)
# and of what is in them, in agreement in several public lists of both.
_PUBLISHED = {
    "MNIST": {
        "f68b3c2dcbeaaa9fbdd348bbdeb94873": _PARTS["train_images"],
        "6bbc9ace898e44ae57da46a324031adb": _PARTS["train_images"],
        "d53e105ee54ea40749a09fcbcd1e9432": _PARTS["train_labels"],
        "a25bea736e30d166cdddb491f175f624": _PARTS["train_labels"],
        "9fb629c4189551a2d022fa330f9573f3": _PARTS["test_images"],
        "2646ac647ad5339dbf082846283269ea": _PARTS["test_images"],
        "ec29112dd5afa0611ce80d1b7f02629c": _PARTS["test_labels"],
        "27ae3e4e09519cfbb04c329615203637": _PARTS["test_labels"],
    },
    "Fashion-MNIST": {
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d": _PARTS["train_images"],
        "f4a8712d7a061bf5bd6d2ca38dc4d50a": _PARTS["train_images"],
        "25c81989df183df01b3e8a0aad5dffbe": _PARTS["train_labels"],
        "9018921c3c673c538a1fc5bad174d6f9": _PARTS["train_labels"],
        "bef4ecab320f06d8554ea6380940ec79": _PARTS["test_images"],
        "8181f5470baa50b63fa0f6fddb340f0a": _PARTS["test_images"],
        "bb300cfdad3c16e7a12a480ee83cd310": _PARTS["test_labels"],
        "15d484375f8d13e6eb1aabb0c3f46965": _PARTS["test_labels"],
    },
}


def read_idx(path: str | os.PathLike[str]) -> AnyArray:
    """The array of an IDX file, compressed with gzip (whatever its name says) or not.

    Parameters
    ----------
    path : path

    Returns
    -------
    ndarray
        Of the file's shape and type (in the machine's byte order).

    Raises
    ------
    InputError
        When the file is missing, is not IDX, has fewer bytes than its header promises or more,
        promises more than 2 GiB, or is damaged (gzip's checksum).

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "labels"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    >>> read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    check_file(path)
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            return _array(file, str(path))
    except EOFError:
        raise InputError(f"{path}: truncated: the compressed data end too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: damaged, as gzip says ({error})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def mnist(folder: str | os.PathLike[str]) -> Dataset:
    """MNIST, Fashion-MNIST, or other data in four IDX files of these names.

    Parameters
    ----------
    folder : path
        With train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
        t10k-labels-idx1-ubyte, as .gz or not (.gz is taken where both are there); or with a folder
        "raw" that has them.

    Returns
    -------
    Dataset
        Images of one channel; (60000, 1, 28, 28) and (10000, 1, 28, 28) for the published ones.

    Raises
    ------
    InputError
        When files are missing, cannot be read (`read_idx`), or do not belong together.
    """
    files = idx_files(Path(folder))
    faults = Faults(str(folder))
    faults.require(Path(folder).is_dir(), "a folder", "none of this name")
    faults.stop()
    missing = [name for part, name in _PARTS.items() if part not in files]
    faults.require(not missing, "four IDX files, .gz or not", f"no {', '.join(missing)}")
    faults.stop()
    held = {part: read_idx(path) for part, path in files.items()}
    for part, values in held.items():
        wanted = 3 if "images" in part else 1
        fits = values.ndim == wanted and values.dtype == np.uint8
        faults.require(
            fits,
            f"bytes of {wanted} dimensions in {files[part].name}",
            f"{values.dtype} {values.shape}",
        )
    faults.stop()
    for each in ("train", "test"):
        counts = len(held[f"{each}_images"]), len(held[f"{each}_labels"])
        faults.require(counts[0] == counts[1], f"as many {each} images as labels", counts)
    sizes = held["train_images"].shape[1:], held["test_images"].shape[1:]
    faults.require(sizes[0] == sizes[1], "images of one size", sizes)
    faults.stop()
    known = Provenance.of({_PARTS[part]: path for part, path in files.items()}, _PUBLISHED)
    images = {each: in_unit_range(held[f"{each}_images"])[:, None] for each in ("train", "test")}
    return Dataset(
        images["train"],
        held["train_labels"].astype(np.int64),
        images["test"],
        held["test_labels"].astype(np.int64),
        known.name("IDX images"),
        known.sha256,
        known.told(),
    )


def idx_files(folder: Path) -> dict[str, Path]:
    """Those of the four files that a folder has, by part."""
    found = {}
    for inside in (folder / "raw", folder):
        for part, name in _PARTS.items():
            plain = (inside / name, inside / name.replace("-idx", ".idx"))
            for path in (*plain, *(each.with_name(f"{each.name}.gz") for each in plain)):
                if path.is_file():
                    found[part] = path
    return found


def is_idx(start: bytes) -> bool:
    """Whether a file that starts so can be IDX."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _TYPES and start[3] > 0


def _array(file: io.BufferedIOBase, subject: str) -> AnyArray:
    """The array in an open file of which nothing has been read."""
    start = file.read(4)
    if not is_idx(start):
        raise InputError(
            f"{subject}: expected an IDX file (0, 0, type, dimensions), got one that "
            f"starts with {start.hex(' ') or 'nothing'}"
        )
    dimensions = file.read(4 * start[3])
    if len(dimensions) < 4 * start[3]:
        raise InputError(f"{subject}: truncated: its header ends too early")
    shape = tuple(int(n) for n in np.frombuffer(dimensions, ">u4"))
    dtype = np.dtype(_TYPES[start[2]])
    promised = math.prod(shape) * dtype.itemsize
    faults = Faults(subject)
    faults.require(math.prod(shape), "at least one number", f"the shape {shape}")
    faults.require(promised <= _MOST, f"at most {_MOST} bytes of numbers", promised)
    faults.require(len(shape) <= 8, "at most 8 dimensions", len(shape))
    faults.stop()
    numbers = _read(file, promised)
    if len(numbers) < promised:
        raise InputError(
            f"{subject}: truncated: expected {promised} bytes of numbers, as its "
            f"header says, got {len(numbers)}"
        )
    if file.read(1):  # which also has gzip check its checksum
        raise InputError(
            f"{subject}: expected the end after {promised} bytes of numbers, as its "
            "header says, got more"
        )
    return np.frombuffer(numbers, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _read(file: io.BufferedIOBase, number: int) -> bytearray:
    """So many bytes, or those that there are; no more memory is taken than is filled."""
    found = bytearray()
    while len(found) < number:
        block = file.read(min(2**20, number - len(found)))
        if not block:
            break
        found += block
    return found
