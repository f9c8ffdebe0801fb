"""What perishes within the period: no more is bought than sells in time, what is owed is, and not twice."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

TODAY = date(2024, 7, 1)


def planned(owed: float, shortage: str, bought: Plan | None = None) -> Plan:
    """Twenty-one sold in every week, a lead time of one; the goods can be sold for 5 of a week's 7 days."""
    inbound = None if bought is None else pl.DataFrame(
        [
            ("milk", "shop", o.quantity, date.fromisoformat(o.order_date), date.fromisoformat(o.due_date))
            for o in bought.orders
        ],
        schema=["item", "location", "quantity", "order_date", "due_date"],
        orient="row",
    )  # fmt: skip
    tables = Tables(
        sales=pl.DataFrame(
            {
                "item": "milk",
                "location": "shop",
                "date": [TODAY - timedelta(weeks=week) for week in range(26, 0, -1)],
                "quantity": 21.0,
            }
        ),
        items=pl.DataFrame({"item": ["milk"], "price": [4.0], "shelf_life": [5.0]}),
        stock=pl.DataFrame(
            {"item": ["milk"], "location": ["shop"], "on_hand": [0.0], "backorders": [owed]}
        ),
        supply=pl.DataFrame({"item": ["milk"], "lead_time": [7.0], "unit_cost": [2.0]}),
        inbound=inbound,
    )
    quick: dict[str, dict[str, object]] = {
        "shop": {"frequency": "week"},
        "plan": {"n_samples": 20, "n_cards": 0},
        "policy": {"level": 0.9, "extra_periods": 0, "shortage": shortage},
        "forecast": {"forecaster": "moving_average"},
        "replay": {"days": 1.0, "tuning_days": 1.0},
    }
    return make_plan(tables, Config.from_dict(quick))


@pytest.mark.parametrize(
    ("shortage", "owed", "units"),
    [
        ("lost_sales", 0.0, 15),  # 5 / 7 of a week's 21
        ("lost_sales", 30.0, 45),  # and the 30 who wait
        ("backorder", 0.0, 36),  # and the 21 who will wait from the week before it comes
        ("backorder", 30.0, 66),  # and both
    ],
)
def test_what_is_owed_sells_at_once_and_the_rest_in_time(
    shortage: str, owed: float, units: float
) -> None:
    """To the unit, demand being the same every week; and once it is ordered nothing is missing."""
    first = planned(owed, shortage)
    assert [line.quantity for line in first.orders] == [units]
    assert planned(owed, shortage, first).orders == ()
