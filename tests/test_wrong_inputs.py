"""Whatever is given to a public name is taken, or refused in one line that says what was expected.

A table of good, cheap calls; each argument in turn is replaced by what cannot be. The good value
says what has to be refused: beside a whole number everything that is none, beside a flag what is
none, beside a number what is no number, beside text what is no text. Anything else may be taken;
but nothing ends in an error other than `InputError`, and nothing in a warning.
"""

import contextlib
import inspect
import re
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import neurosim as ns
from neurosim import stimuli

NAN, INF, HUGE = float("nan"), float("inf"), 10**30
NO_NUMBERS = (NAN, True, "a", "", [], [1, "a"], {}, object(), np.array(["a"]), 1j)
WRONG = (None, INF, -1, 0, 2.5, HUGE, *NO_NUMBERS)


def refused_beside(good: object) -> list[object]:
    """What has to be refused where a value like `good` is expected, None aside."""
    if isinstance(good, bool):
        return [INF, -1, 2.5, HUGE, *(wrong for wrong in NO_NUMBERS if wrong is not True)]
    if isinstance(good, int):
        return [INF, 2.5, HUGE, *NO_NUMBERS]
    if isinstance(good, float):
        return [*NO_NUMBERS]
    if isinstance(good, str):
        return [INF, -1, 0, 2.5, HUGE, *(w for w in NO_NUMBERS if not isinstance(w, str))]
    return []


Call = tuple[Callable[..., Any], dict[str, Any]]
CALLS: dict[str, Callable[[], Call]] = {}
SLOW: set[str] = set()


def call(function: Callable[..., Any], name: str = "", /, **given: Any) -> None:
    """Enter a call: its defaults, and what is given beside them."""
    later(name or function.__qualname__, lambda: (function, given))


def later(name: str, made: Callable[[], Call], slow: bool = False) -> None:
    """Enter a call that takes time to make."""
    assert name not in CALLS, name
    CALLS[name] = made
    if slow:
        SLOW.add(name)


# -- what calls are made with, each made once ------------------------------------------------------

FIELD = ns.VisualField(size=2, ppd=8)
WIDE = ns.VisualField(size=3.5, ppd=12)
RANDOM = np.random.default_rng(0)
IMAGE = 0.1 + 0.8 * RANDOM.random((64, 64))
FRAMES = RANDOM.standard_normal((80, 4, 4))
SPIKES = RANDOM.poisson(np.maximum(FRAMES[:, 1, 1], 0) * 2)
TABLE = pd.DataFrame({"c": [0.0, 1.0, 2.0] * 2, "n": [1, 2, 3] * 2, "k": ["a"] * 3 + ["b"] * 3})
DRIVE = xr.DataArray([[0.0], [1.0]], dims=("stimulus", "cell"))
X = np.linspace(-1, 1, 8)


@cache
def folder() -> Path:
    return Path(tempfile.mkdtemp())


@cache
def counted() -> xr.Dataset:
    """Two trials of six stimuli that one cell rectifies."""
    count = [[0, 1], [1, 0], [1, 1], [9, 7], [24, 20], [33, 37]]
    made = ns.responses_from_counts([-1, -0.6, -0.2, 0.2, 0.6, 1], count, 1.0)
    labels = {
        "contrast": np.arange(1, 7) / 6,
        "orientation": np.arange(6) * 30.0,
        "spatial_frequency": 2.0 ** np.arange(6),
    }
    return made.assign_coords({name: ("stimulus", each) for name, each in labels.items()})


@cache
def timed() -> xr.Dataset:
    """Four spikes in each of five trials of two stimuli."""
    made = ns.responses_from_counts([0, 1], np.full((2, 5), 4), 0.5)
    stimulus, trial, spike = np.indices((2, 5, 4)).reshape(3, -1)
    along = {
        "spike_time": 0.05 + 0.11 * spike + 0.01 * trial,
        "spike_stimulus": stimulus,
        "spike_cell": np.zeros(stimulus.size, dtype=int),
        "spike_trial": trial,
    }
    made = made.assign({name: ("spike", values) for name, values in along.items()})
    return made.assign_coords(temporal_frequency=("stimulus", [4.0, 8.0]))


@cache
def paired() -> xr.Dataset:
    """Cells of a quadrature set, at rest."""
    drive = bank().drive(ns.Gratings(phase=[0, 90]), WIDE)
    return ns.responses_from_counts(drive, np.zeros((2, 4, 1)), 1.0)


@cache
def stored(ending: str) -> Path:
    """A file of responses."""
    path = folder() / f"responses{ending}"
    if ending == ".nwb":
        pytest.importorskip("pynwb")
        ns.responses_to_nwb(timed(), path)
    else:
        ns.save_responses(counted(), path)
    return path


@cache
def fitted(name: str = "ReLU") -> ns.Fit:
    return ns.fit(name, counted())


@cache
def compared() -> ns.Comparison:
    return ns.compare(counted(), ["ReLU", "half-squared"], folds=3)


@cache
def regressor() -> ns.RectifierRegressor:
    return ns.RectifierRegressor().fit(X[:, None], np.arange(8))


@cache
def bank() -> ns.GaborBank:
    return ns.GaborBank.quadrature(0, 2)


@cache
def average() -> xr.Dataset:
    return ns.spike_triggered_average(FRAMES, SPIKES, lags=range(2), shifts=20)


@cache
def gabors() -> Any:
    return ns.fit_gabor(kernels())


@cache
def kernels() -> xr.DataArray:
    return ns.GaborBank(0, 1, nx=0.4, ny=0.4).kernels(ns.VisualField(size=4, ppd=7))


@cache
def experiment() -> ns.Experiment:
    return ns.Experiment.default(quick=True, cells=4, rectifiers=["ReLU"])


def in_degrees(spatial_frequency: Any, sigma: Any) -> ns.GaborBank:
    return ns.GaborBank(spatial_frequency=spatial_frequency, sigma=sigma)


def streamed(stimulus: Any, field: Any, duration: Any) -> int:
    return len([*stimulus.stream(field, duration)])


# -- stimuli ---------------------------------------------------------------------------------------

for made in (ns.VisualField, ns.Gratings, ns.Bars, ns.Edges, ns.Blanks, ns.Uniform, ns.Textures):
    call(made)
call(ns.GaborPatches)
call(ns.Noise, frames=4, kind="pink", highest=4.0)
call(ns.Photographs, images=IMAGE, patches=2)
call(ns.Movie, source=np.stack([IMAGE] * 3), mean=0.5)
call(ns.CircularWindow, diameter=1.0)
call(ns.GaussianWindow, sd=1.0)
call(ns.RaisedCosineWindow, diameter=1.0, edge=0.1)
call(ns.AnnulusWindow, inner=0.5, outer=1.0)
call(ns.CircularWindow(1).over, stimulus=ns.Gratings())
call(ns.CircularWindow(1).height, field=FIELD, index=0)
call(lambda one, combine: ns.Plaids(one, combine=combine), "Plaids", one=ns.Bars(), combine="zip")
call(FIELD.along, orientation=0.0)
call(FIELD.frame_times, duration=0.1)
call(ns.spectral_slope, image=IMAGE)
call(stimuli.grey_levels, picture=IMAGE)
call(stimuli.read_image, path=stimuli.embedded_photograph())
for shown in (
    ns.Gratings(temporal_frequency=4),
    ns.Bars(),
    ns.Noise(3),
    ns.Textures(spatial_frequency=1, components=16),
    ns.Photographs(IMAGE, patches=2),
    ns.Movie(np.stack([IMAGE] * 3)),
    ns.Plaids(ns.Gratings(), ns.Gratings(90)),
    ns.Gratings().through(ns.CircularWindow(1)),
    ns.Gratings() + ns.Blanks(),
):
    for method in ("check", "coordinates", "count", "frames", "labels", "length", "pictures"):
        call(getattr(shown, method), f"{shown!r}.{method}", field=FIELD)
    call(shown.picture, f"{shown!r}.picture", field=FIELD, index=0)
    call(shown.closed_form, f"{shown!r}.closed_form", highest=8.0)
    if shown.length(FIELD) is None:  # else it needs no duration
        call(partial(streamed, shown), f"{shown!r}.stream", field=FIELD, duration=0.05)
    call(shown.through, f"{shown!r}.through", window=ns.CircularWindow(1))
call(ns.Gratings().plot, field=FIELD, most=2)

# -- cells, receptive fields, simulations ----------------------------------------------------------

call(ns.LIF)
call(ns.LIF.preset, name="brunel-hakim-1999", tau_m=0.02)
call(ns.LIF.sample_v1, cells=2, tau_m=0.02)
call(ns.LIF().rate, mean_potential=[-55.0])
call(ns.LIF().rate_slope, mean_potential=[-55.0])
call(ns.adaptive_lif, noise_sd=3.0, adaptation=2.0)
call(ns.exponential_if, noise_sd=3.0, sharpness=2.0)
EQUATIONS = "dv/dt = (mu - v)/tau : volt\n mu : volt"
call(ns.BrianCell, equations=EQUATIONS, threshold="v > -50*mV", reset="v = -60*mV")
call(ns.GaborBank)
call(in_degrees, spatial_frequency=2.0, sigma=(0.2, 0.25))
call(ns.GaborBank.quadrature)
call(ns.GaborBank.sample_v1, cells=4)
DRIFTING = ns.Gratings(temporal_frequency=4)
later("GaborBank.drive", lambda: (bank().drive, {"stimulus": ns.Gratings(), "field": WIDE}))
later("GaborBank.kernels", lambda: (bank().kernels, {"field": WIDE}))
later("GaborBank.plot", lambda: (bank().plot, {"field": WIDE, "most": 2}))
later("GaborBank.convolve", lambda: (bank().convolve, {"image": np.eye(44), "field": WIDE}))
later("GaborBank.sinusoidal_drive", lambda: (bank().sinusoidal_drive, {"stimulus": DRIFTING}))
call(ns.BiphasicFilter)
call(ns.TemporalGabor, sd=0.09, latency=0.5)
for each in (ns.BiphasicFilter(), ns.TemporalGabor()):
    call(each.kernel, time=[0.0, 0.1])
    call(each.response, frequency=[1.0, 2.0])
    call(each.on_frames, f"{type(each).__name__}.on_frames", frame_rate=60.0)
SHORT = {"lif": ns.LIF(), "drive": DRIVE, "duration": 0.1, "trials": 1, "workers": 1}
call(ns.simulate, **SHORT, engine="theory")
later("simulate spikes", lambda: (ns.simulate, SHORT | {"target": "numpy"}), slow=True)
call(ns.Experiment, stimulus=ns.Gratings(), bank=ns.GaborBank(), lif=ns.LIF(), gain=25.0)
call(ns.Experiment.default, quick=True)
later("Experiment.with_seed", lambda: (experiment().with_seed, {"seed": 1}))
later("Experiment.compare", lambda: (experiment().compare, {"responses": counted()}))
KEPT = {"folder": folder() / "kept"}
later("Experiment.keep", lambda: (experiment().keep, {"responses": counted(), **KEPT}))

# -- responses and recordings ----------------------------------------------------------------------

call(ns.responses_from_counts, drive=[0.0, 1.0], count=[[1, 2], [3, 4]], duration=1.0)
call(ns.responses_from_table, table=TABLE, x="c", count="n", duration=1.0, cell="k")
call(ns.responses_from_spike_times, spike_times={"a": [0.1, 1.2]}, onsets=[0, 1, 2], x=[0, 1, 2])
TO = {"path": folder() / "written.nc"}
later("save_responses", lambda: (ns.save_responses, {"responses": counted(), **TO}))
later("load_responses", lambda: (ns.load_responses, {"path": stored(".nc")}))
later("with_quadrature", lambda: (ns.with_quadrature, {"responses": paired()}))
TO_NWB = {"path": folder() / "written.nwb"}
later("responses_to_nwb", lambda: (ns.responses_to_nwb, {"responses": timed(), **TO_NWB}))
OF_A_FILE = {"x": "temporal_frequency", "trials": "trials", "unit": "1"}
later("responses_from_nwb", lambda: (ns.responses_from_nwb, {"path": stored(".nwb"), **OF_A_FILE}))

# -- fits and comparisons --------------------------------------------------------------------------

RATES = [1.1, 0.9, 1.2, 1.0, 6, 11.2, 15.9, 20.8]
TRUTH = {"r0": 1.0, "gain": 20.0}
DESIGN = {"x": X, "trials": 2, "duration": 0.5, "cells": 2}
later("fit", lambda: (ns.fit, {"rectifier": "ReLU", "responses": counted()}))
call(ns.fit_rates, rectifier="ReLU", x=X, rate=RATES)
later("compare", lambda: (ns.compare, {"responses": counted(), "rectifiers": ["ReLU"], "folds": 3}))
later("rank", lambda: (ns.rank, {"fits": [fitted(), fitted("half-squared")]}))
later("deviance", lambda: (ns.deviance, {"fitted": fitted()}))
BOOT = {"rectifier": "ReLU", "resamples": 20}
later("bootstrap_intervals", lambda: (ns.bootstrap_intervals, {"responses": counted(), **BOOT}))
TWO = {"one": "ReLU", "other": "half-squared", "simulations": 10}
later("told_apart", lambda: (ns.told_apart, {"responses": counted(), **TWO}))
call(ns.poisson_responses, rectifier="ReLU", parameters=TRUTH, **DESIGN)
call(ns.recovery, generators={"half-wave": TRUTH}, rectifiers=["ReLU", "half-squared"], **DESIGN)
later("Fit.rate", lambda: (fitted().rate, {"x": X}))
later("Fit.profile", lambda: (fitted().profile, {"level": 0.9}))
later("Fit.plot", lambda: (fitted().plot, {"simulations": 20}))
later("Fit.to_dataframe", lambda: (fitted().to_dataframe, {}))
later("Comparison.plot", lambda: (compared().plot, {}), slow=True)


def tabled(**given: Any) -> None:
    """Everything that a comparison says."""
    found = ns.Comparison(**given)
    assert all((len(found.table), len(found.summary), found.report()))


PARTS = ("responses", "fits", "scores", "folds")
later("Comparison", lambda: (tabled, {name: getattr(compared(), name) for name in PARTS}))


def regressed(**given: Any) -> None:
    ns.RectifierRegressor(**given).fit(X[:, None], np.arange(8))


call(regressed, rectifier="half-wave", likelihood="poisson", alpha=0.0, fit_r0=True, max_iter=9)
call(regressed, "tol", tol=1e-3)

# -- measures --------------------------------------------------------------------------------------

FEW = {"samples": 100}
for measure in (
    ns.contrast_response,
    ns.count_variability,
    ns.fano_factor,
    ns.response_ceilings,
    ns.orientation_selectivity,
    ns.frequency_bandwidth,
):
    own = FEW if "samples" in inspect.signature(measure).parameters else {}
    slow = measure is ns.contrast_response
    later(measure.__name__, lambda m=measure, o=own: (m, {"responses": counted(), **o}), slow)
for measure in (ns.modulation_index, ns.interval_variability):
    later(measure.__name__, lambda m=measure: (m, {"responses": timed(), **FEW}))
later("rate_from_intervals", lambda: (ns.rate_from_intervals, {"responses": timed()}))
TRAINS = [[0.1, 0.2, 0.35], [0.1, 0.4]]
call(ns.modulation_of_spikes, spike_times=TRAINS, frequency=4.0, duration=0.5, **FEW)
call(ns.interval_variability_of_spikes, spike_times=TRAINS, duration=0.5, **FEW)
call(ns.modulation, rate=[1.0, 2.0, 3.0, 4.0], phase=[0.0, 90.0, 180.0, 270.0])
call(ns.naka_rushton, contrast=[0.1, 0.5], r0=1.0, rmax=10.0, n=2.0, c50=0.3)
call(ns.what_is_kept, x=RANDOM.standard_normal(400), rectifiers=["ReLU"])
MAPS = {"dims": ("unit", "row", "column"), "pool": 4, "drive_noise": 1.0, "output_noise": 0.1}
call(
    ns.what_is_kept,
    "what_is_kept of maps",
    x=RANDOM.standard_normal((2, 24, 24)),
    rectifiers=["ReLU"],
    **MAPS,
)
call(ns.white_noise_responses, rows=104, columns=104)
call(ns.photograph_responses, image=RANDOM.random((104, 104)))
SEEN = {"stimulus": FRAMES, "counts": SPIKES}
call(ns.spike_triggered_average, **SEEN, lags=range(2), shifts=20, least_shift=20)
call(ns.spike_triggered_covariance, **SEEN, lag=0, shifts=40, axes=2)
call(ns.ridge_receptive_field, **SEEN, lags=range(2), strength=0.1)
later("fit_gabor", lambda: (ns.fit_gabor, {"receptive_field": kernels(), "starts": 1}))
later("GaborFit.plot", lambda: (gabors().plot, {"cells": [0]}))
later("GaborFit[]", lambda: (gabors().__getitem__, {"name": "phase"}))
later("plot_receptive_fields", lambda: (ns.plot_receptive_fields, {"result": average()}))
call(ns.paired_filters, filters=RANDOM.standard_normal((4, 5, 5)), draws=3)

# -- the ConvNet side ------------------------------------------------------------------------------


@cache
def layers() -> dict[str, Call]:
    torch = pytest.importorskip("torch")
    from neurosim import convnet

    images, labels = np.zeros((4, 1, 8, 8), np.float32), np.array([0, 1, 0, 1])
    parts = {"train_images": images, "train_labels": labels, "test_images": images}
    parts |= {"test_labels": labels, "name": "dots", "checksums": {}, "recognised": "made up"}
    dots, relu = convnet.Dataset(**parts), convnet.Activation("ReLU")
    net = convnet.network(lambda channels: relu, dots, (2,))
    training = convnet.Training(epochs=1)
    layer = convnet.GaborLayer(bank(), WIDE)
    np.savez(folder() / "filters.npz", a=np.ones((2, 1, 3, 3)))
    line, ends = convnet.Curve(0, 1, [0, 1], [1, 1]), {"low": -1.0, "high": 1.0, "points": 9}
    found = ns.paired_filters(RANDOM.standard_normal((4, 5, 5)), draws=3)
    shown = {"image": torch.zeros(1, 1, 44, 44)}
    made = {"layer": lambda channels: relu, "dataset": dots, "channels": (2,)}
    learned = {"model": net, "dataset": dots, "training": training}
    return {
        "Activation": (convnet.Activation, {"rectifier": "PReLU", "leak": 0.5}),
        "Activation()": (relu.forward, {"x": torch.zeros(2, 3)}),
        "Activation.of_fit": (convnet.Activation.of_fit, {"fit": fitted()}),
        "Activation.tabulated": (relu.tabulated, ends),
        "Curve": (convnet.Curve, {"low": 0.0, "high": 1.0, "values": [0, 1], "slopes": [1, 1]}),
        "Curve()": (line.forward, {"x": torch.zeros(2)}),
        "Curve.of": (convnet.Curve.of, {"function": np.sin, "slope": np.cos, **ends}),
        "MeasuredRate": (convnet.MeasuredRate, {"responses": counted(), "points": 9}),
        "GaborLayer": (convnet.GaborLayer, {"bank": bank(), "field": WIDE}),
        "GaborLayer()": (layer.forward, shown),
        "SpikingLayer": (convnet.SpikingLayer, {"lif": ns.LIF()}),
        "Dataset": (convnet.Dataset, parts),
        "Training": (convnet.Training, {}),
        "network": (convnet.network, made),
        "train": (convnet.train, learned),
        "digits": (convnet.digits, {}),
        "load": (convnet.load, {"path": "digits"}),
        "filters_from_file": (convnet.filters_from_file, {"path": folder() / "filters.npz"}),
        "PairedFilters.share_below": (found.share_below, {"cosine": -0.5}),
        "PairedFilters.null": (found.null, {"name": "Gaussian"}),
        "PairedFilters.plot": (found.plot, {"pairs": 1}),
    }


OF_LAYERS = """
Activation Activation() Activation.of_fit Activation.tabulated Curve Curve() Curve.of MeasuredRate
GaborLayer GaborLayer() SpikingLayer Dataset Training network train digits load
filters_from_file PairedFilters.share_below PairedFilters.null PairedFilters.plot
"""
for name in re.findall(r"\S+", OF_LAYERS):
    later(name, lambda name=name: layers()[name])

# -- what is public and can be called as it is -----------------------------------------------------

for public in ns.__all__:
    thing = getattr(ns, public)
    if public in CALLS or not callable(thing) or inspect.isabstract(thing):
        continue
    if hasattr(thing, "get_params"):  # which scikit-learn has looked at when it is fitted
        continue
    with contextlib.suppress(ValueError):  # of what is built in
        if all(p.default is not p.empty for p in inspect.signature(thing).parameters.values()):
            call(thing)

TAKEN_TOO = {"scale": (None,), "learn": ([], {}), "padding": (0,), "memory": (INF, HUGE)}
"""What arguments take beside values like their default."""


def has_to_be_refused(argument: str, good: object, default: object, wrong: object) -> bool:
    """Whether a value is none of those that are meant."""
    taken = TAKEN_TOO.get(argument, ())
    if any(wrong is each or (type(wrong) is type(each) and wrong == each) for each in taken):
        return False
    if wrong is None:
        return default is not None and isinstance(good, int | float | str)
    return any(wrong is each for each in refused_beside(good))


def answer(function: Callable[..., Any], given: dict[str, Any], said: str) -> str:
    """What is said when a call is refused; nothing when it is taken."""
    try:
        function(**given)
    except ns.InputError as error:
        return str(error)
    except Exception as error:
        raise AssertionError(f"{said} ends in {error!r}") from error
    return ""


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in CALLS]
)
def test_every_argument(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where "a" is a file that is written
    function, given = CALLS[name]()
    parameters = inspect.signature(function).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    good = defaults | given
    function(**good)
    taken = []
    for argument, value in good.items():
        default = defaults.get(argument, value)
        for wrong in WRONG:
            said = f"{argument}={wrong!r}"
            message = answer(function, {**good, argument: wrong}, said)
            assert "\n" not in message
            if not message and has_to_be_refused(argument, value, default, wrong):
                taken.append(said)
    assert not taken


# -- data sets -------------------------------------------------------------------------------------

OF_RESPONSES = (
    ns.fit,
    ns.compare,
    ns.bootstrap_intervals,
    ns.told_apart,
    ns.fano_factor,
    ns.count_variability,
    ns.response_ceilings,
    ns.interval_variability,
    ns.modulation_index,
    ns.rate_from_intervals,
    ns.save_responses,
    ns.responses_to_nwb,
)
KINDS = {"text": "a", "objects": None, "complex": 1j, "NaN": NAN, "negative": -1.0}


def broken() -> dict[str, xr.Dataset]:
    """Responses each of which is wrong in one way."""
    good, found = timed(), {"empty": xr.Dataset(), "no cells": timed().isel(cell=slice(0))}
    parts = ("drive", "count", "trials", "duration", "spike_stimulus", "spike_cell", "spike_trial")
    for name in (*parts, "spike_time"):
        given = good[name]
        if name != "spike_time":
            found[f"without {name}"] = good.drop_vars(name)
        found[f"{name} along another dim"] = good.assign({name: given.expand_dims("odd")})
        for kind, value in KINDS.items():
            if (name, kind) != ("drive", "negative"):  # which a drive may be
                dtype = object if value is None else None
                other = given.dims, np.full(given.shape, value, dtype)
                found[f"{name}: {kind}"] = good.assign({name: other})
    for dim in ("stimulus", "cell", "trial"):
        found[f"{dim} by another name"] = good.rename({dim: f"odd_{dim}"})
        found[f"one {dim} without its dim"] = good.isel({dim: 0})
    return found


@pytest.mark.parametrize("function", OF_RESPONSES, ids=lambda function: function.__name__)
def test_every_data_set(function):
    if function is ns.responses_to_nwb:
        pytest.importorskip("pynwb")
    given = {
        "rectifier": "ReLU",
        "one": "ReLU",
        "other": "half-squared",
        "path": folder() / ("broken" + (".nwb" if function is ns.responses_to_nwb else ".nc")),
    }
    needed = inspect.signature(function).parameters
    rest = {name: value for name, value in given.items() if name in needed}
    for what, responses in broken().items():
        message = answer(function, {"responses": responses, **rest}, what)
        assert message, what
        assert "\n" not in message
