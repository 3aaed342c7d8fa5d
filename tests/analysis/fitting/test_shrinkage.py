"""Parameters drawn towards their population."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, fit, poisson_responses, responses_from_counts
from neurosim.analysis.fitting.shrinkage import shrunk


def test_of_known_errors_it_is_the_normal_posterior():
    # oracle: mean and spread of the population by their likelihood, the posterior in closed form
    random = np.random.default_rng(0)
    true = random.normal(2, 0.5, 400)
    seen = true + random.normal(0, 0.4, 400)
    found = shrunk(seen, seen - 1.96 * 0.4, seen + 1.96 * 0.4)
    spread = np.sqrt(seen.var() - 0.4**2)
    assert found.mean == pytest.approx(seen.mean(), abs=0.01)
    assert found.spread == pytest.approx(spread, abs=0.02)
    kept = found.spread**2 / (found.spread**2 + 0.4**2)
    assert found.value == pytest.approx(found.mean + kept * (seen - found.mean), abs=0.02)
    assert np.mean((found.low <= true) & (true <= found.high)) == pytest.approx(0.95, abs=0.03)


def test_what_is_not_known_is_the_populations():
    at = np.array([1.0, 1.2, 0.9, 1.1, 40.0])
    low = np.array([0.8, 1.0, 0.7, 0.9, -np.inf])
    high = np.array([1.2, 1.4, 1.1, 1.3, np.inf])
    found = shrunk(at, low, high)
    assert found.value[4] == pytest.approx(found.mean)
    two = shrunk(at[:2], low[:2], high[:2])
    assert two.value.tolist() == [1.0, 1.2]  # of two cells there is no population
    assert np.isnan(two.mean)
    exact = shrunk(at[:4], at[:4], at[:4])
    assert exact.value == pytest.approx(at[:4], abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sets", "spread", "most"), [(20, 0.1, 0.67), (20, 0.05, 1.05), (20, 0.5, 1.05)]
)
def test_thresholds_are_nearer_to_the_truth(sets, spread, most):
    # oracle: the thresholds that the counts were made with; 24 cells, 9 drives, 5 trials of 0.5 s
    rectifier, x = RECTIFIERS["noise-smoothed threshold"], np.linspace(-1, 1, 9)
    before, after = [], []
    for seed in range(sets):
        random = np.random.default_rng(seed)
        true = rectifier.typical["threshold"] + spread * random.normal(size=24)
        rate = [rectifier.rate(x, **{**rectifier.typical, "threshold": at}) for at in true]
        count = random.poisson(np.stack(rate, 1)[..., None] * 0.5, (9, 24, 5))
        made = responses_from_counts(np.repeat(x[:, None], 24, axis=1), count, 0.5)
        table = fit(rectifier, made).shrunk().query("parameter == 'threshold'")
        before.append(((table["estimate"] - true) ** 2).mean())
        after.append(((table["shrunk"] - true) ** 2).mean())
    assert np.sqrt(np.mean(after) / np.mean(before)) <= most


SLOWEST = ("Siegert", "LIF f-I", "S-shaped linear")


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.05, 0.1, 0.2, 0.5])
@pytest.mark.parametrize("name", [name for name in RECTIFIERS if name not in SLOWEST])
def test_no_rectifiers_parameters_are_further_from_the_truth(name, spread):
    # oracle: what the counts were made with: thresholds spread by so many units of the drive
    # within them, or where there is none gains by so large a part; 24 cells, 9 drives, 5 trials
    rectifier, x = RECTIFIERS[name], np.linspace(-1, 1, 9)
    given = {"quadrature": 0.6 * np.cos(3 * x), "noise": 0.1 + 0.2 * (np.arange(9) % 3)}
    given = {key: given[key] for key in rectifier.regressors}
    before, after = [], []
    moved = "threshold" if "threshold" in rectifier.parameter_names else rectifier.gains[0]
    for seed in range(8):
        random = np.random.default_rng(seed)
        middle, apart = rectifier.typical[moved], random.normal(size=500)
        if moved == "threshold":  # of cells that these drives say something about
            apart = apart[np.abs(middle + spread * apart) < 0.9]
        apart = apart[:24]
        true = middle + spread * apart if moved == "threshold" else middle * np.exp(spread * apart)
        rates = []
        for at in true:
            truth = {**rectifier.typical, moved: at}
            if rectifier.negative_side:  # a rate is not below 0
                truth["r0"] = truth["r0"] * max(1.0, at / middle)
            rates.append(rectifier.rate(x, **truth, **given))
        made = poisson_responses(name, rectifier.typical, x, 5, 0.5, 24, seed, given)
        count = random.poisson(np.stack(rates, axis=1)[..., None] * 0.5, (9, 24, 5))
        made["count"] = made["count"].copy(data=count)
        table = fit(rectifier, made).shrunk().query(f"parameter == '{moved}'")
        known = np.isfinite(table["estimate"]) & np.isfinite(table["shrunk"])
        before.append(((table["estimate"] - true)[known] ** 2).mean())
        after.append(((table["shrunk"] - true)[known] ** 2).mean())
    assert np.sqrt(np.mean(after) / np.mean(before)) <= 1.05
