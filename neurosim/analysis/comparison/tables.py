"""A comparison as tables: a row per cell and rectifier, and a row per rectifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.analysis.comparison.findings import Findings
from neurosim.analysis.comparison.held_out import HeldOut
from neurosim.analysis.fitting.criteria import akaike_weights
from neurosim.analysis.fitting.goodness import deviance
from neurosim.base.arrays import AnyArray, Array, Indices, divided

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["comparison_summary", "comparison_table"]

_FAR = 10.0  # AIC units from the best, beyond which intervals, which cost the most, are left out


def comparison_table(found: Findings) -> pd.DataFrame:
    """One row per cell and rectifier: parameters, errors, likelihoods, criteria, goodness of fit,
    verdict, status. Intervals are those of rectifiers within 10 AIC units of the cell's best."""
    import pandas as pd

    candidates = found.aside == ""
    weights = akaike_weights(np.where(candidates, found.delta_aic, np.inf))
    rows, parameters = [], []
    for k, each in enumerate(found.fits):
        frame = each.to_dataframe(intervals=found.delta_aic[:, k] <= _FAR)
        parameters += [c for c in frame.columns if _is_of_parameter(c)]
        frame.insert(2, "ConvNet twin", each.rectifier.convnet)
        frame.insert(3, "kind", each.rectifier.kind)
        frame["delta AIC"] = found.delta_aic[:, k]
        frame["Akaike weight"] = weights[:, k]
        frame["delta BIC"] = found.delta_bic[:, k]
        frame["chosen"] = found.chosen == k
        frame["goodness p"] = found.goodness[:, k]
        frame["not told apart"] = found.not_told_apart[:, k]
        frame["verdict"] = found.verdicts.names
        if found.scores:
            frame = frame.assign(**_columns_of(found.scores[k]))
        said = zip(frame["status"], found.aside[:, k], strict=True)
        frame["status"] = [f"{status}; {why}" if why else status for status, why in said]
        rows.append(frame)
    table = pd.concat(rows).sort_values("cell", kind="stable").reset_index(drop=True)
    parameters = [c for c in table.columns if c in set(parameters)]
    rest = [c for c in table.columns if c not in (*parameters, "status")]
    return table[[*rest[:4], *parameters, *rest[4:], "status"]]


def comparison_summary(found: Findings) -> pd.DataFrame:
    """One row per rectifier: its two names, its kind, the cells it describes, its held-out score,
    its deviance over the degrees of freedom."""
    import pandas as pd

    misfits = [deviance(each) for each in found.fits]
    ranked = np.where(found.aside == "", found.delta_aic, np.inf)
    columns: dict[str, object] = {
        "rectifier": [each.name for each in found.rectifiers],
        "ConvNet twin": [each.convnet for each in found.rectifiers],
        "kind": [each.kind for each in found.rectifiers],
        "parameters": [len(each.parameter_names) for each in found.rectifiers],
        "cells with this verdict": _number(found.verdicts.which, len(found.fits)),
        "cells described best": _number(found.chosen, len(found.fits)),
        "cells described best, reference aside": _number(found.resembles.chosen, len(found.fits)),
        "cells where not told apart": found.not_told_apart.sum(0),
        "cells with lowest AIC": (ranked == 0).sum(0),
        "median delta AIC": [_median(each) for each in found.delta_aic.T],
    }
    if found.scores:
        columns |= {
            "median held-out log-likelihood per spike (nats)": [
                _median(score.per_spike) for score in found.scores
            ],
            "median standard error of it (nats)": [
                _median(score.per_spike_error) for score in found.scores
            ],
            "median held-out log-likelihood per spike, ends (nats)": [
                _median(score.ends_per_spike) for score in found.scores
            ],
            "median held-out information per spike (bits)": [
                _median(score.bits_per_spike) for score in found.scores
            ],
        }
    columns |= {
        "median deviance per degree of freedom": [
            _median(divided(each.value, each.degrees_of_freedom)) for each in misfits
        ],
        "cells not converged": [
            sum(status == "not-converged" for status in each.status) for each in found.fits
        ],
    }
    return pd.DataFrame(columns)


def _number(which: Indices, of: int) -> Indices:
    return np.bincount(which[which >= 0], minlength=of)


def _median(values: Array) -> float:
    kept = values[np.isfinite(values)]
    return float(np.median(kept)) if kept.size else float("nan")


def _is_of_parameter(column: str) -> bool:
    """Whether a column of a fit's table is a parameter's: it ends in a unit in parentheses."""
    return column.endswith(")") and "log-likelihood" not in column


def _columns_of(score: HeldOut) -> dict[str, AnyArray]:
    return {
        "held-out log-likelihood per spike (nats)": score.per_spike,
        "held-out standard error (nats)": score.standard_error,
        "held-out information per spike (bits)": score.bits_per_spike,
        "held-out log-likelihood at maximum (nats)": score.log_likelihood_at_maximum,
        "held-out impossible conditions": score.impossible,
        "held-out ends": score.ends,
        "held-out log-likelihood per spike, ends (nats)": score.ends_per_spike,
    }
