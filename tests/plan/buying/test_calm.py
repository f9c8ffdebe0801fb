"""What has stopped selling is not bought silently, and a plan that was made stays where it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.explain import explain
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

Shop = Callable[..., Tables]
QUICK = {
    "plan": {"n_samples": 40, "n_cards": 0},
    "replay": {"days": 1.0, "tuning_days": 1.0},  # too short to replay anything
    "forecast": {"forecaster": "seasonal_naive"},
    "policy": {"level": 0.9, "extra_periods": 0},
}


def settings(**plan: object) -> Config:
    """Settings that plan a small shop in a moment."""
    return Config.from_dict({**QUICK, "plan": {**QUICK["plan"], **plan}})


def silent_since(tables: Tables, item: str, weeks: int) -> Tables:
    """The same shop, with an item that has not sold for so many weeks."""
    sales = tables.sales
    assert sales is not None
    last = sales["date"].max()
    assert isinstance(last, date)
    is_silent = (pl.col("item") == item) & (pl.col("date") > last - timedelta(weeks=weeks))
    quantity = pl.when(is_silent).then(0.0).otherwise("quantity").alias("quantity")
    return Tables(**{**tables.given, "sales": sales.with_columns(quantity)})


def test_a_dying_item_is_held_back_and_said(shop: Shop) -> None:
    """Silent for 20 weeks after 60 good ones, foreseen as last year: needed, not bought, and told why."""
    tables = silent_since(shop(n_items=6, n_weeks=80), "item-5", 20)
    held, bought = (make_plan(tables, settings(hold_dying=hold)) for hold in (True, False))
    assert "item-5" in {line.item for line in bought.orders}
    assert "item-5" not in {line.item for line in held.orders}
    (said,) = [trouble for trouble in held.exceptions if trouble.kind == "held_back"]
    assert said.item == "item-5"
    assert said.money > 0
    assert "has not sold for 20 weeks" in explain(held, "item-5")
    others = [{x.id: x.quantity for x in p.orders if x.item != "item-5"} for p in (held, bought)]
    assert others[0] == others[1]


@pytest.fixture(scope="module")
def monday(shop: Shop) -> Tables:
    """The shop on the day of the plan."""
    return shop(n_weeks=60)


@pytest.fixture(scope="module")
def plan(monday: Tables) -> Plan:
    """What is ordered that day."""
    return make_plan(monday, settings())


def test_inside_the_frozen_window_an_order_stays_as_it_was(monday: Tables, plan: Plan) -> None:
    """Nothing on the shelf any more: outside the window the order grows, inside it stays."""
    line = max(plan.orders, key=lambda x: x.quantity)
    assert monday.stock is not None
    other = pl.when(pl.col("item") == line.item).then(0.0).otherwise("on_hand").alias("on_hand")
    emptied = Tables(**{**monday.given, "stock": monday.stock.with_columns(other)})
    half = replace(line, quantity=8.0)  # its minimum order
    assert half.quantity < line.quantity
    before = replace(plan, orders=(half,))
    free = make_plan(emptied, settings(), previous=before)
    frozen = make_plan(emptied, settings(frozen_days=7.0), previous=before)
    assert next(x for x in free.orders if x.item == line.item).quantity >= line.quantity
    kept = next(x for x in frozen.orders if x.item == line.item)
    assert kept.quantity == half.quantity
    assert "kept_from_last_plan" in {step.constraint for step in kept.reason.increments}


@pytest.fixture(scope="module")
def emptied(monday: Tables) -> Tables:
    """The same day with nothing on any shelf: every line wants more than before."""
    assert monday.stock is not None
    return Tables(**{**monday.given, "stock": monday.stock.with_columns(on_hand=pl.lit(0.0))})


def within(budget: float, **plan: object) -> Config:
    """The same settings with a budget."""
    return Config.from_dict(
        {**QUICK, "plan": {**QUICK["plan"], **plan}, "limits": {"budget": budget}}
    )


def test_no_new_line_pushes_a_frozen_one_out_of_the_budget(emptied: Tables) -> None:
    """Money for one line only: the least urgent one has it if the last plan froze it there."""
    wanted = make_plan(emptied, settings())
    line = min(wanted.orders, key=lambda x: x.money_at_risk_without / x.cost)
    before = replace(wanted, orders=(line,))
    free, frozen = (
        make_plan(emptied, within(line.cost + 0.01, frozen_days=days), previous=before)
        for days in (0.0, 7.0)
    )
    assert (line.item, line.quantity) not in {(x.item, x.quantity) for x in free.orders}
    assert [(x.item, x.quantity) for x in frozen.orders] == [(line.item, line.quantity)]
    (told,) = [x for x in frozen.joint if x.what == "budget"]
    assert told.bound is not None
    assert told.chosen <= told.bound


def test_frozen_lines_that_do_not_fit_leave_the_rest_of_the_money_to_others(
    emptied: Tables,
) -> None:
    """Half the money of what is frozen: whole lines of it stay, and nothing is spent beyond."""
    wanted = make_plan(emptied, settings())
    before = replace(wanted, orders=wanted.orders[:4])
    budget = 0.5 * sum(x.cost for x in before.orders)
    plan = make_plan(emptied, within(budget, frozen_days=7.0), previous=before)
    known = {x.item: x.quantity for x in before.orders}
    kept = {x.item: x.quantity for x in plan.orders if x.item in known}
    assert kept
    assert kept.items() <= known.items()
    assert plan.board.order_value <= budget + 1e-6


def two_suppliers(shop: Shop, far: float, near: float) -> Tables:
    """A shop whose every item two suppliers offer on the same terms, at these unit costs."""
    tables = shop(n_items=3, n_weeks=60)
    supply = [
        {"item": f"item-{i}", "supplier": name, "lead_time": 7.0, "unit_cost": price}
        for i in range(3)
        for name, price in (("Far", far), ("Near", near))
    ]
    bare = pl.DataFrame({"item": [f"item-{i}" for i in range(3)], "price": [9.0] * 3})
    return Tables(**{**tables.given, "items": bare, "supply": pl.DataFrame(supply)})


@pytest.mark.parametrize(
    ("near", "days", "expected"),
    [(1.95, 0.0, {"Far"}), (1.0, 0.0, {"Near"}), (1.0, 7.0, {"Far"})],
    ids=["little cheaper", "much cheaper", "much cheaper, but frozen"],
)
def test_an_order_stays_with_its_supplier(
    shop: Shop, near: float, days: float, expected: set[str]
) -> None:
    """Far was cheaper last time; now Near is. Without a last plan everything would go to Near."""
    before = make_plan(two_suppliers(shop, 2.0, 2.1), settings())
    assert {x.supplier for x in before.orders} == {"Far"}
    now = two_suppliers(shop, 2.0, near)
    assert {x.supplier for x in make_plan(now, settings()).orders} == {"Near"}
    again = make_plan(now, settings(frozen_days=days), previous=before)
    assert {x.supplier for x in again.orders} == expected
    if expected == {"Far"}:
        same = [(x.item, x.quantity) for x in again.orders]
        assert same == [(x.item, x.quantity) for x in before.orders]
        assert all("the last plan has it from Far" in x.sentence for x in again.orders)


@pytest.mark.parametrize("kind", ["bridge", "split"])
def test_small_orders_beside_stay_too(shop: Shop, kind: str) -> None:
    """Twice as much from the second supplier as this plan would have, and then although it would have none."""
    tables = two_suppliers(shop, 2.0, 2.1)
    assert tables.supply is not None
    is_far = pl.col("supplier") == "Far"
    terms = (
        {"lead_time": pl.when(is_far).then(35.0).otherwise(7.0)}
        if kind == "bridge"
        else {"capacity": pl.when(is_far).then(3.0)}
    )
    tables = Tables(**{**tables.given, "supply": tables.supply.with_columns(**terms)})
    wanted = make_plan(tables, settings())
    line = next(x for x in wanted.orders if x.kind == kind)
    before = replace(wanted, orders=(replace(line, quantity=2 * line.quantity),))
    again = make_plan(tables, settings(frozen_days=7.0), previous=before)
    (kept,) = [x for x in again.orders if x.item == line.item and x.kind == kind]
    assert (kept.supplier, kept.quantity) == (line.supplier, 2 * line.quantity)
    assert sum(x.units for x in kept.reason.increments) + kept.reason.need == kept.quantity
    assert "it is frozen" in kept.sentence
    assert tables.stock is not None
    full = tables.stock.with_columns(on_hand=pl.lit(200.0))
    none = make_plan(
        Tables(**{**tables.given, "stock": full}), settings(frozen_days=7.0), previous=before
    )
    assert [(x.item, x.kind, x.quantity) for x in none.orders] == [
        (line.item, kind, 2 * line.quantity)
    ]


def test_what_was_placed_is_not_kept_a_second_time(monday: Tables, plan: Plan) -> None:
    """The last plan's orders stand among the open ones: nothing is frozen, and nothing ordered twice."""
    assert monday.inbound is not None
    placed = pl.DataFrame(
        [
            {
                "item": line.item,
                "location": line.location,
                "quantity": line.quantity,
                "order_date": date.fromisoformat(line.order_date),
                "due_date": date.fromisoformat(line.due_date),
            }
            for line in plan.orders
        ]
    )
    inbound = pl.concat([monday.inbound, placed], how="diagonal_relaxed")
    tables = Tables(**{**monday.given, "inbound": inbound})
    again = make_plan(tables, settings(frozen_days=7.0), previous=plan)
    assert again.orders == ()


def test_a_plan_of_last_week_does_not_freeze_what_is_overdue(monday: Tables, plan: Plan) -> None:
    """An order that should have been placed yesterday is decided anew, and no date lies in the past."""
    yesterday = str(date.fromisoformat(plan.made_for) - timedelta(days=1))
    line = max(plan.orders, key=lambda x: x.quantity)
    stale = replace(line, quantity=line.quantity * 3, order_date=yesterday)
    again = make_plan(monday, settings(frozen_days=7.0), previous=replace(plan, orders=(stale,)))
    assert next(x for x in again.orders if x.item == line.item).quantity == line.quantity
    assert all(again.made_for <= x.order_date <= x.due_date for x in again.orders)
