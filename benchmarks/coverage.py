"""Do 95 % intervals cover? Every rectifier's own cells, on designs that are not easy.

    python benchmarks/coverage.py [--cells 1000] [--seconds 0.5] [--seed 5] \
        [--designs 8x5 12x5 25x20] [--rectifiers NAME ...]

A design is DRIVESxTRIALS; drives are even from -1 to 1, the parameters those of `RECTIFIERS[...]
.typical`, counts Poisson. Rectifiers of five parameters or more get 400 cells at the most. Prints
for every parameter how often its profile-likelihood interval covers the truth, and how often both
its ends are finite. A parameter is interior where the truth is off its bound and both ends are
finite in 95 % of the cells. Exits with 1 where one of these is covered in less than 92 % or more
than 98 %, less and more two binomial standard errors.
"""

import argparse
import os
import sys
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from neurosim import RECTIFIERS, Rectifier, fit, poisson_responses

LEAST, MOST = 0.92, 0.98
INTERIOR = 0.95  # of the cells, in which an interior parameter has two ends
MANY, FEWER = 5, 400  # parameters from which on there are as many cells at the most


def given(x: np.ndarray) -> dict[str, np.ndarray]:
    """What some rectifiers need besides the drive."""
    return {"quadrature": 0.6 * np.cos(3 * x), "noise": 0.1 + 0.2 * (np.arange(x.size) % 3)}


def covered(
    rectifier: Rectifier, drives: int, trials: int, seconds: float, cells: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Share of cells whose interval covers, and whose has two ends, of every parameter."""
    x, truth = np.linspace(-1, 1, drives), rectifier.typical
    made = poisson_responses(rectifier, truth, x, trials, seconds, cells, seed, given(x))
    found = fit(rectifier, made, "Poisson").intervals
    values = np.array([truth[name] for name in rectifier.parameter_names])
    cover = ((found.low <= values) & (values <= found.high)).mean(0)
    both = ~(found.low_open | found.high_open) & np.isfinite(found.low) & np.isfinite(found.high)
    return dict(zip(rectifier.parameter_names, zip(cover, both.mean(0), strict=True), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a trial")
    parser.add_argument("--seed", type=int, default=5, help="of the counts")
    parser.add_argument("--designs", nargs="+", default=["8x5", "12x5", "25x20"])
    parser.add_argument("--rectifiers", nargs="+", help="by any of their names (default: all)")
    asked = parser.parse_args()
    try:
        chosen = [RECTIFIERS[name] for name in asked.rectifiers or RECTIFIERS]
    except KeyError as error:
        raise SystemExit(f"coverage.py: {error.args[0]}") from None
    warnings.simplefilter("ignore")
    off = 0
    for rectifier in chosen:
        cells = asked.cells
        if len(rectifier.parameter_names) >= MANY:
            cells = min(cells, FEWER)
        for design in asked.designs:
            begin = time.process_time()
            drives, trials = map(int, design.split("x"))
            found = covered(rectifier, drives, trials, asked.seconds, cells, asked.seed)
            said = []
            for name, (cover, both) in found.items():
                slack = 2 * np.sqrt(0.95 * 0.05 / cells)
                interior = both >= INTERIOR and rectifier.typical[name] > 0
                interior |= both >= INTERIOR and name in ("threshold", "left", "midpoint")
                wrong = interior and not LEAST - slack <= cover <= MOST + slack
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
