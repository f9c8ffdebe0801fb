"""Are numbers written as a planner expects to read them?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.plan import wording as spoken
from onhand.plan.report.wording import KINDS, Wording

words = Wording("GBP", "week")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "£0"), (0.2, "<£1"), (1234.6, "£1,235"), (-1234.4, "−£1,234"), (None, "–")],
)
def test_money_is_whole_signed_and_never_a_false_zero(value, text):
    assert words.money(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0%"), (0.002, "<1%"), (0.5, "50%"), (0.999, ">99%"), (1.0, "100%")]
)
def test_certainty_is_only_claimed_when_there_is_none_to_lose(value, text):
    assert words.share(value) == text


@given(st.integers(0, 10_000).map(lambda n: n / 10_000))
def test_a_share_reads_the_same_in_a_cell_and_in_a_sentence(value):
    """The plan's sentences stand beside the table; two roundings of one number would look wrong."""
    assert words.share(value) == spoken.percent(value)


@given(st.integers(0, 10**7).map(lambda n: n / 100))
def test_units_read_the_same_in_a_cell_and_in_a_sentence(value):
    assert words.units(value) == spoken.units(value)


def test_what_is_unknown_is_a_dash_and_a_minus_is_a_minus():
    assert [words.units(v) for v in (None, float("nan"), -3, 12.0)] == ["–", "–", "−3", "12"]
    assert [words.share(None), words.rate(None), words.day(None)] == ["–"] * 3


def test_a_unit_price_keeps_the_places_it_has():
    assert [words.unit_price(v) for v in (1.875, 2, 1234.5)] == ["£1.875", "£2.00", "£1,234.50"]


def test_an_unknown_currency_is_written_out_and_none_is_left_out():
    assert Wording("CHF", "day").money(5) == "CHF\u00a05"
    assert Wording("", "day").money(5) == "5"
    assert Wording("EUR", "day").exact_money(5) == "€5.00"


def test_dates_do_not_follow_the_locale():
    assert [words.day(d) for d in ("2011-12-09", "2012-03-01T00:00", None, "soon")] == [
        "9 Dec 2011",
        "1 Mar 2012",
        "–",
        "–",
    ]


def test_every_status_has_its_own_word_and_its_own_sign():
    """Nothing is said by colour alone."""
    assert len({word for word, _ in KINDS.values()}) == len(KINDS)
    assert len({sign for _, sign in KINDS.values()}) == len(KINDS)


def test_settings_read_as_they_stand_in_a_file():
    assert [words.value(v) for v in (True, None, 0.25, [1, "a"], 10_000)] == [
        "yes",
        "–",
        "0.25",
        "1, a",
        "10,000",
    ]
