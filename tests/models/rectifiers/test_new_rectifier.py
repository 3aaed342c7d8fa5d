"""A rectifier in a file of its own is enough: everything that takes rectifiers takes it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import neurosim

NEW = '''
"""A clipped ReLU, as a newcomer would add it."""

from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.parameter import Parameter


class NewcomersHalfWave(Rectifier):
    """Half-wave rectification up to a ceiling."""

    name = "a newcomer's half-wave"
    convnet = "a newcomer's ReLU6"
    latex = r"r_0 + g\\,\\min(\\max(x, 0), c)"
    source = "Howard et al. 2017"
    limits = "r0 below 0; saturates at r0 + g c"
    contains = {"half-wave": "ceiling to infinity"}
    ceiling = Parameter("c", "drive that saturates it", 6.0, low=0.0, typical=(0.3, 0.8))

    @staticmethod
    def shape(x, ceiling):
        return x.clip(min=0) - (x - ceiling).clip(min=0)

    @staticmethod
    def slope(x, ceiling):
        return 1.0 * ((x > 0) & (x <= ceiling))
'''

USE = """
import sys
import numpy as np
from neurosim import RECTIFIERS, compare, fit, poisson_responses, recovery
from neurosim.cli import main

mine = RECTIFIERS["A newcomer's relu6"]
assert mine is RECTIFIERS["a newcomer's half-wave"]
x = np.linspace(-1, 1, 25)
responses = poisson_responses(mine, mine.typical, x, 40, 1.0, 4)
fitted = fit(mine.name, responses)
assert (abs(fitted.values - list(mine.typical.values())) < 4 * fitted.standard_errors).all()
found = compare(responses, ["half-wave", mine.name], folds=5)
assert {found.rectifiers[k].name for k in found.chosen} == {mine.name}
back = recovery(rectifiers=["ReLU", mine.convnet], cells=8)
assert back.generating == ["constant rate", "half-wave", "a newcomer's half-wave"]
assert (back.accepted > 0.7).all(), back.accepted
assert mine.name in RECTIFIERS.table["rectifier"].tolist()
figure = RECTIFIERS.plot()
assert "your own" in [axes.get_title() for axes in figure.subfigs[0].axes]
assert main(["rectifiers"]) == 0
assert "torch" not in sys.modules
try:
    import torch
except ImportError:
    sys.exit()
from neurosim.convnet import Activation

given = torch.tensor([[-1.0, 3.0, 9.0]])
assert torch.equal(Activation(mine.name)(given), torch.nn.ReLU6()(given))
layer = Activation(mine.name, learn=True)
layer(given).sum().backward()
assert layer.parametrizations.ceiling.original.grad == 1
"""


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """A copy of the package with one file more."""
    root = tmp_path_factory.mktemp("copy")
    package = Path(neurosim.__file__).parent
    shutil.copytree(package, root / "neurosim", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "neurosim" / "models" / "rectifiers" / "a_newcomers_file.py").write_text(NEW)
    return root


def test_one_file_is_enough(copy):
    # oracle: torch.nn.ReLU6, the parameters that made the counts, and every table and figure
    done = subprocess.run([sys.executable, "-c", USE], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "a newcomer's half-wave = a newcomer's ReLU6" in done.stdout


def test_the_class_of_the_page_runs_as_in_a_notebook():
    # oracle: what the page prints, parameters at rates of visual cortex and both recovered
    page = (Path(__file__).parents[3] / "docs" / "fits.md").read_text(encoding="utf-8")
    (code,) = (block for block in re.findall("```python\n(.*?)```", page, re.S) if "class" in block)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    typical, *table = done.stdout.splitlines()
    assert typical == "{'r0': 3.0, 'gain': 110.0, 'ceiling': 0.55}"
    assert "half-wave below a ceiling" in "".join(table)


def test_the_order_of_the_others_stays(copy):
    # oracle: the family here
    code = "from neurosim import RECTIFIERS; print(*RECTIFIERS, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True)
    names = done.stdout.splitlines()
    names.remove("a newcomer's half-wave")
    assert names == list(neurosim.RECTIFIERS)
