"""What was ordered today already, and what was known before that?

From whom an item is bought is decided once a day: as if today's orders, and those for later order days, were not
placed yet. What they bring is then taken off what the chosen supplier, and the bridge until it comes, are asked
for. Otherwise an order that has just gone to one supplier would make another's longer interval look empty, and
planning again on the same day would buy the item twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.inventory.stock import Stock
from onhand.plan.config import Config
from onhand.plan.economics import Economics, whole_periods
from onhand.plan.shelf import open_orders

__all__ = ["Before", "before_today"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Before:
    """The shop as it was before today's orders.

    tables, stock : without them
    placed : (N, W) units of them by the period at whose start they come; None: nothing was ordered today
    """

    tables: Tables
    stock: Stock
    placed: Array | None = None

    def sooner(self, row: int, slot: int) -> float:
        """Units ordered today that come to a stock point before the start of period `slot`."""
        return 0.0 if self.placed is None else float(self.placed[row, :slot].sum())


def before_today(
    tables: Tables, panel: Panel, terms: Economics, stock: Stock, config: Config
) -> Before:
    """The tables and the stock without what was ordered on the day of the plan or for later."""
    inbound = tables.inbound
    if inbound is None or "order_date" not in inbound.columns:
        return Before(tables, stock)
    start = panel.future_dates(1)[0]
    is_new = pl.col("order_date").fill_null(start.item() - pl.duration(days=1)) >= start.item()
    new = open_orders(replace(tables, inbound=inbound.filter(is_new)), panel, terms, config)
    if new is None or not len(new):
        return Before(tables, stock)
    days = (new["due_date"].to_numpy().astype("datetime64[D]") - start).astype(np.float64)
    slot = whole_periods(panel, np.maximum(days, 0.0))
    placed = np.zeros_like(stock.pipeline)
    inside = slot < placed.shape[1]
    np.add.at(
        placed, (new["row"].to_numpy()[inside], slot[inside]), new["quantity"].to_numpy()[inside]
    )
    placed = np.minimum(placed, stock.pipeline)
    return Before(
        replace(tables, inbound=inbound.filter(~is_new)),
        Stock.of(stock.on_hand, stock.pipeline - placed, stock.backorders),
        placed,
    )
