"""A plan looks at nothing from its own day on, and says what it lacks before it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from onhand.data import Tables
from onhand.errors import ConfigError, InputError
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.seen import as_of, panel_of


def _for(day: str) -> Config:
    return Config().with_settings({"plan.date": day})


def test_sales_of_the_plans_day_and_later_are_not_looked_at(shop: Callable[..., Tables]) -> None:
    """The shop's weeks go on until 2024-06-24; a plan for that day knows those up to the 17th."""
    tables = shop()
    panel = panel_of(tables, _for("2024-06-24"))
    assert str(panel.dates[-1]) == "2024-06-17"
    assert str(panel.future_dates(1)[0]) == "2024-06-24"
    found = as_of(tables, _for("2024-06-24")).findings
    assert [(f.rule, f.count) for f in found] == [("after-plan-date", 6)]


def test_sales_that_end_days_before_the_plans_day_are_said(shop: Callable[..., Tables]) -> None:
    """The last week ends on Sunday, 2024-06-30: Monday's plan lacks nothing, one of the 11th ten days."""
    assert as_of(shop(), _for("2024-07-01")).findings == ()
    found = as_of(shop(), _for("2024-07-11")).findings
    assert [(f.rule, f.count) for f in found] == [("old-sales", 10)]
    assert "looks over these days" in found[0].value


def test_without_a_day_nothing_changes(shop: Callable[..., Tables]) -> None:
    """The default: the day after sales end."""
    tables = shop()
    assert as_of(tables, Config()) is tables


@pytest.mark.parametrize("day", ["2024-02-30", "2023-01-01", "next week"])
def test_a_day_that_cannot_be_is_refused(shop: Callable[..., Tables], day: str) -> None:
    """No such day, a day before all sales, or no day at all."""
    with pytest.raises((ConfigError, InputError), match=r"plan\.date"):
        as_of(shop(), _for(day))


def test_a_plan_for_a_later_day_looks_over_the_weeks_without_sales(
    shop: Callable[..., Tables], quick: Config
) -> None:
    """Nothing is dated before the plan's day, and weeks nobody exported are unknown, not without sales."""
    now = make_plan(shop(), quick)
    late = make_plan(shop(), quick.with_settings({"plan.date": "2024-07-11"}))
    assert (now.made_for, late.made_for) == ("2024-07-01", "2024-07-08")
    assert late.orders
    assert min(line.order_date for line in late.orders) == "2024-07-11"
    assert all(line.due_date > line.order_date for line in late.orders)
    wanted = {(p.item, p.location): p.mean_demand for p in now.stock_points}
    for point in late.stock_points:
        assert point.mean_demand == pytest.approx(wanted[point.item, point.location], rel=0.25)
    last_weeks = [week for card in late.cards for week in card.history.demand[-1:]]
    assert last_weeks == [None] * len(late.cards)
