"""The same shop gives the same plan, to the byte; what is on its way is not ordered again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from onhand.data import Tables
from onhand.errors import OnhandError, ReadError
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

Shop = Callable[..., Tables]


def test_the_same_input_gives_the_same_bytes(shop: Shop, quick: Config) -> None:
    """No clock, no global seed, no order of a set."""
    assert make_plan(shop(), quick).to_json() == make_plan(shop(), quick).to_json()


def test_another_seed_gives_other_worlds(shop: Shop, quick: Config) -> None:
    """A seed that changed nothing would not be used."""
    assert make_plan(shop(), quick, seed=1).to_json() != make_plan(shop(), quick).to_json()


def test_the_snapshot_names_the_data(shop: Shop, quick: Config, plan: Plan) -> None:
    """One unit more on the shelf is another snapshot."""
    tables = shop()
    assert tables.stock is not None
    more = tables.stock.with_columns(pl.col("on_hand") + 1)
    assert make_plan(shop(), quick).snapshot == plan.snapshot
    assert make_plan(shop(stock=more), quick).snapshot != plan.snapshot


def test_what_was_ordered_is_not_ordered_again(shop: Shop) -> None:
    """Planning twice on one day, with the first plan's orders now open, orders nothing of weight."""
    config = Config.from_dict(
        {
            "plan": {"n_samples": 40},
            "policy": {"level": 0.9, "extra_periods": 0},
            "supply": {"lead_time_days": 7},
        }
    )
    tables = shop(supply=None, inbound=None)
    first = make_plan(tables, config)
    assert first.board.order_units > 0
    placed = pl.DataFrame(
        {
            "item": [line.item for line in first.orders],
            "location": [line.location for line in first.orders],
            "quantity": [line.quantity for line in first.orders],
            "due_date": [line.due_date for line in first.orders],
        }
    ).with_columns(pl.col("due_date").str.to_date())
    second = make_plan(shop(supply=None, inbound=placed), config)
    assert second.orders == ()


def test_overdue_goods_are_expected_next_period(shop: Shop, quick: Config) -> None:
    """An open order that is late still counts, and the plan says that it is late."""
    late = pl.DataFrame(
        {"item": ["item-5"], "location": ["shop"], "quantity": [500.0], "due_date": ["2024-02-01"]}
    ).with_columns(pl.col("due_date").str.to_date())
    plan = make_plan(shop(inbound=late), quick)
    assert "item-5" not in {line.item for line in plan.orders}
    assert next(p.on_order for p in plan.stock_points if p.item == "item-5") == 500
    assert any("overdue" in note.why for note in plan.assumptions)


def test_due_dates_follow_the_lead_time(plan: Plan) -> None:
    """Ordered on the first day not yet seen, due its lead time later."""
    due = {line.item: line.due_date for line in plan.orders}
    assert plan.made_for == "2024-07-01"
    assert {due[i] for i in due if i in ("item-0", "item-2", "item-4")} <= {"2024-07-08"}
    assert {due[i] for i in due if i in ("item-1", "item-3", "item-5")} <= {"2024-07-15"}


def test_a_shop_without_stock_says_what_it_assumed(shop: Shop, quick: Config) -> None:
    """The opening stock is not made up silently."""
    plan = make_plan(shop(with_stock=False, supply=None, items=None), quick)
    keys = {note.key for note in plan.assumptions}
    assert {
        "stock.cover_days",
        "supply.lead_time_days",
        "costs.unit_price",
        "costs.unit_cost_share",
    } <= keys
    assert plan.board.stock_units > 0


def test_a_stated_number_is_used_and_called_stated(shop: Shop) -> None:
    """`policy.level` overrules the tuning."""
    config = Config.from_dict(
        {
            "policy": {"level": 0.77, "extra_periods": 1},
            "forecast": {"forecaster": "moving_average"},
            "plan": {"n_samples": 40},
        }
    )
    plan = make_plan(shop(), config)
    note = next(n for n in plan.assumptions if n.key == "policy.level")
    assert (note.source, note.value) == (
        "config",
        "projected inventory at quantile 0.77, 1 more periods",
    )
    assert {line.reason.quantile for line in plan.orders} == {0.77}


def test_three_periods_make_a_plan_without_a_replay(shop: Shop, quick: Config) -> None:
    """A young shop gets orders, and is told why it gets no replay."""
    plan = make_plan(shop(n_weeks=3), quick)
    assert plan.replay is None
    assert any("too short" in note.why for note in plan.assumptions)


def test_no_sales_is_an_error_with_advice(quick: Config) -> None:
    """Nothing to plan from is said, not guessed."""
    with pytest.raises(OnhandError):
        make_plan(Tables(), quick)


def test_json_is_one_row_per_line_and_valid(plan: Plan) -> None:
    """Two plans can be compared with a line diff, and any JSON reader takes them."""
    text = plan.to_json()
    assert json.loads(text) == plan.to_dict()
    assert text.count('\n  {"id": ') == len(plan.orders)
    assert '"with": {"p10"' in text


def test_something_else_is_not_a_plan() -> None:
    """A wrong file is named as such, with what to do."""
    with pytest.raises(ReadError, match="Make it again with `onhand plan`"):
        Plan.from_json('{"onhand": "0.1.0"}')
    with pytest.raises(ReadError, match="not a plan"):
        Plan.from_json("not JSON at all")


def test_what_the_forecaster_has_to_say_stands_in_the_plan(shop: Shop, quick: Config) -> None:
    """Promotions are planned for two weeks, trees look further: the plan says so, and nothing is warned."""
    calendar = pl.DataFrame(
        {
            "date": [date(2024, 1, 1) + timedelta(days=k) for k in range(7 * 10)],
            "promotion": [float(k % 35 < 7) for k in range(7 * 10)],
        }
    )
    trees = quick.with_settings({"forecast.forecaster": "boosted"})
    plan = make_plan(shop(n_weeks=8, calendar=calendar), trees)
    (told,) = (a for a in plan.assumptions if a.key == "forecast.told")
    assert "covariate 'promotion' ends" in told.why
