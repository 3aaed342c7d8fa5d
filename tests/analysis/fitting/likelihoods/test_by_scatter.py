"""Which likelihood the trials of each cell ask for."""

import numpy as np
import pytest

from neurosim import (
    RECTIFIERS,
    Comparison,
    ScatterWarning,
    compare,
    fit,
    poisson_responses,
    responses_from_counts,
)
from neurosim.analysis.comparison.held_out import folds_by_condition, held_out
from neurosim.analysis.fitting.fit import fit_reduced
from neurosim.analysis.fitting.likelihoods.by_scatter import ByScatter
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import named_rectifier
from neurosim.models.rectifiers.constant import CONSTANT

SLOW = pytest.mark.slow
X = np.linspace(-1, 1, 12)
MEAN = (3 + 25 * np.maximum(X, 0))[:, None, None]
DRIVE = np.repeat(X[:, None], 6, axis=1)
OVER, UNDER = "negative binomial", "under-dispersed"


def _mixed(trials=10, seed=0):
    """Two Poisson cells, two more variable, two more regular; MEAN spikes in a second."""
    random = np.random.default_rng(seed)
    shape = (X.size, 2, trials)
    count = [
        random.poisson(MEAN, shape),
        random.negative_binomial(2, 2 / (2 + MEAN), shape),
        np.rint(MEAN + random.normal(0, 1.0, shape)).clip(min=0),
    ]
    return responses_from_counts(DRIVE, np.concatenate(count, axis=1), 1.0)


def test_trials_decide_each_cells_likelihood():
    # oracle: how the counts were made
    found = fit("half-wave", _mixed(seed=2))
    assert found.families.tolist() == ["Poisson"] * 2 + [OVER] * 2 + [UNDER] * 2
    assert found.model.likelihood.name == "auto"
    assert found.free.tolist() == [2, 2, 3, 3, 3, 3]
    assert found.free_of_rate == 2
    assert np.isnan(found.scatter).tolist() == [True] * 2 + [False] * 4
    assert found.scatter_known.all()
    assert found.to_dataframe()["likelihood"].tolist() == found.families.tolist()


def test_cells_are_fitted_as_under_their_own_likelihood():
    # oracle: each cell alone under the likelihood that was decided
    responses = _mixed(seed=2)
    found = fit("thresholded half-wave", responses)
    fold = folds_by_condition(X.size, 3)
    score = held_out(found, fold)
    backward = found.take(np.arange(6)[::-1])
    assert backward.families.tolist() == found.families[::-1].tolist()
    assert backward.intervals.low == pytest.approx(found.intervals.low[::-1])
    for cell, name in enumerate(found.families):
        alone = fit("thresholded half-wave", responses.isel(cell=[cell]), likelihood=name)
        assert found.values[cell] == pytest.approx(alone.values[0], rel=1e-6)
        assert found.log_likelihood[cell] == pytest.approx(alone.log_likelihood[0], abs=1e-7)
        assert found.intervals.low[cell] == pytest.approx(alone.intervals.low[0], rel=1e-6)
        assert found.intervals.high[cell] == pytest.approx(alone.intervals.high[0], rel=1e-6)
        by_fold = held_out(alone, fold).log_likelihood[0]
        assert score.log_likelihood[cell] == pytest.approx(by_fold, abs=1e-5)


def test_a_models_misfit_is_never_taken_for_scatter():
    # oracle: a constant rate is far off, and the trials are as they are
    responses = _mixed(seed=2)
    families = [fit(name, responses).families.tolist() for name in ("constant rate", "half-wave")]
    assert families[0] == families[1]


@pytest.mark.parametrize(("trials", "known"), [(1, False), (2, True), (5, True)])
def test_too_few_trials_tell_nothing(trials, known):
    # oracle: chi-squared limits of the Fano factor; of 12 or 48 degrees of freedom most exclude 2
    responses = poisson_responses("half-wave", {"r0": 9, "gain": 60}, X, trials, 2.0, 40, seed=1)
    found = fit("half-wave", responses)
    plain = found.families == "Poisson"
    assert (found.scatter_known[plain].mean() > 0.5) == known
    assert found.scatter_known[~plain].all()
    assert plain.all() or trials > 1


def test_the_test_is_lenient_and_its_size_right():
    responses = poisson_responses("half-wave", {"r0": 9, "gain": 60}, X, 5, 1.0, 2000, seed=2)
    likelihood = ByScatter.begin(reduced(responses).counts)
    share = np.bincount(likelihood.family, minlength=3) / 2000
    assert share == pytest.approx([0.8, 0.15, 0.05], abs=0.025)


def test_sums_of_trials_stay_poisson():
    counts = reduced(_mixed()).counts
    sums = counts.with_spikes(counts.spikes)
    assert [each.name for _, each in ByScatter.begin(sums).parts(sums)] == ["Poisson"]


def test_a_likelihood_that_is_said_is_honoured_with_one_warning():
    # oracle: two cells of six are more variable, two more regular
    responses = _mixed(seed=2)
    for name, number in (("Poisson", 4), (OVER, 2), (UNDER, 2)):
        message = f"fit: the trials contradict {name} counts in {number} of 6 cells"
        with pytest.warns(ScatterWarning, match=message) as said:
            found = fit("half-wave", responses, likelihood=name)
        assert len(said) == 1
        assert set(found.families) == {name}
        assert found.scatter_known.all()
    with pytest.warns(ScatterWarning, match=r'compare: .*likelihood="auto"') as said:
        compare(responses, ["half-wave", "half-squared"], likelihood="Poisson")
    assert len(said) == 1


def test_the_comparison_takes_each_cell_as_it_scatters():
    found = compare(_mixed(seed=2), ["half-wave", "half-squared"], folds=3)
    assert found.verdict.tolist() == ["half-wave"] * 6
    assert (found.table.groupby("cell")["likelihood"].nunique() == 1).all()
    found.plot()
    found.fits[1].plot(4)


def _more_variable(name, conditions, trials, cells, dispersion, seed, **parameters):
    """Cells of a rectifier whose counts in a second have variance = mean + dispersion mean^2."""
    x, random = np.linspace(-1, 1, conditions), np.random.default_rng(seed)
    mean = RECTIFIERS[name].rate(x, **parameters)[:, None, None]
    size = 1 / dispersion
    gain = random.gamma(size, dispersion, (conditions, cells, trials))
    return responses_from_counts(
        np.repeat(x[:, None], cells, axis=1), random.poisson(gain * mean), 1.0
    )


@pytest.mark.parametrize("dispersion", [0.1, 0.3, 1.0])
@pytest.mark.parametrize(
    ("conditions", "cells"), [(8, 150), *(pytest.param(n, 1000, marks=SLOW) for n in (8, 12))]
)
def test_intervals_of_more_variable_counts_cover(conditions, cells, dispersion):
    # oracle: the truth; 90 % is promised, less two standard errors of as many cells
    made = {"r0": 3.0, "gain": 60.0}
    responses = _more_variable("half-wave", conditions, 5, cells, dispersion, 7, **made)
    found = fit("half-wave", responses).intervals
    inside = (found.low <= list(made.values())) & (found.high >= list(made.values()))
    assert (inside.mean(0) >= 0.90 - 2 * np.sqrt(0.9 * 0.1 / cells)).all()


@pytest.mark.slow
@pytest.mark.parametrize("dispersion", [0.1, 0.3, 1.0])
@pytest.mark.parametrize(("conditions", "promised"), [(8, 0.88), (12, 0.90)])
def test_intervals_of_a_threshold_of_more_variable_counts_cover(conditions, promised, dispersion):
    # oracle: the truth; two standard errors of as many cells are allowed
    made = {"r0": 3.0, "gain": 90.0, "threshold": 0.3}
    name = "thresholded half-wave"
    found = fit(name, _more_variable(name, conditions, 5, 1000, dispersion, 7, **made)).intervals
    inside = (found.low <= list(made.values())) & (found.high >= list(made.values()))
    assert (inside.mean(0) >= promised - 2 * np.sqrt(0.1 / 1000)).all()


@pytest.mark.slow
def test_more_variable_half_wave_cells_are_called_half_wave():
    # 95 % is promised, less two standard errors of as many cells
    made = _more_variable("half-wave", 13, 10, 400, 0.5, 11, r0=3.0, gain=60.0)
    data = reduced(made)
    fits = [
        fit_reduced(each, data) for each in (CONSTANT, *map(named_rectifier, RECTIFIERS.standard))
    ]
    named = Comparison(made, fits, [], 0).verdict == "half-wave"
    assert named.mean() >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 400)
