"""Labelled images to train on: scikit-learn's digits, or files that the user has.

Nothing is downloaded. What is read comes with its checksums, and with whether they are those of
the published files.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from pathlib import Path

import numpy as np

from neurosim.base.errors import Faults, InputError
from neurosim.base.extras import needs
from neurosim.base.files import path_of
from neurosim.base.numbers import is_number
from neurosim.convnet.cifar_files import cifar10, cifar_files
from neurosim.convnet.idx_files import idx_files, is_idx, mnist, read_idx
from neurosim.convnet.labelled_images import Dataset
from neurosim.convnet.numpy_files import check_file

__all__ = ["Dataset", "cifar10", "digits", "load", "mnist", "read_idx"]

# SHA-256 of the images, then the labels, as bytes, in scikit-learn 1.9
_DIGITS = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def digits(seed: int = 0, test_share: float = 0.25) -> Dataset:
    """The 8 x 8 handwritten digits that come with scikit-learn, 1797 of them.

    Parameters
    ----------
    seed : int
        Of the split, which is stratified: every digit has the same share in both parts.
    test_share : float
        Share of the images held out for the test, in (0, 1).

    Returns
    -------
    Dataset
        Images (image, 1, 8, 8); the ink of a pixel, 0 to 16 in the source, is 0 to 1.

    Raises
    ------
    InputError
        When scikit-learn is missing or an argument is impossible.

    References
    ----------
    Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository (the test set).

    Examples
    --------
    >>> digits()
    <Dataset digits: 1347 images to train on, 450 to test on, 1 x 8 x 8, 10 classes; ...>
    """
    faults = Faults("digits")
    seed = faults.whole("seed", seed, 0)
    share = is_number(test_share) and 0.01 <= test_share <= 0.99
    faults.require(share, "test_share in [0.01, 0.99]", test_share)
    faults.stop()
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError(f"digits: {needs('scikit-learn', 'convnet')}") from None
    found = load_digits()
    images = (found.images[:, None] / 16).astype(np.float32)
    labels = found.target.astype(np.int64)
    random = np.random.default_rng(seed)
    test = np.zeros(len(labels), dtype=bool)
    for each in range(10):
        mine = random.permutation(np.flatnonzero(labels == each))
        test[mine[: round(test_share * len(mine))]] = True
    content = found.images.astype(np.uint8).tobytes() + labels.astype(np.uint8).tobytes()
    digest = hashlib.sha256(content).hexdigest()
    told = "the" if digest == _DIGITS else "other than the"
    return Dataset(
        images[~test],
        labels[~test],
        images[test],
        labels[test],
        "digits",
        {"images and labels as bytes": digest},
        f"{told} digits of scikit-learn 1.9",
    )


def load(path: str | os.PathLike[str] = "digits") -> Dataset:
    """Labelled images from whatever `path` is.

    Parameters
    ----------
    path : path or "digits"
        A folder with the IDX files of `mnist` or the files of `cifar10`; one .bin file or the
        archive of `cifar10`; or one of the four IDX files, whose folder is then meant. The word
        "digits" is scikit-learn's.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        When it is none of these, or cannot be read.

    Examples
    --------
    >>> load("digits").train_images.shape
    (1347, 1, 8, 8)
    """
    where = path_of(path, "load")
    if str(path) == "digits" and not where.exists():
        return digits()
    if where.is_dir():
        idx, cifar = idx_files(where), cifar_files(where)
        if bool(idx) != bool(cifar):
            return mnist(where) if idx else cifar10(where)
        got = "both" if idx else "neither"
        raise InputError(
            f"{path}: expected a folder with the four IDX files of MNIST or the six "
            f".bin files of CIFAR-10, got {got}"
        )
    check_file(where)
    if where.suffix.lower() in (".bin", ".tar", ".tgz") or where.name.lower().endswith(".tar.gz"):
        return cifar10(where)
    if is_idx(_start(where)) or where.name.removesuffix(".gz").endswith("-ubyte"):
        return mnist(where.parent)
    raise InputError(f"{path}: expected an IDX file, or a .bin or .tar.gz file of CIFAR-10")


def _start(path: Path) -> bytes:
    """The first bytes of a file, unpacked if it is compressed with gzip; none if damaged."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            return file.read(4)
    except (OSError, EOFError, zlib.error):
        return b""
