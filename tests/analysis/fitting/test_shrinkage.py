"""Parameters drawn towards their population."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, fit, responses_from_counts
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
