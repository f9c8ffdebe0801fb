"""Orders of the last plan that nobody entered are named, before they are ordered twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import polars as pl

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.forgotten import with_forgotten
from onhand.plan.make_plan import make_plan
from onhand.plan.seen import panel_of


def test_orders_that_nobody_entered_are_named_until_they_are(
    shop: Callable[..., Tables], quick: Config
) -> None:
    """The day after, the plan asks whether its orders went out; once they are in inbound it does not."""
    tables = shop()
    last = make_plan(tables, quick)
    assert not [f for f in last.findings if f.rule == "last-plan-not-placed"]
    next_day = make_plan(tables, quick.with_settings({"plan.date": "2024-07-10"}), previous=last)
    (found,) = [f for f in next_day.findings if f.rule == "last-plan-not-placed"]
    assert found.count == len(last.orders)
    assert "to be placed before 2024-07-08" in found.example

    placed = pl.DataFrame(
        {
            "item": [line.item for line in last.orders],
            "location": [line.location for line in last.orders],
            "supplier": [line.supplier for line in last.orders],
            "quantity": [line.quantity for line in last.orders],
            "order_date": [date.fromisoformat(last.made_for)] * len(last.orders),
        }
    )
    entered = replace(tables, inbound=placed)
    later = replace(panel_of(tables, quick), dates=panel_of(tables, quick).dates + 7)
    assert with_forgotten(entered, later, last) is entered
    assert with_forgotten(tables, later, last) is not tables
