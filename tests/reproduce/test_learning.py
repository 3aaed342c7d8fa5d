"""Experiments on learning: what they measure, against closed forms and networks made by hand."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from neurosim.convnet.datasets import Dataset, digits  # noqa: E402
from neurosim.convnet.training import Kind, Training, network, train  # noqa: E402
from neurosim.reproduce import (  # noqa: E402
    EXPERIMENTS,
    Run,
    elu_noise,
    saturation,
    sparsity,
    speed,
)
from neurosim.reproduce.inputs import centred  # noqa: E402

NAMES = ("relu-vs-tanh-speed", "saturation", "sparsity-and-dead-units", "elu-noise")


def _few(dataset, images=64):
    return replace(
        dataset,
        train_images=dataset.train_images[:images],
        train_labels=dataset.train_labels[:images],
    )


def _colour(images=40):
    random = np.random.default_rng(3)
    pixels = random.random((images, 3, 12, 12)).astype(np.float32)
    labels = np.arange(images) % 4
    return Dataset(pixels, labels, pixels[:20], labels[:20], "colour", {}, "made up")


# what is shown


def test_images_are_centred_by_those_trained_on():
    # oracle: NumPy's own mean and SD, per channel and of all
    shown = centred(_colour())
    np.testing.assert_allclose(shown.train_images.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(shown.train_images.std(), 1, rtol=1e-6)
    # the same transform for both sets, so the same images stay the same
    np.testing.assert_array_equal(shown.test_images, shown.train_images[:20])


def test_no_more_images_than_asked_for_and_always_the_same():
    # oracle: each drawn image is one of the data's, with its own label
    data = _colour(100)
    few = centred(data, 10)
    np.testing.assert_array_equal(few.train_images, centred(data, 10).train_images)
    assert few.train_images.shape == (10, 3, 12, 12)
    whole = centred(data).train_images  # of another mean and unit: a straight line apart
    for image, label in zip(few.train_images, few.train_labels, strict=True):
        alike = [np.corrcoef(image[0].ravel(), one[0].ravel())[0, 1] for one in whole]
        assert np.max(alike) == pytest.approx(1, abs=1e-5)
        assert data.train_labels[np.argmax(alike)] == label


def test_large_images_are_averaged_over_squares():
    # oracle: torch's average pooling; 12 pixels stay 12
    pixels = np.random.default_rng(0).random((5, 2, 29, 30)).astype(np.float32)
    large = replace(_colour(5), train_images=pixels, test_images=pixels)
    pooled = torch.nn.functional.avg_pool2d(torch.from_numpy(pixels), 2).numpy()
    expected = centred(replace(large, train_images=pooled, test_images=pooled))
    np.testing.assert_allclose(centred(large).train_images, expected.train_images, atol=1e-5)
    np.testing.assert_allclose(centred(large).test_images, expected.test_images, atol=1e-5)
    assert expected.train_images.shape == (5, 2, 14, 15)


# relu-vs-tanh-speed


def test_epochs_to_an_error_between_two_looks():
    # oracle: the straight line between the looks, by hand
    course = speed.Course(np.array([0, 0.5, 1, 1.5]), np.array([0.9, 0.3, 0.4, 0.1]))
    assert speed.epochs_to(0.3, course) == pytest.approx(0.5)
    assert speed.epochs_to(0.6, course) == pytest.approx(0.25)
    assert speed.epochs_to(0.2, course) == pytest.approx(1 + 0.5 * 2 / 3)
    assert speed.epochs_to(0.95, course) == 0
    assert np.isnan(speed.epochs_to(0.05, course))


def test_the_fastest_rate_is_chosen_over_all_seeds():
    # oracle: by hand: one is at 5 % at 1 epoch twice, another at 0.5 and never (which counts as 4)
    def at(*errors):
        return speed.Course(np.arange(len(errors)) / 2, np.array(errors))

    steady = [at(0.9, 0.5, 0.05)] * 2
    lucky = [at(0.9, 0.05), at(0.9, 0.9, 0.9, 0.9)]
    assert speed.fastest({0.1: lucky, 0.2: steady}) == 0.2
    # where none is there in time, the smaller error at the end
    assert speed.fastest({0.1: [at(0.9, 0.6)], 0.2: [at(0.9, 0.4)], 0.4: [at(0.9, 0.8)]}) == 0.2


def test_training_stops_when_it_is_good_enough():
    # oracle: the same training without a stop, which goes on from the same numbers
    data = _few(centred(digits()), 320)
    seen = []
    for enough in (None, 0.5):
        model = network(Kind("ReLU").layer, data, (4,), seed=1)
        seen.append(train(model, data, Training(4, 0.1, watched=0.2, enough=enough)))
    whole, stopped = (learned.train_error for learned in seen)
    first = next(k for k, error in enumerate(whole) if error <= 0.5)
    assert stopped == whole[: first + 1]
    assert first + 1 < len(whole)


def test_the_gain_is_the_weights_variance_times_fan_in():
    # oracle: the variance of a sample, to its standard error of 2 %
    data = centred(digits())
    for gain in (1.0, 2.0):
        model = network(Kind("tanh").layer, data, (64, 64), gain=gain)
        weights = model[2].weight.detach().numpy()
        assert weights.var() * weights[0].size == pytest.approx(gain, rel=0.05)


# saturation


def test_relu_passes_the_gradient_on_and_the_logistic_a_quarter():
    # oracle: He et al. 2015: with variance 2/n the expected factor is 1; the logistic's slope is
    # 1/4 at 0, and variance 1/n leaves the norm to the slope
    data = centred(digits(), 64)
    job = (data, [saturation.Stack(n, 8, 1.0) for n in ("ReLU", "logistic")], 5)
    relu, logistic = saturation.descents(job)[:, 0]
    assert relu == pytest.approx(1, abs=0.06)
    assert 0.2 < logistic < 0.25


def test_the_gradient_of_a_stack_is_the_numerical_one():
    # oracle: for a stack with slope 1 everywhere near its inputs (tanh of tiny weights) the
    # gradients of two layers are related by the weights alone, of norm scale on average
    random = np.random.default_rng(0)
    images, labels = random.normal(size=(200, 64)), random.integers(10, size=200)
    norms, flat = saturation.descent(saturation.Stack("tanh", 5, 0.05), images, labels, 10, 0)
    np.testing.assert_allclose(norms[:-1] / norms[1:], 0.05, rtol=0.15)
    assert flat == 0


def test_saturated_share_of_tanh_at_large_weights():
    # oracle: one layer of Gaussian inputs of SD s: P(sech^2 x < 0.1 | x > 0), in closed form
    from scipy.stats import norm

    random = np.random.default_rng(1)
    images, labels = random.normal(size=(500, 400)), random.integers(3, size=500)
    _, flat = saturation.descent(saturation.Stack("tanh", 1, 4.0, 200), images, labels, 3, 0)
    edge = np.arccosh(np.sqrt(1 / saturation.FLAT))
    assert flat == pytest.approx(2 * norm.sf(edge / 4), abs=0.01)


# sparsity-and-dead-units


def _by_hand():
    """One-pixel filters of weight 1, -1 and 1 with bias -10, on images between 0 and 1."""
    data = _few(digits())
    model = network(Kind("ReLU").layer, data, (3,), kernel=1)
    with torch.no_grad():
        model[0].weight[:] = torch.tensor([1.0, -1.0, 1.0]).reshape(3, 1, 1, 1)
        model[0].bias[:] = torch.tensor([0.0, 0.0, -10.0])
    return model, data


def test_zeros_and_dead_filters_of_a_network_made_by_hand():
    # oracle: two of three filters never respond; the third is silent at blank pixels
    model, data = _by_hand()
    zeros, dead = sparsity.silence(model, torch.from_numpy(data.train_images))
    assert dead == pytest.approx(2 / 3)
    assert zeros == pytest.approx((2 + (data.train_images == 0).mean()) / 3)


def test_a_network_that_diverged_has_no_shares():
    # oracle: NaN, so that its rule is inconclusive, instead of "no unit is dead"
    model, data = _by_hand()
    with torch.no_grad():
        model[0].weight[:] = torch.nan
    assert np.isnan(sparsity.silence(model, torch.from_numpy(data.train_images))).all()


def test_an_all_negative_layer_passes_nothing_or_the_leak():
    # oracle: linear below zero, LReLU passes its leak; ReLU passes 0 exactly
    data = _few(centred(digits()))
    images = torch.from_numpy(data.train_images)
    for name, values, leak in (("ReLU", {}, 0.0), ("LReLU", {"leak": 0.1}, 0.1)):
        model = network(Kind(name, values=values).layer, data, (8, 8), seed=2)
        whole = network(Kind("LReLU", values={"leak": 1.0}).layer, data, (8, 8), seed=2)
        model[1] = whole[1]  # the first rectifier linear, so that only the second one counts
        sparsity.lower(model, 2, images)
        assert (model[:3](images) < 0).all()
        ratio = sparsity.first_gradient(model, 2, images)
        ratio /= sparsity.first_gradient(whole, 2, images)
        assert ratio == pytest.approx(leak, rel=1e-5, abs=0)


def test_a_network_that_is_all_negative_learns_with_a_leak_only():
    # oracle: with ReLU nothing but the read-out's biases can change, so the answer is one class
    data = _few(centred(digits()), 600)
    runs = {n: sparsity.followed(sparsity.Trial(data, n, 0.05, 0, True)) for n in ("ReLU", "LReLU")}
    most = np.bincount(data.train_labels).max() / len(data.train_labels)
    assert runs["ReLU"].error[-1] >= 1 - most - 1e-9
    assert runs["ReLU"].dead[-1] >= 32 / 48
    assert runs["LReLU"].error[-1] < runs["ReLU"].error[-1] - 0.2
    assert (runs["LReLU"].dead == 0).all()


# elu-noise


def test_elu_passes_e_to_the_x():
    # oracle: the SD of a lognormal, e^x sqrt(e^{s^2} (e^{s^2} - 1)), for noise of SD s that stays
    # below zero
    noise = 0.3 * np.random.default_rng(0).standard_normal(200_000)
    for x in (-2.0, -4.0, -6.0):
        log_normal = np.sqrt(np.exp(0.09) * np.expm1(0.09)) / 0.3
        found = elu_noise.passed(elu_noise.CURVES["ELU"], np.array(x), noise)
        assert found == pytest.approx(np.exp(x) * log_normal, rel=0.01)


def test_what_the_piecewise_linear_pass_is_their_slope():
    # oracle: the slopes declared
    slopes = {"linear": 1, "ReLU": 0, "LReLU, 0.1": 0.1, "PReLU, 0.25": 0.25, "SReLU": 0.2}
    for name, slope in slopes.items():
        far = elu_noise.share(elu_noise.CURVES[name], 1)[0]
        assert far == pytest.approx(slope, abs=1e-12)


def test_the_leak_that_is_as_steep_as_elu_on_average():
    # oracle: the integral, numerically
    x = np.linspace(-12, 0, 200_001)
    density = 2 * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    assert pytest.approx(np.trapezoid(np.exp(x) * density, x), rel=1e-6) == elu_noise.AS_STEEP


def test_noise_on_negative_inputs_leaves_positive_ones_alone():
    # oracle: a network whose inputs are all positive answers as it does without noise; one that
    # is all negative with ReLU answers alike too, as long as the noise stays below zero
    model, data = _by_hand()
    images = torch.from_numpy(data.train_images) + 0.1
    with torch.no_grad():
        model[0].weight[:] = 1.0
        model[0].bias[:] = torch.tensor([0.0, 0.5, 1.0])
    quiet = model(images).detach()
    assert torch.equal(elu_noise.shaken(model, images, 0.5, 0), quiet)
    with torch.no_grad():
        model[0].bias[:] = -10.0
    assert torch.equal(elu_noise.shaken(model, images, 0.5, 0), model(images).detach())
    model[1] = Kind("LReLU", values={"leak": 0.1}).layer(3)
    assert not torch.equal(elu_noise.shaken(model, images, 0.5, 0), model(images).detach())


# whole experiments


def _small(monkeypatch):
    monkeypatch.setattr(speed, "RATES", (0.05, 0.1))
    monkeypatch.setattr(speed, "TUNING_SEEDS", 1)
    monkeypatch.setattr(speed, "NETWORKS", 1)
    monkeypatch.setattr(speed, "EPOCHS", 2)
    monkeypatch.setattr(speed, "TUNING_EPOCHS", 1)
    monkeypatch.setattr(sparsity, "EPOCHS", 1)
    monkeypatch.setattr(saturation, "NETWORKS", 1)
    monkeypatch.setattr(saturation, "UNITS", 16)
    monkeypatch.setattr(elu_noise, "EPOCHS", 1)
    monkeypatch.setattr(elu_noise, "DRAWS", 2)


@pytest.mark.parametrize("name", NAMES)
def test_any_images_will_do_and_a_seed_is_a_result(name, monkeypatch):
    # oracle: the same seed twice; colour images of another size than the digits'
    _small(monkeypatch)
    found = []
    for _ in range(2):
        with Run(seed=1, repeats=2, workers=1, data=_colour()) as run:
            found.append(EXPERIMENTS[name].outcome(run))
    for one, two in zip(found[0].decided, found[1].decided, strict=True):
        np.testing.assert_equal((one.mean, one.low, one.high), (two.mean, two.low, two.high))
        assert one.seeds == 2
    assert found[0].found.table.equals(found[1].found.table)
    found[0].found.figure.draw_without_rendering()  # warnings are errors


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_verdict_flips_between_base_seeds(name):
    # oracle: the verdicts of other seeds; inconclusive is allowed beside either
    verdicts = []
    for seed in range(3):
        with Run(seed=seed, workers=2) as run:
            verdicts.append([one.verdict for one in EXPERIMENTS[name].outcome(run).decided])
    for rule in zip(*verdicts, strict=True):
        assert not {"supported", "not supported"} <= set(rule)
