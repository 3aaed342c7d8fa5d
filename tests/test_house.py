"""The tree itself: rooms that are not too large, and imports that go one way. Nothing is imported.

An import counts wherever it stands: at the top of a module, in a function, under TYPE_CHECKING. A
name taken from a package counts as an import of the module that defines it, and so does one taken
from `neurosim` or another package whose names its stub holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "neurosim"

MOST_LINES = 350  # of a module
MOST_SHARE = 0.15  # of the package's lines that one room may hold

# A room imports from the layers above its own; of its own, only what `TOGETHER` says.
LAYERS = (
    ("base",),
    ("report",),
    ("data", "stimuli", "models.rectifiers"),
    ("models.receptive_fields", "models.cells", "analysis.fitting"),
    ("simulation", "analysis", "recordings"),
    ("convnet", "experiment"),
    ("reproduce",),
    ("cli",),
    ("__main__",),
)
TOGETHER = ("analysis",)  # its rooms may use each other, without a circle

# What takes long to load, or is not everywhere; who asks for it pays.
HEAVY = {"brian2", "matplotlib", "torch", "sklearn", "pynwb", "pyarrow", "av", "neo"}


class Module:
    """A module as it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_package = path.name == "__init__.py"
        parts = path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        self.package = self.name if self.is_package else self.name.rpartition(".")[0]
        text = path.read_text(encoding="utf-8")
        self.lines = text.count("\n")
        self.tree = ast.parse(text)

    def full(self, node: ast.ImportFrom) -> str:
        """The module that names are taken from, relative ones in full."""
        if not node.level:
            return node.module or ""
        above = self.package.split(".")[: len(self.package.split(".")) + 1 - node.level]
        return ".".join([*above, node.module] if node.module else above)


MODULES = {module.name: module for module in map(Module, sorted((ROOT / PACKAGE).rglob("*.py")))}


def exported(package: str) -> dict[str, tuple[str, str]]:
    """The names that a package takes from its modules: module, and name there; stubs go first."""
    module = MODULES[package]
    stub = module.path.with_suffix(".pyi")
    tree = ast.parse(stub.read_text(encoding="utf-8")) if stub.exists() else module.tree
    return {
        alias.asname or alias.name: (module.full(node), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


EXPORTED = {name: exported(name) for name, module in MODULES.items() if module.is_package}


def origins(package: str, name: str) -> Iterator[str]:
    """The package and the modules that a name goes through to where it is defined."""
    if f"{package}.{name}" in MODULES and name not in EXPORTED.get(package, {}):
        yield f"{package}.{name}"
        return
    if package != PACKAGE:  # which loads nothing of its own
        yield package
    if name in EXPORTED.get(package, {}):
        yield from origins(*EXPORTED[package][name])


def imported(module: Module, node: ast.AST) -> Iterator[str]:
    """The modules that an import brings, those of other distributions included."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield from origins(module.full(node), alias.name)


def imports_of(module: Module) -> set[str]:
    """All that a module imports anywhere, and the modules that join its package by being there."""
    found = {name for node in ast.walk(module.tree) for name in imported(module, node)}
    called = {
        getattr(node.func, "id", "") for node in ast.walk(module.tree) if isinstance(node, ast.Call)
    }
    if "import_all" in called and module.is_package:
        found |= {name for name, other in MODULES.items() if _is_in(other, module)}
    return found - {module.name}


def _is_in(other: Module, package: Module) -> bool:
    return other.path.parent == package.path.parent and other is not package


IMPORTS = {name: imports_of(module) for name, module in MODULES.items()}


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups that reach each other by their imports."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen, left = set(), [start]
        while left:
            new = graph.get(left.pop(), set()) - seen
            seen |= new
            left += new
        reached[start] = seen
    groups = {
        frozenset(other for other in graph if other in reached[name] and name in reached[other])
        for name in graph
        if name in reached[name]
    }
    return sorted(sorted(group) for group in groups)


def room(name: str) -> str:
    """The room that a module of the package stands in, as `LAYERS` calls it."""
    inside = name.removeprefix(PACKAGE).removeprefix(".")
    parts = inside.split(".")
    return ".".join(parts[:2]) if parts[0] in ("models", "analysis") else parts[0]


def layer(name: str) -> int:
    """The layer of a room; a room of `analysis` that is not named is in the layer of the rest."""
    for number, rooms in enumerate(LAYERS):
        if name in rooms:
            return number
    return next(k for k, rooms in enumerate(LAYERS) if name.partition(".")[0] in rooms)


def within() -> Iterator[tuple[str, str]]:
    """Every import of one module of the package by another."""
    for name, found in IMPORTS.items():
        for other in sorted(found):
            if other in MODULES:
                yield name, other


def test_the_reader_of_imports_sees_them_all():
    # oracle: imports written down here, of each kind that there is
    text = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from neurosim.stimuli import Gratings
def simulate():
    from neurosim import LIF
    from . import progress
    from .units import in_unit
    import brian2
"""
    module = Module(ROOT / PACKAGE / "base" / "errors.py")
    module.tree = ast.parse(text)
    found = {name for node in ast.walk(module.tree) for name in imported(module, node)}
    assert found == {
        "__future__",
        "typing",
        "neurosim.stimuli",
        "neurosim.stimuli.gratings",
        "neurosim.models.cells.lif",
        "neurosim.base.progress",
        "neurosim.base.units",
        "brian2",
    }
    ring = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"e"}}
    assert circles(ring) == [["b", "c"], ["e"]]


def test_every_import_is_of_a_module_that_is_there():
    ours = {name for found in IMPORTS.values() for name in found if _libraries({name}) == {PACKAGE}}
    assert ours - set(MODULES) == set()


def test_no_circle_of_imports():
    assert circles(IMPORTS) == []


def test_no_circle_of_rooms():
    rooms: dict[str, set[str]] = {}
    for name, other in within():
        if room(name) != room(other):
            rooms.setdefault(room(name), set()).add(room(other))
    assert circles(rooms) == []


def test_rooms_import_one_way():
    wrong = []
    for name, other in within():
        one, from_ = room(name), room(other)
        together = one.partition(".")[0] in TOGETHER and from_.partition(".")[0] in TOGETHER
        above = layer(from_) < layer(one) or (layer(from_) == layer(one) and together)
        if one != from_ and not above:
            wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_analysis_needs_no_brian2():
    # a recorded spike is analysed where there is no simulator
    wrong = [
        f"{name} imports {other}"
        for name, other in within()
        if room(name).startswith("analysis") and room(other) == "simulation"
    ]
    assert wrong == []
    users = {name for name, found in IMPORTS.items() if _libraries(found) & {"brian2"}}
    assert [name for name in users if not name.startswith("neurosim.simulation.engine.")] == []
    assert users


def test_what_is_asked_of_a_simulation_is_its_own_affair():
    users = [name for name, other in within() if other == "neurosim.simulation.request"]
    assert {name.rpartition(".")[0] for name in users} == {"neurosim.simulation"}


def _libraries(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def loaded_with(start: str) -> dict[str, set[str]]:
    """The modules of the package that importing one of them loads, with what each brings."""
    found: dict[str, set[str]] = {}
    left = [start]
    while left:
        module = MODULES[left.pop()]
        if module.name in found:
            continue
        names = {n for node in _at_once(module.tree.body) for n in imported(module, node)}
        found[module.name] = names
        above = module.name.split(".")
        packages = {".".join(above[:k]) for k in range(1, len(above))}
        left += [name for name in names | packages if name in MODULES]
    return found


def _at_once(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _at_once(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            for part in ("body", "orelse", "finalbody", "handlers"):
                yield from _at_once(getattr(node, part, []))


@pytest.mark.parametrize("start", ["neurosim", "neurosim.__main__"])
def test_importing_neurosim_and_asking_for_help_load_next_to_nothing(start):
    brought = set().union(*loaded_with(start).values())
    slow = HEAVY | {"numpy", "scipy", "pandas", "xarray", "rich"}
    assert _libraries(brought) & slow == set()


# what draws, and what is of a library, may load it
DRAWS = {"plot_receptive_fields"}
OF_A_LIBRARY = {"RectifierRegressor": {"sklearn"}}


@pytest.mark.parametrize("name", sorted(EXPORTED[PACKAGE]))
def test_a_public_name_loads_no_more_than_it_needs(name):
    home = EXPORTED[PACKAGE][name][0]
    brought = _libraries(set().union(*loaded_with(home).values()))
    allowed = OF_A_LIBRARY.get(name, set()) | ({"matplotlib"} if name in DRAWS else set())
    assert brought & HEAVY <= allowed


def test_no_module_is_too_long():
    assert {n: m.lines for n, m in MODULES.items() if m.lines > MOST_LINES} == {}


def test_no_room_is_too_large():
    total = sum(module.lines for module in MODULES.values())
    rooms: dict[str, int] = {}
    for module in MODULES.values():
        folder = str(module.path.parent.relative_to(ROOT))
        rooms[folder] = rooms.get(folder, 0) + module.lines
    assert {name: lines for name, lines in rooms.items() if lines > MOST_SHARE * total} == {}


@pytest.mark.parametrize("folder", ["analysis", "models"])
def test_a_house_of_rooms_holds_no_files(folder):
    files = {path.name for path in (ROOT / PACKAGE / folder).glob("*.py*")}
    assert files == {"__init__.py"}


def test_the_top_level_shows_the_rooms_of_the_design():
    for name in ("models", "stimuli", "analysis"):
        link = ROOT / name
        assert link.is_symlink()
        assert not link.readlink().is_absolute()
        assert link.resolve() == ROOT / PACKAGE / name


def test_tests_stand_in_the_same_tree():
    here = Path(__file__).parent
    folders = {path.parent.relative_to(here) for path in here.rglob("test_*.py")}
    there = {path.parent.relative_to(ROOT / PACKAGE) for path in (ROOT / PACKAGE).rglob("*.py")}
    assert folders - there == {Path("papers")}  # numbers of papers, across rooms


def test_no_test_imports_another():
    # what they share are fixtures, in the conftest.py of the folder that needs them
    here = Path(__file__).parent
    nodes = [(p, n) for p in here.rglob("*.py") for n in ast.walk(ast.parse(p.read_text("utf-8")))]
    taken = {p for p, n in nodes if isinstance(n, ast.ImportFrom) and (n.level or _ours(n.module))}
    assert not taken | {p for p, n in nodes if isinstance(n, ast.Import) and _ours(n.names[0].name)}


def _ours(module: str | None) -> bool:
    return (module or "").partition(".")[0] == "tests"
