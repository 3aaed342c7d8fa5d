r"""The leaky integrate-and-fire cell: its parameters, its equations, its firing rate.

.. math:: \tau_m \frac{dV}{dt} = \mu - V + \sigma\sqrt{2\tau_m}\,\xi(t)

V is reset to v_reset and held there for t_ref whenever it crosses v_threshold. sigma is
`noise_sd`: the standard deviation of the free membrane potential (threshold removed).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.units import in_unit
from neurosim.models.cells.published import PRESETS
from neurosim.models.rectifiers.siegert import rate_synaptic_noise, rate_synaptic_noise_slope

__all__ = ["LIF", "SlowSynapsesWarning"]

_UNITS = {
    "tau_m": "s",
    "v_rest": "mV",
    "v_threshold": "mV",
    "v_reset": "mV",
    "t_ref": "s",
    "noise_sd": "mV",
    "tau_noise": "s",
}

_MOST = 1000.0  # mV from zero: beyond any membrane, and what a wrong unit gives

_SLOW = 0.2  # tau_noise over tau_m, up to which the first order is within some per cent

# Ranges of the sampled population; see LIF.sample_v1
_NOISE_SD_RANGE = (2.7, 7.2)  # mV
_DISTANCE_RANGE = (1.0, 4.0)  # noise SDs


class SlowSynapsesWarning(UserWarning):
    """A formula for fast synapses is asked about slow ones."""


@dataclass(frozen=True, eq=False)
class LIF:
    """Leaky integrate-and-fire cells; each parameter is one number, or one per cell.

    Parameters
    ----------
    tau_m : float or array (cell,)
        Membrane time constant, s (or a Brian2 quantity, or text such as ``"20 ms"``).
    v_rest : float or array (cell,)
        Mean potential without drive, mV.
    v_threshold, v_reset : float or array (cell,)
        mV.
    t_ref : float or array (cell,)
        Refractory period, s.
    noise_sd : float or array (cell,)
        Standard deviation of the free membrane potential, mV; 0 for none. (Siegert's sigma is
        sqrt(2) times this.)
    tau_noise : float or array (cell,)
        Correlation time of the noise, s: 0 is white noise on the membrane, more is the noise of
        synapses (an Ornstein-Uhlenbeck current).

    Raises
    ------
    InputError
        Naming every parameter that cannot be.

    Examples
    --------
    >>> cell = LIF(tau_m="20 ms", noise_sd=4)
    >>> cell
    <LIF: tau_m 0.02 s, v_rest -70 mV, v_threshold -50 mV, v_reset -60 mV, t_ref 0.002 s, \
noise_sd 4 mV, tau_noise 0 s>
    >>> cell.rate([-70, -55, -45]).round(3)
    array([ 0.   , 11.676, 48.377])
    """

    tau_m: Any = 0.02
    v_rest: Any = -70.0
    v_threshold: Any = -50.0
    v_reset: Any = -60.0
    t_ref: Any = 0.002
    noise_sd: Any = 3.0
    tau_noise: Any = 0.0

    def __post_init__(self) -> None:
        for name, unit in _UNITS.items():
            object.__setattr__(self, name, in_unit(getattr(self, name), unit, "LIF", name))
        faults = Faults("LIF")
        sizes = {np.size(getattr(self, n)) for n in _UNITS if np.ndim(getattr(self, n)) > 0}
        faults.require(len(sizes) <= 1, "one value or one per cell", f"sizes {sorted(sizes)}")
        for name, unit in _UNITS.items():
            values = np.asarray(getattr(self, name))
            faults.require(values.ndim <= 1, f"{name} as a number or a list", values.shape)
            faults.require(np.isfinite(values).all(), f"{name} finite", _brief(values))
            faults.require(values.size > 0, f"{name} for at least one cell", "none")
            if unit == "mV":
                far = np.abs(values) > _MOST
                faults.require(
                    not far.any(),
                    f"{name} within {_MOST:g} mV of zero",
                    _brief(values),
                    "potentials are in mV",
                )
            if name == "tau_m":
                faults.require((values > 0).all(), f"{name} > 0 {unit}", _brief(values))
            if name in ("tau_m", "t_ref"):  # noise may be as slow as it likes
                short = (values < 1).all()
                faults.require(short, f"{name} < 1 s", _brief(values), "times are in seconds")
            if name in ("t_ref", "noise_sd", "tau_noise"):
                faults.require((values >= 0).all(), f"{name} >= 0 {unit}", _brief(values))
        if len(sizes) <= 1:
            faults.require(
                np.all(np.asarray(self.v_reset) < self.v_threshold),
                "v_reset below v_threshold",
                f"{_brief(self.v_reset)} and {_brief(self.v_threshold)} mV",
            )
        faults.stop()

    def __repr__(self) -> str:
        shown = (f"{name} {_brief(getattr(self, name))} {unit}" for name, unit in _UNITS.items())
        return f"<LIF: {', '.join(shown)}>"

    @property
    def cells(self) -> int | None:
        """How many cells the parameters are for; None when every one is a single number."""
        sizes = [np.size(getattr(self, n)) for n in _UNITS if np.ndim(getattr(self, n))]
        return sizes[0] if sizes else None

    @classmethod
    def preset(cls, name: str, **changed: Any) -> LIF:
        """Parameters from the literature (`neurosim.models.cells.published`, with citations).

        Parameters
        ----------
        name : str
        **changed
            Parameters to have otherwise.

        Examples
        --------
        >>> LIF.preset("brunel-hakim-1999").v_threshold
        20.0
        """
        faults = Faults("LIF.preset")
        faults.one_of("name", name, PRESETS)
        faults.stop()
        return cls(**{**PRESETS[name].parameters, **changed})

    @classmethod
    def sample_v1(cls, cells: int, seed: int = 0, **fixed: Any) -> LIF:
        """A heterogeneous population: noise and distance to threshold differ between cells.

        The noise is uniform between 2.7 and 7.2 mV: the 5th to 95th percentile of the membrane's
        standard deviation over 628 episodes of ten of the visual-cortex cells in the data
        released with Zerlaut et al. (2016, J Physiol 594:3791). The distance from rest to threshold
        is uniform between 1 and 4 standard deviations of that noise, where the smoothed threshold
        acts as a power of 1.4 to 4.4 (Miller & Troyer 2002), around the 2 to 4 of single units.
        What varies is `v_rest` (the balance of background input); threshold and reset are shared.

        Parameters
        ----------
        cells : int
        seed : int
        **fixed
            Any other `LIF` parameter.

        Examples
        --------
        >>> population = LIF.sample_v1(3, seed=1)
        >>> population.noise_sd.round(2)
        array([5.  , 6.98, 3.35])
        """
        faults = Faults("LIF.sample_v1")
        cells, seed = faults.whole("cells", cells), faults.whole("seed", seed, 0)
        for name in ("noise_sd", "v_rest"):
            faults.require(name not in fixed, f"no {name} (it is sampled)", fixed.get(name))
        faults.stop()
        random = np.random.default_rng(seed)
        noise_sd = random.uniform(*_NOISE_SD_RANGE, size=cells)
        distance = noise_sd * random.uniform(*_DISTANCE_RANGE, size=cells)
        shared = cls(**fixed)
        return cls(
            **{**fixed, "noise_sd": noise_sd, "v_rest": np.asarray(shared.v_threshold) - distance}
        )

    def rate(self, mean_potential: ArrayLike) -> Array:
        """Steady firing rate at a mean free potential.

        Siegert (1951) for white noise, Fourcaud & Brunel (2002) to first order for synaptic noise,
        the deterministic formula for none; see `neurosim.models.rectifiers.siegert`. The first
        order is good for synapses much faster than the membrane: with a tau_noise above a fifth of
        tau_m a `SlowSynapsesWarning` says so (against simulation -6 % at a quarter, -19 % at a
        half, -43 % at tau_m itself), and `neurosim.simulate` has no such limit.

        Parameters
        ----------
        mean_potential : float or array (..., cell)
            Of the free membrane, mV: v_rest + baseline + gain * drive.

        Returns
        -------
        ndarray
            Hz, broadcast against the parameters.
        """
        mean = self._mean(mean_potential, "LIF.rate")
        self._warn_of_slow_synapses("LIF.rate")
        return rate_synaptic_noise(mean, **self._firing())

    def rate_slope(self, mean_potential: ArrayLike) -> Array:
        """Derivative of `rate` by the mean free potential, Hz/mV; same arguments and shape."""
        mean = self._mean(mean_potential, "LIF.rate_slope")
        self._warn_of_slow_synapses("LIF.rate_slope")
        return rate_synaptic_noise_slope(mean, **self._firing())

    def _mean(self, given: Any, subject: str) -> Any:
        """A mean potential, mV, that broadcasts against the cells."""
        mean = in_unit(given, "mV", subject, "mean_potential")
        faults, last = Faults(subject), np.shape(mean)[-1:]
        fits = self.cells in (None, 1) or last in ((), (1,), (self.cells,))
        faults.require(fits, f"mean_potential (..., {self.cells})", np.shape(mean))
        faults.stop()
        return mean

    def _warn_of_slow_synapses(self, subject: str) -> None:
        ratio = np.max(np.asarray(self.tau_noise) / np.asarray(self.tau_m))
        if ratio > _SLOW and np.any(np.asarray(self.noise_sd) > 0):
            warnings.warn(
                f"{subject}: expected tau_noise up to {_SLOW:g} tau_m, got {ratio:.3g} tau_m, "
                "where the formula, of first order, is too low (-6 % at 0.25 tau_m, -43 % at "
                "tau_m); simulate has no such limit",
                SlowSynapsesWarning,
                stacklevel=3,
            )

    def _firing(self) -> dict[str, Any]:
        """What the rate depends on besides the mean potential."""
        return {name: getattr(self, name) for name in _UNITS if name != "v_rest"}

    def parameters(self) -> dict[str, tuple[Any, str]]:
        """Every parameter with its unit."""
        return {
            field.name: (getattr(self, field.name), _UNITS[field.name]) for field in fields(self)
        }


def _brief(values: Any) -> str:
    """A number, or the range of several."""
    array = np.asarray(values)
    if array.ndim == 0:
        return f"{array:g}"
    return f"{array.min():g}..{array.max():g}" if array.size else "none"
