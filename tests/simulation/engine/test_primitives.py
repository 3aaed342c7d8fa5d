"""The hash and its noise, and the elementary functions."""

import numpy as np
import pytest
from scipy import stats

from neurosim.simulation.engine import primitives


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
