"""`neurosim recovery`."""

from neurosim.cli import main


def test_recovery_command(capsys):
    assert main(["recovery", "--cells", "10"]) == 0
    printed = capsys.readouterr().out
    assert "A half-wave" in printed
    assert "two-path energy: r0" in printed
    assert main(["recovery", "--cells", "0"]) == 2
