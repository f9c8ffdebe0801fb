"""The simulator on tiny worlds with obvious answers, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.inventory.costs import Costs
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.simulate import simulate, simulate_in_blocks, simulate_plainly
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def one_path(*units: float) -> NDArray[Any]:
    """(1, H, 1) demand."""
    return np.array(units, dtype=np.float64)[None, :, None]


def empty_shelf(on_hand: float = 0.0, width: int = 4) -> Stock:
    return Stock.of([on_hand], np.zeros((1, width)))


def test_order_arrives_after_exactly_the_lead_time() -> None:
    """Ordered before period 0 with two full periods between: sellable from period 2 on."""
    result = simulate(
        one_path(5, 5, 5), empty_shelf(), LevelRule.of([5.0]), SupplyTerms.of(2, n_series=1)
    )
    assert result.served.item() == 5
    assert result.short.item() == 10


def test_costs_are_those_charged_period_by_period() -> None:
    """On hand 2, 0: holding 0.5 × 2; lost 3: 3 × 4; one order: 10."""
    result = simulate(
        one_path(3, 5),
        empty_shelf(on_hand=5.0),
        LevelRule.of([6.0], reorder_point=5.0),
        SupplyTerms.of(2, review_period=2, n_series=1),
    )
    costs = Costs.of(0.5, 4.0, 10.0, n_series=1)
    assert result.cost(costs).item() == 0.5 * 2 + 4.0 * 3 + 10.0
    assert result.fill_rate.item() == 5 / 8
    assert result.shortage_rate.item() == 1 / 2
    assert result.ready_rate.item() == 1 / 2


def test_backorders_are_charged_for_every_period_they_wait() -> None:
    """Two units owed for two periods, then delivered."""
    result = simulate(
        one_path(2, 0, 0),
        empty_shelf(),
        LevelRule.of([0.0]),
        SupplyTerms.of(1, n_series=1),
        shortage="backorder",
    )
    assert result.charged.item() == 4
    assert result.final_backorders.item() == 0


def test_a_reorder_point_orders_only_at_or_below_the_reorder_point() -> None:
    """Positions before the three reviews: 9, 7, 5; s = 6 makes one order of 10 - 5."""
    result = simulate(
        one_path(2, 2, 2),
        empty_shelf(on_hand=9.0),
        LevelRule.of([10.0], reorder_point=6.0),
        SupplyTerms.of(0, n_series=1),
    )
    assert result.n_orders.item() == 1
    assert result.ordered.item() == 5


def test_orders_may_overtake_each_other_and_may_never_come() -> None:
    """Ordered: 4 due in period 2, 4 due in period 1; the third is lost by the supplier."""
    result = simulate(
        one_path(4, 4, 4),
        empty_shelf(),
        LevelRule.of([8.0], largest_order=4.0),
        SupplyTerms.of(2, n_series=1),
        lead_times=np.array([[[2], [0], [-1]]]),
    )
    assert result.served.item() == 8
    assert result.never_arrived.item() == 4


def test_levels_may_change_with_the_period() -> None:
    result = simulate(
        one_path(0, 0),
        empty_shelf(),
        LevelRule.by_period([[3.0, 5.0]]),
        SupplyTerms.of(0, n_series=1),
    )
    assert result.ordered.item() == 5
    assert result.n_orders.item() == 2


def test_fractional_units_agree_with_the_plain_moves_to_rounding() -> None:
    rng = np.random.default_rng(1)
    demand = rng.gamma(2.0, 1.7, size=(3, 20, 9)).astype(np.float32)
    opening = Stock.of([2.5, 0.0, 7.1], np.zeros((3, 4)))
    rule = LevelRule.of([9.3, 14.2, 11.0])
    terms = SupplyTerms.of(2, n_series=3)
    fast, plain = (f(demand, opening, rule, terms) for f in (simulate, simulate_plainly))
    np.testing.assert_allclose(fast.holding, plain.holding, rtol=1e-12)
    np.testing.assert_allclose(fast.short, plain.short, rtol=1e-12)


def test_huge_whole_quantities_do_not_overflow() -> None:
    """Three billion units do not fit 32 bits: the kernel counts them in float64."""
    demand = np.full((1, 2, 3), 3_000_000_000, dtype=np.int64)
    result = simulate(
        demand, empty_shelf(on_hand=5e9), LevelRule.of([0.0]), SupplyTerms.of(0, n_series=1)
    )
    assert result.served.item() == 3 * 5e9
    assert result.short.item() == 3 * 1e9


@pytest.mark.parametrize("level", [2.0**29, 1.5e9, 2.0**31])
def test_any_level_near_the_limit_of_32_bits_is_ordered_in_full(level: float) -> None:
    demand = np.full((1, 1, 1), 7, dtype=np.uint8)
    result = simulate(demand, empty_shelf(), LevelRule.of([level]), SupplyTerms.of(0, n_series=1))
    assert result.final_on_hand.item() == level - 7


def test_blocks_change_nothing() -> None:
    rng = np.random.default_rng(2)
    demand = rng.poisson(2.0, size=(7, 6, 5)).astype(np.uint8)
    opening = Stock.of(np.full(7, 3.0), np.zeros((7, 3)))
    rule, terms = LevelRule.of(np.full(7, 8.0)), SupplyTerms.of(2, n_series=7)
    whole = simulate(demand, opening, rule, terms)
    streamed = simulate_in_blocks(
        lambda rows: demand[rows], demand.shape, opening, rule, terms, block=3
    )
    np.testing.assert_array_equal(whole.holding, streamed.holding)


def test_fill_rate_without_demand_is_unknown() -> None:
    result = simulate(
        one_path(0, 0), empty_shelf(), LevelRule.of([0.0]), SupplyTerms.of(0, n_series=1)
    )
    assert np.isnan(result.fill_rate).all()
    assert result.shortage_rate.item() == 0
    assert result.ready_rate.item() == 0  # never short, yet never with stock


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"demand": np.zeros((1, 2))}, "N, H, S"),
        ({"demand": one_path(-1.0)}, "negative"),
        ({"demand": one_path(np.nan)}, "NaN"),
        ({"terms": SupplyTerms.of(4, n_series=1)}, "does not fit a pipeline of 4"),
        ({"terms": SupplyTerms.of(1, n_series=2)}, "terms has 2 stock points"),
        ({"opening": Stock.of([0.0], np.zeros((1, 4)), [2.0])}, "backorders"),
        ({"rule": LevelRule.by_period([[1.0, 2.0, 3.0]])}, "3 periods"),
        ({"shortage": "lost"}, '"lost_sales" or "backorder"'),
        ({"lead_times": np.zeros((1, 2))}, "lead_times have shape"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], says: str) -> None:
    given: dict[str, Any] = {
        "demand": one_path(1.0),
        "opening": empty_shelf(),
        "rule": LevelRule.of([1.0]),
        "terms": SupplyTerms.of(1, n_series=1),
    } | change
    with pytest.raises(ShapeError, match=says):
        simulate(**given)


def test_levels_that_are_no_levels_are_refused() -> None:
    with pytest.raises(ShapeError, match="NaN or infinity"):
        LevelRule.of([np.nan])
    with pytest.raises(ShapeError, match="above 0"):
        LevelRule.of([1.0], largest_order=0.0)
