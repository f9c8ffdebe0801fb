"""Periods are as long as the data says, end with the data, and know when the shop was closed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data.calendar import SHORT, closed_days, future_open, periods_for, spacing
from onhand.data.panel import Frequency, Panel
from onhand.errors import HistoryError

MONDAY = int(np.datetime64("2024-01-01", "D").astype(int))


def _days(text: str) -> np.ndarray:
    return np.array(text.split(), dtype="datetime64[D]").astype(np.int64)


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        (_days("2024-01-01 2024-01-02 2024-01-05"), Frequency.DAY),
        (_days("2024-01-01 2024-01-08 2024-01-22"), Frequency.WEEK),
        (_days("2024-01-01 2024-02-01 2024-04-01"), Frequency.MONTH),
        (_days("2024-01-31 2024-02-29 2024-03-31"), Frequency.MONTH),
        (_days("2024-01-01 2024-01-08"), Frequency.DAY),  # two dates say nothing
    ],
)
def test_the_input_shows_its_own_spacing(days: np.ndarray, wanted: Frequency) -> None:
    """Weekly and monthly data are recognised by their dates, gaps included."""
    assert spacing(days) is wanted


def test_short_histories_are_daily_and_long_ones_weekly() -> None:
    """26 weeks are the border, unless the input is coarser or the user says otherwise."""
    short, long = np.arange(SHORT - 1), np.arange(SHORT)
    assert periods_for(short, "auto")[0].frequency is Frequency.DAY
    assert periods_for(long, "auto")[0].frequency is Frequency.WEEK
    assert periods_for(long, "day")[0].frequency is Frequency.DAY
    assert periods_for(np.arange(0, 700, 7), "auto")[0].frequency is Frequency.WEEK


@settings(deadline=None, max_examples=50)
@given(st.integers(7, 400), st.integers(0, 6))
def test_weeks_of_daily_data_end_on_its_last_day(n: int, shift: int) -> None:
    """The newest week is whole, and only the days before the first whole week are left out."""
    days = np.arange(MONDAY + shift, MONDAY + shift + n)
    periods, _ = periods_for(days, "week")
    starts = periods.starts(periods.n + 1).astype(np.int64)
    assert starts[-1] == days[-1] + 1
    assert 0 <= starts[0] - days[0] < 7
    index = periods.index(days)
    assert np.bincount(index[index >= 0]).tolist() == [7] * periods.n


def test_weekly_data_keeps_its_own_weeks() -> None:
    """Mondays stay Mondays, also over a gap."""
    periods, own = periods_for(MONDAY + np.array([0, 7, 21]), "auto")
    assert own is Frequency.WEEK
    assert periods.dates.astype(np.int64).tolist() == [MONDAY, MONDAY + 7, MONDAY + 14, MONDAY + 21]


def test_a_month_that_is_not_over_is_left_out() -> None:
    """Daily data from the 1st of January to the 10th of March has two whole months."""
    days = np.arange(MONDAY, int(np.datetime64("2024-03-11", "D").astype(int)))
    periods, _ = periods_for(days, "month")
    assert periods.dates.astype(str).tolist() == ["2024-01-01", "2024-02-01"]


@pytest.mark.parametrize(
    ("days", "frequency", "message"),
    [
        (np.arange(0), "auto", "no usable row"),
        (np.arange(3), "week", "less than a week"),
        (np.arange(0, 70, 7), "day", "given by week"),
        (np.arange(5, 15), "month", "less than a month"),
    ],
)
def test_what_cannot_be_cut_into_periods_says_why(
    days: np.ndarray, frequency: str, message: str
) -> None:
    """Each message names the next step."""
    with pytest.raises(HistoryError, match=message):
        periods_for(days, frequency)


def test_closed_saturdays_and_holidays_are_found() -> None:
    """A busy shop without Saturdays, closed on one Tuesday."""
    days = np.arange(MONDAY, MONDAY + 70)
    lines = np.where((days - MONDAY) % 7 == 5, 0, 40)
    lines[8] = 0
    closed = closed_days(days, lines)
    assert (closed == (lines == 0)).all()


def test_a_quiet_shop_has_days_without_sales_and_is_open() -> None:
    """Three lines a day by chance: an empty day now and then is no closed day."""
    rng = np.random.default_rng(0)
    days = np.arange(MONDAY, MONDAY + 200)
    assert not closed_days(days, rng.poisson(3.0, 200)).any()


def test_a_quiet_shop_without_sundays_is_closed_on_sundays() -> None:
    """No single empty Sunday is a miracle, all of them together are."""
    days = np.arange(MONDAY, MONDAY + 140)
    lines = np.where((days - MONDAY) % 7 == 6, 0, 3)
    assert np.unique((days[closed_days(days, lines)] - MONDAY) % 7).tolist() == [6]


def test_coming_closed_days_follow_the_weekday_and_the_calendar() -> None:
    """Saturdays stay closed; the calendar can say more, as far as it reaches."""
    is_open = np.array([1, 1, 1, 1, 1, 0, 1] * 4, dtype=np.float32)
    plan = np.r_[is_open, [0.0, np.nan]].astype(np.float32)[None, :]
    panel = Panel.of([np.ones(28)], is_open=is_open, known={"is_open": plan})
    assert future_open(panel, 7).tolist() == [0, 1, 1, 1, 1, 0, 1]


def test_coming_closed_days_are_those_of_late_and_a_closed_month_says_nothing() -> None:
    """Sundays closed for eight weeks stay closed, one open Sunday among them changes nothing, and
    after six weeks without anybody the shop opens on its usual days."""
    weeks = np.ones((30, 7), dtype=np.float32)
    weeks[:, 1] = 0.0  # 1970-01-01 was a Thursday; whichever day this is, it is always closed
    weeks[-8:, 4] = 0.0
    weeks[-3, 4] = 1.0
    lately = Panel.of([np.ones(210)], is_open=weeks.ravel())
    assert future_open(lately, 7).tolist() == [1, 0, 1, 1, 0, 1, 1]
    weeks[:, 4] = 1.0
    weeks[-6:] = 0.0
    reopened = Panel.of([np.ones(210)], is_open=weeks.ravel())
    assert future_open(reopened, 7).tolist() == [1, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(("today", "end"), [(1, 0), (3, 5), (8, 0), (20, 2)])
def test_weeks_end_the_day_before_the_plans_so_that_its_first_week_is_whole(
    today: int, end: int
) -> None:
    """Sales end on New Year's Eve; a plan for January 3rd has weeks that end on Tuesdays."""
    days = np.arange(np.datetime64("2023-01-02"), np.datetime64("2024-01-01")).astype(np.int64)
    periods, _ = periods_for(days, "week", date(2024, 1, today))
    last_day = periods.dates[-1] + 6
    assert last_day == np.datetime64("2023-12-31") - end
    coming = periods.frequency.after(periods.dates[-1], 5)
    assert np.datetime64(date(2024, 1, today)) in coming
