"""Responses on disk: they come back equal, and a damaged file is one line."""

import datetime as dt
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim import InputError, load_responses, responses_from_counts, save_responses
from neurosim.data.responses import check_responses

KINDS = ["nc", "zarr"]


def made(cells=3, attrs=None, **coords):
    """Small responses, whose labels and attrs are to be anything."""
    random = np.random.default_rng(4)
    count = random.poisson(6, (5, cells, 4))
    drive = np.linspace(-1, 1, 5)[:, None] * np.ones(cells)
    return responses_from_counts(drive, count, 0.5, attrs=attrs).assign_coords(coords)


def written_and_read(responses, folder, kind):
    path = folder / f"responses.{kind}"
    save_responses(responses, path)
    return load_responses(path)


ATTRS = {
    "none": None,
    "truth": True,
    "numpy truth": np.bool_(False),
    "whole": 7,
    "huge": 2**80,
    "number": 0.1,
    "not a number": float("inf"),
    "float32": np.float32(0.5),
    "text": "gratings",
    "empty": "",
    "lines": "two\nlines",
    "null": "a\0b",
    "letters": "Größe µ 中 \U0001f600",
    "long": "x" * 100_000,
    "list": [1, "a", None],
    "nothing listed": [],
    "one": [3],
    "tuple": (1, (2.5, "b")),
    "mapping": {"eye": "left", "depth": {"um": 350}},
    "array": np.array([1.0, 2.0]),
    "one element": np.array([5]),
    "table": np.arange(6).reshape(2, 3),
    "texts": np.array(["a", "bc"]),
    "day": dt.date(2024, 5, 6),
    "moment": dt.datetime(2024, 5, 6, 7, 8, 9, 10),
    "zone": dt.datetime(2024, 5, 6, 7, tzinfo=dt.UTC),
    "lasted": dt.timedelta(days=1, seconds=2, microseconds=3),
    "numpy moment": np.datetime64("2024-05-06T07:08:09"),
    "bytes": b"\x00\xff",
    "a/b": "a name with a stroke",
    "_FillValue": 6,
    "scale_factor": 2.0,
    "add_offset": 1.0,
    "coordinates": "cell",
    "units": "days since 2000-01-01",
    "dtype": "bool",
    "neurosim": {"tuple": [1]},
}


def same(one, other):
    """Equal, of one kind, all the way down."""
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray)
            and one.dtype == other.dtype
            and np.array_equal(one, other)
        )
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        alike = type(one) is type(other) and len(one) == len(other)
        return alike and all(map(same, one, other))
    return one == other and isinstance(other, type(one) | np.generic | float | int | bool)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", ATTRS)
def test_every_kind_of_attr_comes_back(tmp_path, kind, key):
    value = ATTRS[key]
    responses = made(attrs={key: value})
    responses["drive"].attrs[key] = value
    responses["cell"].attrs[key] = value
    again = written_and_read(responses, tmp_path, kind)
    assert same(value, again.attrs[key])
    assert same(value, again["drive"].attrs[key])
    assert same(value, again["cell"].attrs[key])
    xr.testing.assert_equal(again, responses)
    assert again.attrs.keys() == responses.attrs.keys()
    assert again["drive"].attrs.keys() == responses["drive"].attrs.keys()


LABELS = {
    "text": ["a", "b", "c"],
    "empty text": ["", "b", "c"],
    "lines": ["a\nb", "b", "c"],
    "letters": ["é", "中", "\U0001f600"],
    "numbers in text": np.array(["1", "01", "1.0"], dtype=object),
    "whole": [3, 1, 2],
    "unsigned": np.array([1, 2, 2**64 - 1], dtype=np.uint64),
    "small": np.array([1, 2, 3], dtype=np.int8),
    "half": np.array([0.5, 1, 2], dtype=np.float16),
    "single": np.array([0.1, 1, 2], dtype=np.float32),
    "missing": [0.5, np.nan, 2.0],
    "truth": [True, False, True],
    "mixed": np.array([1, "1", 2.5], dtype=object),
    "tuples": None,
    "bytes": np.array([b"a", b"b", b"c"]),
    "moments": pd.to_datetime(["2024-01-01", "2024-01-02", None]).values,
    "spans": np.array([1, 2, 3], dtype="m8[ms]").astype("m8[ns]"),
    "StringDType": np.array(["a", "bb", "c"], dtype=np.dtypes.StringDType()),
    "categories": pd.Categorical(["x", "y", "x"]),
    "ordered": pd.Categorical([3, 1, 3], ordered=True),
    "pandas text": pd.array(["x", "y", "z"], dtype="string"),
    "nullable": pd.array([1, 2, 3], dtype="Int64"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("along", ["cell", "depth"], ids=["index", "beside"])
@pytest.mark.parametrize("key", LABELS)
def test_every_kind_of_label_comes_back(tmp_path, kind, key, along):
    labels = LABELS[key]
    if key == "half" and along == "cell":
        pytest.skip("pandas has no index of half precision")
    if labels is None:
        labels = np.empty(3, dtype=object)
        labels[:] = [("probe", 1), ("probe", 2), ("other", 1)]
    responses = made().assign_coords({along: ("cell", labels)})
    expected = check_responses(responses)
    again = written_and_read(responses, tmp_path, kind)
    assert list(again.coords) == list(expected.coords) or set(again.coords) == set(expected.coords)
    was, now = expected[along].values, again[along].values
    assert [str(x) for x in was.tolist()] == [str(x) for x in now.tolist()]
    assert [type(x) for x in was.tolist()] == [type(x) for x in now.tolist()]
    assert again["count"].equals(expected["count"]) or key in ("missing", "moments")


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_several_levels_come_back(tmp_path, kind):
    index = pd.MultiIndex.from_tuples([("A", 1), ("A", 2), ("B", 1)], names=["probe", "unit"])
    coords = xr.Coordinates.from_pandas_multiindex(index, "cell")
    responses = made().assign_coords(coords)
    again = written_and_read(responses, tmp_path, kind)
    assert again.indexes["cell"].equals(index)
    assert again.sel(probe="A").sizes["unit"] == 2
    xr.testing.assert_identical(again, responses)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["speed (deg/s)", "a/b", "x.y", " padded ", "\u2028", "_FillValue"]
)
def test_any_text_may_be_the_name_of_a_coordinate(tmp_path, kind, name):
    responses = made().assign_coords({name: ("stimulus", np.arange(5.0))})
    xr.testing.assert_identical(written_and_read(responses, tmp_path, kind), responses)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.assign_attrs(rig=object()), "attrs as numbers, text, .* rig: a object"),
        (lambda r: r.assign_attrs(rig={1, 2}), "rig: a set"),
        (lambda r: r.assign_attrs(rig=1j), "rig: a complex"),
        (lambda r: r.assign_attrs(rig={1: 2}), "rig: a mapping whose names are no text"),
        (lambda r: r.assign_attrs(rig=[{"a": [object()]}]), "rig: a object"),
        (lambda r: r.assign_attrs(rig=np.array([1j])), "rig: an array of complex128"),
        (lambda r: r.assign_attrs({5: 1}), "names in attrs as text, got 5"),
        (lambda r: r.assign_attrs({"": 1}), "names in attrs as text"),
        (lambda r: r.assign_attrs(neurosim_record="{}"), "attrs without neurosim_record"),
        (
            lambda r: r.assign_coords(cell=[1j, 2, 3]),
            "cell as numbers or text, got labels of compl",
        ),
        (lambda r: r.assign_coords(z=("cell", [object()] * 3)), "z as numbers or text"),
        (lambda r: r.assign_coords({5: ("cell", [1, 2, 3])}), "names of variables .* got 5"),
    ],
)
def test_what_no_file_can_hold_is_refused_at_the_entrance(change, message):
    with pytest.raises(InputError, match=message) as refused:
        check_responses(change(made()))
    assert "\n" not in str(refused.value)


def test_a_list_that_holds_itself_is_refused():
    endless = [1]
    endless.append(endless)
    with pytest.raises(InputError, match="attrs as numbers"):
        check_responses(made(attrs={"endless": endless}))


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
anything = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
label = st.integers(-(2**63), 2**63 - 1) | st.text(max_size=4) | st.floats(allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(
    attrs=st.dictionaries(st.text(min_size=1, max_size=6), anything, max_size=4),
    labels=st.lists(label, min_size=3, max_size=3, unique_by=str),
)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_let_in_comes_back(tmp_path_factory, kind, attrs, labels):
    held = np.empty(3, dtype=object)
    held[:] = labels
    responses = made().assign_coords(cell=held).assign_attrs(attrs)
    again = written_and_read(responses, tmp_path_factory.mktemp("any"), kind)
    assert again.attrs == attrs
    assert again["cell"].values.tolist() == labels
    assert np.array_equal(again["count"].values, responses["count"].values)


def test_others_read_the_file_too(tmp_path):
    responses = made(attrs={"animal": None, "rig": "two"}).assign_coords(
        depth=("cell", [1.0, 2.0, 3.0], {"units": "um"})
    )
    save_responses(responses, tmp_path / "r.nc")
    with xr.open_dataset(tmp_path / "r.nc") as read:
        assert read["count"].equals(responses["count"])
        assert read.attrs["rig"] == "two"
        assert read["depth"].attrs["units"] == "um"
    save_responses(responses, tmp_path / "r.zarr")
    with xr.open_zarr(tmp_path / "r.zarr") as read:
        assert read["count"].load().equals(responses["count"])


def test_files_without_a_digest_are_read_as_their_conventions_say(tmp_path):
    # packed integers and times, as other software writes them
    responses = made().assign_coords(at=("stimulus", pd.date_range("2024-01-01", periods=5).values))
    responses["drive"].encoding = {"scale_factor": 0.5, "dtype": "int16", "_FillValue": -9}
    responses.to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    again = load_responses(tmp_path / "other.nc")
    assert np.array_equal(again["drive"], responses["drive"])
    assert np.array_equal(again["at"], responses["at"])
    responses["drive"].encoding = {}
    responses.to_zarr(tmp_path / "other.zarr", zarr_format=2)
    assert load_responses(tmp_path / "other.zarr")["count"].equals(responses["count"])


def mutated(content, random):
    """Bytes flipped, cut, put in, swapped or added."""
    content = bytearray(content)
    how = random.integers(6)
    at = int(random.integers(len(content)))
    if how == 0:
        content[at] ^= 1 << int(random.integers(8))
    elif how == 1:
        content = content[:at]
    elif how == 2:
        content[at:at] = random.bytes(int(random.integers(1, 40)))
    elif how == 3:
        to = int(random.integers(len(content)))
        content[at : at + 16], content[to : to + 16] = content[to : to + 16], content[at : at + 16]
    elif how == 4:
        content += random.bytes(int(random.integers(1, 100)))
    else:
        content[at : at + 64] = bytes(len(content[at : at + 64]))
    return bytes(content)


def check_damage(path, expected):
    """The same data, or one line with the file's name."""
    try:
        again = load_responses(path)
    except InputError as error:
        said = str(error)
    else:
        said = ""
        xr.testing.assert_identical(again, expected)
    assert "\n" not in said
    assert path.name in said or not said
    return bool(said)


@pytest.mark.parametrize("number", [60, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_damaged_file_of_ours_is_one_line(tmp_path, number):
    responses = made(attrs={"animal": None, "rig": "two"})
    path, random = tmp_path / "r.nc", np.random.default_rng(number)
    save_responses(responses, path)
    whole, refused = path.read_bytes(), 0
    for _ in range(number):
        content = mutated(whole, random)
        path.write_bytes(content)
        refused += check_damage(path, responses)
    assert refused > 0.8 * number  # a block of zeros may be set to zeros
    for end in range(1, 120):  # the line with the digest, cut anywhere
        path.write_bytes(whole[:-end])
        assert check_damage(path, responses)


@pytest.mark.parametrize("number", [30, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_damaged_store_of_ours_is_one_line(tmp_path, number):
    responses = made(attrs={"animal": None, "rig": "two"})
    path, random = tmp_path / "r.zarr", np.random.default_rng(number)
    save_responses(responses, path)
    files = sorted(p for p in path.rglob("*") if p.is_file())
    for _ in range(number):
        file = files[random.integers(len(files))]
        whole = file.read_bytes()
        if random.integers(8):
            file.write_bytes(mutated(whole or b"\0", random))
        else:
            file.unlink()
        check_damage(path, responses)
        file.write_bytes(whole)
    (path / "more").write_text("put in later")
    assert check_damage(path, responses)
    (path / "more").unlink()
    (path / "sha256sums.txt").unlink()
    assert check_damage(path, responses)


FOREIGN = """
import resource, sys, signal
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
import warnings
warnings.simplefilter("ignore")
from neurosim import InputError, load_responses
signal.alarm(20)  # each file: HDF5 itself may loop
for path in sys.stdin.read().split("\\n"):
    signal.alarm(20)
    try:
        load_responses(path)
        print("read", path, flush=True)
    except InputError as error:
        assert "\\n" not in str(error)
        print("refused", path, flush=True)
"""


@pytest.mark.parametrize("number", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_damaged_foreign_file_is_read_or_one_line(tmp_path, number):
    # without a digest: what the file now says, or one line; a loop of HDF5's own is counted
    made().to_netcdf(tmp_path / "whole.nc", engine="h5netcdf")
    whole, random = (tmp_path / "whole.nc").read_bytes(), np.random.default_rng(number)
    paths = [tmp_path / f"mutated{k}.nc" for k in range(number)]
    for path in paths:
        path.write_bytes(mutated(whole, random))
    loops, left = [], [str(path) for path in paths]
    while left:
        done = subprocess.run(
            [sys.executable, "-c", FOREIGN],
            input="\n".join(left),
            capture_output=True,
            text=True,
            check=False,
        )
        told = done.stdout.split("\n")[:-1]
        left = left[len(told) :]
        if not left:
            break
        assert done.returncode == -14, done.stderr[-2000:]  # SIGALRM and nothing else
        loops.append(left.pop(0))
    print(f"HDF5 looped on {len(loops)} of {number} foreign files")
    assert len(loops) <= 0.02 * number + 1


@pytest.mark.parametrize("name", ["r.csv", "r", "r.txt", "r.zip", "r.nc.gz"])
def test_other_names_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"expected a file that ends in .nc, or a folder in .zarr"):
        save_responses(made(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_nothing_else_is_overwritten(tmp_path):
    (tmp_path / "thesis.zarr").mkdir()
    (tmp_path / "thesis.zarr" / "text").write_text("years of work")
    with pytest.raises(InputError, match="got something else there"):
        save_responses(made(), tmp_path / "thesis.zarr")
    (tmp_path / "r.nc").mkdir()
    with pytest.raises(InputError, match="expected a file, got a folder"):
        save_responses(made(), tmp_path / "r.nc")
    assert (tmp_path / "thesis.zarr" / "text").read_text() == "years of work"
    for _ in range(2):  # a store of ours is replaced
        save_responses(made(), tmp_path / "r.zarr")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.nc", "r.zarr", "thesis.zarr"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX")
def test_devices_and_pipes_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.nc")
    (tmp_path / "zero.nc").symlink_to("/dev/zero")
    for name in ("pipe.nc", "zero.nc"):
        with pytest.raises(InputError, match="got a device or a pipe"):
            load_responses(tmp_path / name)
        with pytest.raises(InputError, match="got a device or a pipe"):
            save_responses(made(), tmp_path / name)
    save_responses(made(), tmp_path / "r.zarr")
    os.mkfifo(tmp_path / "r.zarr" / "pipe")
    with pytest.raises(InputError, match="got a device or a pipe"):
        load_responses(tmp_path / "r.zarr")


def test_without_its_library_zarr_names_the_extra(tmp_path, monkeypatch):
    save_responses(made(), tmp_path / "r.zarr")
    monkeypatch.setitem(sys.modules, "zarr", None)
    for call in (lambda p: save_responses(made(), p), load_responses):
        with pytest.raises(InputError, match=r"Zarr needs zarr .* -e '.\[zarr\]'"):
            call(tmp_path / "r.zarr")
