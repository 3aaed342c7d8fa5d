"""First-layer convolution filters from a file of weights, whichever library wrote it.

Nothing in the file is executed: see `neurosim.convnet.tensor_files`.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.files import path_of
from neurosim.convnet.numpy_files import StoredTensor
from neurosim.convnet.tensor_files import stored_tensors

__all__ = ["filters_from_file", "tensor_shapes"]

_MOST = 2**26  # weights; the largest first layers published have less than a million


def filters_from_file(path: str | os.PathLike[str], name: str | None = None) -> Array:
    """Filters of a convolution layer, by default the first of a file.

    Parameters
    ----------
    path : path
        A .safetensors, .npz or .npy file, or a state_dict saved by torch (.pt, .pth; dictionaries
        in it are looked into, "state_dict.conv1.weight").
    name : str, optional
        Of the tensor. Default: the first in the file that has four dimensions. That is the order
        in which a state_dict or .npz was written; safetensors sorts by name, so that a first layer
        whose name does not come first must be named (`tensor_shapes` lists them).

    Returns
    -------
    ndarray
        (filter, channel, row, column), as stored. A tensor of three dimensions, in a .npy file or
        when named, is (filter, row, column): one channel.

    Raises
    ------
    InputError
        When the file cannot be read (see `stored_tensors`) or the tensor is not one of filters:
        it has another number of dimensions, an empty one, a single pixel per filter, integers
        (quantised weights have lost their scale), numbers that are not finite, or more than
        2**26 of them.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model.npz"
    >>> np.savez(path, bias=np.zeros(8), conv1=np.ones((8, 3, 5, 5), np.float32))
    >>> filters_from_file(path).shape
    (8, 3, 5, 5)
    """
    tensors = stored_tensors(path_of(path, "filters_from_file"))
    chosen = _chosen(tensors, name, str(path))
    tensor = tensors[chosen]
    subject = f"{path}: {chosen}" if chosen else str(path)
    _check(tensor, subject)
    with np.errstate(invalid="ignore"):  # signalling NaNs are found below
        values = np.asarray(tensor.read(), dtype=np.float64)
    faults = Faults(subject)
    wrong = int(np.sum(~np.isfinite(values)))
    faults.require(not wrong, "finite weights", f"{wrong} that are NaN or infinite")
    faults.stop()
    return values if values.ndim == 4 else values[:, None]


def tensor_shapes(path: str | os.PathLike[str]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors of a file, in its order.

    Raises
    ------
    InputError
        When the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model.npz"
    >>> np.savez(path, conv1=np.ones((8, 3, 5, 5)), bias=np.zeros(8))
    >>> tensor_shapes(path)
    {'conv1': (8, 3, 5, 5), 'bias': (8,)}
    """
    return {name: tensor.shape for name, tensor in stored_tensors(Path(path)).items()}


def _chosen(tensors: dict[str, StoredTensor], name: str | None, subject: str) -> str:
    """The name of the tensor that is meant."""
    faults = Faults(subject)
    alone = list(tensors) == [""]
    there = ", ".join(f"{each} {tensor.shape}" for each, tensor in tensors.items()) or "none"
    if name is not None:
        faults.kind("name", name, str, "text")
        faults.stop()
        expected = "no name for the one array of the file" if alone else f"a tensor {name!r}"
        faults.require(name in tensors and not alone, expected, name if alone else there)
        faults.stop()
        return name
    if alone:
        return ""
    four = [each for each, tensor in tensors.items() if len(tensor.shape) == 4]
    faults.require(
        four, "a tensor (filter, channel, row, column)", there, "name=... takes another one"
    )
    faults.stop()
    return four[0]


def _check(tensor: StoredTensor, subject: str) -> None:
    """Refuse what cannot be the filters of a first layer, everything at once."""
    shape = tensor.shape
    faults = Faults(subject)
    if faults.require(
        len(shape) in (3, 4), "(filter, channel, row, column) or (filter, row, column)", shape
    ) and faults.require(math.prod(shape), "at least one filter and no empty dimension", shape):
        faults.require(math.prod(shape[-2:]) > 1, "filters of more than 1 x 1 pixel", shape)
        faults.require(math.prod(shape) <= _MOST, f"at most {_MOST} weights", math.prod(shape))
    faults.require(tensor.readable, "dense floating-point weights (16, 32 or 64 bits)", tensor.kind)
    faults.stop()
