"""Cells say numbers, shares and dates in many ways; each way is read as it was meant, or refused."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data.values import dates, day_lists, numbers, shares, texts


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1", " 2 ", "-3", "+4", "1e3"], [1, 2, -3, 4, 1000]),
        (["1.234,5", "12"], [1234.5, 12]),
        (["1,234.5", "12"], [1234.5, 12]),
        (["12,5", "1.234"], [12.5, 1234]),  # the comma is the decimal mark of the column
        (["12.5", "1,234"], [12.5, 1234]),
        (["1 234,5", "1\u00a0000,0"], [1234.5, 1000]),
        (["1'234.50", "2"], [1234.5, 2]),
        (["€ 5,50", "5.50 EUR", "$7"], [5.5, 5.5, 7]),
        (["1,234,567", "1"], [1234567, 1]),
        (["1.234.567", "1"], [1234567, 1]),
        (["0,125"], [0.125]),
        (["(5)", "5-", "\u22125"], [-5, -5, -5]),
        (["n/a", "", "-", "null"], [None, None, None, None]),
    ],
)
def test_numbers(cells: list[str], wanted: list[float | None]) -> None:
    """Thousands, decimal marks, currencies and negatives of several countries."""
    parsed = numbers(pl.Series(cells))
    assert parsed.values.to_list() == wanted
    assert not parsed.bad.any()


@pytest.mark.parametrize("cell", ["x", "1,2,3.4.5", "12 units", "inf", "--5", "1e999"])
def test_what_is_no_number_is_bad_and_not_null(cell: str) -> None:
    """A word is not an empty cell."""
    parsed = numbers(pl.Series(["1", cell]))
    assert parsed.bad.to_list() == [False, True]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 2)), min_size=1, max_size=20))
def test_numbers_written_in_two_countries_are_the_same(values: list[float]) -> None:
    """English and German spellings of one column give one column, once a cent tells them apart."""
    values = [*values, 0.25]
    english = [f"{v:,.2f}" for v in values]
    german = [t.translate(str.maketrans(",.", ".,")) for t in english]
    assert numbers(pl.Series(english)).values.to_list() == pytest.approx(values)
    assert numbers(pl.Series(german)).values.to_list() == pytest.approx(values)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("2024-02-29 23:59:59", dt.date(2024, 2, 29)),
        ("2024-03-31T02:30:00+02:00", dt.date(2024, 3, 31)),  # an hour that the clock skipped
        ("29/02/2024", dt.date(2024, 2, 29)),
        ("29.2.24", dt.date(2024, 2, 29)),
        ("2024/2/29", dt.date(2024, 2, 29)),
        ("20240229", dt.date(2024, 2, 29)),
        ("29 Feb 2024", dt.date(2024, 2, 29)),
        ("29-Feb-24", dt.date(2024, 2, 29)),
        ("Feb 29, 2024", dt.date(2024, 2, 29)),
        ("Thu, 29 February 2024", dt.date(2024, 2, 29)),
        ("29. Februar 2024", dt.date(2024, 2, 29)),
        ("2024-02", dt.date(2024, 2, 1)),
        ("2024-W09", dt.date(2024, 2, 26)),
        ("45351", dt.date(2024, 2, 29)),
        ("1709164800", dt.date(2024, 2, 29)),
        ("2/29/2024 4:05:00 PM", dt.date(2024, 2, 29)),
        ("2023-02-29", None),
        ("31/04/2024", None),
        ("0001-01-01", None),
        ("1899-12-30", None),
        ("9999-12-31", None),
        ("tomorrow", None),
        ("3", None),
    ],
)
def test_dates(cell: str, wanted: dt.date | None) -> None:
    """Each spelling, alone in its column."""
    parsed = dates(pl.Series([cell]))
    assert parsed.values.to_list() == [wanted]
    assert parsed.bad.to_list() == [wanted is None]


def test_the_column_decides_between_day_first_and_month_first() -> None:
    """`03/04` alone means two days; a neighbour of the 13th or later says which."""
    assert dates(pl.Series(["03/04/2024", "13/04/2024"])).values[0] == dt.date(2024, 4, 3)
    assert dates(pl.Series(["03/04/2024", "04/13/2024"])).values[0] == dt.date(2024, 3, 4)


def test_without_a_hint_the_dates_that_lie_closer_win_and_it_is_said() -> None:
    """1/5, 1/6 and 1/7 are three days in a row sooner than three months in a row."""
    parsed = dates(pl.Series(["1/5/2024", "1/6/2024", "1/7/2024"]))
    assert parsed.values.to_list() == [dt.date(2024, 1, d) for d in (5, 6, 7)]
    assert "unclear-date-order" in parsed.assumed


def test_dates_keep_the_clock_they_were_written_on() -> None:
    """Half past eleven at night in Berlin is that day, whatever it is in London."""
    stamp = dt.datetime(2024, 1, 1, 22, 30, tzinfo=dt.UTC)
    cells = pl.Series([stamp]).dt.convert_time_zone("Europe/Berlin")
    assert dates(cells).values.to_list() == [dt.date(2024, 1, 1)]
    assert dates(pl.Series(["2024-01-01T23:30:00+01:00"])).values[0] == dt.date(2024, 1, 1)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.dates(dt.date(1980, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=20))
def test_dates_survive_being_written(days: list[dt.date]) -> None:
    """Written in ISO, in words or as stamps, dates come back."""
    for spelling in ("%Y-%m-%d", "%d %b %Y", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%d"):
        assert dates(pl.Series([d.strftime(spelling) for d in days])).values.to_list() == days


def test_shares_are_words_percentages_or_numbers() -> None:
    """Flags of several systems."""
    cells = ["TRUE", "no", "Out of stock", "75%", "0,5", "1", "maybe", None]
    parsed = shares(pl.Series(cells), decimal_comma=True)
    assert parsed.values.to_list() == [1, 0, 0, 0.75, 0.5, 1, None, None]
    assert parsed.bad.to_list() == [False] * 6 + [True, False]


def test_keys_stay_texts() -> None:
    """Leading zeros stay, float artefacts of pandas go, spaces around go."""
    assert texts(pl.Series(["007", " 8 "])).values.to_list() == ["007", "8"]
    assert texts(pl.Series([7.0, 8.0])).values.to_list() == ["7", "8"]
    assert texts(pl.Series([7.5])).values.to_list() == ["7.5"]
    assert texts(pl.Series(["a", "b"], dtype=pl.Categorical)).values.to_list() == ["a", "b"]


def test_lists_of_days() -> None:
    """Observed lead times in one cell."""
    parsed = day_lists(pl.Series(["7", "7, 8;9", "[1 2]", "a week", None]))
    assert parsed.values.to_list() == ["7", "7;8;9", "1;2", None, None]
    assert parsed.bad.to_list() == [False, False, False, True, False]
