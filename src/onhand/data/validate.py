"""Do the tables make sense, each alone and all together? The answer is a list of findings.

A rule is a short function from the tables to findings, and `RULES` lists them all. No rule
changes a table: what a rule of `onhand.data.schema` forbids was set aside at the door, and what
stands here is for the planner to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import polars as pl

from onhand.data.door import NO_COLUMN, SHOWN, TOO_LATE
from onhand.data.findings import Finding
from onhand.data.odd_sales import SALES_RULES
from onhand.data.order_checks import ORDER_RULES
from onhand.data.schema import TABLES
from onhand.data.tables import Tables

__all__ = ["RULES", "validate"]

FAR_PRICE = 100  # times the middle price of the item, or that fraction of it
STALE_STOCK = 14  # days between a count and the end of sales


def validate(tables: Tables) -> Tables:
    """The same tables, with the findings of all rules in the place of earlier ones of these rules.

    >>> found = validate(Tables()).findings[0]
    >>> found.severity, found.rule
    ('error', 'no-sales')
    """
    found = [finding for rule in RULES for finding in rule(tables)]
    names = {f.rule for f in found}
    earlier = [f for f in tables.findings if f.rule not in names]
    return replace(tables, findings=(*earlier, *found))


def _no_sales(tables: Tables) -> Iterator[Finding]:
    if tables.sales is None:
        yield Finding(
            "error",
            "sales",
            "no-sales",
            "there is no sales table",
            "give sales.csv with the columns item, date and quantity",
            0,
        )
    elif tables.sales.height == 0:
        yield Finding(
            "error",
            "sales",
            "no-sales",
            "the sales table has no usable row",
            "look at the rows set aside",
            0,
        )


def _rows_set_aside(tables: Tables) -> Iterator[Finding]:
    parts = pl.col("reason").str.splitn(SHOWN, 2).struct
    rows = tables.set_aside.with_columns(reason=parts.field("field_0"), cell=parts.field("field_1"))
    counts = rows.group_by("table", "reason", maintain_order=True).agg(
        pl.len(), pl.first("file", "line", "cell")
    )
    for table, reason, n, file, line, cell in counts.iter_rows():
        if reason.startswith(NO_COLUMN):
            continue  # the missing column is an error of its own
        if reason.startswith(TOO_LATE):
            yield Finding(
                "error",
                table,
                "future-sales",
                f"{(cell or '').strip(chr(39))}: {reason}",
                "correct the date or delete the row; until then it is set aside, and the plan is made "
                "for the day after the others end",
                n,
                f"{file} line {line}",
            )
            continue
        share = n / max(tables.rows_in.get(table, n), 1)
        yield Finding(
            "error" if share > 0.1 else "warning",
            table,
            "rows-set-aside",
            f"{reason}{f', such as {cell}' if cell else ''} ({share:.1%} of the rows)",
            "mend them in the export; the rest was read",
            n,
            f"{file} line {line}",
        )


def _returns(tables: Tables) -> Iterator[Finding]:
    sales = tables.sales
    if sales is None:
        return
    back = sales.filter(pl.col("quantity") < 0)
    if back.height:
        units = -float(back["quantity"].sum())
        sold = float(sales.filter(pl.col("quantity") > 0)["quantity"].sum())
        yield Finding(
            "info",
            "sales",
            "returns",
            f"{units:,.0f} units came back ({units / sold if sold else 1:.1%} of units sold)",
            "taken off the sales of the period in which they came back",
            back.height,
            _row(back),
        )


def _copies(tables: Tables) -> Iterator[Finding]:
    sales = tables.sales
    if sales is None or sales.height == 0:
        return
    # Tills write one row per receipt, so equal rows are common there; in a table with one row
    # per key they mean that a part was exported twice.
    key = pl.concat_str("item", "location", pl.col("date").cast(pl.String), separator="\x1f").hash()
    n_keys = sales.select(key.n_unique()).item()
    n_repeats = sales.height - n_keys
    if n_repeats and n_repeats <= 0.2 * sales.height:
        repeated = sales.filter(key.is_duplicated())
        copies = repeated.filter(
            ~repeated.select(pl.struct(pl.all()).is_first_distinct()).to_series()
        )
        if copies.height:
            yield Finding(
                "warning",
                "sales",
                "exact-copies",
                "rows that repeat another to the letter",
                "they were added up; export again if a part was exported twice",
                copies.height,
                _row(copies),
            )
        if n_repeats > copies.height:
            yield Finding(
                "info",
                "sales",
                "repeated-keys",
                "several rows for one item, location and date",
                "they were added up",
                n_repeats - copies.height,
            )


def _far_prices(tables: Tables) -> Iterator[Finding]:
    sales = tables.sales
    if sales is None or "price" not in sales.columns or sales["price"].null_count() == sales.height:
        return
    middle = pl.col("price").median().over("item")
    priced = sales.filter(pl.col("price") > 0)
    far = priced.filter(
        (pl.col("price") > FAR_PRICE * middle) | (pl.col("price") * FAR_PRICE < middle)
    )
    if far.height:
        yield Finding(
            "warning",
            "sales",
            "far-price",
            f"{far['price'][0]:g} is {FAR_PRICE} times off the item's usual price",
            "look for a misplaced decimal mark",
            far.height,
            _row(far),
        )


def _spellings(tables: Tables) -> Iterator[Finding]:
    for name in ("sales", "stock"):
        table = tables.given.get(name)
        if table is None:
            continue
        for key in ("item", "location"):
            codes = table.select(pl.col(key).unique().sort())
            alike = (
                codes.group_by(
                    pl.col(key).str.to_lowercase().str.replace_all(r"[\s_-]+", "").alias("bare"),
                    maintain_order=True,
                )
                .agg(pl.col(key))
                .filter(pl.col(key).list.len() > 1)
            )
            if alike.height:
                pair = " and ".join(repr(c) for c in alike[key][0].to_list()[:2])
                yield Finding(
                    "warning",
                    name,
                    "spellings",
                    f"{pair} differ only in case, spaces or dashes",
                    f"give one {key} one spelling; they were kept apart",
                    alike.height,
                )


def _strangers(tables: Tables) -> Iterator[Finding]:
    """Items of other tables that never sold: often another spelling, always worth saying."""
    if tables.sales is None:
        return
    sold = tables.sales.select(pl.col("item").unique())
    for name in ("stock", "supply", "inbound", "price_breaks", "items"):
        table = tables.given.get(name)
        if table is None:
            continue
        codes = table.select(pl.col("item").drop_nulls().unique().sort())
        strange = codes.join(sold, on="item", how="anti")
        if strange.height == codes.height > 0:
            yield Finding(
                "error",
                name,
                "no-common-items",
                "not one of its items is in sales",
                "use the same codes in both tables",
                codes.height,
                f"item {codes['item'][0]}",
            )
        elif strange.height:
            yield Finding(
                "info",
                name,
                "never-sold",
                "items that never sold",
                "they are left out of the plan",
                strange.height,
                f"item {strange['item'][0]}",
            )
    if tables.stock is not None:
        missing = sold.sort("item").join(tables.stock.select("item"), on="item", how="anti")
        if 0 < missing.height < sold.height:
            yield Finding(
                "warning",
                "stock",
                "no-count",
                "items sold that the stock table does not list",
                "list them, with 0 if there are none",
                missing.height,
                f"item {missing['item'][0]}",
            )


def _stock(tables: Tables) -> Iterator[Finding]:
    stock = tables.stock
    if stock is None:
        return
    negative = stock.filter(pl.col("on_hand") < 0)
    if negative.height:
        yield Finding(
            "warning",
            "stock",
            "negative-stock",
            f"{negative['on_hand'][0]:g} units",
            "count the shelf; it is planned as 0 with the rest owed",
            negative.height,
            _row(negative),
        )
    if tables.sales is None or tables.sales.height == 0:
        return
    end: date = tables.sales["date"].max()  # type: ignore[assignment]
    latest = stock.group_by("item", "location").agg(pl.col("date").max())
    off = (pl.col("date") - pl.lit(end)).dt.total_days()
    for rule, far, said in (
        ("stale-stock", latest.filter(off < -STALE_STOCK), "before"),
        ("stock-ahead", latest.filter(off > STALE_STOCK), "after"),
    ):
        if far.height:
            first = far.sort("item", "location")
            yield Finding(
                "warning",
                "stock",
                rule,
                f"counted {first['date'][0]}, long {said} sales end ({end})",
                "export both on one day; a stock point's latest count is taken for today's",
                far.height,
                _row(first),
            )


def _costs(tables: Tables) -> Iterator[Finding]:
    for name in ("items", "supply"):
        table = tables.given.get(name)
        if table is None or "unit_cost" not in table.columns:
            continue
        if "price" in table.columns:
            loss = table.filter(pl.col("unit_cost") >= pl.col("price"))
            if loss.height:
                yield Finding(
                    "warning",
                    name,
                    "cost-above-price",
                    f"cost {loss['unit_cost'][0]:g}, price {loss['price'][0]:g}",
                    "check both; the item earns nothing",
                    loss.height,
                    _row(loss),
                )
        free = table.filter(pl.col("unit_cost") == 0)
        if free.height:
            yield Finding(
                "info",
                name,
                "no-cost",
                "a unit cost of 0",
                "give the cost, or leave it empty",
                free.height,
                _row(free),
            )


def _assumed_tables(tables: Tables) -> Iterator[Finding]:
    for name in ("stock", "supply"):
        if name not in tables.given and tables.sales is not None:
            yield Finding(
                "warning",
                name,
                "table-missing",
                f"no {name} table: {TABLES[name].default}",
                f"give {name}.csv for orders you can place",
                0,
            )


def _row(frame: pl.DataFrame) -> str:
    first = frame.row(0, named=True)
    keys = [k for k in ("item", "location", "date", "due_date") if first.get(k) is not None]
    return ", ".join(f"{k} {first[k]}" for k in keys)


RULES: tuple[Callable[[Tables], Iterator[Finding]], ...] = (
    _no_sales,
    _rows_set_aside,
    _returns,
    _copies,
    *SALES_RULES,
    _far_prices,
    _spellings,
    _strangers,
    _stock,
    *ORDER_RULES,
    _costs,
    _assumed_tables,
)
