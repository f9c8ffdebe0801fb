"""Order cycles follow what orders and stock cost, keep minima and order days, and can be planned with."""

from __future__ import annotations

import math
from datetime import date, timedelta

import polars as pl
import pytest

from onhand.data import Tables, build_panel
from onhand.demand import believe
from onhand.plan.buying.calendars import calendar_of, with_cycles
from onhand.plan.buying.cycles import CycleAdvice, advise_cycles
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics


def shop(**supplier: object) -> Tables:
    """A year of 4 teas a day, for sure, at a cost of 10 each; every order costs 36."""
    days = [date(2023, 7, 3) + timedelta(days=d) for d in range(364)]
    asks = {"supplier": ["Leaf"], "order_cost": [36.0], **{k: [v] for k, v in supplier.items()}}
    return Tables(
        sales=pl.DataFrame({"item": "tea", "location": "shop", "date": days, "quantity": 4.0}),
        items=pl.DataFrame({"item": ["tea"], "price": [20.0], "unit_cost": [10.0]}),
        supply=pl.DataFrame(
            {
                "item": ["tea", "tea"],
                "supplier": ["Leaf", "Other"],
                "lead_time": [5.0, 2.0],
                "unit_cost": [10.0, 12.0],
            }
        ),
        suppliers=pl.DataFrame(asks),
    )


def terms_of(tables: Tables) -> Economics:
    """The terms of the shop's first offers."""
    return economics(tables, build_panel(tables, frequency="day"), Config())


def advice(tables: Tables) -> CycleAdvice:
    """What is advised for Leaf."""
    history = believe(build_panel(tables, frequency="day"))
    (found,) = advise_cycles(tables, history, terms_of(tables), Config(), seed=0)
    return found


def test_without_spread_the_cycle_is_wilsons() -> None:
    """T = √(2 K / (h d)), h a quarter of the unit cost a year; nothing can undercut it."""
    found = advice(shop())
    holding = 10.0 * 0.25 / 365.25
    best = math.sqrt(2 * 36 / (holding * 4))
    assert found.days == pytest.approx(best, abs=0.6)
    assert found.cost == pytest.approx(365.25 * math.sqrt(2 * 36 * holding * 4), rel=0.01)
    assert found.bound <= found.cost <= found.cost_now
    assert found.days_now == 7.0


def test_order_days_and_minima_are_kept() -> None:
    """Mondays only: whole weeks. A minimum of 2,000 at 40 a day: 50 days, in whole weeks 56."""
    assert advice(shop(order_weekdays="mon")).days % 7 == 0
    found = advice(shop(order_weekdays="mon", minimum_value=2000.0))
    assert found.days == 56
    assert found.days_now == 56  # there is no shorter one to compare with


def test_where_orders_cost_nothing_nothing_is_advised() -> None:
    """No cost, no reason to wait."""
    tables = shop(order_cost=0.0)
    history = believe(build_panel(tables, frequency="day"))
    assert advise_cycles(tables, history, terms_of(tables), Config(), seed=0) == ()


def test_a_plan_with_the_cycles_keeps_every_offer() -> None:
    """The advised supplier is ordered from every so often; the other stays an offer, as it was."""
    tables = shop()
    found = advice(tables)
    panel = build_panel(tables, frequency="day")
    changed = with_cycles(tables, panel, [found])
    first, second = (economics(changed, panel, Config(), choice=[n]) for n in (0, 1))  # type: ignore[arg-type]
    assert (first.supplier[0], second.supplier[0]) == ("Leaf", "Other")
    assert first.review_days[0] == found.days
    assert second.review_days[0] == 7.0
    assert (first.unit_cost[0], second.unit_cost[0]) == (10.0, 12.0)
    assert (first.lead_time_days[0], second.lead_time_days[0]) == (5.0, 2.0)


def test_the_calendar_says_what_it_saves() -> None:
    """The plan's own words and numbers."""
    found = advice(shop())
    calendar = calendar_of(found, "EUR", is_used=False)
    assert calendar.saved == pytest.approx(found.cost_now - found.cost, abs=0.01)
    assert "instead of every 7" in calendar.sentence
