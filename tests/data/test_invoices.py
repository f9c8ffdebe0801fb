"""Invoice lines become sales, and every line, unit and penny is accounted for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data import from_invoices, read_tables
from onhand.data.invoices import PLACES

DAY = dt.date(2024, 1, 1)
Line = tuple[
    str, str, int, float, float, str | None
]  # invoice, item, day, quantity, price, customer


def _lines(*rows: Line) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "invoice": [r[0] for r in rows],
            "item": [r[1] for r in rows],
            "date": [DAY + dt.timedelta(days=r[2]) for r in rows],
            "quantity": [float(r[3]) for r in rows],
            "price": [float(r[4]) for r in rows],
            "customer": pl.Series([r[5] for r in rows], dtype=pl.String),
        }
    )


def _account(*rows: Line) -> dict[str, tuple[int, float, float]]:
    account = from_invoices(_lines(*rows)).reconciliation
    return {p: (n, u, m) for p, n, u, m in account.iter_rows() if n and p != "sum"}


def test_a_giant_order_cancelled_within_the_hour_was_never_demand() -> None:
    """Both lines vanish, the ordinary sale beside them stays."""
    rows: tuple[Line, ...] = (
        ("1", "a", 0, 74215, 1.04, "x"),
        ("C2", "a", 0, -74215, 1.04, "x"),
        ("3", "a", 0, 12, 1.04, "y"),
    )
    assert from_invoices(_lines(*rows)).sales["quantity"].to_list() == [12]
    assert _account(*rows) == {
        "sales": (1, 12, pytest.approx(12.48)),
        "cancelled": (2, 0, pytest.approx(0)),
    }


def test_a_sale_cancelled_in_part_keeps_the_rest_on_its_own_day() -> None:
    """Ten sold, four taken back two days later: six were sold on the first day."""
    out = from_invoices(_lines(("1", "a", 0, 10, 2, "x"), ("C2", "a", 2, -4, 2, "x")))
    assert out.sales.select("date", "quantity").rows() == [(DAY, 6)]


def test_a_return_after_the_cancel_days_leaves_the_sale_standing() -> None:
    """The customer wanted it then; a replay of that week must not know that it came back."""
    rows: tuple[Line, ...] = (("1", "a", 0, 10, 2, "x"), ("C2", "a", 30, -10, 2, "x"))
    assert _account(*rows) == {"sales": (1, 10, 20), "returned later": (1, -10, -20)}


@pytest.mark.parametrize("other", [("1", "a", 0, 10, 2, "y"), ("1", "b", 0, 10, 2, "x")])
def test_a_return_belongs_to_its_own_customer_and_item(other: Line) -> None:
    """Somebody else's sale, or another item, is no match."""
    account = _account(other, ("C2", "a", 1, -4, 2, "x"))
    assert account["returns unmatched"] == (1, -4, -8)


def test_a_return_takes_the_newest_sale_at_its_own_price_first() -> None:
    """Of three sales, the one at the price of the return gives way, though another is newer."""
    out = from_invoices(
        _lines(
            ("1", "a", 0, 5, 2.0, "x"),
            ("2", "a", 1, 5, 2.0, "x"),
            ("3", "a", 2, 5, 3.0, "x"),
            ("C4", "a", 3, -5, 2.0, "x"),
        )
    )
    assert out.sales.select("date", "quantity").rows() == [
        (DAY, 5),
        (DAY + dt.timedelta(days=2), 5),
    ]


def test_a_return_before_its_sale_matches_nothing() -> None:
    """Time runs one way, also within a day: the upper line came first."""
    assert "returns unmatched" in _account(("C1", "a", 0, -5, 2, "x"), ("2", "a", 0, 5, 2, "x"))


@pytest.mark.parametrize(
    "code",
    ["POST", "DOT", "M", "m", "BANK CHARGES", "AMAZONFEE", "D", "S", "CRUK", "PADS", "C2", "B", "gift_0001_20", "Gift card 50", "SHIPPING"],
)  # fmt: skip
def test_what_is_no_product_is_set_apart(code: str) -> None:
    """Codes of postage, fees, vouchers and corrections."""
    assert set(_account(("1", code, 0, 1, 9, "x"))) == {"not a product"}


@pytest.mark.parametrize(
    "code", ["85123A", "DCGS0003", "M100", "POSTER", "STAMP", "DOTTED", "22423"]
)
def test_codes_that_only_look_like_it_are_products(code: str) -> None:
    """A poster is no postage."""
    assert set(_account(("1", code, 0, 1, 9, "x"))) == {"sales"}


def test_lines_without_a_price_are_adjustments() -> None:
    """Write-offs, found stock and gifts are no sales, in either direction."""
    rows: tuple[Line, ...] = (
        ("1", "a", 0, -30, 0, None),
        ("2", "a", 0, 5, 0, None),
        ("3", "a", 0, 2, -1, None),
    )
    assert _account(*rows) == {"adjustments": (3, -23, -2)}


def test_spellings_of_a_code_in_both_cases_are_one_item() -> None:
    """Tills take 85123a for 85123A."""
    out = from_invoices(_lines(("1", "85123a", 0, 1, 2, "x"), ("2", "85123A", 0, 2, 2, "y")))
    assert out.sales.select("item", "quantity").rows() == [("85123A", 3)]


def test_shopify_orders_are_read_with_their_cancelled_ones_left_out() -> None:
    """One row per line; `Cancelled at` holds a date where the order was cancelled."""
    orders = {
        "Name": ["#1", "#1", "#2"],
        "Email": ["ann@shop.example", None, "bob@shop.example"],
        "Created at": ["2024-01-02 10:00:00 +0100", None, "2024-01-03 11:00:00 +0100"],
        "Lineitem quantity": [2, 1, 7],
        "Lineitem name": ["Cup", "Pot", "Cup"],
        "Lineitem price": ["3.50", "9.00", "3.50"],
        "Lineitem sku": ["cup", "pot", "cup"],
        "Cancelled at": [None, None, "2024-01-03 12:00:00 +0100"],
    }
    tables = read_tables(pl.DataFrame(orders))
    assert tables.sales is not None
    assert tables.items is not None
    assert tables.sales.select("item", "quantity").rows() == [("CUP", 2), ("POT", 1)]
    assert tables.items["title"].to_list() == ["Cup", "Pot"]


def test_amazon_prices_are_those_of_the_whole_line() -> None:
    """`item-price` is the line's money: the unit price is that over the quantity."""
    orders = {
        "amazon-order-id": ["1"],
        "purchase-date": ["2024-01-02T23:30:00+00:00"],
        "order-status": ["Shipped"],
        "sku": ["a"],
        "quantity": ["4"],
        "item-price": ["10.00"],
    }
    tables = read_tables(pl.DataFrame(orders))
    assert tables.sales is not None
    assert tables.sales["price"].to_list() == [2.5]


LINE = st.tuples(
    st.sampled_from(["1", "C2", "3"]),
    st.sampled_from(["a", "b", "POST"]),
    st.integers(0, 20),
    st.integers(-6, 6),
    st.sampled_from([0.0, 1.0, 2.5]),
    st.sampled_from(["x", "y", None]),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(LINE, min_size=1, max_size=40), st.integers(0, 10))
def test_lines_units_and_money_add_up(rows: list[Line], cancel_days: int) -> None:
    """Whatever the lines: the places sum to what came in, and sales are what the account says."""
    lines = _lines(*rows)
    out = from_invoices(lines, cancel_days=cancel_days)
    account = {place: rest for place, *rest in out.reconciliation.iter_rows()}
    assert list(account) == [*PLACES, "sum"]
    money = (lines["quantity"] * lines["price"]).sum()
    assert account["sum"] == [
        len(rows),
        pytest.approx(lines["quantity"].sum()),
        pytest.approx(money),
    ]
    assert account["cancelled"][1] == pytest.approx(0)
    assert out.sales["quantity"].sum() == pytest.approx(account["sales"][1])
    assert (out.sales["quantity"] * out.sales["price"]).sum() == pytest.approx(account["sales"][2])
    assert (out.sales["quantity"] > 0).all()


@settings(deadline=None, max_examples=50)
@given(st.lists(LINE, min_size=1, max_size=40))
def test_a_return_reaches_back_no_further_than_the_cancel_days(rows: list[Line]) -> None:
    """Sales older than a week at an origin are the same whether or not the future is known."""
    rows = sorted(rows, key=lambda r: r[2])
    known = [r for r in rows if r[2] <= 12]
    if not known:
        return
    border = DAY + dt.timedelta(days=12 - 7)
    whole = from_invoices(_lines(*rows)).sales.filter(pl.col("date") < border)
    part = from_invoices(_lines(*known)).sales.filter(pl.col("date") < border)
    assert whole.rows() == part.rows()


def test_the_newest_sale_is_found_among_thousands_in_time() -> None:
    """One busy customer with 20,000 sales and 2,000 returns of one item."""
    rng = np.random.default_rng(0)
    day = np.sort(rng.integers(0, 300, 22_000))
    quantity = np.where(rng.random(22_000) < 1 / 11, -1.0, 1.0)
    lines = pl.DataFrame(
        {
            "invoice": ["1"] * 22_000,
            "item": ["a"] * 22_000,
            "date": [DAY + dt.timedelta(days=int(d)) for d in day],
            "quantity": quantity,
            "price": [1.0] * 22_000,
        }
    )
    account = from_invoices(lines).reconciliation
    assert account["units"][-1] == quantity.sum()
