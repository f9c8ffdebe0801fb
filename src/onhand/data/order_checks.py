"""Do the open orders and the suppliers' rules make sense? Rules of `onhand.data.validate`.

What is open and what is late is judged on the last day that the data tells of: the end of sales, or
the day on which most of the stock was counted, whichever is later.
"""

from __future__ import annotations

import difflib
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from onhand.data.calendar import spacing
from onhand.data.findings import Finding
from onhand.data.panel import Frequency
from onhand.data.tables import Tables
from onhand.data.weekdays import weekdays_in

__all__ = [
    "ORDER_RULES",
    "WRITE_OFF_DAYS",
    "last_day",
    "sales_end",
    "still_to_come",
    "usual_count_day",
]

WRITE_OFF_DAYS = 180  # the plan's default for supply.write_off_days
_ORDERED_SINCE = 7  # days after the data's end: what the plan said was ordered, and is planned with
_MOST_NAMED = 5


def usual_count_day(tables: Tables) -> date | None:
    """The day on which most of the stock was counted, the latest such; None without one."""
    if tables.stock is None or "date" not in tables.stock.columns:
        return None
    days = tables.stock["date"].drop_nulls()
    return days.mode().max() if len(days) else None  # type: ignore[return-value]


def sales_end(tables: Tables) -> date | None:
    """The last day that sales tell of: of a week or month given by its first day, the end; None without.

    >>> weeks = [date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)]
    >>> sales_end(Tables(sales=pl.DataFrame({"date": weeks}))).isoformat()
    '2024-01-21'
    """
    if tables.sales is None or tables.sales.height == 0:
        return None
    days = tables.sales["date"].unique().sort()
    end: date = days[-1]
    own = spacing(days.to_physical().cast(pl.Int64).to_numpy())
    if own is Frequency.WEEK:
        return end + timedelta(days=6)
    if own is Frequency.MONTH:
        return date(end.year, end.month, monthrange(end.year, end.month)[1])
    return end


def last_day(tables: Tables) -> date | None:
    """The last day that the data tells of, the one before today where that is said; None without sales."""
    end = sales_end(tables)
    if tables.today is not None and end is not None:
        return tables.today - timedelta(days=1)
    return None if end is None else max(end, usual_count_day(tables) or end)


def still_to_come(tables: Tables) -> Tables:
    """The tables in which an order whose received date lies after their last day is open, and due then.

    >>> inbound = pl.DataFrame({"item": ["a"], "received_date": [date(2024, 5, 9)]})
    >>> sales = pl.DataFrame({"date": [date(2024, 5, 1)]})
    >>> still_to_come(Tables(sales=sales, inbound=inbound)).inbound.rows()
    [('a', None, datetime.date(2024, 5, 9))]
    """
    today, inbound = last_day(tables), tables.inbound
    if inbound is None or today is None or "received_date" not in inbound.columns:
        return tables
    is_ahead = (pl.col("received_date") > today).fill_null(False)
    if not inbound.select(is_ahead.any()).item():
        return tables
    due = pl.col("due_date") if "due_date" in inbound.columns else pl.lit(None, pl.Date())
    came = {"received_quantity": pl.when(~is_ahead).then("received_quantity")}
    return replace(
        tables,
        inbound=inbound.with_columns(
            pl.when(~is_ahead).then("received_date").alias("received_date"),
            pl.when(is_ahead).then("received_date").otherwise(due).alias("due_date"),
            *(rule.alias(name) for name, rule in came.items() if name in inbound.columns),
        ),
    )


def _overdue(tables: Tables) -> Iterator[Finding]:
    today, inbound = last_day(tables), tables.inbound
    if inbound is None or today is None:
        return
    came = pl.col("received_quantity").fill_null(0.0)
    late = (
        inbound.filter(
            (pl.col("received_date").is_null() | (pl.col("received_date") > today))
            & (pl.col("due_date") <= today)
            & (pl.col("quantity") > came)
        )
        .with_columns(days=(pl.lit(today) - pl.col("due_date")).dt.total_days())
        .sort("days", descending=True, maintain_order=True)
    )
    is_lost = pl.col("days") > WRITE_OFF_DAYS
    for rule, rows, advice in (
        (
            "overdue",
            late.filter(~is_lost),
            "ask the supplier, or give the received date; they are expected as late as its orders "
            "usually come, the latest in the next period",
        ),
        (
            "long-overdue",
            late.filter(is_lost),
            f"delete them or give the received date; more than supply.write_off_days "
            f"({WRITE_OFF_DAYS} unless set) late, an order is no longer expected",
        ),
    ):
        if rows.height:
            first = rows.row(0, named=True)
            value = f"due {first['due_date']}, {first['days']} days before {today}, not received"
            if rows.height > 1:
                value += f"; {rows.height} such orders, this one the longest overdue"
            yield Finding("warning", "inbound", rule, value, advice, rows.height, _order(first))


def _order(row: dict[str, object]) -> str:
    said = [
        ("item", row["item"]),
        ("location", row["location"]),
        ("", f"{row['quantity']:g} units"),
    ]
    return ", ".join(f"{name} {value}".strip() for name, value in said)


def _received_ahead(tables: Tables) -> Iterator[Finding]:
    today, inbound = last_day(tables), tables.inbound
    if inbound is None or today is None:
        return
    for column, grace, rule, said, advice in (
        (
            "received_date",
            0,
            "received-ahead",
            "received",
            "leave the received date empty until it is here; it is planned as an open order due then",
        ),
        (
            "order_date",
            _ORDERED_SINCE,
            "ordered-ahead",
            "ordered",
            "correct the date, or leave it out until it is ordered; it is planned as an open order",
        ),
    ):
        ahead = inbound.filter(pl.col(column) > today + timedelta(days=grace))
        if ahead.height:
            first = ahead.row(0, named=True)
            value = f"{said} on {first[column]}, and the data ends on {today}"
            yield Finding("warning", "inbound", rule, value, advice, ahead.height, _order(first))


def _backwards(tables: Tables) -> Iterator[Finding]:
    if tables.inbound is not None:
        backwards = tables.inbound.filter(pl.col("received_date") < pl.col("order_date"))
        if backwards.height:
            first = backwards.row(0, named=True)
            yield Finding(
                "warning",
                "inbound",
                "received-before-ordered",
                f"ordered {first['order_date']}, received {first['received_date']}: the lead time "
                "would be negative",
                "correct one of the dates; they teach no lead time",
                backwards.height,
                _order(first),
            )
    if tables.closures is not None:
        backwards = tables.closures.filter(pl.col("closed_from") > pl.col("closed_to"))
        if backwards.height:
            supplier, first_day, last = backwards.select(
                "supplier", "closed_from", "closed_to"
            ).row(0)
            yield Finding(
                "error",
                "closures",
                "closure-backwards",
                f"closed from {first_day} to {last}, which is before it",
                "correct or swap the dates; until then the supplier is planned as open",
                backwards.height,
                f"supplier {supplier}" if supplier else "every supplier",
            )


def _copies(tables: Tables) -> Iterator[Finding]:
    inbound = tables.inbound
    if inbound is None:
        return
    copies = inbound.filter(~inbound.select(pl.struct(pl.all()).is_first_distinct()).to_series())
    if copies.height:
        first = copies.row(0, named=True)
        yield Finding(
            "warning",
            "inbound",
            "exact-copies",
            f"the line stands there twice or more (due {first['due_date'] or 'no date'})",
            "delete the copy if it is one order; until then each line counts as an order of its own",
            copies.height,
            _order(first),
        )


def _unknown_suppliers(tables: Tables) -> Iterator[Finding]:
    """Names that `supply` does not know: often another spelling, and then a rule that is lost."""
    if tables.supply is None:
        return
    known = tables.supply["supplier"].drop_nulls().unique().sort().to_list()
    if not known:
        return
    lost = {
        "closures": "the closure holds for nobody",
        "price_breaks": "the price is offered by nobody",
        "suppliers": "its rules hold for no order",
        "inbound": "its deliveries teach nothing about those we order from",
    }
    for name, consequence in lost.items():
        table = tables.given.get(name)
        if table is None or "supplier" not in table.columns:
            continue
        named = table["supplier"].drop_nulls()
        strange = sorted(set(named.to_list()) - set(known))
        if not strange:
            continue
        meant = {who: _nearest(who, known) for who in strange}
        said = ", ".join(
            repr(who) + (f" (is it {like!r}?)" if (like := meant[who]) else "")
            for who in sorted(strange, key=lambda who: not meant[who])[:_MOST_NAMED]
        )
        is_harmless = name == "suppliers" and not any(meant.values())
        yield Finding(
            "info" if is_harmless else "warning",
            name,
            "unknown-supplier",
            f"{said}: not in supply, so {consequence}",
            f"spell it as supply does ({', '.join(known[:_MOST_NAMED])}"
            f"{', ...' if len(known) > _MOST_NAMED else ''})",
            int(named.is_in(strange).sum()),
        )


def _nearest(name: str, known: list[str]) -> str:
    """The known name that is most like it; empty where none is."""
    by_low = {k.strip().lower(): k for k in known}
    like = difflib.get_close_matches(name.strip().lower(), list(by_low), n=1, cutoff=0.6)
    return by_low[like[0]] if like else ""


def _weekdays(tables: Tables) -> Iterator[Finding]:
    table = tables.suppliers
    if table is None or "order_weekdays" not in table.columns:
        return
    wrong: list[tuple[str, tuple[str, ...], bool]] = []
    for supplier, text in table.select("supplier", "order_weekdays").iter_rows():
        days, words = weekdays_in(text or "")
        if words:
            wrong.append((supplier, words, bool(days)))
    if wrong:
        supplier, words, has_days = wrong[0]
        until = "the other days of the cell hold" if has_days else "every day is taken"
        yield Finding(
            "error",
            "suppliers",
            "unknown-weekday",
            f"{', '.join(map(repr, words))} in order_weekdays names no day, or not one alone",
            f"write days as mon;thu; until then {until}",
            len(wrong),
            f"supplier {supplier}",
        )


def _counted_later(tables: Tables) -> Iterator[Finding]:
    """Sales that end long before the shelf was counted: the plan would be for days gone by."""
    counted, end = usual_count_day(tables), sales_end(tables)
    if counted is None or end is None:
        return
    if (counted - end).days > 7:
        yield Finding(
            "warning",
            "sales",
            "old-sales",
            f"sales end on {end}, most of the stock was counted on {counted}: the plan is made for "
            f"{end + timedelta(days=1)}, as if nothing had been sold since",
            "export sales again, up to the day of the count",
            (counted - end).days,
        )


ORDER_RULES = (
    _overdue,
    _received_ahead,
    _backwards,
    _copies,
    _unknown_suppliers,
    _weekdays,
    _counted_later,
)
