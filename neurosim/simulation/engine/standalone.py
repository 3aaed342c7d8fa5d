"""Builds the C++ worker with Brian2's C++ standalone mode; a program.

Arguments: FOLDER and the words of a Model.

It runs in a process of its own, so that `set_device` and the preferences touch nobody. Brian2 bakes
group size and duration into its sources; here the size is one padded block, and the network's code
objects are run by a loop that reads the number of steps, and everything else, from a pipe.
(`Network.run` reads the processor's clock at every step, which costs half a microsecond.)
"""

from __future__ import annotations

import sys

from neurosim.base.child_processes import end_with_parent
from neurosim.base.processors import processors
from neurosim.simulation.engine.build_key import FLAGS, HERE
from neurosim.simulation.engine.protocol import BLOCK, DRIVE, LOAD, Model, arrays, numbers

__all__ = ["build"]

_LOOP = """
while (lif_pipe::request()) {{
    if (lif_pipe::kind == {LOAD}) {{
        {receive}
        for (int k = 0; k < {BLOCK}; k++) _array_lif_spike_count[k] = 0;
        _array_lif_seed_low[0] = (int32_t)lif_pipe::seed_low;
        _array_lif_seed_high[0] = (int32_t)lif_pipe::seed_high;
        continue;
    }}
    std::vector<double> who, when;
    double *seen = NULL;
    if (lif_pipe::times) {{
        seen = new double[{BLOCK}];
        for (int i = 0; i < {BLOCK}; i++) seen[i] = _array_lif_spike_count[i];
    }}
    _array_lif_clock_dt[0] = lif_pipe::dt;
    for (int64_t k = lif_pipe::first_step; k < lif_pipe::first_step + lif_pipe::steps; k++) {{
        if ((k & 63) == 0) lif_pipe::end_with_host();
        if (lif_pipe::kind == {DRIVE}) lif_pipe::receive(_array_lif_mu, {BLOCK});
        _array_lif_clock_timestep[0] = k;
        _array_lif_clock_t[0] = (double)k * lif_pipe::dt;
        _array_lif_draw_clock_timestep[0] = k / 2;
        for (size_t j = 0; j < lif_network.objects.size(); j++)
            if (k % 2 == 0 || lif_network.objects[j].first != &lif_draw_clock)
                lif_network.objects[j].second();
        for (int e = 0; seen && e < _array_lif__insidespace[{BLOCK}]; e++) {{
            const int i = _array_lif__insidespace[e];
            for (int spike = 0; seen[i] < _array_lif_spike_count[i]; seen[i]++, spike++) {{
                who.push_back(i);
                when.push_back(spike ? _array_lif_release[i] - _array_lif_rest_steps[i]
                                     : _array_lif_crossing[i]);
            }}
        }}
    }}
    lif_pipe::send(_array_lif_spike_count, {BLOCK});
    if (seen) {{
        const int64_t n = who.size();
        lif_pipe::send(&n, 1);
        lif_pipe::send(who.data(), n);
        lif_pipe::send(when.data(), n);
        delete[] seen;
    }}
}}
std::_Exit(0);  // never reached: Brian2's own run with its baked duration
"""


def build(folder: str, model: Model) -> None:
    """Write, compile and leave ``main`` in `folder`."""
    from brian2 import device, ms, prefs, second, set_device

    prefs.reset_to_defaults()  # whatever the user prefers elsewhere
    prefs.codegen.cpp.extra_compile_args = list(FLAGS)
    prefs.devices.cpp_standalone.extra_make_args_unix = [f"-j{processors()}"]
    prefs.codegen.loop_invariant_optimisations = False
    prefs.codegen.cpp.headers = [f'"{HERE / "lif_pipe.h"}"']
    set_device("cpp_standalone", build_on_run=False)
    from neurosim.simulation.engine.model import population

    _, network = population(BLOCK, 1 * ms, model)
    receive = "\n        ".join(
        f"lif_pipe::receive(_array_lif_{name}, {BLOCK});" for name, _ in arrays(model)
    )
    receive += "".join(f"\n        lif_pipe::receive(_array_lif_{n}, 1);" for n in numbers(model))
    loop = _LOOP.format(LOAD=LOAD, DRIVE=DRIVE, BLOCK=BLOCK, receive=receive)
    device.insert_code("before_network_run", loop)
    network.run(1 * second)
    device.build(directory=folder, compile=True, run=False, debug=False)


if __name__ == "__main__":
    end_with_parent()
    build(sys.argv[1], Model.of(sys.argv[2:]))
