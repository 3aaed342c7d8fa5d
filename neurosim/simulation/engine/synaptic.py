"""Abstract code of the LIF cell with synaptic (Ornstein-Uhlenbeck) noise.

    tau dv/dt = mu - v + noise,    noise: Ornstein-Uhlenbeck, time constant tau_noise

The pair (v, noise) is advanced by its exact Gaussian transition.  Nothing stops the noise, so the
membrane is linear in it through reset and refractory period: `v` follows, from one release to the
next, the path of a cell that is never reset, and a reset at any time subtracts
(v - v_reset) exp(-elapsed/tau) from the rest of that path.  No new noise is drawn at a spike.
The reset is made in the step that contains the release, its start included and its end not.

Between grid points the path is smooth; given both ends with their slopes its mean is, to leading
order, the cubic of Hermite, about which it spreads by sqrt(q h^3/192) in mid-step (q: variance of
the slope's increments per time).  The cubic is tested against the threshold, and so that the spread
does not cost spikes, a maximum inside the step that misses it by less than a quarter of the spread
is a crossing too (a quarter: measured; it has no unit and depends on no parameter).
"""

from __future__ import annotations

__all__ = ["BOUNDS", "EQUATIONS", "EVENT", "NORMALS", "STEP"]

EQUATIONS = """
dv/dt = (mu - v + noise)/tau_m : volt
dnoise/dt = -noise/tau_noise + noise_sd*sqrt(2*(1 + tau_m/tau_noise)/tau_noise)*xi : volt
tau_noise : second (constant)
feed : 1 (constant)               # of the noise at the step's start into v at its end
decay_noise : 1 (constant)        # exp(-dt/tau_noise)
kick_noise : volt (constant)      # SD of the noise at the step's end, given its start
follow : 1 (constant)             # regression of v's noise on that
kick : volt (constant)            # SD of the rest
near : volt (constant)            # threshold for maxima inside a step
noise_start : volt                # at the beginning of the step
z_even : 1
z_odd : 1
y_even : 1
y_odd : 1
"""

# one hash serves two steps with two normals each
NORMALS = {
    "z_even": "normal_cos",
    "y_even": "normal_sin",
    "z_odd": "other_cos",
    "y_odd": "other_sin",
}
BOUNDS: dict[str, str] = {}

# a cubic lies below the highest of its four control points (Bezier)
STEP = """
jump = kick_noise*by_parity(t_in_timesteps, z_even, z_odd)
own = follow*jump + kick*by_parity(t_in_timesteps, y_even, y_odd)
v_end = mu + (v - mu)*decay + feed*noise + own
noise_end = noise*decay_noise + jump
third = step_in_tau*(1.0/3.0)
early = v + third*(mu - v + noise)
late = v_end - third*(mu - v_end + noise_end)
v_start = v
noise_start = noise
clear = (near - larger(larger(early, late), v_end))/volt
pending = choose(release < t_in_timesteps, clear, release - t_in_timesteps - 1.0)
v = v_end
noise = noise_end
"""


def _restart(n: int, reset: str, position: str, length: str) -> str:
    """Abstract code: path n is path n-1 from `position` (0 to 1) on, reset there if `reset`.

    A path has a base, an end, and its slopes there (rise, fall) in volt per step.
    """
    m = n - 1
    cubic = f"({position}, base{m}, rise{m}*length{m}, end{m}, fall{m}*length{m})"
    return f"""
length{n} = {length}
offset{n} = choose({reset}, cubic_at{cubic} - v_reset, 0*volt)
late_offset{n} = offset{n}*(1.0 - one_minus_exp(length{n}*step_in_tau))
base{n} = cubic_at{cubic} - offset{n}
rise{n} = cubic_slope{cubic}/(length{m} + 1e-30) + step_in_tau*offset{n}
end{n} = end{m} - late_offset{n}
fall{n} = fall{m} + step_in_tau*late_offset{n}
below{n} = v_threshold - base{n}
below_end{n} = v_threshold - end{n}
near{n} = (v_threshold - near)*length{n}
first{n} = first_crossing(below{n}, rise{n}*length{n}, below_end{n}, fall{n}*length{n}, near{n})
"""


# Run for the cells whose control points passed the threshold or whose refractory period ends inside
# the step.  Path 0: the whole step; 1: from its start or the release; 2: from the release after a
# crossing; 3: after a second crossing, not tested again before the next step.
_AT = "choose({0} > 0, ({1})/({2} + 1e-30), 1.0)"  # where a restart is on the path before it

EVENT = f"""
length0 = 1.0
base0 = v_start
end0 = v
rise0 = step_in_tau*(mu - v_start + noise_start)
fall0 = step_in_tau*(mu - v + noise)
since = larger(release - t_in_timesteps, 0.0)
{_restart(1, "release >= t_in_timesteps", "since", "1.0 - since")}
crossed = choose(first1 <= 1, 1.0, 0.0)
crossing1 = since + length1*first1
release1 = crossing1 + rest_steps
left1 = crossed*larger(1.0 - release1, 0.0)
{_restart(2, "left1 > 0", _AT.format("left1", "release1 - since", "length1"), "left1")}
again = choose(left1 > 0, choose(first2 <= 1, 1.0, 0.0), 0.0)
release2 = release1 + length2*first2 + rest_steps
left2 = again*larger(1.0 - release2, 0.0)
{_restart(3, "left2 > 0", _AT.format("left2", "release2 - release1", "length2"), "left2")}
release = choose(crossed > 0, t_in_timesteps + choose(again > 0, release2, release1), release)
crossing = t_in_timesteps + crossing1
v = end3
spike_count += crossed + again
"""
