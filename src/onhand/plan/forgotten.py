"""Did the last plan's orders go out? Nothing here says so, and this plan may ask for them again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from onhand.data.findings import Finding
from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.plan.buying.rules import unplaced
from onhand.plan.plan import Plan
from onhand.plan.wording import plural, units

__all__ = ["with_forgotten"]


def with_forgotten(tables: Tables, panel: Panel, previous: Plan | None) -> Tables:
    """The tables with a finding where orders of the last plan, due to be placed before today, are not in inbound."""
    today = panel.future_dates(1)[0].item()
    lines = [
        line
        for _, line in unplaced(tables, panel, previous)
        if date.fromisoformat(line.order_date) < today
    ]
    if not lines:
        return tables
    first = max(lines, key=lambda line: line.cost)
    value = (
        f"{plural(len(lines), 'order line')} of the last plan, to be placed before {today}, "
        f"{'is' if len(lines) == 1 else 'are'} not in inbound, such as {units(first.quantity)} of item "
        f"{first.item} from {first.supplier} on {first.order_date}"
    )
    found = Finding(
        "warning",
        "inbound",
        "last-plan-not-placed",
        value,
        "enter what was sent in inbound with its order date, or it is ordered again",
        len(lines),
    )
    return replace(tables, findings=(*tables.findings, found))
