"""Orders are placed on order days, no date lies in the past, and stock is bought ahead of a closure."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.plan.buying.order_days import OrderDays

DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31))


@settings(max_examples=200, deadline=None)
@given(
    today=DAYS,
    wanted=st.frozensets(st.integers(0, 6)),
    first=DAYS,
    length=st.integers(0, 40),
    lead=st.integers(0, 60),
)
def test_no_order_and_no_arrival_on_a_closed_day(
    today: date, wanted: frozenset[int], first: date, length: int, lead: int
) -> None:
    """Ordered on an order day from today on; exactly the lead time's open days later it is there."""
    days = OrderDays(wanted, ((first, first + timedelta(days=length)),))
    ordered = days.first_from(today)
    comes = days.arrival(ordered, lead)
    assert today <= ordered <= comes
    assert not days.is_closed(ordered)
    assert not wanted or ordered.weekday() in wanted
    between = [ordered + timedelta(days=d) for d in range(1, (comes - ordered).days + 1)]
    assert sum(not days.is_closed(day) for day in between) == lead
    assert lead == 0 or not days.is_closed(comes)
