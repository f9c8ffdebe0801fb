"""Terms are taken from the most telling table, and days become periods the same way everywhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from onhand.data import Frequency, Panel, Tables, build_panel
from onhand.demand import believe
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics, whole_periods
from onhand.plan.shelf import stock_now

Shop = Callable[..., Tables]


def terms_of(tables: Tables, **settings: dict[str, object]) -> Economics:
    """The terms of a shop."""
    return economics(tables, build_panel(tables), Config.from_dict(settings))


def supply(*rows: dict[str, object]) -> pl.DataFrame:
    """A supply table of these rows."""
    names = {name for row in rows for name in row}
    full = [{name: row.get(name) for name in names} for row in rows]
    numbers = {"lead_time", "moq", "pack_size", "unit_cost", "order_cost", "review_days"}
    kinds = {name: pl.Float64 if name in numbers else pl.String for name in names}
    return pl.DataFrame(full, schema=kinds)


def test_the_most_specific_row_of_supply_wins(shop: Shop) -> None:
    """Item and place before item, item before place, place before all."""
    tables = shop(
        n_items=2,
        locations=("north", "south"),
        with_stock=False,
        supply=supply(
            {"lead_time": 28.0},
            {"location": "south", "lead_time": 21.0},
            {"item": "item-1", "lead_time": 14.0},
            {"item": "item-1", "location": "south", "lead_time": 7.0},
        ),
    )
    panel = build_panel(tables)
    found = economics(tables, panel, Config())
    days = {
        (item, place): d
        for item, place, d in zip(panel.items, panel.locations, found.lead_time_days, strict=True)
    }
    assert days == {
        ("item-0", "north"): 28,
        ("item-0", "south"): 21,
        ("item-1", "north"): 14,
        ("item-1", "south"): 7,
    }


def test_observed_lead_times_stand_in_for_a_stated_one(shop: Shop) -> None:
    """The middle of what was seen, from the supply table or from received orders."""
    seen = supply({"item": "item-0", "observed_lead_times": "12;14;30"})
    received = pl.DataFrame(
        {
            "item": ["item-1"] * 2,
            "location": ["shop"] * 2,
            "quantity": [1.0, 1.0],
            "order_date": ["2024-01-01", "2024-02-01"],
            "received_date": ["2024-01-10", "2024-02-12"],
        }
    ).with_columns(pl.col("order_date", "received_date").str.to_date())
    tables = shop(n_items=2, supply=seen, inbound=received)
    found = terms_of(tables, supply={"lead_time_quantile": 0.5})
    assert found.lead_time_days.tolist() == [14.0, 10.0]
    careful = terms_of(tables, supply={"lead_time_quantile": 0.8})
    assert careful.lead_time_days.tolist() == [15.0, 11.0]  # one in four came a day late


def test_unknown_money_follows_from_what_is_known(shop: Shop) -> None:
    """Cost from price, price from cost, and both from the settings when nothing is known."""
    items = pl.DataFrame(
        {
            "item": ["item-0", "item-1"],
            "price": [10.0, None],
            "unit_cost": [None, 3.0],
        }
    )
    found = terms_of(shop(n_items=3, items=items), costs={"unit_cost_share": 0.6, "unit_price": 2})
    assert found.price.tolist() == pytest.approx([10.0, 5.0, 2.0])
    assert found.unit_cost.tolist() == pytest.approx([6.0, 3.0, 1.2])


def test_costs_are_per_period(shop: Shop) -> None:
    """52.18 weeks of holding make one year's rate of the unit cost; a lost sale loses its margin."""
    found = terms_of(shop(), costs={"holding_rate": 0.52, "shortage_share": 0.5})
    yearly = found.costs.holding_cost * Frequency.WEEK.per_year
    np.testing.assert_allclose(yearly, 0.52 * found.unit_cost)
    np.testing.assert_allclose(found.costs.shortage_cost, 0.5 * (found.price - found.unit_cost))


def test_selling_below_cost_costs_nothing_to_miss(shop: Shop) -> None:
    """A negative margin is no reason to pay for shortages, and it is said."""
    items = pl.DataFrame({"item": ["item-0"], "price": [1.0], "unit_cost": [2.0]})
    found = terms_of(shop(n_items=1, items=items))
    assert found.costs.shortage_cost.tolist() == [0.0]
    assert any("sell below cost" in note.why for note in found.assumptions)


@pytest.mark.parametrize(
    ("frequency", "days", "periods"),
    [
        (Frequency.DAY, 3, 3),
        (Frequency.WEEK, 0, 0),
        (Frequency.WEEK, 1, 1),
        (Frequency.WEEK, 14, 2),
        (Frequency.MONTH, 31, 1),
        (Frequency.MONTH, 32, 2),
    ],
)
def test_goods_count_from_the_first_period_after_they_are_due(
    frequency: Frequency, days: float, periods: int
) -> None:
    """January has 31 days, a week 7; a part of a period is a whole one to wait."""
    panel = Panel.of([[1.0, 1.0]], frequency=frequency)
    assert whole_periods(panel, np.array([float(days)])).tolist() == [periods]


def test_the_latest_count_is_the_stock_and_promises_are_owed(shop: Shop) -> None:
    """An older count is history; a negative one means goods that are promised and not there."""
    stock = pl.DataFrame(
        {
            "item": ["item-0", "item-0", "item-1"],
            "location": ["shop"] * 3,
            "date": ["2024-06-01", "2024-06-20", "2024-06-20"],
            "on_hand": [50.0, 8.0, -3.0],
        }
    ).with_columns(pl.col("date").str.to_date())
    tables = shop(n_items=3, stock=stock, inbound=None)
    history = believe(build_panel(tables))
    terms = economics(tables, history.panel, Config())
    found, notes = stock_now(tables, history, terms, Config())
    assert found.on_hand.tolist() == [8.0, 0.0, 0.0]
    assert found.backorders.tolist() == [0.0, 3.0, 0.0]
    assert any("1 of 3 stock points are not in the stock table" in note.why for note in notes)
