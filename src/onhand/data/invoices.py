"""What was really sold? Raw invoice lines become sales, and every line is accounted for.

An invoice file is no sales table: it holds postage, fees, gift vouchers, write-offs, typing errors
and their cancellations. Each line ends in exactly one of these places:

==================== ============================================================================
sales                units sold and kept, or sent back later than `CANCEL_DAYS`
cancelled            a sale taken back within `CANCEL_DAYS`, and the line that took it back: both
                     vanish, nobody wanted these units. Partly cancelled sales keep the rest
returned later       a return whose sale is older than `CANCEL_DAYS`: the sale stays, since the
                     customer wanted the units then; the units came back to the shelf
returns unmatched    a return whose sale is not in the file
not a product        postage, fees, vouchers, samples, manual corrections (`NOT_PRODUCTS`)
adjustments          lines without a price above 0, and write-offs: stock corrections, no sale
set aside            lines that could not be read
==================== ============================================================================

A return belongs to the newest earlier sale of the same item to the same customer that still has
units to give back, at the same price first. Lines, units and money add up, to the last unit and
(to rounding) the last penny: `reconcile` shows the sums and `tests/data` holds the identity.

The cut at `CANCEL_DAYS` is what keeps replays honest: a return months later was not known when
the order would have been placed, and must not reach back and erase the sale.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.findings import Finding

__all__ = ["CANCEL_DAYS", "NOT_PRODUCTS", "PLACES", "FromInvoices", "from_invoices"]

CANCEL_DAYS = 7
PLACES = (
    "sales",
    "cancelled",
    "returned later",
    "returns unmatched",
    "not a product",
    "adjustments",
    "set aside",
)

# Codes that shop systems use for what is not goods, in upper case.
NOT_PRODUCTS = (
    r"^(POST|POSTAGE|DOT|M|MANUAL|D|DISCOUNT|S|SAMPLES?|B|C2|C3|CARRIAGE|CRUK|PADS|ADJUST\d*|"
    r"BANK ?CHARGES|AMAZON ?FEE|FEES?|SHIPPING|SHIPPING[-_ ].*|DELIVERY|FREIGHT|TIPS?|TAX|VAT|"
    r"ROUNDING|DEPOSIT|DONATION|GIFT[-_ ]?(CARD|WRAP|VOUCHER).*|GIFT_\d.*|VOUCHER.*|COUPON.*|TEST\d*)$"
)
_CANCELLED = r"(?i)^(cancel.*|void.*|refused|failed|expired)$"


@dataclass(frozen=True)
class FromInvoices:
    """What invoice lines became.

    sales : item, location, date, quantity, price; one row per item, location and day
    items : item, title, price; one row per item sold
    reconciliation : place, lines, units, money; the last row is their sum
    findings : what was noticed
    """

    sales: pl.DataFrame
    items: pl.DataFrame
    reconciliation: pl.DataFrame
    findings: tuple[Finding, ...]


def from_invoices(
    lines: pl.DataFrame, *, cancel_days: int = CANCEL_DAYS, n_set_aside: int = 0
) -> FromInvoices:
    """Sales and items from invoice lines, with the account of what became of every line.

    Parameters
    ----------
    lines : columns of `onhand.data.schema.INVOICES`; optional ones may be missing
        In the order of the file: of two lines of one day, the upper one came first.
    cancel_days : int, days >= 0
        A return within so many days of its sale cancels it; a later one leaves the sale standing.
    n_set_aside : int
        Lines that could not be read, for the account.

    >>> import datetime as dt
    >>> lines = pl.DataFrame({"invoice": ["1", "C2", "3"], "item": ["a", "a", "POST"],
    ...     "date": [dt.date(2024, 1, 2)] * 3, "quantity": [10.0, -4.0, 1.0], "price": [2.0, 2.0, 9.0]})
    >>> out = from_invoices(lines)
    >>> out.sales["quantity"].to_list()
    [6.0]
    >>> out.reconciliation.filter(pl.col("lines") > 0).rows()
    [('sales', 1, 6.0, 12.0), ('cancelled', 1, 0.0, 0.0), ('not a product', 1, 1.0, 9.0), ('sum', 3, 7.0, 21.0)]
    """
    lines = _complete(lines)
    place, kept, taken = _settle(lines, cancel_days)
    account = _account(lines, place, taken, n_set_aside)
    sold = lines.with_columns(pl.Series("kept", kept)).filter(pl.Series(kept > 0))
    sales = (
        sold.group_by("item", "location", "date")
        .agg(
            quantity=pl.col("kept").sum(),
            money=(pl.col("kept") * pl.col("price")).sum(),
            priced=pl.col("kept").filter(pl.col("price").is_not_null()).sum(),
        )
        .with_columns(price=pl.when(pl.col("priced") > 0).then(pl.col("money") / pl.col("priced")))
        .select("item", "location", "date", "quantity", "price")
        .sort("item", "location", "date")
    )
    return FromInvoices(sales, _items(sold), account, _notice(lines, place, account, cancel_days))


def _complete(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with every column, item codes in upper case, and prices from revenue if need be."""
    wanted = {
        "location": pl.lit("shop"),
        "price": pl.lit(None, pl.Float64),
        "revenue": pl.lit(None, pl.Float64),
        "title": pl.lit(None, pl.String),
        "customer": pl.lit(None, pl.String),
        "status": pl.lit(None, pl.String),
    }
    lines = lines.with_columns(v.alias(k) for k, v in wanted.items() if k not in lines.columns)
    by_line = pl.when(pl.col("quantity") != 0).then(pl.col("revenue") / pl.col("quantity"))
    return lines.with_columns(
        pl.col("item").str.to_uppercase(),  # tills accept 85123a for 85123A
        pl.coalesce("price", by_line).alias("price"),
    )


def _settle(
    lines: pl.DataFrame, cancel_days: int
) -> tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.float64]]:
    """Place of each line, units each sale keeps, units of each line that were cancelled."""
    quantity = lines["quantity"].to_numpy().astype(np.float64)
    is_product = ~lines["item"].str.contains(NOT_PRODUCTS).to_numpy()
    has_price = (lines["price"].fill_null(1.0) > 0).to_numpy()
    status = lines["status"].fill_null("")
    # Shopify fills `Cancelled at` with a date, others a status with the word.
    is_void = (
        status.str.contains(_CANCELLED) | status.str.contains(r"^\d{4}-\d\d-\d\d")
    ).to_numpy()
    place = np.full(lines.height, "sales", dtype="<U20")
    place[quantity < 0] = "returns unmatched"
    place[~has_price | (quantity == 0)] = "adjustments"
    place[~is_product] = "not a product"
    place[is_void & (place == "sales")] = "cancelled"
    is_sale, is_return = place == "sales", place == "returns unmatched"
    kept = np.where(is_sale, quantity, 0.0)
    taken = np.where(place == "cancelled", quantity, 0.0)
    _match(lines, is_sale, is_return, kept, taken, place, cancel_days)
    place[is_sale & (kept == 0)] = "cancelled"
    return place, kept, taken


def _match(
    lines: pl.DataFrame,
    is_sale: NDArray[np.bool_],
    is_return: NDArray[np.bool_],
    kept: NDArray[np.float64],
    taken: NDArray[np.float64],
    place: NDArray[np.str_],
    cancel_days: int,
) -> None:
    """Finds each return's sales, newest first, and writes into kept, taken and place."""
    key = pl.concat_str(
        [pl.col("item"), pl.col("location"), pl.col("customer").fill_null("")], separator="\x1f"
    )
    frame = lines.select(key=key, day=pl.col("date").to_physical().cast(pl.Int64)).with_columns(
        line=pl.int_range(pl.len()), sale=pl.Series(is_sale), back=pl.Series(is_return)
    )
    returned = frame.filter("back")["key"].unique()
    frame = frame.filter(
        pl.col("key").is_in(returned.implode()) & (pl.col("sale") | pl.col("back"))
    )
    day = lines["date"].to_physical().to_numpy()
    price = lines["price"].round(2).to_list()
    quantity = lines["quantity"].to_numpy()
    left = kept.copy()  # units of each sale not yet given back
    open_sales: dict[str, _Open] = defaultdict(_Open)
    for name, line, back in frame.sort("day", "line").select("key", "line", "back").iter_rows():
        if not back:
            open_sales[name].push(line, price[line])
            continue
        owed, cancelled, found = -float(quantity[line]), 0.0, 0.0
        while owed > 0 and (sale := open_sales[name].top(price[line])) is not None:
            units = min(owed, left[sale])
            left[sale] -= units
            owed -= units
            found += units
            if day[line] - day[sale] <= cancel_days:
                kept[sale] -= units
                taken[sale] += units
                cancelled += units
            if left[sale] == 0:
                open_sales[name].pop(price[sale])
        taken[line] = -cancelled
        if owed == 0:
            place[line] = "cancelled" if cancelled == found else "returned later"


class _Open:
    """Sales of one item to one customer with units to give back: a stack per price."""

    def __init__(self) -> None:
        self.stacks: dict[float | None, list[tuple[int, int]]] = {}
        self.n = 0

    def push(self, sale: int, price: float | None) -> None:
        self.n += 1
        self.stacks.setdefault(price, []).append((self.n, sale))

    def top(self, price: float | None) -> int | None:
        """The newest sale at this price, else the newest of all; None: there is none."""
        if price in self.stacks:
            return self.stacks[price][-1][1]
        return max((stack[-1] for stack in self.stacks.values()), default=(0, None))[1]

    def pop(self, price: float | None) -> None:
        """Takes the newest sale at this price away."""
        self.stacks[price].pop()
        if not self.stacks[price]:
            del self.stacks[price]


def _account(
    lines: pl.DataFrame,
    place: NDArray[np.str_],
    taken: NDArray[np.float64],
    n_set_aside: int,
) -> pl.DataFrame:
    """Lines by place; units and money split where a line was cancelled in part."""
    quantity = lines["quantity"].to_numpy().astype(np.float64)
    price = lines["price"].fill_null(0.0).to_numpy().astype(np.float64)
    rows = []
    for name in PLACES:
        here = place == name
        units = np.where(here, quantity - taken, 0.0)
        if name == "cancelled":
            units = taken
        n = n_set_aside if name == "set aside" else int(here.sum())
        rows.append((name, n, float(units.sum()), float((units * price).sum())))
    schema = {"place": pl.String, "lines": pl.Int64, "units": pl.Float64, "money": pl.Float64}
    account = pl.DataFrame(rows, schema=schema, orient="row")
    total = account.select(pl.lit("sum").alias("place"), pl.col("lines", "units", "money").sum())
    return pl.concat([account, total])


def _items(sold: pl.DataFrame) -> pl.DataFrame:
    """Each item sold, with the title it is most often sold under and its latest middle price."""
    titles = (
        sold.filter(pl.col("title").is_not_null())
        .group_by("item", "title")
        .len()
        .sort("item", "len", "title", descending=[False, True, False])
        .unique("item", keep="first", maintain_order=True)
        .select("item", "title")
    )
    prices = (
        sold.filter(pl.col("price").is_not_null())
        .sort("date", maintain_order=True)
        .group_by("item")
        .agg(price=pl.col("price").tail(20).median())
    )
    items = sold.select("item").unique().sort("item")
    return (
        items.join(titles, on="item", how="left").join(prices, on="item", how="left").sort("item")
    )


def _notice(
    lines: pl.DataFrame, place: NDArray[np.str_], account: pl.DataFrame, cancel_days: int
) -> tuple[Finding, ...]:
    rows = {name: (n, units, money) for name, n, units, money in account.iter_rows()}
    found: list[Finding] = []

    def say(name: str, rule: str, advice: str) -> None:
        n, units, money = rows[name]
        if n:
            value = f"{n:,} lines, {units:+,.0f} units, {money:+,.2f} money: {name}"
            found.append(Finding("info", "invoices", rule, value, advice, n))

    say(
        "cancelled",
        "cancelled-lines",
        f"sales taken back within {cancel_days} days, and what took them back; not demand",
    )
    say("returned later", "late-returns", "their sales stay: the customer wanted the units then")
    say(
        "returns unmatched",
        "unmatched-returns",
        "their sales are not in the file; they change nothing",
    )
    say(
        "not a product", "not-products", "postage, fees, vouchers; left out of demand and of orders"
    )
    say(
        "adjustments",
        "adjustments",
        "no price above 0: stock corrections and gifts; left out of demand",
    )
    big = lines.with_columns(place=pl.Series(place)).filter(
        (pl.col("place") == "cancelled") & (pl.col("quantity") >= 1000)
    )
    if big.height:
        top = big.sort("quantity", descending=True).row(0, named=True)
        value = f"an order of {top['quantity']:,.0f} units on {top['date']}, cancelled"
        advice = "left out as never wanted; keep such orders out of any average of your own"
        found.append(
            Finding(
                "warning",
                "invoices",
                "giant-cancelled-orders",
                value,
                advice,
                big.height,
                f"item {top['item']}",
            )
        )
    return tuple(found)
