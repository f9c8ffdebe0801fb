"""What is on the shelf, and what is on its way?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.order_checks import still_to_come
from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.demand.history import DemandHistory
from onhand.inventory.lots import ShelfLots
from onhand.inventory.stock import Stock
from onhand.plan.buying.receipts import expected_dates
from onhand.plan.config import Config
from onhand.plan.economics import Economics, whole_periods
from onhand.plan.ordinary import cover_stock, ordinary_stock
from onhand.plan.plan import Assumption
from onhand.plan.wording import money

__all__ = ["open_orders", "shelf_lots", "stock_now"]

Array = NDArray[np.float64]

_FARTHEST = 2000.0  # days: farther than any plan looks; a due date in 2099 must not fill the memory


def stock_now(
    tables: Tables, history: DemandHistory, terms: Economics, config: Config
) -> tuple[Stock, tuple[Assumption, ...]]:
    """The stock of every stock point before the plan's orders, and what had to be assumed for it.

    Open orders arrive in the period counted from their due date. One that is overdue is expected
    after the time that is usual for its supplier from there on, at the start of the next period
    where none was ever that late, and no longer once it is `supply.write_off_days` late. Of an
    order received in part, the rest is open. One whose received date lies after the last day of the
    data is open and due then. With a stock table, a stock point that it does not list has nothing on
    hand.
    """
    tables = still_to_come(tables)
    if tables.stock is None:
        return _assumed(tables, history, terms, config)
    on_hand, backorders, n_unlisted = _counted(tables.stock, history.panel)
    pipeline, late = _open_orders(tables.inbound, history.panel, terms, config)
    notes = _perished(tables.stock, history.panel, terms, config)
    if n_unlisted:
        why = f"{n_unlisted} of {history.n_series} stock points are not in the stock table"
        notes.append(Assumption("stock.on_hand", "0", "units", "file", why))
    notes += _overdue(late, config)
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
        pipeline, late = _open_orders(tables.inbound, panel, terms, config)
        stock = Stock.of(stock.on_hand, pipeline)
        notes += _overdue(late, config)
    return stock, tuple(notes)


def _overdue(late: _Late, config: Config) -> list[Assumption]:
    notes = []
    if late.expected:
        why = (
            f"{late.expected} open orders are overdue; they are expected when their supplier's late "
            "orders usually come, the latest at the start of the next period"
            if late.is_known
            else f"{late.expected} open orders are overdue; they are expected at the start of the "
            "next period"
        )
        when = "as usual" if late.is_known else "next period"
        notes.append(Assumption("inbound.due_date", when, "", "file", why))
    if late.written_off:
        days = config.supply.write_off_days
        source = "assumed" if days == Config().supply.write_off_days else "config"
        why = (
            f"{late.written_off} open orders ({late.units_written_off:,.10g} units) are later than "
            "this and no longer expected: ask the supplier, or delete them"
        )
        notes.append(Assumption("supply.write_off_days", f"{days:g}", "days", source, why))
    return notes


@dataclass(frozen=True)
class _Late:
    """Overdue orders: how many are still expected, and what was written off."""

    expected: int = 0
    is_known: bool = False
    written_off: int = 0
    units_written_off: float = 0.0


def _counted(
    stock: pl.DataFrame, panel: Panel
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """The latest count of each stock point: on hand and backorders, (N,); and how many have none.

    A negative count is goods promised and not there: nothing on hand, and so much owed.
    """
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    start = panel.future_dates(1)[0].item()
    counts = (
        _latest_lots(stock)
        .with_columns(on_hand=pl.when(pl.col("expires") < start).then(0.0).otherwise("on_hand"))
        .group_by("item", "location")
        .agg(pl.col("on_hand", "backorders").sum())
    )
    told = keys.join(counts, on=["item", "location"], how="left").sort("row")
    count = told["on_hand"].fill_null(0.0).to_numpy()
    backorders = told["backorders"].fill_null(0.0).to_numpy()
    n_unlisted = int(told["on_hand"].null_count())
    return np.maximum(count, 0.0), backorders + np.maximum(-count, 0.0), n_unlisted


def _latest_lots(stock: pl.DataFrame) -> pl.DataFrame:
    """The rows of each stock point's latest count, one for each lot: on_hand, backorders, expires."""
    owed = pl.col("backorders") if "backorders" in stock.columns else pl.lit(0.0)
    kinds = {"date": pl.Date(), "expires": pl.Date()}
    rows = stock.with_columns(
        owed.fill_null(0.0).alias("backorders"),
        *[pl.lit(None, dtype=k).alias(n) for n, k in kinds.items() if n not in stock.columns],
    )
    lots = ["item", "location", "date", "expires"]
    once = rows.group_by(lots, maintain_order=True).agg(pl.col("on_hand", "backorders").sum())
    # A count without a date is the latest there is.
    latest = pl.col("date").fill_null(pl.lit(date.max))
    return once.filter(latest == latest.max().over("item", "location"))


def shelf_lots(tables: Tables, panel: Panel, stock: Stock, shelf_life: Array) -> ShelfLots | None:
    """What perishes when; None where nothing does.

    `shelf_life` (N,) are periods, inf: for ever. A unit that arrives is sold for as many whole periods
    as it keeps, at least one; units on hand without a date are taken to have just arrived.
    """
    life = np.where(np.isfinite(shelf_life), np.maximum(1.0, np.floor(shelf_life + 1e-9)), np.inf)
    rows, last, units = _dated(tables.stock, panel)
    dated = np.bincount(rows, weights=units, minlength=panel.n_series)
    fresh = np.flatnonzero(np.isfinite(life) & (stock.on_hand > dated))
    width = int(max(last.max(initial=-1), life[fresh].max(initial=0) - 1)) + 1
    if not (np.isfinite(life).any() or len(rows)):
        return None
    opening = np.zeros((panel.n_series, width))
    np.add.at(opening, (rows, last), units)
    opening[fresh, life[fresh].astype(np.int64) - 1] += (stock.on_hand - dated)[fresh]
    return ShelfLots(opening, life)


def _dated(
    stock: pl.DataFrame | None, panel: Panel
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """The lots on hand that have a date and can still be sold: stock point, last whole period, units."""
    nothing = np.zeros(0, dtype=np.int64)
    if stock is None or "expires" not in stock.columns or not stock["expires"].count():
        return nothing, nothing, np.zeros(0)
    start = panel.future_dates(1)[0]
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    lots = (
        _latest_lots(stock)
        .filter((pl.col("expires") >= start.item()) & (pl.col("on_hand") > 0))
        .join(keys, on=["item", "location"], how="inner")
        .sort("row", "expires")
    )
    starts = panel.future_dates(int(_FARTHEST) + 1)
    ends = lots["expires"].to_numpy().astype("datetime64[D]") + np.timedelta64(1, "D")
    whole = np.searchsorted(starts, ends, side="right") - 1  # periods that end before it perishes
    last = np.maximum(whole, 1) - 1  # it can at least be sold in what is left of its only period
    return lots["row"].to_numpy().astype(np.int64), last, lots["on_hand"].to_numpy()


def _perished(
    stock: pl.DataFrame, panel: Panel, terms: Economics, config: Config
) -> list[Assumption]:
    """What is on the shelf and can no longer be sold, said in money."""
    if "expires" not in stock.columns:
        return []
    start = panel.future_dates(1)[0].item()
    cost = pl.DataFrame(
        {"item": panel.items, "location": panel.locations, "unit_cost": terms.unit_cost}
    )
    gone = (
        _latest_lots(stock)
        .filter((pl.col("expires") < start) & (pl.col("on_hand") > 0))
        .join(cost, on=["item", "location"], how="inner")
    )
    if not len(gone):
        return []
    value = float((gone["on_hand"] * gone["unit_cost"]).sum())
    why = (
        f"{gone['on_hand'].sum():,.10g} units on the shelf are past their date and not counted: "
        f"{money(value, config.shop.currency)} at cost"
    )
    return [Assumption("stock.expires", "0", "units", "file", why)]


def _open_orders(
    inbound: pl.DataFrame | None, panel: Panel, terms: Economics, config: Config
) -> tuple[NDArray[np.float64], _Late]:
    """Units arriving by slot, (N, W), and what became of overdue orders."""
    n, width = panel.n_series, int(terms.terms.lead_time.max(initial=0)) + 1
    if inbound is None or not len(inbound):
        return np.zeros((n, width)), _Late()
    start = panel.future_dates(1)[0]
    due = _still_open(inbound, panel, terms, start)
    dates = due["due_date"].to_numpy().astype("datetime64[D]")
    is_lost = _is_lost(due, start, config)
    when = expected_dates(dates, due["supplier"].to_list(), start, terms.deliveries)
    days = np.minimum((when - start).astype(np.float64), _FARTHEST)
    slots = whole_periods(panel, days)
    units = np.where(is_lost, 0.0, due["quantity"].to_numpy())
    slots = np.where(is_lost, 0, slots)
    pipeline = np.zeros((n, max(width, int(slots.max(initial=0)) + 1)))
    np.add.at(pipeline, (due["row"].to_numpy(), slots), units)
    late = _Late(
        expected=int(((dates < start) & ~is_lost).sum()),
        is_known=terms.deliveries.anyone is not None,
        written_off=int(is_lost.sum()),
        units_written_off=float(due["quantity"].to_numpy()[is_lost].sum()),
    )
    return pipeline, late


def open_orders(
    tables: Tables, panel: Panel, terms: Economics, config: Config
) -> pl.DataFrame | None:
    """The orders that are still expected, one a row; None without an inbound table.

    Columns: row (stock point), supplier, due_date (as stated; else order date or today plus what the
    supplier promises), has_due (whether it was stated), quantity (still to come), is_rest (whether a
    part of the order has come already).
    """
    inbound = still_to_come(tables).inbound
    if inbound is None:
        return None
    start = panel.future_dates(1)[0]
    due = _still_open(inbound, panel, terms, start)
    is_expected = ~_is_lost(due, start, config) & (due["quantity"] > 0).to_numpy()
    return due.filter(pl.Series(is_expected)).select(
        "row", "supplier", "due_date", "has_due", "quantity", "is_rest"
    )


def _is_lost(due: pl.DataFrame, start: np.datetime64, config: Config) -> NDArray[np.bool_]:
    """Which orders are too late to be expected any more."""
    dates = due["due_date"].to_numpy().astype("datetime64[D]")
    late = (start - dates).astype(np.float64)
    return np.asarray(late > config.supply.write_off_days)


def _still_open(
    inbound: pl.DataFrame, panel: Panel, terms: Economics, start: np.datetime64
) -> pl.DataFrame:
    """Orders not yet received in full: row, supplier, due date, units still to come, and whether the
    due date was stated (`has_due`) and a part has come (`is_rest`)."""
    keys = pl.DataFrame(
        {
            "item": panel.items,
            "location": panel.locations,
            "lead_days": terms.promised_days,
            "usual": terms.offer["supplier"],
        }
    ).with_row_index("row")
    kinds = {
        "due_date": pl.Date(),
        "order_date": pl.Date(),
        "received_date": pl.Date(),
        "received_quantity": pl.Float64(),
        "supplier": pl.String(),
    }
    lead = pl.duration(days=pl.col("lead_days"))
    came = pl.col("received_quantity").fill_null(0.0)
    return (
        inbound.with_columns(
            pl.lit(None, dtype=kind).alias(name)
            for name, kind in kinds.items()
            if name not in inbound.columns
        )
        .filter(pl.col("received_date").is_null())
        .join(keys, on=["item", "location"], how="inner")
        .with_columns(
            pl.col("due_date")
            .fill_null(pl.col("order_date") + lead)
            .fill_null(pl.lit(start.item()) + lead),
            has_due=pl.col("due_date").is_not_null(),
            is_rest=came > 0,
            supplier=pl.coalesce("supplier", "usual"),
            quantity=pl.max_horizontal(pl.lit(0.0), pl.col("quantity") - came),
        )
        .sort("row", maintain_order=True)
    )
