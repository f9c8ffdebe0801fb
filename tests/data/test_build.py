"""Tables become a panel: sums are kept, silence is zero, what did not exist is unknown."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data import Tables, build_panel, read_tables
from onhand.data.panel import Frequency
from onhand.errors import InputError

DAY = dt.date(2024, 1, 1)
NAN = float("nan")


def _day(n: int) -> dt.date:
    return DAY + dt.timedelta(days=n)


def _sales(**columns: list[object]) -> dict[str, list[object]]:
    n = len(columns["quantity"])
    return {"item": ["a"] * n, "date": [_day(k) for k in range(n)], **columns}


def _row(values: object) -> list[float]:
    return [round(float(v), 4) for v in np.asarray(values)[0]]


def test_before_the_first_sale_nothing_is_known() -> None:
    """An item sold from the third day on has NaN for two days, then sales and zeros."""
    sales = {"item": ["b", "a", "a"], "date": [_day(0), _day(2), _day(4)], "quantity": [1, 5, 2]}
    panel = build_panel(read_tables({"sales": sales}))
    assert panel.items.tolist() == ["a", "b"]
    np.testing.assert_array_equal(panel.sales, [[NAN, NAN, 5, 0, 2], [1, 0, 0, 0, 0]])


def test_a_zero_row_starts_life_only_where_it_says_in_stock() -> None:
    """Exports full of zeros from before the launch are no demand; a marked shelf is."""
    silent = build_panel(read_tables({"sales": _sales(quantity=[0, 0, 3])}))
    np.testing.assert_array_equal(silent.sales, [[NAN, NAN, 3]])
    marked = build_panel(read_tables({"sales": _sales(quantity=[0, 0, 3], in_stock=[0, 1, 1])}))
    np.testing.assert_array_equal(marked.sales, [[NAN, 0, 3]])


def test_stock_counted_and_dates_of_items_start_and_end_life() -> None:
    """Stock on the second day; or launched and discontinued as the items table says."""
    sales = {"item": ["b", "a"], "date": [_day(0), _day(4)], "quantity": [1, 5]}
    stock = {"item": ["a"], "date": [_day(1)], "on_hand": [9]}
    panel = build_panel(read_tables({"sales": sales, "stock": stock}))
    np.testing.assert_array_equal(panel.sales[0], [NAN, 0, 0, 0, 5])
    items = {"item": ["b"], "launched": ["2024-01-01"], "discontinued": ["2024-01-03"]}
    panel = build_panel(read_tables({"sales": sales, "items": items}))
    np.testing.assert_array_equal(panel.sales[1], [1, 0, NAN, NAN, NAN])


def test_returns_are_taken_off_the_period_they_came_back_in() -> None:
    """Two sold and three back on one day are minus one: the sum is the shop's own."""
    sales = {"item": ["a"] * 3, "date": [_day(0), _day(1), _day(1)], "quantity": [5, 2, -3]}
    assert build_panel(read_tables({"sales": sales})).sales.tolist() == [[5, -1]]


def test_in_stock_shares_are_averaged_over_the_period() -> None:
    """Seven days of which two were half empty make a week of 6/7."""
    share = [1, 1, 1, 1, 1, 0.5, 0.5] * 2
    tables = read_tables({"sales": _sales(quantity=[1] * 14, in_stock=share)})
    panel = build_panel(tables, frequency="week")
    assert panel.in_stock.tolist() == [[pytest.approx(6 / 7), pytest.approx(6 / 7)]]


def test_a_price_paid_is_observed_and_only_a_planned_one_is_known() -> None:
    """What customers paid in a period is not known before it: a replay must not see it coming."""
    sales = _sales(quantity=[1, 0, 2], price=[2.0, None, 2.5], promotion=[0, 1, 0])
    panel = build_panel(read_tables({"sales": sales}))
    assert dict(panel.known) == {}
    assert _row(panel.observed["price"]) == [2.0, 2.0, 2.5]
    assert _row(panel.observed["promotion"]) == [0, 1, 0]
    assert panel.until(1).observed["price"].shape == (1, 1)


def test_a_price_stands_until_another_is_seen_and_the_calendar_plans_ahead() -> None:
    """Known covariates reach as far as the calendar; a row for one item overrides one for all."""
    calendar = {
        "date": [_day(3), _day(4), _day(4), _day(4)],
        "item": [None, None, "a", None],
        "holiday": [1, None, None, None],
        "promotion": [None, 0, 1, None],
        "price": [None, None, 1.5, None],
        "rain": [0.5, 0.25, None, None],
    }
    sales = _sales(quantity=[1, 0, 2], price=[2.0, None, 2.5], promotion=[0, 1, 0])
    panel = build_panel(read_tables({"sales": sales, "calendar": calendar}))
    assert panel.n_future == 2
    assert _row(panel.known["price"]) == [2.0, 2.0, 2.5, 2.5, 1.5]
    assert _row(panel.known["promotion"]) == [0, 1, 0, 0, 1]
    assert _row(panel.known["holiday"]) == [0, 0, 0, 1, 0]
    np.testing.assert_allclose(panel.known["rain"], [[NAN, NAN, NAN, 0.5, 0.25]])


def test_a_price_paid_later_was_not_known_before() -> None:
    """The calendar plans two prices; what was paid in between is absent at an earlier origin."""
    calendar = {"item": ["a", "a"], "date": [_day(3), _day(6)], "price": [1.5, 1.0]}
    sales = _sales(quantity=[1, 3, 2, 4, 2], price=[2.0, 1.2, 2.5, 9.0, 1.1])
    panel = build_panel(read_tables({"sales": sales, "calendar": calendar}))
    assert _row(panel.known["price"]) == [2.0, 1.2, 2.5, 1.5, 1.1, 1.1, 1.0]
    before = [2.0, 2.0, 2.0, 1.5, 1.5, 1.5, 1.0]
    assert _row(panel.until(1).known["price"]) == before
    assert _row(panel.until(3).until(1).known["price"]) == before


def test_an_empty_price_is_the_revenue_over_the_quantity() -> None:
    """Money of the row stands in for the price of a unit, where something was sold."""
    sales = _sales(quantity=[4, 0, 2], price=[None, None, 9.0], revenue=[10.0, 0.0, 2.0])
    panel = build_panel(read_tables({"sales": sales}))
    assert _row(panel.observed["price"]) == [2.5, 2.5, 9.0]


def test_a_number_of_sales_is_known_ahead_only_where_the_calendar_plans_it() -> None:
    """`discount` in sales alone is observed; with a calendar column of that name it is known."""
    sales = _sales(quantity=[1, 2, 3], discount=[1.0, 0.9, 0.8], order_id=[11, 12, 13])
    panel = build_panel(read_tables({"sales": sales}))
    assert set(panel.observed) == {"discount"}
    plan = {"date": [_day(3)], "item": ["a"], "discount": [0.7]}
    panel = build_panel(read_tables({"sales": sales, "calendar": plan}))
    assert set(panel.observed) == set()
    assert _row(panel.known["discount"]) == [1.0, 0.9, 0.8, 0.7]


def test_holidays_of_a_week_are_a_share_of_its_days() -> None:
    """One holiday in a week is one seventh, and no holiday is none."""
    calendar = {"date": [_day(2), _day(4)], "holiday": [1, 0]}
    tables = read_tables({"sales": _sales(quantity=[1] * 14), "calendar": calendar})
    panel = build_panel(tables, frequency="week")
    assert _row(panel.known["holiday"]) == [round(1 / 7, 4), 0]


def test_shoppers_and_the_market_are_observed_afterwards() -> None:
    """Events are counted per kind; an indicator holds until the next is published."""
    events = {
        "item": ["a", "a", "a"],
        "time": [_day(0), _day(0), _day(1)],
        "kind": ["view", "view", "cart"],
    }
    market = {"indicator": ["fx", "fx"], "date": [_day(1), _day(9)], "value": [1.1, 1.2]}
    sales = _sales(quantity=[1, 2, 3])
    panel = build_panel(read_tables({"sales": sales, "interactions": events, "market": market}))
    assert _row(panel.observed["n_view"]) == [2, 0, 0]
    assert _row(panel.observed["n_cart"]) == [0, 1, 0]
    np.testing.assert_allclose(panel.observed["fx"], [[NAN, 1.1, 1.1]], rtol=1e-6)


def test_facts_of_items_and_locations_stand_beside_each_row() -> None:
    """Texts and numbers, by item and by location; identifiers stay texts."""
    sales = {"item": ["b", "a"], "location": ["s", "t"], "date": [DAY, _day(1)], "quantity": [1, 2]}
    items = {"item": ["a"], "title": ["Apple"], "weight": [1.5], "group_id": [7]}
    places = {"location": ["s", "t"], "city": ["Rome", None], "area": [100, 200]}
    panel = build_panel(read_tables({"sales": sales, "items": items, "locations": places}))
    assert panel.static["title"].tolist() == ["Apple", "b"]
    assert panel.static["group_id"].tolist() == ["7", ""]
    np.testing.assert_array_equal(panel.static["weight"], [1.5, NAN])
    assert panel.static["city"].tolist() == ["", "Rome"]
    assert panel.static["area"].tolist() == [200, 100]


def test_days_before_the_first_whole_week_are_left_out() -> None:
    """Sixteen days make two weeks that end on the last day."""
    panel = build_panel(read_tables({"sales": _sales(quantity=[1] * 16)}), frequency="week")
    assert panel.frequency is Frequency.WEEK
    assert panel.sales.tolist() == [[7, 7]]
    assert panel.dates[0] == np.datetime64(_day(2))


def test_the_calendar_overrules_what_sales_say_of_closed_days() -> None:
    """An open day without a sale stays open, a closed day with one stays closed."""
    calendar = {"date": [_day(0), _day(1), _day(2)], "is_open": [1, 0, 1]}
    panel = build_panel(read_tables({"sales": _sales(quantity=[1, 0, 3]), "calendar": calendar}))
    assert panel.is_open.tolist() == [1, 0, 1]


def test_a_shop_with_one_of_two_places_closed_is_half_open() -> None:
    """Openings told by location are averaged over the stock points."""
    sales = {
        "item": ["a"] * 4,
        "location": ["s", "t"] * 2,
        "date": [_day(0)] * 2 + [_day(1)] * 2,
        "quantity": [1] * 4,
    }
    calendar = {"date": [_day(1), _day(1)], "location": ["s", "t"], "is_open": [1, 0]}
    panel = build_panel(read_tables({"sales": sales, "calendar": calendar}))
    assert panel.is_open.tolist() == [1, 0.5]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from("st"), st.integers(0, 40), st.integers(-3, 9)
        ),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(["day", "week", "auto"]),
)
def test_units_are_neither_lost_nor_made(
    rows: list[tuple[str, str, int, int]], frequency: str
) -> None:
    """Oracle: the panel's sums by stock point are those of a plain group-by over its periods."""
    rows = [*rows, ("a", "s", 0, 1), ("b", "t", 40, 1), ("c", "s", 17, 1)]
    sales = pl.DataFrame(
        {
            "item": [r[0] for r in rows],
            "location": [r[1] for r in rows],
            "date": [_day(r[2]) for r in rows],
            "quantity": [float(r[3]) for r in rows],
        }
    )
    panel = build_panel(Tables(sales=sales), frequency=frequency)
    start = panel.dates[0].item()
    inside = sales.filter(pl.col("date") >= start)
    plain = {
        (item, location): units
        for item, location, units in inside.group_by("item", "location")
        .agg(pl.col("quantity").sum())
        .iter_rows()
    }
    ours = dict(
        zip(
            zip(panel.items, panel.locations, strict=True),
            np.nansum(panel.sales, axis=1),
            strict=True,
        )
    )
    assert set(ours) == set(plain)
    for key, units in plain.items():
        assert ours[key] == pytest.approx(units)


@settings(deadline=None, max_examples=50)
@given(st.permutations(list(range(8))))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    """Any order of the same rows gives the same panel."""
    frame = pl.DataFrame(
        {
            "item": list("abcabcab"),
            "date": [_day(k % 5) for k in range(8)],
            "quantity": [1.0, 2, 3, 4, 5, 6, 7, 8],
            "price": [1.0, 2, None, 4, 5, 6, 7, None],
        }
    )
    one = build_panel(read_tables({"sales": frame}))
    other = build_panel(read_tables({"sales": frame[order]}))
    np.testing.assert_array_equal(one.sales, other.sales)
    np.testing.assert_array_equal(one.observed["price"], other.observed["price"])


def test_without_sales_or_with_a_wrong_frequency_it_says_what_to_do() -> None:
    """Two plain messages."""
    with pytest.raises(InputError, match="give a table with item, date and quantity"):
        build_panel(Tables())
    with pytest.raises(InputError, match="choose auto, day, week or month"):
        build_panel(read_tables({"sales": _sales(quantity=[1])}), frequency="hour")


def test_a_calendar_row_far_ahead_does_not_widen_what_is_known() -> None:
    """A holiday in 2099 is a typing error; the ones of the next year stay."""
    days = [f"2024-01-{day:02d}" for day in range(1, 29)]
    sales = {"item": ["a"] * 28, "date": days, "quantity": [1] * 28}
    calendar = {"date": ["2024-02-10", "2099-12-25"], "holiday": [1, 1]}
    panel = build_panel(read_tables({"sales": sales, "calendar": calendar}), frequency="day")
    assert panel.known["holiday"].shape[1] < 28 + 4 * 366
    assert panel.known["holiday"][0, 28 + 12] == 1
