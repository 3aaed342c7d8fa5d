"""What tensors a file of weights holds: .npy, .npz, .safetensors, or a state_dict of torch.

Only names, shapes and kinds are read at first; the numbers of a tensor when it is asked for. What
a header promises is held against the size of the file before anything is allocated. Nothing in a
file is executed: object arrays (pickles) are never opened, and torch reads with `weights_only`.

Source: the safetensors format, https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import InputError
from neurosim.base.extras import needs
from neurosim.convnet.numpy_files import (
    DAMAGED_ZIP,
    StoredTensor,
    check_file,
    damaged,
    from_npy,
    from_npz,
)

__all__ = ["stored_tensors"]

_SAFE_FLOATS = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


def stored_tensors(path: Path) -> dict[str, StoredTensor]:
    """The tensors of a file by name, in the order in which the file holds them.

    Parameters
    ----------
    path : Path
        Of a kind that its suffix says; the one tensor of a .npy file has the name "".

    Returns
    -------
    dict
        Name -> `StoredTensor`. Names of dictionaries in dictionaries are joined with dots.

    Raises
    ------
    InputError
        When there is no such file, or it is empty, truncated, damaged or of another kind, when
        it would have to be executed to be read, or when the library it needs is missing.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "layers.npz"
    >>> np.savez(path, conv1=np.ones((8, 3, 5, 5)), bias=np.zeros(8, np.float32))
    >>> [f"{name}: {tensor}" for name, tensor in stored_tensors(path).items()]
    ['conv1: float64 (8, 3, 5, 5)', 'bias: float32 (8,)']
    """
    readers = {
        ".npy": from_npy,
        ".npz": from_npz,
        ".safetensors": _from_safetensors,
        ".pt": _from_torch,
        ".pth": _from_torch,
    }
    if path.suffix.lower() not in readers:
        raise InputError(f"{path}: expected a file that ends in {', '.join(readers)}")
    check_file(path)
    try:
        return readers[path.suffix.lower()](path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def _from_safetensors(path: Path) -> dict[str, StoredTensor]:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise _missing(path, "safetensors") from None
    try:
        with safe_open(str(path), framework="np"):  # holds every size against the file
            pass
    except (SafetensorError, OSError, ValueError, OverflowError, MemoryError) as error:
        raise damaged(path, "as safetensors it", error) from None
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    entries = [(name, entry) for name, entry in header.items() if name != "__metadata__"]

    def reader(entry: dict[str, Any]) -> Callable[[], AnyArray]:
        def read() -> AnyArray:
            begin, end = entry["data_offsets"]
            with path.open("rb") as file:
                file.seek(8 + length + begin)
                return _of_bits(file.read(end - begin), entry["dtype"]).reshape(entry["shape"])

        return read

    return {
        name: StoredTensor(
            tuple(entry["shape"]), _SAFE_FLOATS.get(entry["dtype"], entry["dtype"]), reader(entry)
        )
        for name, entry in sorted(entries, key=lambda each: each[1]["data_offsets"])
    }


def _of_bits(numbers: bytes, kind: str) -> AnyArray:
    """Numbers of a safetensors kind; bfloat16, which NumPy lacks, is the top half of a float32."""
    if kind == "BF16":
        return (np.frombuffer(numbers, "<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(numbers, f"<f{int(kind[1:]) // 8}")


def _from_torch(path: Path) -> dict[str, StoredTensor]:
    try:
        import torch
    except ImportError:
        raise _missing(path, "torch") from None
    _check_torch_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # about old ways of storing, which are read all the same
            held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"{path}: expected a state_dict of plain tensors, got a pickle of something else, or a "
            "damaged one; nothing in it was run (save model.state_dict(), or safetensors)"
        ) from None
    except _DAMAGED:
        raise InputError(
            f"{path}: cannot be read as a state_dict of torch (truncated, damaged, "
            "or not saved by torch.save)"
        ) from None
    return {name: _of_torch(tensor, path) for name, tensor in _named(held, torch.Tensor)}


def _check_torch_file(path: Path) -> None:
    """Refuse what is not a file of torch.save, or whose archive promises more than it holds."""
    with path.open("rb") as file:
        start = file.read(4)
    if start[:1] == b"\x80":  # a bare pickle, as torch before 1.6 wrote
        return
    if start != b"PK\x03\x04":
        raise InputError(f"{path}: not a file of torch.save (whatever its name says)")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            packed = [each.filename for each in members if each.compress_type != zipfile.ZIP_STORED]
            spoilt = None if packed else archive.testzip()
    except DAMAGED_ZIP as error:
        raise damaged(path, "as an archive of torch.save it", error) from None
    if packed or not any(each.filename.endswith("/data.pkl") for each in members):
        raise InputError(f"{path}: a zip archive, but not one of torch.save")
    if spoilt:
        raise InputError(f"{path}: its record {spoilt} is damaged (the checksum differs)")


def _named(held: Any, tensor_type: type) -> Iterator[tuple[str, Any]]:
    """Tensors in dictionaries, however deep, with their dotted names; each dictionary once."""
    waiting: list[tuple[str, Any]] = [("", held)]
    met: set[int] = set()
    while waiting:
        name, each = waiting.pop(0)
        if isinstance(each, tensor_type):
            yield name, each
        elif isinstance(each, Mapping) and id(each) not in met:
            met.add(id(each))
            prefix = f"{name}." if name else ""
            waiting = [(f"{prefix}{key}", value) for key, value in each.items()] + waiting


def _of_torch(tensor: Any, path: Path) -> StoredTensor:
    """A tensor of torch; one that repeats its numbers to look bigger than the file is not read."""
    kind = str(tensor.dtype).removeprefix("torch.")
    dense = str(tensor.layout) == "torch.strided" and tensor.device.type == "cpu"
    if not dense or tensor.is_nested or tensor.is_quantized:
        kind = f"sparse or quantised {kind}"
    elif tensor.numel() * tensor.element_size() > path.stat().st_size:
        kind = f"repeated {kind}"
    shape = () if tensor.is_nested else tuple(tensor.shape)
    return StoredTensor(shape, kind, lambda: tensor.detach().double().numpy())


def _missing(path: Path, library: str) -> InputError:
    return InputError(f"{path}: {needs(library, 'convnet')}")
