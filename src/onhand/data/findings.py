"""What is worth knowing about the data that came in, said as rows and not as exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

__all__ = ["Finding", "Severity", "findings_table", "worst_severity"]

Severity = Literal["error", "warning", "info"]
_RANK = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """One thing we noticed in one table.

    Parameters
    ----------
    severity : "error", "warning" or "info"
        error: the plan cannot be made, or not for these rows, until it is mended.
        warning: a plan is made, on an assumption the planner should look at.
        info: said so that nobody wonders.
    table : str
        The table, or the file name where no table was recognised.
    rule : str
        A stable name for the rule, e.g. `negative-quantity`; programs may match on it.
    value : str
        What was found, with one example.
    advice : str
        What to do about it.
    count : int
        Rows or keys concerned, >= 0.
    key : str
        The first row or key concerned (`line 17`, `item A-1`); empty: the whole table.

    >>> str(Finding("warning", "stock", "negative-stock", "-3 units", "count the shelf", 1, "item A"))
    'warning  stock  negative-stock (1): item A: -3 units; count the shelf'
    """

    severity: Severity
    table: str
    rule: str
    value: str
    advice: str
    count: int = 1
    key: str = ""

    def __post_init__(self) -> None:
        if self.severity not in _RANK:
            raise ValueError(f"severity is {self.severity!r}; choose one of {sorted(_RANK)}")

    def __str__(self) -> str:
        where = f"{self.key}: " if self.key else ""
        return (
            f"{self.severity}  {self.table}  {self.rule} ({self.count}): "
            f"{where}{self.value}; {self.advice}"
        )


def worst_severity(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among findings; None where there are none."""
    return min((f.severity for f in findings), key=_RANK.__getitem__, default=None)


def findings_table(findings: Iterable[Finding]) -> pl.DataFrame:
    """The findings as a table, gravest first, for people and for files."""
    rows = sorted(findings, key=lambda f: (_RANK[f.severity], f.table, f.rule))
    names = ("severity", "table", "rule", "count", "key", "value", "advice")
    return pl.DataFrame(
        {name: [getattr(f, name) for f in rows] for name in names},
        schema={n: pl.Int64 if n == "count" else pl.String for n in names},
    )
