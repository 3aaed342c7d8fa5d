"""Lessons on few images: what is drawn, and what is learned."""

import numpy as np
import pytest

pytest.importorskip("torch")

from neurosim.convnet.labelled_images import Dataset
from neurosim.reproduce import Run, few_images, keep_both, leaky
from neurosim.reproduce.few_images import Lesson, learn, spread
from neurosim.reproduce.statement import Rule


def test_few_images_are_drawn_by_seed_and_the_others_tested():
    """Oracle: labels that number the images; drawn and tested are all of them, none twice."""
    images, number = (
        np.random.default_rng(0).random((120, 1, 4, 4)).astype(np.float32),
        np.arange(120),
    )
    data = Dataset(images[:60], number[:60], images[60:], number[60:], "numbered", {}, "made")
    drawn = few_images.few(data, 40, seed=3)
    assert sorted([*drawn.train_labels, *drawn.test_labels]) == [*range(120)]
    assert set(drawn.train_labels) < set(range(60))
    source = images[drawn.train_labels].astype(float)
    for part, labels in (
        (drawn.train_images, drawn.train_labels),
        (drawn.test_images, drawn.test_labels),
    ):
        expected = (images[labels] - source.mean()) / source.std()
        assert part == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(few_images.few(data, 40, 3).train_labels, drawn.train_labels)
    assert not np.array_equal(few_images.few(data, 40, 4).train_labels, drawn.train_labels)


def test_a_lesson_reports_what_it_learned(bars):
    """Oracle: half are guessed by chance; parameters counted by hand; the same seed, the same."""
    kind = leaky._kinds()["PReLU, shared"]
    lesson = Lesson([kind, kind], [4, 4], few_images.few(bars(), 60, 0), 5, epochs=30)
    learnt = learn(lesson)
    assert learnt.test_error < 20
    assert learnt.parameters == (9 + 1) * 4 + 1 + (36 + 1) * 4 + 1 + (64 + 1) * 2
    assert [list(layer) for layer in learnt.layers] == [["leak"], ["leak"]]
    assert learn(lesson) == learnt


def test_rates_are_chosen_on_seeds_that_are_not_evaluated():
    """Oracle: sets of seeds, for three base seeds."""
    for seed in range(3):
        evaluated = {n for s in Run(seed).seeds(10) for n in few_images.networks(s, 10)}
        assert not evaluated & set(few_images.networks(1000 * seed + 900, keep_both._CHOOSING))


def test_spread_is_the_interval_that_rules_use():
    """Oracle: `Rule.decide`, another program."""
    values = [0.2, 0.5, 0.1, 0.4]
    decided = Rule("it", ">", 0.0).decide(values)
    mean, reach = spread(values)
    assert (mean - reach, mean + reach) == pytest.approx((decided.low, decided.high))
    assert np.isnan(spread([1.0])[1])
