"""Tables of recorded counts: what they become, and how each fault in them is named."""

import datetime
import hashlib
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neurosim import (
    InputError,
    LabelWarning,
    UnitWarning,
    compare,
    fit,
    load_responses,
    responses_from_table,
    save_responses,
)
from neurosim.recordings.tables.columns import Column

TABLE = """unit,contrast (%),spikes,seconds,orientation,rep
a,0,1,0.5,0,1
a,10,3,0.5,0,1
a,10,4,0.5,0,2
b,10,0,0.5,90,1
b,20,5,0.5,90,1
"""
ROLES = {"x": "contrast", "count": "spikes", "duration": "seconds", "cell": "unit"}


def written(folder, text, name="trials.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_table_becomes_responses(tmp_path):
    # oracle: the table above, read by eye
    path = written(tmp_path, TABLE)
    responses = responses_from_table(path, **ROLES, by=["orientation"], trial="rep")
    assert responses["drive"].values.tolist() == [[0, 0], [10, 10], [10, 10], [20, 20]]
    assert responses["orientation"].values.tolist() == [0, 0, 90, 90]
    assert responses["trials"].values.tolist() == [[1, 0], [2, 0], [0, 1], [0, 1]]
    assert responses["count"].sel(cell="a").values.tolist() == [[1, 0], [3, 4], [0, 0], [0, 0]]
    assert responses["count"].sel(cell="b").values[2:, 0].tolist() == [0, 5]
    assert responses["duration"].item() == 0.5
    assert responses["drive"].attrs == {"units": "%", "long_name": "contrast"}
    assert responses.attrs["file"] == "trials.csv"
    assert responses.attrs["sha256"] == hashlib.sha256(TABLE.encode()).hexdigest()
    assert "x=contrast (%), count=spikes" in responses.attrs["columns"]
    assert fit("half-wave", responses).conditions.tolist() == [2, 2]
    save_responses(responses, tmp_path / "responses.nc")
    xr.testing.assert_identical(load_responses(tmp_path / "responses.nc"), responses)


def test_every_kind_of_file_says_the_same(tmp_path):
    pytest.importorskip("pyarrow")
    wanted = responses_from_table(written(tmp_path, TABLE), **ROLES)
    frame = pd.read_csv(tmp_path / "trials.csv")
    frame.to_parquet(tmp_path / "trials.parquet")
    tables = [
        written(tmp_path, TABLE.replace(",", "\t"), "trials.tsv"),
        written(tmp_path, "\ufeff" + TABLE.replace(",", ";").replace("\n", "\r\n"), "excel.csv"),
        written(tmp_path, TABLE.replace("\n", "\n\n,,,,,\n"), "blank_lines.csv"),
        tmp_path / "trials.parquet",
        frame,
        frame.sample(frac=1, random_state=0).sort_values("rep", kind="stable"),
        frame.astype({"unit": "category", "spikes": "Int64"}),
    ]
    for table in tables:
        responses = responses_from_table(table, **ROLES)
        xr.testing.assert_equal(responses, wanted)


def test_a_table_survives_being_responses():
    # oracle: the table itself, sorted
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "cell": random.integers(0, 4, 300),
            "x": random.integers(-5, 5, 300) / 10,
            "phase": random.choice([0.0, 90.0], 300),
            "n": random.poisson(7, 300),
        }
    )
    responses = responses_from_table(frame, x="x", count="n", duration=0.5, cell="cell", by="phase")
    long = responses[["drive", "count", "trials"]].to_dataframe().reset_index()
    long = long[long["trial"] < long["trials"]]
    columns = {"cell": long["cell"], "x": long["drive"], "phase": long["phase"], "n": long["count"]}
    back = pd.DataFrame(columns).sort_values(list(columns)).reset_index(drop=True)
    wanted = frame.sort_values(list(columns)).reset_index(drop=True)
    pd.testing.assert_frame_equal(back, wanted)


def test_units_of_columns(tmp_path):
    frame = pd.DataFrame({"V (mV)": [-60, -50], "n": [0, 3], "T [msec]": [500, 500], "F": [0, 6.0]})
    responses = responses_from_table(frame, x="V", count="n", duration="T")
    assert responses["duration"].item() == 0.5
    assert responses["drive"].attrs["units"] == "mV"
    said = responses_from_table(
        frame, x="V (mV)", rate="F", duration="T", units={"V": "V", "F": "spikes/s"}
    )
    assert said["drive"].attrs["units"] == "V"
    assert said["count"].values.ravel().tolist() == [0, 3]
    assert responses_from_table(frame, x="V", count="n", duration="500 ms")["duration"] == 0.5
    assert (
        responses_from_table(frame, x="V", count="n", duration="T", units={"T": "s"})[
            "duration"
        ].item()
        == 500
    )
    for units, message in (
        ({"T": "mV"}, "expected T in s or a unit like it, got mV"),
        ({"elsewhere": "s"}, "units of columns that are used, got elsewhere"),
    ):
        with pytest.raises(InputError, match=message):
            responses_from_table(frame, x="V", count="n", duration="T", units=units)
    with pytest.raises(InputError, match="expected F in Hz or a unit like it, got mV"):
        responses_from_table(frame, x="V", rate="F", duration=0.5, units={"F": "mV"})
    assert Column.titled("no unit").unit == ""


def test_trials_of_unequal_length_have_their_own():
    # oracle: the Poisson maximum of a constant rate is all spikes over all time
    frame = pd.DataFrame({"x": [-2, -2, -1, -1], "n": [1, 3, 2, 4], "t": [0.5, 1.5, 1.0, 3.0]})
    responses = responses_from_table(frame, x="x", count="n", duration="t")
    assert responses["duration"].dims == ("stimulus", "cell", "trial")
    assert responses["duration"].values.ravel().tolist() == [0.5, 1.5, 1.0, 3.0]
    assert fit("half-wave", responses).values[0, 0] == pytest.approx(10 / 6, rel=1e-6)


def test_names_that_a_spreadsheet_broke_into_lines(tmp_path):
    path = written(tmp_path, 'contrast,"spikes\nper trial"\n0,1\n"1",-1\n')
    with pytest.raises(InputError, match="line 4: expected spikes per trial as a whole number"):
        responses_from_table(path, x="contrast", count="spikes per trial", duration=1)


def test_a_table_that_would_fill_the_memory_is_refused():
    # oracle: 20,000 conditions x 10,000 cells x 1 trial x 8 bytes, five times over
    frame = pd.DataFrame({"x": np.arange(20_000.0), "n": 1, "cell": np.arange(20_000) % 10_000})
    with pytest.raises(InputError, match=r"up to 1 GiB to put together, got 7.5 GiB .cells x"):
        responses_from_table(frame, x="x", count="n", duration=1, cell="cell")


def test_labels_stay_what_they_are():
    count = {"x": [0, 1, 0, 1], "n": [1, 2, 3, 4]}
    for labels, wanted in (
        (["007", "007", "7", "7"], ["007", "7"]),
        (["10", "10", "9", "9"], [9, 10]),
        ([1.5, 1.5, 0.5, 0.5], [0.5, 1.5]),
        ([True, True, False, False], ["False", "True"]),
    ):
        frame = pd.DataFrame({**count, "cell": labels})
        asked = {"x": "x", "count": "n", "duration": 1, "cell": "cell"}
        if wanted == [0.5, 1.5]:  # 1.10 would be 1.1 already
            with pytest.warns(LabelWarning, match="labels in cell are numbers, so that 1.10 is 1"):
                responses = responses_from_table(frame, **asked)
        else:
            responses = responses_from_table(frame, **asked)
        assert responses["cell"].values.tolist() == wanted


# what is changed in the table above -> what is said
FAULTS = [
    (("a,10,3", "a,10,-3"), r"line 3: expected spikes as a whole number >= 0, got -3$"),
    (("a,10,3", "a,10,2.5"), r"line 3: expected spikes as a whole number >= 0, got 2.5$"),
    (("a,10,3", "a,10,many"), "line 3: expected spikes as a whole number >= 0, got text 'many'"),
    (("a,10,3", "a,10,1_0"), "got text '1_0'"),
    (("a,10,3", "a,10,1e300"), "line 3: expected spikes as a whole number >= 0, got 1e300"),
    (("a,10,3", "a,10,nan"), "line 3: expected spikes as a whole number >= 0, got nan"),
    (("a,10,3", "a,10,"), "line 3: expected spikes as a whole number >= 0, got nothing"),
    (("a,10,3", "a,,3"), r"line 3: expected contrast \(%\) as a number, .*, got nothing"),
    (("a,10,3", "a,inf,3"), r"line 3: expected contrast \(%\) as a number, .*, got inf"),
    (("a,10,3,0.5", "a,10,3,"), "line 3: expected seconds as a time > 0, got nothing"),
    (("a,10,3,0.5", "a,10,3,0"), "line 3: expected seconds as a time > 0, got 0"),
    (("a,10,3", '"a\x1b[0m",10,3'), r"line 3: expected a label in unit, got text 'a\\x1b\[0m'"),
    (("a,10,3", ",10,3"), "line 3: expected a label in unit, got nothing"),
    (("0,2\n", "0,1\n"), "line 4: rep 1 of this cell and condition is in line 3 already"),
    (("b,20", "b,10"), "at least 2 different values of contrast in every cell, got 1 in cell b"),
    (("b,20,5,0.5,90,1", "b,20,5"), "expected 6 fields in every line, .* line 6 has 3"),
    (("unit,", "rep,"), r"expected a name once, got columns \['rep'\] more than once"),
    (("a,10,3", '"a,10,3'), "unexpected end of data"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_a_fault_is_named_by_its_line(tmp_path, change, message):
    assert change[0] in TABLE
    path = written(tmp_path, TABLE.replace(*change))
    with pytest.raises(InputError, match=message) as refusal:
        responses_from_table(path, **ROLES, trial="rep", by="orientation")
    assert str(refusal.value).startswith(f"{path}: ")
    assert "\n" not in str(refusal.value)


def test_all_faults_at_once_and_a_long_list_is_cut(tmp_path):
    text = TABLE.replace("a,0,1", "a,zero,-1").replace("b,10,0,0.5", "c,10,0.5,-1")
    with pytest.raises(InputError) as refusal:
        responses_from_table(written(tmp_path, text), **ROLES)
    told = str(refusal.value)
    for part in (
        "line 2: expected contrast (%) as a number, 0 or of size 1e-12 to 1e+12, got text 'zero'",
        "line 2: expected spikes as a whole number >= 0, got -1",
        "line 5: expected seconds as a time > 0, got -1",
        "line 5: expected spikes as a whole number >= 0, got 0.5",
        "got 1 in cell b, c (leave such cells out)",
    ):
        assert part in told
    many = pd.DataFrame({"x": np.arange(100.0), "n": -1})
    with pytest.raises(InputError, match=r"and 92 more faults of single values$") as refusal:
        responses_from_table(many, x="x", count="n", duration=1)
    assert str(refusal.value).count("got -1") == 8


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"x": "contrst"}, "a column 'contrst' for x, got columns unit, contrast "),
        ({"cell": "cell"}, "a column 'cell' for cell, got columns unit"),
        ({"duration": "secs"}, "a column for duration, or a time like .* got 'secs' and columns"),
        ({"duration": "3 mV"}, "a column for duration, or a time like"),
        ({"duration": None}, "a column for duration, or a time like"),
        ({"duration": 0}, "duration as one time > 0 s and <= 1e.06 s, got 0"),
        ({"duration": [1, 2]}, "duration as one time"),
        ({"count": None}, "either count or rate, got neither"),
        ({"rate": "spikes"}, "either count or rate, got both"),
        ({"count": "contrast"}, r"a column for each purpose, got 'contrast \(%\)' for x and count"),
        ({"by": ["rep", "nothing"]}, r"a column 'nothing' for by\[1\]"),
    ],
)
def test_columns_that_cannot_be(tmp_path, roles, message):
    with pytest.raises(InputError, match=message):
        responses_from_table(written(tmp_path, TABLE), **{**ROLES, **roles})


def test_names_that_responses_use_themselves():
    frame = pd.DataFrame({"x": [0, 1], "n": [1, 2], "trial": [1, 2]})
    with pytest.raises(InputError, match="names in by that responses do not use themselves"):
        responses_from_table(frame, x="x", count="n", duration=1, by="trial")


def test_files_that_cannot_be_read(tmp_path):
    for name, content, message in (
        ("empty.csv", b"", "the file is empty"),
        ("blank.csv", b"\n\n , \n", "the file is empty"),
        ("header.csv", TABLE.splitlines()[0].encode(), "rows below the column names, got none"),
        (
            "latin.csv",
            TABLE.replace("unit", "unité").encode("latin-1"),
            "expected UTF-8 text, got byte 0xe9 at position 4",
        ),
        ("trials.doc", b"PK", "expected a file that ends in .csv, .tsv"),
        ("trials.xlsx", b"PK", "cannot be read as Excel"),
    ):
        path = written(tmp_path, content, name)
        with pytest.raises(InputError, match=message):
            responses_from_table(path, **ROLES)
    with pytest.raises(InputError, match=r"absent.csv: there is no such file"):
        responses_from_table(tmp_path / "absent.csv", **ROLES)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"folder.csv: expected a file, got a folder"):
        responses_from_table(tmp_path / "folder.csv", **ROLES)
    with pytest.raises(InputError, match="expected a path or a DataFrame, got a list"):
        responses_from_table([1, 2], **ROLES)


def test_parquet_that_is_none_and_values_that_python_has_not(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = written(tmp_path, b"PAR1 and nothing else", "broken.parquet")
    with pytest.raises(InputError, match=r"broken.parquet: cannot be read as Parquet"):
        responses_from_table(path, **ROLES)
    far = pyarrow.array([2**60, 1], pyarrow.timestamp("us"))
    parquet.write_table(pyarrow.table({"x": far, "n": [1, 2]}), tmp_path / "far.parquet")
    with pytest.raises(InputError, match=r"far.parquet: column x cannot be read"):
        responses_from_table(tmp_path / "far.parquet", x="x", count="n", duration=1)


def test_parquet_without_its_extra_says_how(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    path = written(tmp_path, b"PAR1", "trials.parquet")
    with pytest.raises(InputError, match=r"Parquet needs pyarrow .*-e '.\[parquet\]'"):
        responses_from_table(path, **ROLES)


def test_rates_are_taken_only_where_they_are_counts():
    frame = pd.DataFrame({"x": [0, 1, 2], "rate": [0.0, 3.33, 6.667], "mean": [0.0, 3.33, 5.0]})
    responses = responses_from_table(frame, x="x", rate="rate", duration=0.3)
    assert responses["count"].values.ravel().tolist() == [0, 1, 2]
    with pytest.raises(InputError, match=r"row 2: expected mean times duration .* got 1.5 \(give"):
        responses_from_table(frame, x="x", rate="mean", duration=0.3)
    with pytest.raises(InputError, match="row 0: expected rate as a number >= 0, got -1"):
        responses_from_table(frame.assign(rate=-1), x="x", rate="rate", duration=0.3)


# values as tables have them, good and bad
NUMBERS = st.one_of(
    st.integers(0, 30),
    st.floats(),
    st.integers(),
    st.sampled_from([0, 0.5, 1, -1, 1e-9, 1e9]),
)
BAD = st.one_of(
    NUMBERS,
    st.none(),
    st.text(max_size=3),
    st.booleans(),
    st.just(pd.NA),
    st.just(pd.NaT),
    st.just(Fraction(3, 2)),
    st.just(datetime.date(2020, 1, 1)),
    st.just(1 + 2j),
    st.just([1]),
)
GOOD_X = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0])


@st.composite
def tables(draw):
    """Tables in which most values are good: so that both outcomes are common."""
    rows = draw(st.one_of(st.integers(6, 24), st.integers(0, 24)))
    often = st.sampled_from([False, False, False, True])
    column = {
        "x": draw(st.sampled_from([GOOD_X, st.floats(-1e12, 1e12)])),
        "n": draw(st.sampled_from([st.integers(0, 30), st.just(0), st.integers(0, 10**9)])),
        "t": draw(st.sampled_from([st.just(0.5), st.floats(1e-6, 1e6)])),
        "cell": draw(st.sampled_from([st.just("a"), st.integers(0, 1), st.sampled_from("abc")])),
        "by": draw(st.sampled_from([st.just(0), st.sampled_from(["left", "right"])])),
    }
    if draw(often):
        column["cell"] = st.text(min_size=1, max_size=2)
    frame = {name: [draw(each) for _ in range(rows)] for name, each in column.items()}
    frame["rep"] = list(range(rows))
    if rows and draw(often):
        frame = {name: values + values[:1] for name, values in frame.items()}
    for _ in range(draw(st.sampled_from([1, 3])) if rows and draw(often) else 0):
        frame[draw(st.sampled_from(sorted(frame)))][draw(st.integers(0, rows - 1))] = draw(BAD)
    roles = {"x": "x", "count": "n", "duration": draw(st.sampled_from(["t", 0.5, "500 ms"]))}
    roles |= {role: role for role in draw(st.sets(st.sampled_from(["cell", "by"])))}
    roles |= {"trial": "rep"} if draw(st.booleans()) else {}
    return {name: pd.Series(values, dtype=object) for name, values in frame.items()}, roles


def judge(table):
    """Fitted, with whatever is not known flagged, or refused by name; nothing else."""
    columns, roles = table
    try:
        responses = responses_from_table(pd.DataFrame(columns), **roles)
    except InputError as error:
        return "refused" if len(str(error).splitlines()) == 1 else "a message of several lines"
    assert int(responses["trials"].sum()) == len(columns["x"])
    assert np.isfinite(responses["drive"]).all()
    comparison = compare(responses, ["half-wave", "half-squared"], folds=2)
    for fitted in comparison.fits:
        for status, values, value in zip(
            fitted.status, fitted.values, fitted.log_likelihood, strict=True
        ):
            if status == "ok":
                assert np.isfinite(values).all()
                assert np.isfinite(value)
    assert comparison.report()
    return "fitted"


@pytest.mark.filterwarnings("ignore::neurosim.recordings.tables.questions.LabelWarning")
@settings(max_examples=100)
@given(tables())
@example(
    ({"x": pd.Series([0, 1]), "n": pd.Series([0, 0])}, {"x": "x", "count": "n", "duration": 1})
)
def test_a_generated_table_is_fitted_or_refused(table):
    assert judge(table) in ("fitted", "refused")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::neurosim.recordings.tables.questions.LabelWarning")
@settings(max_examples=5000)
@given(tables())
def test_thousands_of_generated_tables_are_fitted_or_refused(table):
    assert judge(table) in ("fitted", "refused")


@pytest.mark.filterwarnings("ignore::neurosim.recordings.tables.questions.LabelWarning")
def test_both_outcomes_are_generated():
    found = set()

    @settings(max_examples=60, database=None)
    @given(tables())
    def tally(table):
        found.add(judge(table))

    tally()
    assert found == {"fitted", "refused"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("any")


@settings(max_examples=150)
@given(
    content=st.one_of(
        st.binary(),
        st.text(alphabet='ab01,;\t"\n\r.-e\x00 ').map(lambda t: ("x,n\n" + t).encode()),
    ),
    ending=st.sampled_from([".csv", ".tsv", ".txt", ".parquet"]),
)
def test_any_file_is_read_or_refused(folder, content, ending):
    path = written(folder, content, "any" + ending)
    try:
        responses = responses_from_table(path, x="x", count="n", duration=1)
    except InputError as error:
        told = str(error)
    else:
        told = f"{path}: {responses.sizes['stimulus']} conditions"
    assert told.startswith(f"{path}: ")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (["1.1", "1.10"], ["1.1", "1.10"]),
        (["3", "3.0"], ["3", "3.0"]),
        (["1e3", "1000"], ["1000", "1e3"]),
        (["３", "3"], ["3", "３"]),
        (["1.10", "1.20"], ["1.10", "1.20"]),
        (["22.5", "45"], ["22.5", "45"]),
        (["2", "10"], [2, 10]),
        (["-0", "0"], ["-0", "0"]),
        (["1_0", "10"], ["10", "1_0"]),
    ],
    ids=lambda each: " ".join(map(str, each)).encode("ascii", "replace").decode(),
)
@pytest.mark.parametrize("as_file", [True, False], ids=["file", "frame"])
def test_cells_that_are_written_differently_stay_different(written, wanted, as_file, tmp_path):
    frame = pd.DataFrame(
        {"x": [0, 1] * 2, "n": [1, 5, 2, 7], "unit": [u for u in written for _ in (0, 1)]}
    )
    table = frame
    if as_file:
        table = tmp_path / "t.csv"
        frame.to_csv(table, index=False)
    made = responses_from_table(table, x="x", count="n", duration=1.0, cell="unit")
    assert made["cell"].values.tolist() == wanted


def test_values_of_conditions_are_numbers_where_each_is_another(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,n,sf,eye\n0,1,0.50,1.1\n1,5,0.50,1.10\n0,2,1.0,1.1\n1,6,1.0,1.10\n")
    made = responses_from_table(path, x="x", count="n", duration=1.0, by=["sf", "eye"])
    assert sorted(set(made["sf"].values.tolist())) == [0.5, 1.0]
    assert sorted(set(made["eye"].values.tolist())) == ["1.1", "1.10"]


@pytest.mark.parametrize("name", ["duration_ms", "T ms", "length.us", "ms"])
def test_a_column_whose_name_ends_in_another_unit_is_questioned(name):
    frame = pd.DataFrame({"x": [0, 1], "n": [1, 5], name: [500.0, 500.0]})
    with pytest.warns(UnitWarning, match=r"says no unit and is read in s; if it is in (ms|us)"):
        made = responses_from_table(frame, x="x", count="n", duration=name)
    assert made["duration"].values.ravel()[0] == 500
    for said in ({"units": {name: "ms"}}, {"units": {name: "s"}}):
        made = responses_from_table(frame, x="x", count="n", duration=name, **said)
        assert made["duration"].values.ravel()[0] == {"ms": 0.5, "s": 500}[said["units"][name]]


def test_a_column_of_seconds_is_not_questioned():
    frame = pd.DataFrame({"x": [0, 1], "n": [1, 5], "trial_s": [0.5, 0.5], "items": [1.0, 1.0]})
    for name in ("trial_s", "items"):
        assert responses_from_table(frame, x="x", count="n", duration=name).sizes["cell"] == 1
