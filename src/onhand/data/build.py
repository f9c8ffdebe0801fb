"""How do tables become a panel? Rows are laid on a grid of stock points and periods.

Memory is bounded by the panel itself: columns are laid one at a time, each through one array of
N × T numbers, and the rows are never sorted or joined as wide tables.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.calendar import open_share, periods_for
from onhand.data.covariates import known_covariates, observed_covariates, static_covariates
from onhand.data.grid import Grid, numeric
from onhand.data.panel import Floats, Frequency, Panel
from onhand.data.tables import Tables
from onhand.errors import InputError

__all__ = ["build_panel"]


def build_panel(tables: Tables, *, frequency: str = "auto") -> Panel:
    """The dense panel of a shop's tables.

    - `sales`: the sum of quantities per period, returns (negative) taken off; NaN before the stock
      point's launch, which is its first period with a sale, with a row marked in stock, or with
      stock counted, whichever comes first (`items.launched` overrules it), and from
      `items.discontinued` on. 0 in between.
    - `in_stock`: the mean of the shares given for the period; 1 where none is given.
    - `is_open`: see `onhand.data.calendar`.
    - `known`: every number of `calendar`, with the past of a column of that name in `sales`.
    - `observed`: price paid (the last one seen stands), promotion and other numbers of `sales`
      that the calendar does not plan, counts of `interactions` per kind, and `market` indicators
      (the last one published stands).
    - `static`: columns of `items`, and of `locations` as `location_NAME`.

    Parameters
    ----------
    tables : Tables
        Only `sales` is needed.
    frequency : "auto", "day", "week" or "month"
        Length of a period; the automatic choice is explained in `onhand.data.calendar`.

    Raises
    ------
    InputError
        When there are no sales.
    HistoryError
        When not one whole period lies in the data.

    >>> tables = Tables(sales=pl.DataFrame({
    ...     "item": ["a", "a", "b"], "location": ["shop"] * 3,
    ...     "date": pl.Series(["2024-01-01", "2024-01-03", "2024-01-02"]).str.to_date(),
    ...     "quantity": [2.0, 5.0, 1.0]}))
    >>> build_panel(tables).sales.tolist()
    [[2.0, 0.0, 5.0], [nan, 1.0, 0.0]]
    """
    sales = tables.sales
    if sales is None or sales.height == 0:
        raise InputError(
            "there are no sales to build on; give a table with item, date and quantity "
            "(`onhand check` lists what was found and what was set aside)"
        )
    if frequency not in {"auto", *(f.value for f in Frequency)}:
        raise InputError(f"frequency is {frequency!r}; choose auto, day, week or month")
    days = sales["date"].unique().sort().to_physical().cast(pl.Int64).to_numpy()
    periods, own = periods_for(days, frequency, tables.today)
    grid = Grid.of(sales, periods)
    units = grid.total(sales["quantity"].to_numpy())
    in_stock, is_marked = _in_stock(sales, grid)
    launched, ended = _life(tables, sales, grid, is_marked)
    t = np.arange(periods.n)
    alive = (t >= launched[:, None]) & (t < ended[:, None])
    is_open = open_share(sales, periods, own)
    known, lent = known_covariates(tables, sales, grid)
    if "is_open" in known:
        known["is_open"] = _mean_row(known["is_open"])
        said = known["is_open"][0, : periods.n]
        is_open = np.where(np.isnan(said), is_open, said).astype(np.float32)
    return Panel(
        items=grid.items,
        locations=grid.locations,
        dates=periods.dates,
        frequency=periods.frequency,
        sales=np.where(alive, units, np.nan).astype(np.float32),
        in_stock=in_stock,
        is_open=is_open,
        known=known,
        observed=observed_covariates(tables, sales, grid, set(known)),
        static=static_covariates(tables, grid),
        lent=lent,
    )


def _mean_row(values: Floats) -> Floats:
    """The mean over stock points of what is known, (1, W): the shop is as open as its places are."""
    given = ~np.isnan(values)
    count = given.sum(axis=0, keepdims=True)
    total = np.where(given, values, 0.0).sum(axis=0, keepdims=True)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _in_stock(sales: pl.DataFrame, grid: Grid) -> tuple[Floats, NDArray[np.bool_]]:
    """Share of time in stock, and where a row said so explicitly, both (N, T)."""
    if "in_stock" not in sales.columns or sales["in_stock"].null_count() == sales.height:
        return np.ones(grid.shape, dtype=np.float32), np.zeros(grid.shape, dtype=bool)
    share, some = grid.mean(numeric(sales["in_stock"]))
    share[~some] = 1.0
    return np.clip(share, 0.0, 1.0), some


def _life(
    tables: Tables, sales: pl.DataFrame, grid: Grid, is_marked: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First period of each stock point, and the first one after its end, both (N,)."""
    n, t = grid.shape
    quantity = sales["quantity"].to_numpy()
    sign = quantity != 0
    if is_marked.any():
        sign = sign | (numeric(sales["in_stock"]) > 0)
    first = np.full(n, t, dtype=np.int64)
    seen = grid.cell[(grid.cell >= 0) & sign]
    np.minimum.at(first, seen // t, seen % t)
    if tables.stock is not None and "date" in tables.stock.columns:
        counted = tables.stock.filter((pl.col("on_hand") > 0) & pl.col("date").is_not_null())
        joined = grid.keys().join(counted, on=["item", "location"])
        at = grid.periods.index(joined["date"].to_physical().cast(pl.Int64).to_numpy())
        np.minimum.at(first, joined["row"].to_numpy(), np.clip(at, 0, t))
    last = np.full(n, t, dtype=np.int64)
    for name, bound in (("launched", first), ("discontinued", last)):
        for row, day in _dated(tables.items, name, grid):
            at = grid.periods.index(np.asarray([day]))
            bound[row] = int(np.clip(at[0], 0, t))
    return first, last


def _dated(items: pl.DataFrame | None, name: str, grid: Grid) -> Iterable[tuple[int, int]]:
    if items is None or name not in items.columns:
        return []
    given = items.filter(pl.col(name).is_not_null()).select(
        "item", pl.col(name).to_physical().cast(pl.Int64)
    )
    return grid.keys().join(given, on="item").select("row", name).iter_rows()
