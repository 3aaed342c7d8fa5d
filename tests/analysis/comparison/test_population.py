"""Shares of kinds in a population: the checked example, edges, and coverage."""

import numpy as np
import pytest
from scipy.stats import beta

from neurosim import InputError, compare, responses_from_counts
from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.comparison.shares import shares_of
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.fit import fit_reduced
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import RECTIFIERS, named_rectifier


def _mixed(names, numbers, conditions, trials, seconds, seed):
    """Cells of several rectifiers, compared without held-out scores."""
    x = np.linspace(-1, 1, conditions)
    made = [
        poisson_responses(name, named_rectifier(name).typical, x, trials, seconds, number, seed + k)
        for k, (name, number) in enumerate(zip(names, numbers, strict=True))
        if number
    ]
    count = np.concatenate([each["count"].values for each in made], axis=1)
    responses = responses_from_counts(np.repeat(x[:, None], count.shape[1], 1), count, seconds)
    models = [named_rectifier(name) for name in ("constant rate", *RECTIFIERS.standard)]
    models.sort(key=lambda each: len(each.parameter_names))
    data = reduced(responses)
    return Comparison(responses, [fit_reduced(each, data) for each in models], [], 0)


def test_the_checked_example():
    # oracle: shared/REFERENCES, log evidences of ten cells under three models
    evidence = np.array(
        [
            *([0, -1, -6], [0, -2, -5], [0, -0.5, -4], [0, -8, -9], [-3, 0, -2]),
            *([-1, 0, -7], [0, -3, -3], [-0.2, 0, -5], [0, -6, -1], [0, -4, -8]),
        ]
    )
    found = shares_of(evidence)
    assert found.alpha == pytest.approx([9.1936, 2.7450, 1.0614], abs=1e-3)
    assert found.mean == pytest.approx([0.7072, 0.2112, 0.0816], abs=1e-3)
    assert found.exceedance == pytest.approx([0.9755, 0.0228, 0.0017], abs=1e-3)
    assert found.protected.sum() == pytest.approx(1)
    assert (np.abs(found.protected - 1 / 3) < np.abs(found.exceedance - 1 / 3)).all()


def test_intervals_are_of_the_exact_posterior():
    # oracle: importance sampling of the shares from their flat prior, each cell's kind summed out
    random = np.random.default_rng(1)
    evidence = random.normal(0, 1.5, (10, 3)) + np.array([0.8, 0.0, -1.0])
    shares = random.dirichlet(np.ones(3), 400_000)
    weight = np.exp(np.log(shares @ np.exp(evidence).T).sum(1))
    low, high = shares_of(evidence).interval()
    for k in range(3):
        order = np.argsort(shares[:, k])
        below = np.cumsum(weight[order]) / weight.sum()
        ends = shares[order, k][np.searchsorted(below, [0.025, 0.975])]
        of_it = shares[:, [k]] * np.exp(evidence[:, k]) / (shares @ np.exp(evidence).T)
        if (weight * (1 - of_it).prod(1)).sum() / weight.sum() > 0.025:  # perhaps no cell is
            ends[0] = 0.0
        if (weight * of_it.prod(1)).sum() / weight.sum() > 0.025:  # perhaps all are
            ends[1] = 1.0
        assert (low[k], high[k]) == pytest.approx(tuple(ends), abs=0.01)
    few = shares_of(np.array([[0.0, -2.0]] * 20)).interval()  # perhaps all are of the first
    assert (few[1][0], few[0][1]) == (1.0, 0.0)
    sure = shares_of(np.array([[0.0, -90.0]] * 7 + [[-90.0, 0.0]] * 3)).interval()
    assert np.array(sure)[:, 0] == pytest.approx(beta.ppf([0.025, 0.975], 8, 4))


def test_any_origin_and_order_of_the_evidence():
    evidence = np.random.default_rng(0).normal(0, 3, (12, 3))
    one, other = shares_of(evidence), shares_of(evidence[::-1, ::-1] + np.arange(12)[:, None])
    assert other.alpha == pytest.approx(one.alpha[::-1])
    assert other.exceedance == pytest.approx(one.exceedance[::-1], abs=1e-4)
    assert other.omnibus_risk == pytest.approx(one.omnibus_risk)
    alone = shares_of(np.zeros((9, 1)))
    low, high = alone.interval()
    assert (alone.mean[0], high[0]) == (1.0, 1.0)
    assert low[0] == pytest.approx(0.05 ** (1 / 10))  # nine of nine


def test_a_population_of_two_kinds_has_its_shares():
    found = _mixed(["half-wave", "Naka-Rushton"], [12, 6], 25, 20, 1.0, seed=1).population()
    table = found.table.set_index("kind")
    assert table.loc["corner", "low"] < 2 / 3 < table.loc["corner", "high"]
    assert table.loc["saturating", "low"] < 1 / 3 < table.loc["saturating", "high"]
    assert table["cells"].sum() >= 17
    assert "corner is the commonest" in found.report()
    assert len(found.plot().axes) == 1
    assert repr(found).startswith("<Population of 18 cells>")
    assert "two-path" in found.unseen
    # oracle: of a kind that none of 18 cells are, (1 - share)^18 under a flat prior
    assert (1 - found.most_unseen) ** 19 == pytest.approx(0.05)
    assert "two-path" in found.report().partition("No cell is likeliest of ")[2]
    assert "each below 15 %" in found.report()


def test_one_cell_is_a_population_that_says_little():
    found = _mixed(["Naka-Rushton"], [1], 25, 20, 1.0, seed=1).population()
    assert found.kinds == ["saturating"]
    low, high = found.shares.interval()
    assert (low[0], high[0]) == (pytest.approx(0.05**0.5), 1.0)


def test_shares_do_not_depend_on_the_order_of_cells():
    made = _mixed(["half-wave", "Naka-Rushton"], [5, 3], 13, 10, 1.0, seed=1)
    turned = made.responses.isel(cell=slice(None, None, -1))
    rows = np.arange(8)[::-1]
    other = Comparison(turned, [each.take(rows) for each in made.fits], [], 0).population()
    assert other.kinds == made.population().kinds
    assert other.shares.mean == pytest.approx(made.population().shares.mean)


def test_kinds_that_the_design_does_not_tell_apart_have_one_share():
    found = _mixed(["half-wave", "softplus"], [8, 8], 6, 3, 0.5, seed=3).population()
    joined = [kind for kind in found.kinds if "corner" in kind and "soft corner" in kind]
    assert len(joined) == 1
    assert "are not told apart" in found.report()


def test_cells_that_are_called_nothing_are_counted_beside():
    angle = np.repeat(np.arange(0, 180, 15.0)[:, None], 3, axis=1)
    rate = 2 + 40 * np.exp(-0.5 * ((angle - 75) / 20) ** 2)
    count = np.random.default_rng(2).poisson(rate[..., None], (12, 3, 10))
    count[:, 1] = 0
    count[:, 2] = np.random.default_rng(3).poisson(10, (12, 10))
    found = compare(responses_from_counts(angle, count, 1.0)).population()
    assert found.left == {"none": 1, "undetermined": 1}
    assert found.cells.tolist() == [2]
    silent = compare(responses_from_counts(angle[:, :1], 0 * count[:, :1], 1.0))
    with pytest.raises(InputError, match=r"population: expected cells .*undetermined 1"):
        silent.population()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "conditions", "trials"),
    [
        (("half-wave", "Naka-Rushton"), 25, 20),
        (("half-wave", "power law"), 25, 20),
        (("half-wave", "power law", "softplus"), 25, 20),
        (("constant rate", "half-wave", "two-path half-wave"), 25, 20),
        (("half-wave", "power law"), 5, 10),
        (("half-wave", "power law", "softplus"), 8, 5),
    ],
)
def test_credible_intervals_cover_the_shares(names, conditions, trials):
    # oracle: the shares that cells were drawn with, from a flat Dirichlet distribution
    random, covered = np.random.default_rng(0), []
    for seed in range(40):
        share = random.dirichlet(np.ones(len(names)))
        numbers = random.multinomial(24, share)
        made = _mixed(names, numbers, conditions, trials, 1.0, 100 * seed)
        table = made.population().table
        for kind, low, high in zip(table["kind"], table["low"], table["high"], strict=True):
            of = [named_rectifier(name).kind in kind.split(" or ") for name in names]
            if any(of):
                covered.append(low - 1e-9 <= share[of].sum() <= high + 1e-9)
    assert np.mean(covered) >= 0.9 - 2 * (0.9 * 0.1 / len(covered)) ** 0.5
