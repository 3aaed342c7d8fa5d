"""Formulas that are refused where they are declared, and typical values made from the others."""

import subprocess
import sys

import numpy as np
import pytest

from neurosim import RECTIFIERS, InputError, Parameter, Rectifier
from neurosim.models.rectifiers.array_namespaces import of

X = np.linspace(-1, 1, 201)


def _declared(shape, slope=None, register=False, **body):
    body = {"name": "mine", "convnet": "Mine", "latex": "", "source": "", **body}
    slope = staticmethod(shape if slope is None else slope)
    body |= {"shape": staticmethod(shape), "slope": slope}
    return type(Rectifier)("Mine", (Rectifier,), body, register=register)


def _ceiling(**changed):
    return Parameter(
        **{"symbol": "c", "meaning": "highest output", "default": 0.5, "low": 0.0} | changed
    )


@pytest.mark.parametrize(
    ("shape", "body", "message"),
    [
        (lambda x: max(x, 0), {}, "shape fails on arrays: ValueError: The truth value of an array"),
        (lambda x: float(x), {}, "shape fails on arrays: TypeError"),
        (lambda x: 1.0, {}, r"array of the drive's shape per gain \(1\), got \[\(\)\] for \(2, 64"),
        (lambda x: (x, x), {}, r"per gain \(1\), got \[\(2, 64\), \(2, 64\)\]"),
        (lambda x: x, {"gains": ("on", "off")}, r"per gain \(2\), got \[\(2, 64\)\]"),
        (lambda x: x[0], {}, r"per gain \(1\), got \[\(64,\)\]"),
        (lambda x: x**0.5, {}, "expected a finite shape at drives -1 to 1, got NaN"),
    ],
)
def test_a_formula_that_does_not_take_arrays_as_fits_give_them_is_refused(shape, body, message):
    with pytest.raises(InputError, match=f"^Mine: .*{message}"):
        _declared(shape, **body)


def test_a_derivative_is_tried_too():
    with pytest.raises(InputError, match=r"Mine: slope fails on arrays: TypeError"):
        _declared(lambda x: x, lambda x: float(x))
    with pytest.raises(
        InputError, match=r"Mine: expected slope with an array of the drive's shape"
    ):
        _declared(lambda x: x, lambda x: 1.0)


def test_parameters_come_as_one_array_per_cell():
    # oracle: in a fit each cell has its own, so a function of single numbers fails
    with pytest.raises(InputError, match=r"shape fails on arrays: TypeError: only .* converted"):
        _declared(lambda x, c: x * float(c), c=_ceiling())


def test_constants_come_as_arrays_too(family):
    # oracle: a method that arrays have and numbers have not
    def shape(x, c, top):
        return (x * c).clip(max=1.0) * top.clip(0, 2)

    mine = _declared(shape, c=_ceiling(), top=_ceiling(free=False))()
    assert mine.paths(X, 0.5)[0] == pytest.approx(0.25 * X)
    assert mine.rate(X, 20, c=0.5) == pytest.approx(20 + 0.25 * X)


ON_ARRAYS_ONLY = {
    "fails": (lambda x, c: np.minimum(np.maximum(x, 0), c), "shape fails on torch tensors: "),
    "is an array": (lambda x, c: np.asarray(x.tolist()) * np.asarray(c.tolist()), "got ndarray"),
    "detaches all": (
        lambda x, c: np.exp(x * c) if of(x) is np else (x.detach() * c.detach()).exp(),
        "to keep the gradient with respect to x, c, got another or none",
    ),
    "detaches one": (
        lambda x, c: x * c if of(x) is np else x * c.item(),
        "to keep the gradient with respect to c, got another or none",
    ),
    "halves one": (
        lambda x, c: x * c if of(x) is np else (x + x.detach()) / 2 * c,
        "to keep the gradient with respect to x, got another or none",
    ),
    "differs": (lambda x, c: x * c + (of(x) is not np), "as of arrays, got other numbers"),
}


@pytest.mark.parametrize("kind", ON_ARRAYS_ONLY)
def test_a_formula_that_works_on_arrays_only_is_refused_once_torch_is_there(family, kind):
    torch = pytest.importorskip("torch")
    shape, message = ON_ARRAYS_ONLY[kind]
    with pytest.raises(InputError, match=f"^Mine: .*{message}.*array_namespaces has functions"):
        _declared(shape, register=True, c=_ceiling())
    assert "mine" not in RECTIFIERS
    # by itself it may be fitted; as a layer it is refused
    from neurosim.convnet import Activation

    alone = _declared(shape, c=_ceiling())()
    for grad in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        with grad(), pytest.raises(InputError, match=f"^Mine: .*{message}"):
            Activation(alone)


def test_a_step_has_no_gradient_to_lose(family):
    pytest.importorskip("torch")
    _declared(lambda x, c: 1.0 * (x > c), lambda x, c: 0 * x, register=True, c=_ceiling())
    assert RECTIFIERS["mine"].typical == {"r0": 3.0, "gain": 60.0, "c": 0.5}


def test_without_torch_a_formula_on_arrays_is_none_the_worse():
    # oracle: a fresh process that never loads torch
    code = (
        "import sys, numpy as np; from neurosim import Rectifier, RECTIFIERS\n"
        "class Mine(Rectifier):\n"
        "    name, convnet, latex, source = 'mine', 'Mine', '', ''\n"
        "    shape = staticmethod(lambda x: np.maximum(x, 0))\n"
        "    slope = staticmethod(lambda x: 1.0 * (x > 0))\n"
        "print(RECTIFIERS['mine'].rate(2.0), {'torch', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2.0", "set()"]


@pytest.mark.parametrize("rectifier", RECTIFIERS.values(), ids=str)
def test_typical_values_are_at_rates_of_visual_cortex_and_away_from_bounds(rectifier):
    # oracle: domains, declared regions, and rates of cortical cells (10 to 150 Hz at the best)
    typical = rectifier.typical
    assert tuple(typical) == rectifier.parameter_names
    for name, parameter in rectifier.parameters.items():
        low, high = parameter.region
        assert low <= typical[name] <= high
    given = dict.fromkeys(rectifier.regressors, 0.3)
    rate = rectifier.rate(X, **typical, **given)
    assert rate.min() > 0
    assert 10 < rate.max() < 200


@pytest.mark.parametrize(
    ("shape", "body", "typical"),
    [
        # oracle: 60 Hz at the best drive (1.0037), 3 Hz at rest, by hand
        (lambda x: 10 * x.clip(min=0), {}, {"r0": 3, "gain": 6.0}),
        (lambda x: 0 * x, {}, {"r0": 3, "gain": 60}),
        # a modulation down by 60 Hz takes 25 % more at rest
        (lambda x: x, {"negative_side": True}, {"r0": 75, "gain": 60}),
        (lambda x: x, {"negative_side": True, "typical": {"gain": 10}}, {"r0": 12, "gain": 10}),
        (
            lambda x: (x.clip(min=0), (-2 * x).clip(min=0)),
            {"gains": ("on", "off"), "typical": {"r0": 5, "on": 7}},
            {"r0": 5, "on": 7, "off": 30},
        ),
    ],
)
def test_typical_values_that_are_not_declared(shape, body, typical):
    assert _declared(shape, **body).typical == pytest.approx(typical, rel=0.01)
