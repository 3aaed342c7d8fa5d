"""What is built to be installed elsewhere carries all that the checkout has."""

import importlib.util
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILDS = """
from setuptools import build_meta
build_meta.build_wheel("dist")
build_meta.build_sdist("dist")
"""
RUNS = """
import neurosim, xarray as xr
assert neurosim.__file__.startswith({folder!r}), neurosim.__file__
drive = xr.DataArray([[0.0], [1.0]], dims=("stimulus", "cell"))
responses = neurosim.simulate(neurosim.LIF(), drive, duration=0.1, trials=2, workers=1)
assert responses["count"].sum() > 0
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A wheel and a source distribution, built from a copy, so that nothing is left behind."""
    if not importlib.util.find_spec("setuptools.command.bdist_wheel"):
        pytest.importorskip("wheel")
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "neurosim", source / "neurosim", ignore=unwanted)
    command = [sys.executable, "-W", "ignore", "-c", BUILDS]
    subprocess.run(command, cwd=source, capture_output=True, check=True)
    return source / "dist"


def test_both_carry_every_file_of_the_package(built):
    # oracle: the package's folder
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "neurosim").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"neurosim/py.typed", "neurosim/__init__.pyi", "neurosim/convnet/__init__.pyi"} <= here
    assert {Path(name).suffix for name in here} == {".py", ".pyi", ".typed", ".h", ".cpp", ""}
    wheel = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    assert here == {name for name in wheel if name.startswith("neurosim/")}
    with tarfile.open(next(built.glob("*.tar.gz"))) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert here <= inside


def test_the_wheel_runs_where_the_checkout_is_not(built, tmp_path):
    # its worker is a process of its own, which has to find the package and its C++
    zipfile.ZipFile(next(built.glob("*.whl"))).extractall(tmp_path / "site")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})"
    code += RUNS.format(folder=str(tmp_path / "site"))
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
