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
from neurosim.base.arrays import AnyArray, Indices
from neurosim.base.errors import Faults, InputError
from neurosim.data.counts import Reduction, reduced
from neurosim.models.rectifiers import named_rectifiers
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Parts", "packed_comparison", "unpacked_comparison"]

_FIT, _SCORE, _OPPOSITE = "neurosim_fit_", "neurosim_held_out_", "neurosim_opposite_"
_ATTRIBUTE = f"{_FIT}record"  # says as JSON what was fitted
_ARRAYS = ("values", "standard_errors", "at_bound", "log_likelihood", "status")
_DIGITS = 1e-8  # to which a likelihood is found again


class Parts(NamedTuple):
    """What a comparison is made of.

    Attributes
    ----------
    responses : Dataset
    fits : list of Fit
    scores : list of HeldOut
    folds : int
    opposite : (Dataset, list of Fit), or None
        Some of the cells on the other sign of the drive.
    """

    responses: xr.Dataset
    fits: list[Fit]
    scores: list[HeldOut]
    folds: int
    opposite: tuple[xr.Dataset, list[Fit]] | None


def packed_comparison(parts: Parts) -> xr.Dataset:
    """Responses with the fits beside them, along their cells, so that a selection has its own."""
    fits, given = parts.fits, parts.responses
    faults = Faults("Comparison.save")
    taken = [str(name) for name in (*given.variables, *given.attrs) if _is_ours(str(name))]
    expected = f"responses without names that begin with {_FIT}, {_SCORE}, {_OPPOSITE}"
    faults.require(not taken, expected, ", ".join(taken))
    faults.stop()
    cells = np.arange(len(fits[0].cells))
    packed = given.assign(_packed_fits(fits, _FIT, cells, cells.size))
    for each in fields(HeldOut) if parts.scores else ():
        held = np.stack([getattr(score, each.name) for score in parts.scores])
        packed[f"{_SCORE}{each.name}"] = ((f"{_FIT}rectifier", "cell"), held)
    if parts.opposite is not None:
        other = parts.opposite[1]
        there = np.isin(fits[0].cells, other[0].cells)
        packed = packed.assign(_packed_fits(other, _OPPOSITE, np.flatnonzero(there), cells.size))
        packed[f"{_OPPOSITE}turned"] = (("cell",), there.astype(np.int8))
    said = {
        "rectifiers": [each.rectifier.name for each in fits],
        "likelihood": fits[0].model.likelihood.name,
        "folds": parts.folds,
        "fixed": [each.fixed for each in fits],
    }
    return packed.assign_attrs({_ATTRIBUTE: json.dumps(said)})


def _packed_fits(fits: list[Fit], prefix: str, rows: Indices, cells: int) -> dict[str, Any]:
    most = max(len(each.rectifier.parameter_names) for each in fits)
    by = (f"{_FIT}rectifier", "cell")

    def whole(values: Any, nothing: Any) -> AnyArray:  # of one rectifier, at its cells' rows
        values = np.asarray(values)
        filled = np.full((cells, *values.shape[1:]), nothing, dtype=values.dtype)
        filled[rows] = values
        missing = most - values.shape[-1] if values.ndim > 1 else 0
        return np.pad(filled, ((0, 0), (0, missing))) if values.ndim > 1 else filled

    packed: dict[str, Any] = {}
    for name in ("values", "standard_errors", "at_bound"):
        each = [np.asarray(getattr(fit, name), dtype=float) for fit in fits]
        packed[name] = ((*by, f"{_FIT}parameter"), np.stack([whole(one, 0.0) for one in each]))
    for name in ("log_likelihood", "scatter"):
        own = [getattr(fit, name) for fit in fits]
        if all(one is not None for one in own):
            packed[name] = (by, np.stack([whole(one, np.nan) for one in own]))
    if "scatter" in packed:
        for fit in fits:  # refused before anything is written
            fit.model.likelihood.with_own(np.asarray(fit.scatter))
    status = [whole(np.array(fit.status, dtype=object), "") for fit in fits]
    packed["status"] = (by, np.stack(status).astype(str))
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
        opposite = None
        if f"{_OPPOSITE}turned" in packed:
            rows = np.flatnonzero(packed[f"{_OPPOSITE}turned"].values)
            there = turned(responses, rows)
            some = packed.isel(cell=rows)
            if rows.size:
                opposite = there, _unpacked_fits(some, _OPPOSITE, reduced(there), *made)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: expected a whole comparison, got another ({reason})") from None
    return Parts(responses, fits, scores, folds, opposite)


def _first(stored: xr.DataArray) -> AnyArray:
    """Its values by rectifier, cell and parameter: files keep responses' dimensions first."""
    order = (f"{_FIT}rectifier", "cell", f"{_FIT}parameter")
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
        _check(fits[-1])
    return fits


def _check(fit: Fit) -> None:
    """Refuse fits of other responses than those they stand beside, by their likelihood."""
    rates = np.maximum(fit.rates, 0.0)
    again = fit.model.likelihood.log_likelihood(rates, fit.model.counts)
    said = fit.log_likelihood
    same = np.isclose(again, said, rtol=_DIGITS, atol=_DIGITS).all()
    if fit.values.shape[1] != len(fit.rectifier.parameter_names) or not same:
        told = f"expected fits of these responses, got others ({fit.rectifier.name})"
        raise InputError(f"Comparison.load: {told}")
