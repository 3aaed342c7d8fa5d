"""Which ReLU variant is this neuron? LIF cells over noise and distance to threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from neurosim.analysis.comparison.compare import compare
from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.comparison.selection import INDISTINGUISHABLE
from neurosim.base.arrays import Array
from neurosim.models.cells.lif import LIF
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule
from neurosim.simulation.simulate import simulate

__all__ = ["NeuronAsRectifier"]

_NOISE = (0.5, 1.0, 2.0, 4.0, 8.0)  # mV, standard deviation of the free membrane
_DISTANCE = (2.0, 6.0, 10.0, 14.0, 18.0)  # mV from the potential without drive to threshold
_GAIN = 20.0  # mV per unit of drive
_DRIVES, _TRIALS, _SECONDS = 25, 20, 1.0
_CANDIDATES = (
    "half-wave",
    "thresholded half-wave",
    "half-squared",
    "leaky half-wave",
    "softplus",
    "exponential-linear",
    "power law",
    "logistic",
)


class NeuronAsRectifier(Reproduction):
    """Spikes of LIF cells fitted with the rectifiers of ConvNets, over the whole plane."""

    number = 13
    name = "neuron-as-rectifier"
    statement = (
        "A leaky integrate-and-fire cell fires above a threshold: thresholded half-wave "
        "rectification is closer to it than half-wave; noise turns the threshold into a power law."
    )
    source = "Hadji & Wildes 2018, statements 2 to 4; Movshon et al. 1978; Miller & Troyer 2002"
    rules = (
        Rule("share of cells where ReLU with a bias beats ReLU by more than 4 AIC units", ">", 0.5),
        Rule("rank correlation of the fitted exponent with distance to threshold", ">", 0.5),
        Rule("share of cells where Softplus is no worse than the best", ">", 0.5),
    )

    def run(self, run: Run) -> Found:
        seeds = run.seeds(5)
        comparisons = [_measured(seed) for seed in seeds]
        biased, ranks, soft = [], [], []
        for each in comparisons:
            names = [r.name for r in each.rectifiers]
            delta = each.delta_aic
            gained = delta[:, names.index("half-wave")] - delta[:, names.index(_CANDIDATES[1])]
            biased.append(float((gained > INDISTINGUISHABLE).mean()))
            soft.append(float((delta[:, names.index("softplus")] <= INDISTINGUISHABLE).mean()))
            ranks.append(_rank_correlation(each))
        measured = (biased, ranks, soft)
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        table = pd.concat([each.table for each in comparisons], keys=seeds, names=["seed"])
        table = table.reset_index(level=0).reset_index(drop=True)
        return Found(table, _figure(comparisons), quantities)


def _plane() -> tuple[Array, Array]:
    noise, distance = np.meshgrid(_NOISE, _DISTANCE)
    return noise.ravel(), distance.ravel()


def _measured(seed: int) -> Comparison:
    """Spikes of a cell at every place of the plane, and the candidates fitted to them."""
    noise, distance = _plane()
    cell = LIF(noise_sd=noise)
    baseline = cell.v_threshold - cell.v_rest - distance
    x = np.linspace(-1, 1, _DRIVES)
    labels = [f"noise {n:g} mV, {d:g} mV below" for n, d in zip(noise, distance, strict=True)]
    drive = xr.DataArray(
        np.repeat(x[:, None], noise.size, 1),
        dims=("stimulus", "cell"),
        coords={"cell": labels},
        attrs={"units": "1"},
    )
    responses = simulate(
        cell, drive, gain=_GAIN, baseline=baseline, duration=_SECONDS, trials=_TRIALS, seed=seed
    )
    return compare(responses, list(_CANDIDATES), folds=5, seed=seed)


def _exponents(comparison: Comparison) -> Array:
    """Of the power law, cell by cell."""
    names = [r.name for r in comparison.rectifiers]
    fit = comparison.fits[names.index("power law")]
    return fit.values[:, fit.rectifier.parameter_names.index("exponent")]


def _rank_correlation(comparison: Comparison) -> float:
    """Spearman's, of the power law's exponent and the distance, noise by noise; their mean."""
    exponent, (noise, distance) = _exponents(comparison), _plane()
    each = [spearmanr(exponent[noise == n], distance[noise == n]).statistic for n in _NOISE]
    return float(np.mean(each))


def _figure(comparisons: list[Comparison]) -> Figure:
    """The rectifier chosen most often over the seeds and how often; the power law's exponent."""
    names = [r.name for r in comparisons[0].rectifiers]
    chosen = np.array([each.chosen for each in comparisons])
    votes = np.stack([(chosen == k).sum(0) for k in range(len(names))], 1)
    winner, share = votes.argmax(1), votes.max(1) / len(comparisons)
    seen = [k for k in range(len(names)) if (winner == k).any()]
    figure = Figure(figsize=(10.5, 4.2), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    place = np.array([seen.index(k) for k in winner]).reshape(len(_DISTANCE), len(_NOISE))
    colors = [f"C{k}" for k in range(len(seen))]
    left.imshow(
        place,
        origin="lower",
        cmap=ListedColormap(colors),
        vmin=-0.5,
        vmax=len(seen) - 0.5,
        alpha=0.6,
        aspect="auto",
    )
    twins = [RECTIFIERS[names[k]].convnet.replace(" with", "\nwith") for k in winner]
    _write(left, [f"{twin}\n{part:.0%}" for twin, part in zip(twins, share, strict=True)])
    left.set_title("simplest within 4 AIC units of the best, share of seeds", fontsize=9)
    exponent = np.mean([_exponents(each) for each in comparisons], 0)
    drawn = right.imshow(exponent.reshape(place.shape), origin="lower", aspect="auto")
    figure.colorbar(drawn, ax=right, label="exponent of the fitted power law")
    right.set_title("threshold and noise as a power law", fontsize=9)
    for panel in (left, right):
        panel.set_xticks(range(len(_NOISE)), [f"{n:g}" for n in _NOISE])
        panel.set_yticks(range(len(_DISTANCE)), [f"{d:g}" for d in _DISTANCE])
        panel.set_xlabel("noise: standard deviation of the membrane (mV)")
    left.set_ylabel("distance to threshold without drive (mV)")
    return figure


def _write(panel: Axes, texts: list[str]) -> None:
    """A text in each cell of the map."""
    for index, text in enumerate(texts):
        row, column = divmod(index, len(_NOISE))
        panel.text(column, row, text, ha="center", va="center", fontsize=7)
