"""What a comparison is written to: all or none, but a figure never costs the results."""

import numpy as np
import pandas as pd
import pytest

from neurosim import compare, load_responses, responses_from_counts
from neurosim.analysis.comparison.files import NotDrawnWarning, write_comparison


@pytest.fixture(scope="session")
def comparison():
    counts = [[0, 1], [1, 0], [1, 1], [9, 7], [24, 20], [33, 37]]
    responses = responses_from_counts([-1, -0.6, -0.2, 0.2, 0.6, 1], counts, 1.0)
    return compare(responses, ["ReLU", "half-squared"], folds=3)


def test_a_figure_that_fails_is_said_and_the_results_are_written(comparison, tmp_path):
    def fails():
        raise KeyError("contrast")

    with pytest.warns(NotDrawnWarning, match=r"comparison.png was not drawn .KeyError: 'contrast'"):
        files = write_comparison(comparison, tmp_path, draw=fails)
    assert [file.name for file in files] == ["fits.csv", "responses.nc", "summary.csv"]
    assert load_responses(tmp_path / "responses.nc")["count"].equals(comparison.responses["count"])
    assert len(pd.read_csv(tmp_path / "fits.csv")) == 3  # the constant rate too
    (tmp_path / "comparison.png").write_bytes(b"of before")
    with pytest.warns(NotDrawnWarning, match="the results are written"):
        write_comparison(comparison, tmp_path, draw=fails)
    assert not (tmp_path / "comparison.png").exists()  # of other results


def test_infinite_ends_are_infinite_in_the_file(comparison, tmp_path):
    # oracle: the table itself; CSV must not turn infinity into nothing
    write_comparison(comparison, tmp_path)
    read, table = pd.read_csv(tmp_path / "fits.csv"), comparison.table
    for column in table.select_dtypes(float):
        assert np.array_equal(np.isinf(read[column]), np.isinf(table[column])), column
