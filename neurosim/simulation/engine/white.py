"""Abstract code of the LIF cell with white noise: exact step, Brownian bridge, crossing time.

DRAW, every other step, hashes the noise of two. STEP advances the free membrane exactly and
compares the exponent of the bridge's crossing probability with an upper bound of an exponential
variate, which costs neither exp nor log. EVENT resolves the few cells in which something may have
happened inside the step: the variate itself is compared, the crossing time drawn, the cell reset at
that time, released after its refractory period, taken through the rest of the step and tested
again.

The crossing time t of a bridge over a step h has t/(h - t) inverse Gaussian with mean
(Vth - V)/|Vth - V'|, and is drawn after Michael, Schucany & Haas (1976).
"""

from __future__ import annotations

__all__ = ["BOUNDS", "EQUATIONS", "EVENT", "NORMALS", "STEP"]

EQUATIONS = """
dv/dt = (mu - v)/tau_m + noise_sd*sqrt(2/tau_m)*xi : volt
kick : volt (constant)            # noise_sd sqrt(1 - exp(-2 dt/tau_m))
steepness : volt**-2 (constant)   # 2/(s^2 sinh(dt/tau_m)), s = sqrt(2) noise_sd
z_even : 1
z_odd : 1
e_even : 1                        # upper bounds of the exponential variates of the bridge
e_odd : 1
"""

NORMALS = {"z_even": "normal_cos", "z_odd": "normal_sin"}
BOUNDS = {"e_even": "bound_c", "e_odd": "bound_d"}

_PAIR = "cell, stimulus, trial, half(t_in_timesteps), 0, seed_low, seed_high"
_NOW = "cell, stimulus, trial, t_in_timesteps, 1, seed_low, seed_high"

STEP = """
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
EVENT = f"""
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
