"""Responses of cells that are exactly a rectifier, drawn from Poisson counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults, InputError
from neurosim.base.units import in_unit
from neurosim.data.beside import REGRESSORS
from neurosim.data.responses import responses_from_counts
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["design_of", "poisson_responses"]

_MOST_SPIKES = 1e9  # of a trial; more is a mistake, and beyond what Poisson counts are drawn for


def poisson_responses(
    rectifier: Rectifier | str,
    parameters: Mapping[str, Any],
    x: ArrayLike,
    trials: int,
    duration: Any,
    cells: int,
    seed: int = 0,
    regressors: Mapping[str, ArrayLike] | None = None,
) -> xr.Dataset:
    """Poisson counts of cells that are exactly a rectifier.

    Parameters
    ----------
    rectifier : Rectifier or str
    parameters : mapping
        r0 and gains in Hz, shape parameters in units of x.
    x : array (stimulus,)
        Drive.
    trials, duration, cells : int, time (s, or with a unit), int
    seed : int
    regressors : mapping of name to array (stimulus,), optional
        What the rectifier needs of each condition besides the drive.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`.

    Examples
    --------
    >>> responses = poisson_responses("ReLU", {"r0": 1, "gain": 20}, [-1, 0, 1], 5, 1.0, cells=2)
    >>> responses["count"].shape
    (3, 2, 5)
    """
    generator, faults = named_rectifier(rectifier), Faults("poisson_responses")
    drive, trials, duration, cells, seed = design_of(x, trials, duration, cells, seed, faults)
    asked = faults.mapping("parameters", parameters)
    faults.stop()
    known = (*generator.parameter_names, *generator.constants)
    own = Faults(generator.name)
    for name in asked:
        own.require(name in known, f"parameters among {', '.join(known)}", name)
    own.stop()
    beside = faults.mapping("regressors", regressors)
    unknown = [str(name) for name in beside if name not in REGRESSORS]
    faults.require(not unknown, f"regressors among {', '.join(REGRESSORS)}", unknown)
    given = {name: faults.numbers(name, values, drive.shape) for name, values in beside.items()}
    stated = {name: faults.numbers(name, value, drive.shape) for name, value in asked.items()}
    faults.stop()
    needed = {name: given[name] for name in generator.regressors if name in given}
    rate = generator.rate(drive, **stated, **needed)
    most = np.max(rate * duration)
    faults.require(most <= _MOST_SPIKES, f"at most {_MOST_SPIKES:g} spikes of a trial", most)
    faults.stop()
    random = np.random.default_rng(seed)
    count = random.poisson(rate[:, None, None] * duration, (drive.size, cells, trials))
    responses = responses_from_counts(np.repeat(drive[:, None], cells, axis=1), count, duration)
    for name, values in given.items():
        column = np.broadcast_to(values[:, None], responses["drive"].shape)
        responses[REGRESSORS[name]] = responses["drive"].copy(data=column.copy())
    return responses


def design_of(
    x: Any, trials: Any, duration: Any, cells: Any, seed: Any, faults: Faults
) -> tuple[Array, int, float, int, int]:
    """The design of an experiment, noting what cannot be."""
    try:
        duration = in_unit(duration, "s", faults.subject, "duration")
    except InputError as fault:
        faults.add(str(fault).removeprefix(f"{faults.subject}: "))
        duration = 1.0
    drive = faults.numbers("x", x)
    listed = drive.ndim == 1 and drive.size > 0 and np.isfinite(drive).all()
    faults.require(listed or faults.found, "x (stimulus,), finite", x)
    return (
        drive,
        faults.whole("trials", trials),
        faults.number("duration", duration, "> 0 s", lambda s: 0 < s < np.inf),
        faults.whole("cells", cells),
        faults.whole("seed", seed, 0),
    )
