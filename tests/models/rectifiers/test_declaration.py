"""What a class body declares: what is refused and why, what is inherited, how it is looked up."""

import inspect

import numpy as np
import pytest

from neurosim import RECTIFIERS, InputError, Parameter, Rectifier
from neurosim.models.rectifiers import named_rectifier

NAMES = {"name": "mine", "convnet": "Mine", "latex": "", "source": ""}
ATTRIBUTES = [
    name
    for name in sorted({*dir(Rectifier), *inspect.get_annotations(Rectifier)})
    if not name.startswith("_")
]


def _formula(*arguments):
    """Half-wave rectification as a static method of x and some arguments."""

    def formula(x, *values):
        return 1.0 * (x > 0) * x

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = [inspect.Parameter(name, kind) for name in ("x", *arguments)]
    formula.__signature__ = inspect.Signature(named)
    return staticmethod(formula)


def _declared(bases=(Rectifier,), register=True, **body):
    """A class made of its body."""
    return type(Rectifier)("Mine", bases, body, register=register)


def _body(*parameters, **changed):
    """A body with these parameters and a formula that takes them."""
    made = {name: Parameter("p", "", 0.5, low=0, high=2) for name in parameters}
    return {**NAMES, **made, **_formulas(*parameters), **changed}


def _formulas(*arguments):
    return {"shape": _formula(*arguments), "slope": _formula(*arguments)}


def _threshold(x, threshold):
    return (x - threshold).clip(min=0)


@pytest.mark.parametrize("name", [each for each in ATTRIBUTES if each not in ("shape", "slope")])
def test_a_parameter_named_as_any_attribute_of_the_base_class_is_refused(family, name):
    # oracle: every attribute that the base class has or annotates
    body = {**_body(), name: Parameter("p", "", 0.5)}
    with pytest.raises(InputError, match=rf"no parameter can be named {name}: every rectifier has"):
        _declared(**body)
    assert "mine" not in RECTIFIERS


@pytest.mark.parametrize("name", ["shape", "slope"])
def test_a_parameter_that_the_formula_of_its_name_replaced_is_refused(family, name):
    body = {**NAMES, **_formulas(name)}
    with pytest.raises(InputError, match=rf"no parameter can be named {name}: every rectifier has"):
        _declared(**body)
    with pytest.raises(InputError, match=rf"no parameter can be named {name}: every rectifier has"):
        _declared(**{**body, name: Parameter("p", "", 0.5)})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_body("r0"), "no parameter can be named r0: it is the spontaneous rate"),
        (_body(x=Parameter("p", "", 0.5)), "no parameter can be named x: it is the drive"),
        (_body("gain"), "none of the gains can be named gain: it is a parameter"),
        (_body("noise", regressors=("noise",)), "none of the regressors can be named noise"),
        (_body(gains=("one", "one")), "none of the gains can be named one: it is one of the gains"),
        (_body(gains="gain"), "expected gains as a tuple of names, got 'gain'"),
        (_body(gains=()), "expected at least one gain, got none"),
        (_body(aliases="mine too"), "expected aliases as a tuple of names, got 'mine too'"),
        (_body(name=""), "expected a name, got none"),
        (_body(latex=5), "expected latex as text, got something else"),
        (
            {"shape": _formula(), "slope": _formula(), "name": "mine"},
            "convnet, latex, source in the class body, got no convnet, latex, source",
        ),
        (
            _body("ceiling", shape=_formula()),
            r"expected shape\(x, ceiling\), got shape\(x\)",
        ),
        (
            _body("ceiling", slope=_formula("top")),
            r"expected slope\(x, ceiling\), got slope\(x, top\)",
        ),
        (
            _body("ceiling", shape=staticmethod(lambda x, *, ceiling: x)),
            r"expected shape\(x, ceiling\), got shape\(x, \*, ceiling\)",
        ),
        (
            _body("ceiling", shape=lambda self, x, ceiling: x),
            r"expected @staticmethod above shape\(x, ceiling\), got a method without it",
        ),
        (
            _body(slope=classmethod(lambda cls, x: x)),
            r"expected @staticmethod above slope\(x\), got a method without it",
        ),
        ({**NAMES, "shape": _formula()}, r"expected a static method slope\(x\), got none"),
        ({**NAMES}, r"expected a static method shape\(x\), got none; expected a static method sl"),
        (
            {**_body("top"), "top": Parameter("p", "", 3.0, low=0, high=2)},
            r"expected default of top in \[0, 2\], got 3",
        ),
        (
            {**_body("top"), "top": Parameter("p", "", 1.0, low=0, high=2, typical=(1, 3))},
            r"expected typical range of top in \[0, 2\], got \(1, 3\)",
        ),
        (
            {**_body("top"), "top": Parameter("p", "", 1.0, low=2, high=0)},
            "expected low < high of top, got 2, 0",
        ),
        (_body(typical={"gian": 3}), "expected typical of r0, gain, got gian"),
        (_body("top", typical={"top": 5}), r"expected typical top in \[0, 2\], got 5"),
        (_body(contains={"half-wave": {"top": 5}}), "expected contains of r0, gain, got top"),
        (_body("top", contains={"half-wave": {"top": 5}}), r"contains top in \[0, 2\], got 5"),
        (
            _body(contains={"half wave": "always"}),
            r"biological names, got 'half wave' \(did you mean 'half-wave'",
        ),
        (
            _body(contains={"power law": {"gain": 0}}),
            r"expected the parameters of power law, to become it, got no exponent \(say the limit",
        ),
        (_body(name="half-wave"), "there already is a rectifier named 'half-wave'"),
        (_body(convnet="relu"), "already is a rectifier named 'relu': <Rectifier: half-wave ="),
        (_body(aliases=("AVR",)), "already is a rectifier named 'AVR'"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_with_the_reason(family, body, message):
    before = dict(family)
    with pytest.raises(InputError, match=rf"^Mine: .*{message}"):
        _declared(**body)
    assert dict(family) == before


def test_everything_wrong_is_said_at_once():
    with pytest.raises(InputError) as refusal:
        _declared(**{**_body("rate", "r0", gains="gain"), "convnet": 3})
    for said in ("named rate", "named r0", "gains as a tuple", "convnet as text"):
        assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_rectifier_may_not_be_within_what_it_contains(family):
    _declared(**_body(contains={"half-wave": "always"}))
    again = _body("exponent", name="half-wave", convnet="ReLU", contains={"mine": "always"})
    half_wave = type(RECTIFIERS["half-wave"])  # as if its file were run again
    place = {"__module__": half_wave.__module__, "__qualname__": half_wave.__qualname__}
    with pytest.raises(InputError, match="expected to contain mine or to be within it, got both"):
        _declared(**{**again, **place})


def test_a_class_declared_again_takes_its_own_place(family):
    # oracle: a notebook's cell that is run twice
    for symbol in ("p", "q"):
        body = _body("top")
        _declared(**{**body, "top": Parameter(symbol, "", 1.0, low=0, high=2)})
        _declared(**_body(name="another", convnet="Another"))
        assert RECTIFIERS["Mine"].parameters["top"].symbol == symbol
    assert list(RECTIFIERS)[-2:] == ["mine", "another"]


def test_parameters_are_inherited_in_the_order_of_the_bases(family):
    # oracle: the stated order, and the parent's numbers
    parent = type(RECTIFIERS["thresholded half-wave"])

    class Capped(parent):
        name, convnet, latex, source = "capped", "ReLU with a cap", "", ""
        ceiling = Parameter("c", "highest output", 1.0, low=0.0)

        @staticmethod
        def shape(x, threshold, ceiling):
            return _threshold(x, threshold) - _threshold(x, threshold + ceiling)

        @staticmethod
        def slope(x, threshold, ceiling):
            return 1.0 * ((x > threshold) & (x <= threshold + ceiling))

    class Firm(Capped):
        name, convnet, latex, source = "firm", "ReLU with a fixed cap", "", ""
        ceiling = Parameter("c", "highest output", 0.5, low=0.0, free=False)
        threshold = Parameter("T", "", 0.0, within="drive", kinked=True, free=False)

    class Loose(Firm):
        name, convnet, latex, source = "loose", "ReLU with a loose cap", "", ""
        threshold = Parameter("T", "", 0.1, within="drive", kinked=True)

    capped, firm, loose = (RECTIFIERS[name] for name in ("capped", "firm", "loose"))
    assert list(capped.parameters) == ["threshold", "ceiling"]
    assert (list(firm.parameters), list(firm.constants)) == ([], ["threshold", "ceiling"])
    assert firm.arguments == ("threshold", "ceiling")
    assert (list(loose.parameters), list(loose.constants)) == (["threshold"], ["ceiling"])
    x = np.linspace(-1, 2, 31)
    assert capped.rate(x, gain=3, threshold=0.2, ceiling=9) == pytest.approx(
        RECTIFIERS["thresholded half-wave"].rate(x, gain=3, threshold=0.2)
    )
    assert firm.paths(x)[0] == pytest.approx(np.clip(x, 0, 0.5))
    assert firm.slopes(x)[0] == pytest.approx(1.0 * ((x > 0) & (x <= 0.5)))
    assert loose.paths(x, 0.25)[0] == pytest.approx(np.clip(x - 0.25, 0, 0.5))
    assert firm.rate(x, ceiling=1) == pytest.approx(np.clip(x, 0, 1))
    again = Parameter("T", "", 0.2, within="drive")
    with pytest.raises(
        InputError, match=r"expected threshold as a Parameter again, got 0.3 .*free"
    ):
        _declared((parent,), **{**NAMES, "threshold": 0.3})
    with pytest.raises(InputError, match=r"expected shape\(x, threshold, top\), got shape\(x, thr"):
        _declared((parent,), **{**NAMES, "threshold": again, "top": Parameter("c", "", 1.0)})
    with pytest.raises(InputError, match="slope beside a shape of its own, got that of its parent"):
        _declared((parent,), **{**NAMES, "shape": _formula("threshold")})


@pytest.mark.parametrize("parent", RECTIFIERS.values(), ids=str)
def test_what_is_said_of_the_parent_is_not_said_of_the_child(family, parent):
    # oracle: of the formula everything is inherited, of the rectifier itself nothing
    _declared((type(parent),), **NAMES)
    child = RECTIFIERS["mine"]
    assert not child.standard
    assert not child.exact
    assert child.biological == 0
    assert (child.aliases, child.panels, dict(child.contains), child.limits) == ((), (), {}, "")
    assert not any(one.is_nested_in(child) for one in RECTIFIERS.values() if one is not child)
    for of_the_formula in ("gains", "power", "regressors", "negative_side", "mechanistic"):
        assert getattr(child, of_the_formula) == getattr(parent, of_the_formula)
    assert child.parameters == parent.parameters
    assert child.arguments == parent.arguments
    x, given = np.linspace(-1, 1, 21), dict.fromkeys(parent.regressors, 0.3)
    assert child.rate(x, 20, **given) == pytest.approx(parent.rate(x, 20, **given))
    assert RECTIFIERS[parent.convnet] is parent
    assert RECTIFIERS[parent.name] is parent


def test_a_child_contains_what_it_declares(family):
    parent = type(RECTIFIERS["power law"])
    _declared((parent,), **NAMES, contains={"power law": "always", "half-wave": {"exponent": 1}})
    assert RECTIFIERS["half-squared"].is_nested_in(RECTIFIERS["mine"])


def test_shared_parameters_need_no_formula_and_no_names():
    class Shared(Rectifier, register=False):
        ceiling = Parameter("c", "highest output", 1.0, low=0.0)

    child = _declared((Shared,), register=False, **_formulas("ceiling"))
    assert list(child.parameters) == ["ceiling"]
    assert child().name == "Mine"
    assert "Mine" not in RECTIFIERS


@pytest.mark.parametrize("name", ["ReLV", "half wave", "none of them", ""])
def test_a_name_that_there_is_not_names_what_there_is_by_both_names(name):
    # oracle: the family
    said = []
    for looked_up in (RECTIFIERS.__getitem__, named_rectifier):
        with pytest.raises(InputError) as refusal:
            looked_up(name)
        assert isinstance(refusal.value, KeyError)
        said.append(str(refusal.value))
    assert said[0] == said[1]
    assert said[0].startswith("rectifier: expected one of '")
    assert "'half-wave' (ReLU), " in said[0]
    for each in RECTIFIERS.values():
        assert f"{each.name!r} ({each.convnet})" in said[0]


def test_close_names_are_suggested():
    with pytest.raises(InputError, match=r"got 'ReLV' \(did you mean 'ReLU' or .*\?\)$"):
        named_rectifier("ReLV")
    with pytest.raises(InputError, match=r"got 'Naka Rushton' \(did you mean 'Naka-Rushton'\?\)$"):
        named_rectifier("Naka Rushton")
    with pytest.raises(InputError, match=r"expected a name or a Rectifier, got a class \(call it"):
        named_rectifier(type(RECTIFIERS["half-wave"]))
