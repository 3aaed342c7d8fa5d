"""Comparison: held-out scores, selection, recovery of models and parameters."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import poisson

from neurosim import RECTIFIERS, InputError, compare, fit
from neurosim.analysis.comparison.held_out import folds_by_condition, held_out
from neurosim.analysis.comparison.recovery import recovery
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.posterior import posterior_mean_r0
from neurosim.data.counts import Counts, reduced

X = np.linspace(-1, 1, 25)


def _responses(name, cells=4, seed=0, **changed):
    return poisson_responses(name, {**RECTIFIERS[name].typical, **changed}, X, 10, 1.0, cells, seed)


def test_held_out_is_by_condition_and_matches_a_loop_of_fits():
    # oracle: each fold fitted on its own by the public fit, scored by scipy.stats.poisson
    responses = _responses("half-wave", cells=2)
    counts = reduced(responses).counts
    fold = folds_by_condition(25, 5, seed=3)
    score = held_out(fit("half-wave", responses, "Poisson"), fold)
    by_hand = np.zeros(2)
    for k in range(5):
        trained = fit("half-wave", responses.isel(stimulus=fold != k), "Poisson")
        test = responses.isel(stimulus=fold == k)
        for cell in range(2):
            rate = trained.rate(test["drive"].values[:, cell], cell)
            by_hand[cell] += poisson.logpmf(test["count"].values[:, cell], rate[:, None]).sum()
    assert score.log_likelihood_at_maximum == pytest.approx(by_hand, rel=1e-8)
    assert score.spikes == pytest.approx(counts.spikes.sum(1))
    assert score.per_spike == pytest.approx(score.log_likelihood / score.spikes)


def test_folds_are_even_and_seeded():
    fold = folds_by_condition(23, 5, seed=1)
    assert sorted(np.bincount(fold)) == [4, 4, 5, 5, 5]
    assert np.array_equal(fold, folds_by_condition(23, 5, seed=1))


@pytest.mark.parametrize("spontaneous", [0, 1, 7, 400])
def test_posterior_mean_of_r0_matches_quadrature(spontaneous):
    # oracle: scipy.integrate.quad of the posterior under r0^(-1/2)
    spikes = np.array([[spontaneous, 90.0, 130.0]])
    exposure = np.array([[10.0, 5.0, 5.0]])
    driven = np.array([[0.0, 17.0, 25.0]])
    counts = Counts(np.zeros((1, 3)), spikes, exposure, np.zeros((1, 3)))
    peak = max(spontaneous / 10, 1e-3)

    def density(r, power):
        terms = spikes[0] * np.log((driven[0] + r) / (driven[0] + peak)) - exposure[0] * (r - peak)
        return np.exp(terms.sum()) * r ** (power - 0.5)

    top = peak + 10 * np.sqrt(peak / 10) + 3
    limits = {"limit": 500, "epsabs": 0, "epsrel": 1e-10, "points": [1e-6, peak]}
    mean = quad(density, 0, top, (1,), **limits)[0] / quad(density, 0, top, (0,), **limits)[0]
    ours = posterior_mean_r0(counts, driven, np.array([spontaneous / 10]))
    assert ours == pytest.approx([mean], rel=2e-3)


def test_one_spontaneous_spike_does_not_decide_everything():
    # a threshold-like cell: silent below threshold but for one spike
    responses = _responses("thresholded half-wave", cells=1, r0=0.0)
    responses["count"][2, 0, 0] = 1
    comparison = compare(responses, ["thresholded half-wave", "half-wave"], seed=1)
    score = comparison.scores[-1]
    assert comparison.fits[-1].rectifier.name == "thresholded half-wave"
    assert score.impossible.tolist() == [1]
    assert score.log_likelihood_at_maximum.tolist() == [-np.inf]
    assert np.isfinite(score.log_likelihood).all()
    assert score.log_likelihood > comparison.scores[0].log_likelihood


def test_the_generating_rectifier_wins_and_the_report_says_so():
    comparison = compare(_responses("two-path energy"), seed=0)
    assert {comparison.rectifiers[k].name for k in comparison.chosen} == {"two-path energy"}
    assert comparison.verdict.tolist() == ["two-path energy"] * 4
    assert not comparison.indistinguishable.any()
    assert "Of 4 cells: two-path energy 4" in comparison.report()
    table = comparison.table
    assert len(table) == 4 * 11
    best = table[table["chosen"]]
    assert (best["delta AIC"] <= 4).all()
    weights = table.groupby("cell")["Akaike weight"].sum()
    assert weights.to_numpy() == pytest.approx(1)


def test_without_evidence_it_says_indistinguishable():
    # three spikes in all tell nothing apart
    responses = _responses("half-wave", cells=1)
    responses["count"][:] = 0
    responses["count"][20:23, 0, 0] = 1
    comparison = compare(responses, ["half-wave", "half-squared"], folds=5)
    assert comparison.not_told_apart[0, 1:].all()
    assert "not told apart: " in comparison.report()


def test_the_reference_is_set_aside_to_say_what_a_cell_resembles():
    comparison = compare(_responses("noise-smoothed threshold", cells=3), seed=0)
    assert set(comparison.kinds) == {"soft corner"}
    which, _ = comparison.resembles
    assert all(not comparison.rectifiers[k].mechanistic for k in which)
    aside = "reference set aside" in comparison.report()
    assert aside == ("noise-smoothed threshold" in comparison.verdict)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rectifiers": []}, "at least one rectifier"),
        ({"folds": 26}, "folds as a whole number from 2 to 25, got 26"),
        ({"rectifiers": ["none of them"]}, "got 'none of them'"),
    ],
)
def test_compare_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        compare(_responses("half-wave"), **arguments)


def _check_recovery(found, least=0.9):
    # of a share p of so many cells two standard errors are left to chance
    print(found.to_dataframe().to_string())
    cells = found.confusion.sum(1)
    twins = np.isin(found.generating, ["softplus", "noise-smoothed threshold"])
    assert (found.shares["false"] <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / cells)).all()
    assert (found.shares["kind"] >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / cells)).all()
    assert (found.shares["truth"] >= 0.9 - 2 * np.sqrt(0.1 * 0.9 / cells))[~twins].all()
    for name, fractions in found.within_two_se.items():
        for parameter, fraction in fractions.items():
            assert fraction >= least, (name, parameter)


@pytest.mark.slow
def test_parameters_and_models_are_recovered():
    # 25 stimuli, 20 trials; `neurosim recovery` prints the same matrix
    _check_recovery(recovery(cells=40, seed=0), 0.8)


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "seed", "least"), [(400, 0, 0.9), (2000, 11, 0.93)])
def test_recovery_at_length(cells, seed, least):
    # two standard errors of a normal estimate hold 95.4 %
    _check_recovery(recovery(cells=cells, seed=seed), least)


def test_every_rectifier_of_a_comparison_has_a_colour_of_its_own():
    from neurosim.analysis.comparison.drawn import colours

    standard = ["constant rate", *RECTIFIERS.standard]
    assert len(set(colours(standard).values())) == len(standard) == 11
    assert len(set(colours([*standard[:4], "power law", "softplus"]).values())) == 6


def test_ends_are_scored_apart_with_what_they_are_an_extrapolation_of():
    # oracle: the lowest and the highest of 25 drives are each beyond all others when left out
    responses = _responses("half-wave", cells=3)
    fold = folds_by_condition(25, 5, seed=3)
    score = held_out(fit("half-wave", responses), fold)
    alone = 2 if fold[0] != fold[-1] else 0
    neighbours = sum(fold[k] == fold[e] for k, e in ((1, 0), (23, 24)))
    assert (score.ends >= 2).all()
    assert (score.ends <= 2 + 2 * neighbours + alone).all()
    spikes = responses["count"].sum(("trial", "stimulus")).values
    assert (score.ends_spikes < spikes).all()
    assert (score.ends_log_likelihood >= score.log_likelihood).all()
    assert score.per_spike_error == pytest.approx(score.standard_error / score.spikes)
    table = compare(responses, ["half-wave"]).summary
    assert (table["median standard error of it (nats)"] > 0).all()
