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
