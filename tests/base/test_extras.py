"""What is said where a library is missing is what can be typed."""

import ast
import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(path for folder in ("neurosim", "examples") for path in (ROOT / folder).rglob("*.py")),
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_neurosim_is_installed_from_its_checkout_alone(path):
    # the name belongs to others where pip would look for it; pre-commit is what it says
    wrong = r"neurosim\[\w+\]|pip install (?!-e |pre-commit )"
    assert not re.search(wrong, path.read_text("utf-8"))


def test_the_extras_that_are_named_are_those_there_are():
    # oracle: the distribution's own metadata
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    there = setup["options.extras_require"]
    named = {
        call.args[1].value
        for path in (ROOT / "neurosim").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "needs"
    }
    assert named <= set(there)
    assert len(named) > 4
