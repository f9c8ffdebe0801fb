"""Which public shops are forecast, and by which rule is each of them judged?

Each reader turns the files of one data set into a `Shop`. A held-out continuation (`truth`, in the
columns of the history) is appended (`continuation.py`), so that the last origin looks back on all of
the history; without it the last block of the history plays that part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from continuation import read_continuation, read_table
from onhand.data.panel import Frequency, Panel
from onhand.evaluate import scores

_FOLDERS = {"raf": "intermittent_and_health"}  # the others lie in one of their own name
Floats = NDArray[np.float32]
Official = Callable[[Floats, Floats, Panel, int], float]  # actual, forecast, panel, origin


@dataclass(frozen=True)
class Shop:
    """A data set made ready to be forecast.

    Parameters
    ----------
    panel : Panel
        History and, where given, the held-out continuation.
    horizon : periods to forecast
    stride : periods between origins
    official : name of the official score and the function that computes it
    judged : (N, T) bool, periods whose sales are taken for demand when judging
    lead : (N,) periods within 1..horizon over which demand is summed, as for an order that takes so
        long to arrive; None: the horizon
    listed : the origin at which all rows were given, as where a continuation is held out; 0: none
    """

    name: str
    panel: Panel
    horizon: int
    stride: int
    official: tuple[str, Official]
    judged: NDArray[np.bool_]
    lead: NDArray[np.int64] | None = None
    listed: int = 0

    def spans(self) -> NDArray[np.int64]:
        """The periods over which sums are judged, (N, 2): the lead time, and the horizon."""
        whole = np.full(self.panel.n_series, self.horizon)
        return np.stack([whole if self.lead is None else self.lead, whole], axis=1)

    def actual(self, origin: int) -> Floats:
        """Demand over the horizon after an origin, (N, H); NaN where it is not judged."""
        is_judged = self.judged[:, origin : origin + self.horizon]
        return np.where(is_judged, self.everything(origin), np.float32(np.nan))

    def everything(self, origin: int) -> Floats:
        """Sales over the horizon after an origin, (N, H), stocked or not; NaN for unseen rows.

        Where an origin is cut from the history, a row without a past is in the table only because it
        is going to sell: nobody knew of it, and a forecast of more than nothing would be hindsight. At
        the origin where a continuation is held out the rows are the official list, and all count.
        """
        sales = self.panel.sales
        was_seen = np.isfinite(sales[:, :origin]).any(axis=1) | (origin == self.listed)
        return np.where(
            was_seen[:, None], sales[:, origin : origin + self.horizon], np.float32(np.nan)
        )


def read_shop(name: str, folder: Path, truth: Path | None = None, limit: int = 0) -> Shop:
    """The data set `name`, of its first `limit` series if that is not 0.

    folder : where its files lie, or the folder of all data sets
    """
    own = folder / _FOLDERS.get(name, name)
    shop = READERS[name](own if own.is_dir() else folder, truth)
    if truth is not None:
        shop = replace(shop, listed=shop.panel.n_periods - shop.horizon)
    if limit and limit < shop.panel.n_series:
        rows = np.arange(limit)
        lead = None if shop.lead is None else shop.lead[rows]
        shop = replace(shop, panel=shop.panel.rows(rows), judged=shop.judged[rows], lead=lead)
    return shop


def freshretailnet50k(folder: Path, truth: Path | None) -> Shop:
    """Fifty thousand fresh products in 898 shops, daily, with the hours their shelves were empty.

    The in-stock share of a day is that of the product's usual sales: an empty shelf at ten in the
    morning costs more than one at five. The usual hours are learned from the first half of the history.
    """
    daily = pl.read_parquet(folder / "daily.parquet").sort("store_id", "product_id", "date")
    n_past = daily["date"].n_unique()
    profile = _hourly_profile(folder, daily, n_past)
    keys = daily.select("store_id", "product_id").unique(maintain_order=True)
    n = len(keys)
    dates = daily["date"].head(n_past).to_numpy()
    sales = daily["sale"].to_numpy().reshape(n, n_past)
    sold_out = daily["oos_mask"].to_numpy().reshape(n, n_past)
    n_empty = daily["oos_hours_6_22"].to_numpy().reshape(n, n_past)
    product = keys["product_id"].to_numpy()
    empty_share = np.zeros((n, n_past), np.float32)
    for hour in range(24):
        empty_share += ((sold_out >> np.uint32(hour)) & 1) * profile[product, hour][:, None]
    if truth is not None:
        wanted = ["sale", "oos_hours_6_22"]
        table = read_table(truth)
        more = read_continuation(table, keys, wanted, "date", dates, Frequency.DAY, 7)
        sales = np.concatenate([sales, more.values["sale"]], axis=1)
        n_empty = np.concatenate([n_empty, np.nan_to_num(more.values["oos_hours_6_22"])], axis=1)
        # Nobody forecasts from the end of it: whether its hours were empty is only asked to judge.
        empty_share = np.pad(empty_share, ((0, 0), (0, len(more.dates))))
        dates = np.concatenate([dates, more.dates])
    planned = pl.read_parquet(folder / "future_promo_last7.parquet").sort(
        "store_id", "product_id", "date"
    )
    products = keys.join(
        pl.read_parquet(folder / "products.parquet"),
        on="product_id",
        how="left",
        maintain_order="left",
    )
    stores = keys.join(
        pl.read_parquet(folder / "stores.parquet"), on="store_id", how="left", maintain_order="left"
    )
    in_stock = np.where(n_empty == 0, 1, np.clip(1 - empty_share, 0, 0.99)).astype(np.float32)
    known = {
        name: np.concatenate(
            [
                daily[name].cast(pl.Float32).to_numpy().reshape(n, n_past),
                planned[name].cast(pl.Float32).to_numpy().reshape(n, 7),
            ],
            axis=1,
        )
        for name in ("discount", "activity")
    }
    calendar = pl.read_parquet(folder / "calendar.parquet").sort("date")
    known["holiday"] = calendar["holiday_flag"].cast(pl.Float32).to_numpy()[None]
    weather = pl.read_parquet(folder / "weather.parquet").sort("store_id", "date")
    for column, name in (("avg_temperature", "temperature"), ("precpt", "rain")):
        by_store = weather[column].cast(pl.Float32).to_numpy().reshape(-1, len(calendar))
        order = np.unique(weather["store_id"].to_numpy())
        known[name] = by_store[np.searchsorted(order, keys["store_id"].to_numpy())]
    panel = Panel.of(
        sales,
        dates=dates,
        items=product,
        locations=keys["store_id"].to_numpy(),
        in_stock=in_stock,
        known=known,
        static={
            "city": stores["city_id"].to_numpy(),
            "group": products["management_group_id"].to_numpy(),
            "category_1": products["first_category_id"].to_numpy(),
            "category_2": products["second_category_id"].to_numpy(),
            "category_3": products["third_category_id"].to_numpy(),
        },
    )
    judged = (n_empty == 0) & np.isfinite(sales)
    return Shop("freshretailnet50k", panel, 7, 7, ("wape", _wape), judged)


def _hourly_profile(folder: Path, daily: pl.DataFrame, n_past: int) -> Floats:
    """Share of each product's sales in each hour (products, 24), on days that were never empty."""
    names = [f"h{hour:02d}" for hour in range(24)]
    dates = daily["date"].unique().sort()
    early = pl.col("date") < dates[n_past // 2]
    sums = (
        pl.scan_parquet(folder / "hourly_sales.parquet")
        .filter(early)
        .join(
            daily.lazy()
            .filter(early & (pl.col("oos_hours_6_22") == 0))
            .select("store_id", "product_id", "date"),
            on=["store_id", "product_id", "date"],
            how="semi",
        )
        .group_by("product_id")
        .agg(pl.col(names).cast(pl.Float64).sum())  # the same in whatever order they come
        .collect()
    )
    n_products = int(daily["product_id"].max()) + 1  # type: ignore[arg-type]
    units = np.zeros((n_products, 24), np.float64)
    units[sums["product_id"].to_numpy()] = sums.select(names).to_numpy()
    usual = units.sum(axis=0) / units.sum()
    units += 200 * usual  # a product rarely seen keeps the hours of the shop
    return (units / units.sum(axis=1, keepdims=True)).astype(np.float32)


def m5_mini(folder: Path, truth: Path | None) -> Shop:
    """28 Walmart products in 10 stores, daily, with weekly prices, events and food-stamp days."""
    sales = pl.read_parquet(folder / "sales_280x1941.parquet").sort("item_id", "store_id", "d")
    keys = sales.select("item_id", "store_id").unique(maintain_order=True)
    n = len(keys)
    values = sales["sales"].to_numpy().reshape(n, -1).astype(np.float32)
    calendar = pl.read_parquet(folder / "calendar.parquet").sort("date")
    dates = calendar["date"].to_numpy()
    if truth is not None:
        table = _days_down(read_table(truth), keys, dates[0])
        past = dates[: values.shape[1]]
        more = read_continuation(table, keys, ["sales"], "date", past, Frequency.DAY, 28)
        values = np.concatenate([values, more.values["sales"]], axis=1)
    prices = pl.read_parquet(folder / "sell_prices_280.parquet")
    by_week = (
        keys.join(
            calendar.select("wm_yr_wk")
            .unique()
            .sort("wm_yr_wk")
            .with_columns(pl.col("wm_yr_wk").cast(pl.Int32)),
            how="cross",
        )
        .join(prices, on=["item_id", "store_id", "wm_yr_wk"], how="left", maintain_order="left")[
            "sell_price"
        ]
        .to_numpy()
        .reshape(n, -1)
    )
    _, week = np.unique(calendar["wm_yr_wk"].to_numpy(), return_inverse=True)
    store = keys["store_id"].to_numpy().astype(str)
    item = keys["item_id"].to_numpy().astype(str)
    state = np.array([s[:2] for s in store])
    price = by_week[:, week].astype(np.float32)
    known: dict[str, Floats] = {"price": price}
    snap = {s: calendar[f"snap_{s}"].to_numpy().astype(np.float32) for s in ("CA", "TX", "WI")}
    known["snap"] = np.stack([snap[s] for s in state])
    kinds = (
        calendar["event_type_1"].fill_null("").to_numpy(),
        calendar["event_name_1"].fill_null("").to_numpy(),
    )
    for kind in ("Sporting", "Cultural", "National", "Religious"):
        known[f"event_{kind.lower()}"] = (kinds[0] == kind).astype(np.float32)[None]
    known["christmas"] = (kinds[1] == "Christmas").astype(np.float32)[None]
    t = values.shape[1]
    listed = np.isfinite(price[:, :t])
    panel = Panel.of(
        np.where(listed.cumsum(axis=1) > 0, values, np.float32(np.nan)),
        dates=dates[:t],
        items=item,
        locations=store,
        known=known,
        static={
            "department": np.array([i[:-4] for i in item]),
            "category": np.array([i.split("_")[0] for i in item]),
            "state": state,
        },
    )
    panel = replace(panel, is_open=1 - known["christmas"][0, :t])
    return Shop(
        "m5_mini",
        panel,
        28,
        28,
        ("revenue_weighted_rmsse", _weighted_rmsse),
        np.isfinite(values),
    )


def _days_down(wide: pl.DataFrame, keys: pl.DataFrame, first: np.datetime64) -> pl.DataFrame:
    """Columns d_1, d_2, ... of a series in one row, as one row per day; of the series in `keys`."""
    index = ["item_id", "store_id"]
    days = [name for name in wide.columns if name.startswith("d_")]
    own = wide.cast(dict.fromkeys(index, pl.String)).join(keys, on=index, how="semi")
    long = own.unpivot(days, index=index, variable_name="day", value_name="sales")
    number = pl.col("day").str.slice(2).cast(pl.Int64)
    return long.with_columns((pl.lit(first.item()) + pl.duration(days=number - 1)).alias("date"))


def vn1(folder: Path, truth: Path | None) -> Shop:
    """Fifteen thousand products of 46 online vendors, 13 weeks of them."""
    table = pl.read_parquet(folder / "phase1.parquet").sort("row", "week")
    keys = table.unique("row", maintain_order=True).select("client", "warehouse", "product")
    values = table["sales"].to_numpy().reshape(len(keys), -1).astype(np.float32)
    dates = table["week"].head(values.shape[1]).to_numpy()
    horizon = 4
    if truth is not None:
        horizon = 13
        table = read_table(truth)
        more = read_continuation(table, keys, ["sales"], "week", dates, Frequency.WEEK, horizon)
        values = np.concatenate([values, more.values["sales"]], axis=1)
        dates = np.concatenate([dates, more.dates])
    panel = Panel.of(
        values,
        dates=dates,
        frequency=Frequency.WEEK,
        items=keys["product"].to_numpy(),
        locations=keys["warehouse"].to_numpy(),
        static={"client": keys["client"].to_numpy()},
    )
    return Shop("vn1", panel, horizon, 1, ("vn1_score", _vn1), np.isfinite(values))


def vn2(folder: Path, truth: Path | None) -> Shop:
    """599 products in the shops of a grocer, weekly, with in-stock flags."""
    table = pl.read_parquet(folder / "sales_history.parquet").sort("row", "week")
    master = pl.read_parquet(folder / "master.parquet").sort("row")
    n = len(master)
    values = table["sales"].to_numpy().reshape(n, -1).astype(np.float32)
    in_stock = table["in_stock"].to_numpy().reshape(n, -1)
    dates = table["week"].head(values.shape[1]).to_numpy()
    if truth is not None:
        wanted, keys = ["sales", "in_stock"], master.select("store", "product")
        table = read_table(truth)
        more = read_continuation(table, keys, wanted, "week", dates, Frequency.WEEK, 3)
        values = np.concatenate([values, more.values["sales"]], axis=1)
        in_stock = np.concatenate([in_stock, more.values["in_stock"] > 0], axis=1)
        dates = np.concatenate([dates, more.dates])
    panel = Panel.of(
        values,
        dates=dates,
        frequency=Frequency.WEEK,
        items=master["product"].to_numpy(),
        locations=master["store"].to_numpy(),
        in_stock=in_stock,
        static={c: master[c].to_numpy() for c in master.columns[3:]},
    )
    return Shop("vn2", panel, 3, 1, ("wape", _wape), in_stock & np.isfinite(values))


def dominicks_oj(folder: Path, truth: Path | None) -> Shop:
    """Eleven orange juices in 83 supermarkets, weekly, with the prices, coupons and features planned.

    Their week 1 began on Thursday 1989-09-14; here weeks begin on the Monday before. A week without a
    row is unknown.
    """
    if truth is not None:
        raise ValueError("no continuation of dominicks_oj is held out; leave --truth away")
    table = pl.read_parquet(folder / "sales.parquet")
    keys = table.select("store", "brand").unique().sort("store", "brand")
    weeks = table.select(pl.int_range(pl.col("week").min(), pl.col("week").max() + 1).alias("week"))
    on = [*keys.columns, "week"]
    grid = keys.join(weeks.cast(pl.UInt16), how="cross", maintain_order="left_right")
    grid = grid.join(table, on=on, how="left", maintain_order="left")

    def cells(name: str) -> Floats:
        told = grid[name].cast(pl.Float32).fill_null(np.nan)
        return told.to_numpy().reshape(len(keys), -1)

    panel = Panel.of(
        cells("packs"),
        dates=np.datetime64("1989-09-11") + 7 * (weeks["week"].to_numpy().astype(np.int64) - 1),
        frequency=Frequency.WEEK,
        items=keys["brand"].to_numpy(),
        locations=keys["store"].to_numpy(),
        known={
            "price": cells("own_price_per_oz"),
            "coupon": cells("deal"),
            "feature": cells("feat"),
        },
    )
    return Shop("dominicks_oj", panel, 8, 4, ("wape", _wape), np.isfinite(panel.sales))


def carparts(folder: Path, truth: Path | None) -> Shop:
    """2,674 spare parts, monthly, three quarters of the months zero. No lead time is told: a quarter."""
    table = pl.read_parquet(folder / "sales.parquet").select("part", "month", "units")
    shop = _spare_parts("carparts", table, truth)
    return replace(shop, lead=np.full(shop.panel.n_series, 3))


def raf(folder: Path, truth: Path | None) -> Shop:
    """5,000 aircraft spare parts, monthly, each with its own lead time (here 1 to 12 months)."""
    table = pl.read_parquet(folder / "raf_monthly.parquet").select(
        pl.col("item").alias("part"), pl.col("month").cast(pl.Date), pl.col("demand").alias("units")
    )
    shop = _spare_parts("raf", table, truth)
    told = pl.read_parquet(folder / "raf_items.parquet").select(
        pl.col("item").cast(pl.String).alias("part"), "lead_time_months"
    )
    parts = pl.DataFrame({"part": shop.panel.items})
    lead = parts.join(told, on="part", how="left", maintain_order="left")["lead_time_months"]
    return replace(shop, lead=lead.fill_null(3).clip(1, shop.horizon).to_numpy().astype(np.int64))


def _spare_parts(name: str, table: pl.DataFrame, truth: Path | None) -> Shop:
    table = table.sort("part", "month")
    parts = table["part"].unique(maintain_order=True)
    values = table["units"].cast(pl.Float32).to_numpy().reshape(len(parts), -1)
    months = table["month"].head(values.shape[1]).to_numpy()
    if truth is not None:
        told = read_table(truth).rename({"item": "part", "demand": "units"}, strict=False)
        keys = pl.DataFrame({"part": parts})
        more = read_continuation(told, keys, ["units"], "month", months, Frequency.MONTH, 12)
        values = np.concatenate([values, more.values["units"]], axis=1)
        months = np.concatenate([months, more.dates])
    panel = Panel.of(values, dates=months, frequency=Frequency.MONTH, items=parts.to_numpy())
    return Shop(name, panel, 12, 3, ("wape", _wape), np.isfinite(values))


def online_retail(folder: Path, truth: Path | None) -> Shop:
    """The products of a UK gift shop, weekly; cancelled and non-product lines left out."""
    table = pl.read_parquet(folder / "transactions.parquet")
    if truth is not None:
        table = pl.concat([table, read_table(truth).select(table.columns).cast(dict(table.schema))])
    lines = table.filter(
        ~pl.col("invoice_no").str.starts_with("C")
        & (pl.col("quantity") > 0)
        & (pl.col("quantity") < 50_000)
        & (pl.col("unit_price_gbp") > 0)
        & pl.col("stock_code").str.contains(r"^\d{5}")
    ).with_columns(pl.col("invoice_ts").dt.truncate("1w").cast(pl.Date).alias("week"))
    last = lines["week"].max()
    weekly = (
        lines.filter(pl.col("week") < last)
        .group_by("stock_code", "week")
        .agg(pl.col("quantity").sum())
    )
    codes = weekly["stock_code"].unique().sort()
    weeks = weekly["week"].unique().sort().to_numpy()
    weeks = np.arange(weeks[0], weeks[-1] + 7, 7)
    values = np.zeros((len(codes), len(weeks)), np.float32)
    row = np.searchsorted(codes.to_numpy().astype(str), weekly["stock_code"].to_numpy().astype(str))
    values[
        row, (weekly["week"].to_numpy() - weeks[0]).astype("timedelta64[D]").astype(int) // 7
    ] = weekly["quantity"]
    values[values.cumsum(axis=1) == 0] = np.nan
    panel = Panel.of(values, dates=weeks, frequency=Frequency.WEEK, items=codes.to_numpy())
    return Shop("online_retail", panel, 13, 4, ("wape", _wape), np.isfinite(values))


def _wape(actual: Floats, forecast: Floats, panel: Panel, origin: int) -> float:
    del panel, origin
    return scores.wape(actual, forecast)


def _vn1(actual: Floats, forecast: Floats, panel: Panel, origin: int) -> float:
    del panel, origin
    return scores.vn1_score(actual, forecast)


def _weighted_rmsse(actual: Floats, forecast: Floats, panel: Panel, origin: int) -> float:
    """RMSSE weighted by revenue over the last 28 days known, units x last known price."""
    price = panel.known["price"][:, :origin]
    last = np.where(np.isfinite(price), np.arange(origin), 0).max(axis=1)
    units = np.nan_to_num(panel.sales[:, origin - 28 : origin])
    revenue = units.sum(axis=1) * np.nan_to_num(price[np.arange(len(price)), last])
    errors = scores.rmsse(actual, forecast, panel.sales[:, :origin])
    known = np.isfinite(errors)
    return float((errors * revenue)[known].sum() / revenue[known].sum())


READERS: Mapping[str, Callable[[Path, Path | None], Shop]] = {
    "freshretailnet50k": freshretailnet50k,
    "vn1": vn1,
    "m5_mini": m5_mini,
    "vn2": vn2,
    "dominicks_oj": dominicks_oj,
    "carparts": carparts,
    "raf": raf,
    "online_retail": online_retail,
}
