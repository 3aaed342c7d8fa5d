"""Filters that come in pairs of opposite phase: the observation behind CReLU."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from neurosim.base.arrays import Array
from neurosim.convnet.filters.filter_nulls import FILTER_NULLS
from neurosim.convnet.filters.paired_filters import paired_filters
from neurosim.convnet.filters.pairs import PairedFilters
from neurosim.models.receptive_fields.bank import GaborBank
from neurosim.reproduce.inputs import manageable
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule
from neurosim.stimuli import VisualField

__all__ = ["PairedFirstLayer"]

_FILTERS, _KERNEL = 32, 5  # of the network trained here
_DRAWS = 200
# weights decay, so that what is left of a filter was learned and not drawn at the start
_TRAINING: dict[str, Any] = {
    "epochs": 30,
    "learning_rate": 0.03,
    "weight_decay": 0.01,
    "watched": 30.0,
}


class PairedFirstLayer(Reproduction):
    """Smallest cosines between the filters of a first layer, against three nulls.

    The layer is the one that was given, or that of a ReLU network trained here, a new one for each
    seed. Each null's z is that of the mean of the smallest cosines. Of a layer that was given the
    seeds draw the nulls anew and the filters are one sample: z says how far it is from chance.
    """

    number = 6
    name = "paired-filters"
    statement = (
        "Filters of a first layer come in pairs of opposite phase: ReLU alone would need both."
    )
    source = "Hadji & Wildes 2018, statement 11 and figure 3.8; Shang et al. 2016"
    rules = tuple(
        Rule(f"z of the mean smallest cosine against {null} filters", "<", -2.576)
        for null in FILTER_NULLS
    )
    needs = ("torch", "sklearn")

    def run(self, run: Run) -> Found:
        seeds = run.seeds(5)
        if run.filters is not None:
            sets = [paired_filters(run.filters, seed, _DRAWS) for seed in seeds]
            what = "the filters given"
        else:
            images = manageable(run.images())
            jobs = [(images, seed) for seed in seeds]
            trained = run.map(_trained, jobs)
            sets = [paired_filters(f, s, _DRAWS) for f, s in zip(trained, seeds, strict=True)]
            what = "a network trained here"
        bank = GaborBank.quadrature([0, 45, 90, 135], spatial_frequency=2)
        gabors = paired_filters(bank.kernels(VisualField(size=4, ppd=12)).values, run.seed, _DRAWS)
        rows = [_row(what, seed, each) for seed, each in zip(seeds, sets, strict=True)]
        rows.append(_row("a Gabor bank in quadrature", run.seed, gabors))
        quantities = {
            rule.quantity: [each.z(each.null(null)) for each in sets]
            for rule, null in zip(self.rules, FILTER_NULLS, strict=True)
        }
        return Found(pd.DataFrame(rows), _figure(sets[0], what), quantities)


def _trained(job: tuple[Any, int]) -> Array:
    """The first layer that a network with ReLU learns."""
    from neurosim.convnet.training import Kind, Training, network, train

    dataset, seed = job
    model = network(Kind("ReLU").layer, dataset, (_FILTERS, 16), _KERNEL, seed, gain=0.5)
    train(model, dataset, Training(**_TRAINING, seed=seed))
    weights: Array = model[0].weight.detach().double().numpy()
    return weights


def _row(what: str, seed: int, pairs: PairedFilters) -> dict[str, object]:
    row: dict[str, object] = {
        "filters": what,
        "seed": seed,
        "number": len(pairs.cosines),
        "mean": pairs.mean,
        "median": pairs.median,
        "best": pairs.best,
        "share below -0.5": pairs.share_below(-0.5),
        "share below -0.8": pairs.share_below(-0.8),
    }
    for null in pairs.nulls:
        row[f"{null.name}: mean"], row[f"{null.name}: SD"] = null.mean, null.sd
        row[f"{null.name}: z"] = pairs.z(null)
    return row


def _figure(pairs: PairedFilters, what: str) -> Figure:
    figure = pairs.plot()
    figure.suptitle(what, fontsize=10)
    return figure
