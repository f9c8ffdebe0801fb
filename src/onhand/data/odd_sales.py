"""Is there a sale that nobody can have made? Rules of `onhand.data.validate` on single rows.

Nothing is corrected here. A row that may move an order is named, with its day, and what the plan
does with it.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from onhand.data.findings import Finding
from onhand.data.tables import Tables

__all__ = ["ABSURD", "FEWEST_UNITS", "NEXT", "SALES_RULES", "UNUSUAL"]

ABSURD = 1000  # times the middle of the item's positive quantities, and at least as many units
UNUSUAL = 10  # times what 95 of 100 of the item's rows stay below, and 5 times the next largest
NEXT = 5
_FEWEST_ROWS = 20
FEWEST_UNITS = 20
_CUT = 0.1  # share of the usual rows of its weekday below which the last day looks cut
_FEWEST_LINES = 10


def _unlikely_quantities(tables: Tables) -> Iterator[Finding]:
    """A quantity far beyond the item's own: a misplaced decimal mark, or an order never to be repeated."""
    sales = tables.sales
    if sales is None:
        return
    quantity = pl.col("quantity")
    usual = (
        sales.lazy()
        .filter(quantity > 0)
        .group_by("item")
        .agg(
            n=pl.len(),
            middle=quantity.median(),
            most=quantity.quantile(0.95, "lower"),
            second=quantity.top_k(2).min(),
        )
    )
    is_giant = (quantity >= ABSURD) & (quantity >= ABSURD * pl.col("middle"))
    is_unusual = (
        (pl.col("n") >= _FEWEST_ROWS)
        & (quantity >= FEWEST_UNITS)
        & (quantity >= UNUSUAL * pl.col("most"))
        & (quantity >= NEXT * pl.col("second"))
    )
    odd = (
        sales.lazy()
        .filter(quantity >= FEWEST_UNITS)
        .join(usual, on="item")
        .with_columns(giant=is_giant, times=quantity / pl.col("most"))
        .filter(is_giant | is_unusual)
        .sort("times", "item", "date", descending=[True, False, False])
        .collect()
    )
    for rule, rows, advice in (
        (
            "giant-quantity",
            odd.filter("giant"),
            "correct it if it is a typing error; where a whole period is that far off, it is left out "
            "of demand",
        ),
        (
            "unusual-quantity",
            odd.filter(~pl.col("giant")),
            "correct it if it is a typing error; a whole period that stands alone like that counts as the "
            "next largest in forecasts, else the plan believes it",
        ),
    ):
        if rows.height == 0:
            continue
        first = rows.row(0, named=True)
        key = f"item {first['item']}, location {first['location']}, date {first['date']}"
        value = (
            f"{first['quantity']:,.10g} units, and 95 of 100 of the item's rows have at most "
            f"{first['most']:,.10g}"
        )
        if rows.height > 1:
            others = rows["item"][1:4].unique(maintain_order=True).to_list()
            value += f"; others of item {', '.join(others)}"
        yield Finding("warning", "sales", rule, value, advice, rows.height, key)


def _cut_end(tables: Tables) -> Iterator[Finding]:
    """A last day with a tenth of its usual rows: exported before it was over, or dated wrongly."""
    sales = tables.sales
    if sales is None or sales.height == 0:
        return
    per_day = sales.group_by("date").len().sort("date")
    end = per_day["date"][-1]
    same = per_day.filter(pl.col("date").dt.weekday() == end.isoweekday())["len"]
    n, usual = int(same[-1]), float(same[:-1].median() or 0.0)  # type: ignore[arg-type]
    if len(same) > 3 and usual >= _FEWEST_LINES and n < _CUT * usual:
        before = per_day["date"][-2]
        yield Finding(
            "warning",
            "sales",
            "cut-end",
            f"the last day, {end}, has {n} {'row' if n == 1 else 'rows'}, its weekday usually "
            f"{usual:g}; the plan is made for the day after it",
            f"export whole days, or correct the date; the day before it with sales is {before}",
            n,
            f"item {sales.filter(date=end)['item'][0]}, date {end}",
        )


SALES_RULES = (_unlikely_quantities, _cut_end)
