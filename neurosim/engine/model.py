"""The LIF cell as a Brian2 group: equations with units, and the exact step as abstract code.

Each step has up to three pieces. DRAW, every other step, hashes the noise of two. STEP advances the
free membrane exactly and compares the exponent of the bridge's crossing probability with an upper
bound of an exponential variate, which costs neither exp nor log. EVENT resolves the few cells in
which something may have happened inside the step: the variate itself is compared, the crossing time
drawn, the cell reset at that time, released after its refractory period, taken through the rest of
the step and tested again. Brian2 generates C++, Cython and NumPy from this one text.

The crossing time t of a bridge over a step h has t/(h - t) inverse Gaussian with mean
(Vth - V)/|Vth - V'|, and is drawn after Michael, Schucany & Haas (1976).
"""

from __future__ import annotations

import re
from typing import Any

from brian2 import Function, Network, NeuronGroup, StateUpdateMethod
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import get_device

from neurosim.engine import primitives
from neurosim.engine.cache import HERE

__all__ = ["functions", "population"]

_HASH: dict[str, Any] = {
    "arg_units": [1] * 7,
    "return_unit": 1,
    "arg_types": ["integer"] * 7,
    "return_type": "float",
}
_SIGNATURES: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        ("normal_cos", "normal_sin", "exponential_c", "exponential_d", "bound_c", "bound_d",
         "uniform_c"), _HASH,
    ),
    "one_minus_exp": {
        "arg_units": [1], "return_unit": 1, "arg_types": ["float"], "return_type": "float",
    },
    "choose": {
        "arg_units": [None, None, None], "return_unit": lambda condition, yes, no: yes,
        "arg_types": ["boolean", "float", "float"], "return_type": "float",
    },
    "larger": {
        "arg_units": [None, None], "return_unit": lambda x, y: x,
        "arg_types": ["float", "float"], "return_type": "float",
    },
    "by_parity": {
        "arg_units": [1, None, None], "return_unit": lambda step, even, odd: even,
        "arg_types": ["integer", "float", "float"], "return_type": "float",
    },
    "cosine": {
        "arg_units": [1], "return_unit": 1, "arg_types": ["float"], "return_type": "float",
    },
    "half": {
        "arg_units": [1], "return_unit": 1, "arg_types": ["integer"], "return_type": "integer",
    },
}  # fmt: skip
_CYTHON = {"integer": "int64_t", "float": "double", "boolean": "bint"}

_EQUATIONS = """
dv/dt = (mu - v)/tau_m + noise_sd*sqrt(2/tau_m)*xi : volt
mu : volt                         # mean free potential
tau_m : second (constant)
noise_sd : volt (constant)        # of the free membrane potential
v_threshold : volt (constant)
v_reset : volt (constant)
rest_steps : 1 (constant)         # in steps
step_in_tau : 1 (constant)        # dt/tau_m
decay : 1 (constant)              # exp(-dt/tau_m)
kick : volt (constant)            # noise_sd sqrt(1 - exp(-2 dt/tau_m))
steepness : volt**-2 (constant)   # 2/(s^2 sinh(dt/tau_m)), s = sqrt(2) noise_sd
v_start : volt                    # at the beginning of the step
release : 1                       # end of the refractory period, in steps since 0
pending : 1                       # negative: something happened inside the step
spike_count : 1
crossing : 1                      # latest step's (first) threshold crossing, in steps since 0
z_even : 1
z_odd : 1
e_even : 1                        # upper bounds of the exponential variates of the bridge
e_odd : 1
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

_PAIR = "cell, stimulus, trial, half(t_in_timesteps), 0, seed_low, seed_high"
_NOW = "cell, stimulus, trial, t_in_timesteps, 1, seed_low, seed_high"

# one hash and one Box-Muller pair serve two steps
_DRAW = f"""
z_even = normal_cos({_PAIR})
z_odd = normal_sin({_PAIR})
e_even = bound_c({_PAIR})
e_odd = bound_d({_PAIR})
"""

_STEP = """
barrier = v_threshold + (v_threshold - mu)*(step_in_tau*step_in_tau*(1.0/12.0))
v_free = mu + (v - mu)*decay + kick*by_parity(t_in_timesteps, z_even, z_odd)
exponent = steepness*larger(barrier - v, 0*volt)*(barrier - v_free)
margin = exponent - by_parity(t_in_timesteps, e_even, e_odd)
v_start = v
pending = choose(release <= t_in_timesteps, margin, release - t_in_timesteps - 1.0)
v = choose(release <= t_in_timesteps, v_free, v)
"""


def _segment(n: int, length: str, start: str, noise: str) -> str:
    """Abstract code: exact transition over part of a step, and its bridge's steepness and gaps."""
    return f"""
h{n} = {length}*step_in_tau
f{n} = one_minus_exp(h{n})
g{n} = f{n}*(2.0 - f{n})
end{n} = {start} + (mu - {start})*f{n} + noise_sd*sqrt(g{n})*{noise}
steep{n} = 2.0*(1.0 - f{n})/(noise_sd*noise_sd*(g{n} + 1e-30))
barrier{n} = v_threshold + (v_threshold - mu)*(h{n}*h{n}*(1.0/12.0))
gap{n} = larger(barrier{n} - {start}, 1e-15*volt)
gap_end{n} = barrier{n} - end{n}
"""


# For the cells whose bound was passed or whose refractory period ends inside the step. Segment 1
# goes from the start of the step (or the release) to its end; segment 2 from the release after a
# crossing to the end. A crossing in segment 2 is rare (see `cells.second_spike_chance`): it is put
# where it would be without noise, and the cell stays at reset until the step ends.
_EVENT = f"""
z = by_parity(t_in_timesteps, z_even, z_odd)
e = by_parity(t_in_timesteps, exponential_c({_PAIR}), exponential_d({_PAIR}))
since = larger(release - t_in_timesteps, 0.0)
{_segment(1, "(1.0 - since)", "v_start", "z")}
crossed = choose(steep1*gap1*gap_end1 < e, 1.0, 0.0)
normal = normal_cos({_NOW})
slope = abs(gap_end1)/gap1
spread = normal*normal/(steep1*gap1*gap1*slope + 1e-30)
root = 1.0/(1.0 + spread + sqrt(spread*(spread + 2.0)))
ratio = choose(uniform_c({_NOW})*(1.0 + root) <= 1.0, root, 1.0/root)
crossing1 = since + (1.0 - since)*ratio/(ratio + slope)
release1 = crossing1 + rest_steps
left = larger(1.0 - release1, 0.0)
{_segment(2, "left", "v_reset", f"normal_sin({_NOW})")}
possible = choose(left > 0, crossed, 0.0)
again = choose(steep2*gap2*gap_end2 < exponential_d({_NOW}), possible, 0.0)
release2 = release1 + left*gap2/(gap2 + abs(gap_end2)) + rest_steps
release = t_in_timesteps + choose(crossed > 0, choose(again > 0, release2, release1), since)
crossing = t_in_timesteps + crossing1
v = choose(crossed > 0, choose(again > 0, v_reset, end2), end1)
spike_count += crossed + again
"""


class _ExactBridge(StateUpdateMethod):
    """Exact Gaussian transition of a linear membrane, with the bridge's crossing exponent."""

    def __call__(self, equations: Any, variables: Any = None, method_options: Any = None) -> str:
        return _STEP


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


def population(size: int, dt: Any, sinusoid: bool = False) -> tuple[NeuronGroup, Network]:
    """A network of `size` cells; all that tells one run from another is data in its arrays.

    Parameters
    ----------
    size : int
    dt : Quantity
        A placeholder: the step is in the cells' constants.
    sinusoid : bool
        Whether the mean potential is a sinusoid in time, taken at the middle of each step.
    """
    standalone = type(get_device()).__name__ == "CPPStandaloneDevice"
    group = NeuronGroup(
        size,
        _EQUATIONS + _SINUSOID_EQUATIONS * sinusoid,
        method=_ExactBridge(),
        dt=dt,
        name="lif",
        events={"inside": "pending < 0"},
        namespace=functions(),
        codeobj_class=_EventCodeObject if standalone else None,
    )
    group.run_on_event("inside", _EVENT)
    group.run_regularly(_DRAW, dt=2 * dt, when="start", name="lif_draw")
    if sinusoid:
        group.run_regularly(_SINUSOID, when="start", name="lif_drive")
    return group, Network(group, name="lif_network")
