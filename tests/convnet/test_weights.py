"""Files of weights: what is read from each kind, and that nothing in a bad one is executed."""

import io
import json
import pickle
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import InputError
from neurosim.convnet.weights import filters_from_file, tensor_shapes

FILTERS = np.random.default_rng(1).standard_normal((4, 3, 5, 5)).astype(np.float32)
BIAS = np.arange(4, dtype=np.float32)
KINDS = ("npy", "npz", "safetensors", "pt", "old.pth")


class Payload:
    """A pickle that, when loaded, makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def safetensors_bytes(header, numbers=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def npy_bytes(descr="'<f4'", shape="(4, 3, 5, 5)", numbers=b"", version=1):
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + numbers


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def saved(folder, kind, **tensors):
    """A file of that kind, written by the library that owns the format."""
    path = folder / f"weights.{kind}"
    tensors = tensors or {"bias": BIAS, "conv1": FILTERS}
    if kind == "npy":
        np.save(path, tensors["conv1"])
    elif kind == "npz":
        np.savez_compressed(path, **tensors)
    elif kind == "safetensors":
        pytest.importorskip("safetensors.numpy").save_file(tensors, path)
    else:
        torch = pytest.importorskip("torch")
        held = {name: torch.from_numpy(each.copy()) for name, each in tensors.items()}
        torch.save(held, path, _use_new_zipfile_serialization=kind == "pt")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_holds_the_same_filters(tmp_path, kind):
    # oracle: the array that was saved
    path = saved(tmp_path, kind)
    filters = filters_from_file(path)
    assert filters.dtype == np.float64
    assert np.array_equal(filters, FILTERS)
    if kind != "npy":
        assert np.array_equal(filters_from_file(path, "conv1"), FILTERS)
        assert tensor_shapes(path) == {"bias": (4,), "conv1": (4, 3, 5, 5)}


@pytest.mark.parametrize("kind", KINDS[:4])
@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_widths_and_orders_of_numbers(tmp_path, kind, dtype):
    # oracle: NumPy's own conversion
    wanted = FILTERS.astype(dtype)
    assert np.array_equal(filters_from_file(saved(tmp_path, kind, conv1=wanted)), wanted)
    if kind in ("npy", "npz"):
        for odd in (np.asfortranarray(wanted), wanted.astype(wanted.dtype.newbyteorder(">"))):
            assert np.array_equal(filters_from_file(saved(tmp_path, kind, conv1=odd)), wanted)


def test_bfloat16(tmp_path):
    # oracle: powers of two and small integers are exact in bfloat16
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    wanted = np.resize([1.0, -2.5, 0.375, 2.0**-100, -96.0], (2, 1, 3, 3))
    held = {"conv1": torch.tensor(wanted).to(torch.bfloat16)}
    safetensors.save_file(held, tmp_path / "a.safetensors")
    torch.save(held, tmp_path / "a.pt")
    for name in ("a.safetensors", "a.pt"):
        assert np.array_equal(filters_from_file(tmp_path / name), wanted)


def test_which_tensor_is_meant(tmp_path):
    # oracle: the documented rule, first of four dimensions in the order of the file
    first, second = FILTERS, FILTERS[:2, :1]
    path = saved(tmp_path, "npz", head=BIAS, z=first, a=second)
    assert np.array_equal(filters_from_file(path), first)
    assert np.array_equal(filters_from_file(path, "a"), second)
    flat = FILTERS[:, 0]
    assert np.array_equal(filters_from_file(saved(tmp_path, "npy", conv1=flat)), flat[:, None])
    path = saved(tmp_path, "npz", grey=flat)
    assert filters_from_file(path, "grey").shape == (4, 1, 5, 5)
    with pytest.raises(InputError, match=r"tensor \(filter, channel, row, column\), got grey \(4"):
        filters_from_file(path)


def test_a_state_dict_inside_a_checkpoint(tmp_path):
    # oracle: the array that was saved; the dictionary that holds itself is looked into once
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 5), torch.nn.Linear(4, 2))
    checkpoint = {"epoch": 3, "net": {"state": model.state_dict()}}
    checkpoint["net"]["again"] = checkpoint["net"]
    torch.save(checkpoint, tmp_path / "model.pth")
    wanted = model[0].weight.detach().numpy()
    assert np.array_equal(filters_from_file(tmp_path / "model.pth"), wanted)
    assert next(iter(tensor_shapes(tmp_path / "model.pth"))) == "net.state.0.weight"
    torch.save(model[0].weight, tmp_path / "alone.pt")
    assert np.array_equal(filters_from_file(tmp_path / "alone.pt"), wanted)


def test_nothing_in_a_pickle_is_run(tmp_path):
    # oracle: the file that the payload would make is not there (and is, once it is unpickled)
    trap = tmp_path / "executed"
    bad = pickle.dumps({"conv1": Payload(trap)})
    array = np.empty((1, 1, 2, 2), dtype=object)
    array[...] = Payload(trap)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a/data.pkl", bad)
        archive.writestr("a/version", "3\n")
        archive.writestr("a/byteorder", "little")
    objects = io.BytesIO()
    np.save(objects, array, allow_pickle=True)
    np.savez(tmp_path / "objects.npz", ok=FILTERS, conv1=array)
    files = [written(tmp_path, f"bare.{kind}", bad) for kind in ("npy", "npz", "safetensors")]
    files.append(written(tmp_path, "objects.npy", objects.getvalue()))
    files += [written(tmp_path, "bare.pt", bad), written(tmp_path, "bare.pth", bad)]
    files.append(written(tmp_path, "zipped.pt", zipped.getvalue()))
    for path in files:
        with pytest.raises(InputError, match=path.name):
            filters_from_file(path)
        assert not trap.exists(), path
    with pytest.raises(InputError, match="got Python objects"):
        filters_from_file(tmp_path / "objects.npz", "conv1")
    assert np.array_equal(filters_from_file(tmp_path / "objects.npz"), FILTERS)
    assert not trap.exists()
    pickle.loads(bad)  # noqa: S301  # the trap works
    assert trap.exists()


def test_torch_files_that_are_refused(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.Conv2d(1, 1, 3), tmp_path / "model.pt")
    with pytest.raises(InputError, match=r"nothing in it was run \(save model.state_dict"):
        filters_from_file(tmp_path / "model.pt")
    torch.save({"conv": torch.ones(1, 1, 1, 1).expand(10**4, 3, 10**4, 10**4)}, tmp_path / "b.pt")
    with pytest.raises(InputError, match=r"at most 67108864 weights.*got repeated float32"):
        filters_from_file(tmp_path / "b.pt")
    torch.save({"conv": torch.ones(4, 1, 3, 3).to_sparse()}, tmp_path / "sparse.pt")
    with pytest.raises(InputError, match="got sparse or quantised float32"):
        filters_from_file(tmp_path / "sparse.pt")
    np.savez(tmp_path / "arrays.npz", conv1=FILTERS)
    (tmp_path / "arrays.npz").rename(tmp_path / "arrays.pt")
    with pytest.raises(InputError, match="a zip archive, but not one of"):
        filters_from_file(tmp_path / "arrays.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(InputError, match=r"channel, row, column\), got none"):
        filters_from_file(tmp_path / "list.pt")


WRONG = {
    "flat": (np.ones((4, 5)), r"\(filter, channel, row, column\) or .*, got \(4, 5\)"),
    "none": (np.ones((0, 3, 5, 5)), "at least one filter and no empty dimension"),
    "pixel": (np.ones((4, 3, 1, 1)), "filters of more than 1 x 1 pixel"),
    "nan": (np.where(FILTERS > 2, np.nan, FILTERS), "expected finite weights, got [0-9]+ that are"),
    "whole": (np.ones((4, 3, 5, 5), np.int8), "dense floating-point weights .*, got "),
    "both": (np.ones((4, 3, 1, 1), int), "1 x 1 pixel, got .*; expected dense floating"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", WRONG)
def test_tensors_that_are_not_filters(tmp_path, kind, wrong):
    array, message = WRONG[wrong]
    name = None if kind == "npy" else "conv1"
    with pytest.raises(InputError, match=message):
        filters_from_file(saved(tmp_path, kind, conv1=array, bias=BIAS), name)


def test_names_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"a tensor 'c', got bias \(4,\), conv1 \(4, 3, 5, 5\)"):
        filters_from_file(saved(tmp_path, "npz"), "c")
    with pytest.raises(InputError, match="expected no name for the one array of the file, got c"):
        filters_from_file(saved(tmp_path, "npy"), "c")


def test_paths_that_cannot_be_read(tmp_path):
    (tmp_path / "folder.pt").mkdir()
    for name, message in (
        ("absent.npy", "there is no such file"),
        ("folder.pt", "expected a file, got a folder"),
        (".", "expected a file that ends in .npy, .npz, .safetensors, .pt, .pth"),
        ("a\0b.npy", "path without a null character"),
    ):
        with pytest.raises(InputError, match=message):
            filters_from_file(tmp_path / name)
    for kind in ("npy", "npz", "safetensors", "pt", "pth"):
        with pytest.raises(InputError, match="the file is empty"):
            filters_from_file(written(tmp_path, f"a.{kind}", b""))
        if kind in ("npy", "npz"):
            with pytest.raises(InputError, match=f"text.{kind}"):
                filters_from_file(written(tmp_path, f"text.{kind}", b"0.1 0.2\n" * 99))


def test_headers_that_lie(tmp_path):
    # oracle: refused before the promised bytes are allocated, which no machine has
    huge = "(1000000, 1000000, 1000, 1000)"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("conv1.npy", npy_bytes(shape=huge))
    entry = {"dtype": "F32", "shape": [10**6] * 4, "data_offsets": [0, 4]}
    for name, content, message in (
        ("a.npy", npy_bytes(shape=huge), "bytes of numbers, as its header says, got 0"),
        ("a.npz", archive.getvalue(), "conv1.npy: expected 4000000000000000000 bytes"),
        ("b.npy", npy_bytes(numbers=bytes(1203)), "expected 1200 bytes .*, got 1203"),
        ("c.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "header of at most 10000 bytes"),
        ("d.npy", npy_bytes(shape="(9, 9"), "its header is truncated or damaged"),
        ("e.npy", npy_bytes(shape="(4, 3 5)"), "its header is truncated or damaged"),
        ("f.npy", npy_bytes("[('a', '<f4')]"), "got records"),
        ("g.npy", npy_bytes("__import__('os')"), "got records"),
        ("a.safetensors", struct.pack("<Q", 2**60) + b"{}", "truncated or damaged"),
        ("b.safetensors", safetensors_bytes({"w": entry}, bytes(4)), "truncated or damaged"),
        ("c.safetensors", b"some text that was renamed", "truncated or damaged"),
        ("d.safetensors", safetensors_bytes(b"[" * 10_000), "truncated or damaged"),
    ):
        if name.endswith("safetensors"):
            pytest.importorskip("safetensors")
        with pytest.raises(InputError, match=message):
            filters_from_file(written(tmp_path, name, content))


def test_old_versions_of_the_npy_header(tmp_path):
    # oracle: NEP 1, versions 1 to 3; Python 2 wrote shapes as long integers
    numbers = FILTERS.tobytes()
    for version, shape in ((1, "(4L, 3L, 5L, 5L)"), (2, "(4,3,5,5)"), (3, "(4, 3, 5, 5,)")):
        content = npy_bytes(shape=shape, numbers=numbers, version=version)
        assert np.array_equal(filters_from_file(written(tmp_path, "a.npy", content)), FILTERS)


def test_a_bomb_in_an_archive(tmp_path):
    # oracle: 2**26 weights at most, told from the header alone
    path = tmp_path / "bomb.npz"
    content = npy_bytes(shape="(90, 1, 1000, 1000)", numbers=bytes(360 * 10**6))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conv1.npy", content)
    with pytest.raises(InputError, match="at most 67108864 weights, got 90000000"):
        filters_from_file(path)


@pytest.mark.parametrize(
    ("library", "kind"), [("torch", "pt"), ("torch", "pth"), ("safetensors", "safetensors")]
)
def test_a_missing_library_is_named(tmp_path, monkeypatch, library, kind):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=rf"needs {library} .*-e '.\[convnet\]'"):
        filters_from_file(written(tmp_path, f"a.{kind}", b"PK\x03\x04"))


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    return lambda kind: saved(folder, kind).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory, good, kind, data):
    # oracle: an array of filters or an InputError of one line, never anything else
    content = bytearray(good(kind))
    for _ in range(data.draw(st.integers(0, 4))):
        # most of what matters stands at either end
        near = data.draw(st.integers(0, min(400, len(content) - 1)))
        at = data.draw(st.sampled_from([near, len(content) - 1 - near]))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    path = written(tmp_path_factory.getbasetemp(), f"fuzz.{kind}", bytes(content))
    try:
        filters = filters_from_file(path)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert filters.ndim == 4
        assert np.isfinite(filters).all()
