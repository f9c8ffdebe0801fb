"""On which day can it be ordered, when does it come, and when does the order after it come?

A supplier may take orders on some weekdays only, and may close for a while. Closed, it neither takes
orders nor works on them: a lead time that meets a closure grows by the days of it. What is ordered now
must then last until the order of the next order day arrives, so stock is bought ahead of a closure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.data.weekdays import weekdays_in
from onhand.inventory.terms import SupplyTerms
from onhand.plan.economics import Economics, whole_periods

__all__ = ["OrderDays", "Timing", "order_days_of", "timing_of"]

_MOST_DAYS = 730  # a supplier closed for longer is not waited for
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OrderDays:
    """When one supplier takes orders and works.

    weekdays : 0 Monday .. 6 Sunday on which it takes orders; empty: every day
    closures : first and last day of each closure
    """

    weekdays: frozenset[int] = frozenset()
    closures: tuple[tuple[date, date], ...] = ()

    def is_closed(self, day: date) -> bool:
        """Whether the supplier is closed on that day."""
        return any(first <= day <= last for first, last in self.closures)

    def first_from(self, day: date) -> date:
        """The first day on or after `day` on which it takes orders.

        >>> OrderDays(frozenset({0})).first_from(date(2024, 7, 3)).isoformat()   # a Wednesday
        '2024-07-08'
        """
        for ahead in range(_MOST_DAYS):
            found = day + ahead * _DAY
            if not self.is_closed(found) and (
                not self.weekdays or found.weekday() in self.weekdays
            ):
                return found
        return day

    def arrival(self, ordered: date, lead_days: int) -> date:
        """The day on which an order can be sold from; closed days do not count towards the lead time.

        >>> closed = OrderDays(closures=((date(2024, 8, 5), date(2024, 8, 25)),))
        >>> closed.arrival(date(2024, 8, 1), 7).isoformat()
        '2024-08-29'
        """
        day, left, waited = ordered, lead_days, 0
        while left > 0 and waited < _MOST_DAYS + lead_days:
            day += _DAY
            waited += 1
            left -= not self.is_closed(day)
        return day


@dataclass(frozen=True)
class Timing:
    """When this plan's orders are placed and come, each (N,), and the terms for this one review.

    due_date : the day promised;  late_date : the day by which it is there in the share of cases that
        `supply.lead_time_quantile` asks for, by the supplier's record
    terms : lead time until the late date, review period until the next order can be there as late
    """

    order_date: NDArray[np.datetime64]
    due_date: NDArray[np.datetime64]
    terms: SupplyTerms
    late_date: NDArray[np.datetime64]


def order_days_of(tables: Tables) -> Mapping[str | None, OrderDays]:
    """The order days of the suppliers that have any; under None those of all others."""
    closed: dict[str | None, list[tuple[date, date]]] = {}
    if tables.closures is not None:
        for row in tables.closures.iter_rows(named=True):
            closed.setdefault(row.get("supplier"), []).append(
                (row["closed_from"], row["closed_to"])
            )
    days: dict[str | None, frozenset[int]] = {}
    if tables.suppliers is not None and "order_weekdays" in tables.suppliers.columns:
        for supplier, text in tables.suppliers.select("supplier", "order_weekdays").iter_rows():
            days[supplier] = weekdays_in(text or "")[0]
    everywhere = closed.get(None, [])
    return {
        name: OrderDays(
            days.get(name, frozenset()), tuple(closed.get(name, [])) + tuple(everywhere)
        )
        if name is not None
        else OrderDays(closures=tuple(everywhere))
        for name in {None, *closed, *days}
    }


def timing_of(
    panel: Panel,
    terms: Economics,
    days: Mapping[str | None, OrderDays],
    today: date | None = None,
) -> Timing:
    """When what is ordered now is ordered and comes, and the terms that follow for this review.

    today : a day within the coming period, before which nothing is ordered; None: its first day
    """
    n = panel.n_series
    begin = panel.future_dates(1)[0]
    start = begin if today is None else max(begin, np.datetime64(today, "D"))
    lead = np.ceil(terms.lead_time_days).astype(np.int64)
    promised = terms.promised_days
    order_date = np.full(n, start)
    due_date = start + promised.astype("timedelta64[D]")
    late_date = start + lead.astype("timedelta64[D]")
    lead_time = terms.terms.lead_time.copy()
    review_period = terms.terms.review_period.copy()
    kinds = pl.DataFrame(
        {
            "supplier": terms.offer["supplier"],
            "promised": promised,
            "lead": lead,
            "review": np.ceil(terms.review_days).astype(np.int64),
        }
    ).with_row_index("row")
    for kind, rows in kinds.group_by("supplier", "promised", "lead", "review", maintain_order=True):
        own = days.get(kind[0], days.get(None, OrderDays()))
        if own == OrderDays() and start == begin:
            continue
        at = rows["row"].to_numpy()
        now = own.first_from(start.item())
        comes = own.arrival(now, int(kind[2]))
        after = own.first_from(now + int(kind[3]) * _DAY)
        relief = own.arrival(after, int(kind[2]))
        whole = whole_periods(
            panel, np.array([(comes - begin.item()).days, (relief - begin.item()).days], float)
        )
        order_date[at], late_date[at] = np.datetime64(now), np.datetime64(comes)
        due_date[at] = np.datetime64(own.arrival(now, int(kind[1])))
        lead_time[at] = whole[0]
        review_period[at] = max(1, int(whole[1] - whole[0]))
    own_terms = SupplyTerms(
        lead_time, review_period, terms.terms.minimum_order, terms.terms.pack_size
    )
    return Timing(order_date, due_date, own_terms, late_date)
