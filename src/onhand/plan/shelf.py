"""What is on the shelf, and what is on its way?"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.demand.history import DemandHistory
from onhand.inventory.stock import Stock
from onhand.plan.config import Config
from onhand.plan.economics import Economics, whole_periods
from onhand.plan.ordinary import cover_stock, ordinary_stock
from onhand.plan.plan import Assumption

__all__ = ["stock_now"]


def stock_now(
    tables: Tables, history: DemandHistory, terms: Economics, config: Config
) -> tuple[Stock, tuple[Assumption, ...]]:
    """The stock of every stock point before the plan's orders, and what had to be assumed for it.

    Open orders arrive in the period counted from their due date; one that is overdue is expected
    at the start of the next period. With a stock table, a stock point that it does not list has
    nothing on hand.
    """
    if tables.stock is None:
        return _assumed(tables, history, terms, config)
    on_hand, backorders, n_unlisted = _counted(tables.stock, history.panel)
    pipeline, n_overdue = _open_orders(tables.inbound, history.panel, terms)
    notes = []
    if n_unlisted:
        why = f"{n_unlisted} of {history.n_series} stock points are not in the stock table"
        notes.append(Assumption("stock.on_hand", "0", "units", "file", why))
    notes += _overdue(n_overdue)
    return Stock.of(on_hand, pipeline, backorders), tuple(notes)


def _assumed(
    tables: Tables, history: DemandHistory, terms: Economics, config: Config
) -> tuple[Stock, tuple[Assumption, ...]]:
    """Stock without a stock table; open orders of an inbound table take the place of assumed ones."""
    days = config.stock.cover_days
    panel = history.panel
    periods = days * panel.frequency.per_year / 365.25
    is_rule = config.stock.when_unknown == "rule"
    if is_rule:
        stock = ordinary_stock(history, terms.terms, periods, config.policy.rounding)
        why = (
            "no stock table: the stock that a buyer who tops up to so many days of average sales "
            "would have left, open orders included"
        )
    else:
        stock = cover_stock(history, terms.terms, periods)
        why = "no stock table: so many days of average sales are on every shelf"
    default = Config().stock.cover_days
    source = "assumed" if days == default else "config"
    notes = [Assumption("stock.cover_days", f"{days:g}", "days", source, why)]
    if tables.inbound is not None:
        pipeline, n_overdue = _open_orders(tables.inbound, panel, terms)
        stock = Stock.of(stock.on_hand, pipeline)
        notes += _overdue(n_overdue)
    return stock, tuple(notes)


def _overdue(n_overdue: int) -> list[Assumption]:
    if not n_overdue:
        return []
    why = f"{n_overdue} open orders are overdue; they are expected at the start of the next period"
    return [Assumption("inbound.due_date", "next period", "", "file", why)]


def _counted(
    stock: pl.DataFrame, panel: Panel
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """The latest count of each stock point: on hand and backorders, (N,); and how many have none.

    A negative count is goods promised and not there: nothing on hand, and so much owed.
    """
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    owed = pl.col("backorders") if "backorders" in stock.columns else pl.lit(0.0)
    day = pl.col("date") if "date" in stock.columns else pl.lit(None, dtype=pl.Date)
    counts = (
        stock.with_columns(owed.fill_null(0.0).alias("backorders"), day.alias("date"))
        .sort("date", nulls_last=True, maintain_order=True)
        .unique(["item", "location"], keep="last", maintain_order=True)
    )
    told = keys.join(counts, on=["item", "location"], how="left").sort("row")
    count = told["on_hand"].fill_null(0.0).to_numpy()
    backorders = told["backorders"].fill_null(0.0).to_numpy()
    n_unlisted = int(told["on_hand"].null_count())
    return np.maximum(count, 0.0), backorders + np.maximum(-count, 0.0), n_unlisted


def _open_orders(
    inbound: pl.DataFrame | None, panel: Panel, terms: Economics
) -> tuple[NDArray[np.float64], int]:
    """Units arriving by slot, (N, W), and how many open orders are overdue."""
    n, width = panel.n_series, int(terms.terms.lead_time.max(initial=0)) + 1
    if inbound is None or not len(inbound):
        return np.zeros((n, width)), 0
    start = panel.future_dates(1)[0]
    keys = pl.DataFrame(
        {"item": panel.items, "location": panel.locations, "lead_days": terms.lead_time_days}
    ).with_row_index("row")
    dates = {
        name: pl.col(name) if name in inbound.columns else pl.lit(None, dtype=pl.Date)
        for name in ("due_date", "order_date", "received_date")
    }
    lead = pl.duration(days=pl.col("lead_days").ceil().cast(pl.Int64))
    due = (
        inbound.with_columns(**dates)
        .filter(pl.col("received_date").is_null())
        .join(keys, on=["item", "location"], how="inner")
        .with_columns(
            pl.col("due_date")
            .fill_null(pl.col("order_date") + lead)
            .fill_null(pl.lit(start.item()) + lead)
        )
        .sort("row", maintain_order=True)
    )
    days = (due["due_date"].to_numpy().astype("datetime64[D]") - start).astype(np.float64)
    slots = whole_periods(panel, np.maximum(days, 0.0))
    pipeline = np.zeros((n, max(width, int(slots.max(initial=0)) + 1)))
    np.add.at(pipeline, (due["row"].to_numpy(), slots), due["quantity"].to_numpy())
    return pipeline, int((days < 0).sum())
