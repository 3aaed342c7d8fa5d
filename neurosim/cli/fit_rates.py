"""`neurosim fit --rate` without a duration: mean rates, fitted by least squares and ranked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from neurosim.base.errors import Faults
from neurosim.cli.fit_sources import dialect

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from neurosim import Fit

__all__ = ["run_rates"]


def run_rates(options: argparse.Namespace, fixed: dict[str, float]) -> int:
    """Read, fit each cell, write fits.csv and ranking.csv, and print the best of each cell."""
    from rich.console import Console

    from neurosim.analysis.comparison.files import RESULTS
    from neurosim.base.files import folder_for_output, written_together

    out = folder_for_output(options.out)
    ranking, fits = _ranked(options, fixed)
    with written_together(out, RESULTS) as scratch:
        fits.to_csv(scratch / "fits.csv", index=False)
        ranking.to_csv(scratch / "ranking.csv", index=False)
    console = Console()
    for cell, rows in ranking.groupby("cell", sort=False):
        best = rows.iloc[0]
        near = rows[(rows["delta AIC"] <= 4) & (rows["rectifier"] != best["rectifier"])]
        also = f"; within 4 units: {', '.join(near['rectifier'])}" if len(near) else ""
        console.print(f"cell {cell}: {best['rectifier']}{also}", highlight=False)
    files: list[Path] = [out / "fits.csv", out / "ranking.csv"]
    console.print("wrote " + ", ".join(map(str, files)), highlight=False, soft_wrap=True)
    return 0


def _ranked(
    options: argparse.Namespace, fixed: dict[str, float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ranking of every cell, and its fits."""
    import pandas as pd

    from neurosim import RECTIFIERS, fit_rates, rank
    from neurosim.models.rectifiers import named_rectifiers
    from neurosim.recordings.tables.rates import rates_from_table

    faults = Faults("neurosim fit")
    chosen = named_rectifiers(options.models or list(RECTIFIERS.standard), faults)
    known = sorted({name for each in chosen for name in each.parameter_names})
    for name in fixed:
        faults.require(name in known, f"fixed parameters among {', '.join(known)}", name)
    faults.require(options.x, "--x", "none")
    faults.stop()
    tables, said = [], []
    for each in rates_from_table(
        options.source,
        x=options.x,
        rate=options.rate,
        error=options.error,
        cell=options.cell,
        units=dict(options.units),
        **dialect(options),
    ):
        fits: list[Fit] = []
        for rectifier in chosen:
            if len(each.rate) <= len(rectifier.parameter_names) + (each.error is None):
                continue  # more parameters than conditions carry
            held = {n: v for n, v in fixed.items() if n in rectifier.parameter_names}
            found = fit_rates(
                rectifier, each.x, each.rate, each.error, fixed=held, drive_unit=each.unit
            )
            fits.append(found)
        faults.require(fits, f"more conditions of cell {each.cell} than parameters", len(each.rate))
        faults.stop()
        tables.append(rank(fits).assign(cell=each.cell))
        said += [
            one.to_dataframe().assign(cell=each.cell, rectifier=one.rectifier.name) for one in fits
        ]
    ranking = pd.concat(tables, ignore_index=True)
    assert np.isfinite(ranking["delta AIC"]).any()
    return ranking, pd.concat(said, ignore_index=True)
