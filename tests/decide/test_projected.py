"""Projected inventory: what is missing when the order can be on the shelf, world by world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish import (
    BalancedProjection,
    OrderUpToQuantile,
    PointProjection,
    ProjectedInventory,
)
from onhand.decide.replenish.cover import row_quantile, shortfalls
from onhand.inventory.costs import Costs
from onhand.inventory.moves import place, serve_or_backorder, serve_or_lose
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

SERVE = {"lost_sales": serve_or_lose, "backorder": serve_or_backorder}


def one_point(
    on_hand: float,
    pipeline: list[float],
    worlds: list[list[float]],
    lead_time: int = 2,
    review_period: int = 1,
) -> Situation:
    return Situation(
        Stock.of([on_hand], [pipeline]),
        np.asarray([worlds], dtype=np.float32),
        SupplyTerms.of(lead_time, review_period, n_series=1),
        Costs.of(0.2, 1.0, n_series=1),
    )


def test_the_winners_rule_of_vn2_worked_by_hand() -> None:
    """Stock 3, 4 due in the second week, forecasts 5, 2 and 9, z·φ·√9 = 0.9674 · 0.5 · 3.

    Week 1: 3 - 5 -> 0, 2 lost. Week 2: 0 + 4 - 2 = 2 left. Week 3 asks for 9 + 1.4511.
    """
    situation = one_point(3, [0, 4, 0], [[5, 2, 9]])
    assert PointProjection(0.5).order(situation)[0] == pytest.approx(9 + 1.4511 - 2, abs=1e-3)


def test_demand_that_will_be_lost_is_not_bought_again() -> None:
    """Empty shelf, lead time 2: only week 3 can be served; the inventory position asks for all."""
    situation = one_point(0, [0, 0, 0], [[4, 4, 4]])
    assert ProjectedInventory(0.9).order(situation).tolist() == [4.0]
    assert OrderUpToQuantile(0.9).order(situation).tolist() == [12.0]


def test_under_backorders_both_rules_agree() -> None:
    """Nothing is lost, so what is missing is target minus inventory position."""
    situation = one_point(2, [1, 0, 3], [[4, 4, 4], [1, 2, 0], [9, 0, 2]])
    for quantile in (0.2, 0.5, 0.9):
        ours = ProjectedInventory(quantile, shortage="backorder").order(situation)
        assert ours.tolist() == OrderUpToQuantile(quantile).order(situation).tolist()


def test_goods_that_come_during_the_cover_are_no_help_before_they_come() -> None:
    """Order covers periods 1 and 2; 10 units due in period 2 do not serve the 6 of period 1."""
    situation = one_point(0, [0, 0, 10], [[0, 6, 3]], lead_time=1, review_period=2)
    assert ProjectedInventory(0.5).order(situation).tolist() == [6.0]


def test_a_longer_review_period_is_covered_whole() -> None:
    """Reviewed every 3 periods, the order must last for 3."""
    situation = one_point(1, [0, 0], [[1, 2, 2, 2, 7]], lead_time=1, review_period=3)
    assert ProjectedInventory(0.5).order(situation).tolist() == [6.0]


def test_the_quantile_is_the_share_of_worlds_without_a_stock_out() -> None:
    """Ten worlds that want 1..10: with 0.7, seven of them are served in full."""
    situation = one_point(0, [0], [[float(d)] for d in range(1, 11)], lead_time=0)
    assert ProjectedInventory(0.7).order(situation).tolist() == [7.0]


def test_balanced_projection_asks_each_stock_point_for_its_own_critical_ratio() -> None:
    """Cheap to hold and dear to lose: 9 of 10 worlds; the other way round: 1 of 10."""
    worlds = np.arange(1, 11, dtype=np.float32).reshape(1, 10, 1).repeat(2, axis=0)
    situation = Situation(
        Stock.of([0.0, 0.0], np.zeros((2, 1))),
        worlds,
        SupplyTerms.of(0, n_series=2),
        Costs.of([1.0, 9.0], [9.0, 1.0], n_series=2),
    )
    assert BalancedProjection().order(situation).tolist() == [9.0, 1.0]
    heavier = BalancedProjection(holding_weight=9.0)  # 9 / (9 + 9) and 1 / (1 + 81)
    assert heavier.order(situation).tolist() == [5.0, 1.0]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), dearer=st.floats(1.0, 20.0))
def test_a_dearer_shortage_never_orders_less(seed: int, dearer: float) -> None:
    """Raising p raises p / (p + h), and a higher quantile never asks for less."""
    rng = np.random.default_rng(seed)
    h, p = rng.uniform(0.01, 1.0, 6), rng.uniform(0.1, 5.0, 6)
    orders = [
        BalancedProjection().order(
            Situation(
                Stock.of(np.full(6, 2.0), np.ones((6, 3))),
                np.random.default_rng(seed).poisson(3.0, (6, 30, 4)).astype(np.float32),
                SupplyTerms.of(2, 2, n_series=6),
                Costs.of(h, shortage, n_series=6),
            )
        )
        for shortage in (p, p * dearer)
    ]
    assert (orders[1] >= orders[0]).all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    lead_time=st.integers(0, 4),
    review_period=st.integers(1, 3),
    shortage=st.sampled_from(["lost_sales", "backorder"]),
)
def test_the_shortfall_is_the_smallest_order_without_a_stock_out_in_the_cover(
    seed: int, lead_time: int, review_period: int, shortage: str
) -> None:
    """Oracle: play each world with the plain moves, one unit less than the shortfall runs short."""
    rng = np.random.default_rng(seed)
    n_periods = lead_time + review_period
    width = n_periods + 1
    paths = rng.poisson(2.0, (1, 5, n_periods)).astype(np.float32)
    pipeline = rng.poisson(1.0, width) * (rng.random(width) < 0.5)
    situation = Situation(
        Stock.of([float(rng.integers(0, 8))], [pipeline]),
        paths,
        SupplyTerms.of(lead_time, review_period, n_series=1),
        Costs.of(0.2, 1.0, n_series=1),
    )
    missing = shortfalls(situation, np.array([0]), lead_time, review_period, shortage)[0]

    def is_short_in_cover(world: int, quantity: float) -> bool:
        stock = place(situation.stock, [quantity], lead_time)
        ran_short = False
        for period in range(n_periods):
            stock, flow = SERVE[shortage](stock, paths[:, world, period])
            if period >= lead_time:
                ran_short |= bool(flow.short[0] > 0 or flow.backorders[0] > 0)
        return ran_short

    for world, needed in enumerate(missing):
        if needed >= 0:
            assert not is_short_in_cover(world, float(needed))
        if needed >= 1:
            assert is_short_in_cover(world, float(needed) - 1)


def test_row_quantile_takes_a_value_that_occurs_and_one_level_per_row() -> None:
    """Inverse of the empirical distribution: no interpolation between 3 and 100."""
    values = np.array([[1.0, 2.0, 3.0, 100.0]] * 3)
    assert row_quantile(values, np.array([0.75, 0.76, 0.01])).tolist() == [3.0, 100.0, 1.0]
    assert row_quantile(values, np.full(3, 0.75)).tolist() == [3.0, 3.0, 3.0]


def test_floating_point_does_not_move_a_quantile() -> None:
    """0.7 x 10 is 7.000000000000001; it is still the seventh of ten."""
    assert row_quantile(np.arange(1.0, 11.0)[None], np.array([0.7])).tolist() == [7.0]
