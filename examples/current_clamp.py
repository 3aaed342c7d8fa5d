"""Current against rate: the threshold and gain of a cell in current clamp
===========================================================================

Tuckwell (1988, Introduction to Theoretical Neurobiology, chapter 3): a leaky integrate-and-fire
cell fires above its rheobase T at a rate of g / [rho + ln(1 + w/(x - T))], steep just above T and
flatter further on. Thresholded half-wave rectification (Movshon, Thompson & Tolhurst 1978) is a
straight line from T; Siegert (1951) has noise round the corner off. Which does a cell follow?

The recordings are two of the sample files of github.com/swharden/pyABF (data/abfs), current steps
in whole cells; where the cells come from is not documented, but for one file name that says
fast-spiking interneuron. Give the folder of the ``*.abf`` files, and where the figure goes:

    python examples/current_clamp.py FOLDER fi_curve.png

Without a folder a LIF cell without noise takes their place, whose parameters are known. Reading
the files takes the extra `neo`.
"""

import argparse
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from neurosim import RECTIFIERS, compare, responses_from_counts

NAMES = ("thresholded half-wave", "LIF f-I", "Siegert")
SECONDS = 0.5
TRUE = {"r0": 0.0, "gain": 50.0, "threshold": 140.0, "depth": 100.0}  # Hz, Hz, pA, pA


# %%
# Each sweep holds a current for half a second. (A second step follows a hyperpolarising one in
# these files, and the interneuron fires half as much then: it is left out.) A sweep in which the
# step is 0 pA shows no step, so its times are those of the first sweep. A spike is an upward
# crossing of 0 mV.
def recorded(file):
    """Current (pA) and spikes of each sweep of one cell."""
    from neo.io import AxonIO

    reader = AxonIO(str(file))
    commands = [sweep[0] for sweep in reader.read_raw_protocol()[0]]
    first, last = np.flatnonzero(np.diff(commands[0]))[:2] + 1
    potentials = [sweep.analogsignals[0] for sweep in reader.read_block().segments]
    length = (last - first) / float(potentials[0].sampling_rate.rescale("Hz"))
    if not np.isclose(length, SECONDS, rtol=0.01):
        sys.exit(f"{file}: expected steps of {SECONDS} s, got {length:.3g} s")
    above = [np.asarray(each.rescale("mV"))[first - 1 : last, 0] >= 0 for each in potentials]
    current = np.array([command[first] for command in commands])
    return current, np.array([(~up[:-1] & up[1:]).sum() for up in above])


def made_up():
    """Currents and expected spikes of a LIF cell of 20 ms that is refractory for 2 ms."""
    current = np.arange(-100.0, 525.0, 25.0)
    return current, RECTIFIERS["LIF f-I"].rate(current, **TRUE) * SECONDS


def responses_to(current, spikes):
    """Spikes, whole or expected, as responses."""
    responses = responses_from_counts(current, np.rint(spikes)[:, None], SECONDS, drive_unit="pA")
    if spikes.dtype.kind == "f":
        count = responses["count"].copy(data=spikes[:, None, None])
        responses = responses.assign(count=count.assign_attrs(expected=1))
    return responses


parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("folder", nargs="?", type=Path, help="of *.abf files (default: a made-up cell)")
parser.add_argument("figure", nargs="?", default="fi_curve.png", help="where the figure goes")
asked = parser.parse_args()
folder = asked.folder
files = sorted(folder.glob("*.abf")) if folder else []
if folder and not files:
    parser.error(f"{folder}: expected files *.abf, found none")
cells = {file.stem: recorded(file) for file in files} or {"LIF without noise": made_up()}


# %%
# Of a LIF cell g is the inverse of the membrane's time constant (the refractory period is taken to
# be a tenth of that, and is not fitted) and w the current between reset and threshold. Intervals
# (profile likelihood) and standard errors are those of Poisson counts. Spikes under a constant
# current are far more regular: squared residuals in units of a Poisson variance average to the
# dispersion, and errors are its root times as large (quasi-likelihood; McCullagh & Nelder 1989,
# chapter 9).
def dispersion(fit, current, spikes):
    """Pearson's chi squared over its degrees of freedom, from the currents that make it fire."""
    expected = fit.rate(current) * SECONDS
    fires = expected > 0
    residual = (spikes[fires] - expected[fires]) ** 2 / expected[fires]
    return residual.sum() / (fires.sum() - (~fit.at_bound[0]).sum())


def parameters(fit, scatter):
    """One row per parameter; no standard error of those for which it would be too small."""
    errors = fit.to_dataframe().filter(like=" SE (").to_numpy()[0]
    table = pd.DataFrame(
        {
            "rectifier": fit.rectifier.name,
            "parameter": fit.rectifier.parameter_names,
            "value": fit.values[0],
            "unit": fit.rectifier.units("pA").values(),
            "95 % from": fit.intervals.low[0],
            "to (Poisson)": fit.intervals.high[0],
            "SE, Poisson": errors,
            "SE, dispersion": np.sqrt(scatter) * errors,
        }
    )
    if not folder and fit.rectifier.mechanistic:
        table["true"] = table["parameter"].map({**TRUE, "noise": 0.0})
    return table


figure, axes = plt.subplots(
    1, len(cells), figsize=(1 + 4.5 * len(cells), 4), squeeze=False, layout="constrained"
)
for axis, (name, (current, spikes)) in zip(axes[0], cells.items(), strict=True):
    comparison = compare(responses_to(current, spikes), NAMES, progress=True)
    scatter = [dispersion(fit, current, spikes) for fit in comparison.fits]
    scores = pd.DataFrame(
        {
            "rectifier": [fit.rectifier.name for fit in comparison.fits],
            "held-out bits per spike": [each.bits_per_spike[0] for each in comparison.scores],
            "delta AIC": comparison.delta_aic[0],
            "dispersion": scatter,
            "status": [fit.status[0] for fit in comparison.fits],
        }
    )
    values = pd.concat(map(parameters, comparison.fits, scatter))
    print(f"{name}: {spikes.sum():.0f} spikes at {current.size} currents")
    print(scores.to_string(index=False, float_format="{:.3f}".format))
    print(values.to_string(index=False, float_format="{:.4g}".format, na_rep="") + "\n")
    axis.plot(current, spikes / SECONDS, "ko", markersize=5, label="counted", zorder=3)
    fine = np.linspace(current.min(), current.max(), 1000)
    for fit, style in zip(comparison.fits, (":", "--", "-", "-."), strict=True):
        axis.plot(fine, fit.rate(fine), style, linewidth=2, label=fit.rectifier.name)
    axis.set(title=name, xlabel="current (pA)", ylabel="rate (Hz)")
    axis.legend(frameon=False)
figure.savefig(asked.figure, dpi=150)
