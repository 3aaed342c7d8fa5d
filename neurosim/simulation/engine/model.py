"""The LIF cell as a Brian2 group: equations with units, and the exact step as abstract code.

`white` and `synaptic` hold what depends on the noise: its equations, the step, and what is done for
the cells in which something may have happened inside a step. Brian2 generates C++, Cython and NumPy
from this one text.
"""

from __future__ import annotations

import re
from typing import Any

from brian2 import Function, Network, NeuronGroup, StateUpdateMethod
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import get_device

from neurosim.simulation.engine import primitives, synaptic, white
from neurosim.simulation.engine.build_key import HERE
from neurosim.simulation.engine.protocol import Model

__all__ = ["functions", "population"]

_HASH: dict[str, Any] = {
    "arg_units": [1] * 7,
    "return_unit": 1,
    "arg_types": ["integer"] * 7,
    "return_type": "float",
}
_CUBIC: dict[str, Any] = {
    "arg_units": [1] + [None] * 4,
    "return_unit": lambda x, y, m, z, n: y,
    "arg_types": ["float"] * 5,
    "return_type": "float",
}
_SIGNATURES: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        (
            "normal_cos",
            "normal_sin",
            "other_cos",
            "other_sin",
            "exponential_c",
            "exponential_d",
            "bound_c",
            "bound_d",
            "uniform_c",
        ),
        _HASH,
    ),
    "one_minus_exp": {
        "arg_units": [1],
        "return_unit": 1,
        "arg_types": ["float"],
        "return_type": "float",
    },
    "choose": {
        "arg_units": [None, None, None],
        "return_unit": lambda condition, yes, no: yes,
        "arg_types": ["boolean", "float", "float"],
        "return_type": "float",
    },
    "larger": {
        "arg_units": [None, None],
        "return_unit": lambda x, y: x,
        "arg_types": ["float", "float"],
        "return_type": "float",
    },
    "by_parity": {
        "arg_units": [1, None, None],
        "return_unit": lambda step, even, odd: even,
        "arg_types": ["integer", "float", "float"],
        "return_type": "float",
    },
    "cosine": {
        "arg_units": [1],
        "return_unit": 1,
        "arg_types": ["float"],
        "return_type": "float",
    },
    "cubic_at": _CUBIC,
    "cubic_slope": _CUBIC,
    "first_crossing": {
        "arg_units": [None] * 5,
        "return_unit": 1,
        "arg_types": ["float"] * 5,
        "return_type": "float",
    },
    "half": {
        "arg_units": [1],
        "return_unit": 1,
        "arg_types": ["integer"],
        "return_type": "integer",
    },
}
_CYTHON = {"integer": "int64_t", "float": "double", "boolean": "bint"}

_EQUATIONS = """
mu : volt                         # mean free potential
tau_m : second (constant)
noise_sd : volt (constant)        # of the free membrane potential
v_threshold : volt (constant)
v_reset : volt (constant)
rest_steps : 1 (constant)         # in steps
step_in_tau : 1 (constant)        # dt/tau_m
decay : 1 (constant)              # exp(-dt/tau_m)
v_start : volt                    # at the beginning of the step
release : 1                       # end of the refractory period, in steps since 0
pending : 1                       # negative: something happened inside the step
spike_count : 1
crossing : 1                      # latest step's (first) threshold crossing, in steps since 0
cell : integer (constant)
stimulus : integer (constant)
trial : integer (constant)
seed_low : integer (shared, constant)
seed_high : integer (shared, constant)
"""

# a drifting or counterphase grating seen through a linear filter; at the step's midpoint
_SINUSOID_EQUATIONS = """
mean : volt (constant)
amplitude : volt (constant)
turns_per_step : 1 (constant)
turns : 1 (constant)
"""
_SINUSOID = "mu = mean + amplitude*cosine(turns_per_step*(t_in_timesteps + 0.5) + turns)"

_SHARED_EQUATIONS = """
own_weight : 1 (shared, constant)      # sqrt(1 - correlation)
common_weight : 1 (shared, constant)   # sqrt(correlation)
"""

# counter words of a pair of steps: a cell's own, and those of the noise that all cells of its
# stimulus and trial share; -1 is the cell word 0xFFFFFFFF, which no cell has
_OWN = "(cell, stimulus, trial, half(t_in_timesteps), 0, seed_low, seed_high)"
_COMMON = "(-1, stimulus, trial, half(t_in_timesteps), 0, seed_low, seed_high)"


def _draw(noise: Any, shared: bool) -> str:
    """Abstract code of the random numbers of two steps.

    Noise is shared at the grid points. Given the paths there, everything between (crossings, their
    times, the rest of a step after one) is independent from cell to cell.
    """
    lines = [f"{n}_common = {f}{_COMMON}" for n, f in noise.NORMALS.items()] if shared else []
    for name, function in noise.NORMALS.items():
        own = f"{function}{_OWN}"
        mixed = f"own_weight*{own} + common_weight*{name}_common"
        lines.append(f"{name} = {mixed if shared else own}")
    return "\n".join(lines + [f"{name} = {f}{_OWN}" for name, f in noise.BOUNDS.items()])


class _ExactStep(StateUpdateMethod):
    """Exact Gaussian transition of a linear membrane, with its test for events inside the step."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __call__(self, equations: Any, variables: Any = None, method_options: Any = None) -> str:
        return self._code


def _split_writes(code: list[str]) -> tuple[str, list[tuple[str, str, str]]]:
    """Brian2's vector code without its last array writes, and those as (array, variable, type)."""
    write = re.compile(r"^\s*(\w+)\[_idx\] = (\w+);\s*$")
    lines = "\n".join(code).splitlines()
    found = [(line, write.match(line)) for line in lines]
    rest = "\n".join(line for line, match in found if match is None)
    return rest, [(match[1], match[2], "double") for _, match in found if match is not None]


class _EventCodeObject(CPPStandaloneCodeObject):
    """Brian2's C++ code objects, with loops over events that the compiler can vectorise."""

    templater = CPPStandaloneCodeObject.templater.derive(
        __package__, env_globals={"split_writes": _split_writes}
    )


def functions() -> dict[str, Function]:
    """The functions of lif_bridge.h, each in C++, Cython and NumPy."""
    header = f'"{HERE / "lif_bridge.h"}"'
    made = {}
    for name, signature in _SIGNATURES.items():
        twin = getattr(primitives, name)
        function = Function(twin, arg_names=None, stateless=True, **signature)
        function.implementations.add_implementation(
            "cpp", code="", name=name, compiler_kwds={"headers": [header]}
        )
        takes = ", ".join(_CYTHON[t] for t in signature["arg_types"])
        gives = _CYTHON[signature["return_type"]]
        declared = f"cdef extern from {header}:\n    {gives} {name}({takes}) nogil\n"
        function.implementations.add_implementation("cython", name=name, code=declared)
        function.implementations.add_numpy_implementation(twin, discard_units=True)
        made[name] = function
    return made


def population(size: int, dt: Any, model: Model) -> tuple[NeuronGroup, Network]:
    """A network of `size` cells; all that tells one run from another is data in its arrays.

    Parameters
    ----------
    size : int
    dt : Quantity
        Of the clock alone: the step that counts is in the cells' constants.
    model : Model
        What is compiled in.
    """
    standalone = type(get_device()).__name__ == "CPPStandaloneDevice"
    noise: Any = synaptic if model.synaptic else white
    equations = _EQUATIONS + noise.EQUATIONS + _SINUSOID_EQUATIONS * model.sinusoid
    group = NeuronGroup(
        size,
        equations + _SHARED_EQUATIONS * model.shared,
        method=_ExactStep(noise.STEP),
        dt=dt,
        name="lif",
        events={"inside": "pending < 0"},
        namespace=functions(),
        codeobj_class=_EventCodeObject if standalone else None,
    )
    group.run_on_event("inside", noise.EVENT)
    group.run_regularly(_draw(noise, model.shared), dt=2 * dt, when="start", name="lif_draw")
    if model.sinusoid:
        group.run_regularly(_SINUSOID, when="start", name="lif_drive")
    return group, Network(group, name="lif_network")
