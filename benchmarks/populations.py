"""How often the shares of kinds in a population lie in their credible intervals, as Markdown.

    python benchmarks/populations.py [--populations 100] [--size 24] [--seed 0] [DESIGN ...]

A design is CONDITIONSxTRIALS ("25x20") of 1 s, on drives from -1 to 1. Cells of every kind are
simulated and fitted once; populations are drawn from them, with shares from a flat Dirichlet
distribution. Beside it stands how often the intervals would cover if every cell's kind were known.
All designs take long.
Exits with 1 where less than 90 % of the shares are covered, less two binomial standard errors.
"""

import argparse
import os
import sys
from collections import Counter

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.stats import beta

from neurosim import RECTIFIERS, Comparison, fit, poisson_responses, responses_from_counts

DESIGNS = ["25x20", "8x5", "5x10"]
MIXED = [
    ("half-wave", "Naka-Rushton"),
    ("half-wave", "power law"),
    ("half-wave", "softplus"),
    ("constant rate", "half-wave"),
    ("half-wave", "power law", "softplus"),
    ("constant rate", "half-wave", "two-path half-wave"),
    ("half-wave", "power law", "Naka-Rushton"),
]
TRUTHS = list(dict.fromkeys(name for names in MIXED for name in names))
KIND = {name: "constant" if name == "constant rate" else RECTIFIERS[name].kind for name in TRUTHS}
CELLS, SECONDS = 100, 1.0  # simulated of each truth; of a trial
PROMISED = 0.9


def simulated(design: str, seed: int) -> Comparison:
    """Cells of every truth in their order, each with every default candidate."""
    conditions, trials = map(int, design.split("x"))
    x, counts = np.linspace(-1, 1, conditions), []
    for k, name in enumerate(TRUTHS):
        typical = {"r0": 10.0} if name == "constant rate" else RECTIFIERS[name].typical
        made = poisson_responses(name, typical, x, trials, SECONDS, CELLS, seed + k)
        counts.append(made["count"].values)
    count = np.concatenate(counts, axis=1)
    responses = responses_from_counts(np.repeat(x[:, None], count.shape[1], 1), count, SECONDS)
    names = sorted(RECTIFIERS.standard, key=lambda name: len(RECTIFIERS[name].parameter_names))
    return Comparison(
        responses, [fit(n, responses, "Poisson") for n in ("constant rate", *names)], [], 0
    )


def covered(share: float, low: float, high: float) -> bool:
    return bool(low - 1e-9 <= share <= high + 1e-9)


def studied(
    whole: Comparison, names: tuple[str, ...], populations: int, size: int, seed: list[int]
) -> tuple[list[bool], list[bool], list[bool], Counter]:
    """Whether each share is covered, is so if kinds are known, all of a population are; labels."""
    random = np.random.default_rng(seed)
    each, known, every, labels = [], [], [], Counter()
    for _ in range(populations):
        share = random.dirichlet(np.ones(len(names)))
        numbers = random.multinomial(size, share)
        rows = np.concatenate(
            [
                CELLS * TRUTHS.index(name) + random.choice(CELLS, number, replace=False)
                for name, number in zip(names, numbers, strict=True)
            ]
        )
        fits = [one.take(rows) for one in whole.fits]
        result = Comparison(whole.responses.isel(cell=rows), fits, [], 0).population()
        table = result.table
        labels[" | ".join(sorted(table["kind"]))] += 1
        found = []
        for kind, low, high in zip(table["kind"], table["low"], table["high"], strict=True):
            of = np.array([KIND[name] in kind.split(" or ") for name in names])
            if of.any():
                found.append(covered(share[of].sum(), low, high))
                one, rest = 1 + numbers[of].sum(), (~of).sum() + numbers[~of].sum()
                if rest:
                    known.append(covered(share[of].sum(), *beta.ppf([0.025, 0.975], one, rest)))
        for label in result.unseen:
            of = np.array([KIND[name] in label.split(" or ") for name in names])
            if of.any():
                found.append(covered(share[of].sum(), 0.0, result.most_unseen))
        each += found
        every.append(all(found))
    return each, known, every, labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("designs", nargs="*", default=DESIGNS)
    parser.add_argument("--populations", type=int, default=100)
    parser.add_argument("--size", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print("| design | kinds | shares covered | if known | whole populations | told apart |")
    print("|---|---|---|---|---|---|")
    failed = False
    for design in given.designs:
        whole = simulated(design, given.seed)
        for number, names in enumerate(MIXED):
            each, known, every, labels = studied(
                whole, names, given.populations, given.size, [given.seed, number]
            )
            said = "; ".join(f"{label} ({times})" for label, times in labels.most_common(2))
            figures = [f"{100 * np.mean(one):.0f} %" if one else "" for one in (each, known, every)]
            print(f"| {design} | {', '.join(names)} | {' | '.join(figures)} | {said} |", flush=True)
            slack = 2 * np.sqrt(PROMISED * (1 - PROMISED) / len(each))
            failed |= np.mean(each) < PROMISED - slack
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
