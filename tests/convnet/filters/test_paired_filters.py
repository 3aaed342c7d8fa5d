"""Opposite pairs among filters: the statistic, its nulls, and the figure of both."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import GaborBank, InputError, VisualField, paired_filters
from neurosim.convnet.filters.filter_nulls import FILTER_NULLS, phase_randomised

EXAMPLE = Path(__file__).parents[3] / "examples" / "paired_filters.py"
SMOOTH = np.cumsum(np.random.default_rng(2).standard_normal((12, 3, 6, 7)), axis=-1)


def test_cosines_are_those_of_a_loop():
    # oracle: the definition, filter by filter
    found = paired_filters(SMOOTH, draws=2)
    for i, one in enumerate(SMOOTH):
        others = [
            ((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()), j)
            for j, other in enumerate(SMOOTH)
            if j != i
        ]
        assert (found.cosines[i], found.opposites[i]) == (
            pytest.approx(min(others)[0]),
            min(others)[1],
        )
    assert found.mean == pytest.approx(found.cosines.mean())
    assert found.share_below(-0.5) == np.mean(found.cosines < -0.5)


def test_three_filters_by_hand():
    # oracle: vectors at 0, 90 and 135 deg, whose smallest cosines are -1/sqrt 2, 0 and -1/sqrt 2
    filters = np.array([[[1.0, 0.0]], [[0.0, 3.0]], [[-2.0, 2.0]]])
    found = paired_filters(filters, draws=2)
    assert found.cosines == pytest.approx([-np.sqrt(0.5), 0, -np.sqrt(0.5)], abs=1e-15)
    assert found.opposites.tolist() == [2, 0, 0]
    assert found.pairs == [(0, 2, pytest.approx(-np.sqrt(0.5)))]
    assert found.median == found.best == pytest.approx(-np.sqrt(0.5))
    centred = paired_filters(filters, draws=2, zero_mean=True)  # onto the line (1, -1)
    assert centred.cosines == pytest.approx([-1, -1, -1])


def test_a_quadrature_bank_is_paired_exactly():
    # oracle: phases 180 deg apart are opposite, so that every smallest cosine is -1
    bank = GaborBank.quadrature(orientation=[0, 50, 110], spatial_frequency=2)
    found = paired_filters(bank.kernels(VisualField(size=3.5, ppd=10)), draws=99)
    assert found.cosines == pytest.approx(-1, abs=1e-12)
    assert np.array_equal((bank.phase[found.opposites] - bank.phase) % 360, np.full(12, 180))
    assert len(found.pairs) == 6
    assert {(bank.phase[i] - bank.phase[j]) % 360 for i, j, _ in found.pairs} == {180}
    for null in found.nulls:
        # flipping signs keeps all six pairs in 1 draw of 64, and such ties count in p
        same = int((null.means <= -1 + 1e-9).sum())
        assert found.p(null) == (1 + same) / 100
        assert found.z(null) < -1.5


def test_the_gaussian_null_against_its_exact_law():
    # oracle: a cosine of random directions in n dimensions is 2 Beta((n-1)/2, (n-1)/2) - 1, the
    # smallest of 11 has survival function sf^11 (independent given the filter)
    from scipy.integrate import quad
    from scipy.stats import beta

    null = paired_filters(SMOOTH[:, 0], draws=2000).null("Gaussian")
    law = beta((42 - 1) / 2, (42 - 1) / 2, loc=-1, scale=2)
    wanted = -1 + quad(lambda c: law.sf(c) ** 11, -1, 1)[0]
    assert abs(null.mean - wanted) < 4 * null.sd / np.sqrt(2000)


@pytest.mark.parametrize("size", [(5, 5), (4, 4), (5, 6), (6, 5), (1, 4), (3, 1)])
def test_randomised_phases_keep_every_amplitude(size):
    # oracle: the full two-dimensional transform, channel by channel, at odd and even sizes
    random = np.random.default_rng(8)
    filters = random.standard_normal((3, 2, *size))
    drawn = phase_randomised(filters, random)
    before, after = np.fft.fft2(filters), np.fft.fft2(drawn)
    np.testing.assert_allclose(np.abs(after), np.abs(before), atol=1e-12)
    # the channels of a filter are turned alike: their cross-spectrum is kept
    cross = before[:, 0] * before[:, 1].conj()
    np.testing.assert_allclose(after[:, 0] * after[:, 1].conj(), cross, atol=1e-12)
    assert not np.allclose(drawn, filters)


def test_what_flipped_signs_keep():
    # oracle: cosines change by their signs alone
    flipped = FILTER_NULLS["sign-flipped"](SMOOTH, np.random.default_rng(0))
    assert np.array_equal(np.abs(flipped), np.abs(SMOOTH))
    signs = (flipped / SMOOTH).reshape(12, -1)
    assert set(signs.ravel()) == {-1, 1}
    assert (signs == signs[:, :1]).all()


def test_the_nulls_of_random_filters_agree():
    # oracle: Gaussian filters are a draw of their own null, so that p is uniform; and signs and
    # phases of white noise are random already
    p, means = [], []
    for seed in range(40):
        filters = np.random.default_rng(100 + seed).standard_normal((20, 5, 5))
        found = paired_filters(filters, seed=seed, draws=39)
        p.append([found.p(null) for null in found.nulls])
        means.append([null.mean for null in found.nulls])
    assert np.abs(np.mean(p, 0) - 0.5).max() < 4 / np.sqrt(12 * 40)
    assert np.ptp(np.mean(means, 0)) < 0.01


def test_the_same_seed_gives_the_same_nulls():
    # oracle: equality; and a change of one null's draws leaves the others
    one, same, other = (paired_filters(SMOOTH, seed=seed, draws=5) for seed in (3, 3, 4))
    for a, b, c in zip(one.nulls, same.nulls, other.nulls, strict=True):
        assert np.array_equal(a.cosines, b.cosines)
        assert not np.array_equal(a.cosines, c.cosines)


@given(st.integers(0, 2**32), st.sampled_from([1e-300, 1e-12, 1.0, 1e200, 1e307]))
def test_the_statistic_knows_no_scale_or_order(seed, scale):
    # oracle: invariance under positive factors, a sign common to all, and relabelling
    random = np.random.default_rng(seed)
    order = random.permutation(12)
    factors = random.uniform(0.1, 1, (12, 1, 1, 1)) * scale
    found = paired_filters(SMOOTH, draws=2)
    again = paired_filters(-(SMOOTH * factors)[order], draws=2)
    assert again.cosines == pytest.approx(found.cosines[order], abs=1e-12)
    assert (again.cosines >= -1).all()


def test_dropped_filters_keep_the_others_indices():
    # oracle: the same filters without them
    filters = SMOOTH.copy()
    filters[4] = 0
    with pytest.raises(InputError, match=r"not all zero, got filter 4 \(drop=\[4\]\)"):
        paired_filters(filters)
    found = paired_filters(filters, draws=3, drop=[4, 0])
    wanted = paired_filters(np.delete(SMOOTH, [0, 4], axis=0), draws=3)
    assert np.array_equal(found.cosines, wanted.cosines)
    assert found.indices.tolist() == [1, 2, 3, 5, 6, 7, 8, 9, 10, 11]


def test_filters_that_are_refused():
    constant = SMOOTH.copy()
    constant[[2, 5]] = 0.3
    assert paired_filters(constant, draws=2).cosines[2] < 0
    broken = np.where(SMOOTH > 5, np.nan, SMOOTH)
    for filters, more, message in (
        (SMOOTH[0, 0], {}, r"expected \(filter, row, column\) or .*, got \(6, 7\)"),
        (SMOOTH[:0], {}, r"got \(0, 3, 6, 7\)"),
        (SMOOTH[:1], {}, "expected at least two filters, got 1"),
        (SMOOTH[:3], {"drop": [0, 2]}, "expected at least two filters, got 1"),
        (SMOOTH, {"drop": [12, -1]}, r"drop as indices from 0 to 11, got \[12, -1\]"),
        (broken, {}, "expected finite weights, got [0-9]+ that are NaN or infinite"),
        ([[["a"]]], {}, "filters as an array of numbers, got others"),
        (constant, {"zero_mean": True}, r"not constant, got filter 2, 5 \(drop=\[2, 5\]\)"),
        (SMOOTH, {"draws": 1, "seed": 0.5}, "seed as .*, got 0.5; expected draws .* >= 2, got 1"),
    ):
        with pytest.raises(InputError, match=message):
            paired_filters(filters, **more)
    with pytest.raises(InputError, match="a name among Gaussian, phase-randomised, sign-flipped"):
        paired_filters(SMOOTH, draws=2).null("white")


def test_the_table_says_what_the_result_holds():
    # oracle: the attributes, worked out anew from the draws
    found = paired_filters(SMOOTH, draws=7)
    table = found.to_dataframe()
    assert table.loc["filters", "mean"] == found.mean
    for null in found.nulls:
        means = [draw.mean() for draw in null.cosines]
        row = table.loc[null.name]
        assert row["mean"] == pytest.approx(np.mean(means))
        assert row["sd"] == pytest.approx(np.std(means, ddof=1))
        assert row["z"] == pytest.approx((found.mean - np.mean(means)) / np.std(means, ddof=1))
        assert row["p"] == (1 + sum(mean <= found.mean for mean in means)) / 8
        assert row["best"] == pytest.approx(null.cosines.min(1).mean())
    assert repr(found).startswith("12 filters of 3 x 6 x 7: smallest cosine to another filter (7 ")


def test_the_figure_draws_the_numbers():
    # oracle: shares sum to one, and the panels show the pairs, with the indices of the layer
    found = paired_filters(np.concatenate([SMOOTH, -SMOOTH[:2]]), draws=5, drop=[5])
    figure = found.plot(pairs=3)
    left, right = figure.subfigs
    for steps in left.axes[0].patches:
        assert steps.get_data().values.sum() == pytest.approx(1)
    assert [ax.get_title() for ax in right.axes[:2]] == ["−1.00", "−1.00"]
    assert [ax.get_xlabel() for ax in right.axes[:2]] == ["0", "1"]
    assert [ax.get_xlabel() for ax in right.axes[3:5]] == ["12", "13"]
    top, bottom = (right.axes[k].images[0].get_array() for k in (0, 3))
    np.testing.assert_allclose(top + bottom, 1)  # colours opposite about grey
    grey = paired_filters(SMOOTH[:, 0], draws=2).plot(pairs=99).subfigs[1]
    assert len(grey.axes) == 12
    with pytest.raises(InputError, match="pairs as a whole number >= 1, got 0"):
        found.plot(pairs=0)


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    # oracle: a bank made of a filter and its negative, saved and read back
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *map(str, arguments)])
        runpy.run_path(str(EXAMPLE), run_name="__main__")
        return capsys.readouterr().out

    file = tmp_path / "pairs.npy"
    np.save(file, np.concatenate([SMOOTH, -SMOOTH, SMOOTH[:1] * 0]))
    said = run(file, "--drop", 24, "--plot", tmp_path / "a.png")
    assert "24 filters of 3 x 6 x 7" in said
    assert "100 % below -0.8; best: -1.000" in said
    assert (tmp_path / "a.png").stat().st_size > 10_000
    expected = "paired_filters: expected filters that are not all zero, got filter 24 (drop=[24])"
    with pytest.raises(SystemExit) as refused:
        run(file)
    assert refused.value.code == expected
    assert "best: -1.000" in run()
