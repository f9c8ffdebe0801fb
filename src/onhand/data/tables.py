"""What did the shop hand us? The canonical tables, with what was noticed and set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from types import MappingProxyType

import polars as pl

from onhand.data.findings import Finding

__all__ = ["SET_ASIDE", "Tables", "disarmed", "disarmed_text", "mask", "write_set_aside"]

SET_ASIDE = {
    "table": pl.String,
    "file": pl.String,
    "line": pl.Int64,
    "reason": pl.String,
    "raw": pl.String,
}


def _nothing_set_aside() -> pl.DataFrame:
    return pl.DataFrame(schema=SET_ASIDE)


@dataclass(frozen=True)
class Tables:
    """A shop's tables in canonical columns (`onhand.data.schema`), and how they came about.

    Parameters
    ----------
    sales, items, locations, stock, inbound, supply, suppliers, price_breaks, closures, calendar,
    market, interactions
        Polars frames; None: the table was not given, and its default holds.
    findings : tuple of Finding
        What was noticed on the way in.
    set_aside : DataFrame (table, file, line, reason, raw)
        Rows that could not be used. `line` counts from 1 in the file, header included; for a
        table in memory or a database it is the row number from 1. Personal data is masked.
    renamed : table -> {their header: our column}
        The translation made at the door, also where both are the same.
    rows_in : table -> int
        Rows met per table. Rows in = rows accepted + rows set aside, always.
    reconciliation : DataFrame or None
        Where sales came from raw invoice lines: lines, units and money by what became of them.
    currency : str
        ISO code of the money, where a column of sales or invoices says so; empty: nobody said.
    today : date, optional
        The day they are looked at; None: the day after their last one.
    """

    sales: pl.DataFrame | None = None
    items: pl.DataFrame | None = None
    locations: pl.DataFrame | None = None
    stock: pl.DataFrame | None = None
    inbound: pl.DataFrame | None = None
    supply: pl.DataFrame | None = None
    suppliers: pl.DataFrame | None = None
    price_breaks: pl.DataFrame | None = None
    closures: pl.DataFrame | None = None
    calendar: pl.DataFrame | None = None
    market: pl.DataFrame | None = None
    interactions: pl.DataFrame | None = None
    findings: tuple[Finding, ...] = ()
    set_aside: pl.DataFrame = field(default_factory=_nothing_set_aside)
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rows_in: Mapping[str, int] = field(default_factory=dict)
    reconciliation: pl.DataFrame | None = None
    currency: str = ""
    today: date | None = None

    def __post_init__(self) -> None:
        for name in ("renamed", "rows_in"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def given(self) -> dict[str, pl.DataFrame]:
        """The tables that were given, by name."""
        names = [f.name for f in fields(self)][:12]
        return {n: t for n in names if (t := getattr(self, n)) is not None}


def write_set_aside(tables: Tables, path: str | Path) -> int:
    """Writes the rows set aside as CSV and gives back how many there were.

    A cell that a spreadsheet would run as a formula gets an apostrophe (`disarmed_text`), and texts
    are quoted.

    >>> import tempfile, pathlib
    >>> rows = pl.DataFrame([("sales", "s.csv", 2, "no date", "=1+1,x")], schema=SET_ASIDE, orient="row")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "set_aside.csv"
    ...     n = write_set_aside(Tables(set_aside=rows), path)
    ...     print(n, path.read_text().splitlines()[1])
    1 "sales","s.csv",2,"no date","'=1+1,x"
    """
    safe = disarmed(tables.set_aside)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    safe.write_csv(path, quote_style="non_numeric")
    return safe.height


def disarmed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with an apostrophe before each text that a spreadsheet would run as a formula.

    >>> disarmed(pl.DataFrame({"x": ["=1+1", "＝1+1", "-3", "tea"]}))["x"].to_list()
    ["'=1+1", "'＝1+1", '-3', 'tea']
    """
    texts = pl.col(pl.String)
    risky = texts.str.contains(_RISKY)
    safe = texts.map_elements(disarmed_text, return_dtype=pl.String)
    if not any(rows.select(risky.any()).row(0)):
        return rows
    return rows.with_columns(pl.when(risky).then(safe).otherwise(texts).name.keep())


def disarmed_text(text: str) -> str:
    """The text with an apostrophe before each part that a spreadsheet would run as a formula.

    A part begins with = + - @, ordinary or full-width, and is no plain number. Spreadsheets of
    countries with a decimal comma split a line at semicolons, also where it is quoted in the
    manner of the others, so what follows a semicolon, a tab or a new line is a part too.

    >>> disarmed_text("=1+1"), disarmed_text("tea;=1+1"), disarmed_text("A1;-3;2,50")
    ("'=1+1", "tea;'=1+1", 'A1;-3;2,50')
    """
    parts = _PARTS.split(text)
    is_first = True
    for k, part in enumerate(parts):
        if part.strip() and k % 2 == 0:
            if _FORMULA.match(part) and not _NUMBER.match(part):
                at = 0 if is_first else k
                parts[at] = f"'{parts[at]}"
            is_first = False
    return "".join(parts)


# Spreadsheets read the full-width signs of East Asian keyboards too.
_RISKY = r"[=+\-@＝＋－＠]"
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"\s*[+\-]?\d+([.,]\d+)?\s*$")
_PARTS = re.compile(r"([;\t\r\n])")
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(\.[\w\-]+)+")


def mask(text: str) -> str:
    """The text with e-mail addresses masked.

    >>> mask("A1,ann.lee@shop.example,3")
    'A1,***@***,3'
    """
    return _EMAIL.sub("***@***", text)
