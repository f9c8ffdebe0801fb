"""Differences come with intervals that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from onhand.errors import ShapeError
from onhand.evaluate.compare import paired


def test_a_contender_is_as_good_as_itself() -> None:
    """No difference, no doubt, no win."""
    costs = list(np.random.default_rng(0).gamma(2.0, size=(5, 20)))
    same = paired(costs, costs)
    assert (same.mean, same.low, same.high, same.n_won) == (0.0, 0.0, 0.0, 0)
    assert not same.is_clear


def test_one_stock_point_gives_the_paired_t_test() -> None:
    """Oracle: SciPy's interval on the windows' differences."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(10, 2, (8, 1)), rng.normal(11, 2, (8, 1))
    ours = paired(list(a), list(b))
    theirs = stats.ttest_rel(a[:, 0], b[:, 0]).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_what_all_windows_share_is_not_noise() -> None:
    """Cheaper by exactly 1 in every cell: certain, however much the costs themselves vary."""
    costs = np.random.default_rng(2).gamma(1.0, 100.0, size=(6, 30))
    sure = paired(list(costs - 1), list(costs))
    assert sure.mean == pytest.approx(-30)
    assert (sure.low, sure.high) == pytest.approx((-30, -30))
    assert sure.n_won == 6
    assert sure.is_clear


def test_one_window_still_knows_that_stock_points_differ() -> None:
    """Oracle: the standard error of a sum of independent stock points."""
    difference = np.random.default_rng(3).normal(1.0, 3.0, 400)
    one = paired([difference], [np.zeros(400)])
    half_width = 1.959964 * difference.std(ddof=1) * np.sqrt(400)
    assert (one.high - one.low) / 2 == pytest.approx(half_width, rel=1e-6)


@pytest.mark.parametrize(("of_window", "of_series"), [(0.0, 0.0), (1.0, 0.0), (0.3, 1.0)])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(
    of_window: float, of_series: float
) -> None:
    """400 worlds with noise of windows, of stock points and of cells: 95 % within 91..99.5 %."""
    rng = np.random.default_rng(4)
    n_windows, n_series, hits = 8, 40, 0
    for _ in range(400):
        noise = (
            of_window * rng.normal(size=(n_windows, 1))
            + of_series * rng.normal(size=(1, n_series))
            + rng.normal(size=(n_windows, n_series))
        )
        found = paired(list(noise), list(np.zeros((n_windows, n_series))))
        hits += found.low <= 0 <= found.high
    assert 0.91 <= hits / 400 <= 0.995


def of_weeks(n_worlds: int, n_weeks: int, memory: float, rng: np.random.Generator) -> np.ndarray:
    """Weekly differences that remember the week before, (worlds, weeks)."""
    noise = rng.normal(size=(n_worlds, n_weeks + 30))
    for week in range(1, noise.shape[1]):
        noise[:, week] += memory * noise[:, week - 1]
    return noise[:, 30:]


@pytest.mark.parametrize("n_weeks", [13, 26, 52])
def test_weeks_that_remember_each_other_are_not_counted_as_so_many_draws(n_weeks: int) -> None:
    """AR(1) of 0.5: taken as independent the interval fails a fourth of the time, in blocks it holds."""
    worlds = of_weeks(600, n_weeks, 0.5, np.random.default_rng(5))
    none = list(np.zeros((n_weeks, 1)))

    def coverage(consecutive: bool) -> float:
        found = [paired(list(w[:, None]), none, consecutive=consecutive) for w in worlds]
        return float(np.mean([f.low <= 0 <= f.high for f in found]))

    assert coverage(consecutive=False) < 0.8
    assert 0.9 <= coverage(consecutive=True) <= 0.985


def test_blocks_change_the_doubt_and_not_the_difference() -> None:
    """The same mean and windows, an interval around it that is at least as wide."""
    rng = np.random.default_rng(6)
    a, b = list(rng.gamma(2.0, size=(13, 20))), list(rng.gamma(2.0, size=(13, 20)))
    loose, plain = paired(a, b, consecutive=True), paired(a, b)
    assert loose.mean == plain.mean
    assert loose.per_window.tolist() == plain.per_window.tolist()
    assert loose.low <= plain.low
    assert plain.high <= loose.high


def test_only_pairs_can_be_compared() -> None:
    """Other windows, other stock points, or nothing at all."""
    two = [np.ones(3), np.ones(3)]
    with pytest.raises(ShapeError, match="same windows"):
        paired(two, two[:1])
    with pytest.raises(ShapeError, match="same number"):
        paired([np.ones(3), np.ones(4)], two)
    with pytest.raises(ShapeError, match="at least one"):
        paired([], [])
