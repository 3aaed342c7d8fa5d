"""The noise is a regressor: measured membrane noise against fixed rectifiers
=============================================================================

Zerlaut, Telenczuk, Deleuze, Bal, Ouanounou & Destexhe (2016, J Physiol 594:3791-3808) drove layer-5
pyramidal cells of mouse visual cortex in vitro with fluctuating currents and measured, in each
condition, mean and standard deviation of the membrane potential and the firing rate. Miller &
Troyer (2002, J Neurophysiol 87:653): a threshold under noise fires at
k ((mu - T) Phi(z) + sd phi(z)), z = (mu - T)/sd. With sd the measured one nothing but k and T is
left to fit, as in a thresholded half-wave. Is the rate of conditions that were left out predicted
better by it than by rectifiers that know the mean alone?

The cells are those released at github.com/yzerlaut/heterogenous_firing_response (data/cell*.npz).
Give their folder:

    python examples/measured_noise.py FOLDER

Without a folder a simulated LIF cell under four levels of noise takes their place.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from neurosim import LIF, compare, responses_from_counts, simulate

SECONDS = 5.0  # of an episode: Zerlaut et al. 2016, Results, in the manuscript beside the data
BY_MEAN_AND_NOISE = "measured-noise threshold"
BY_MEAN = ("thresholded half-wave", "half-wave", "half-squared")


# %%
# A recording is a list of conditions: mean and standard deviation of the membrane (mV), spikes and
# the seconds in which they were counted; and the cell's resting potential. The files hold rates,
# some of them means over repeats whose number is not given: each counts as a single episode, which
# claims less than there is.
def recorded(file):
    """Name, resting potential (mV) and conditions of one cell."""
    with np.load(file, allow_pickle=False) as cell:
        measured = cell["muV_exp"], cell["sV_exp"], cell["Fout"] * SECONDS
        whole = np.isfinite(measured).all(axis=0)
        if not whole.all():
            print(
                f"{file.stem}: {(~whole).sum()} of {whole.size} conditions lack a value, left out"
            )
        mean, noise_sd, spikes = (each[whole] for each in measured)
        conditions = mean, noise_sd, np.round(spikes).astype(int)[:, None]
        return file.stem, 1e3 * float(cell["El"]), conditions


def simulated():
    """The same of a LIF cell, each condition given four times."""
    noise_sd, mean = np.array([2.0, 3.5, 5.0, 6.5]), np.arange(-64.0, -48.0, 1.25)
    lif = LIF(noise_sd=noise_sd)  # a cell for each level
    drive = np.repeat(mean[:, None] - lif.v_rest, noise_sd.size, axis=1)
    labels = {"stimulus": range(mean.size), "cell": range(noise_sd.size)}
    drive = xr.DataArray(drive, labels, ("stimulus", "cell"))
    counts = simulate(lif, drive, gain=1, duration=SECONDS, trials=4, seed=1)["count"]
    spikes = counts.transpose("stimulus", "cell", "trial").values
    conditions = (
        np.repeat(mean, noise_sd.size),
        np.tile(noise_sd, mean.size),
        spikes.reshape(-1, spikes.shape[-1]),
    )
    return "LIF", lif.v_rest, conditions


parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("folder", nargs="?", type=Path, help="of cell*.npz (default: a simulated cell)")
parser.add_argument("--shuffles", type=int, default=5, help="of the folds (default: 5)")
asked = parser.parse_args()
if asked.folder:
    files = sorted(asked.folder.glob("cell*.npz"), key=lambda f: (len(f.stem), f.stem))
    if not files:
        parser.error(f"{asked.folder}: expected files cell*.npz, found none")
    cells = [recorded(file) for file in files]
else:
    cells = [simulated()]


# %%
# Half-wave and half-squared rectifiers clip at zero drive, so it matters where that is. The drive
# of a membrane has its zero at rest (Miller & Troyer's own), and then every condition is above it;
# or, as for a cell that fires about a working point, at the cell's mean potential over its
# conditions. Both are tried, and neither is fitted: that would be a threshold. The rectifiers with
# a threshold do not depend on the choice.
def compared(conditions, zero, rectifiers):
    """Rectifiers on held-out conditions, with potentials from `zero` (mV)."""
    mean, noise_sd, spikes = conditions
    responses = responses_from_counts(mean - zero, spikes, SECONDS, drive_unit="mV")
    responses["drive_noise"] = responses["drive"].copy(data=noise_sd[:, None])
    bits = []
    for seed in range(asked.shuffles):  # a score of one shuffle is partly chance
        comparison = compare(responses, rectifiers, seed=seed)
        scores = zip(comparison.fits, comparison.scores, strict=True)
        bits.append({fit.rectifier.name: float(one.bits_per_spike[0]) for fit, one in scores})
    return comparison, pd.DataFrame(bits).drop(columns="constant rate")


rows, thresholds, leads = [], [], []
for name, rest, conditions in cells:
    comparison, from_rest = compared(conditions, rest, [BY_MEAN_AND_NOISE, *BY_MEAN])
    _, from_mean = compared(conditions, conditions[0].mean(), BY_MEAN[1:])
    from_mean = from_mean.drop(columns="constant rate", errors="ignore").add_suffix(" (from mean)")
    shuffled = pd.concat(
        [from_rest.drop(columns="constant rate", errors="ignore"), from_mean], axis=1
    )
    rows.append({"cell": name, **shuffled.mean()})
    lead = shuffled[BY_MEAN_AND_NOISE] - shuffled.drop(columns=BY_MEAN_AND_NOISE).max(axis=1)
    leads.append(lead)
    fit = next(fit for fit in comparison.fits if fit.rectifier.name == BY_MEAN_AND_NOISE)
    _, gain, threshold = fit.values[0]
    thresholds.append(
        {
            "cell": name,
            "conditions": conditions[0].size,
            "rest (mV)": rest,
            "highest mean (mV)": conditions[0].max(),
            "T (mV)": rest + threshold,
            "k (Hz/mV)": gain,
            "status": fit.status[0],
        }
    )

# %%
# Bits per spike beyond a constant rate, on held-out conditions (five folds), in the mean over
# shuffles of the conditions into folds; the lead over the best rival with its standard error over
# shuffles.
bits = pd.DataFrame(rows).set_index("cell").sort_index(axis=1)
rivals = bits.drop(columns=BY_MEAN_AND_NOISE)
print(bits.to_string(float_format="{:.3f}".format, index_names=False, justify="right"))
print(f"\nLead of the {BY_MEAN_AND_NOISE} over the best rival (bits, SE over shuffles):")
sure = 0
for name, lead in zip(bits.index, leads, strict=True):
    error = lead.std() / len(lead) ** 0.5 if len(lead) > 1 else np.nan
    sure += bool(lead.mean() > 2 * error)
    print(f"  {name}: {lead.mean():+.3f} ({error:.3f})")
print(f"It is above zero by two standard errors in {sure} of {len(bits)} cells.")
for rival in rivals:
    more = bits[BY_MEAN_AND_NOISE] - bits[rival]
    print(f"  above {rival} in {(more > 0).sum()}, by {more.median():.3f} bits in the median")

# %%
# Where fluctuations alone fire a cell, its threshold lies above every mean that was shown, and a
# fit that ends at the highest of them says so.
print("\n" + pd.DataFrame(thresholds).to_string(index=False, float_format="{:.2f}".format))
