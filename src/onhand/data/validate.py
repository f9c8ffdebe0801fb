"""Do the tables make sense, each alone and all together? The answer is a list of findings."""

from __future__ import annotations

from dataclasses import replace

from onhand.data.findings import Finding
from onhand.data.tables import Tables

__all__ = ["validate"]


def validate(tables: Tables) -> Tables:
    """The same tables with the findings of all rules added."""
    found: list[Finding] = []
    if tables.sales is None:
        found.append(
            Finding(
                "error",
                "sales",
                "no-sales",
                "there is no sales table",
                "give sales.csv with item, date, quantity",
                0,
            )
        )
    return replace(tables, findings=(*tables.findings, *found))
