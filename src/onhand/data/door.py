"""What may come in, and as what? A foreign table is translated, checked and split in two.

Every row of the input is either in the table that comes out or among the rows set aside, with the
reason. Only whole columns are handled here; where rows come from is the business of `Origin`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data import values as read
from onhand.data.findings import Finding
from onhand.data.schema import (
    IDENTIFIER,
    MOST_OF_ANYTHING,
    PERSONAL,
    Column,
    Kind,
    Repeat,
    Table,
    normalise_header,
    recognise_columns,
)
from onhand.data.tables import SET_ASIDE, mask

__all__ = ["DEFAULT_LOCATION", "NO_COLUMN", "TOO_LATE", "Accepted", "Origin", "accept", "from_rows"]

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Origin:
    """Where rows came from: their file, and how to find a row's line and text again.

    file : name of the file, the database table, or `memory`
    lines : row numbers (from 0) -> line numbers in the file (from 1)
    texts : row numbers -> the rows as they stood
    delimiter : between columns; a hint on decimal marks
    """

    file: str
    lines: Callable[[Rows], Rows]
    texts: Callable[[Rows], list[str]]
    delimiter: str = ","


def from_rows(frame: pl.DataFrame, file: str) -> Origin:
    """The origin of a frame that never was text: lines are row numbers from 1."""

    def texts(rows: Rows) -> list[str]:
        part = frame[rows.tolist()]
        hidden = [c for c in part.columns if PERSONAL.search(normalise_header(c))]
        part = part.with_columns(pl.lit("***").alias(c) for c in hidden)
        return [",".join("" if v is None else str(v) for v in row) for row in part.iter_rows()]

    return Origin(file, lambda rows: rows + 1, texts)


@dataclass
class Accepted:
    """A translated table, the rows set aside, what was noticed, and the translation."""

    frame: pl.DataFrame | None
    set_aside: pl.DataFrame
    findings: list[Finding] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


def accept(raw: pl.DataFrame, table: Table, origin: Origin) -> Accepted:
    """The rows of `raw` as `table`, and those that are not.

    A missing column that is needed sets the whole table aside, with an error finding.
    """
    renamed = recognise_columns(table, raw.columns)
    missing = [c for c in table.required if c not in renamed.values()]
    if missing:
        return _refuse(raw, table, origin, missing, renamed)
    decimal_comma = read.uses_decimal_comma(raw, origin.delimiter)
    verdict = _Verdict(raw.height)
    columns, findings = _our_columns(raw, table, renamed, decimal_comma, verdict, origin.file)
    extra, left_out = _extras(raw, table, set(renamed), decimal_comma)
    if left_out:
        said, advice = ", ".join(left_out), "rename one if it holds something we should read"
        findings.append(
            Finding(
                "info", table.name, "columns-left-out", said, advice, len(left_out), origin.file
            )
        )
    frame, absurd = _within_reason(pl.DataFrame([*columns, *extra]), [c.name for c in extra])
    if absurd:
        findings.append(_absurd(table.name, origin.file, absurd))
    frame = _defaults(frame, table)
    if table.name in ("sales", "invoices"):
        verdict.lonely(frame["date"])
        verdict.late(frame["date"], frame["item"])
    if table.repeat is Repeat.FIRST and frame.height:
        verdict.repeats(frame.select(k for k in table.key if k in frame.columns))
    bad = verdict.rows()
    if len(bad):
        frame = frame.filter(pl.Series(~verdict.is_bad))
    aside = _set_aside(table.name, origin, bad, [verdict.reasons[int(r)] for r in bad])
    return Accepted(frame, aside, findings, renamed)


def _our_columns(
    raw: pl.DataFrame,
    table: Table,
    renamed: dict[str, str],
    decimal_comma: bool,
    verdict: _Verdict,
    file: str,
) -> tuple[list[pl.Series], list[Finding]]:
    """The recognised columns with their types, and what had to be assumed; judges every cell."""
    headers = {column: header for header, column in renamed.items()}
    columns: dict[str, pl.Series] = {}
    findings: list[Finding] = []
    for column in table.columns:
        if column.name not in headers:
            continue
        cells = raw[headers[column.name]]
        parsed = _parse(cells, column, decimal_comma)
        if column.name in _OF_THE_ORDER and "invoice" in columns:
            parsed = _from_first_line(parsed, columns["invoice"])
        verdict.judge(column, parsed, cells)
        columns[column.name] = parsed.values.alias(column.name)
        for rule, said in parsed.assumed.items():
            value, advice = f"{column.name}: {said}", _ASSUMED[rule]
            findings.append(Finding("warning", table.name, rule, value, advice, 1, file))
    return list(columns.values()), findings


NO_COLUMN = "the table has no column"
TOO_LATE = "date is long after nearly all sales ended"
SHOWN = ": "  # between a reason and the cell that shows it
LONELY = 365  # days
SILENCE = 7  # days
THIN = 0.1  # of the usual rows of a day
DEFAULT_LOCATION = "shop"
_OF_THE_ORDER = ("date", "location", "customer", "status")

_ASSUMED = {
    "unclear-decimal-mark": "write such numbers without a thousands mark if that is wrong",
    "unclear-date-order": "write dates as 2024-12-31 if that is wrong",
    "date-as-number": "export dates as 2024-12-31 if that is wrong",
}


def _refuse(
    raw: pl.DataFrame, table: Table, origin: Origin, missing: list[str], renamed: dict[str, str]
) -> Accepted:
    rows = np.arange(raw.height)
    wanted = ", ".join(missing)
    aside = _set_aside(table.name, origin, rows, [f"{NO_COLUMN} {wanted}"] * raw.height)
    have = ", ".join(repr(c) for c in raw.columns[:12]) or "none"
    examples = "; ".join(f"{m} is also known as {', '.join(table[m].aliases[:4])}" for m in missing)
    finding = Finding(
        "error",
        table.name,
        "missing-column",
        f"no column {wanted}; the headers are {have}",
        f"add it or rename one ({examples})",
        raw.height,
        origin.file,
    )
    return Accepted(None, aside, [finding], renamed)


class _Verdict:
    """Which rows are bad, and the first reason for each."""

    def __init__(self, n: int) -> None:
        self.is_bad = np.zeros(n, dtype=bool)
        self.reasons: dict[int, str] = {}

    def judge(self, column: Column, parsed: read.Parsed, cells: pl.Series) -> None:
        values, name = parsed.values, column.name
        if parsed.bad.any():
            self._add(parsed.bad, f"{name} is not a usable {column.kind.value}", cells)
        if column.is_required:
            empty = values.is_null() & ~parsed.bad
            if empty.any():
                self._add(empty, f"{name} is empty")
        if column.low is not None and column.high is not None and values.dtype.is_numeric():
            outside = ((values < column.low) | (values > column.high)).fill_null(False)
            if outside.any():
                rule = f"{name} is outside {column.low:g} to {column.high:g}"
                self._add(outside, rule, cells)

    def lonely(self, dates: pl.Series) -> None:
        """A few dates more than a year from all others are typing errors that stretch the panel."""
        days = dates.filter(pl.Series(~self.is_bad)).value_counts(sort=False).sort("date")
        n = int(days["count"].sum() or 0)
        few = max(1, n // 1000)
        if n < 20:
            return
        for at in (days["date"].diff().dt.total_days() > LONELY).arg_true().to_list():
            for part in (days[:at], days[at:]):
                if part["count"].sum() <= few:
                    lonely = dates.is_in(part["date"].implode()).fill_null(False)
                    self._add(lonely, "date is more than a year from all others")

    def late(self, dates: pl.Series, items: pl.Series) -> None:
        """A few rows long after all others: dated wrongly, they would make the plan for a day to come.

        Rows after a silence of more than a week with at most a tenth of the usual rows of a day, or
        after a silence of more than four weeks and three times any earlier one; at most one in 200.
        """
        days = dates.filter(pl.Series(~self.is_bad)).value_counts(sort=False).sort("date")
        n = int(days["count"].sum() or 0)
        if n < 20:
            return
        gaps = days["date"].diff().dt.total_days().fill_null(0).to_numpy()
        counts = days["count"].to_numpy()
        is_thin = counts <= THIN * float(np.median(counts))
        after = np.cumsum(counts[::-1])[::-1]  # rows on that day and later
        for at in np.flatnonzero((gaps > SILENCE) & (after <= max(1, n // 200))).tolist():
            if is_thin[at:].all() or gaps[at] > max(4 * SILENCE, 3 * gaps[:at].max()):
                end = days["date"][at - 1]
                late = (dates > end).fill_null(False)
                row = pl.DataFrame({"item": items, "date": dates.cast(pl.String)})
                shown = row.select(pl.format("item {} on {}", "item", "date")).to_series()
                self._add(late, f"{TOO_LATE} on {end}", shown)
                return

    def repeats(self, keys: pl.DataFrame) -> None:
        """Of usable rows with one key, all but the first are bad."""
        usable = keys.with_row_index("row").filter(pl.Series(~self.is_bad))
        later = usable.filter(~pl.struct(keys.columns).is_first_distinct())["row"].to_numpy()
        for row in later:
            self.is_bad[row] = True
            self.reasons[int(row)] = f"a row with the same {', '.join(keys.columns)} came before"

    def rows(self) -> Rows:
        return np.flatnonzero(self.is_bad)

    def _add(self, which: pl.Series, reason: str, cells: pl.Series | None = None) -> None:
        """Rows that are bad for a reason, and the cell that shows it."""
        for row in np.flatnonzero(which.to_numpy() & ~self.is_bad).tolist():
            shown = "" if cells is None else f"{SHOWN}{_shortened(str(cells[row]))}"
            self.reasons[row] = f"{reason}{shown}"
        self.is_bad |= which.to_numpy()


def _shortened(cell: str) -> str:
    """A cell as it can be shown in a line: masked, without control characters, not too long."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", mask(cell)).strip()
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def _from_first_line(parsed: read.Parsed, invoice: pl.Series) -> read.Parsed:
    """Cells that some shop systems write on the first line of an order only, on its other lines too."""
    values = parsed.values
    if values.null_count() == 0:
        return parsed
    frame = pl.DataFrame({"v": values, "bad": parsed.bad, "invoice": invoice})
    first = pl.col("v").drop_nulls().first().over("invoice")
    is_empty = pl.col("v").is_null() & ~pl.col("bad") & pl.col("invoice").is_not_null()
    filled = frame.select(pl.when(is_empty).then(first).otherwise("v").alias(values.name))
    return read.Parsed(filled.to_series(), parsed.bad, parsed.assumed)


def _parse(cells: pl.Series, column: Column, decimal_comma: bool) -> read.Parsed:
    if column.kind is Kind.DATE:
        return read.dates(cells)
    if column.kind is Kind.NUMBER:
        return read.numbers(cells, decimal_comma)
    if column.kind is Kind.SHARE:
        return read.shares(cells, decimal_comma)
    if column.kind is Kind.DAYS_LIST:
        return read.day_lists(cells)
    if column.kind is Kind.WEEKDAYS:
        return read.weekday_lists(cells)
    return read.texts(cells)


def _extras(
    raw: pl.DataFrame, table: Table, used: set[str], decimal_comma: bool
) -> tuple[list[pl.Series], list[str]]:
    """Columns we do not know, under their own name; and the headers that were left out.

    Numbers of sales and calendar become covariates. Of items and locations everything is kept,
    identifiers as texts (a category 7 is not seven times a category 1).
    """
    kept: dict[str, pl.Series] = {}
    left_out: list[str] = []
    describes = table.name in ("items", "locations")
    for header in raw.columns:
        if header in used:
            continue
        name = normalise_header(header)
        is_free = name and name not in table.schema and name not in kept
        is_identifier = IDENTIFIER.search(name) is not None
        series = None
        if is_free and not PERSONAL.search(name):
            if table.name in ("sales", "calendar") and not is_identifier:
                series = _covariate(raw[header], decimal_comma)
            elif describes:
                series = None if is_identifier else _covariate(raw[header], decimal_comma)
                series = read.texts(raw[header]).values if series is None else series
        if series is None:
            left_out.append(header)
        else:
            kept[name] = series.alias(name)
    return list(kept.values()), left_out


def _within_reason(frame: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """The frame with numbers beyond `MOST_OF_ANYTHING` in these columns empty; how many, by column."""
    numbers = [n for n in names if frame[n].dtype.is_float()]
    far = {n: (pl.col(n).abs() > MOST_OF_ANYTHING) & ~pl.col(n).is_nan() for n in numbers}
    counts = frame.select(rule.sum().alias(n) for n, rule in far.items())
    absurd = {n: int(counts[n][0] or 0) for n in numbers if counts[n][0]}
    return frame.with_columns(pl.when(~far[n]).then(n).alias(n) for n in absurd), absurd


def _absurd(table: str, file: str, counts: dict[str, int]) -> Finding:
    said = ", ".join(counts)
    value = f"numbers beyond {MOST_OF_ANYTHING:g} in {said}; they are taken as empty"
    advice = "correct them in the export"
    return Finding("warning", table, "absurd-number", value, advice, sum(counts.values()), file)


def _covariate(cells: pl.Series, decimal_comma: bool) -> pl.Series | None:
    """The column as numbers if it is one (99 of 100 filled cells are numbers or yes/no)."""
    if cells.dtype.is_temporal() or cells.null_count() == len(cells):
        return None
    if cells.dtype == pl.Boolean or cells.dtype.is_numeric():
        return cells.cast(pl.Float32)
    if cells.dtype not in (pl.String, pl.Categorical):
        return None
    parsed = read.shares(cells, decimal_comma)
    filled = len(cells) - int((parsed.values.is_null() & ~parsed.bad).sum())
    if filled == 0 or int(parsed.bad.sum()) > 0.01 * filled:
        return None
    return parsed.values.cast(pl.Float32)


def _defaults(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame with every column of the table, absent ones empty, in order, extra ones last.

    Where a location is a place and not a rule for all places, an empty one is the shop; an empty
    price of a sale is its revenue over its quantity.
    """
    absent = [c for c in table.columns if c.name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, c.kind.dtype).alias(c.name) for c in absent)
    if table.name in ("sales", "stock", "inbound", "invoices"):
        frame = frame.with_columns(pl.col("location").fill_null(DEFAULT_LOCATION))
    if table.name == "sales" and "revenue" not in {c.name for c in absent}:
        of_row = pl.when(pl.col("quantity") > 0).then(pl.col("revenue") / pl.col("quantity"))
        frame = frame.with_columns(pl.coalesce("price", of_row).alias("price"))
    extra = [c for c in frame.columns if c not in table.schema]
    return frame.select(*[c.name for c in table.columns], *extra)


def _set_aside(table: str, origin: Origin, rows: Rows, reasons: list[str]) -> pl.DataFrame:
    if len(rows) == 0:
        return pl.DataFrame(schema=SET_ASIDE)
    return pl.DataFrame(
        {
            "table": [table] * len(rows),
            "file": [origin.file] * len(rows),
            "line": origin.lines(rows),
            "reason": reasons,
            "raw": [mask(text) for text in origin.texts(rows)],
        },
        schema=SET_ASIDE,
    )
