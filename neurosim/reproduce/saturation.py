"""How much of the gradient reaches the first layer through logistic, tanh or ReLU layers.

A fully connected stack at its start is shown images, and the gradient of its loss is followed
down. Backwards through a layer, the gradient is multiplied by the weights and by the slope of
every unit; where the slopes are small it vanishes with depth. `factor` is by how much it changes
per layer. Each rectifier has its usual weights: variance 1/n for logistic and tanh (LeCun et al.
1998), 2/n for ReLU (He et al. 2015), of n inputs.

The logistic's slope is 1/4 at most. Weights four times as large make up for that, so its stack
then differs from tanh's in one thing: its outputs are not about zero, and push the next layer
towards saturation. That is the text's reason for tanh ("steady around zero"), tested alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.reproduce.inputs import centred
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule

if TYPE_CHECKING:
    from neurosim.convnet.datasets import Dataset

__all__ = ["Saturation", "Stack", "descent"]

GAINS = {"logistic": 1.0, "tanh": 1.0, "ReLU": 2.0}  # variance of the weights times fan-in
VALUES: dict[str, dict[str, float]] = {
    "logistic": {"midpoint": 0.0, "width": 1.0},
    "tanh": {"width": 1.0},
    "ReLU": {},
}
STEEPEST = {"logistic": 0.25, "tanh": 1.0, "ReLU": 1.0}
DEPTHS = (2, 4, 8, 16, 32)
DEPTH = 16  # decides
SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)  # of the usual weights
UNITS = 128  # of each layer
IMAGES = 256
NETWORKS = 4  # of each seed, averaged
FLAT = 0.1  # a unit is saturated below this share of the steepest slope
_COLOURS = {"logistic": "C2", "tanh": "C1", "ReLU": "C0"}
_Means = dict[tuple[str, int, float], np.ndarray]


@dataclass(frozen=True)
class Stack:
    """A stack of fully connected layers, all alike."""

    rectifier: str
    depth: int
    scale: float  # of the usual weights
    units: int = UNITS


class Saturation(Reproduction):
    """The gradient at the first layer against depth and the size of the weights."""

    number = 3
    name = "saturation"
    statement = (
        "Logistic and tanh saturate, tanh less harmfully because it is steady around zero; ReLU "
        "does not, so that the gradient reaches the first of many layers."
    )
    source = "Hadji & Wildes 2018, statements 7 and 9; Glorot & Bengio 2010"
    needs = ("torch", "sklearn")
    rules = (
        Rule("gradient's factor per layer with ReLU", ">", 0.9, "1 (He et al. 2015)"),
        Rule("gradient's factor per layer with logistic", "<", 0.3, "at most 1/4 from the slope"),
        Rule("factor of ReLU over that of tanh", ">", 1.02),
        Rule("factor of tanh over that of logistic", ">", 2.0),
        Rule("factor of tanh over that of logistic as steep at 0", ">", 1.1),
        Rule("saturated share of positive inputs, tanh, weights x 4", ">", 0.25),
        Rule("saturated share of positive inputs, ReLU, weights x 4", "<", 1e-12),
    )

    def run(self, run: Run) -> Found:
        seeds = run.seeds(6)
        dataset = centred(run.images(), IMAGES)
        stacks = [Stack(name, depth, 1.0) for name in GAINS for depth in DEPTHS]
        stacks += [Stack(name, DEPTH, s) for name in GAINS for s in SCALES if s != 1]
        jobs = [(dataset, stacks, seed) for seed in seeds]
        measured = np.stack(run.map(descents, jobs), axis=1)  # stack, seed, (factor, flat)
        names = [(stack.rectifier, stack.depth, stack.scale) for stack in stacks]
        factors = dict(zip(names, measured[..., 0], strict=True))
        flat = dict(zip(names, measured[..., 1], strict=True))
        logistic, tanh, relu = (factors[name, DEPTH, 1.0] for name in GAINS)
        values = [
            relu,
            logistic,
            relu / tanh,
            tanh / logistic,
            tanh / factors["logistic", DEPTH, 4.0],
            flat["tanh", DEPTH, 4.0],
            flat["ReLU", DEPTH, 4.0],
        ]
        quantities = {r.quantity: v for r, v in zip(self.rules, values, strict=True)}
        return Found(_table(factors, flat), _figure(factors, flat, dataset.name), quantities)


def descents(job: tuple[Dataset, Sequence[Stack], int]) -> np.ndarray:
    """Factor per layer and saturated share of every stack, (stack, 2), over its networks."""
    dataset, stacks, seed = job
    images = dataset.train_images.reshape(len(dataset.train_images), -1)
    found = []
    for stack in stacks:
        each = [
            descent(stack, images, dataset.train_labels, dataset.classes, 100 * seed + k)
            for k in range(NETWORKS)
        ]
        shrunk = [np.log(norms[0] / norms[-1]) / (stack.depth - 1) for norms, _ in each]
        found.append((np.exp(np.mean(shrunk)), np.mean([share for _, share in each])))
    return np.array(found)


def descent(
    stack: Stack, images: np.ndarray, labels: np.ndarray, classes: int, seed: int
) -> tuple[np.ndarray, float]:
    """The gradient on its way down a stack of random weights.

    Parameters
    ----------
    stack : Stack
    images : array (image, pixel)
    labels : array (image,)
    classes : int
    seed : int

    Returns
    -------
    norms : array (layer,)
        Of the loss's gradient by a layer's inputs (before the rectifier), r.m.s. over images.
    share : float
        Of positive inputs, over all layers, at which the slope is below a tenth of the steepest.
    """
    import torch

    from neurosim.convnet.training import Kind

    generator = torch.Generator().manual_seed(seed)
    rectify = Kind(stack.rectifier, values=VALUES[stack.rectifier]).layer(stack.units)
    spread = stack.scale * GAINS[stack.rectifier] ** 0.5
    x, inputs = torch.from_numpy(images).double(), []
    for _ in range(stack.depth):
        inputs.append(_through(x, stack.units, spread, generator))
        x = rectify(inputs[-1])
    loss = torch.nn.functional.cross_entropy(
        _through(x, classes, 1.0, generator), torch.from_numpy(labels), reduction="sum"
    )
    gradients = torch.autograd.grad(loss, inputs)
    norms = [float(g.square().sum(1).mean().sqrt()) for g in gradients]
    drive = torch.cat(inputs).detach().numpy()
    shapes = list(VALUES[stack.rectifier].values())
    slope = np.asarray(rectify.rectifier.slope(drive[drive > 0], *shapes))
    return np.array(norms), float(np.mean(slope < FLAT * STEEPEST[stack.rectifier]))


def _through(x: Any, units: int, spread: float, generator: Any) -> Any:
    """Through new random weights of variance spread^2/n; differentiable by what goes in."""
    import torch

    shape = x.shape[1], units
    weights = torch.randn(shape, generator=generator, dtype=x.dtype) * spread / shape[0] ** 0.5
    return (x @ weights).requires_grad_()


def _table(factors: _Means, flat: _Means) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rectifier": name,
            "layers": depth,
            "weights over usual": scale,
            "factor per layer": factor.mean(),
            "SD over seeds": factor.std(ddof=1) if factor.size > 1 else np.nan,
            "gradient at first over last layer": (factor ** (depth - 1)).mean(),
            "saturated share of positive inputs": flat[name, depth, scale].mean(),
        }
        for (name, depth, scale), factor in factors.items()
    )


def _figure(factors: _Means, flat: _Means, data: str) -> Figure:
    figure = Figure(figsize=(10.5, 3.6), dpi=150, layout="constrained")
    reach, scaled, saturated = figure.subplots(1, 3)
    for name, colour in _COLOURS.items():
        per_layer = np.stack([factors[name, depth, 1.0] for depth in DEPTHS])
        whole = per_layer ** (np.array(DEPTHS)[:, None] - 1)
        reach.plot(DEPTHS, whole, ".", ms=4, color=colour)
        reach.plot(DEPTHS, whole.mean(1), color=colour, label=name)
        changed = np.stack([factors[name, DEPTH, scale] for scale in SCALES])
        scaled.plot(SCALES, changed, ".", ms=4, color=colour)
        scaled.plot(SCALES, changed.mean(1), color=colour, label=name)
        shares = np.stack([flat[name, DEPTH, scale] for scale in SCALES])
        saturated.plot(SCALES, 100 * shares.mean(1), "o-", ms=4, color=colour, label=name)
    reach.set(
        xscale="log",
        yscale="log",
        xlabel="layers",
        ylabel="gradient, first / last layer",
        title=f"usual weights, {data}",
    )
    reach.set_xticks(DEPTHS, [str(depth) for depth in DEPTHS])
    scaled.axhline(1, color="0.5", lw=0.8, ls=":")
    scaled.set(
        xscale="log", yscale="log", ylabel="gradient's factor per layer", title=f"{DEPTH} layers"
    )
    saturated.set(
        xscale="log",
        ylabel=f"positive inputs with < {FLAT:.0%} slope (%)",
        title=f"saturated units, {DEPTH} layers",
    )
    for panel in (scaled, saturated):
        panel.set_xlabel("size of the weights over the usual")
        panel.set_xticks(SCALES, [f"{scale:g}" for scale in SCALES])
    for panel in (reach, scaled, saturated):
        panel.xaxis.minorticks_off()
        panel.legend(fontsize=8)
    return figure
