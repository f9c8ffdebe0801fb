"""What else do we know about each stock point and period? Prices, plans, shoppers, the market."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.calendar import spacing
from onhand.data.grid import Grid, numeric
from onhand.data.panel import Floats, Frequency
from onhand.data.schema import SALES
from onhand.data.tables import Tables

__all__ = ["known_covariates", "observed_covariates", "static_covariates"]

FAR_YEARS = 3  # rows of the calendar further ahead of the last sale are not laid out
_ZERO_WHERE_SILENT = ("promotion", "holiday")  # a list of holidays names only the holidays


def known_covariates(
    tables: Tables, sales: pl.DataFrame, grid: Grid
) -> tuple[dict[str, Floats], dict[str, NDArray[np.bool_]]]:
    """Covariates known in advance, each (1 or N, T + F): the numbers of `calendar`, nothing else.

    And where they were lent by sales, (N, T + F) each: seen in a period, not known before it.

    Where the calendar is silent about the past, sales with a column of that name lend theirs. A
    price stands until another is seen; a promotion or holiday nobody planned is none; else what
    is not said is NaN. What sales lend was not known before its period.

    A price that was merely *paid* is no plan: it is the mean over the customers of a period, lower
    where one bought a lot, and not known before the period is over. A promotion told by rows that are
    there only because something sold tells that it sold; where sales have rows of 0 units, too, they
    tell of promotions whether or not anything sold, and are taken for the plan.
    """
    n, t = grid.shape
    known = _calendar(tables.calendar, grid)
    lent: dict[str, NDArray[np.bool_]] = {}
    for name, planned in known.items():
        full = np.array(np.broadcast_to(planned, (n, planned.shape[1])))
        if name not in sales.columns or sales[name].null_count() == sales.height:
            full = planned
        elif name in _ZERO_WHERE_SILENT:
            past, some = _of_sales(name, sales, grid)
            if not (sales["quantity"] == 0).any():
                lent[name] = np.zeros(full.shape, dtype=bool)
                lent[name][:, :t] = some & (past > np.nan_to_num(full[:, :t]))
            full[:, :t] = np.where(some, np.fmax(past, full[:, :t]), full[:, :t])
        else:
            past, some = _of_sales(name, sales, grid)
            lent[name] = np.isnan(full)  # with what is carried forward from there
            full[:, :t] = np.where(some & lent[name][:, :t], past, full[:, :t])
        known[name] = _carry_forward(full) if name == "price" else full
    return known, lent


def observed_covariates(
    tables: Tables, sales: pl.DataFrame, grid: Grid, taken: set[str]
) -> dict[str, Floats]:
    """Covariates known once a period is over, each (1 or N, T).

    Price, promotion and other numbers of sales (mean per period) that the calendar does not plan,
    interactions (events per kind), market indicators.
    """
    observed: dict[str, Floats] = {}
    for name, kind in sales.schema.items():
        is_number = kind.is_numeric() or kind == pl.Boolean
        is_ours = name in ("price", "promotion") or name not in SALES.schema
        if name in taken or not (is_number and is_ours) or sales[name].null_count() == sales.height:
            continue
        values, some = _of_sales(name, sales, grid)
        unsaid = 0.0 if name in _ZERO_WHERE_SILENT else np.nan
        values = np.where(some, values, unsaid).astype(np.float32)
        observed[name] = _carry_forward(values) if name == "price" else values
    observed.update(_interactions(tables.interactions, grid))
    observed.update(_market(tables.market, grid))
    return {name: values for name, values in observed.items() if name not in taken}


def static_covariates(tables: Tables, grid: Grid) -> dict[str, NDArray[Any]]:
    """What does not change, each (N,): columns of items, then of locations.

    Texts that are empty become `""`, numbers NaN; a missing title is the item's code.
    """
    static: dict[str, NDArray[Any]] = {"title": grid.items}
    for table, key in ((tables.items, "item"), (tables.locations, "location")):
        if table is None:
            continue
        rows = grid.keys().select("row", key).join(table, on=key, how="left").sort("row")
        for name, kind in rows.schema.items():
            if name in ("row", key, "launched", "discontinued", "space"):
                continue
            if rows[name].null_count() == rows.height:
                continue  # nothing is known of it
            label = f"location_{name}" if name in static and key == "location" else name
            if kind.is_numeric() or kind == pl.Boolean:
                static[label] = numeric(rows[name])
            else:
                texts = rows[name].cast(pl.String).fill_null("").to_list()
                static[label] = np.asarray(texts, dtype=np.str_)
    static["title"] = np.where(static["title"] == "", grid.items, static["title"])
    return static


def _of_sales(name: str, sales: pl.DataFrame, grid: Grid) -> tuple[Floats, NDArray[np.bool_]]:
    """A number of sales per cell, and where there was any, both (N, T)."""
    return _price(sales, grid) if name == "price" else grid.mean(numeric(sales[name]))


def _price(sales: pl.DataFrame, grid: Grid) -> tuple[Floats, NDArray[np.bool_]]:
    """Mean price per unit sold in each cell; the plain mean where rows sold nothing."""
    price = numeric(sales["price"])
    units = np.maximum(sales["quantity"].to_numpy(), 0.0)
    given = ~np.isnan(price)
    weight = grid.total(units, given)
    money = grid.total(np.where(given, price, 0.0) * units, given)
    mean, some = grid.mean(price)
    sold = weight > 0
    return np.divide(money, weight, out=mean.astype(np.float64), where=sold).astype(
        np.float32
    ), some


def _carry_forward(values: Floats) -> Floats:
    """Each row with gaps filled by the last value before them; gaps at the start stay NaN."""
    at = np.where(np.isnan(values), -1, np.arange(values.shape[1], dtype=np.int32))
    np.maximum.accumulate(at, axis=1, out=at)
    filled = np.take_along_axis(values, np.maximum(at, 0), axis=1)
    filled[at < 0] = np.nan
    return filled


def _calendar(calendar: pl.DataFrame | None, grid: Grid) -> dict[str, Floats]:
    """Numbers of the calendar, (1 or N, T + F); rows for one item or location override the rest."""
    if calendar is None or calendar.height == 0:
        return {}
    names = [
        name
        for name, kind in calendar.schema.items()
        if (kind.is_numeric() or kind == pl.Boolean)
        and calendar[name].null_count() < calendar.height
    ]
    days = calendar["date"].to_physical().cast(pl.Int64).to_numpy()
    t = grid.periods.index(days)
    # A row in 2099 is a typing error, or no plan that anybody forecasts for.
    most = grid.periods.n + round(FAR_YEARS * grid.periods.frequency.per_year)
    t = np.where(t < most, t, -1)
    width = max(grid.periods.n, int(t.max()) + 1)
    has_item = (
        calendar["item"].is_not_null().to_numpy()
        if "item" in calendar.columns
        else np.zeros(len(t), bool)
    )
    has_place = (
        calendar["location"].is_not_null().to_numpy()
        if "location" in calendar.columns
        else np.zeros(len(t), bool)
    )
    is_daily = spacing(np.unique(days)) is Frequency.DAY
    starts = grid.periods.starts(width + 1).astype(np.int64)
    lengths = np.diff(starts)
    known: dict[str, Floats] = {}
    for name in names:
        values = numeric(calendar[name])
        given = ~np.isnan(values) & (t >= 0)
        result: Floats | None = None
        for item, place in ((False, False), (False, True), (True, False), (True, True)):
            mine = given & (has_item == item) & (has_place == place)
            if not mine.any():
                continue
            keys = [k for k, used in (("item", item), ("location", place)) if used]
            group, group_of_row, n_groups = _groups(calendar, keys, mine, grid)
            usable = group >= 0
            flat = group[usable] * width + t[mine][usable]
            total = np.bincount(flat, values[mine][usable], n_groups * width).reshape(
                n_groups, width
            )
            count = np.bincount(flat, minlength=n_groups * width).reshape(n_groups, width)
            if name in _ZERO_WHERE_SILENT and is_daily:
                count = np.where(count > 0, np.maximum(count, lengths), count)
            layer = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
            layer = layer if not keys else _spread(layer, group_of_row)
            result = layer if result is None else np.where(np.isnan(layer), result, layer)
        if result is None:
            continue
        if name in _ZERO_WHERE_SILENT:
            result = np.nan_to_num(result, nan=0.0)
        known[name] = result
    return known


def _groups(
    calendar: pl.DataFrame, keys: list[str], mine: NDArray[np.bool_], grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Group number of the chosen calendar rows, of each stock point (-1: none), and their count."""
    if not keys:
        return np.zeros(int(mine.sum()), np.int64), np.zeros(0, np.int64), 1
    known = grid.keys().select(keys).unique(maintain_order=True).with_row_index("group")
    wanted = calendar.filter(pl.Series(mine)).select(keys)
    group = wanted.join(known, on=keys, how="left", maintain_order="left")["group"]
    of_row = grid.keys().join(known, on=keys, how="left").sort("row")["group"]
    return _or_minus_one(group), _or_minus_one(of_row), known.height


def _or_minus_one(numbers: pl.Series) -> NDArray[np.int64]:
    return numbers.cast(pl.Int64).fill_null(-1).to_numpy()


def _spread(layer: Floats, group_of_row: NDArray[np.int64]) -> Floats:
    spread = layer[np.maximum(group_of_row, 0)]
    spread[group_of_row < 0] = np.nan
    return spread


def _interactions(events: pl.DataFrame | None, grid: Grid) -> dict[str, Floats]:
    """Events per kind and cell; an event without location counts at every location of its item."""
    if events is None or events.height == 0:
        return {}
    n, t = grid.shape
    when = grid.periods.index(events["time"].to_physical().cast(pl.Int64).to_numpy())
    events = events.with_columns(pl.Series("t", when)).filter(pl.col("t").is_between(0, t - 1))
    counts: dict[str, Floats] = {}
    placed = events.filter(pl.col("location").is_not_null())
    free = events.filter(pl.col("location").is_null())
    for part, keys in ((placed, ["item", "location"]), (free, ["item"])):
        tally = part.group_by([*keys, "t", "kind"]).len()
        rows = grid.keys().join(tally, on=keys).select("row", "t", "kind", "len")
        for (kind,), group in rows.partition_by("kind", as_dict=True).items():
            layer = counts.setdefault(f"n_{kind}", np.zeros((n, t), dtype=np.float32))
            np.add.at(
                layer, (group["row"].to_numpy(), group["t"].to_numpy()), group["len"].to_numpy()
            )
    return counts


def _market(market: pl.DataFrame | None, grid: Grid) -> dict[str, Floats]:
    """The last value of each indicator published by the end of each period, (1, T)."""
    if market is None or market.height == 0:
        return {}
    t = grid.periods.n
    indicators: dict[str, Floats] = {}
    for (name,), part in market.sort("date").partition_by("indicator", as_dict=True).items():
        when = grid.periods.index(part["date"].to_physical().cast(pl.Int64).to_numpy())
        row = np.full((1, t), np.nan, dtype=np.float32)
        for period, value in zip(when, part["value"].to_list(), strict=True):
            if period < t and value is not None:
                row[0, max(int(period), 0)] = value
        indicators[str(name)] = _carry_forward(row)
    return indicators
