"""A comparison in words: the verdict of every cell or kind, and how it was come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from neurosim.analysis.comparison.deciding import Cut
from neurosim.analysis.comparison.evidence import LEVEL, degrees_beyond
from neurosim.analysis.comparison.findings import Findings
from neurosim.analysis.comparison.hints import hint
from neurosim.analysis.comparison.selection import INDISTINGUISHABLE
from neurosim.analysis.comparison.verdicts import NONE, UNDETERMINED
from neurosim.analysis.fitting.likelihoods import AUTO
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import AnyArray, Array
from neurosim.base.version import __version__
from neurosim.models.rectifiers.base import Rectifier

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cells_said", "headline", "paragraph", "report", "summed_up"]

_RELU = "half-wave"
_FEW = 5  # cells of which each has a line of its own
_POWER = 0.8  # with which the trials that are named would tell a rival apart
_MOST = 100.0  # times the trials that there are: of more no number is named
_RIVALS = 3  # that are named; of more it is said how many


def cells_said(number: int) -> str:
    """ "1 cell", "48 cells"."""
    return f"{number} cell" + "s" * (number != 1)


def summed_up(found: Findings) -> str:
    """The verdicts in one or two sentences."""
    names = found.verdicts.names
    parts = [f"{name} {number}" for name, number in Counter(names.tolist()).most_common()]
    text = f"Of {cells_said(len(names))}: {', '.join(parts)}"
    kinds = _kinds(found)
    if len(kinds) > 1 or len(parts) > len(kinds) > 0:
        text += f" (kinds: {', '.join(f'{kind} {number}' for kind, number in kinds.items())})"
    named = found.verdicts.which >= 0
    if named.any() and len(found.fits) > 1:
        unsure = found.rivals[named].any(1)
        number = "every one" if unsure.all() else f"{unsure.sum()}" if unsure.any() else "none"
        text += f"; another is not told apart at the {100 * LEVEL:g} % level in {number}"
    if any(each.mechanistic for each in _named(found)):
        which = found.resembles.chosen
        won = Counter(found.rectifiers[k].name for k in which[which >= 0].tolist())
        said = ", ".join(f"{name} {number}" for name, number in won.most_common())
        text += f". With the mechanistic reference set aside: {said}"
    return f"{text}."


def headline(found: Findings, cut: Cut | None, effective: pd.DataFrame) -> str:
    """What decides the rectifier, in numbers, and what plain ReLU in its place costs; "" where
    neither is known.

    Parameters
    ----------
    found : Findings
    cut : Cut or None
        See `neurosim.analysis.comparison.deciding.squared_cut`.
    effective : DataFrame
        See `neurosim.analysis.comparison.deciding.effective_parameters`.
    """
    said = []
    if cut is not None:
        said.append(
            f"Noise decides: half-squared is the nearer above {cut.at:.2g} noise SDs from rest to "
            f"threshold ({cut.right_above} of {cells_said(cut.above)}), thresholded half-wave "
            f"below ({cut.right_below} of {cells_said(cut.below)})."
        )
    cost = _cost_of_relu(found)
    if cost.size:
        low, middle, high = np.percentile(cost, [25, 50, 75])
        over = f" in the median of {cells_said(cost.size)} (quartiles {low:.2g} and {high:.2g})"
        said.append(
            f"Plain ReLU in place of a cell's own rectifier costs {middle:.2g} bits per held-out "
            f"spike{over if cost.size > 1 else ''}."
        )
    if len(effective):
        share = (effective["effective"] / effective["membrane"]).groupby(effective["parameter"])
        of = " and ".join(
            f"{each:.2g} of its {str(name)[10:]}" for name, each in share.median().items()
        )
        name = effective["rectifier"].iloc[0]
        said.append(
            f"The reference, set apart: {name} describes a membrane by effective parameters, "
            f"{of} in the median."
        )
    return " ".join(said)


def _cost_of_relu(found: Findings) -> Array:
    """Held-out bits per spike that a half-wave rectifier has less than the rectifier that a cell
    is called; of the cells that are called one."""
    names = [each.name for each in found.rectifiers]
    called = np.flatnonzero(found.verdicts.which >= 0)
    if not found.scores or _RELU not in names or called.size == 0:
        return np.zeros(0)
    bits = np.stack([each.bits_per_spike for each in found.scores], axis=1)[called]
    own = bits[np.arange(called.size), found.verdicts.which[called]]
    cost = own - bits[:, names.index(_RELU)]
    finite: Array = cost[np.isfinite(cost)]
    return finite


def report(found: Findings) -> str:
    """The verdicts, each cell's or each kind's, and how they were come to."""
    lines = [summed_up(found)]
    if len(found.cells) <= _FEW:
        lines += [line for row in range(len(found.cells)) for line in _cell(found, row)]
    else:
        lines += [
            line for name in dict.fromkeys(found.verdicts.names) for line in _group(found, name)
        ]
    return "\n".join([*lines, "", paragraph(found)])


def paragraph(found: Findings) -> str:
    """What was fitted and how it was judged, to paste into a paper."""
    counts = found.fits[0].model.counts
    shown = f"{_range(counts.conditions)} conditions"
    if counts.trials is not None:
        trials = _range(counts.trials[counts.exposure > 0])
        shown += f" of {trials} trial" + "s" * (trials != "1")
    names = ", ".join(each.name for each in found.rectifiers)
    level = f"{100 * LEVEL:g} % level"
    judged = (
        f"Spike counts of {cells_said(len(found.cells))} in {shown} were fitted by maximum "
        f"likelihood ({_scatter(found)}) with {len(found.fits)} descriptions of the firing rate: "
        f"{names}. A cell is called the simplest of those within {INDISTINGUISHABLE:g} units of "
        f"the lowest AIC (-2 ln L + 2k) whose deviance against a rate of its own for every "
        f"condition does not refuse it at the {level}; none, where it refuses all. A rival is told "
        f"apart where its likelihood is lower than chance would make it at the {level} (likelihood "
        f"ratio, chi-squared with the parameters beyond those shared). Intervals are 95 % "
        f"profile-likelihood intervals."
    )
    if found.scores:
        judged += f" Held-out scores are from {found.folds} folds by condition."
    return f"{judged} neurosim {__version__}."


def _scatter(found: Findings) -> str:
    """Which likelihood, and how that was decided."""
    one = found.fits[0]
    if one.model.likelihood.name != AUTO:
        return f"{one.likelihood} likelihood"
    counted = Counter(one.families.tolist())
    named = (
        next(iter(counted))
        if len(counted) == 1
        else ", ".join(f"{name} in {cells_said(number)}" for name, number in counted.most_common())
    )
    text = f"{named}, as the scatter over trials within conditions has it at the 20 % level"
    unknown = int((~one.scatter_known).sum())
    if unknown == len(one.cells):
        return "Poisson likelihood; too few trials to tell how counts scatter"
    return text + (f"; too few trials to tell in {cells_said(unknown)}" if unknown else "")


def _cell(found: Findings, row: int) -> Iterable[str]:
    """A cell's line, and one about what is not told from it."""
    label, name = found.cells[row], found.verdicts.names[row]
    index = int(found.verdicts.which[row])
    if index < 0:
        reason = found.verdicts.reasons[row]
        if name == NONE:
            model = found.fits[0].model.take(np.array([row]))
            seen = hint(model.counts, model.likelihood)
            best = int(np.where(found.aside[row] == "", found.delta_aic[row], np.inf).argmin())
            reason = f"nothing in the list describes it; the best, {found.rectifiers[best].name}, "
            reason += f"has p = {found.goodness[row, best]:.1g}" + (
                f"; the rate {seen}" if seen else ""
            )
        yield f"cell {label}: {name}" + (f" ({reason})" if reason else "")
        if found.opposite is not None and name not in (NONE, UNDETERMINED):
            for each in found.opposite:
                if name == f"{each.rectifier.name} of -x":
                    yield "  " + _parameters(each, each.cells.tolist().index(label))
        return
    fit = found.fits[index]
    kind = fit.rectifier.kind
    said = "" if kind in (name, "other", "constant") else f" ({kind})"
    parts = [f"cell {label}: {name}{said}", _parameters(fit, row)]
    fits_well = f"goodness of fit p = {found.goodness[row, index]:.2g}"
    if np.isfinite(found.explained[row]):
        fits_well += f", {round(100 * found.explained[row])} % of the explainable variance"
    yield "; ".join([*parts, fits_well])
    rivals = np.flatnonzero(found.rivals[row])
    if rivals.size:
        order = rivals[np.argsort(found.delta_aic[row, rivals], kind="stable")]
        some = [_rival(found, row, index, k) for k in order[:_RIVALS].tolist()]
        more = f" and {order.size - _RIVALS} more" if order.size > _RIVALS else ""
        yield f"  not told apart: {', '.join(some)}{more}"


def _rival(found: Findings, row: int, index: int, rival: int) -> str:
    """A rival's name, and how many trials would tell it apart."""
    name = found.rectifiers[rival].name
    times = _trials_needed(found, row, index, rival)
    trials = found.fits[0].model.counts.trials
    if trials is None or not np.isfinite(times):
        return name
    mean = trials[row][found.fits[0].model.counts.exposure[row] > 0].mean()
    return f"{name} (about {_rounded(times * mean):g} trials would)"


def _trials_needed(found: Findings, row: int, index: int, rival: int) -> float:
    """How many times the trials would tell a rival from the verdict, as far as the two fitted
    curves are apart: by the likelihood ratio of the spikes that the verdict expects. NaN for more
    than can be said, and for no more than there are, which do not tell."""
    rows = np.array([row])
    one, other = (found.fits[k].take(rows) for k in (index, rival))
    model = one.model
    rate, others = np.maximum(one.rates, 0.0), np.maximum(other.rates, 0.0)
    expected = model.counts.with_spikes(rate * model.counts.exposure)
    terms = model.likelihood.terms
    apart = 2 * float((terms(rate, expected) - terms(others, expected)).sum())
    freedom = int(degrees_beyond([one.rectifier, other.rectifier])[0, 1])
    quantile = chi2.isf(LEVEL, freedom)
    if not apart > 0:
        return np.nan
    needed = brentq(lambda size: ncx2.sf(quantile, freedom, size) - _POWER, 1e-6, 1e3)
    times = float(needed / apart)
    return times if 1 < times <= _MOST else np.nan


def _parameters(fit: Fit, row: int) -> str:
    """Parameters with units and 95 % intervals."""
    one = fit.take(np.array([row]))
    found, units = one.intervals, fit.rectifier.units(fit.drive_unit)
    ends = zip(found.low[0], found.high[0], strict=True)
    each = zip(units.items(), one.values[0], ends, strict=True)
    effective = "effective " if fit.rectifier.mechanistic else ""
    return effective + ", ".join(
        f"{name} {value:.4g} [{low:.3g}, {high:.3g}]" + (f" {unit}" if unit != "1" else "")
        for (name, unit), value, (low, high) in each
    )


def _group(found: Findings, name: str) -> Iterable[str]:
    """The cells of one verdict."""
    mine = found.verdicts.names == name
    number = int(mine.sum())
    index = int(found.verdicts.which[mine][0])
    if index < 0:
        reasons = Counter(reason for reason in found.verdicts.reasons[mine].tolist() if reason)
        said = ", ".join(f"{reason} in {count}" for reason, count in reasons.most_common())
        yield f"{name}: {cells_said(number)}" + (f" ({said})" if said else "")
        return
    fit = found.fits[index]
    units = fit.rectifier.units(fit.drive_unit)
    quartiles = np.percentile(fit.values[mine], [25, 50, 75], axis=0).T
    shown = ", ".join(
        f"{key} {middle:.4g} [{low:.3g}, {high:.3g}]" + (f" {unit}" if unit != "1" else "")
        for (key, unit), (low, middle, high) in zip(units.items(), quartiles, strict=True)
    )
    poor = int((found.goodness[mine, index] < 0.05).sum())
    kind = fit.rectifier.kind
    said = "" if kind in (name, "other", "constant") else f" ({kind})"
    effective = "effective " if fit.rectifier.mechanistic else ""
    line = f"{name}{said}: {cells_said(number)}; {effective}{shown} (medians, quartiles)"
    share = found.explained[mine]
    if np.isfinite(share).any():
        line += f"; {100 * np.nanmedian(share):.0f} % of the explainable variance in the median"
    yield f"{line}; goodness of fit p below 0.05 in {poor}"
    rivals = found.rivals[mine].sum(0)
    some = [k for k in np.argsort(-rivals, kind="stable") if rivals[k]]
    if some:
        yield "  not told apart: " + ", ".join(
            f"{found.rectifiers[k].name} in {rivals[k]}" for k in some
        )


def _named(found: Findings) -> list[Rectifier]:
    return [found.rectifiers[k] for k in np.unique(found.verdicts.which) if k >= 0]


def _kinds(found: Findings) -> dict[str, int]:
    """How many cells each kind describes, the commonest first."""
    index = found.verdicts.which
    kinds = Counter(found.rectifiers[k].kind for k in index[index >= 0].tolist())
    return dict(kinds.most_common())


def _range(values: AnyArray) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low}" if low == high else f"{low} to {high}"


def _rounded(trials: float) -> float:
    """To two digits."""
    return float(f"{np.ceil(trials):.2g}")
