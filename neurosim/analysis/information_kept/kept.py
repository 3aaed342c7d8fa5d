"""What each rectifier keeps of its input: energy, phase, sparseness, gradient, invariance.

Hadji & Wildes (2018, section 3.2): the absolute value keeps energy and loses phase, ReLU keeps
phase in a sense and loses half of the energy, two paths keep both. Here that is a table over all
rectifiers, for any ensemble of filter responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.analysis.information_kept import measures as measured
from neurosim.analysis.information_kept.ensemble import Ensemble, ensemble_of, outputs_of
from neurosim.analysis.information_kept.pooled import pooling
from neurosim.analysis.information_kept.table import Kept, Unrectified
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_number
from neurosim.models.rectifiers import RECTIFIERS, named_rectifier
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["what_is_kept"]

_POSITIONS = ("pool", "shift")
_ARGUMENTS = {"quadrature": "quadrature", "noise": "drive_noise"}


def what_is_kept(
    x: ArrayLike | xr.DataArray | xr.Dataset,
    rectifiers: Iterable[Rectifier | str] | None = None,
    *,
    quadrature: ArrayLike | None = None,
    drive_noise: ArrayLike | None = None,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
    dims: Sequence[str] | None = None,
    scale: float | None = 1.0,
    noise: float = 0.5,
    pool: int = 8,
    shift: int = 1,
    rest: float = 1e-3,
    output_noise: float = 0.0,
    seed: int = 0,
) -> Kept:
    r"""What each rectifier keeps of an ensemble of filter responses.

    Samples are dealt into 20 blocks (strips of maps; the units of a place stay together). What is
    read off outputs is learnt from one half of the blocks and scored on the other, and in turn;
    standard errors are the jackknife's over blocks, and do not include that of the learning. A
    readout assumes no shape (see `conditional_mean`) and so is a lower bound of what could be read;
    it sees outputs as doubles hold them, so what saturates beyond 1e-16 is lost; beyond the largest
    output learnt from, the largest is what is read.

    **energy kept** explained variance of :math:`x^2` by the conditional mean given the rectifier's
    outputs, all its paths together; 1/2 for ReLU on a Gaussian. For the modulus, too, the energy is
    the drive's own and not the pair's (1/2 on a Gaussian pair).

    **phase kept** of the sign of x read off the same outputs (positive where the conditional mean
    of the sign exceeds its overall mean): hits less false alarms, which is 2 (balanced accuracy)
    - 1. 0 is chance.

    **negative side kept** explained variance of x by the outputs among the samples where x < 0,
    that they are negative being told. For the absolute value it is therefore 1.

    **energy passed** :math:`\sum_k E[f_k^2] / E[x^2]`; of x and its partner together for the
    modulus. NaN where an output is not in the unit of x (squares, powers, shapes that saturate,
    spikes), because the ratio would then depend on that unit.

    **at rest** share of outputs within `rest` of zero, in units of their root mean square.

    **sparseness** :math:`1 - E[|f|]^2 / E[f^2]` over all outputs (Treves & Rolls 1991; Vinje &
    Gallant 2000): 1 - 2/pi for a Gaussian, 1 - 1/pi for its half-wave.

    **dead units** share of units whose output never changes and whose slope is zero for every
    input. NaN without a unit axis. Its standard error is Agresti & Coull's (1998).

    **mean gradient** :math:`E\sqrt{\sum_k f_k'(x)^2}`, output per unit of x as scaled.

    **noise passed** SD of f(x + e) over Gaussian noise e of the SD `noise`, per that SD: root mean
    square over x < 0, paths added in squares. **noise passed (small)** is its limit for weak noise,
    the root mean square of the slope over x < 0.

    **cancellation** under average pooling over squares of `pool` positions:
    1 - :math:`\sum |\mathrm{mean} f| / \sum \mathrm{mean} |f|`, sums over squares, units and paths;
    0 when nothing cancels. NaN without maps.

    **shift change** root mean square change of the pooled outputs when the map is shifted by
    `shift` positions (along rows and along columns), over their root mean square. NaN without maps.

    Parameters
    ----------
    x : array, or DataArray, or Dataset
        Filter responses of any shape and unit. Of a DataArray, dims cell, y and x are units and
        maps and all others are samples. A Dataset has them as `response`, and may have
        `quadrature`; `neurosim.analysis.information_kept.example_ensembles` makes two.
    rectifiers : names or Rectifiers, optional
        Default: all. Those that need what the ensemble lacks are left out, and said to be.
    quadrature : array, as x, optional
        Responses of the quadrature partners, for the modulus.
    drive_noise : float or array, as x, optional
        Measured SD of the noise on the drive, in the unit of x, for the measured-noise threshold.
    parameters : mapping of rectifier name to mapping, optional
        Shape parameters, in units of x as scaled. Default: the rectifiers' defaults.
    dims : sequence of str, optional
        Of an array: the role of each axis, among "unit", "row" and "column"; others are samples.
        Default: all are.
    scale : float or None
        SD of x as the rectifiers get it (over all samples and units); None leaves x as it is.
    noise : float
        In units of x as scaled.
    pool, shift : int
        Positions of the map.
    rest : float
    output_noise : float
        SD of Gaussian noise on the outputs that energy, phase and the negative side are read off,
        per root mean square output. Without any, what is small counts as much as what is large.
    seed : int
        Of that noise, and of how samples are dealt into blocks where they are not maps.

    Returns
    -------
    Kept

    Raises
    ------
    InputError
        For responses that are not finite, not enough or all the same, regressors of another shape,
        unknown rectifiers and parameters, and maps smaller than a pool.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(20_000)
    >>> kept = what_is_kept(x, ["ReLU", "AVR", "CReLU"])
    >>> kept.table[["ConvNet twin", "energy kept", "phase kept"]].round(1)
           ConvNet twin  energy kept  phase kept
    0  no rectification          1.0         1.0
    1              ReLU          0.5         1.0
    2               AVR          1.0         0.0
    3             CReLU          1.0         1.0

    References
    ----------
    Hadji & Wildes 2018, section 3.2.
    """
    faults = Faults("what_is_kept")
    chosen = RECTIFIERS.values() if rectifiers is None else rectifiers
    chosen = faults.several("rectifiers", chosen, "names or Rectifiers", (str, Rectifier, type))
    pool, shift = faults.whole("pool", pool), faults.whole("shift", shift)
    seed, said = faults.whole("seed", seed, 0), faults.mapping("parameters", parameters)
    faults.stop()
    ensemble = ensemble_of(x, quadrature, drive_noise, dims, scale, seed)
    asked = {each.name: each for each in map(named_rectifier, chosen)}
    numbers = {
        "noise": noise,
        "pool": pool,
        "shift": shift,
        "rest": rest,
        "output_noise": output_noise,
    }
    given = _checked(asked, said, ensemble, numbers)
    lacking = {
        name: "needs " + " and ".join(_ARGUMENTS[r] for r in missing)
        for name, each in asked.items()
        if (missing := [r for r in each.regressors if r not in ensemble.regressors])
    }
    rows = [Unrectified(), *(each for name, each in asked.items() if name not in lacking)]
    estimates = []
    for each in rows:
        outputs = outputs_of(each, ensemble, given.get(each.name, {}))
        estimates.append(
            {
                **measured.readouts(outputs, ensemble, output_noise, seed),
                **measured.at_rest(outputs, ensemble, rest),
                **measured.gradient(outputs, ensemble),
                **pooling(outputs, ensemble, pool, shift),
                "energy passed": measured.energy_passed(outputs, ensemble),
                "sparseness": measured.sparseness(outputs, ensemble),
                "noise passed": measured.noise_passed(outputs, ensemble, noise),
            }
        )
    settings = {
        **numbers,
        "scale": scale,
        "sd": ensemble.sd,
        "mapped": ensemble.mapped,
        "parameters": given,
    }
    return Kept(rows, estimates, lacking, _subject(ensemble), settings)


def _checked(
    asked: Mapping[str, Rectifier],
    parameters: Mapping[str, Mapping[str, float]],
    ensemble: Ensemble,
    numbers: Mapping[str, float],
) -> dict[str, dict[str, float]]:
    """Parameters by biological name, once everything is found to be possible."""
    faults = Faults("what_is_kept")
    for name, least, most in (("noise", 1e-12, 1e12), ("rest", 0, 1), ("output_noise", 0, 1e12)):
        value = numbers[name]
        inside = is_number(value) and least <= value <= most
        faults.require(inside, f"{name} in [{least:g}, {most:g}]", value)
    if ensemble.mapped:
        least, size = sum(int(numbers[k]) for k in _POSITIONS), ensemble.x.shape[2:]
        faults.require(
            min(size) >= least,
            f"maps of at least {least} x {least} positions (pool and shift)",
            f"{size[0]} x {size[1]}",
            "a smaller pool",
        )
    found = {}
    for name, given in parameters.items():
        values = faults.mapping(f"parameters of {name}", given)
        each = named_rectifier(name)
        faults.require(each.name in asked, "parameters of rectifiers that are measured", name)
        known = ", ".join(each.parameters) or "none"
        for key, value in values.items():
            if faults.require(key in each.parameters, f"{each.name} with {known}", key):
                p = each.parameters[key]
                inside = is_number(value) and p.low <= value <= p.high and abs(value) < np.inf
                faults.require(inside, f"{each.name}: {key} in [{p.low:g}, {p.high:g}]", value)
        found[each.name] = dict(values)
    faults.stop()
    return found


def _subject(ensemble: Ensemble) -> str:
    units, samples, rows, columns = ensemble.x.shape
    parts = []
    if "unit" in ensemble.axes:
        parts.append(f"{units:,} units")
    if "sample" in ensemble.axes:
        parts.append(f"{samples:,} samples")
    if ensemble.mapped:
        parts.append(f"{rows} x {columns} positions")
    return f"{ensemble.name}: " + " x ".join(parts)
