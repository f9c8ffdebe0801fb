"""Every total is the sum of its parts as printed, and every quantity the sum of its reasons."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

NUMBERS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "n_items": st.integers(1, 6),
        "n_weeks": st.integers(3, 30),
        "with_stock": st.booleans(),
        "locations": st.sampled_from([("shop",), ("north", "south")]),
    }
)
SETTINGS = st.fixed_dictionaries(
    {
        "policy": st.fixed_dictionaries(
            {
                "name": st.sampled_from(["projected_inventory", "coverage", "order_up_to"]),
                "rounding": st.sampled_from(["up", "nearest", "down"]),
                "shortage": st.sampled_from(["lost_sales", "backorder"]),
            }
        ),
        "plan": st.fixed_dictionaries(
            {"n_samples": st.just(20), "n_cards": st.integers(0, 4), "seed": st.integers(0, 99)}
        ),
        "replay": st.just({"n_samples": 20}),
    }
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=NUMBERS, chosen=SETTINGS)
def test_the_identities_hold_for_any_shop(
    shop: Callable[..., Tables], numbers: dict[str, object], chosen: dict[str, object]
) -> None:
    """Whatever the shop and its settings, anyone can add the plan up."""
    plan = make_plan(shop(**numbers), Config.from_dict(chosen))
    check_lines(plan)
    check_board(plan)
    check_points(plan)
    check_cards(plan)
    check_replay(plan)
    assert Plan.from_json(plan.to_json()) == plan


def check_lines(plan: Plan) -> None:
    """target - projected + besides = need; need + increments = quantity; quantity x unit cost = cost."""
    for line in plan.orders:
        why = line.reason
        besides = math.fsum(part.units for part in why.besides)
        sums_to = max(0.0, why.target - why.projected_stock + besides)
        assert why.need == pytest.approx(sums_to, abs=0.031)
        parts = math.fsum([why.need, *(step.units for step in why.increments)])
        assert why.quantity == pytest.approx(parts, abs=1e-6)
        assert line.quantity == why.quantity > 0
        assert line.cost == pytest.approx(line.quantity * line.unit_cost, abs=0.0051)
        assert line.due_date >= line.order_date == plan.made_for
        assert 0 <= line.stockout_probability_with <= line.stockout_probability_without <= 1
        assert 0 <= line.money_at_risk_with <= line.money_at_risk_without + 0.01
        if line.cover_without is not None and line.cover_with is not None:
            assert line.cover_with >= line.cover_without
    assert len({line.id for line in plan.orders}) == len(plan.orders)


def check_board(plan: Plan) -> None:
    """The board sums the lines and the stock points."""
    board, lines, points = plan.board, plan.orders, plan.stock_points
    assert board.n_order_lines == len(lines)
    assert board.order_value == pytest.approx(math.fsum(x.cost for x in lines), abs=0.005)
    assert board.order_units == pytest.approx(math.fsum(x.quantity for x in lines), abs=0.005)
    risk = math.fsum(x.money_at_risk_without for x in lines)
    risk_with = math.fsum(x.money_at_risk_with for x in lines)
    cents = 0.011 * (
        len(lines) + 1
    )  # what is not ordered is at risk too, the same with and without
    assert board.money_at_risk >= risk - cents
    assert board.money_at_risk - board.money_at_risk_with == pytest.approx(
        risk - risk_with, abs=cents
    )
    assert board.stock_value == pytest.approx(math.fsum(p.stock_value for p in points), abs=0.005)
    assert board.stock_units == pytest.approx(math.fsum(p.on_hand for p in points), abs=0.005)
    counts = ("stocked_out", "at_risk", "excess", "new", "dying", "ok")
    for status in counts:
        assert getattr(board, f"n_{status}") == sum(p.status == status for p in points)
    excess = math.fsum(p.money for p in points if p.status == "excess")
    assert board.excess_value == pytest.approx(excess, abs=0.005)
    assert 0 <= board.expected_fill_rate_without <= board.expected_fill_rate + 1e-4
    assert board.expected_fill_rate <= 1


def check_points(plan: Plan) -> None:
    """Every stock point once; exceptions are those that are not ok; the matrix counts them all."""
    points = plan.stock_points
    assert len(points) == plan.shop.n_series == sum(cell.n for cell in plan.matrix)
    assert len({(p.item, p.location) for p in points}) == len(points)
    for point in points:
        assert point.stock_value == pytest.approx(point.on_hand * point.unit_cost, abs=0.0051)
    not_ok = {(p.item, p.location, p.status, p.money) for p in points if p.status != "ok"}
    assert {(t.item, t.location, t.kind, t.money) for t in plan.exceptions} == not_ok
    assert [t.money for t in plan.exceptions] == sorted(
        (t.money for t in plan.exceptions), reverse=True
    )
    in_matrix = math.fsum(cell.stock_value for cell in plan.matrix)
    assert in_matrix == pytest.approx(plan.board.stock_value, abs=0.05)
    shares = math.fsum(cell.revenue_share for cell in plan.matrix)
    assert shares == pytest.approx(1.0, abs=0.001) or all(c.revenue == 0 for c in plan.matrix)


def check_cards(plan: Plan) -> None:
    """A card shows the plan's own order, and quantiles in their order."""
    lines = {(line.item, line.location): line for line in plan.orders}
    assert len(plan.cards) <= plan.config["plan"]["n_cards"]
    for card in plan.cards:
        line = lines.get((card.item, card.location))
        proposed = math.fsum(card.projection.proposed)
        assert proposed == pytest.approx(line.quantity if line else 0.0, abs=0.01)
        assert (np.diff([card.fan.p05, card.fan.p50, card.fan.p95], axis=0) >= 0).all()
        above = np.subtract(card.projection.with_order.p50, card.projection.without_order.p50)
        assert (above >= -0.011).all()
        assert len({len(card.fan.dates), len(card.fan.mean), len(card.projection.inbound)}) == 1


def check_replay(plan: Plan) -> None:
    """Costs per period and per part sum to the totals; the windows to the differences."""
    if plan.replay is None:
        return
    default = plan.replay.contenders[plan.replay.default]
    assert {"coverage", "classical"} <= {*plan.replay.contenders, plan.config["policy"]["name"]}
    for name, who in plan.replay.contenders.items():
        assert who.total == pytest.approx(math.fsum(who.cost), abs=0.005)
        parts = who.holding + who.shortage + who.ordering
        assert who.total == pytest.approx(parts, abs=0.01 * len(who.cost))
        assert len(who.cost) == len(who.inventory_value) == len(plan.replay.dates)
        if name != plan.replay.default:
            margin = plan.replay.differences[name]
            assert margin.mean == pytest.approx(math.fsum(margin.per_window), abs=0.005)
            gap = who.total - default.total
            assert margin.mean == pytest.approx(gap, abs=0.02 * len(who.cost))
            assert margin.low <= margin.mean <= margin.high
