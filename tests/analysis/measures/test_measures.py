"""Numbers and statuses of rows: by hand."""

import numpy as np

from neurosim.analysis.measures.measures import Measure, Measures, row_by_row, statuses


def test_the_first_rung_that_holds_is_said():
    # oracle: by hand; a rung may hold everywhere, nowhere, or have a text of its own in every row
    spikes = np.array([0.0, 3.0, 20.0, 30.0])
    single = np.array([True, True, True, False])
    few = [f"few spikes ({n:.0f})" for n in spikes]
    rungs = (spikes == 0, "no spikes"), (spikes < 10, few), (single, "single trials: no interval")
    said = ["no spikes", "few spikes (3)", "single trials: no interval", "ok"]
    assert statuses(*rungs) == said
    assert statuses((False, "never"), *rungs) == said
    assert statuses((spikes >= 0, "all"), *rungs) == ["all"] * 4
    assert statuses(*rungs, (True, "else")) == [*said[:3], "else"]


def test_rows_in_order_and_what_they_leave_out_is_nan():
    # oracle: by hand; the rows draw from one generator, so that their order is part of a seed
    asked = []

    def of_row(row):
        asked.append(row)
        return {"OSI": (0.5, 0.4, 0.6), "p": 0.01} if row == 2 else {}

    found = row_by_row(3, ["OSI", "p"], of_row)
    assert asked == [0, 1, 2]
    np.testing.assert_equal(found["OSI"].high, [np.nan, np.nan, 0.6])
    np.testing.assert_equal(found["p"].value, [np.nan, np.nan, 0.01])
    assert np.isnan(found["p"].low).all()


def test_an_infinite_end_is_read_as_one():
    # oracle: the words of pandas
    one = Measure("c50", np.array([76.5]), np.array([22.0]), np.array([np.inf]), ["open"], "...")
    found = Measures("contrast", {"cell": np.array([7])}, {"c50": one})
    assert "76.5 22 inf 1 open" in " ".join(repr(found).split())
    assert "7,c50,76.5,22.0,inf,1,open" in found.table.to_csv(index=False)
