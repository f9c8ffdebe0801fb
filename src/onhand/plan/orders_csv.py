"""How do the orders leave for a spreadsheet or an ERP?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from onhand.data.tables import disarmed_text
from onhand.plan.plan import OrderLine, Plan

__all__ = ["TO_SEND", "file_names", "orders_csv", "supplier_csv", "write_orders_csv"]

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

_LONGEST = 100  # bytes of a file's name, most take 255
_RESERVED = re.compile(
    r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE
)  # names of devices elsewhere

TO_SEND = (
    "supplier",
    "order_date",
    "due_date",
    "item",
    "location",
    "title",
    "quantity",
    "unit_cost",
    "cost",
    "currency",
)
"""What a supplier is told of a line: no risks and no reasons."""


def orders_csv(plan: Plan) -> str:
    """The order lines as CSV. A cell that a spreadsheet would run as a formula gets an apostrophe."""
    return _csv(plan, plan.orders, COLUMNS)


def supplier_csv(plan: Plan, supplier: str) -> str:
    """The lines of one supplier as CSV, to be sent: what, how much, where to, at which price, until when."""
    return _csv(plan, (line for line in plan.orders if line.supplier == supplier), TO_SEND)


def _csv(plan: Plan, lines: Iterable[OrderLine], columns: Sequence[str]) -> str:
    """These columns of some lines of a plan, under their names."""
    rows = [",".join(columns)]
    for line in lines:
        cells = {"currency": plan.shop.currency, "reason": line.sentence}
        told = (cells[name] if name in cells else getattr(line, name) for name in columns)
        rows.append(",".join(_quoted(_safe(value)) for value in told))
    return "\n".join(rows) + "\n"


def file_names(suppliers: Iterable[str]) -> dict[str, str]:
    """A name for the file of each supplier, that any file system takes and no two of them share.

    The same suppliers have the same names, in whichever order they come.

    >>> file_names(["Leaf / Co", "Leaf & Co", "", "CON"])
    {'': 'no-supplier.csv', 'CON': 'CON-.csv', 'Leaf & Co': 'Leaf-Co.csv', 'Leaf / Co': 'Leaf-Co-2.csv'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for supplier in sorted(set(suppliers)):
        letters = unicodedata.normalize("NFC", supplier)
        plain = re.sub(r"[^\w]+", "-", letters).strip("-_")
        plain = plain.encode()[:_LONGEST].decode(errors="ignore") or "no-supplier"
        if _RESERVED.fullmatch(plain):
            plain += "-"
        stem, n = plain, 1
        while stem.casefold() in taken:
            n += 1
            stem = f"{plain}-{n}"
        taken.add(stem.casefold())
        names[supplier] = f"{stem}.csv"
    return names


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
    return disarmed_text(text)


def _quoted(cell: str) -> str:
    """A cell in quotes where some spreadsheet would split it: at a comma, a semicolon or a tab.

    >>> _quoted("tea; green"), _quoted('6" pot'), _quoted("tea")
    ('"tea; green"', '"6"" pot"', 'tea')
    """
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",;\t\r\n]', cell) else cell
