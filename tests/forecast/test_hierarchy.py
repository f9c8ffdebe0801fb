"""Levels agree by construction; the weighted compromise is the least-squares one, and earns its say."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage, Naive
from onhand.forecast.hierarchy import (
    FittedReconciled,
    Levels,
    Reconciled,
    levels_of,
    reconcile,
)

LEVELS = ("all", "location", "item")


def a_shop(n_items: int = 12, n_places: int = 3, n_days: int = 210, seed: int = 0) -> DemandHistory:
    """Rare sales that share a strong week: no row shows it, the sums do."""
    rng = np.random.default_rng(seed)
    week = np.array([0.3, 0.5, 0.7, 0.8, 1.0, 1.7, 2.0])
    rate = rng.gamma(2, 0.2, (n_items * n_places, 1)) * np.tile(week, n_days // 7)
    keys = [(f"i{k}", f"p{m}") for k in range(n_items) for m in range(n_places)]
    return believe(
        Panel.of(
            rng.poisson(rate),
            items=[item for item, _ in keys],
            locations=[place for _, place in keys],
        )
    )


def test_levels_are_sums_of_their_members() -> None:
    """One group for the shop, one for each place, one for each item; doubles are left out."""
    history = a_shop(2, 2, 14)
    levels = levels_of(history.panel, ("all", "location", "item", "no such attribute"))
    assert levels.names == LEVELS  # an unknown attribute is the whole shop once more
    sums = levels.up(np.array([1.0, 2.0, 4.0, 8.0]))
    assert sums.tolist() == [15, 5, 10, 3, 12]


def test_the_compromise_is_the_weighted_least_squares_one() -> None:
    """Oracle: the textbook's (S' W⁻¹ S)⁻¹ S' W⁻¹ ŷ with a dense W over all levels."""
    rng = np.random.default_rng(1)
    levels = levels_of(a_shop(4, 3, 14).panel, LEVELS)
    n, g = 12, len(levels.tier)
    below, above = rng.gamma(2, 3, (n, 5)), rng.gamma(2, 9, (g, 5))
    of_points, of_groups = rng.gamma(2, 1, n), rng.gamma(2, 1, g)
    told = reconcile(below, above, levels, of_points, of_groups)
    s = np.vstack([levels.sums.toarray(), np.eye(n)])
    w = np.diag(1 / np.concatenate([of_groups, of_points]))
    dense = np.linalg.solve(s.T @ w @ s, s.T @ w @ np.vstack([above, below]))
    np.testing.assert_allclose(told, dense, rtol=1e-9)


def test_sure_groups_are_met_exactly_and_unsure_ones_ignored() -> None:
    """The two ends of the compromise."""
    levels = levels_of(a_shop(2, 2, 14).panel, ("all",))
    below, above = np.full((4, 1), 5.0), np.array([[40.0]])
    met = reconcile(below, above, levels, np.ones(4), np.full(1, 1e-9))
    assert met.sum() == pytest.approx(40)
    kept = reconcile(below, above, levels, np.ones(4), np.full(1, 1e12))
    np.testing.assert_allclose(kept, below, rtol=1e-6)


def test_what_only_the_sums_know_reaches_the_stock_points() -> None:
    """Each row is forecast flat, the sums with their week: the error falls at every level."""
    from onhand.forecast import SeasonalMovingAverage

    history = a_shop()
    then, ahead = history.until(182), history.values[:, 182:]
    levels = levels_of(history.panel, LEVELS)
    bare = MovingAverage(56)
    together = Reconciled(bare, SeasonalMovingAverage(56), LEVELS).fit(then)
    assert isinstance(together, FittedReconciled)

    def errors(told: np.ndarray) -> list[float]:
        apart = told - ahead
        above = np.abs(levels.up(apart))
        return [
            float(np.abs(apart).sum()),
            *(float(above[levels.tier == t].sum()) for t in range(3)),
        ]

    flat, made = errors(bare.fit(then).mean(28)), errors(together.mean(28))
    assert made[0] < flat[0]
    assert all(m < 0.9 * f for m, f in zip(made[1:], flat[1:], strict=True))


def test_paths_follow_their_mean_and_add_up() -> None:
    """Every world is stretched like the mean, so that sums of worlds are worlds of sums."""
    history = a_shop(4, 2, 140)
    fitted = Reconciled(MovingAverage(28), MovingAverage(7), LEVELS, is_tried=False).fit(history)
    rng = np.random.default_rng
    paths = fitted.paths(7, 300, rng=rng(0)).values
    np.testing.assert_allclose(paths.mean(axis=1).sum(), fitted.mean(7).sum(), rtol=0.1)
    some = fitted.paths(7, 300, rng=rng(0), rows=slice(2, 5)).values
    assert some.shape == (3, 300, 7)


def test_a_level_that_never_helped_is_not_asked() -> None:
    """The sums are forecast by the last day, the rows by their mean: the past says no."""
    history = a_shop()
    bare = MovingAverage(56)
    tried = Reconciled(bare, Naive(), ("all",)).fit(history)
    assert not isinstance(tried, FittedReconciled)
    np.testing.assert_array_equal(tried.mean(7), bare.fit(history).mean(7))
    asked = Reconciled(bare, Naive(), ("all",), is_tried=False).fit(history)
    assert isinstance(asked, FittedReconciled)


def test_an_empty_shelf_is_no_fall_of_the_sum() -> None:
    """Half of the rows are out of stock for the last month; the sum is forecast as before."""
    sales = np.full((8, 200), 5.0)
    in_stock = np.ones((8, 200))
    sales[:4, 170:], in_stock[:4, 170:] = 0, 0
    history = believe(Panel.of(sales, in_stock=in_stock))
    inner = MovingAverage(60)
    fitted = Reconciled(inner, MovingAverage(14), ("all",), is_tried=False).fit(history)
    np.testing.assert_allclose(fitted.mean(1), 5.0, rtol=1e-3)


def test_short_histories_and_odd_shops_are_left_alone() -> None:
    """Nothing to weigh levels by, or no level: the inner forecaster speaks; nonsense is refused."""
    short = believe(Panel.of(np.ones((3, 4)), frequency=Frequency.MONTH))
    single = believe(Panel.of(np.ones((1, 200))))
    for history in (short, single):
        fitted = Reconciled(MovingAverage(2), Naive(), ("all",)).fit(history)
        assert not isinstance(fitted, FittedReconciled)
    with pytest.raises(ConfigError, match="at least 2"):
        Reconciled(Naive(), Naive(), n_origins=1)
    with pytest.raises(ConfigError, match="at least 1"):
        Reconciled(Naive(), Naive(), limit=0.5)


def test_what_came_after_an_origin_changes_nothing_there() -> None:
    """The sums fill empty shelves from the past alone."""
    history = a_shop()
    changed = believe(
        Panel.of(
            np.where(np.arange(210) < 150, history.panel.sales, 99),
            items=history.panel.items,
            locations=history.panel.locations,
        )
    )
    forecaster = Reconciled(MovingAverage(28), MovingAverage(7), LEVELS, is_tried=False)
    one, two = (forecaster.fit(h.until(150)).mean(7) for h in (history, changed))
    np.testing.assert_array_equal(one, two)


def test_levels_check_nothing_away() -> None:
    """A panel of one stock point has no level above it."""
    levels = levels_of(Panel.of([[1.0, 2.0]]), LEVELS)
    assert isinstance(levels, Levels)
    assert levels.names == ()
