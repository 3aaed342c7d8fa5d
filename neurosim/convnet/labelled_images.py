"""Images with labels, in a training and a test set, and where they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosim.base.arrays import Indices
from neurosim.base.errors import Faults, InputError

__all__ = ["Dataset", "Provenance", "in_unit_range"]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled images, split into those to train on and those to test on.

    Attributes
    ----------
    train_images, test_images : array (image, channel, row, column)
        float32 in [0, 1].
    train_labels, test_labels : array (image,)
        int64.
    name : str
    checksums : dict
        File name -> SHA-256 (of the file as it is, compressed or not).
    recognised : str
        Whether the files are the published ones, by the checksums that are published.

    Examples
    --------
    >>> images, labels = np.zeros((3, 1, 2, 2), np.float32), np.array([0, 1, 1])
    >>> Dataset(images, labels, images[:1], labels[:1], "dots", {}, "made up")
    <Dataset dots: 3 images to train on, 1 to test on, 1 x 2 x 2, 2 classes; made up>
    """

    train_images: NDArray[np.float32]
    train_labels: Indices
    test_images: NDArray[np.float32]
    test_labels: Indices
    name: str
    checksums: dict[str, str]
    recognised: str

    def __post_init__(self) -> None:
        faults = Faults("Dataset")
        for part in ("train", "test"):
            images, labels = (getattr(self, f"{part}_{each}") for each in ("images", "labels"))
            shown = isinstance(images, np.ndarray) and images.ndim == 4 and images.size > 0
            real = shown and images.dtype.kind == "f" and np.isfinite(images).all()
            whole = isinstance(labels, np.ndarray) and labels.dtype.kind in "iu"
            each = whole and real and labels.shape == (len(images),) and (labels >= 0).all()
            shape = "(image, channel, row, column)"
            faults.require(real, f"{part}_images {shape}, finite floats", _told(images))
            expected = f"{part}_labels (image,), whole numbers >= 0"
            faults.require(each or not real, expected, _told(labels))
        faults.kind("name", self.name, str, "text")
        faults.mapping("checksums", self.checksums)
        faults.kind("recognised", self.recognised, str, "text")
        faults.stop()
        for name in ("train_images", "test_images"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float32))
        for name in ("train_labels", "test_labels"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.int64))
        same = self.train_images.shape[1:] == self.test_images.shape[1:]
        shapes = f"{self.train_images.shape[1:]} and {self.test_images.shape[1:]}"
        faults.require(same, "images of one shape to train and to test on", shapes)
        faults.stop()

    @property
    def classes(self) -> int:
        """How many classes there are: the largest label and one."""
        return int(max(self.train_labels.max(), self.test_labels.max())) + 1

    def __repr__(self) -> str:
        shape = " x ".join(str(n) for n in self.train_images.shape[1:])
        return (
            f"<Dataset {self.name}: {len(self.train_images)} images to train on, "
            f"{len(self.test_images)} to test on, {shape}, {self.classes} classes; "
            f"{self.recognised}>"
        )


@dataclass(frozen=True)
class Provenance:
    """Checksums of files, held against published ones."""

    sha256: dict[str, str]
    names: dict[str, str]  # file name -> whose published file it is, or ""

    @classmethod
    def of(
        cls, files: Mapping[str, Path], published: Mapping[str, Mapping[str, str]]
    ) -> Provenance:
        """Checksums of files, each taken for a part of the data.

        Parameters
        ----------
        files : mapping
            Part -> path.
        published : mapping
            Name of the data -> {checksum: part}. A file that is published, but as another part
            (labels of the test set as those of the training set), is not recognised.
        """
        sha256, names = {}, {}
        for part, path in files.items():
            found = _digests(path)
            sha256[path.name] = found["sha256"]
            whose = [
                name
                for name, sums in published.items()
                if any(sums.get(digest) == part for digest in found.values())
            ]
            names[path.name] = whose[0] if whose else ""
        return cls(sha256, names)

    def name(self, otherwise: str) -> str:
        """Whose files these are, if all are of the same published data."""
        found = set(self.names.values())
        return found.pop() if len(found) == 1 and "" not in found else otherwise

    def told(self) -> str:
        """Whether they are the published files."""
        name = self.name("")
        if name:
            return f"the published files of {name}"
        known = {name for name in self.names.values() if name}
        odd = [file for file, name in self.names.items() if not name]
        if not odd:
            return f"published files, but of different data: {', '.join(sorted(known))}"
        return f"complete, but not known as published: {', '.join(odd)}"


def _told(given: object) -> str:
    """What was given where an array was expected."""
    if isinstance(given, np.ndarray):
        return f"{given.dtype} {given.shape}"
    return type(given).__name__


def in_unit_range(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixel codes 0 to 255 as float32 in [0, 1]; same shape.

    Examples
    --------
    >>> in_unit_range(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    return np.divide(codes, 255, dtype=np.float32)


def _digests(path: Path) -> dict[str, str]:
    """SHA-256, SHA-1 and MD5 (the latter two are what is published, not a protection)."""
    kinds = {
        "sha256": hashlib.sha256(),
        "sha1": hashlib.sha1(usedforsecurity=False),
        "md5": hashlib.md5(usedforsecurity=False),
    }
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                for each in kinds.values():
                    each.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    return {name: each.hexdigest() for name, each in kinds.items()}
