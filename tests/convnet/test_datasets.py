"""Files of labelled images: what they become, and how a bad one is named."""

import gzip
import hashlib
import io
import re
import shutil
import struct
import sys
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import InputError
from neurosim.convnet import cifar_files, idx_files
from neurosim.convnet.datasets import cifar10, digits, load, mnist, read_idx

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
BATCHES = [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]
RANDOM = np.random.default_rng(4)
PIXELS = {
    IMAGES: RANDOM.integers(0, 256, (6, 5, 4)),
    LABELS: np.array([0, 1, 2, 0, 1, 2]),
    TEST_IMAGES: RANDOM.integers(0, 256, (2, 5, 4)),
    TEST_LABELS: np.array([2, 1]),
}


def idx_bytes(values, kind=0x08, dtype="u1"):
    values = np.asarray(values)
    shape = struct.pack(f">{values.ndim}I", *values.shape)
    return bytes([0, 0, kind, values.ndim]) + shape + values.astype(dtype).tobytes()


def written(folder, name, content):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def mnist_folder(folder, packed=""):
    for name, values in PIXELS.items():
        content = idx_bytes(values)
        packs = name in packed
        written(folder, name + ".gz" * packs, gzip.compress(content) if packs else content)
    return folder


def records(number, first=0):
    """CIFAR-10 records whose labels count up from `first`, and whose pixels are random."""
    random = np.random.default_rng(first)
    held = random.integers(0, 256, (number, 3073), dtype=np.uint8)
    held[:, 0] = (np.arange(number) + first) % 10
    return held


def cifar_folder(folder, number=3):
    for k, name in enumerate(BATCHES):
        written(folder, name, records(number, k).tobytes())
    return folder


def tar_bytes(members, mode="w:gz", kind=tarfile.REGTYPE):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode=mode) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size, member.type = len(content) if kind == tarfile.REGTYPE else 0, kind
            member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def cifar_tar(**more):
    inside = [
        (f"cifar-10-batches-bin/{name}", records(3, k).tobytes()) for k, name in enumerate(BATCHES)
    ]
    return tar_bytes([("cifar-10-batches-bin/readme.html", b"<p>"), *inside], **more)


def test_digits_are_split_alike_every_time():
    # oracle: the published 1797 images with 174 to 183 of each digit (UCI's optdigits.tes)
    found = digits()
    labels = np.concatenate([found.train_labels, found.test_labels])
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    share = np.bincount(found.test_labels) / np.bincount(labels)
    assert np.abs(share - 0.25).max() < 0.003  # half an image of 174
    assert found.train_images.shape[1:] == (1, 8, 8)
    assert found.train_images.dtype == np.float32
    assert found.train_labels.dtype == np.int64
    assert (found.train_images.min(), found.train_images.max()) == (0, 1)
    assert np.array_equal(digits().test_images, found.test_images)
    assert not np.array_equal(digits(seed=1).test_labels, found.test_labels)
    again = digits(seed=1, test_share=0.5)
    total = found.train_images.sum(dtype=float) + found.test_images.sum(dtype=float)
    assert again.train_images.sum(dtype=float) + again.test_images.sum(dtype=float) == total


def test_digits_that_cannot_be(monkeypatch):
    with pytest.raises(InputError, match=r"seed as .* got -1; expected test_share in .*, got 1"):
        digits(seed=-1, test_share=1)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(InputError, match=r"needs scikit-learn .*-e '.\[convnet\]'"):
        digits()


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [(0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")],
)
def test_every_type_of_idx(tmp_path, kind, dtype):
    # oracle: the numbers that were written, the types of the format's description
    values = np.arange(24).reshape(2, 3, 4) - (12 if dtype != "u1" else 0)
    for content in (idx_bytes(values, kind, dtype), gzip.compress(idx_bytes(values, kind, dtype))):
        found = read_idx(written(tmp_path, "a", content))
        assert np.array_equal(found, values)
        assert found.dtype == np.dtype(dtype).newbyteorder("=")


def test_idx_files_that_are_refused(tmp_path):
    whole = idx_bytes(PIXELS[IMAGES])
    packed = gzip.compress(whole)
    huge = bytes([0, 0, 8, 4]) + b"\xff" * 16
    for content, message in (
        (whole[:-1], "truncated: expected 120 bytes of numbers, as its header says, got 119"),
        (whole + b"\0", "expected the end after 120 bytes of numbers"),
        (whole[:9], "truncated: its header ends too early"),
        (packed[:-20], "truncated: the compressed data end too early"),
        (packed[:-1], "truncated: the compressed data end too early"),
        (packed + b"more", "damaged, as gzip says"),
        (packed[:-6] + b"\0" + packed[-5:], "damaged, as gzip says"),
        (gzip.compress(whole + b"\0"), "expected the end after 120 bytes"),
        (gzip.compress(whole[:-1]), "truncated: expected 120 bytes"),
        (gzip.compress(huge), "expected at most 2147483648 bytes of numbers, got 3402823"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 0]), "expected at least one number"),
        (bytes([0, 0, 8, 0]), "expected an IDX file .*, got one that starts with 00 00 08 00"),
        (b"not images", "got one that starts with 6e 6f 74 20"),
        (b"", "the file is empty"),
        (gzip.compress(b""), "starts with nothing"),
    ):
        path = written(tmp_path, "a.gz", content)
        with pytest.raises(InputError, match=re.escape(str(path)) + f": .*{message}"):
            read_idx(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_idx(tmp_path / "absent")
    with pytest.raises(InputError, match="got a folder"):
        read_idx(tmp_path)


def test_a_bomb_is_read_no_further_than_its_header_says(tmp_path):
    # oracle: the time and memory of this test; unpacked, the file has 4 GB
    block = gzip.compress(bytes(2**22), compresslevel=9)
    content = gzip.compress(idx_bytes(np.zeros((2, 2), int))) + block * 1000
    with pytest.raises(InputError, match="expected the end after 4 bytes"):
        read_idx(written(tmp_path, "bomb.gz", content))


@pytest.mark.parametrize("packed", ["", f"{IMAGES} {TEST_LABELS}", " ".join(PIXELS)])
def test_mnist_from_a_folder(tmp_path, packed):
    # oracle: the pixels that were written, over 255
    found = mnist(mnist_folder(tmp_path / "raw", packed))
    assert found.train_images.dtype == np.float32
    wanted = (PIXELS[IMAGES] / 255).astype(np.float32)[:, None]
    assert np.array_equal(found.train_images, wanted)
    assert found.test_labels.tolist() == [2, 1]
    assert found.test_labels.dtype == np.int64
    files = sorted((tmp_path / "raw").iterdir())
    sums = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert found.checksums == sums
    assert found.recognised.startswith("complete, but not known as published: train-images")
    assert found.name == "IDX images"
    for path in (tmp_path, tmp_path / "raw", files[0]):
        assert np.array_equal(load(path).train_images, wanted)
    (tmp_path / "raw" / files[0].name).rename(
        tmp_path / "raw" / files[0].name.replace("-idx", ".idx")
    )
    assert np.array_equal(mnist(tmp_path).test_images, found.test_images)


def test_published_files_are_recognised(tmp_path, monkeypatch):
    # oracle: checksums of the files made here, in the place of the published ones
    folder = mnist_folder(tmp_path / "a", IMAGES)
    sums = {
        hashlib.md5((folder / f"{name}{'.gz' * (name == IMAGES)}").read_bytes()).hexdigest(): name
        for name in PIXELS
    }
    monkeypatch.setattr(idx_files, "_PUBLISHED", {"Dots": sums})
    found = mnist(folder)
    assert (found.name, found.recognised) == ("Dots", "the published files of Dots")
    assert repr(found).endswith("3 classes; the published files of Dots>")
    content = bytearray((folder / TEST_IMAGES).read_bytes())
    content[-1] ^= 1
    written(folder, TEST_IMAGES, bytes(content))
    found = mnist(folder)
    assert found.recognised == f"complete, but not known as published: {TEST_IMAGES}"
    assert found.name == "IDX images"
    mnist_folder(tmp_path / "a")
    halves = {s: p for s, p in sums.items() if "t10k" in p}
    others = {s: p for s, p in sums.items() if s not in halves}
    monkeypatch.setattr(idx_files, "_PUBLISHED", {"Dots": halves, "Lines": others})
    assert mnist(folder).recognised == "published files, but of different data: Dots, Lines"


def test_the_published_checksums_are_whole():
    # oracle: MD5 has 32 hexadecimal digits, SHA-1 has 40; packed and plain of four files
    for sums in idx_files._PUBLISHED.values():
        assert all(re.fullmatch("[0-9a-f]{32}", each) for each in sums)
        assert sorted(sums.values()) == sorted([*PIXELS] * 2)
    (sums,) = cifar_files._PUBLISHED.values()
    assert all(re.fullmatch("[0-9a-f]{32}|[0-9a-f]{40}", each) for each in sums)
    assert set(sums.values()) == {*BATCHES, "cifar-10-binary.tar.gz"}


def test_mnist_files_that_do_not_belong_together(tmp_path):
    folder = mnist_folder(tmp_path / "a")
    with pytest.raises(InputError, match="expected a folder, got none of this name"):
        mnist(tmp_path / "absent")
    (folder / LABELS).unlink()
    (folder / TEST_LABELS).unlink()
    with pytest.raises(InputError, match=f"got no {LABELS}, {TEST_LABELS}"):
        mnist(folder)
    written(folder, LABELS, idx_bytes([1, 2]))
    written(folder, TEST_LABELS, idx_bytes([1, 2], 0x0B, ">i2"))
    with pytest.raises(InputError, match=f"bytes of 1 dimensions in {TEST_LABELS}, got int16"):
        mnist(folder)
    written(folder, TEST_LABELS, idx_bytes([1, 2]))
    written(folder, TEST_IMAGES, idx_bytes(np.zeros((2, 5, 5))))
    with pytest.raises(InputError, match=r"images as labels, got \(6, 2\); expected images of one"):
        mnist(folder)


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_cifar_from_an_archive_or_a_folder(tmp_path, mode):
    # oracle: the records that were written
    folder = cifar_folder(tmp_path / "cifar-10-batches-bin")
    name = "c.tar.gz" if mode == "w:gz" else "c.tar"
    archive = written(tmp_path / "tar", name, cifar_tar(mode=mode))
    wanted = np.concatenate([records(3, k) for k in range(5)])
    for path in (folder, tmp_path, archive):
        for found in (cifar10(path), load(path)):
            assert found.train_labels.tolist() == wanted[:, 0].tolist()
            pixels = (wanted[:, 1:].reshape(-1, 3, 32, 32) / 255).astype(np.float32)
            assert np.array_equal(found.train_images, pixels)
            assert found.test_labels.tolist() == [5, 6, 7]
            assert found.recognised.startswith("complete, but not known as published")
    assert sorted(each.name for each in (tmp_path / "tar").iterdir()) == [name]


def test_one_file_of_cifar(tmp_path):
    # oracle: the documented rule, the last sixth is held out
    found = load(written(tmp_path, "data_batch_1.bin", records(13).tobytes()))
    assert (len(found.train_images), found.test_labels.tolist()) == (11, [1, 2])
    with pytest.raises(InputError, match="expected at least 6 images, got 5"):
        cifar10(written(tmp_path, "a.bin", records(5).tobytes()))


def test_published_cifar_is_recognised(tmp_path, monkeypatch):
    # oracle: checksums of the files made here, in the place of the published ones
    archive = written(tmp_path, "any name.tar.gz", cifar_tar())
    sums = {hashlib.md5(archive.read_bytes()).hexdigest(): "cifar-10-binary.tar.gz"}
    folder = cifar_folder(tmp_path / "a")
    sums |= {hashlib.sha1((folder / name).read_bytes()).hexdigest(): name for name in BATCHES}
    monkeypatch.setattr(cifar_files, "_PUBLISHED", {"CIFAR-10": sums})
    for path in (archive, folder):
        assert cifar10(path).recognised == "the published files of CIFAR-10"
    shutil.copy(folder / BATCHES[0], folder / BATCHES[1])
    assert cifar10(folder).recognised.endswith(f"published: {BATCHES[1]}")


def test_cifar_files_that_are_refused(tmp_path):
    whole = cifar_tar()
    twice = [(name, records(1).tobytes()) for name in (*BATCHES, BATCHES[0])]
    short = [(name, records(1).tobytes()[: 3073 - (name == BATCHES[2])]) for name in BATCHES]
    odd = records(8)
    odd[3, 0] = 11
    for name, content, message in (
        ("a.tar.gz", whole[:-9], "truncated, damaged, or not a tar"),
        ("a.tar.gz", whole[:9000], "truncated, damaged, or not a tar"),
        ("a.tar", cifar_tar(mode="w")[:9000], r"unexpected end of data|got \d+ .truncated"),
        ("a.tar.gz", whole[:-5] + b"\0" + whole[-4:], "truncated, damaged, or not a tar"),
        ("a.tar.gz", tar_bytes(twice[1:3]), "got no data_batch_1.bin, data_batch_4.bin"),
        ("a.tar.gz", tar_bytes(twice), "expected data_batch_1.bin once, got two"),
        ("a.tar.gz", tar_bytes(short), "data_batch_3.bin: expected whole records of 3073 bytes"),
        (
            "a.tar.gz",
            tar_bytes([(BATCHES[0], records(2).tobytes()), *twice[1:-1]]),
            r"as many images in each file, got \[2, 1, 1, 1, 1, 1\] \(truncated\?\)",
        ),
        ("a.tar.gz", tar_bytes(twice, kind=tarfile.SYMTYPE), "as a file, got a link or a device"),
        ("a.tgz", b"some text", "truncated, damaged, or not a tar"),
        ("a.bin", odd.tobytes(), "expected labels 0 to 9, got 11 in image 3"),
        ("a.bin", odd.tobytes()[:-1], "got 7 and 3072 bytes .truncated, or not CIFAR-10"),
    ):
        path = written(tmp_path, name, content)
        with pytest.raises(InputError, match=message) as caught:
            cifar10(path)
        assert str(path) in str(caught.value)
    folder = cifar_folder(tmp_path / "folder")
    (folder / BATCHES[4]).unlink()
    written(folder, BATCHES[5], b"")
    with pytest.raises(InputError, match=f"{BATCHES[5]}: the file is empty"):
        cifar10(folder)
    (folder / BATCHES[5]).unlink()
    with pytest.raises(InputError, match=r"got no data_batch_5.bin, test_batch.bin"):
        load(folder)


def test_paths_in_an_archive_do_not_matter(tmp_path):
    # oracle: nothing is written anywhere, and the contents are read all the same
    inside = [(f"../../{name}", records(2, k).tobytes()) for k, name in enumerate(BATCHES)]
    path = written(tmp_path / "deep", "a.tar.gz", tar_bytes([("/escaped", b"x"), *inside]))
    assert cifar10(path).test_labels.tolist() == [5, 6]
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["a.tar.gz"]


def test_an_archive_is_read_no_further_than_data_of_this_kind(tmp_path, monkeypatch):
    # oracle: a bomb in what is passed over, and one in a header that is read to memory
    monkeypatch.setattr(cifar_files, "_MOST", 10**6)
    bomb = tar_bytes([("other.bin", bytes(3 * 10**6))])
    header = tar_bytes([("x" * (2 * 10**6), b"")])
    for content in (bomb, header):
        assert len(content) < 10**5
        with pytest.raises(InputError, match="at most 1000000 bytes in the archive, got more"):
            cifar10(written(tmp_path, "a.tar.gz", content))
    with pytest.raises(InputError, match="expected at most 1000000 bytes, got 1229200"):
        cifar10(written(tmp_path, "a.bin", records(400).tobytes()))


def test_load_says_what_it_reads(tmp_path):
    both = cifar_folder(mnist_folder(tmp_path / "both"))
    (tmp_path / "empty").mkdir()
    for path, message in (
        (both, "six .bin files of CIFAR-10, got both"),
        (tmp_path / "empty", "got neither"),
        (tmp_path / "absent", "there is no such file"),
        (written(tmp_path, "a.txt", b"text"), "expected an IDX file, or a .bin or .tar.gz"),
        (written(tmp_path, "a.gz", b"\x1f\x8bdamaged"), "expected an IDX file, or a .bin or"),
    ):
        with pytest.raises(InputError, match=re.escape(message)):
            load(path)
    assert repr(load()).startswith("<Dataset digits: 1347 images to train on, 450 to test on")
    damaged = written(tmp_path / "half", f"{IMAGES}.gz", b"\x1f\x8bdamaged")
    with pytest.raises(InputError, match=f"got no {LABELS}"):
        load(damaged)


@pytest.mark.parametrize("kind", ["idx", "idx.gz", "tar.gz", "tar", "bin"])
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory, kind, data):
    # oracle: an array or an InputError of one line that names the file, never anything else
    whole = {
        "idx": idx_bytes(PIXELS[IMAGES]),
        "idx.gz": gzip.compress(idx_bytes(PIXELS[IMAGES]), mtime=0),
        "tar.gz": cifar_tar(),
        "tar": cifar_tar(mode="w"),
        "bin": records(7).tobytes(),
    }[kind]
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, min(1500, len(content) - 1)))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    path = written(tmp_path_factory.getbasetemp(), f"fuzz.{kind}", bytes(content))
    try:
        found = read_idx(path) if "idx" in kind else cifar10(path).train_images
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert np.isfinite(found).all()
