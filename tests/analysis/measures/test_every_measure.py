"""Every public measure that is asked of responses alone; a new one is found by its `Measures`."""

import inspect
from functools import cache

import numpy as np
import pytest

import neurosim
from neurosim import InputError, responses_from_counts

STIMULI, CELLS, TRIALS, SECONDS = 8, 4, 6, 1.0
MOST = 20.0  # Hz


def of_responses():
    """Names of the public functions that give Measures of responses, all else by default."""
    for name in neurosim.__all__:
        public = getattr(neurosim, name)
        if not inspect.isfunction(public) or public.__annotations__.get("return") != "Measures":
            continue
        first, *others = inspect.signature(public).parameters.values()
        if first.name == "responses" and all(o.default is not o.empty for o in others):
            yield name


NAMES = sorted(of_responses())


def made(trials=TRIALS):
    """Poisson spikes, tuned to what varies from stimulus to stimulus; the last cell is silent."""
    random = np.random.default_rng(0)
    place = np.arange(STIMULI)
    rate = 2 + MOST * np.exp(-((place[:, None] - 3.5) ** 2) / 3) * np.r_[1, 0.5, 0.2, 0]
    rate[:, -1] = 0
    count = random.poisson(rate[..., None] * SECONDS, (STIMULI, CELLS, trials))
    index = np.repeat(np.stack(np.nonzero(count + 1), 1), count.ravel(), axis=0)
    responses = responses_from_counts(np.zeros((STIMULI, CELLS)), count, SECONDS)
    responses = responses.assign_coords(
        orientation=("stimulus", 180 / STIMULI * place),
        spatial_frequency=("stimulus", 2.0 ** (place / 2)),
        contrast=("stimulus", 2.0 ** -np.abs(place - 3.4)),
        temporal_frequency=("stimulus", np.full(STIMULI, 4.0)),
    )
    times = random.random(len(index)) * SECONDS
    order = np.lexsort((times, *index.T[::-1]))
    responses["spike_time"] = "spike", times[order]
    for name, values in zip(("stimulus", "cell", "trial"), index[order].T, strict=True):
        responses[f"spike_{name}"] = "spike", values
    return responses


@cache
def measured(name):
    return getattr(neurosim, name)(made())


def test_they_are_found():
    assert {"orientation_selectivity", "modulation_index", "response_ceilings"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_every_measure_says(name):
    # oracle: the rules of the room: a status in every row, "ok" only with a value, ends in order,
    # a definition, whole rows in the table, and the same numbers from the same seed
    found, again = measured(name), getattr(neurosim, name)(made())
    assert len(found) > 0
    rows = len(found.rows["cell"])
    for each in found.values():
        assert len(each.value) == len(each.low) == len(each.high) == len(each.status) == rows
        assert all(each.status)
        assert all(
            np.isfinite(v) for v, said in zip(each.value, each.status, strict=True) if said == "ok"
        )
        known = ~np.isnan(each.low)
        assert (each.low[known] <= each.high[known]).all()
        assert len(each.definition) > 20
        assert {np.shape(more) for more in each.more.values()} <= {(rows,)}
    assert len(found.table) == rows * len(found)
    assert found.table.equals(again.table)


@pytest.mark.parametrize("name", NAMES)
def test_a_silent_cell_is_nowhere_ok(name):
    # oracle: no spikes, no tuning; r0 of 0 Hz and a noise power of 0 are values all the same
    found = measured(name)
    silent = found.rows["cell"] == CELLS - 1
    for each in found.values():
        if each.name not in ("r0", "noise power", "signal power"):
            assert "ok" not in np.array(each.status)[silent], each.name


@pytest.mark.parametrize("name", NAMES)
def test_single_trials_are_refused_or_said(name):
    # oracle: one trial has no variance; a likelihood of Poisson counts, and the cycles of one
    # trial, have all the same
    try:
        found = getattr(neurosim, name)(made(trials=1))
    except InputError as error:
        assert "trials" in str(error)  # noqa: PT017
        return
    if name not in ("contrast_response", "modulation_index"):
        assert not any(said == "ok" for each in found.values() for said in each.status)


@pytest.mark.parametrize("name", NAMES)
def test_what_every_measure_refuses(name):
    # oracle: one line that begins with the measure's name
    measure = getattr(neurosim, name)
    takes = inspect.signature(measure).parameters
    for argument, wrong in (("level", "high"), ("samples", 2.5), ("seed", -1)):
        if argument in takes:
            with pytest.raises(InputError, match=f"^{name}: expected {argument}"):
                measure(made(), **{argument: wrong})
