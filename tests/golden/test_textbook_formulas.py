"""Numbered examples of the textbooks, to the printed digits.

Book: Snyder & Shen, Fundamentals of Supply Chain Theory, 2nd ed., Wiley 2019; other sources are
named beside their numbers. Costs per unit and period as printed there.
"""

from __future__ import annotations

import pytest
from scipy.integrate import quad

from onhand.errors import InputError, OnhandError
from onhand.inventory.formulas.eoq import (
    all_units_discount,
    economic_order_quantity,
    economic_order_quantity_with_backorders,
    economic_production_quantity,
    incremental_discount,
)
from onhand.inventory.formulas.joint_replenishment import joint_replenishment
from onhand.inventory.formulas.loss import WholeDemand, normal_loss, normal_second_loss
from onhand.inventory.formulas.lot_sizing import wagner_whitin
from onhand.inventory.formulas.min_max import (
    min_max_cost,
    optimal_min_max,
    power_approximation,
)
from onhand.inventory.formulas.newsvendor import (
    newsvendor_lognormal,
    newsvendor_normal,
    newsvendor_poisson,
    newsvendor_season,
    newsvendor_whole,
)
from onhand.inventory.formulas.reorder_point import (
    ContinuousReview,
    ReorderPoint,
    expected_inventory_approximation,
    loss_function_approximation,
    optimal_reorder_point,
    order_quantity_with_backorders_approximation,
    order_quantity_with_safety_stock,
)
from onhand.inventory.formulas.unreliable_supply import (
    base_stock_with_disruptions,
    order_quantity_with_additive_yield,
    order_quantity_with_disruptions,
    order_quantity_with_multiplicative_yield,
)

JOES_ITEM = ContinuousReview(8, 0.225, 7.5, 1300, 150, 1 / 12)  # Example 5.1


def test_economic_order_quantity() -> None:
    """Example 3.1."""
    lot = economic_order_quantity(8, 0.225, 1300)
    assert lot.order_quantity == pytest.approx(304.0468, abs=5e-5)
    assert lot.cost == pytest.approx(68.4105, abs=5e-5)


def test_economic_order_quantity_with_planned_backorders() -> None:
    """Example 3.8."""
    lot = economic_order_quantity_with_backorders(8, 0.225, 5, 1300)
    assert lot.order_quantity == pytest.approx(310.8126, abs=5e-5)
    assert lot.stockout_fraction == pytest.approx(0.0431, abs=5e-5)
    assert lot.cost == pytest.approx(66.9214, abs=5e-5)


def test_economic_production_quantity() -> None:
    """Problem 3.22."""
    lot = economic_production_quantity(4, 0.08, 80, 110)
    assert lot.order_quantity == pytest.approx(171.2698, abs=5e-5)
    assert lot.cost == pytest.approx(3.7368, abs=5e-5)


def test_quantity_discounts() -> None:
    """Example 3.5 (all units: 800 at 0.68; incremental: the plain EOQ), Problem 3.12."""
    breaks, prices = [0, 400, 800], [0.75, 0.72, 0.68]
    whole = all_units_discount(8, 0.3, 1300, breaks, prices)
    assert (whole.order_quantity, whole.region) == (800, 2)
    assert whole.cost == pytest.approx(978.60, abs=5e-3)
    partial = incremental_discount(8, 0.3, 1300, breaks, prices)
    assert partial.region == 0
    assert partial.cost == pytest.approx(1043.4105, abs=5e-5)
    large = incremental_discount(2250, 0.25, 182500, [0, 1200, 2400], [1490, 1220, 1100])
    assert large.order_quantity == pytest.approx(28553.0607, abs=5e-5)
    assert large.cost == pytest.approx(208678591.68, abs=5e-3)


def test_joint_replenishment() -> None:
    """Silver (1976), his five-item example: multiples 1, 1, 1, 3, 3."""
    cycle = joint_replenishment(
        10, [1.87, 5.27, 7.94, 8.19, 8.87], [0.2] * 5, [1736, 656, 558, 170, 142]
    )
    assert cycle.order_multiples == (1, 1, 1, 3, 3)
    assert cycle.cycle_time == pytest.approx(0.28138, abs=5e-6)
    assert cycle.cost == pytest.approx(218.6863, abs=5e-5)


@pytest.mark.parametrize(
    ("demand", "order_cost", "holding_cost", "prices", "lots", "cost"),
    [
        ([90, 120, 80, 70], 500, 2, None, (210, 0, 150, 0), 1380),  # Example 3.9
        ([150, 100, 80, 200], 120, 0.8, None, (150, 180, 0, 200), 424),  # Problem 3.27
        ([730, 580, 445, 650, 880], 100, 0.1, None, (1310, 0, 1095, 0, 880), 423),  # Problem 3.29
        ([400, 500, 500, 1100, 900], 100, 0.1, [3, 1, 4, 6, 6], (400, 3000, 0, 0, 0), 4940),
    ],
)
def test_wagner_whitin(demand, order_cost, holding_cost, prices, lots, cost) -> None:  # type: ignore[no-untyped-def]
    plan = wagner_whitin(demand, order_cost, holding_cost, prices)
    assert plan.order_quantities == lots
    assert plan.cost == pytest.approx(cost)


def test_newsvendor() -> None:
    """Examples 4.1, 4.2, 4.4; Problems 4.7(b), 4.8(a), 4.8(b)."""
    assert newsvendor_normal(0.18, 0.70, 50, 8).level == pytest.approx(56.6040, abs=5e-5)
    assert newsvendor_normal(0.18, 0.70, 50, 8).cost == pytest.approx(1.9976, abs=5e-5)
    assert newsvendor_season(1, 0.3, 0.12, 50, 8).profit == pytest.approx(33.0024, abs=5e-5)
    assert newsvendor_normal(0.18, 0.70, 50, 8, 4).level == pytest.approx(264.7669, abs=5e-5)
    odds = dict(enumerate([0.25, 0.05, 0.1, 0.2, 0.15, 0.1, 0.1, 0.05], start=1))
    whole = newsvendor_whole(500_000, 1_000_000, WholeDemand.of(odds))
    assert (whole.level, round(whole.cost)) == (5, 1_225_000)
    assert newsvendor_poisson(200, 270, 18).cost == pytest.approx(786.0884, abs=5e-5)
    assert newsvendor_lognormal(1, 0.1765, 6, 0.3).level == pytest.approx(295.6266, abs=5e-5)


@pytest.mark.parametrize(
    ("mean", "s", "S", "cost"),
    [(10, 6, 40, 35.022), (23, 17, 52, 52.757), (40, 33, 87, 64.512), (64, 55, 74, 78.402)],
)
def test_optimal_s_S_of_the_veinott_wagner_instances(mean, s, S, cost) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
    """Zheng & Federgruen (1991), Table I: K = 64, h = 1, p = 9, Poisson, no lead time."""
    best = optimal_min_max(64, 1, 9, WholeDemand.poisson(mean))
    assert (best.reorder_point, best.order_up_to_level) == (s, S)
    assert best.cost == pytest.approx(cost, abs=5e-4)


def test_no_other_s_S_is_cheaper() -> None:  # noqa: N802
    """Example 4.7 by enumeration: (4, 10) at 8.0341."""
    demand = WholeDemand.poisson(6)
    best = optimal_min_max(5, 1, 4, demand)
    everything = {
        (s, S): min_max_cost(s, S, 5, 1, 4, demand) for s in range(-3, 12) for S in range(s + 1, 22)
    }
    assert (
        (best.reorder_point, best.order_up_to_level)
        == min(everything, key=everything.get)
        == (4, 10)
    )  # type: ignore[arg-type]
    assert best.cost == pytest.approx(8.0341, abs=5e-5)


def test_power_approximation() -> None:
    """Example 4.8 and Problem 4.32."""
    rule = power_approximation(2.5, 0.18, 0.70, 50, 8)
    assert rule.reorder_point == pytest.approx(40.1946, abs=5e-5)
    assert rule.order_up_to_level == pytest.approx(74.2902, abs=5e-5)
    assert power_approximation(60, 2, 36, 190, 48).reorder_point == pytest.approx(
        226.6138, abs=5e-5
    )


@pytest.mark.parametrize(
    ("rule", "r", "Q"),
    [
        (expected_inventory_approximation, 213.9704, 318.5902),
        (order_quantity_with_backorders_approximation, 128.6378, 308.5738),
        (order_quantity_with_safety_stock, 190.3370, 304.0468),
        (loss_function_approximation, 126.8671, 328.4491),
    ],
)
def test_reorder_point_approximations(rule, r, Q) -> None:  # type: ignore[no-untyped-def]
    """Example 5.1 by its four approximations (Examples 5.1 to 5.4)."""
    found: ReorderPoint = rule(JOES_ITEM)
    assert found.reorder_point == pytest.approx(r, abs=5e-5)
    assert found.order_quantity == pytest.approx(Q, abs=5e-5)


def test_optimal_reorder_point_for_poisson_demand() -> None:
    """Example 5.8 and Problem 5.2."""
    best = optimal_reorder_point(100, 20, 150, 1.5, 2)
    assert (best.reorder_point, best.order_quantity) == (3, 5)
    assert best.cost == pytest.approx(107.9236, abs=5e-5)
    assert optimal_reorder_point(4, 4, 28, 12, 0.5).cost == pytest.approx(28.2413, abs=5e-5)


def test_unreliable_supply() -> None:
    """Examples 9.1, 9.3, 9.4, 9.5."""
    lot = order_quantity_with_disruptions(8, 0.225, 5, 1300, 1.5, 14)
    assert lot.order_quantity == pytest.approx(772.8111, rel=1e-6)
    assert lot.cost == pytest.approx(173.9500, abs=5e-5)
    stock = base_stock_with_disruptions(0.25, 3, 2000, 0.04, 0.25)
    assert stock.level == 8000
    assert stock.cost == pytest.approx(2737.069, abs=5e-4)
    added = order_quantity_with_additive_yield(18500, 0.06, 75000, -15000, 9000)
    assert added.order_quantity == pytest.approx(230246.3705, abs=5e-5)
    share = order_quantity_with_multiplicative_yield(18500, 0.06, 75000, 5 / 6, 0.14085904245475275)
    assert share.order_quantity == pytest.approx(254460.2130, abs=5e-5)


def test_losses_against_sums() -> None:
    """E[(D - y)+] by its definition; the second loss is the integral of the first."""
    demand = WholeDemand.poisson(4.0)
    for level in (-2, 0, 3, 9, 60):
        by_hand = sum(p * max(d - level, 0) for d, p in enumerate(demand.probabilities))
        assert float(demand.loss(level)) == pytest.approx(by_hand, abs=1e-12)
    area, _ = quad(normal_loss, 1.0, 30.0, args=(0.0, 2.0))
    assert area == pytest.approx(normal_second_loss(1.0, 0.0, 2.0), rel=1e-6)


def test_nonsense_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="holding_cost is 0"):
        economic_order_quantity(8, 0, 1300)
    with pytest.raises(InputError, match="production_rate"):
        economic_production_quantity(4, 0.08, 80, 80)
    with pytest.raises(InputError, match="must fall"):
        all_units_discount(8, 0.3, 1300, [0, 400], [0.7, 0.75])
    with pytest.raises(OnhandError, match="2 unit costs for 3 periods"):
        wagner_whitin([1, 2, 3], 1, 1, [1, 1])
    with pytest.raises(InputError, match="sum to 1"):
        WholeDemand.of({0: 0.5, 1: 0.1})
    with pytest.raises(InputError, match="salvage"):
        newsvendor_season(1, 2, 0, 50, 8)
