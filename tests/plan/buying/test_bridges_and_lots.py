"""A fast supplier bridges the wait for a slow one, and what perishes is counted in money."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables
from onhand.plan.buying.bridges import same_steps
from onhand.plan.buying.choose import Bridge
from onhand.plan.config import Config
from onhand.plan.explain import explain
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

Shop = Callable[..., Tables]
QUICK = {
    "plan": {"n_samples": 40, "n_cards": 2},
    "replay": {"days": 1.0, "tuning_days": 1.0},  # too short to replay anything
    "forecast": {"forecaster": "tsb"},
    "policy": {"level": 0.9, "extra_periods": 0},
}
START = date(2024, 1, 1) + timedelta(weeks=30)


def config(**sections: dict[str, object]) -> Config:
    """Settings that plan a small shop in a moment."""
    return Config.from_dict({**QUICK, **sections})


@pytest.fixture(scope="module")
def two_suppliers(shop: Shop) -> Tables:
    """Two items, their shelves empty: Slow takes six weeks, Fast is there at once and a tenth dearer."""
    return shop(
        n_items=2,
        n_weeks=30,
        stock=pl.DataFrame(
            {"item": ["item-0", "item-1"], "location": "shop", "on_hand": [0.0, 0.0]}
        ),
        inbound=None,
        supply=pl.DataFrame(
            {
                "item": ["item-0", "item-0", "item-1", "item-1"],
                "supplier": ["Slow", "Fast"] * 2,
                "lead_time": [42.0, 0.0] * 2,
                "unit_cost": [1.0, 1.8] * 2,
            }
        ),
    )


@pytest.fixture(scope="module")
def bridged(two_suppliers: Tables) -> Plan:
    """The plan with both."""
    return make_plan(two_suppliers, config())


def test_the_fast_one_brings_just_what_sells_until_its_next_order(bridged: Plan) -> None:
    """Both items: a large order from Slow, and about a week of sales from Fast."""
    for item in ("item-0", "item-1"):
        lines = {line.kind: line for line in bridged.orders if line.item == item}
        mean = next(p.mean_demand for p in bridged.stock_points if p.item == item)
        assert lines["order"].supplier == "Slow"
        assert lines["bridge"].supplier == "Fast"
        assert 0 < lines["bridge"].quantity <= 4 * mean + 2
        assert lines["bridge"].due_date < lines["order"].due_date
        assert lines["bridge"].money_at_risk_with < lines["bridge"].money_at_risk_without
        assert "as a bridge" in explain(bridged, item)
    assert len({line.id for line in bridged.orders}) == len(bridged.orders)
    total = math.fsum(line.cost for line in bridged.orders)
    assert bridged.board.order_value == pytest.approx(total, abs=0.005)
    at_risk = math.fsum(line.money_at_risk_without for line in bridged.orders)
    assert bridged.board.money_at_risk >= at_risk - 0.02


def test_a_bridge_serves_more_and_can_be_forbidden(two_suppliers: Tables, bridged: Plan) -> None:
    """Without bridges one supplier has to do; with them less demand is lost."""
    alone = make_plan(two_suppliers, config(supply={"bridges": False}))
    assert {line.kind for line in alone.orders} == {"order"}
    slow = [line for line in alone.orders if line.supplier == "Slow"]
    if slow:
        assert bridged.board.expected_fill_rate > alone.board.expected_fill_rate


def test_a_bridge_below_the_fast_ones_minimum_is_not_placed(two_suppliers: Tables) -> None:
    """Fast takes no order below 5,000: no bridge, and Slow's lines are decided without them."""
    asks = pl.DataFrame({"supplier": ["Fast"], "minimum_value": [5000.0]})
    tables = Tables(**{**two_suppliers.given, "suppliers": asks})
    plan = make_plan(tables, config())
    assert {line.supplier for line in plan.orders} == {"Slow"}
    without = make_plan(two_suppliers, config(supply={"bridges": False, "supplier": "x"}))
    assert plan.board.n_order_lines == 2
    assert without.board.n_order_lines == 2


def lots(shop: Shop, *expires: date | None) -> Tables:
    """One item that sells about one a week, with 10 on the shelf in each of some lots."""
    stock = pl.DataFrame(
        {
            "item": ["item-0"] * len(expires),
            "location": "shop",
            "on_hand": [10.0] * len(expires),
            "expires": list(expires),
        },
        schema_overrides={"expires": pl.Date},
    )
    return shop(n_items=1, n_weeks=30, stock=stock, inbound=None)


def test_what_will_perish_is_said_in_money(shop: Shop) -> None:
    """Ten can be sold for two more weeks at one a week: about eight are thrown away, at 1.50 each."""
    plan = make_plan(lots(shop, START + timedelta(days=13), None), config())
    point = plan.stock_points[0]
    gone = plan.board.perishing_value / point.unit_cost
    assert point.on_hand == 20
    assert gone == pytest.approx(10 - 2 * point.mean_demand, abs=1.0)
    (said,) = [trouble for trouble in plan.exceptions if trouble.kind == "perishing"]
    assert said.money == pytest.approx(plan.board.perishing_value, abs=0.01)


def test_what_is_past_its_date_is_not_there(shop: Shop) -> None:
    """Yesterday's lot is neither sold nor counted, and the plan says what it cost."""
    plan = make_plan(lots(shop, START - timedelta(days=1), None), config())
    assert plan.stock_points[0].on_hand == 10
    assert any(note.key == "stock.expires" and "10 units" in note.why for note in plan.assumptions)


def test_selling_the_freshest_first_wastes_more(shop: Shop) -> None:
    """Last in, first out lets the old lot lie."""
    tables = lots(shop, START + timedelta(days=27), None)
    waste = {
        issue: make_plan(tables, config(stock={"issue": issue})).board.perishing_value
        for issue in ("fifo", "lifo")
    }
    assert waste["lifo"] > waste["fifo"]


def test_what_perishes_is_bought_again_in_time(shop: Shop) -> None:
    """The same 20 on the shelf: where they perish next week something is ordered, else nothing."""
    perishing = make_plan(
        lots(shop, START + timedelta(days=6), START + timedelta(days=6)), config()
    )
    keeping = make_plan(lots(shop, None, None), config())
    assert keeping.orders == ()
    assert perishing.orders


def test_bridges_of_which_some_were_placed_today_are_told_together() -> None:
    """What is left of one has fewer steps than the others: those it lacks are worth nothing."""
    whole = Bridge(0, 1, 6.0, 6.0, 1.0, 1.0, 2.0, np.array([3.0, 2.0, 1.0]))
    rest = replace(whole, row=1, worth=np.array([1.0]))
    stacked = same_steps([whole, rest])
    assert [one.worth.tolist() for one in stacked] == [[3.0, 2.0, 1.0], [1.0, 0.0, 0.0]]
