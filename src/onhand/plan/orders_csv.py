"""How do the orders leave for a spreadsheet or an ERP?"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from onhand.plan.plan import Plan

__all__ = ["orders_csv", "write_orders_csv"]

COLUMNS = (
    "order_date",
    "due_date",
    "supplier",
    "item",
    "location",
    "title",
    "quantity",
    "unit_cost",
    "cost",
    "currency",
    "stockout_probability_without",
    "stockout_probability_with",
    "money_at_risk_without",
    "money_at_risk_with",
    "id",
    "reason",
)


def orders_csv(plan: Plan) -> str:
    """The order lines as CSV. A cell that a spreadsheet would run as a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in plan.orders:
        cells = {"currency": plan.shop.currency, "reason": line.sentence}
        writer.writerow(
            _safe(cells[name] if name in cells else getattr(line, name)) for name in COLUMNS
        )
    return text.getvalue()


def write_orders_csv(plan: Plan, path: str | Path) -> None:
    """Write `orders.csv`, with the mark that makes spreadsheets read it as UTF-8."""
    Path(path).write_text(orders_csv(plan), encoding="utf-8-sig", newline="")


def _safe(value: object) -> str:
    """A cell's text: numbers plain, one line, and no text that begins like a formula.

    >>> _safe("=HYPERLINK(1)"), _safe(12.0), _safe(0.5), _safe("green\\ntea")
    ("'=HYPERLINK(1)", '12', '0.5', 'green tea')
    """
    if isinstance(value, float):
        return f"{value:.0f}" if value == int(value) else repr(value)
    text = re.sub(r"[\x00-\x1f]+", " ", str(value))
    return f"'{text}" if re.match(r"\s*[=+\-@＝＋－＠]", text) else text
