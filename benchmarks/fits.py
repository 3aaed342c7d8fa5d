"""Fits of 10,000 cells: time against a loop of SciPy's curve_fit, and who finds the maximum.

    python benchmarks/fits.py [cells]

25 drives, 10 trials, Poisson counts; the four rectifiers half-wave, thresholded half-wave,
half-squared and two-path energy. curve_fit gets a sample of the cells and its time is scaled up:
one start from a fixed point, bounded, weighted by the counts, as is usual. The intervals are timed
apart.
"""

import os
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import xarray as xr
from scipy.optimize import curve_fit
from scipy.stats import poisson

from neurosim import RECTIFIERS, fit, poisson_responses

NAMES = ("half-wave", "thresholded half-wave", "half-squared", "two-path energy")
SAMPLE = 100  # cells that curve_fit gets
X = np.linspace(-1, 1, 25)
TRIALS, SECONDS = 10, 0.5


def ours(name: str, responses: xr.Dataset) -> np.ndarray:
    """Log-likelihoods of all cells, on as many threads as there are processors."""
    rows = np.array_split(np.arange(responses.sizes["cell"]), os.cpu_count() or 1)
    with ThreadPoolExecutor(len(rows)) as pool:
        parts = pool.map(lambda some: fit(name, responses.isel(cell=some)), rows)
        return np.concatenate([part.log_likelihood for part in parts])


def theirs(name: str, responses: xr.Dataset) -> np.ndarray:
    """Log-likelihoods of what curve_fit finds, cell by cell."""
    rectifier = RECTIFIERS[name]
    gains, shapes = len(rectifier.gains), list(rectifier.parameters.values())
    start = [1.0, *[10.0] * gains, *[0.0] * len(shapes)]
    low = [0.0, *[0.0] * gains, *[-1.0] * len(shapes)]
    high = [np.inf, *[np.inf] * gains, *[1.0] * len(shapes)]

    def rate(x: np.ndarray, *p: float) -> np.ndarray:
        paths = rectifier.paths(x, *p[1 + gains :])
        return p[0] + sum(g * f for g, f in zip(p[1:], paths, strict=False))

    counts = responses["count"].transpose("cell", "stimulus", "trial").values
    found = np.empty(len(counts))
    for cell, count in enumerate(counts):
        spikes, exposure = count.sum(1), TRIALS * SECONDS
        sigma = np.sqrt(spikes + 1) / exposure
        best, _ = curve_fit(rate, X, spikes / exposure, start, sigma, bounds=(low, high))
        found[cell] = poisson.logpmf(count, rate(X, *best)[:, None] * SECONDS).sum()
    return found


def main() -> None:
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    warnings.simplefilter("ignore")
    total, scaled = 0.0, 0.0
    for name in NAMES:
        typical = RECTIFIERS[name].typical
        responses = poisson_responses(name, typical, X, TRIALS, SECONDS, cells)
        start = time.perf_counter()
        found = ours(name, responses)
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        usual = theirs(name, responses.isel(cell=slice(SAMPLE)))
        loop = (time.perf_counter() - start) * cells / SAMPLE
        start = time.perf_counter()
        fit(name, responses.isel(cell=slice(1000))).profile(0.95)
        intervals = time.perf_counter() - start
        total, scaled = total + seconds, scaled + loop
        behind = found[:SAMPLE] - usual
        print(
            f"{name:22s} {seconds:6.2f} s; curve_fit {loop:6.1f} s, its likelihood lower by "
            f"{np.median(behind):.2g} (median), {behind.max():.2g} (most) nats; fit and "
            f"intervals of {min(cells, 1000)} cells {intervals:.2f} s"
        )
    print(
        f"all four: {total:.2f} s for {cells} cells; curve_fit {scaled:.0f} s, "
        f"{scaled / total:.0f} times as long"
    )


if __name__ == "__main__":
    main()
