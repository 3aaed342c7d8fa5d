"""Files that are written whole or not at all."""

import os

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


def test_what_was_moving_up_when_its_process_died_is_moved_by_the_next(tmp_path):
    left = tmp_path / ".finished-0123456789ab"
    left.mkdir()
    (left / "a.txt").write_text("new")
    (left / ".instead-of").write_text("a.txt\nb.pdf\n../outside")
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "b.pdf").write_text("old")
    (tmp_path.parent / "outside").write_text("of others")
    with written_together(tmp_path) as scratch:
        (scratch / "c.txt").write_text("next")
    said = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert said == {"a.txt": "new", "c.txt": "next"}
    assert (tmp_path.parent / "outside").read_text() == "of others"


def test_ctrl_c_does_not_end_between_two_files(tmp_path, monkeypatch):
    whole, moved = os.replace, []

    def replace(source, target):
        moved.append(target)
        if len(moved) == 2:
            raise KeyboardInterrupt
        whole(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        _write_three(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b", "c"]


def _write_three(folder):
    with written_together(folder) as scratch:
        for name in "abc":
            (scratch / name).write_text("whole")
