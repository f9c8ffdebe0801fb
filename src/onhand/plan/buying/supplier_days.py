"""On which days does a supplier take orders and work?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from onhand.data.tables import Tables
from onhand.data.weekdays import weekdays_in

__all__ = ["OrderDays", "order_days_of"]

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
