"""Tables as laboratories write them: separators, decimal marks, missing values, blanks, sheets."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim import InputError, LabelWarning, responses_from_table

ROLES = {"x": "contrast", "count": "spikes", "duration": 0.5, "cell": "unit"}
PLAIN = "unit,contrast,spikes\n1.1,0,1\n1.1,0.5,3\n1.10,0,0\n1.10,0.25,5\n"


def written(folder, text, name="trials.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def wanted(tmp_path):
    return responses_from_table(written(tmp_path, PLAIN, "wanted.csv"), **ROLES)


SAME = {
    "semicolons and commas": (PLAIN.replace(",", ";").replace("0.", "0,"), "trials.csv", {}),
    "said": (
        PLAIN.replace(",", ";").replace("0.", "0,"),
        "trials.csv",
        {"sep": ";", "decimal": ","},
    ),
    "tabs and commas": (PLAIN.replace(",", "\t").replace("0.", "0,"), "trials.txt", {}),
    "quoted commas": (
        PLAIN.replace("0.5,", '"0,5",').replace("0.25,", '"0,25",'),
        "trials.csv",
        {},
    ),
    "pipes": (PLAIN.replace(",", "|"), "trials.csv", {}),
    "another": (PLAIN.replace(",", ":"), "trials.txt", {"sep": ":"}),
    "quoted": (PLAIN.replace("1.1", '"1.1"').replace('"1.1"0', '"1.10"'), "trials.csv", {}),
    "notes before": ("# a rig\n# of ours, with 4, commas\n" + PLAIN, "trials.csv", {}),
    "heading in a note": ("# rig\n#unit,contrast,spikes\n" + PLAIN.split("\n", 1)[1], "t.csv", {}),
    "notes between": (
        PLAIN.replace("1.10,0,0", "%, 1, 2\n1.10,0,0"),
        "trials.csv",
        {"comment": "%"},
    ),
    "old line ends": (PLAIN.replace("\n", "\r"), "trials.csv", {}),
    "line ends": (PLAIN.replace("\n", "\r\n"), "trials.csv", {}),
    "no last end": (PLAIN.rstrip("\n"), "trials.csv", {}),
    "spaces": (PLAIN.replace(",", " , "), "trials.csv", {}),
    "commas in a heading": (
        PLAIN.replace(",", ";").replace("unit;", "unit, of the probe;"),
        "trials.csv",
        {"cell": "unit, of the probe"},
    ),
}


@pytest.mark.parametrize("key", SAME)
def test_the_same_table_in_any_dialect(tmp_path, wanted, key):
    text, name, said = SAME[key]
    found = responses_from_table(written(tmp_path, text, name), **{**ROLES, **said})
    xr.testing.assert_equal(found, wanted)


@pytest.mark.parametrize(
    ("values", "said", "expected"),
    [
        (["0,5", "1,25"], {}, [0.5, 1.25]),
        (["0,500", "1,250"], {}, [0.5, 1.25]),
        (["1,234", "2,345"], {}, "is the comma of 1,234 decimal"),
        (["1,234", "2,345"], {"decimal": ","}, [1.234, 2.345]),
        (["1,234", "2,345"], {"decimal": "."}, "got text '1,234'"),
        (["1.5", "2,5"], {}, "got text '2,5'"),
        (["1.234,5", "2"], {"decimal": ","}, r"got text '1.234,5'"),
        (["1,2,3", "2"], {}, "got text '1,2,3'"),
        (["-0,5", "1e3"], {}, [-0.5, 1000]),
        (["25%", "50%"], {}, [25, 50]),
        (["25 %", "50%"], {}, [25, 50]),
        (["12,5%", "50%"], {}, [12.5, 50]),
        (["25%", "50"], {}, "row 2|line 3: expected contrast as a number"),
    ],
)
def test_marks_in_numbers(tmp_path, values, said, expected):
    text = "unit;contrast;spikes\n" + "".join(f"a;{v};{k}\n" for k, v in enumerate(values))
    path = written(tmp_path, text)
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected) as refused:
            responses_from_table(path, **ROLES, **said)
        assert "\n" not in str(refused.value)
        return
    found = responses_from_table(path, **ROLES, **said)
    assert found["drive"].values.ravel().tolist() == sorted(expected)
    assert found["drive"].attrs["units"] == ("%" if "%" in values[0] else "1")


@pytest.mark.parametrize("token", ["", "NA", "NaN", "nan", "-", "n/a", "-999", "?"])
@pytest.mark.parametrize("column", ["unit", "contrast", "spikes"])
@pytest.mark.parametrize("source", ["csv", "frame"])
def test_rows_that_lack_a_value_are_left_out_only_when_asked(
    tmp_path, wanted, token, column, source
):
    lines = [line.split(",") for line in PLAIN.strip().split("\n")]
    bad = ["1.10", "0.25", "5"]
    bad[lines[0].index(column)] = token
    lines.insert(3, bad)
    table = written(tmp_path, "\n".join(",".join(line) for line in lines))
    if source == "frame":
        table = pd.DataFrame(lines[1:], columns=lines[0])
    number = column != "unit" and token == "-999"
    label = column == "unit" and token
    if not (number and column == "contrast") and not label:
        with pytest.raises(InputError, match=r"(line 4|row 2): expected"):
            responses_from_table(table, **ROLES)
    for missing in ([token], "drop"):
        if missing == "drop" and token in ("-999", "n/a"):
            continue
        found = responses_from_table(table, **ROLES, missing=missing)
        xr.testing.assert_equal(found, wanted)
        assert found.attrs["rows_with_missing_values"] == 1


def test_a_refused_gap_has_its_remedy(tmp_path):
    path = written(tmp_path, PLAIN.replace("0.5,3", "0.5,NA"))
    with pytest.raises(InputError, match=r'got text .NA.; missing="drop" leaves out the rows'):
        responses_from_table(path, **ROLES)


@pytest.mark.parametrize("frame", [False, True])
def test_blank_screens_have_the_x_that_is_said(tmp_path, wanted, frame):
    text = PLAIN.replace("1.1,0,1", "1.1,,1").replace("1.10,0,0", "1.10,blank,0")
    table = written(tmp_path, text)
    table = pd.read_csv(table, dtype=str) if frame else table
    xr.testing.assert_equal(responses_from_table(table, **ROLES, blank=0), wanted)
    assert responses_from_table(table, **ROLES, blank=-1)["drive"].min() == -1
    both = responses_from_table(table, **ROLES, blank=0, missing="drop")
    xr.testing.assert_equal(both, wanted)
    with pytest.raises(InputError, match="blank as a number"):
        responses_from_table(table, **ROLES, blank=float("nan"))


def test_sheets_and_feather(tmp_path, wanted):
    frame = pd.read_csv(tmp_path / "wanted.csv", dtype={"unit": str})
    frame.to_feather(tmp_path / "t.feather")
    xr.testing.assert_equal(responses_from_table(tmp_path / "t.feather", **ROLES), wanted)
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        pd.DataFrame({"notes": ["of a rig"]}).to_excel(book, sheet_name="notes", index=False)
        frame.to_excel(book, sheet_name="trials", index=False, startrow=2)
    found = responses_from_table(tmp_path / "t.xlsx", **ROLES, sheet="trials")
    xr.testing.assert_equal(found, wanted)
    xr.testing.assert_equal(responses_from_table(tmp_path / "t.xlsx", **ROLES, sheet=1), wanted)
    for sheet in ("nothing", 7, -1):
        with pytest.raises(InputError, match=r"t.xlsx: expected sheet among .'notes', 'trials'.,"):
            responses_from_table(tmp_path / "t.xlsx", **ROLES, sheet=sheet)
    frame.loc[1, "spikes"] = -1
    frame.to_excel(tmp_path / "bad.xlsx", index=False)
    with pytest.raises(InputError, match="row 3: expected spikes as a whole number >= 0, got -1"):
        responses_from_table(tmp_path / "bad.xlsx", **ROLES)
    with pytest.raises(InputError, match=r"sheet for an Excel file, got 1"):
        responses_from_table(tmp_path / "t.feather", **ROLES, sheet=1)
    with pytest.raises(InputError, match=r"sep for a text file, got ';'"):
        responses_from_table(tmp_path / "t.xlsx", **ROLES, sep=";")


def test_labels_that_excel_made_numbers_are_questioned(tmp_path):
    frame = pd.DataFrame({"unit": [1.1, 1.1, 2.2, 2.2], "contrast": [0, 1, 0, 1], "spikes": 1})
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    for table in (tmp_path / "t.xlsx", frame):
        with pytest.warns(LabelWarning, match="labels in unit are numbers, so that 1.10 is 1.1"):
            responses_from_table(table, **ROLES)
    whole = frame.assign(unit=[1.0, 1.0, 2.0, 2.0])  # as pandas makes them beside a gap
    assert responses_from_table(whole, **ROLES)["cell"].values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["unit", "Cell", "neuron_id", "Unit ID", "cluster"])
def test_cells_that_are_pooled_are_questioned(tmp_path, name):
    frame = pd.DataFrame({"x": [0, 1, 0, 1], "n": [1, 2, 3, 4], name: ["a", "a", "b", "b"]})
    with pytest.warns(LabelWarning, match=f"column {name} seems to tell cells apart .cell="):
        responses_from_table(frame, x="x", count="n", duration=1)
    responses_from_table(frame.assign(**{name: "a"}), x="x", count="n", duration=1)
    responses_from_table(frame, x="x", count="n", duration=1, by=[name])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX")
def test_what_never_ends_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    (tmp_path / "zero.parquet").symlink_to("/dev/zero")
    for name in ("pipe.csv", "zero.csv", "zero.parquet"):
        with pytest.raises(InputError, match="expected a file, got a device or a pipe"):
            responses_from_table(tmp_path / name, **ROLES)


def test_many_columns_are_read(tmp_path):
    names = [f"c{k}" for k in range(20_000)]
    table = written(
        tmp_path,
        ",".join(["contrast", "spikes", *names]) + "\n"
        "0,1" + ",0" * 20_000 + "\n1,2" + ",0" * 20_000 + "\n",
    )
    found = responses_from_table(table, x="contrast", count="spikes", duration=1)
    assert found["count"].values.ravel().tolist() == [1, 2]


label = st.sampled_from(["1.1", "1.10", "3", "3.0", "03", "1e3", "1000", "\uff13", "a", "\u00e9 b"])
drive = st.sampled_from([0.0, 0.1, 0.25, 1.0, -3.5, 1e-9, 123456.789])


@st.composite
def dialects(draw):
    """Rows, the text that says them in some dialect, and how it is asked for."""
    rows = draw(st.lists(st.tuples(label, drive, st.integers(0, 10**6)), min_size=2, max_size=12))
    sep, decimal = draw(
        st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", ","), ("|", ".")])
    )
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quote = draw(st.booleans())
    pad = draw(st.sampled_from(["", " "]))
    lines = (
        ["unit", "contrast", "spikes"],
        *((cell, repr(x).replace(".", decimal), str(n)) for cell, x, n in rows),
    )
    text = draw(st.sampled_from(["", "# note" + end]))
    for line in lines:
        text += sep.join(f'"{each}"' if quote else pad + each + pad for each in line) + end
        text += draw(st.sampled_from(["", "", "", end]))
    said = {"decimal": decimal} if draw(st.booleans()) or decimal == "," else {}
    return rows, text, said


def check_dialect(made, folder):
    rows, text, said = made
    table = written(folder, text)
    cells = {cell: {x for c, x, _ in rows if c == cell} for cell, _, _ in rows}
    if any(len(seen) < 2 for seen in cells.values()):
        with pytest.raises(InputError, match="at least 2 different values of contrast"):
            responses_from_table(table, **ROLES, **said)
        return
    found = responses_from_table(table, **ROLES, **said)
    assert sorted(map(str, found["cell"].values.tolist())) == sorted(cells)
    assert int(found["count"].sum()) == sum(n for _, _, n in rows)
    for place, cell in enumerate(found["cell"].values):
        trials = found["trials"].values[:, place]
        mine = [(x, n) for c, x, n in rows if c == str(cell)]
        for x, row, many in zip(
            found["drive"].values[:, place], found["count"].values[:, place], trials, strict=True
        ):
            if many:
                assert row[:many].tolist() == [n for at, n in mine if at == x]


@settings(max_examples=150, deadline=None)
@given(dialects())
def test_generated_tables_are_read_right(tmp_path_factory, made):
    check_dialect(made, tmp_path_factory.mktemp("any"))


@pytest.mark.slow
@settings(max_examples=5000, deadline=None)
@given(dialects())
def test_thousands_of_generated_tables_are_read_right(tmp_path_factory, made):
    check_dialect(made, tmp_path_factory.mktemp("any"))


READ = """
import resource, signal, sys, warnings
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
warnings.simplefilter("ignore")
from neurosim import InputError, responses_from_table
for path in sys.stdin.read().split("\\n"):
    signal.alarm(20)
    try:
        found = responses_from_table(path, x="contrast", count="spikes", duration=0.5, cell="unit")
        print("read", int(found["count"].sum()), flush=True)
    except InputError as error:
        assert "\\n" not in str(error), str(error)
        print("refused", flush=True)
"""


@pytest.mark.parametrize("number", [30, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["csv", "parquet", "feather", "xlsx"])
def test_mutated_tables_are_read_or_one_line(tmp_path, kind, number):
    random = np.random.default_rng(number)
    frame = pd.DataFrame(
        {
            "unit": random.choice(["a", "b"], 60),
            "contrast": np.resize([0, 0.25, 0.5, 1], 60),
            "spikes": random.poisson(5, 60),
        }
    )
    whole = tmp_path / f"whole.{kind}"
    if kind == "csv":
        frame.to_csv(whole, index=False)
    elif kind == "xlsx":
        frame.to_excel(whole, index=False)
    else:
        getattr(frame, f"to_{kind}")(whole)
    content, paths = whole.read_bytes(), []
    for k in range(number):
        changed = bytearray(content)
        at = int(random.integers(len(changed)))
        how = k % 4
        if how == 0:
            changed[at] ^= 1 << int(random.integers(8))
        elif how == 1:
            changed = changed[:at]
        elif how == 2:
            changed[at:at] = random.bytes(int(random.integers(1, 30)))
        else:
            changed[at : at + 8] = random.bytes(len(changed[at : at + 8]))
        paths.append(tmp_path / f"m{k}.{kind}")
        paths[-1].write_bytes(changed)
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.split("\n")[:-1]
    assert done.returncode == 0, (paths[len(said)].read_bytes()[:400], done.stderr[-1500:])
    assert len(said) == number
    if kind == "xlsx":  # its parts have checksums
        assert {each for each in said if each != "refused"} <= {f"read {frame['spikes'].sum()}"}
