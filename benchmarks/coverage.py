"""Do 95 % intervals cover? Every rectifier's own cells, on designs that are not easy.

    python benchmarks/coverage.py [--cells 1000] [--seconds 0.5] [--seed 5] \
        [--designs 8x5 12x5 25x20] [--rectifiers NAME ...] [--dispersion A]
    python benchmarks/coverage.py --lif [--cells 960] [--rectifiers NAME ...]

A design is DRIVESxTRIALS; drives are even from -1 to 1, the parameters those of `RECTIFIERS[...]
.typical`, counts Poisson. Rectifiers of five parameters or more get 400 cells at the most. With a
dispersion they are negative binomial, fitted under "auto". With --lif they are those of 16 cells of
the default experiment in blocks of 10 trials, against what 10,000 trials give under the likelihood
that the most blocks have (a minute or two of simulation). Prints
for every parameter how often its profile-likelihood interval covers the truth, and how often both
its ends are finite. A parameter is interior where the truth is off its bound and both ends are
finite in 95 % of the cells. Exits with 1 where one of these is covered in less than 92 % or more
than 98 % (88 % of negative binomial counts), less and more two binomial standard errors.
"""

import argparse
import os
import sys
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from neurosim import (
    RECTIFIERS,
    Experiment,
    Rectifier,
    fit,
    poisson_responses,
    responses_from_counts,
    simulate,
)

LEAST, MOST = 0.92, 0.98
LEAST_OVER = 0.88  # of counts whose dispersion is estimated too
INTERIOR = 0.95  # of the cells, in which an interior parameter has two ends
MANY_TRIALS = 10_000  # for what an endless recording would give
DESCRIBING = ["noise-smoothed threshold", "softplus", "power law"]  # simulated cells
MANY, FEWER = 5, 400  # parameters from which on there are as many cells at the most


def given(x: np.ndarray) -> dict[str, np.ndarray]:
    """What some rectifiers need besides the drive."""
    return {"quadrature": 0.6 * np.cos(3 * x), "noise": 0.1 + 0.2 * (np.arange(x.size) % 3)}


def covered(
    rectifier: Rectifier,
    drives: int,
    trials: int,
    seconds: float,
    cells: int,
    seed: int,
    dispersion: float,
) -> dict[str, tuple[float, float]]:
    """Share of cells whose interval covers, and whose has two ends, of every parameter."""
    x, truth = np.linspace(-1, 1, drives), rectifier.typical
    likelihood = "Poisson"
    made = poisson_responses(rectifier, truth, x, trials, seconds, cells, seed, given(x))
    if dispersion:
        random, likelihood = np.random.default_rng(seed), "auto"
        mean = np.broadcast_to(
            rectifier.rate(x, **truth, **{k: given(x)[k] for k in rectifier.regressors})[
                :, None, None
            ]
            * seconds,
            made["count"].shape,
        )
        gain = random.gamma(1 / dispersion, dispersion, mean.shape)
        made["count"] = made["count"].copy(data=random.poisson(gain * mean))
    found = fit(rectifier, made, likelihood).intervals
    values = np.array([truth[name] for name in rectifier.parameter_names])
    cover = ((found.low <= values) & (values <= found.high)).mean(0)
    both = ~(found.low_open | found.high_open) & np.isfinite(found.low) & np.isfinite(found.high)
    return dict(zip(rectifier.parameter_names, zip(cover, both.mean(0), strict=True), strict=True))


def lif_covered(names: list[str], cells: int) -> int:
    """Prints the same for simulated cells, and how many parameters are off."""
    shown, off = Experiment.default(), 0
    each = np.arange(0, len(shown.bank), 3)
    values = {
        field: np.asarray(value)[each] if np.size(value) == len(shown.bank) else value
        for field, value in vars(shown.lif).items()
    }
    made = simulate(
        type(shown.lif)(**values),
        shown.drive().isel(cell=each),
        gain=shown.gain,
        duration=shown.duration,
        trials=MANY_TRIALS,
        dt=shown.dt,
        seed=99,
        settle=shown.settle,
        memory=2.0**33,
    )
    count, x = made["count"].values, made["drive"].values
    blocks = cells // each.size
    some = np.concatenate([count[..., 10 * b : 10 * b + 10] for b in range(blocks)], axis=1)
    part = responses_from_counts(np.tile(x, (1, blocks)), some, shown.duration)
    whole = responses_from_counts(x, count, shown.duration)
    for name in names:
        fitted = fit(name, part)
        families = np.asarray(fitted.families)
        kinds, number = np.unique(families, return_counts=True)
        truth = fit(name, whole, str(kinds[number.argmax()])).values
        found, said = fitted.intervals, []
        ends = np.isfinite(found.low) & np.isfinite(found.high) & ~found.low_open & ~found.high_open
        inside = (found.low <= np.tile(truth, (blocks, 1))) & (
            np.tile(truth, (blocks, 1)) <= found.high
        )
        for k, parameter in enumerate(fitted.rectifier.parameter_names):
            interior = ends[:, k].reshape(blocks, -1).mean(0) >= INTERIOR
            interior &= np.abs(truth[:, k]) > 1e-3
            if not interior.any():
                said.append(f"{parameter} (no cell)")
                continue
            cover = inside[:, k].reshape(blocks, -1)[:, interior].mean()
            slack = 2 * np.sqrt(0.95 * 0.05 / (blocks * interior.sum()))
            wrong = not LEAST - slack <= cover <= MOST + slack
            off += wrong
            said.append(
                f"{parameter} {100 * cover:.1f}{' !' if wrong else ''} ({interior.sum()} cells)"
            )
        scatters = ", ".join(f"{k} {n}" for k, n in zip(kinds, number, strict=True))
        print(f"{fitted.rectifier.name:26s} {', '.join(said)}; {scatters}", flush=True)
    return off


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a trial")
    parser.add_argument("--seed", type=int, default=5, help="of the counts")
    parser.add_argument("--designs", nargs="+", default=["8x5", "12x5", "25x20"])
    parser.add_argument("--rectifiers", nargs="+", help="by any of their names (default: all)")
    parser.add_argument(
        "--dispersion", type=float, default=0.0, help="of counts (default: Poisson)"
    )
    parser.add_argument("--lif", action="store_true", help="counts of simulated cells")
    asked = parser.parse_args()
    try:
        chosen = [RECTIFIERS[name] for name in asked.rectifiers or RECTIFIERS]
    except KeyError as error:
        raise SystemExit(f"coverage.py: {error.args[0]}") from None
    warnings.simplefilter("ignore")
    if asked.lif:
        names = [each.name for each in chosen] if asked.rectifiers else DESCRIBING
        sys.exit(1 if lif_covered(names, min(asked.cells, 16 * MANY_TRIALS // 10)) else 0)
    off = 0
    for rectifier in chosen:
        cells = asked.cells
        if len(rectifier.parameter_names) >= MANY:
            cells = min(cells, FEWER)
        for design in asked.designs:
            begin = time.process_time()
            drives, trials = map(int, design.split("x"))
            found = covered(
                rectifier, drives, trials, asked.seconds, cells, asked.seed, asked.dispersion
            )
            said = []
            for name, (cover, both) in found.items():
                slack = 2 * np.sqrt(0.95 * 0.05 / cells)
                interior = both >= INTERIOR and rectifier.typical[name] > 0
                interior |= both >= INTERIOR and name in ("threshold", "left", "midpoint")
                least = LEAST_OVER if asked.dispersion else LEAST
                wrong = interior and not least - slack <= cover <= MOST + slack
                off += wrong
                mark = " !" if wrong else ("" if interior else f" (ends in {100 * both:.0f})")
                said.append(f"{name} {100 * cover:.1f}{mark}")
            took = time.process_time() - begin
            print(
                f"{rectifier.name:26s} {design:>6s}  {', '.join(said)}  ({took:.0f} s)", flush=True
            )
    sys.exit(1 if off else 0)


if __name__ == "__main__":
    main()
