"""A global booster finds in small worlds what was hidden there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.features import Past
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError, ShapeError
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.forecast.boosted.rows import Rows, draw_rows

QUICK: dict[str, Any] = {
    "horizon": 7,
    "members": (Member("tweedie", 1.0, 1),),
    "trees": Trees(n_trees=60, learning_rate=0.15, min_rows=10),
    "n_rows": 8_000,
    "n_origins": 40,
    "n_error_origins": 0,
}


def plain(panel: Panel) -> DemandHistory:
    return DemandHistory(panel, panel.sales, np.zeros(panel.sales.shape, bool))


def error(forecast: np.ndarray, actual: np.ndarray) -> float:
    return float(np.abs(forecast - actual).sum() / actual.sum())


def some_rows(demand: np.ndarray, **more: int) -> Rows:
    asked = {"horizon": 5, "n_rows": 10_000, "n_origins": 100} | more
    rows = draw_rows(
        Past.of(plain(Panel.of(demand)), 5),
        **asked,
        per_year=365.25,
        censored_weight=0.0,
        omega=None,
        rng=np.random.default_rng(0),
    )
    assert rows is not None
    return rows


@pytest.mark.filterwarnings("ignore:covariate 'activity' ends:onhand.errors.OnhandWarning")
def test_plans_that_end_within_the_horizon_are_used_as_far_as_they_go() -> None:
    """Three days of plans for seven days: those three are met, the others are as usual on the mean."""
    rng = np.random.default_rng(0)
    activity = (rng.random((20, 97)) < 0.3).astype(np.float32)
    level = rng.uniform(5, 50, 20)[:, None]
    sales = rng.poisson(level * (1 + 2 * activity))
    panel = Panel.of(sales[:, :90], known={"activity": activity[:, :93]})
    forecast = Boosted(**QUICK).fit(plain(panel)).mean(7)
    expected = level * (1 + 2 * activity[:, 90:])
    assert error(forecast[:, :3], expected[:, :3]) < 0.15
    usual = np.repeat(1.6 * level, 4, axis=1)  # three days of ten are at three times the level
    assert error(forecast[:, 3:], usual) < 0.15


def test_a_planned_promotion_is_met_with_the_demand_it_brought_before() -> None:
    rng = np.random.default_rng(0)
    promotion = (rng.random((20, 97)) < 0.2).astype(np.float32)
    level = rng.uniform(5, 50, 20)[:, None]
    sales = rng.poisson(level * (1 + 2 * promotion))
    panel = Panel.of(sales[:, :90], known={"promotion": promotion})
    forecast = Boosted(**QUICK).fit(plain(panel)).mean(7)
    assert error(forecast, level * (1 + 2 * promotion[:, 90:])) < 0.15
    ignorant = np.repeat(sales[:, :90].mean(axis=1, keepdims=True), 7, axis=1)
    assert error(ignorant, level * (1 + 2 * promotion[:, 90:])) > 0.3  # the world is not trivial


def test_a_weekday_is_forecast_like_that_weekday() -> None:
    rng = np.random.default_rng(1)
    week = np.array([1, 1, 1, 1, 2, 4, 0.5])[np.arange(84) % 7]
    panel = Panel.of(rng.poisson(10 * week, (12, 84)))
    forecast = Boosted(**QUICK).fit(plain(panel)).mean(7)
    np.testing.assert_allclose(forecast.mean(axis=0), 10 * week[:7], rtol=0.2)


def test_an_empty_shelf_is_not_taken_for_absent_customers() -> None:
    rng = np.random.default_rng(2)
    demand = rng.poisson(20, (15, 80))
    in_stock = (rng.random((15, 80)) > 0.3).astype(np.float32)
    panel = Panel.of(demand * in_stock, in_stock=in_stock)
    assert Boosted(**QUICK).fit(believe(panel)).mean(7).mean() == pytest.approx(20, rel=0.07)
    naive = Boosted(**QUICK).fit(plain(panel)).mean(7).mean()
    assert naive < 17  # zeros in place of gaps would have said fourteen


def test_nine_of_ten_futures_fall_within_the_ninety_percent_interval() -> None:
    rng = np.random.default_rng(3)
    level = rng.uniform(1, 30, 60)[:, None]
    demand = rng.poisson(level, (60, 77)).astype(np.float32)
    boosted = Boosted(**(QUICK | {"n_error_origins": 4}))
    fitted = boosted.fit(plain(Panel.of(demand[:, :70])))
    paths = fitted.paths(7, 200, rng=np.random.default_rng(4))
    low, high = pit_bounds(demand[:, 70:], paths.values)
    assert 0.85 < pit_coverage(low, high, 0.05, 0.95) < 0.95


def test_no_example_looks_beyond_the_origin_of_its_forecast() -> None:
    """Each example's target is found where its row says, and its features end before it."""
    demand = np.tile(np.arange(1, 41, dtype=np.float32), (3, 1))  # demand is its own date
    rows = some_rows(demand)
    last_seen = rows.features[:, rows.names.index("lag_1")] * rows.scale
    horizon = rows.features[:, rows.names.index("horizon")]
    np.testing.assert_allclose(rows.target * rows.scale, last_seen + horizon, rtol=1e-4)


def test_examples_before_an_origin_are_those_that_came_due_before_it() -> None:
    demand = np.tile(np.arange(1, 41, dtype=np.float32), (3, 1))  # demand is its own date, from 1
    rows = some_rows(demand)
    np.testing.assert_allclose(rows.target * rows.scale, rows.due + 1, rtol=1e-4)
    early = rows.before(30, most=100)
    assert early is not None
    assert len(early.target) <= 100
    assert (early.target * early.scale).max() <= 30.001  # period 29 is the last one seen
    assert len(np.unique(early.due)) > 20  # spread over what came before
    assert rows.before(0, most=100) is None


def test_a_catalogue_of_which_few_are_drawn_is_looked_at_from_fewer_origins() -> None:
    """Describing a few series asks for the pools of all: each look should be worth it."""
    demand = np.random.default_rng(0).poisson(3, (500, 120))
    drawn = [some_rows(demand, n_rows=n) for n in (10_000, 1_000)]
    many, few = (np.unique(r.due + 1 - r.features[:, r.names.index("horizon")]) for r in drawn)
    assert len(many) > 90
    assert len(few) == 50
    assert few.min() == many.min()  # still spread over all of the history
    assert few.max() > 115


def test_a_heavier_series_is_forecast_more_closely() -> None:
    """Two kinds of series behave in opposite ways and cannot be told apart: weights decide."""
    t = np.arange(60)
    rising, falling = np.where(t % 2, 12, 8), np.where(t % 2, 8, 12)
    panel = Panel.of(np.stack([rising, falling] * 5), frequency=Frequency.WEEK)
    quick = QUICK | {"horizon": 1}
    omega = np.tile([1.0, 1e-3], 5).astype(np.float32)
    forecast = Boosted(**quick, omega=omega).fit(plain(panel)).mean(1)
    assert abs(forecast[0, 0] - 8) < 1


def test_a_period_without_weight_teaches_nothing() -> None:
    """Demand that doubled is forecast as it was before when only the time before it counts."""
    rng = np.random.default_rng(7)
    demand = rng.poisson(20, (15, 60)).astype(np.float32)
    demand[:, 52:] *= 2
    omega = np.ones((15, 70), np.float32)  # wider than the history: later columns are not read
    omega[:, 52:] = 0
    quick = QUICK | {"horizon": 2}
    told = Boosted(**quick).fit(plain(Panel.of(demand))).mean(2).mean()
    untold = Boosted(**quick, omega=omega).fit(plain(Panel.of(demand))).mean(2).mean()
    assert untold < 0.8 * told


def test_the_same_history_gives_the_same_forecast() -> None:
    panel = Panel.of(np.random.default_rng(5).poisson(4, (8, 60)))
    first, again = (Boosted(**QUICK).fit(plain(panel)).mean(7) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_two_days_of_one_item_are_forecast_by_their_level() -> None:
    """Too few examples for a single split: nothing that a tree could add, and no crash."""
    history = believe(Panel.of([[4, 5]]))
    fitted = Boosted(horizon=3).fit(history)
    assert fitted.mean(3).tolist() == [[4.5, 4.5, 4.5]]
    assert np.isfinite(fitted.paths(3, 5, rng=np.random.default_rng(0)).values).all()


def test_beyond_its_horizon_the_last_week_is_repeated() -> None:
    panel = Panel.of(np.random.default_rng(6).poisson(4, (4, 60)))
    forecast = Boosted(**QUICK).fit(plain(panel)).mean(21)
    np.testing.assert_array_equal(forecast[:, 7:14], forecast[:, :7])
    np.testing.assert_array_equal(forecast[:, 14:], forecast[:, :7])


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": 0},
        {"n_rows": 0},
        {"members": ()},
        {"n_error_origins": -1},
        {"censored_weight": 2},
    ],
)
def test_a_setting_out_of_its_range_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Boosted(**wrong)
    with pytest.raises(ConfigError, match="objective"):
        Member("median")
    with pytest.raises(ConfigError, match="learning_rate"):
        Trees(learning_rate=0)
    with pytest.raises(ConfigError, match="n_bins is 0"):
        Trees(n_bins=0)


def test_a_weight_for_each_series_or_none() -> None:
    panel = Panel.of(np.ones((3, 30)))
    for wrong in (np.ones(2), np.ones((3, 29)), np.array([1, -1, 1]), np.array([1, np.nan, 1])):
        with pytest.raises(ShapeError, match="omega"):
            Boosted(**QUICK, omega=wrong.astype(np.float32)).fit(plain(panel))


def test_the_errors_of_some_series_cover_the_futures_of_all() -> None:
    """Looking at the errors of one series in three keeps the promise of the interval."""
    rng = np.random.default_rng(8)
    level = rng.uniform(1, 30, 90)[:, None]
    demand = rng.poisson(level, (90, 77)).astype(np.float32)
    boosted = Boosted(**(QUICK | {"n_error_origins": 4, "n_error_series": 30}))
    paths = boosted.fit(plain(Panel.of(demand[:, :70]))).paths(7, 200, rng=np.random.default_rng(4))
    assert paths.values.shape == (90, 200, 7)
    low, high = pit_bounds(demand[:, 70:], paths.values)
    assert 0.84 < pit_coverage(low, high, 0.05, 0.95) < 0.96


def test_a_higher_price_never_raises_demand_where_told_so() -> None:
    """A what-if curve must not promise that raising prices sells, however noise would have it."""
    rng = np.random.default_rng(9)
    price = rng.uniform(1, 3, (20, 70)).astype(np.float32)
    sales = rng.poisson(10 / price[:, :69])

    def curve(**more: Any) -> np.ndarray:
        """Forecast at nine planned prices, (9, 20)."""
        boosted = Boosted(**(QUICK | {"horizon": 1} | more))
        known = [np.copy(price) for _ in range(9)]
        for values, planned in zip(known, np.linspace(1, 3, 9), strict=True):
            values[:, 69] = planned
        shops = [plain(Panel.of(sales, known={"price": values})) for values in known]
        learned = boosted.learn(shops[0])
        return np.stack([learned.fit(shop).mean(1)[:, 0] for shop in shops])

    steps = np.diff(curve(falls_with=("price",)), axis=0)
    assert (steps <= 1e-5).all()
    assert steps.sum(axis=0).mean() < -3
    assert (np.diff(curve(), axis=0) > 0.01).any()
