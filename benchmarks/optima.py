"""Is the maximum found? Every rectifier against SciPy's L-BFGS-B from twenty random starts.

    python benchmarks/optima.py [--seed 7] [--data own misfit few below above] [--workers 2] \
        [cells] [name ...]

Data are the rectifier's own counts over 25 drives ("own"), curves that no rectifier describes
("misfit", 12 drives), 5 to 8 drives of 3 trials ("few"), and drives that all lie above a threshold
or below it ("below", "above": where the threshold lies). Prints the largest and the number of
log-likelihoods by which the best of the twenty is higher than ours by more than a millionth; exits
with 1 if there is one. Each cell has random starts of its own.
"""

import argparse
import os
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.optimize import minimize

from neurosim import RECTIFIERS, Rectifier, fit, responses_from_counts

STARTS = 20
LEAST = 1e-6  # nats: what counts as better
DATA = ("own", "misfit", "few", "below", "above")
SECONDS = 0.5
NEAR = 0.7  # of the starts have thresholds within a spread of the drives


class Cell(NamedTuple):
    """A cell's drives, counts and exposures, each (drive,), and what stands beside the drive."""

    x: np.ndarray
    spikes: np.ndarray
    exposure: np.ndarray
    given: dict[str, np.ndarray]


def given(x: np.ndarray) -> dict[str, np.ndarray]:
    """What some rectifiers need besides the drive."""
    return {"quadrature": 0.6 * np.cos(3 * x), "noise": 0.1 + 0.2 * (np.arange(x.size) % 3)}


def cell(rectifier: Rectifier, data: str, number: int, seed: int) -> Cell:
    """One cell of a kind of data."""
    random = np.random.default_rng([seed, DATA.index(data), number])
    trials = 3 if data == "few" else 10
    x = {
        "own": np.linspace(-1, 1, 25),
        "misfit": np.sort(random.uniform(-1, 1, 12)),
        "few": np.linspace(-1, 1, 5 + number % 4),
        "below": np.linspace(0.5, 2, 8),
        "above": np.linspace(-1.5, 0, 8),
    }[data]
    beside = given(x)
    if data == "misfit":
        waves = random.normal(0, 1, 4) @ np.cos(np.outer(np.arange(1, 5), np.pi * (x + 1) / 2))
        rate = 15 * np.exp(waves)
    else:
        needed = {name: beside[name] for name in rectifier.regressors}
        truth = dict(rectifier.typical)
        shapes = [truth[each] for each in rectifier.parameters]
        paths = rectifier.paths(x, *needed.values(), *shapes)
        lowest = sum(truth[g] * path for g, path in zip(rectifier.gains, paths, strict=True)).min()
        truth["r0"] = max(truth["r0"], 0.1 - lowest)  # a negative side may not be below 0
        rate = rectifier.rate(x, **truth, **needed)
    exposure = np.full(x.size, trials * SECONDS)
    return Cell(x, random.poisson(rate * exposure).astype(float), exposure, beside)


def best_of_many(name: str, here: Cell, number: int) -> float:
    """The highest log-likelihood, without its constant, of one cell; its number is the seed."""
    warnings.simplefilter("ignore")
    rectifier, random = RECTIFIERS[name], np.random.default_rng([1, number])
    x, spikes, exposure, beside = here
    needed = [beside[each] for each in rectifier.regressors]
    largest = {each: beside[each].max(keepdims=True) for each in rectifier.regressors}
    linear, shapes = 1 + len(rectifier.gains), list(rectifier.parameters.values())
    ends = [p.bounds(x[None], largest) for p in shapes]
    bounds = [(float(low[0]), float(high[0])) for low, high in ends]
    mean, width = max(spikes.sum() / exposure.sum(), 0.1), np.ptp(x)

    def paths(shape: np.ndarray) -> np.ndarray:
        each = np.stack(rectifier.paths(x, *needed, *shape))
        # from the lowest rate up, so that one of 0 is a plain bound
        above: np.ndarray = each - np.minimum(each.min(1, keepdims=True), 0.0)
        return above

    def loss(p: np.ndarray) -> float:
        rate = p[0] + p[1:linear] @ paths(p[linear:])
        with np.errstate(all="ignore"):
            value = float((rate * exposure - np.where(spikes > 0, spikes * np.log(rate), 0)).sum())
        return value if np.isfinite(value) else 1e9

    best = np.inf
    for _ in range(STARTS):
        shape = [random.uniform(low, min(high, 30.0)) for low, high in bounds]
        for k, parameter in enumerate(shapes):
            if parameter.within == "drive" and random.uniform() < NEAR:
                shape[k] = random.uniform(x.min() - width, x.max() + width)
            elif parameter.within == "spread" and random.uniform() < NEAR:
                shape[k] = random.uniform(0, width)
            shape[k] = float(np.clip(shape[k], *bounds[k]))
        height = np.maximum(paths(np.array(shape)).mean(1), 1e-6)
        gains = random.uniform(0.1, 2, linear - 1) * mean / height
        start = [random.uniform(0.01, 1) * mean, *gains, *shape]
        every = [(1e-9, None), *[(0.0, None)] * (linear - 1), *bounds]
        best = min(best, float(minimize(loss, start, bounds=every, method="L-BFGS-B").fun))
    return -best


def ours(name: str, cells: list[Cell]) -> np.ndarray:
    """Log-likelihoods of the fits, without their constants."""
    found = np.empty(len(cells))
    sizes = np.array([each.x.size for each in cells])
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        some = [cells[row] for row in rows]
        count = np.stack([each.spikes for each in some], axis=1).astype(int)
        x = np.stack([each.x for each in some], axis=1)
        made = responses_from_counts(x, count[..., None], float(some[0].exposure[0]))
        for each in ("quadrature", "noise"):
            column = np.stack([one.given[each] for one in some], axis=1)
            made[f"drive_{each}"] = made["drive"].copy(data=column)
        model = fit(name, made, "Poisson")
        found[rows] = model.log_likelihood - model.model.likelihood.constant(
            model.model.counts
        ).sum(-1)
    return found


def measure(
    name: str, data: str, cells: int, seed: int, pool: ProcessPoolExecutor
) -> tuple[int, str]:
    """In how many cells SciPy finds more, and what is printed of one rectifier."""
    made = [cell(RECTIFIERS[name], data, number, seed) for number in range(cells)]
    found = ours(name, made)
    begin = time.perf_counter()
    theirs = np.array(list(pool.map(best_of_many, [name] * cells, made, range(cells))))
    short, took = theirs - found, time.perf_counter() - begin
    missed = np.flatnonzero(~(short <= LEAST))
    which = f": {', '.join(map(str, missed[:9]))}" if missed.size else ""
    return missed.size, (
        f"{name:26s} {data:6s} {cells} cells: highest {short.max():+.1e} nats, above 1e-6 in "
        f"{missed.size}{which} ({took:.0f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cells", nargs="?", type=int, default=500)
    parser.add_argument("names", nargs="*", help="rectifiers by any of their names (default: all)")
    parser.add_argument("--seed", type=int, default=7, help="of the counts")
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--workers", type=int, default=2, help="processes of SciPy's fits")
    asked = parser.parse_args()
    try:
        names = [RECTIFIERS[name].name for name in asked.names] or list(RECTIFIERS)
    except KeyError as error:
        raise SystemExit(f"optima.py: {error.args[0]}") from None
    missed = 0
    with ProcessPoolExecutor(asked.workers) as pool:
        for name in names:
            for data in asked.data:
                some, line = measure(name, data, asked.cells, asked.seed, pool)
                missed += some
                print(line, flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
