"""A comparison as a file holds it: responses, and beside them what was estimated.

The file is one of responses (`neurosim.data.response_files`) with the fits' numbers as further
variables, so that whatever reads responses reads it too. Reading builds the same fits again and
searches nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from neurosim.analysis.comparison.held_out import HeldOut
from neurosim.analysis.fitting.likelihoods import likelihood_of
from neurosim.analysis.fitting.optimum import rate_model
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults, InputError
from neurosim.data.counts import Reduction, reduced
from neurosim.models.rectifiers import named_rectifiers
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Parts", "packed_comparison", "unpacked_comparison"]

_ATTRIBUTE = "comparison"  # says as JSON what was fitted
_FIT, _SCORE, _OPPOSITE = "fitted_", "held_out_", "opposite_"
_ARRAYS = ("values", "standard_errors", "at_bound", "log_likelihood", "status")
_WHOLE = ("at_bound", "impossible", "ends")  # truth values and numbers of conditions


class Parts(NamedTuple):
    """What a comparison is made of.

    Attributes
    ----------
    responses : Dataset
    fits : list of Fit
    scores : list of HeldOut
    folds : int
    turned : int array, or None
        Cells that are compared on the other sign of the drive too.
    opposite : list of Fit
        Of these cells there.
    """

    responses: xr.Dataset
    fits: list[Fit]
    scores: list[HeldOut]
    folds: int
    turned: Indices | None
    opposite: list[Fit]


def packed_comparison(parts: Parts) -> xr.Dataset:
    """Responses with the fits beside them."""
    fits = parts.fits
    packed = parts.responses.assign(_packed_fits(fits, _FIT, "cell"))
    for each in fields(HeldOut) if parts.scores else ():
        held = np.stack([getattr(score, each.name) for score in parts.scores])
        packed[f"{_SCORE}{each.name}"] = ((f"{_FIT}rectifier", "cell"), held)
    if parts.turned is not None:
        along = f"{_OPPOSITE}cell"
        packed[f"{_OPPOSITE}row"] = ((along,), np.asarray(parts.turned))
        packed = packed.assign(_packed_fits(parts.opposite, _OPPOSITE, along))
    said = {
        "rectifiers": [each.rectifier.name for each in fits],
        "likelihood": fits[0].model.likelihood.name,
        "folds": parts.folds,
        "fixed": [each.fixed for each in fits],
    }
    return packed.assign_attrs({_ATTRIBUTE: json.dumps(said)})


def _packed_fits(fits: list[Fit], prefix: str, along: str) -> dict[str, Any]:
    most = max(len(each.rectifier.parameter_names) for each in fits)
    by = (f"{_FIT}rectifier", along)

    def padded(values: Array) -> Array:
        return np.pad(values, ((0, 0), (0, most - values.shape[1])))

    packed: dict[str, Any] = {}
    for name in ("values", "standard_errors", "at_bound"):
        each = np.stack([padded(getattr(fit, name)) for fit in fits])
        packed[name] = ((*by, f"{_FIT}parameter"), each.astype(np.int8) if name in _WHOLE else each)
    packed["log_likelihood"] = (by, np.stack([fit.log_likelihood for fit in fits]))
    packed["status"] = (by, np.array([fit.status for fit in fits]))
    if all(fit.scatter is not None for fit in fits):
        packed["scatter"] = (by, np.stack([fit.scatter for fit in fits]))  # type: ignore[misc]
    packed["free_of_rate"] = (by[:1], np.array([fit.free_of_rate for fit in fits]))
    return {f"{prefix}{name}": value for name, value in packed.items()}


def unpacked_comparison(
    packed: xr.Dataset, own: Iterable[Rectifier], turned: Any, path: Any
) -> Parts:
    """A comparison's parts, of what `packed_comparison` made of them.

    Parameters
    ----------
    packed : Dataset
    own : Rectifiers
        Of the user's, beside those that neurosim has.
    turned : callable
        Makes responses on the other sign of the drive, of responses and rows.
    path : path
        Of the file, for what is said.

    Raises
    ------
    InputError
        When no comparison of this version is in it, or a rectifier is not known here.
    """
    try:
        said = json.loads(packed.attrs[_ATTRIBUTE])
        names, fixed = list(said["rectifiers"]), list(said["fixed"])
        likelihood, folds = str(said["likelihood"]), int(said["folds"])
    except (KeyError, TypeError, ValueError):
        remedy = "Comparison.save writes one; load_responses reads responses"
        raise InputError(f"{path}: expected a saved comparison, got none ({remedy})") from None
    faults = Faults("Comparison.load")
    mine = {each.name: each for each in named_rectifiers(list(own), faults)}
    rectifiers = named_rectifiers([mine.get(name, name) for name in names], faults)
    faults.stop()
    kept = [name for name in packed.variables if not _is_ours(str(name))]
    responses = packed[[name for name in kept if name not in packed.coords]].copy()
    del responses.attrs[_ATTRIBUTE]
    try:
        made = (rectifiers, likelihood, fixed)
        fits = _unpacked_fits(packed, _FIT, reduced(responses), *made)
        scores = []
        if f"{_SCORE}spikes" in packed:
            of = {each.name: _first(packed[f"{_SCORE}{each.name}"]) for each in fields(HeldOut)}
            for row in range(len(rectifiers)):
                scores.append(HeldOut(**{name: values[row] for name, values in of.items()}))
        rows, opposite = None, []
        if f"{_OPPOSITE}row" in packed:
            rows = packed[f"{_OPPOSITE}row"].values.astype(np.int64)
            other = reduced(turned(responses, rows))
            opposite = _unpacked_fits(packed, _OPPOSITE, other, *made)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: expected a whole comparison, got another ({reason})") from None
    return Parts(responses, fits, scores, folds, rows, opposite)


def _first(stored: xr.DataArray) -> AnyArray:
    """Its values by rectifier, cell and parameter: files keep responses' dimensions first."""
    order = (f"{_FIT}rectifier", f"{_OPPOSITE}cell", "cell", f"{_FIT}parameter")
    values: AnyArray = stored.transpose(*(dim for dim in order if dim in stored.dims)).values
    return values


def _is_ours(name: str) -> bool:
    return name.startswith((_FIT, _SCORE, _OPPOSITE))


def _unpacked_fits(
    packed: xr.Dataset,
    prefix: str,
    data: Reduction,
    rectifiers: list[Rectifier],
    likelihood: str,
    fixed: list[dict[str, float]],
) -> list[Fit]:
    stored = {name: _first(packed[f"{prefix}{name}"]) for name in (*_ARRAYS, "free_of_rate")}
    scatter = _first(packed[f"{prefix}scatter"]) if f"{prefix}scatter" in packed else None
    faults = Faults("Comparison.load")
    begun = likelihood_of(likelihood, data.counts, faults)
    faults.stop()
    assert begun is not None  # or it is a fault
    fits = []
    for row, rectifier in enumerate(rectifiers):
        number = len(rectifier.parameter_names)
        own = None if scatter is None else scatter[row]
        found = begun if own is None else begun.with_own(own)
        fits.append(
            Fit(
                rectifier=rectifier,
                cells=data.cells,
                values=stored["values"][row, :, :number],
                standard_errors=stored["standard_errors"][row, :, :number],
                at_bound=stored["at_bound"][row, :, :number].astype(bool),
                log_likelihood=stored["log_likelihood"][row],
                status=[str(each) for each in stored["status"][row]],
                drive_unit=data.drive_unit,
                free_of_rate=int(stored["free_of_rate"][row]),
                scatter=own,
                model=rate_model(rectifier, data.counts, found, fixed[row]),
            )
        )
    return fits
