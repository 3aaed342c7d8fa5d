"""Recorded cells: from spike times to a rectifier
===============================================

Two units of macaque V1 that drifting gratings drove, one simple and one complex. The recordings
are those of Goris, Simoncelli & Movshon (2015, Neuron 88:819-831), in the copy that comes with
github.com/lacerbi/infbench (matlab/problems/goris2015). Give the folder of its ``*_sf.mat`` files:

    python examples/recorded_cells.py FOLDER

Without a folder two made-up cells take their place, a half-wave and an energy cell with Poisson
spikes, so that the script shows what it does anywhere.
"""

import argparse
import csv
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from scipy.io import loadmat

from neurosim import (
    compare,
    modulation,
    modulation_of_trials,
    responses_from_spike_times,
    responses_from_table,
)

BINS = 12  # of the grating's cycle


# %%
# A recording is a list of trials: spatial frequency (cycles/deg), duration (s), spike times (s).
# In the files the components of a compound grating stand one behind another; these gratings have
# one, and it is NaN on blank trials, whose mean rate is the spontaneous one. Times count from the
# stimulus, and the response is there from the first milliseconds on, so its latency has been taken
# off already. The files also hold F1/F0 as its authors took it.
class Unit(NamedTuple):
    """A unit: its trials are (spatial frequency, duration, spike times)."""

    name: str
    temporal: float  # frequency, Hz
    trials: list
    spontaneous: float = 0.0  # Hz
    published: Mapping = MappingProxyType({})  # spatial frequency -> F1/F0


def recorded(file):
    """One unit of a file."""
    sweep = loadmat(file, squeeze_me=True, struct_as_record=False)["S"].sf.exp
    shown = sweep.trial
    spatial, temporal = (np.asarray(each[0], dtype=float) for each in (shown.sf, shown.tf))
    trials = [
        (spatial[k], shown.duration[k], np.atleast_1d(shown.spikeTimes[k]).astype(float))
        for k in np.flatnonzero(np.isfinite(spatial))
    ]
    blank = [
        np.size(shown.spikeTimes[k]) / shown.duration[k] for k in np.flatnonzero(np.isnan(spatial))
    ]
    published = dict(zip(np.round(sweep.sf, 4), sweep.modRatioGeoMean, strict=True))
    name = file.stem.removesuffix("_sf")
    return Unit(name, np.nanmax(temporal), trials, float(np.mean(blank)), published)


def made_up(name, both_paths, random):
    """A unit that is tuned to 2 cycles/deg and starts at any phase."""
    temporal, trials = 5.0, []
    for spatial in np.tile([0.5, 1.0, 2.0, 4.0, 8.0], 6):
        time = np.sort(random.uniform(0, 1, random.poisson(200)))
        drive = np.cos(2 * np.pi * (temporal * time + random.uniform()))
        shape = 0.5 if both_paths else np.maximum(drive, 0)  # a quadrature set sums to a constant
        kept = random.uniform(size=time.size) < shape * np.exp(-(np.log2(spatial / 2) ** 2))
        trials.append((spatial, 1.0, time[kept]))
    return Unit(name, temporal, trials)


parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
)
parser.add_argument("folder", nargs="?", type=Path, help="of *_sf.mat (default: made-up cells)")
folder_of_files = parser.parse_args().folder
if folder_of_files:
    files = sorted(folder_of_files.glob("*_sf.mat"))
    if not files:
        parser.error(f"{folder_of_files}: expected files *_sf.mat, found none")
    units = [recorded(file) for file in files]
else:
    generator = np.random.default_rng(1)
    units = [made_up("half-wave", False, generator), made_up("energy", True, generator)]

# %%
# The counts as a table, a row being one trial of one unit: it could come from anywhere. Units may
# have other conditions and repeats, and trials other durations.
with tempfile.TemporaryDirectory() as folder:
    table = Path(folder) / "trials.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "spatial frequency (cycles/deg)", "spikes", "seconds"])
        for unit in units:
            rows = ([unit.name, sf, len(spikes), t] for sf, t, spikes in unit.trials)
            writer.writerows(rows)
    tuning = responses_from_table(
        table, x="spatial frequency", count="spikes", duration="seconds", cell="unit"
    )
exists = tuning["trial"] < tuning["trials"]
time_shown = tuning["duration"].where(exists).sum("trial")  # of trials that differ in length too
rates = tuning["count"].sum("trial") / time_shown.where(time_shown > 0)
print(f"Rates (Hz) by spatial frequency (cycles/deg), from a table of {time_shown.size} conditions")
for name in [unit.name for unit in units]:
    rate = rates.sel(cell=name).dropna("stimulus")
    shown = zip(tuning["drive"].sel(cell=name, stimulus=rate["stimulus"]).values, rate, strict=True)
    print(f"  {name}: " + ", ".join(f"{x:.3g}: {float(r):.1f}" for x, r in shown))


# %%
# F1/F0 (Skottun et al. 1991), the spontaneous rate taken off. The phase of the response may differ
# from trial to trial (eyes drift by fractions of a cycle), which blurs what all trials have in
# common: each trial gets its own phase, that of its first harmonic, and the ratios their geometric
# mean. Chance makes some modulation of any spikes that way, sqrt(pi/N) of F1/F0 for N spikes. A
# trial with no more spikes than the spontaneous rate's has no ratio, and says nothing of the kind.
#
# Windows are whole cycles, as the part of a window beyond them does not cancel: an unmodulated cell
# would be modulated by it. The values in the files are of the first second of each trial.
def of_trials(unit, spatial, window=None):
    """The geometric mean of single trials' F1/F0, and how many trials have none."""
    shown = [each for each in unit.trials if np.isclose(each[0], spatial, rtol=1e-3)]
    longest = max(seconds for _, seconds, _ in shown)  # they differ by a millisecond
    spikes = [times[times <= longest] for _, _, times in shown]
    found = modulation_of_trials(spikes, unit.temporal, longest, window, baseline=unit.spontaneous)[
        "F1/F0, geometric mean of trials"
    ]
    return float(found.value[0]), int(found.more["trials without a ratio"][0])


for unit in units:
    if not unit.published:
        continue
    print(f"\nF1/F0 of {unit.name} by spatial frequency: whole cycles, 1 s, and in its file")
    print(f"(spontaneous rate {unit.spontaneous:.2f} Hz, {unit.temporal:.2f} cycles/s)")
    off = []
    for spatial, published in unit.published.items():
        (whole, without), (second, _) = of_trials(unit, spatial), of_trials(unit, spatial, 1.0)
        off.append([abs(whole - published), abs(second - published)])
        note = f" ({without} trials without a ratio)" if without else ""
        print(f"  {spatial:7.3f}: {whole:.3f} {second:.3f} {published:.3f}{note}")
    far = np.nanmax(off, axis=0)
    near = (np.array(off)[:, 1] <= 0.002).sum()
    print(f"  largest difference: {far[0]:.4f} (whole cycles), {far[1]:.4f} (1 s, {near} of")
    print(f"  {np.isfinite(off).all(1).sum()} within 0.002)")


def at_best(name, trials):
    """The best spatial frequency, and durations and spike times of its trials."""
    rate = rates.sel(cell=name).values
    best = float(tuning["drive"].sel(cell=name)[np.nanargmax(rate)])
    return best, [(seconds, spikes) for sf, seconds, spikes in trials if sf == best]


def cycle_histogram(seconds, spikes, temporal, bins=24):
    """Spikes in each bin of the grating's cycle, over whole cycles."""
    whole = np.floor(seconds * temporal + 1e-9) / temporal
    return np.histogram(spikes[spikes < whole] * temporal % 1, bins, (0, 1))[0]


# %%
# The linear drive of a cell by a drifting grating is a sinusoid. Each bin of its cycle is a
# condition, and each cycle a trial of it.
def over_the_cycle(name, temporal, trials):
    """Responses to the phases of the grating, counted in windows of a twelfth of a cycle."""
    train, onsets, middle = [], [], (np.arange(BINS) + 0.5) / BINS
    for k, (seconds, spikes) in enumerate(trials):
        start = 10.0 * k  # trials laid one behind another
        phase = np.angle(np.exp(2j * np.pi * temporal * spikes).sum()) / (2 * np.pi) % 1
        cycles = np.arange(int(seconds * temporal - phase + 1e-9))
        onsets.append(start + (phase + cycles[:, None] + np.arange(BINS) / BINS) / temporal)
        train.append(start + spikes)
    onsets = np.concatenate(onsets)
    drive = np.cos(2 * np.pi * middle) * np.sinc(1 / BINS)  # the mean of the sinusoid over the bin
    return responses_from_spike_times(
        {name: np.concatenate(train)},
        onsets.ravel(),
        np.tile(drive, len(onsets)),
        window=(0, 1 / (BINS * temporal)),
        by={"phase": np.tile(360 * middle, len(onsets))},
    )


for unit in units:
    name, temporal = unit.name, unit.temporal
    best, shown = at_best(name, unit.trials)
    cycle = np.stack([cycle_histogram(*each, temporal) for each in shown], axis=1)
    degrees = (np.arange(len(cycle)) + 0.5) * 360 / len(cycle)
    together = modulation(cycle.sum(1), degrees)
    single, without = of_trials(unit, best)
    kind = "simple" if single > 1 else "complex" if single <= 1 else "neither, as no trial has one"
    left_out = f" ({without} trials without a ratio left out)" if without else ""
    print(
        f"\n{name} at {best:.3g} cycles/deg: F1/F0 = {single:.2f} in single trials{left_out}, "
        f"{together:.2f} over all together: {kind}"
    )
    comparison = compare(over_the_cycle(name, temporal, shown))
    columns = {
        "rectifier": "rectifier",
        "r0 (Hz)": "r0 (Hz)",
        "delta AIC": "delta AIC",
        "held-out information per spike (bits)": "bits per spike",
        "chosen": "chosen",
    }
    table = comparison.table.rename(columns=columns)[list(columns.values())]
    print(table.to_string(index=False, float_format="{:.2f}".format))
    print(comparison.report())

# %%
# Bits per spike are what a rectifier of this drive tells beyond a constant rate, on phases that it
# was not fitted to. Where they are not above zero, as in a complex cell, it hardly matters which
# rectifier is called the best: the rate does not follow one phase of the grating.
