"""Cells given as Brian2 equations, for what the LIF cell leaves out.

They are run on the plain time grid: the threshold is tested at grid points only, which biases the
rates of noisy cells by an amount of order sqrt(dt/tau).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosim.base.errors import Faults
from neurosim.base.units import in_unit

__all__ = ["BrianCell", "adaptive_lif", "exponential_if"]


@dataclass(frozen=True)
class BrianCell:
    """A spiking cell in Brian2's language.

    Parameters
    ----------
    equations : str
        With the driven variable among them as a parameter in volt; noise as ``xi``.
    threshold, reset : str
        As for `brian2.NeuronGroup`.
    refractory : str
        A time, such as ``"2 ms"``.
    driven : str
        The variable that is set to baseline + gain * drive, mV.
    start : mapping of variable to str
        Initial values, such as ``{"v": "-70 mV"}``.
    constants : mapping of name to str
        Numbers with units, such as ``{"tau": "20 ms"}``.
    method : str
        An explicit integration method of Brian2's: euler, heun, milstein, rk2, rk4.
    source : str
        Where the model is from.

    Raises
    ------
    InputError
        When the driven variable is not among the equations, or the method is not explicit.

    Examples
    --------
    >>> cell = BrianCell(
    ...     "dv/dt = (mu - v)/tau + sd*sqrt(2/tau)*xi : volt (unless refractory)\\n mu : volt",
    ...     threshold="v > -50*mV", reset="v = -60*mV",
    ...     constants={"tau": "20 ms", "sd": "3 mV"}, start={"v": "-70 mV"},
    ... )
    >>> cell.driven
    'mu'
    """

    equations: str
    threshold: str
    reset: str
    refractory: str = "0 ms"
    driven: str = "mu"
    start: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    method: str = "euler"
    source: str = ""

    def __post_init__(self) -> None:
        faults = Faults("BrianCell")
        for name in ("equations", "threshold", "reset", "refractory", "driven", "source"):
            faults.kind(name, getattr(self, name), str, "text")
        for name in ("start", "constants"):
            given = faults.mapping(name, getattr(self, name))
            told = all(isinstance(each, str) for each in (*given, *given.values()))
            faults.require(told, f"{name} as a mapping of text to text", given)
        faults.stop()
        named = [line.split(":")[0].strip() for line in self.equations.splitlines() if ":" in line]
        faults.require(
            self.driven in named,
            f"a line '{self.driven} : volt' in the equations",
            named,
            "it is what the drive sets",
        )
        explicit = ("euler", "heun", "milstein", "rk2", "rk4")
        faults.one_of("method", self.method, explicit)
        faults.stop()


def adaptive_lif(noise_sd: Any = "3 mV", adaptation: Any = "2 mV") -> BrianCell:
    """A LIF cell with an adaptation current that jumps at each spike (Treves 1993).

    Treves 1993, Network 4:259. Membrane 20 ms, adaptation 100 ms; threshold -50, reset -60 mV.

    Examples
    --------
    >>> adaptive_lif().source
    'Treves 1993, Network 4:259'
    """
    return BrianCell(
        """dv/dt = (mu - w - v)/tau_m + noise_sd*sqrt(2/tau_m)*xi : volt (unless refractory)
        dw/dt = -w/tau_w : volt
        mu : volt""",
        threshold="v > v_threshold",
        reset="v = v_reset; w += jump",
        refractory="2 ms",
        start={"v": "-70 mV", "w": "0 mV"},
        constants={
            "tau_m": "20 ms",
            "tau_w": "100 ms",
            "v_threshold": "-50 mV",
            "v_reset": "-60 mV",
            "noise_sd": _potential(noise_sd, "adaptive_lif", "noise_sd", 0.0),
            "jump": _potential(adaptation, "adaptive_lif", "adaptation"),
        },
        source="Treves 1993, Network 4:259",
    )


def exponential_if(noise_sd: Any = "3 mV", sharpness: Any = "2 mV") -> BrianCell:
    """An exponential integrate-and-fire cell: spikes start at a soft threshold of -50 mV.

    Fourcaud-Trocme, Hansel, van Vreeswijk & Brunel 2003, J Neurosci 23:11628.

    Examples
    --------
    >>> exponential_if().driven
    'mu'
    """
    return BrianCell(
        """dv/dt = (mu - v + sharp*exp((v - v_soft)/sharp))/tau_m
                   + noise_sd*sqrt(2/tau_m)*xi : volt (unless refractory)
        mu : volt""",
        threshold="v > -30*mV",
        reset="v = v_reset",
        refractory="2 ms",
        start={"v": "-70 mV"},
        constants={
            "tau_m": "20 ms",
            "v_soft": "-50 mV",
            "v_reset": "-60 mV",
            "noise_sd": _potential(noise_sd, "exponential_if", "noise_sd", 0.0),
            "sharp": _potential(sharpness, "exponential_if", "sharpness", 1e-3),
        },
        source="Fourcaud-Trocme et al. 2003, J Neurosci 23:11628",
    )


def _potential(given: Any, subject: str, name: str, least: float = -math.inf) -> str:
    """A potential as Brian2 reads it; a bare number is in mV."""
    size = in_unit(given, "mV", subject, name)
    faults = Faults(subject)
    reach = "as one finite potential, mV" if least == -math.inf else f">= {least:g} mV"
    faults.number(name, size, reach, lambda value: least <= value and math.isfinite(value))
    faults.stop()
    return given if isinstance(given, str) else f"{size!r} mV"
