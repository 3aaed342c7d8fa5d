"""Noise on negative inputs: how much of it each rectifier passes on, and what it does to a network.

Noise e is added to an input x < 0; SD(f(x + e))/SD(e) is the share passed on, for weak noise the
slope at x. ELU's is e^x (for alpha = 1): it passes less than LReLU of slope a where x < ln a, and
more between there and 0. Saturation makes it robust far below zero, not near it.

In trained networks noise is added to the negative inputs of every rectifier, in units of the SD of
that layer's inputs. ELU is held against the LReLU whose slope is the same on average over the
negative half of a unit Gaussian, E[e^x | x < 0] = 2 e^(1/2) Phi(-1) = 0.523; the usual LReLU, of
slope 0.1, and ReLU are shown beside it. Noise that carries an input above zero is passed on by all
of them, and raises the mean output: the logits' variance leaves that shift out, the error does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import ndtr

from neurosim.base.arrays import Array
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.reproduce.inputs import centred
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from neurosim.convnet.datasets import Dataset

__all__ = ["EluNoise", "passed", "shaken"]

AS_STEEP = float(2 * np.exp(0.5) * ndtr(-1))  # ELU's mean slope on a unit Gaussian's negative side


class Curve(NamedTuple):
    """A rectifier with its parameters, as plain values."""

    rectifier: str
    values: dict[str, float]
    colour: str


CURVES = {
    "linear": Curve("LReLU", {"leak": 1.0}, "0.6"),
    "ReLU": Curve("ReLU", {}, "C0"),
    "LReLU, 0.1": Curve("LReLU", {"leak": 0.1}, "C2"),
    "PReLU, 0.25": Curve("PReLU", {"leak": 0.25}, "C4"),
    "SReLU": Curve(
        "SReLU", {"left": -1.0, "right": 1.0, "left_slope": 0.2, "right_slope": 0.5}, "C5"
    ),
    "ELU": Curve("ELU", {"depth": 1.0, "width": 1.0}, "C3"),
    "tanh": Curve("tanh", {"width": 1.0}, "C1"),
}
TRAINED = {
    "ReLU": CURVES["ReLU"],
    "LReLU, 0.1": CURVES["LReLU, 0.1"],
    "LReLU, 0.52": Curve("LReLU", {"leak": AS_STEEP}, "C9"),
    "ELU": CURVES["ELU"],
}
DRIVE = np.linspace(-6, -0.5, 23)  # where noise is added
FAR = -3.0
WEAK = 0.1  # SD of the noise there
SAMPLES = 20_000
CHANNELS = (16, 32)
RATE, EPOCHS = 0.05, 4
NOISES = (0.25, 0.5, 1.0, 2.0)  # SD of a layer's inputs
NOISE = 0.5  # decides
DRAWS = 10


@dataclass(frozen=True)
class Trial:
    """A network to train, then to shake."""

    dataset: Dataset
    curve: Curve
    seed: int


class EluNoise(Reproduction):
    """Noise passed by the formulas, and what it does to trained networks."""

    number = 9
    name = "elu-noise"
    statement = "ELU saturates on the negative side, so it is robust to noise there."
    source = "Hadji & Wildes 2018, statement 13; Clevert et al. 2016"
    needs = ("torch", "sklearn")
    rules = (
        Rule("largest |share passed by ELU / e^x - 1|, x from -6 to -0.5", "<", 0.05),
        Rule("noise passed at x = -3, ELU over linear", "<", 0.1, "e^-3 = 0.050"),
        Rule("noise passed at x = -3, ELU over LReLU of slope 0.1", "<", 1.0),
        Rule("noise passed over negative Gaussian x, ELU over linear", "<", 0.7),
        Rule("logits' variance by noise, ELU over LReLU as steep on average", "<", 1.0),
        Rule("test error added by noise, ELU minus LReLU as steep on average", "<", 0.0),
    )

    def run(self, run: Run) -> Found:
        seeds, dataset = run.seeds(8), centred(run.images())
        shares = {n: np.stack([share(c, s) for s in seeds]) for n, c in CURVES.items()}
        trials = [Trial(dataset, curve, seed) for curve in TRAINED.values() for seed in seeds]
        each = np.stack(run.map(trained, trials)).reshape(len(TRAINED), len(seeds), -1, 2)
        networks = dict(zip(TRAINED, each, strict=True))  # seed, noise, (variance, error added)
        elu, steep = (networks[n][:, NOISES.index(NOISE)] for n in ("ELU", "LReLU, 0.52"))
        drive, wide = shares["ELU"][:, :-1], {n: share[:, -1] for n, share in shares.items()}
        far = {n: share[:, np.argmin(np.abs(DRIVE - FAR))] for n, share in shares.items()}
        values = [
            np.abs(drive / np.exp(DRIVE) - 1).max(1),
            far["ELU"] / far["linear"],
            far["ELU"] / far["LReLU, 0.1"],
            wide["ELU"] / wide["linear"],
            elu[:, 0] / steep[:, 0],
            elu[:, 1] - steep[:, 1],
        ]
        quantities = {r.quantity: v for r, v in zip(self.rules, values, strict=True)}
        figure = _figure(shares, networks, dataset.name)
        return Found(_table(shares, networks), figure, quantities)


def passed(curve: Curve, x: Array, noise: Array) -> float:
    """SD of the change of the output over SD of the noise.

    Parameters
    ----------
    curve : Curve
    x, noise : array
        Of one shape, or broadcast.

    Examples
    --------
    >>> passed(CURVES["LReLU, 0.1"], np.array(-2.0), np.array([-0.1, 0.0, 0.1])).__round__(9)
    0.1
    """
    rectifier = RECTIFIERS[curve.rectifier]
    shapes = [curve.values[name] for name in rectifier.parameters]
    change = rectifier.shape(x + noise, *shapes) - rectifier.shape(x + 0 * noise, *shapes)
    return float(np.std(change) / np.std(noise))


def share(curve: Curve, seed: int) -> Array:
    """What is passed at each x of DRIVE, and last over the negative half of a unit Gaussian."""
    random = np.random.default_rng(seed)
    noise = WEAK * random.standard_normal(SAMPLES)
    half = -np.abs(random.standard_normal(SAMPLES))
    each = [passed(curve, np.array(x), noise) for x in DRIVE]
    return np.array([*each, passed(curve, half, noise)])


def trained(trial: Trial) -> Array:
    """Train one network; the logits' variance and the error its noise adds, (noise, 2)."""
    import torch

    from neurosim.convnet.training import Kind, Training, network, train

    dataset, (name, values, _) = trial.dataset, trial.curve
    model = network(Kind(name, values=values).layer, dataset, CHANNELS, seed=trial.seed)
    train(model, dataset, Training(EPOCHS, RATE, seed=trial.seed))
    images, labels = (torch.from_numpy(a) for a in (dataset.test_images, dataset.test_labels))
    quiet = shaken(model, images, 0.0, trial.seed)
    found = []
    for noise in NOISES:
        seeds = (1000 * trial.seed + k for k in range(DRAWS))
        logits = torch.stack([shaken(model, images, noise, seed) for seed in seeds])
        variance = logits.var(0).mean() / quiet.var(0).mean()
        wrong = [(each.argmax(-1) != labels).double().mean() for each in (logits, quiet)]
        found.append((float(variance), float(wrong[0] - wrong[1])))
    return np.array(found)


def shaken(model: Any, images: Any, noise: float, seed: int) -> Any:
    """The logits when noise is added to all negative inputs of the rectifiers.

    Parameters
    ----------
    model : Sequential
        Whose rectifiers are Activations.
    images : tensor (image, channel, row, column)
    noise : float
        SD, in units of the SD of all of the layer's inputs.
    seed : int

    Returns
    -------
    tensor (image, class)
    """
    import torch

    from neurosim.convnet.activation import Activation

    generator = torch.Generator().manual_seed(seed)
    x = images
    with torch.no_grad():
        for part in model:
            if isinstance(part, Activation) and noise > 0:
                size = noise * x.std()
                x = x + (x < 0) * size * torch.randn(x.shape, generator=generator)
            x = part(x)
    return x


def _table(shares: dict[str, Array], networks: dict[str, Array]) -> pd.DataFrame:
    far = int(np.argmin(np.abs(DRIVE - FAR)))
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys([*shares, *networks]):
        row: dict[str, Any] = {"rectifier": name}
        if name in shares:
            row["passed at -3"] = shares[name][:, far].mean()
            row["passed over a Gaussian's negative side"] = shares[name][:, -1].mean()
        if name in networks:
            for k, noise in enumerate(NOISES):
                variance, error = networks[name][:, k].mean(0)
                row[f"logits' variance, noise {noise:g} SD"] = variance
                row[f"test error added, noise {noise:g} SD"] = error
        rows.append(row)
    return pd.DataFrame(rows)


def _figure(shares: dict[str, Array], networks: dict[str, Array], data: str) -> Figure:
    figure = Figure(figsize=(10.5, 3.8), dpi=150, layout="constrained")
    curve, variance, error = figure.subplots(1, 3)
    for name, share in shares.items():
        curve.plot(DRIVE, share[:, :-1].mean(0), color=CURVES[name].colour, label=name)
    curve.plot(DRIVE, np.exp(DRIVE), "k:", lw=1.5, label="$e^x$")
    curve.set(
        xlabel="input x",
        ylabel="share of weak noise passed on",
        title="the formulas",
        ylim=(-0.03, 1.45),
    )
    curve.legend(fontsize=8, ncols=3, loc="upper center", handlelength=1.3, columnspacing=1.0)
    for name, network in networks.items():
        for panel, values in ((variance, network[..., 0]), (error, 100 * network[..., 1])):
            panel.plot(NOISES, values.T, ".", ms=3, color=TRAINED[name].colour)
            panel.plot(NOISES, values.mean(0), color=TRAINED[name].colour, label=name)
    variance.set(
        yscale="log",
        ylabel="logits' variance by noise / by image",
        title=f"trained networks, {data}",
    )
    error.set(ylabel="test error added (%)", title="and what it costs")
    for panel in (variance, error):
        panel.set(xscale="log", xlabel="noise on negative inputs (SD of inputs)")
        panel.set_xticks(NOISES, [f"{noise:g}" for noise in NOISES])
        panel.xaxis.minorticks_off()
        panel.legend(fontsize=8)
    return figure
