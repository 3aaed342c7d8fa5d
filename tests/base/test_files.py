"""Files that are written whole or not at all."""

import pytest

from neurosim import InputError
from neurosim.base.files import folder_for_output, written_together


def test_nothing_is_left_of_a_write_that_fails(tmp_path):
    out = tmp_path / "results"
    out.mkdir()
    (out / "a.txt").write_text("old")

    def fail_half_way():
        with written_together(out) as scratch:
            (scratch / "a.txt").write_text("new")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert (out / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["results"]


def test_an_output_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="expected a folder, got the file"):
            folder_for_output(path)
