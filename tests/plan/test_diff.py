"""A what-if says what it changes: settings, money, suppliers, lines, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.diff import changed_since, compare_plans
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Part, Plan, Sold

Shop = Callable[..., Tables]


def test_a_plan_does_not_differ_from_itself(plan: Plan) -> None:
    """No setting, no supplier and no line."""
    found = compare_plans(plan, plan)
    assert found.same_data
    assert (found.settings, found.suppliers, found.lines) == ({}, (), ())
    assert all(change.difference == 0 for change in found.board)


def test_differences_add_up(shop: Shop, quick: Config, plan: Plan) -> None:
    """What lines and suppliers change in money is what the total changes."""
    budget = plan.board.order_value / 2
    tight = make_plan(shop(), quick.with_settings({"limits.budget": str(budget)}))
    found = compare_plans(plan, tight)
    assert found.settings == {"limits.budget": (0.0, budget)}
    total = next(c for c in found.board if c.name == "order value")
    assert total.after <= budget < total.before
    lines = math.fsum(line.money for line in found.lines)
    suppliers = math.fsum(change.difference for change in found.suppliers)
    assert total.difference == pytest.approx(lines, abs=0.01)
    assert total.difference == pytest.approx(suppliers, abs=0.01)
    moved = [abs(line.money) for line in found.lines]
    assert moved == sorted(moved, reverse=True)


def test_a_forecast_that_moved_says_what_moved_it(plan: Plan) -> None:
    """Demand of one item up by ten, nine of it season: the parts of the change are told, most first."""
    first = plan.stock_points[0]
    old = replace(first, mean_demand=5.0, parts=(Part("level", 4.0), Part("season", 1.0)))
    new = replace(first, mean_demand=15.0, parts=(Part("level", 5.0), Part("season", 10.0)))
    before, after = (
        replace(plan, stock_points=(point, *plan.stock_points[1:])) for point in (old, new)
    )
    (found,) = compare_plans(before, after).forecasts
    assert (found.before, found.after) == (5.0, 15.0)
    assert found.parts == (("season", 9.0), ("level", 1.0))
    assert found.money == pytest.approx(10 * first.price)
    told = changed_since(before, after, first.item)
    assert "15 are expected per week instead of 5: season +9, level +1." in told
    assert "nothing has changed" in changed_since(before, before, first.item)


def test_parts_add_up_to_the_expected_demand_and_are_explained(plan: Plan) -> None:
    """Of every stock point, as printed; the explanation lists them under the forecast."""
    from onhand.plan.explain import explain

    for point in plan.stock_points:
        total = math.fsum(part.units for part in point.parts)
        assert total == pytest.approx(point.mean_demand, abs=1e-6)
        assert 0 <= point.alive <= 1
    busiest = max(plan.stock_points, key=lambda point: point.mean_demand)
    told = explain(plan, busiest.item)
    assert "expected per week" in told
    assert "is the level of late" in told


def test_what_moved_an_order_is_told(plan: Plan) -> None:
    """Less on the shelf and a higher target, after a month that sold more."""
    line = next(x for x in plan.orders if x.reason.target > 0)
    point = next(p for p in plan.stock_points if p.item == line.item)
    assert point.sold is not None

    def made(on_hand: float, target: float, sold: float, mean: float, quantity: float) -> Plan:
        reason = replace(line.reason, target=target)
        there = replace(
            point,
            on_hand=on_hand,
            on_order=5.0,
            mean_demand=mean,
            parts=(Part("level", mean),),
            sold=Sold(sold, sold, sold, None, 0),
        )
        ordered = replace(line, reason=reason, quantity=quantity, cost=quantity)
        return replace(plan, stock_points=(there,), orders=(ordered,))

    told = changed_since(made(20, 40, 9, 10, 15), made(5, 60, 14, 15, 50), line.item)
    assert "15 are expected per week instead of 10: level +5." in told
    assert "Its last 28 days sold 14 per week, where it had been 9." in told
    assert "50 are ordered instead of 15: 10 are on the shelf and on order, 25 were" in told
    assert "the target is 60, it was 40." in told


def test_items_that_come_and_go_are_told(plan: Plan) -> None:
    """A stock point that only one of the plans knows has no before or no after."""
    fewer = replace(plan, stock_points=plan.stock_points[1:])
    gone = plan.stock_points[0]
    (found,) = compare_plans(plan, fewer).forecasts
    assert (found.item, found.after) == (gone.item, None)
    assert "no longer in the plan" in changed_since(plan, fewer, gone.item)
    assert "is new in the plan" in changed_since(fewer, plan, gone.item)
