"""Public names: written once, and all that docs, examples and benchmarks need."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurosim
import neurosim.convnet
import neurosim.stimuli

ROOT = Path(__file__).parents[1]
PACKAGES = {each.__name__: each for each in (neurosim, neurosim.convnet, neurosim.stimuli)}
PUBLIC = {name: set(package.__all__) for name, package in PACKAGES.items()}
STUBS = [ROOT / "neurosim" / "__init__.pyi", ROOT / "neurosim" / "convnet" / "__init__.pyi"]
SCRIPTS = [p for folder in ("examples", "benchmarks") for p in (ROOT / folder).glob("*.py")]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def code_of(path: Path) -> Iterator[str]:
    """A script, or the Python of a page, a fenced block at a time."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield text
    else:
        yield from re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", [*SCRIPTS, *PAGES], ids=lambda path: path.name)
def test_what_is_shown_to_users_takes_public_names_alone(path):
    for code in code_of(path):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
                assert not {name for name in names if name.startswith("neurosim.")}
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("neurosim"):
                assert node.module in PUBLIC
                assert {alias.name for alias in node.names} <= PUBLIC[node.module]
    # and in text that a script hands to another process
    below = set(re.findall(r"(?:from|import) (neurosim\.[\w.]+)", path.read_text("utf-8")))
    assert below <= set(PUBLIC)


WRITTEN = [p for p in PAGES if p.name != "CHANGELOG.md"]  # which names what was moved
WRITTEN += [*SCRIPTS, *(ROOT / "neurosim").rglob("*.py")]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_modules_that_are_named_are_there(path):
    text = path.read_text(encoding="utf-8")
    files = re.findall(r"\b(?:tests|docs|examples|benchmarks|neurosim)/[\w/]+\.\w+", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    modules = re.findall(r"(?<![\w./-])neurosim(?:\.[a-z]\w*)+", text)
    assert [name for name in modules if not is_there(name.split("."))] == []


def is_there(parts: list[str]) -> bool:
    """Whether it is a module, or stands in the text of the module above it."""
    path = ROOT.joinpath(*parts)
    if path.is_dir() or path.with_suffix(".py").exists():
        return True
    above = ROOT.joinpath(*parts[:-1])
    homes = [above.with_suffix(".py"), above / "__init__.py", above / "__init__.pyi"]
    text = "".join(home.read_text(encoding="utf-8") for home in homes if home.exists())
    return re.search(rf"\b{parts[-1]}\b", text) is not None


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.parent.name)
def test_a_stub_takes_each_name_once_from_the_module_that_defines_it(stub):
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    lines = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    names = [alias.asname for node in lines for alias in node.names]
    assert sorted(names) == sorted(set(names))
    assert sorted(names) == sorted(PUBLIC[".".join(stub.relative_to(ROOT).parts[:-1])])
    for node in lines:
        assert node.level == 1
        module = stub.parent.joinpath(*(node.module or "").split("."))
        home = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        assert {alias.name for alias in node.names} <= offered(home)
        assert all(alias.name == alias.asname for alias in node.names)  # else it is not re-exported


def offered(module: Path) -> set[str]:
    """What a module says that it offers."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def test_every_public_name_is_there():
    pytest.importorskip("torch")
    for name, package in PACKAGES.items():
        assert all(getattr(package, public) is not None for public in PUBLIC[name])
    with pytest.raises(AttributeError, match="rectify"):
        _ = neurosim.convnet.rectify
