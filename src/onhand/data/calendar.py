"""Which period does a day belong to, and was the shop open?

**Length of a period.** Dates that lie whole weeks apart are weekly data, dates on one day of the
month are monthly data, and both keep their own spacing. Everything else is daily data: with less
than `SHORT` days of it a period is a day, with more it is a week, because most shops order weekly
and a week has no closed Sundays to explain. Whoever wants days says so.

**Weeks end on the last day of the data.** The plan is made for the day after, so the newest week
must be complete; with weeks that start on Mondays it would be cut, and look like a slump. Where the
plan's day is said, weeks end the day before it, and a last one that is not over is left out. Days
before the first complete week are left out. Weekly data keeps its own weeks. Months are those of
the calendar: a month of daily data that is not over is left out.

**Closed days.** A day on which the whole shop sold nothing counts as closed when that would be a
miracle on an open day (chance below `MIRACLE`, were sale lines Poisson at their usual rate), or
when all days of that weekday together would be one. `is_open` of the calendar table overrules it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.errors import HistoryError

__all__ = [
    "MIRACLE",
    "SHORT",
    "Periods",
    "closed_days",
    "future_open",
    "periods_for",
    "spacing",
    "with_unseen",
]

SHORT = 26 * 7  # days
_RECENT = 8  # weeks that tell on which days a shop opens
MIRACLE = 1e-4

Days = NDArray[np.int64]  # days since 1970-01-01


def spacing(days: Days) -> Frequency:
    """How far apart the dates of the input lie: their own frequency.

    `days`: the distinct days, ascending. Fewer than three say nothing: daily.

    >>> spacing(np.array([0, 7, 21, 28])).value
    'week'
    """
    if len(days) < 3:
        return Frequency.DAY
    if (np.diff(days) % 7 == 0).all():
        return Frequency.WEEK
    stamps = days.astype("datetime64[D]")
    months = stamps.astype("datetime64[M]")
    day_of_month = (stamps - months).astype(int)
    is_last = (stamps + 1).astype("datetime64[M]") != months
    if len(np.unique(months)) == len(days) and (len(np.unique(day_of_month)) == 1 or is_last.all()):
        return Frequency.MONTH
    return Frequency.DAY


class Periods:
    """The T periods of a panel: their first days, and the period each day falls in.

    Parameters
    ----------
    frequency : length of a period
    first : first day of the first period, datetime64[D]
    n : number of periods, T
    """

    def __init__(self, frequency: Frequency, first: np.datetime64, n: int) -> None:
        self.frequency = frequency
        self.first = first.astype("datetime64[D]")
        self.n = n

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """First day of each period, (T,)."""
        return self.starts(self.n)

    def starts(self, n: int) -> NDArray[np.datetime64]:
        """First days of the first `n` periods, also beyond T."""
        return np.concatenate([self.first[None], self.frequency.after(self.first, n - 1)])

    def index(self, days: Days) -> NDArray[np.int64]:
        """Number of the period of each day; negative before the first, >= T after the last."""
        if self.frequency is Frequency.MONTH:
            months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
            return months - int(self.first.astype("datetime64[M]").astype(np.int64))
        length = 7 if self.frequency is Frequency.WEEK else 1
        return np.floor_divide(days - int(self.first.astype(np.int64)), length)


def periods_for(days: Days, frequency: str, today: date | None = None) -> tuple[Periods, Frequency]:
    """The periods of a panel and the spacing of its input (the rule is at the top of this file).

    Parameters
    ----------
    days : distinct days with sales records, ascending
    frequency : "auto", "day", "week" or "month"
    today : the day the plan is for, where that is said: weeks of daily data then end the day before it

    Raises
    ------
    HistoryError
        When not one whole period lies in the data, or the input is coarser than asked.
    """
    if len(days) == 0:
        raise HistoryError(
            "sales hold no usable row; look at the findings and at the rows set aside"
        )
    own = spacing(days)
    wanted = _choose(own, days) if frequency == "auto" else Frequency(frequency)
    order = [Frequency.DAY, Frequency.WEEK, Frequency.MONTH]
    if order.index(wanted) < order.index(own):
        raise HistoryError(
            f"sales are given by {own.value}, so they cannot be planned by {wanted.value}; "
            f"choose frequency {own.value!r} or 'auto'"
        )
    first, last = (np.datetime64(int(d), "D") for d in (days[0], days[-1]))
    if wanted is Frequency.MONTH:
        return _months(first, last, is_complete=own is Frequency.MONTH), own
    if wanted is Frequency.DAY or own is Frequency.WEEK:
        step = 1 if wanted is Frequency.DAY else 7
        return Periods(wanted, first, int((last - first).astype(int)) // step + 1), own
    if today is not None:
        last = last - int((last - np.datetime64(today, "D")).astype(int) + 1) % 7
    n = (int((last - first).astype(int)) + 1) // 7
    if n < 1:
        raise HistoryError(
            f"sales span {first} to {last}, less than a week; choose frequency 'day'"
        )
    return Periods(wanted, last - 7 * n + 1, n), own


def _choose(own: Frequency, days: Days) -> Frequency:
    if own is not Frequency.DAY:
        return own
    return Frequency.DAY if days[-1] - days[0] + 1 < SHORT else Frequency.WEEK


def _months(first: np.datetime64, last: np.datetime64, *, is_complete: bool) -> Periods:
    start, end = first.astype("datetime64[M]"), last.astype("datetime64[M]")
    if not is_complete and (last + 1).astype("datetime64[M]") == end:
        end = end - 1  # the month is not over
    if not is_complete and start.astype("datetime64[D]") != first and start < end:
        start = start + 1
    n = int((end - start).astype(int)) + 1
    if n < 1:
        raise HistoryError(
            f"sales span {first} to {last}, less than a month; choose frequency 'week'"
        )
    return Periods(Frequency.MONTH, start.astype("datetime64[D]"), n)


def closed_days(days: Days, n_lines: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which days the shop was closed, judged by its own sales lines; (D,) like `days`.

    Parameters
    ----------
    days : every day from the first to the last
    n_lines : rows with a positive quantity on each day

    >>> days = np.arange(4, 4 + 70)  # 1970-01-05 was a Monday
    >>> lines = np.where(days % 7 == 2, 0, 30)  # nothing on Saturdays
    >>> np.unique(days[closed_days(days, lines)] % 7).tolist()
    [2]
    """
    is_closed = np.zeros(len(days), dtype=bool)
    has_sales = n_lines > 0
    if not has_sales.any():
        return is_closed
    usual = float(np.median(n_lines[has_sales]))
    weekday = days % 7
    for w in range(7):
        mine = weekday == w
        n = int(mine.sum())
        if n == 0:
            continue
        empty = mine & ~has_sales
        own = float(np.median(n_lines[mine & has_sales])) if (mine & has_sales).any() else usual
        # All days of the weekday empty: one miracle together. Some: each must be one alone.
        together = usual * n if int(empty.sum()) == n and n >= 3 else own
        if math.exp(-together) < MIRACLE:
            is_closed |= empty
    return is_closed


def open_share(sales: pl.DataFrame, periods: Periods, own: Frequency) -> NDArray[np.float32]:
    """Share of each period's days on which the shop sells, (T,); 1 for weekly and monthly input."""
    if own is not Frequency.DAY:
        return np.ones(periods.n, dtype=np.float32)
    counts = (
        sales.filter(pl.col("quantity") > 0)
        .group_by(pl.col("date").to_physical().alias("day"))
        .len()
        .sort("day")
    )
    starts = periods.starts(periods.n + 1).astype(np.int64)
    days = np.arange(starts[0], starts[-1])
    lines = np.zeros(len(days), dtype=np.int64)
    at = counts["day"].to_numpy() - starts[0]
    inside = (at >= 0) & (at < len(days))
    lines[at[inside]] = counts["len"].to_numpy()[inside]
    is_open = ~closed_days(days, lines)
    which = periods.index(days)
    n_days = np.bincount(which, minlength=periods.n)
    return (np.bincount(which, weights=is_open, minlength=periods.n) / n_days).astype(np.float32)


def future_open(panel: Panel, horizon: int) -> NDArray[np.float32]:
    """Share of each coming period on which the shop will be open, (horizon,).

    What the calendar says where it reaches; beyond, a day is closed when its weekday was open at most
    once in the last eight weeks in which the shop opened at all, and a week or month is open as much as
    the middle one of the last year.

    >>> open_days = [1, 1, 1, 1, 1, 0, 0] * 4
    >>> panel = Panel.of([range(28)], is_open=open_days)
    >>> future_open(panel, 7).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    """
    dates = panel.future_dates(horizon)
    if panel.frequency is Frequency.DAY:
        guess = _usual_days(panel)[dates.astype(np.int64) % 7]
    else:
        guess = np.full(horizon, float(np.median(panel.is_open[-int(panel.frequency.per_year) :])))
    if "is_open" in panel.known:
        planned = panel.known["is_open"][0, panel.n_periods : panel.n_periods + horizon]
        given = np.where(np.isnan(planned), guess[: len(planned)], planned)
        guess[: len(planned)] = given
    return guess.astype(np.float32)


def _usual_days(panel: Panel) -> NDArray[np.float64]:
    """1 for each weekday on which the shop opens of late, 0 for those on which it does not, (7,)."""
    back = np.arange(panel.n_periods)[::-1]  # days before the last one
    week = back // 7
    opened = np.flatnonzero(np.bincount(week, weights=panel.is_open) > 0)[:_RECENT]
    recent = np.isin(week, opened)
    weekday = panel.dates.astype(np.int64) % 7
    usual = np.ones(7)
    for w in range(7):
        days = panel.is_open[recent & (weekday == w)]
        usual[w] = float(len(days) == 0 or (days > 0).sum() > min(1, len(days) - 1))
    return usual


def with_unseen(panel: Panel, n_periods: int) -> Panel:
    """The panel as it is `n_periods` later, of which nothing is known but what was planned.

    Sales and observations are NaN, stock as where it is not recorded (1), the shop open as expected.

    >>> later = with_unseen(Panel.of([[3, 5]], known={"price": np.array([[2.0, 2, 1]])}), 2)
    >>> later.sales.tolist(), later.known["price"].tolist(), str(later.dates[-1])
    ([[3.0, 5.0, nan, nan]], [[2.0, 2.0, 1.0, nan]], '2025-01-01')
    """
    if n_periods <= 0:
        return panel
    width = panel.n_periods + n_periods
    return replace(
        panel,
        dates=np.concatenate([panel.dates, panel.future_dates(n_periods)]),
        sales=_widened(panel.sales, width, np.nan),
        in_stock=_widened(panel.in_stock, width, 1.0),
        is_open=np.concatenate([panel.is_open, future_open(panel, n_periods)]),
        known={name: _widened(v, width, np.nan) for name, v in panel.known.items()},
        observed={name: _widened(v, width, np.nan) for name, v in panel.observed.items()},
        lent={name: _widened(v, width, False) for name, v in panel.lent.items()},
    )


def _widened(values: NDArray[Any], width: int, fill: float) -> NDArray[Any]:
    """An array (R, W) with columns of `fill` up to `width`, if it is narrower."""
    missing = max(0, width - values.shape[1])
    return np.pad(values, ((0, 0), (0, missing)), constant_values=fill) if missing else values
