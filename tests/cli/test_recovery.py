"""`neurosim recovery`."""

from neurosim.cli import main


def test_recovery_command(capsys):
    assert main(["recovery", "--cells", "3", "--conditions", "7", "--trials", "3"]) == 0
    printed = capsys.readouterr().out
    # rows and columns in one order: the diagonal is the diagonal
    matrix = printed.split("cells:")[1].split("Of the cells")[0].split("\n")[2:-2]
    letters = matrix[0].split()
    assert letters[-2:] == ["none", "undete"]
    assert [row.split()[0] for row in matrix[1:]] == letters[:-2]
    assert "B half-wave" in printed
    assert "names left" in printed
    assert "two-path energy: r0" in printed
    assert main(["recovery", "--cells", "0"]) == 2


def test_a_duration_has_units_and_a_long_one_is_questioned(capsys):
    small = ["recovery", "--cells", "1", "--conditions", "4", "--trials", "2"]
    assert main([*small, "--duration", "300ms"]) == 0
    assert capsys.readouterr().err == ""
    assert main([*small, "--duration", "300 mV"]) != 0
    assert "expected duration in s or a unit like it, got 300 mV" in capsys.readouterr().err
    assert main(["compare", "--duration", "500", "--trials", "0"]) != 0
    assert "500 is taken as 500 s; 500ms is so many milliseconds" in capsys.readouterr().err
