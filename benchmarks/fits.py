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
from scipy.optimize import curve_fit

from neurosim.analysis.comparison.recovery import poisson_responses
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihood import Counts, poisson_log_likelihood
from neurosim.models.rectifiers import RECTIFIERS

NAMES = ("half-wave", "thresholded half-wave", "half-squared", "two-path energy")
SAMPLE = 100  # cells that curve_fit gets
X = np.linspace(-1, 1, 25)


def ours(name: str, counts: Counts) -> np.ndarray:
    """Log-likelihoods of all cells, on as many threads as there are processors."""
    rows = np.array_split(np.arange(len(counts.x)), os.cpu_count() or 1)
    with ThreadPoolExecutor(len(rows)) as pool:
        parts = pool.map(lambda some: fit_counts(RECTIFIERS[name], counts.take(some)), rows)
        return np.concatenate([part.log_likelihood for part in parts])


def theirs(name: str, counts: Counts) -> np.ndarray:
    """Log-likelihoods of what curve_fit finds, cell by cell."""
    rectifier = RECTIFIERS[name]
    gains, shapes = len(rectifier.gains), list(rectifier.parameters.values())
    start = [1.0, *[10.0] * gains, *[0.0] * len(shapes)]
    low = [0.0, *[0.0] * gains, *[-1.0] * len(shapes)]
    high = [np.inf, *[np.inf] * gains, *[1.0] * len(shapes)]

    def rate(x: np.ndarray, *p: float) -> np.ndarray:
        paths = rectifier.paths(x, *p[1 + gains :])
        return p[0] + sum(g * f for g, f in zip(p[1:], paths, strict=False))

    found = np.empty((len(counts.x), X.size))
    for cell in range(len(counts.x)):
        measured = counts.spikes[cell] / counts.exposure[cell]
        sigma = np.sqrt(counts.spikes[cell] + 1) / counts.exposure[cell]
        best, _ = curve_fit(rate, X, measured, start, sigma, bounds=(low, high))
        found[cell] = rate(X, *best)
    return poisson_log_likelihood(found, counts)


def main() -> None:
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    warnings.simplefilter("ignore")
    total, scaled = 0.0, 0.0
    for name in NAMES:
        generator = RECTIFIERS[name].typical
        counts = Counts.from_responses(poisson_responses(name, generator, X, 10, 0.5, cells))
        start = time.perf_counter()
        found = ours(name, counts)
        seconds = time.perf_counter() - start
        few = counts.take(np.arange(SAMPLE))
        start = time.perf_counter()
        usual = theirs(name, few)
        loop = (time.perf_counter() - start) * cells / SAMPLE
        start = time.perf_counter()
        fit_counts(RECTIFIERS[name], counts.take(np.arange(min(cells, 1000)))).profile(0.95)
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
