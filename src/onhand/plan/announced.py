"""What does the catalogue announce that nobody could buy yet?

An item that was never sold has no row in the sales, and so no stock point. Where the items table says
when it is launched, and that day lies ahead or not long back, it gets one: at the locations that its
stock, open orders or supply name, or everywhere. What it will sell is told by items like it
(`onhand.forecast.new_items`); in the replay of the past it has no part, for nobody knew of it then.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.demand.history import DemandHistory
from onhand.demand.lifecycle import ages
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.new_items import announced
from onhand.forecast.when_open import FittedWhenOpen
from onhand.plan.config import Config
from onhand.plan.plan import Assumption
from onhand.plan.wording import plural

__all__ = ["announced_note", "starts_of", "with_announced", "with_launches"]

_BACK, _AHEAD = 91, 366  # days: launches that are neither long past nor far away
_KEYS = ["item", "location"]


def with_announced(tables: Tables, config: Config) -> Tables:
    """The tables with a sale of nothing of every announced stock point.

    One that is not counted in stock has not been launched, whatever day was planned: that it did not sell
    says nothing.
    """
    named = _announced(tables) if config.demand.announced else None
    sales, items = tables.sales, tables.items
    if named is None or named.height == 0 or sales is None or items is None:
        return tables
    days = sales["date"].unique().sort()
    inside = days[len(days) // 2]  # the first and the last week may not be whole ones
    new = named.select(_KEYS).with_columns(date=pl.lit(inside), quantity=pl.lit(0.0))
    waits = named.join(_counted(tables), on=_KEYS, how="anti")["item"].unique().implode()
    is_waiting = pl.col("item").is_in(waits)
    return replace(
        tables,
        sales=pl.concat([sales, new.cast(sales.select(new.columns).schema)], how="diagonal"),
        items=items.with_columns(launched=pl.when(~is_waiting).then(pl.col("launched"))),
    )


def starts_of(tables: Tables, panel: Panel, config: Config) -> NDArray[np.int64]:
    """Periods until each announced stock point is launched, (N,); -1: it is not announced.

    tables : as the shop gave them
    panel : of what `with_announced` made of them
    """
    starts = np.full(panel.n_series, -1, dtype=np.int64)
    items = tables.items
    if not config.demand.announced or items is None or "launched" not in items.columns:
        return starts
    days = {
        item: np.datetime64(day, "D")
        for item, day in items.select("item", "launched").drop_nulls().iter_rows()
    }
    coming = panel.future_dates(round(2 * panel.frequency.per_year))
    for row in np.flatnonzero(np.isnan(panel.sales).all(axis=1)):
        day = days.get(str(panel.items[row]))
        if day is not None:
            starts[row] = max(0, int(np.searchsorted(coming, day, side="right")) - 1)
    return starts


def with_launches(
    fitted: FittedForecaster, history: DemandHistory, starts: NDArray[np.int64]
) -> FittedForecaster:
    """A fitted forecaster, with what items like them say of the announced stock points."""
    is_unseen = (ages(history) == 0) & (starts >= 0)
    if not is_unseen.any():
        return fitted
    return FittedWhenOpen(
        history.panel, announced(fitted, history, np.where(is_unseen, starts, -1))
    )


def announced_note(starts: NDArray[np.int64]) -> tuple[Assumption, ...]:
    """What was assumed of announced items, for the plan's assumptions; empty where there are none."""
    count = int((starts >= 0).sum())
    if not count:
        return ()
    why = (
        f"{plural(count, 'stock point')} of items that were never sold, with a launch date in the "
        "items table: expected to sell what items like them sold when they were new"
    )
    return (Assumption("demand.announced", str(count), "stock points", "file", why),)


def _announced(tables: Tables) -> pl.DataFrame | None:
    """Item and location of what is in the catalogue with a launch date, and not in the sales."""
    sales, items = tables.sales, tables.items
    if sales is None or sales.height == 0 or items is None or "launched" not in items.columns:
        return None
    last = sales["date"].max()
    ahead = (pl.col("launched") - pl.lit(last)).dt.total_days()
    found = items.filter(ahead.is_between(-_BACK, _AHEAD))
    if "discontinued" in items.columns:
        found = found.filter(pl.col("discontinued").fill_null(pl.col("launched")) >= pl.lit(last))
    found = found.select("item").unique().join(sales.select("item"), on="item", how="anti")
    places = [sales.select("location").unique().join(found, how="cross").select(_KEYS)]
    named = [
        table.select(_KEYS).drop_nulls()
        for table in (tables.stock, tables.inbound, tables.supply)
        if table is not None and set(_KEYS) <= set(table.columns)
    ]
    if named:
        told = pl.concat(named).unique().join(found, on="item", how="semi")
        places = [told, places[0].join(told, on="item", how="anti")]
    return pl.concat(places).sort(_KEYS)


def _counted(tables: Tables) -> pl.DataFrame:
    """Item and location of what is on the shelf."""
    stock = tables.stock
    if stock is None or not set(_KEYS) <= set(stock.columns):
        return pl.DataFrame(schema={"item": pl.String, "location": pl.String})
    return stock.filter(pl.col("on_hand") > 0).select(_KEYS).unique()
