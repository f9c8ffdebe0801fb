"""A supplier delivers only so much: the plan keeps to it, says so, and sends the rest to the second one."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from onhand.data import Tables, read_tables
from onhand.plan.config import Config
from onhand.plan.explain import explain
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import OrderLine, Plan

Shop = Callable[..., Tables]
START = date(2024, 1, 1) + timedelta(weeks=30)


def config(**sections: dict[str, object]) -> Config:
    """Settings that plan a small shop in a moment."""
    quick = {
        "plan": {"n_samples": 40, "n_cards": 2},
        "replay": {"days": 1.0, "tuning_days": 1.0},  # too short to replay anything
        "forecast": {"forecaster": "moving_average"},
        "policy": {"level": 0.9, "extra_periods": 0},
    }
    return Config.from_dict({**quick, **sections})


def tables(shop: Shop, inbound: pl.DataFrame | None = None, **capacity: float | None) -> Tables:
    """Two empty shelves; Near is cheaper than Far for both items, and as fast. Packs of two."""
    items = ["item-0", "item-1"]
    return shop(
        n_items=2,
        n_weeks=30,
        stock=pl.DataFrame({"item": items, "location": "shop", "on_hand": [0.0, 0.0]}),
        inbound=inbound,
        supply=pl.DataFrame(
            {
                "item": [i for i in items for _ in range(2)],
                "supplier": ["Near", "Far"] * 2,
                "lead_time": [7.0] * 4,
                "pack_size": [2.0] * 4,
                "unit_cost": [1.0, 1.2] * 2,
                "capacity": [capacity.get("of_item"), None] * 2,
            },
            schema_overrides={"capacity": pl.Float64},
        ),
        suppliers=pl.DataFrame(
            {"supplier": ["Near", "Far"], "capacity": [capacity.get("in_all"), None]},
            schema_overrides={"capacity": pl.Float64},
        ),
    )


def lines(plan: Plan) -> dict[tuple[str, str], OrderLine]:
    """The plan's lines by item and supplier."""
    return {(line.item, line.supplier): line for line in plan.orders}


@pytest.fixture(scope="module")
def free(shop: Shop) -> Plan:
    """The plan where Near delivers all that is wanted."""
    return make_plan(tables(shop), config())


def must_add_up(plan: Plan) -> None:
    """target - projected = need; need and increments make the order; packs are whole."""
    for line in plan.orders:
        why = line.reason
        besides = math.fsum(step.units for step in why.besides)
        assert why.need == pytest.approx(why.target - why.projected_stock + besides, abs=0.031)
        parts = math.fsum([why.need, *(step.units for step in why.increments)])
        assert line.quantity == pytest.approx(parts, abs=1e-6)
        (rounding,) = (s.units for s in why.increments if s.constraint == "pack_size")
        assert abs(rounding) <= 2.0  # a rest that nobody names would hide in here
    total = math.fsum(line.cost for line in plan.orders)
    assert plan.board.order_value == pytest.approx(total, abs=0.005)
    assert plan.frontier is not None
    assert plan.frontier.chosen.spend == plan.board.order_value


def test_the_rest_of_an_item_goes_to_the_second_supplier(shop: Shop, free: Plan) -> None:
    """Near delivers 4 of each: its line says what that took off, and Far brings it."""
    wanted = {line.item: line for line in free.orders}
    assert {line.supplier for line in free.orders} == {"Near"}
    plan = make_plan(tables(shop, of_item=5.0), config())
    must_add_up(plan)
    for item, before in wanted.items():
        if before.quantity <= 4:
            continue
        near, far = lines(plan)[item, "Near"], lines(plan)[item, "Far"]
        assert near.quantity == 4
        assert near.reason.need == before.reason.need
        (taken,) = (s.units for s in near.reason.increments if s.constraint == "capacity")
        assert taken == 4 - before.quantity
        assert far.kind == "split"
        assert near.quantity + far.quantity == before.quantity
        assert near.stockout_probability_with == before.stockout_probability_with
        assert "capacity" in explain(plan, item)
        assert "as well" in explain(plan, item)
    assert any(line.kind == "split" for line in plan.orders)


def test_a_suppliers_capacity_is_shared_by_its_items(shop: Shop, free: Plan) -> None:
    """Near delivers 6 units in all: no more are asked of it, and nothing that pays is lost."""
    plan = make_plan(tables(shop, in_all=6.0), config())
    must_add_up(plan)
    found = lines(plan)
    assert sum(line.quantity for line in plan.orders if line.supplier == "Near") <= 6
    for item in ("item-0", "item-1"):
        before = sum(line.quantity for line in free.orders if line.item == item)
        now = sum(line.quantity for line in plan.orders if line.item == item)
        assert now == pytest.approx(before, abs=2)
    assert any(supplier == "Far" for _, supplier in found)


def test_with_one_supplier_the_rest_is_missing_and_said(shop: Shop) -> None:
    """Nobody else delivers: the order is what Near can, and nothing is where it can nothing."""
    both = tables(shop, of_item=3.0)
    assert both.supply is not None
    one = both.supply.filter(pl.col("supplier") == "Near")
    plan = make_plan(Tables(**{**both.given, "supply": one}), config())
    must_add_up(plan)
    assert {line.quantity for line in plan.orders} == {2.0}
    none = one.with_columns(capacity=pl.lit(0.0))
    closed = make_plan(Tables(**{**both.given, "supply": none}), config())
    assert closed.orders == ()
    assert any("can deliver no more" in point.not_ordered for point in closed.stock_points)


def test_what_was_ordered_today_counts(shop: Shop) -> None:
    """Run twice on one day, with the first plan's orders open: nothing more is asked of anybody."""
    first = make_plan(tables(shop, of_item=5.0), config())
    placed = pl.DataFrame(
        {
            "item": [line.item for line in first.orders],
            "location": [line.location for line in first.orders],
            "supplier": [line.supplier for line in first.orders],
            "quantity": [line.quantity for line in first.orders],
            "order_date": [date.fromisoformat(line.order_date) for line in first.orders],
            "due_date": [date.fromisoformat(line.due_date) for line in first.orders],
        }
    )
    again = make_plan(tables(shop, of_item=5.0, inbound=placed), config())
    assert again.orders == ()
    half = placed.with_columns(pl.col("quantity") - 2)  # two of each line were not sent
    rest = make_plan(tables(shop, of_item=5.0, inbound=half), config())
    for (item, supplier), line in lines(rest).items():
        earlier = half.filter(pl.col("item") == item, pl.col("supplier") == supplier)
        assert supplier == "Far" or line.quantity + earlier["quantity"].sum() <= 5


def test_the_column_is_known_by_its_other_names() -> None:
    """As suppliers' own lists call it."""
    supply = pl.DataFrame({"item": ["a"], "vendor": ["X"], "max_order_qty": [9]})
    sales = pl.DataFrame({"item": ["a"], "date": ["2024-01-01"], "quantity": [1]})
    read = read_tables({"sales": sales, "supply": supply.rename({"max_order_qty": "max_qty"})})
    assert read.supply is not None
    assert read.supply["capacity"].to_list() == [9.0]
