"""What is wrong with open orders and suppliers' rules is said, order by order and name by name."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from onhand.data import read_tables
from onhand.data.findings import Finding
from onhand.data.order_checks import WRITE_OFF_DAYS
from onhand.plan.config import Config

END = dt.date(2024, 3, 1)
SALES = {
    "item": ["a"] * 60,
    "date": [END - dt.timedelta(days=k) for k in range(60)],
    "quantity": [4] * 60,
}
SUPPLY = {"item": ["a"], "supplier": ["Alpha"], "lead_time": [7]}


def _days(k: int) -> dt.date:
    return END + dt.timedelta(days=k)


def _found(rule: str, **tables: Any) -> list[Finding]:
    shop = {"sales": SALES, "supply": SUPPLY, **tables}
    return [f for f in read_tables(shop).findings if f.rule == rule]


def test_an_overdue_finding_is_about_one_order() -> None:
    """Item, date and quantity are those of the latest one; what the plan gives up is told apart."""
    inbound = {
        "item": ["soon", "late", "later", "lost"],
        "quantity": [10, 20, 30, 40],
        "due_date": [_days(3), _days(-10), _days(-20), _days(-400)],
    }
    late, lost = _found("overdue", inbound=inbound), _found("long-overdue", inbound=inbound)
    assert [(f.key, f.count) for f in late] == [("item later, location shop, 30 units", 2)]
    assert late[0].value.startswith(f"due {_days(-20)}, 20 days before {END}")
    assert [(f.key, f.count) for f in lost] == [("item lost, location shop, 40 units", 1)]
    assert Config().supply.write_off_days == WRITE_OFF_DAYS


def test_a_receipt_or_an_order_still_to_come_is_said() -> None:
    """A received date after the last day of the data is a promise."""
    inbound = {
        "item": ["a", "b"],
        "quantity": [5, 5],
        "order_date": [_days(-9), _days(14)],
        "received_date": [_days(4), None],
    }
    assert [f.key for f in _found("received-ahead", inbound=inbound)] == [
        "item a, location shop, 5 units"
    ]
    assert [f.key for f in _found("ordered-ahead", inbound=inbound)] == [
        "item b, location shop, 5 units"
    ]


def test_an_order_that_stands_there_twice_is_said() -> None:
    """It counts twice; two orders that differ in anything are two orders."""
    inbound = {"item": ["a"] * 3, "quantity": [5, 5, 6], "due_date": [_days(2)] * 3}
    assert [f.count for f in _found("exact-copies", inbound=inbound)] == [1]


def test_stock_lines_that_were_added_up_are_said() -> None:
    """One count exported twice doubles the stock; in a shop of many bins it is the rule, and only told."""
    once = {"item": list("abcdef"), "on_hand": [1, 2, 3, 4, 5, 6]}
    twice = {"item": [*once["item"], "b"], "on_hand": [*once["on_hand"], 2]}
    bins = {"item": ["a"] * 4, "on_hand": [1, 2, 3, 4]}
    assert _found("stock-added-up", stock=once) == []
    found = _found("stock-added-up", stock=twice)[0]
    assert (found.severity, found.count) == ("warning", 1)
    assert "2 and 2 units" in found.value
    assert [f.severity for f in _found("stock-added-up", stock=bins)] == ["info"]


def test_a_closure_that_ends_before_it_begins_is_an_error() -> None:
    """It would close nothing, and nobody would know."""
    closures = {"supplier": ["Alpha"], "from": [_days(9)], "to": [_days(1)]}
    found = _found("closure-backwards", closures=closures)
    assert [(f.severity, f.key) for f in found] == [("error", "supplier Alpha")]


@pytest.mark.parametrize("table", ["closures", "price_breaks", "inbound", "suppliers"])
def test_a_supplier_nobody_buys_from_is_named_with_the_one_that_was_meant(table: str) -> None:
    """`Alfa` is Alpha, `Alpha` is fine."""
    columns: dict[str, dict[str, list[Any]]] = {
        "closures": {"from": [_days(1)] * 2, "to": [_days(2)] * 2},
        "price_breaks": {"item": ["a"] * 2, "quantity": [10, 20], "unit_cost": [2, 1]},
        "inbound": {"item": ["a"] * 2, "quantity": [10, 20]},
        "suppliers": {"order_cost": [3, 4]},
    }
    rows = {"supplier": ["Alfa", "Alpha"], **columns[table]}
    found = _found("unknown-supplier", **{table: rows})
    assert [(f.severity, f.table, f.count) for f in found] == [("warning", table, 1)]
    assert "'Alfa' (is it 'Alpha'?)" in found[0].value


def test_sales_that_end_long_before_the_count_are_said() -> None:
    """The plan would be made for days gone by."""
    stock = {"item": ["a", "b"], "on_hand": [3, 4], "date": [_days(30)] * 2}
    found = _found("old-sales", stock=stock)[0]
    assert f"the plan is made for {_days(1)}" in found.value
