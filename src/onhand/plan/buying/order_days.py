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
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.supplier_days import OrderDays, order_days_of
from onhand.plan.economics import Economics, whole_periods

__all__ = ["OrderDays", "Timing", "order_days_of", "timing_of"]

_DAY = timedelta(days=1)


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
