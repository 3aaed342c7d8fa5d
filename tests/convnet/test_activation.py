"""Rectifiers as layers: against the NumPy formula, against torch's own, bounds, export."""

import inspect
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from neurosim import (  # noqa: E402
    RECTIFIERS,
    InputError,
    Parameter,
    Rectifier,
    responses_from_counts,
)
from neurosim.analysis.fitting.fit import fit  # noqa: E402
from neurosim.convnet import Activation, Curve  # noqa: E402
from neurosim.models.rectifiers.formula import require_tensors  # noqa: E402

EVERY = list(RECTIFIERS.values())
X = np.linspace(-3, 3, 1201)


def _given(rectifier, x):
    """Regressors that vary."""
    return [0.3 + 0.1 * np.sin(7 * x) for _ in rectifier.regressors]


def _paths(rectifier, x):
    """The formula in NumPy, its paths side by side along a second axis."""
    shapes = [p.default for p in rectifier.parameters.values()]
    return np.stack(rectifier.paths(x, *_given(rectifier, x), *shapes), 1)


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
@pytest.mark.parametrize(("dtype", "accuracy"), [("float32", 1e-6), ("float64", 1e-12)])
def test_a_layer_has_the_formulas_numbers(rectifier, dtype, accuracy):
    # oracle: the formula in NumPy, in double precision, at the very same inputs
    x = X.astype(dtype)
    given = [torch.tensor(g.astype(dtype))[:, None] for g in _given(rectifier, x)]
    out = Activation(rectifier)(torch.tensor(x)[:, None], *given)
    assert out.dtype == getattr(torch, dtype)
    exact = x.astype(float)
    noisy = [g.astype(dtype).astype(float) for g in _given(rectifier, x)]
    shapes = [p.default for p in rectifier.parameters.values()]
    expected = np.stack(rectifier.paths(exact, *noisy, *shapes), 1)
    assert out.numpy() == pytest.approx(expected, rel=accuracy, abs=1e-38)


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
def test_gradients_away_from_corners(rectifier):
    # oracle: torch's gradcheck (central differences, double precision)
    learned = rectifier.parameter_names
    layer = Activation(rectifier, learn=learned, channels=2, dtype=torch.float64)
    shapes = [p.default for p in rectifier.parameters.values()]
    corners = np.array([0.0, *shapes])
    x = X[::37][np.abs(X[::37, None] - corners).min(1) > 1e-2][:30].reshape(-1, 2)
    x = torch.tensor(x, requires_grad=True)
    given = [torch.full_like(x, 0.3).requires_grad_() for _ in rectifier.regressors]
    raw = dict(layer.named_parameters())

    def run(x, *rest):
        values = dict(zip(raw, rest[: len(raw)], strict=True))
        return torch.func.functional_call(layer, values, (x, *rest[len(raw) :]))

    inside = [p.detach().clone().clamp(min=0.05).requires_grad_() for p in raw.values()]
    assert torch.autograd.gradcheck(run, (x, *inside, *given), eps=1e-6, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
def test_gradient_is_the_declared_slope(rectifier):
    # oracle: the derivative that stands beside the formula
    x = torch.tensor(X + 1e-4, requires_grad=True)
    given = [torch.tensor(g) for g in _given(rectifier, x.detach().numpy())]
    out = Activation(rectifier, dim=0)(x, *given)
    shapes = [p.default for p in (*rectifier.parameters.values(), *rectifier.constants.values())]
    at = x.detach().numpy()
    slopes = rectifier.slope(at, *(g.numpy() for g in given), *shapes)
    slopes = slopes if isinstance(slopes, tuple) else (slopes,)
    for path, slope in zip(out.chunk(len(slopes)), slopes, strict=True):
        (found,) = torch.autograd.grad(path.sum(), x, retain_graph=True)
        assert found.numpy() == pytest.approx(slope, rel=1e-9, abs=1e-9)


TORCH = [
    ("ReLU", {}, torch.nn.ReLU()),
    ("LReLU", {"leak": 0.2}, torch.nn.LeakyReLU(0.2)),
    ("ELU", {"depth": 0.7}, torch.nn.ELU(0.7)),
    ("Softplus", {"threshold": 0, "softness": 0.5}, torch.nn.Softplus(beta=2, threshold=500)),
    ("tanh", {"width": 1}, torch.nn.Tanh()),
    ("sigmoid", {"midpoint": 0, "width": 1}, torch.nn.Sigmoid()),
    (
        "SReLU",
        {"left": -1, "right": 1, "left_slope": 0, "right_slope": 0},
        torch.nn.Hardtanh(),
    ),
]


@pytest.mark.parametrize(("name", "values", "own"), TORCH)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_to_torchs_own(name, values, own, dtype):
    # oracle: torch's activation of that name, value and gradient, also at the corner
    x = torch.linspace(-4, 4, 801, dtype=dtype, requires_grad=True)
    same = x.detach().clone().requires_grad_()
    ours, theirs = Activation(name, **values)(x), own(same)
    ours.sum().backward()
    theirs.sum().backward()
    precision = torch.finfo(dtype).eps
    torch.testing.assert_close(ours, theirs, rtol=8 * precision, atol=2 * precision)
    inside = (same.abs() != 1) if name == "SReLU" else slice(None)  # a corner's side is a choice
    torch.testing.assert_close(
        x.grad[inside], same.grad[inside], rtol=16 * precision, atol=8 * precision
    )


def test_prelu_per_channel_learns_what_torchs_learns():
    # oracle: torch.nn.PReLU after the same steps of the same optimiser
    ours = Activation("PReLU", learn="leak", channels=3, leak=0.25)
    theirs = torch.nn.PReLU(3, init=0.25)
    x = torch.randn(50, 3, 4, generator=torch.Generator().manual_seed(0))
    for layer in (ours, theirs):
        optimiser = torch.optim.SGD(layer.parameters(), lr=0.05)
        for _ in range(5):
            optimiser.zero_grad()
            (layer(x) - 0.5 * x).square().mean().backward()
            optimiser.step()
    torch.testing.assert_close(ours.leak, theirs.weight)


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
def test_one_step_of_any_length_stays_within_the_bounds(rectifier):
    # oracle: the declared bounds
    layer = Activation(rectifier, learn=rectifier.parameter_names, channels=2)
    x = torch.randn(64, 2, generator=torch.Generator().manual_seed(1))
    given = [x.abs() + 0.1 for _ in rectifier.regressors]
    for sign in (1, -1):
        optimiser = torch.optim.SGD(layer.parameters(), lr=1e3)
        optimiser.zero_grad()
        (sign * layer(x, *given).sum()).backward()
        optimiser.step()
        for name in layer.learned:
            value = getattr(layer, name)
            low, high, _ = layer._bounds()[name]
            assert ((value >= low) & (value <= high)).all(), name
        assert torch.isfinite(layer(x, *given)).all()


def test_a_parameter_at_its_bound_comes_back():
    # oracle: the sign of the gradient; beyond the bound it is 0, inward it passes
    layer = Activation("LReLU", learn="leak", leak=0.0)
    x = torch.tensor([[-1.0]])
    layer(x).sum().backward()  # d out / d leak = -1: down the slope the leak would rise
    raw = layer.parametrizations.leak.original
    assert raw.grad == -1
    raw.grad = None
    (-layer(x).sum()).backward()
    assert raw.grad == 0


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
def test_state_dict_round_trip(rectifier):
    # oracle: the outputs before
    layer = Activation(rectifier, learn=True, channels=3)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += 0.05
    again = Activation(rectifier, learn=True, channels=3)
    again.load_state_dict(layer.state_dict())
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(2))
    given = [x.abs() for _ in rectifier.regressors]
    assert torch.equal(layer(x, *given), again(x, *given))


def test_two_paths_double_the_channels():
    # oracle: CReLU of Shang et al. 2016, all positive parts and then all negative ones
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(3))
    crelu, energy = Activation("CReLU"), Activation("two-path energy")
    assert crelu.paths == 2
    assert torch.equal(crelu(x), torch.cat([x.relu(), (-x).relu()], 1))
    assert torch.equal(energy(x).chunk(2, 1)[1], x.clamp(max=0) ** 2)
    assert torch.equal(Activation("CReLU", dim=-1)(x), torch.cat([x.relu(), (-x).relu()], -1))


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("precise", [True, False])
def test_half_precision_in_and_out(rectifier, dtype, precise):
    # oracle: the layer in double precision, rounded once
    x = torch.linspace(-3, 3, 50, dtype=dtype)[:, None]
    given = [x.abs() + 0.25 for _ in rectifier.regressors]
    out = Activation(rectifier, precise=precise)(x, *given)
    assert out.dtype == dtype
    expected = Activation(rectifier)(x.double(), *(g.double() for g in given))
    precision = torch.finfo(dtype).eps
    torch.testing.assert_close(out.double(), expected, rtol=precision, atol=1e-4)


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
def test_nothing_is_nan_at_zeros_and_at_widths_of_zero(rectifier):
    low = {n: p.low for n, p in rectifier.parameters.items() if np.isfinite(p.low)}
    layer = Activation(rectifier, learn=True, **low)
    x = torch.tensor([[0.0], [1.0], [-1.0], [1e30], [-1e30]], requires_grad=True)
    given = [torch.zeros_like(x, requires_grad=True) for _ in rectifier.regressors]
    out = layer(x, *given)
    assert torch.isfinite(out[:3]).all()
    (out[:3].sum() + 1e-3 * out[3:].sum()).backward()
    for each in (x, *given, *layer.parameters()):
        assert torch.isfinite(each.grad).all()


@pytest.mark.parametrize(
    "name",
    [
        "softplus",
        "noise-smoothed threshold",
        "tanh",
        pytest.param("Siegert", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("precise", [True, False])
def test_a_width_that_training_drives_to_its_bound_comes_back(name, precise):
    # oracle: steps far too long end at the bound, finite, and a wider target widens it again
    x = torch.randn(256, generator=torch.Generator().manual_seed(0))
    parameter = {"softplus": "softness", "tanh": "width"}.get(name, "noise")
    layer = Activation(name, learn=parameter, precise=precise, **{parameter: 0.05})
    narrow = Activation(name, **{parameter: 1e-6})(x)
    wide = Activation(name, **{parameter: 0.6})(x)
    for target, rate, steps in ((narrow, 5.0, 30), (wide, 0.5, 300)):
        optimiser = torch.optim.SGD(layer.parameters(), lr=rate, momentum=0.5)
        for _ in range(steps):
            optimiser.zero_grad()
            (layer(x) - target).square().mean().backward()
            torch.nn.utils.clip_grad_value_(layer.parameters(), 1.0)
            optimiser.step()
        value = getattr(layer, parameter)
        assert torch.isfinite(value)
        assert value >= 1e-3
    assert value > 0.1


def test_transforms_of_torch_go_through_bounds():
    # oracle: the gradient from backward
    layer = Activation("LReLU", learn="leak", leak=0.2)
    x = torch.tensor([[-3.0, 2.0]])
    raw = dict(layer.named_parameters())
    loss = lambda p: torch.func.functional_call(layer, p, (x,)).sum()  # noqa: E731
    (found,) = torch.func.grad(loss)(raw).values()
    layer(x).sum().backward()
    assert found == next(layer.parameters()).grad == -3.0


@pytest.mark.parametrize("points", [11, 101, 2001, 2049])
@pytest.mark.parametrize("threshold", [0.1, 0.2, 0.3])
def test_a_table_does_not_overshoot_an_upright_corner(threshold, points):
    # oracle: the formula; off by no more than the curve rises over two steps of the grid
    layer = Activation("LIF f-I", threshold=threshold)
    x = torch.linspace(-1, 1, 5001, dtype=torch.float64)
    rise = layer(torch.tensor(threshold + 4 / (points - 1))[None]).item()
    assert (layer.tabulated(-1, 1, points)(x) - layer(x)).abs().max() < rise


def test_a_table_passes_nan_on():
    square = Curve.of(np.square, lambda x: 2 * x, -1, 1)
    out = square(torch.tensor([float("nan"), 0.5]))
    assert torch.isnan(out[0])
    assert out[1] == 0.25


@pytest.mark.slow
@pytest.mark.parametrize("rectifier", EVERY, ids=str)
def test_compiles_whole_with_the_same_numbers(rectifier):
    # oracle: the same layer without torch.compile, forward and backward
    torch._dynamo.reset()
    layer = Activation(rectifier, learn=True, channels=3)
    compiled = torch.compile(layer, fullgraph=True)
    x = torch.randn(64, 3, generator=torch.Generator().manual_seed(4))
    y = x.clone().requires_grad_()
    x.requires_grad_()
    given = [torch.full((64, 3), 0.3) for _ in rectifier.regressors]
    plain, fast = layer(x, *given), compiled(y, *given)
    torch.testing.assert_close(plain, fast, rtol=1e-6, atol=1e-7)
    plain.square().sum().backward()
    fast.square().sum().backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-5, atol=1e-6)


def _run_exported(model, x, path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        torch.onnx.export(model.eval(), (x,), str(path), dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x.numpy()})


ELEMENTARY = [
    each.name
    for each in EVERY
    if not each.regressors and each.name not in ("Siegert", "noise-smoothed threshold")
]


class Beside(torch.nn.Module):
    """Layers beside one another, in one graph: the exporter starts once."""

    def __init__(self, layers):
        super().__init__()
        self.layers = torch.nn.ModuleList(layers)

    def forward(self, x):
        return tuple(layer(x) for layer in self.layers)


def test_exports_to_onnx(tmp_path):
    # oracle: the layers themselves
    layers = Beside(Activation(name, learn=True, channels=3) for name in ELEMENTARY)
    x = torch.randn(16, 3, generator=torch.Generator().manual_seed(5))
    every = _run_exported(layers, x, tmp_path / "layers.onnx")
    for name, out, expected in zip(ELEMENTARY, every, layers(x), strict=True):
        assert out == pytest.approx(expected.detach().numpy(), rel=1e-6, abs=1e-6), name


def test_exports_any_formula_through_a_table(tmp_path):
    names = ["Siegert", "noise-smoothed threshold", "LIF f-I"]
    layers = [Activation(name) for name in names]
    tables = Beside(layer.tabulated(-3, 3) for layer in layers)
    x = torch.linspace(-3, 3, 301)[:, None]
    every = _run_exported(tables, x, tmp_path / "tables.onnx")
    for name, layer, table, out in zip(names, layers, tables(x), every, strict=True):
        assert out == pytest.approx(table.numpy(), rel=1e-6, abs=1e-7), name
        if name != "LIF f-I":  # which leaves its corner upright, between two points of any table
            # oracle: the formula; a cubic's error falls as the fourth power of the grid's step
            assert table.numpy() == pytest.approx(layer(x).numpy(), abs=2e-6), name


def test_a_table_is_exact_for_cubics_and_goes_on_straight():
    # oracle: the cubic itself inside, its tangents outside
    cubic = Curve.of(lambda x: x**3 - x, lambda x: 3 * x**2 - 1, -1, 2, points=5)
    x = torch.linspace(-1, 2, 301, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(cubic(x), x**3 - x, rtol=1e-12, atol=1e-12)
    (slope,) = torch.autograd.grad(cubic(x).sum(), x)
    torch.testing.assert_close(slope, 3 * x.detach() ** 2 - 1, rtol=1e-10, atol=1e-10)
    far = torch.tensor([-3.0, 5.0], dtype=torch.float64)
    assert cubic(far).tolist() == pytest.approx([0 + 2 * -2, 6 + 11 * 3])


def test_a_fitted_cell_is_an_activation():
    # oracle: Fit.rate
    drive = np.linspace(-1, 1, 21)
    spikes = np.random.default_rng(0).poisson(5 + 30 * np.maximum(drive, 0)[:, None], (21, 8))
    fitted = fit("thresholded half-wave", responses_from_counts(drive, spikes, duration=1.0))
    layer = Activation.of_fit(fitted)
    out = layer(torch.tensor(drive)[:, None])
    assert out.numpy()[:, 0] == pytest.approx(fitted.rate(drive), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rectifier": "none"}, r"rectifier: expected one of .*'half-wave' \(ReLU\).*got 'none'"),
        ({"rectifier": "LReLU", "leak": 1.7}, r"half-wave: expected leak in \[0, 1\], got 1.7"),
        ({"rectifier": "LReLU", "slope": 1}, r"expected values of r0, gain, leak, got slope"),
        ({"rectifier": "LReLU", "learn": "slope"}, r"parameters to learn among r0.*got slope"),
        ({"rectifier": "ReLU", "channels": 0}, r"channels as a whole number >= 1, got 0"),
        ({"rectifier": "LReLU", "leak": [0.1, 0.2]}, r"leak as one number or one per channel"),
        ({"rectifier": "LReLU", "leak": [0.25]}, r"leak as one number or one per channel"),
        ({"rectifier": "LReLU", "leak": "a"}, r"expected leak as a number, got a"),
        ({"rectifier": "ReLU", "gain": np.inf}, r"expected gain in \[0, inf\], got inf"),
        ({"rectifier": ["ReLU"]}, r"rectifier: expected a name or a Rectifier, got list"),
        (
            {"rectifier": "LReLU", "leak": -1, "learn": "x", "channels": -2},
            r"expected channels.*; expected parameters to learn.*; expected leak",
        ),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(InputError, match=message):
        Activation(**arguments)


@pytest.mark.parametrize("name", ["half", "dim", "dtype", "learned", "training", "tabulated"])
def test_a_parameter_named_as_an_attribute_of_a_layer_is_refused_there(name):
    # oracle: torch.nn.Module's own attributes, and the layer's; a fit takes such a rectifier
    body = {
        name: Parameter("p", "", 0.5),
        "shape": staticmethod(_with_arguments(name)),
        "slope": staticmethod(_with_arguments(name)),
    }
    mine = type(Rectifier)("Mine", (Rectifier,), body, register=False)()
    with pytest.raises(InputError, match=f"Mine: expected parameters of other names .* got {name}"):
        Activation(mine)


def _with_arguments(*names):
    """x times all of them."""

    def formula(x, *values):
        for value in values:
            x = x * value
        return x

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    arguments = [inspect.Parameter(name, kind) for name in ("x", *names)]
    formula.__signature__ = inspect.Signature(arguments)
    return formula


@pytest.mark.parametrize("learn", [False, True])
def test_every_parameter_reaches_the_formula_in_the_library_and_precision_of_the_drive(learn):
    # oracle: what the formula is given, learnt or not, fitted or constant
    seen = []

    class Spy(Rectifier, register=False):
        ceiling = Parameter("c", "", 0.5, low=0)
        fixed = Parameter("f", "", 1.0, low=0, free=False)

        @staticmethod
        def shape(x, ceiling, fixed):
            seen.extend((x, ceiling, fixed))
            return x * ceiling * fixed

        @staticmethod
        def slope(x, ceiling, fixed):
            seen.extend((x, ceiling, fixed))
            return 0 * x + ceiling * fixed

    layer = Activation(Spy(), learn=learn)
    for dtype, inside in ((torch.float32, torch.float64), (torch.float64, torch.float64)):
        seen.clear()
        layer(torch.zeros(3, 2, dtype=dtype))
        assert all(isinstance(each, torch.Tensor) and each.dtype == inside for each in seen)
    layer.precise = False
    seen.clear()
    layer(torch.zeros(3, 2))
    assert {each.dtype for each in seen} == {torch.float32}
    seen.clear()
    layer.tabulated(-1, 1)
    assert all(isinstance(each, np.ndarray) and each.dtype == float for each in seen)
    assert len(seen) == 6


@pytest.mark.parametrize("rectifier", EVERY, ids=str)
def test_every_formula_of_the_family_goes_through_tensors(rectifier):
    # oracle: the formula on arrays, and its difference quotients
    require_tensors(type(rectifier))


@pytest.mark.parametrize("name", ["thresholded power law", "LIF f-I"])
def test_a_parameter_held_fixed_in_a_child_is_in_its_place(name):
    # oracle: the parent at that value
    parent = RECTIFIERS[name]
    held = Parameter("T", "", 0.3, within="drive", free=False)
    child = type(Rectifier)("Held", (type(parent),), {"threshold": held}, register=False)()
    x = torch.linspace(-1, 1, 41)[:, None]
    assert torch.equal(Activation(child)(x), Activation(parent, threshold=0.3)(x))
    assert torch.equal(
        Activation(child).tabulated(-1, 1)(x), Activation(parent, threshold=0.3).tabulated(-1, 1)(x)
    )


def test_a_regressor_is_asked_for():
    with pytest.raises(InputError, match=r"modulus: expected \(x, quadrature\), got 1 tensors"):
        Activation("modulus")(torch.zeros(2, 3))
    with pytest.raises(InputError, match=r"LReLU|leaky.*tensors of floats, got torch.int64"):
        Activation("LReLU")(torch.tensor([-4, 2]))
    with pytest.raises(InputError, match=r"expected 8 channels, got 1 \(dim=1 is that"):
        Activation("PReLU", learn=True, channels=8)(torch.zeros(2, 1, 5, 5))
    with pytest.raises(InputError, match=r"an input with dimension 1, got \(3,\)"):
        Activation("CReLU")(torch.zeros(3))
    with pytest.raises(InputError, match=r"expected one path, got 2 paths"):
        Activation("CReLU").tabulated(-1, 1)
