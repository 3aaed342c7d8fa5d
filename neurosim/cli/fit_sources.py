"""Where `neurosim fit` takes its data from: a table, an NWB file, or responses that were saved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.base.errors import Faults
from neurosim.cli.options import time_of_text, unit_of_column

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["add_source", "responses_of"]

_SAVED = (".nc", ".nc4", ".cdf", ".netcdf", ".h5", ".hdf5", ".zarr")
_OF_TABLE = {
    "count": "--count",
    "rate": "--rate",
    "error": "--error",
    "duration": "--duration",
    "cell": "--cell",
    "trial": "--trial",
    "units": "--units",
    "missing": "--missing",
    "sep": "--sep",
    "decimal": "--decimal",
    "comment": "--comment",
    "sheet": "--sheet",
}
_OF_NWB = {
    "trials": "--trials",
    "window": "--window",
    "where": "--where",
    "cells_where": "--cells-where",
}
_OF_ALL = {"x": "--x", "by": "--by", "blank": "--blank"}


def add_source(fit: argparse.ArgumentParser) -> None:
    """The file, and the options that say what is what in it."""
    add = fit.add_argument
    add(
        "source",
        help="a table (.csv, .tsv, .txt, .parquet, .feather, .xlsx), an NWB file, or saved "
        "responses (.nc, .zarr)",
    )
    add("--x", metavar="COLUMN", help="the stimulus variable that drives")
    add("--count", metavar="COLUMN", help="spikes of each trial")
    add(
        "--rate",
        metavar="COLUMN",
        help="instead of --count: the rate, Hz, of each trial (with --duration), or its mean",
    )
    add("--error", metavar="COLUMN", help="standard error of a mean rate, Hz")
    add(
        "--duration",
        metavar="COLUMN_OR_TIME",
        type=time_of_text,
        help='counted time: a column (s), a number of seconds, or "500ms"',
    )
    add("--cell", metavar="COLUMN", help="what tells cells apart (default: one cell)")
    add("--trial", metavar="COLUMN", help="trial labels, to find rows entered twice")
    add(
        "--by",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="what makes separate conditions of the same x",
    )
    add(
        "--units",
        nargs="+",
        default=[],
        metavar="COLUMN=UNIT",
        type=unit_of_column,
        help="units of columns that do not say theirs in parentheses",
    )
    text = fit.add_argument_group("how a table is written")
    text.add_argument(
        "--missing",
        nargs="+",
        metavar="VALUE",
        help="what stands for missing values, or drop for the usual: such rows are left out",
    )
    text.add_argument("--blank", type=float, metavar="X", help="x of blank screens")
    text.add_argument("--sep", metavar="TEXT", help="what separates fields (default: found out)")
    text.add_argument("--decimal", choices=(".", ","), help="decimal mark (default: found out)")
    text.add_argument("--comment", metavar="TEXT", help="beginning of lines that are passed over")
    text.add_argument("--sheet", metavar="NAME", help="of an Excel workbook (default: the first)")
    nwb = fit.add_argument_group("of an NWB file")
    nwb.add_argument("--trials", metavar="TABLE", help="the intervals to take (default: trials)")
    nwb.add_argument(
        "--window",
        nargs=2,
        type=time_of_text,
        metavar=("FROM", "TO"),
        help="counted time after each start (default: whole trials)",
    )
    nwb.add_argument(
        "--where",
        nargs="+",
        default=[],
        metavar="COLUMN=VALUE",
        type=unit_of_column,
        help="only trials with this value",
    )
    nwb.add_argument(
        "--cells-where",
        nargs="+",
        default=[],
        metavar="COLUMN=VALUE",
        type=unit_of_column,
        help="only units with this value: quality=good",
    )


def responses_of(options: argparse.Namespace) -> xr.Dataset:
    """The responses that the options ask for.

    Raises
    ------
    InputError
        Naming options that the file has no use for, those that it needs, and what is wrong in it.
    """
    kind = Path(options.source).suffix.lower()
    if kind in _SAVED:
        from neurosim import load_responses

        _refuse(options, {**_OF_ALL, **_OF_TABLE, **_OF_NWB}, "saved responses")
        return load_responses(options.source)
    if kind == ".nwb":
        return _of_nwb(options)
    from neurosim import responses_from_table

    _refuse(options, _OF_NWB, "a table")
    _need(options, {"x": "--x", "duration": "--duration"})
    return responses_from_table(
        options.source,
        x=options.x,
        count=options.count,
        rate=options.rate,
        duration=options.duration,
        cell=options.cell,
        trial=options.trial,
        by=options.by,
        units=dict(options.units),
        **dialect(options),
    )


def dialect(options: argparse.Namespace) -> dict[str, Any]:
    """How a table is written, as `responses_from_table` takes it."""
    missing = "drop" if options.missing == ["drop"] else options.missing
    names = ("blank", "sep", "decimal", "comment", "sheet")
    said = {name: getattr(options, name) for name in names}
    if said["sep"] in ("\\t", "tab"):
        said["sep"] = "\t"
    return {"missing": missing, **said}


def _of_nwb(options: argparse.Namespace) -> xr.Dataset:
    from neurosim import responses_from_nwb

    _refuse(options, _OF_TABLE, "an NWB file")
    _need(options, {"x": "--x"})
    return responses_from_nwb(
        options.source,
        x=options.x,
        window=options.window,
        trials=options.trials or "trials",
        by=options.by,
        where={name: _value(text) for name, text in options.where} or None,
        blank=options.blank,
        cells_where={name: _value(text) for name, text in options.cells_where} or None,
    )


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _refuse(options: argparse.Namespace, names: dict[str, str], what: str) -> None:
    """Refuse options that are given and have no use for a kind of file."""
    given = [option for name, option in names.items() if getattr(options, name) not in (None, [])]
    faults = Faults(str(options.source))
    faults.require(not given, f"options of {what}", ", ".join(given), "leave them out")
    faults.stop()


def _need(options: argparse.Namespace, names: dict[str, str]) -> None:
    missing = [option for name, option in names.items() if getattr(options, name) is None]
    faults = Faults(str(options.source))
    faults.require(not missing, ", ".join(names.values()), f"no {', '.join(missing)}")
    faults.stop()
