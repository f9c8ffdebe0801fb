"""A typing error in a due date costs neither the memory nor the units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl

from onhand.data import Tables, build_panel
from onhand.demand import believe
from onhand.plan.config import Config
from onhand.plan.economics import economics
from onhand.plan.shelf import open_orders, stock_now


def test_an_order_due_in_2099_is_on_order_and_far_away(shop: Callable[..., Tables]) -> None:
    """One slot per week until then would be 3,900 for every stock point of the shop."""
    due = {"due_date": [dt.date(2099, 12, 31), dt.date(2024, 7, 8)], "quantity": [5.0, 2.0]}
    inbound = pl.DataFrame({"item": ["item-1", "item-2"], "location": ["shop"] * 2, **due})
    tables, config = shop(inbound=inbound), Config()
    panel = build_panel(tables)
    stock, _ = stock_now(tables, believe(panel), economics(tables, panel, config), config)
    assert stock.on_order.tolist() == [0, 5, 2, 0, 0, 0]
    assert stock.pipeline.shape[1] < 300
    # Beyond every horizon that the settings allow: two years of lead time, a year of review.
    assert np.flatnonzero(stock.pipeline[1]).tolist()[0] > 160
    # 2024-07-01 is the first day not yet seen: a week later is the second slot.
    assert np.flatnonzero(stock.pipeline[2]).tolist() == [1]


def test_an_order_that_will_be_received_is_on_order(shop: Callable[..., Tables]) -> None:
    """A received date after the last day is a promise: due then, in full, and it teaches no lead time."""
    came = [dt.date(2024, 7, 8), dt.date(2024, 6, 20)]
    inbound = pl.DataFrame(
        {
            "item": ["item-1", "item-2"],
            "location": ["shop"] * 2,
            "quantity": [5.0, 2.0],
            "order_date": [dt.date(2024, 6, 1)] * 2,
            "due_date": [dt.date(2024, 6, 30)] * 2,
            "received_date": came,
            "received_quantity": [5.0, 2.0],
        }
    )
    tables, config = shop(inbound=inbound), Config()
    panel = build_panel(tables)
    terms = economics(tables, panel, config)
    stock, _ = stock_now(tables, believe(panel), terms, config)
    assert stock.on_order.tolist() == [0, 5, 0, 0, 0, 0]
    # 2024-07-01 is the first day not yet seen: a week later is the second slot.
    assert np.flatnonzero(stock.pipeline[1]).tolist() == [1]
    orders = open_orders(tables, panel, terms, config)
    assert orders is not None
    assert orders["due_date"].to_list() == came[:1]
    assert terms.deliveries.seen["n"].to_list() == [1]
