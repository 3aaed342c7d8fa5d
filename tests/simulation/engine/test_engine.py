"""The engine's parts: the hash and its noise, the elementary functions, intervals, identity."""

import numpy as np
import pytest
from scipy import stats

from neurosim import LIF, GaborBank, Gratings, modulation, simulate
from neurosim.simulation.engine import primitives
from neurosim.simulation.engine.cells import second_spike_chance
from neurosim.simulation.engine.worker import Worker
from tests.simulation.engine.first_passage import interval_distribution
from tests.simulation.test_simulate import _drive


@pytest.mark.parametrize(
    ("counter_and_key", "words"),
    [
        ((0,) * 6, "5f6fb709 0d893f64 4f121f81 4f730a48"),
        ((0xFFFFFFFF,) * 6, "5207ddc2 45165e59 4d8ee751 8c52f662"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0),
            "4dfccaba 190a87f0 c47362ba b6b5242a",
        ),
    ],
)
def test_philox_gives_its_known_answers(counter_and_key, words):
    # oracle: Random123's kat_vectors, philox4x32 with 7 rounds
    found = primitives.philox(*counter_and_key)
    assert " ".join(f"{int(word):08x}" for word in found) == words


def test_elementary_functions():
    # oracle: NumPy's own
    random = np.random.default_rng(0)
    x = np.exp(random.uniform(-700, 700, 100_000))
    scale = np.maximum(np.abs(np.log(x)), 1e-3)
    assert (np.abs(primitives.ln(x) - np.log(x)) / scale).max() < 1e-9
    x = np.geomspace(1e-12, 8, 100_000)
    assert np.abs(primitives.one_minus_exp(x) / -np.expm1(-x) - 1).max() < 5e-11
    word = random.integers(0, 2**32, 100_000, dtype=np.uint64)
    angle = 2 * np.pi * (word + 0.5) / 2**32
    assert np.abs(primitives.turn(word, 0) - np.cos(angle)).max() < 1e-9
    assert np.abs(primitives.turn(word, 3) - np.sin(angle)).max() < 1e-9
    turns = random.uniform(-1e5, 1e5, 100_000)
    assert np.abs(primitives.cosine(turns) - np.cos(2 * np.pi * (turns % 1))).max() < 1e-9
    above = primitives.bound(word) - primitives.exponential(word)
    assert above.min() > -1e-9  # it is a bound
    assert above.max() < 0.06


def _variates(seed, index=0, draw=0, **axis):
    """Normals and an exponential along one axis of the counter, the others at 0."""
    size = 20_000
    named = {"cell": 0, "stimulus": 0, "trial": 0}
    named |= {name: np.arange(size) + first for name, first in axis.items()}
    where = tuple(np.broadcast_to(v, (size,)) for v in named.values())
    rest = (index, draw, seed & 0xFFFFFFFF, seed >> 32)
    return tuple(
        getattr(primitives, name)(*where, *rest)
        for name in ("normal_cos", "normal_sin", "exponential_c")
    )


def _p_values(seed):
    """p-values of many tests of one seed's noise."""
    found = {}
    for axis in ("cell", "stimulus", "trial"):
        cos, sin, late = _variates(seed, **{axis: 0})
        neighbours = {
            "lag 1": cos[:-1],
            "other normal": sin[1:],
            "exponential": late[1:],
            "next step": _variates(seed, index=1, **{axis: 0})[0][1:],
            "next draw": _variates(seed, draw=1, **{axis: 0})[0][1:],
            "next seed": _variates(seed + 1, **{axis: 0})[0][1:],
            "other half of the seed": _variates(seed + (1 << 32), **{axis: 0})[0][1:],
        }
        found[axis, "normal"] = stats.kstest(cos, "norm").pvalue
        found[axis, "other"] = stats.kstest(sin, "norm").pvalue
        found[axis, "exponential"] = stats.kstest(late, "expon").pvalue
        for name, other in neighbours.items():
            found[axis, name] = stats.pearsonr(cos[1:], other).pvalue
            found[axis, name, "sizes"] = stats.pearsonr(cos[1:] ** 2, other**2).pvalue
        found[axis, "skew"] = stats.skewtest(cos).pvalue
        found[axis, "kurtosis"] = stats.kurtosistest(cos).pvalue
    return found


@pytest.mark.parametrize("seeds", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_noise_is_normal_and_independent_of_its_neighbours(seeds):
    # oracle: SciPy's tests; over seeds their p-values are uniform. 57 tests: the smallest of so
    # many uniform values is below 1e-4 less than once in 150
    tables = [_p_values(seed) for seed in range(seeds)]
    uniform = [
        stats.kstest([table[key] for table in tables], "uniform").pvalue for key in tables[0]
    ]
    assert min(uniform) > 1e-4
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


def test_noise_of_one_cell_is_white_in_time_and_has_its_tails():
    steps = np.arange(2_000_000)
    word = primitives.philox(3, 5, 9, steps, 11, 0)
    radius = primitives.radius(word[0])
    z = np.stack([radius * primitives.turn(word[1], q) for q in (0, 3)], 1).ravel()
    for lag in (1, 2, 3, 10):
        assert abs(np.corrcoef(z[lag:], z[:-lag])[0, 1]) < 4 / z.size**0.5
    for sds in (1, 2, 3, 4, 4.5):
        expected = z.size * stats.norm.sf(sds)
        assert abs((z > sds).sum() - expected) < 4 * expected**0.5 + 1
        assert abs((z < -sds).sum() - expected) < 4 * expected**0.5 + 1
    assert abs((z**4).mean() - 3) < 4 * (96 / z.size) ** 0.5


# (mean, s, threshold, reset, tau ms, t_ref ms): the third and fourth near threshold
INTERVALS = [(16.42, 4, 20, 15, 20, 0), (19.66, 4, 20, 15, 20, 0), (20, 2.9, 20, 0, 10, 2)]


@pytest.mark.parametrize(
    ("intervals", "most"),
    [(50_000, 0.012), pytest.param(1_000_000, 0.003, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("cell", INTERVALS, ids=lambda c: f"mean {c[0]}, s {c[1]}")
def test_intervals_follow_the_first_passage_density(cell, intervals, most):
    # oracle: the Volterra equation of the first-passage density, solved to 1e-5 of mass
    mean, s, threshold, reset, tau, t_ref = cell
    sd = s / 2**0.5
    density = interval_distribution((threshold - mean) / sd, (reset - mean) / sd)
    per_cell, cells = 20, intervals // 20
    lif = LIF(
        tau_m=tau / 1e3,
        t_ref=t_ref / 1e3,
        v_rest=mean,
        v_threshold=threshold,
        v_reset=reset,
        noise_sd=sd,
    )
    longest = per_cell * (density.mean * tau + t_ref) / 1e3 * 2.5
    responses = simulate(
        lif,
        _drive([[0.0]]),
        duration=longest,
        settle=0.1,
        trials=cells,
        dt=0.05 * tau / 1e3,
        seed=4,
        spike_times=True,
    )
    who, when = responses["spike_trial"].values, responses["spike_time"].values
    # the first intervals of every cell, as many from each: long ones are not missed at the end
    order = np.arange(who.size) - np.searchsorted(who, who)
    gap = np.diff(when)
    kept = (np.diff(who) == 0) & (order[1:] <= per_cell)
    assert np.bincount(who, minlength=cells).min() > per_cell
    measured = np.sort((gap[kept] - t_ref / 1e3) / (tau / 1e3))
    n = measured.size
    expected = density(measured)
    d = max((np.arange(1, n + 1) / n - expected).max(), (expected - np.arange(n) / n).max())
    print(f"mean {mean}: n {n}, D {d:.5f}")
    assert n >= intervals
    assert d < most


def _histogram(dt, trials, seed, distance=8.0, noise_sd=3.0, frequency=4):
    moving = GaborBank(0, 2).sinusoidal_drive(Gratings(0, 2, temporal_frequency=frequency))
    cell = LIF(v_rest=-50 - distance, noise_sd=noise_sd)
    responses = simulate(
        cell, moving, gain=15, duration=1, trials=trials, dt=dt, phase_bins=25, seed=seed
    )
    histogram = responses["count_at_phase"]
    return histogram.values[0, 0], histogram["phase_bin"].values


@pytest.mark.parametrize("trials", [2000, pytest.param(40_000, marks=pytest.mark.slow)])
def test_cycle_histogram_agrees_with_a_fine_step_bin_by_bin(trials):
    # oracle: the same cell at a tenth (and a twentieth) of the time step, other noise. Spikes of a
    # cycle are more regular than Poisson, so the Poisson error is an upper bound
    fine, _ = _histogram(1e-4, trials, seed=1)
    for dt in (1e-3, 2e-3):
        coarse, _ = _histogram(dt, trials, seed=2)
        z = (coarse - fine) / np.sqrt(np.maximum(coarse + fine, 1))
        assert np.abs(z).max() < 4
        assert (z**2).mean() < 2


def test_f1_over_f0_goes_from_a_half_wave_towards_two_as_the_threshold_rises():
    # oracle: Siegert's rate at every moment (1 Hz is slow for a 20 ms membrane), which runs from
    # 1.47, near the pi/2 of a half-wave, to 1.93 as the threshold nears the peak of the drive
    phase = np.arange(0, 360, 0.5)
    ratios = []
    for distance in (0.0, 3.0, 6.0, 9.0, 12.0, 14.0):
        histogram, bins = _histogram(
            5e-4, 2000, seed=3, distance=distance, noise_sd=0.5, frequency=1
        )
        ratios.append(float(modulation(histogram, bins)))
        mean = -50 - distance + 15 * np.cos(np.deg2rad(phase))
        slow = modulation(LIF(noise_sd=0.5).rate(mean), phase)
        assert ratios[-1] == pytest.approx(slow, abs=0.03)
    assert (np.diff(ratios) > 0).all()
    assert ratios[0] == pytest.approx(np.pi / 2, abs=0.12)
    assert ratios[-1] > 1.9


def test_second_spike_chance_bounds_what_is_seen():
    # oracle: steps with two spikes among steps with one, of a cell that often has them
    cell = {"noise_sd": 5e-3, "tau_m": 0.02, "v_threshold": 0.02, "v_reset": 0.016, "t_ref": 0.0}
    n, steps, dt = 2088, 2000, 1e-3
    block = {name: np.full(n, value) for name, value in cell.items()}
    block |= {"mu": np.full(n, 0.02), "v": np.full(n, 0.016), "release": np.zeros(n)}
    block |= {"cell": np.zeros(n), "stimulus": np.zeros(n), "trial": np.arange(n)}
    with Worker("cpp") as worker:
        worker.load(block, 1, dt)
        _, who, when = worker.run(0, steps, dt, times=True)
    step = np.floor(when / dt).astype(int)
    pairs = (np.diff(step) == 0) & (np.diff(who) == 0)
    seen = pairs.sum() / (when.size - pairs.sum())
    chance = second_spike_chance(0.02, **cell, dt=dt)
    assert seen < chance < 5 * seen


@pytest.mark.slow
def test_identical_counts_over_a_billion_neuron_steps(monkeypatch):
    # 12,500 instances x 80,000 steps in blocks of 2,088 (as many as the C++ worker holds), of 1,777
    # and of 1,000, on one and on two processes
    drive = _drive(np.linspace(-0.5, 1.5, 50).reshape(1, 50))
    cells = LIF.sample_v1(50, seed=1)
    options = {"duration": 40, "settle": 0, "trials": 250, "seed": 5, "dt": 5e-4}
    whole = simulate(cells, drive, workers=2, **options)["count"].values
    one = simulate(cells, drive, workers=1, **options)["count"].values
    assert np.array_equal(whole, one)
    for size in (1000, 1777):
        monkeypatch.setattr("neurosim.simulation.engine.lif._CPP_SIZE", size)
        assert np.array_equal(simulate(cells, drive, **options)["count"].values, whole)


@pytest.mark.slow
@pytest.mark.parametrize(("target", "size"), [("numpy", 1000), ("numpy", 65_536), ("cython", 8192)])
def test_identical_counts_over_ten_million_neuron_steps_per_target(target, size, monkeypatch):
    drive = _drive(np.linspace(-0.5, 1.5, 50).reshape(1, 50))
    cells = LIF.sample_v1(50, seed=1)
    options = {"duration": 1, "settle": 0, "trials": 100, "seed": 5, "dt": 5e-4}
    expected = simulate(cells, drive, **options)["count"].values
    monkeypatch.setattr("neurosim.simulation.engine.lif._RUNTIME_SIZE", size)
    assert np.array_equal(simulate(cells, drive, target=target, **options)["count"], expected)
