"""What a run of experiments leaves: a figure and a table each, and the verdicts of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from neurosim.base.files import written_together
from neurosim.report.figure_files import save_figure
from neurosim.reproduce.statement import Outcome

__all__ = ["verdicts", "write_outcome"]


def verdicts(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row per rule: what was measured, its 99 % interval over seeds, and the verdict."""
    rows = [
        {
            "experiment": outcome.experiment.name,
            "quantity": one.rule.quantity,
            "rule": f"{one.rule.relation} {one.rule.bound:g}",
            "mean": one.mean,
            "low": one.low,
            "high": one.high,
            "seeds": one.seeds,
            "published": one.rule.published,
            "verdict": one.verdict,
            "experiment's verdict": outcome.verdict,
            "statement": outcome.experiment.statement,
            "source": outcome.experiment.source,
        }
        for outcome in outcomes
        for one in outcome.decided
    ]
    return pd.DataFrame(rows)


def write_outcome(outcome: Outcome, folder: Path, form: str = "png") -> list[Path]:
    """NAME.png, NAME.csv and NAME-verdict.csv, all or none.

    Parameters
    ----------
    outcome : Outcome
    folder : Path
    form : "png", "pdf" or "svg"
    """
    name = outcome.experiment.name
    with written_together(folder) as scratch:
        save_figure(outcome.found.figure, scratch / f"{name}.{form}")
        outcome.found.table.to_csv(scratch / f"{name}.csv", index=False)
        verdicts([outcome]).to_csv(scratch / f"{name}-verdict.csv", index=False)
        files = sorted(file.name for file in scratch.iterdir())
    return [folder / file for file in files]
