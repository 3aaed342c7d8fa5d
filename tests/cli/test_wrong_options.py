"""Options that cannot be are refused in one line, before anything is written."""

import pandas as pd
import pytest

from neurosim.cli import main

HUGE = "9" * 30
FIT = ("fit", "table.csv", "--x", "c", "--count", "n", "--duration")
COMMANDS = (
    *(("recovery", option, wrong) for option in ("--cells", "--trials") for wrong in ("0", "-1")),
    *(("recovery", "--duration", wrong) for wrong in ("0", "nan", "inf", "-1")),
    *(("compare", "--quick", "--cells", wrong) for wrong in ("0", "3", "-4", HUGE)),
    *(("compare", "--quick", "--duration", wrong) for wrong in ("0", "nan", "inf", "", "5 mV")),
    *(("compare", "--quick", "--memory", wrong) for wrong in ("0", "nan", "-1", "1e-9")),
    *(("compare", "--quick", "--images", wrong) for wrong in ("", "absent.png", "table.csv")),
    *(("compare", "--quick", "--out", wrong) for wrong in ("", "table.csv", "table.csv/out")),
    *((command, "--seed", wrong) for command in ("recovery", "compare") for wrong in ("-1", HUGE)),
    *((*FIT, wrong) for wrong in ("0", "nan", "", "z")),
    *((*FIT, "1", "--seed", wrong) for wrong in ("-1", HUGE)),
    (*FIT, "1", "--likelihood", "binomal"),
    (*FIT, "1", "--models", "swish"),
    (*FIT, "1", "--by", "z"),
    *(
        (command, "--plot", wrong)
        for command in ("recovery", "rectifiers")
        for wrong in ("", ".", "a.bmp", "absent/a.png")
    ),
    ("fit", "absent.csv", *FIT[2:], "1"),
    *(
        ("reproduce", "sparsity-and-dead-units", option, wrong)
        for option, wrong in (
            ("--seed", "-1"),
            ("--repeats", "0"),
            ("--workers", "0"),
            ("--drop", "1"),
            ("--data", ""),
        )
    ),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_option(command, tmp_path, monkeypatch, capsys):
    if command[0] == "reproduce":
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"c": [0, 1, 2], "n": [1, 2, 3]}).to_csv("table.csv")
    assert main([*command]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("neurosim: ")
    assert printed.err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]
