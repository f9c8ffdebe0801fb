"""What does a text file say, cell by cell, when nobody promised that it is well formed?

Clean files take the fast way: Polars reads them whole, and counts of lines and delimiters prove
that it saw what stands there. Anything odd (quotes that do not close, rows too long or too short,
blank lines) takes the careful way: lines without a quote and with the right number of delimiters
are still split all at once, and only the odd ones are looked at one by one.

Each line ends as a row of cells, as part of a row that a quoted cell spreads over several lines,
or among the rows set aside. Blank lines are no rows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PanicException

from onhand.data.decode import decode
from onhand.data.door import Origin
from onhand.data.findings import Finding
from onhand.data.schema import KNOWN_HEADERS, PERSONAL, compact_header, normalise_header
from onhand.data.tables import SET_ASIDE, mask

__all__ = ["Delimited", "read_delimited"]

_DELIMITERS = (",", ";", "\t", "|")
_MOST_LINES = 50  # a quoted cell over more lines is an unclosed quote
_TELLING = re.compile(r"[^\W\d_]|.{11}")  # a word, or as long as a telephone number
_MOST_COLUMNS = 1_000  # wider is another delimiter, or a table turned on its side
_SYSTEMATIC = 0.01  # share of short rows from which the export simply drops empty cells at the end

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Delimited:
    """Cells of a text file as texts, their origin, rows set aside, and what was noticed."""

    frame: pl.DataFrame
    origin: Origin
    set_aside: pl.DataFrame
    findings: tuple[Finding, ...] = ()


def read_delimited(path: Path) -> Delimited:
    """The cells of a delimited text file, all as texts; never raises for what stands in it.

    The delimiter, the encoding and the line of the headers are found out. Headers that repeat get
    a number. Of a file with more than 1,000 columns nothing is read, and a finding says so.
    """
    decoded = decode(path.read_bytes())
    findings = list(_decoding_findings(path.name, decoded.is_what, decoded.n_zero_bytes))
    if decoded.is_what or not decoded.data.strip():
        if not decoded.is_what:
            findings.append(
                Finding(
                    "error", path.name, "empty-file", "there is nothing in it", "export it again", 0
                )
            )
        return _nothing(path.name, findings)
    layout = _Layout.of(decoded.data)
    if len(layout.headers) > _MOST_COLUMNS:
        return _nothing(path.name, [*findings, _too_wide(path.name, len(layout.headers))])
    text = _Text(path.name, decoded.data[layout.start :], layout)
    findings += layout.findings(path.name)
    fast = _fast(text)
    return _finish(text, *(fast or _careful(text, findings)), findings)


def _nothing(file: str, findings: list[Finding]) -> Delimited:
    origin = Origin(file, lambda rows: rows, lambda rows: [""] * len(rows))
    return Delimited(pl.DataFrame(), origin, pl.DataFrame(schema=SET_ASIDE), tuple(findings))


def _too_wide(file: str, n_columns: int) -> Finding:
    return Finding(
        "error",
        file,
        "too-many-columns",
        f"{n_columns:,} columns; a table has at most {_MOST_COLUMNS:,}",
        "write a row for each item and date instead of a column; nothing of it was read",
        n_columns,
    )


def _decoding_findings(file: str, is_what: str, n_zero: int) -> Iterator[Finding]:
    if is_what:
        yield Finding(
            "error", file, "not-text", f"this is {is_what}", "save it as CSV or Parquet", 1
        )
    if n_zero:
        yield Finding(
            "warning",
            file,
            "zero-bytes",
            "zero bytes were taken out",
            "export the file again if it looks cut",
            n_zero,
        )


@dataclass(frozen=True)
class _Layout:
    """Where the headers stand and what separates cells."""

    delimiter: str
    headers: tuple[str, ...]  # unique
    line: int  # of the headers, from 1
    start: int  # byte at which the headers begin
    n_renamed: int

    @classmethod
    def of(cls, data: bytes) -> _Layout:
        head = data[:200_000].decode("utf-8", "ignore").split("\n")[:60]
        delimiter = _sniff([line for line in head if line.strip()])
        best, best_line = -1, 0
        for number, line in enumerate(head[:25]):
            if not line.strip() or re.fullmatch(r"sep=.", line.strip(), re.IGNORECASE):
                continue
            score = _known_headers(_cells(line, delimiter))
            if best < 0 or score > max(best, 1):
                best, best_line = score, number
        start = len("\n".join(head[:best_line]).encode()) + (1 if best_line else 0)
        cells = [c.strip() for c in _cells(head[best_line], delimiter)]
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        names, n_renamed = _unique(cells)
        return cls(delimiter, tuple(names), best_line + 1, start, n_renamed)

    def findings(self, file: str) -> Iterator[Finding]:
        if self.n_renamed:
            yield Finding(
                "warning",
                file,
                "duplicate-headers",
                "headers that repeat: the first of each name is read",
                "give each column a name of its own",
                self.n_renamed,
                f"line {self.line}",
            )
        if self.line > 1:
            yield Finding(
                "info",
                file,
                "lines-above-headers",
                f"headers found on line {self.line}",
                "nothing to do",
                self.line - 1,
            )


def _sniff(lines: list[str]) -> str:
    """The delimiter that most lines have equally often, and often."""
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines[:50]]
    if bare and (m := re.fullmatch(r"sep=(.)", bare[0].strip(), re.IGNORECASE)):
        return m[1]
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        counts = [line.count(delimiter) for line in bare]
        usual = max(set(counts), key=lambda c: (counts.count(c), c), default=0)
        known = max((_known_headers(line.split(delimiter)) for line in bare[:25]), default=0)
        if usual == 0 and known < 2:
            continue
        score = (known + counts.count(usual) / max(len(counts), 1), usual)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _known_headers(cells: list[str]) -> int:
    """How many of these cells are names of columns that we know."""
    return sum(compact_header(c) in KNOWN_HEADERS for c in cells if 0 < len(c) < 60)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell beyond the parser's limit
        return line.split(delimiter)


def _unique(names: list[str]) -> tuple[list[str], int]:
    seen: dict[str, int] = {}
    unique: dict[str, None] = {}  # in order, and quick to ask
    n_renamed = 0
    for position, given in enumerate(names, start=1):
        name = given or f"column {position}"
        key = normalise_header(name)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            name, n_renamed = f"{name} ({seen[key]})", n_renamed + 1
        while name in unique:
            name += "'"
        unique[name] = None
    return list(unique), n_renamed


class _Text:
    """The lines of a file from its headers on."""

    def __init__(self, file: str, data: bytes, layout: _Layout) -> None:
        self.file = file
        self.data = data.rstrip(b"\n ")
        self.layout = layout
        self.width = len(layout.headers)

    @cached_property
    def body(self) -> list[str]:
        """The lines below the headers."""
        return self.data.decode("utf-8", "replace").split("\n")[1:]

    def number(self, index: Rows) -> Rows:
        """Line numbers in the file of lines of the body."""
        return index + self.layout.line + 1

    def masked(self, line: str) -> str:
        """A line with cells of personal columns, and cells without a header, hidden.

        Where cells are missing nobody knows which cell is whose: only short numbers and dates stay.
        """
        hidden = {
            i for i, h in enumerate(self.layout.headers) if PERSONAL.search(normalise_header(h))
        }
        if not hidden:
            return mask(line)
        cells = _cells(line.replace("\n", " "), self.layout.delimiter)
        is_shifted = len(cells) != self.width
        shown = [
            "***" if i in hidden or i >= self.width or (is_shifted and _TELLING.search(c)) else c
            for i, c in enumerate(cells)
        ]
        return mask(self.layout.delimiter.join(shown))


_Read = tuple[pl.DataFrame, NDArray[np.int64], dict[int, str], dict[int, str]]


def _fast(text: _Text) -> _Read | None:
    """Cells, line of each row, rows set aside, joined lines; None where the proof fails."""
    data, delimiter = text.data, text.layout.delimiter
    n_lines = data.count(b"\n") + 1
    if n_lines < 2 or b"\n\n" in data:
        return None
    has_quotes = b'"' in data
    if not has_quotes and data.count(delimiter.encode()) != (text.width - 1) * n_lines:
        return None
    try:
        frame = pl.read_csv(
            data,
            separator=delimiter,
            has_header=False,
            skip_lines=1,
            schema=dict.fromkeys(text.layout.headers, pl.String),
            quote_char='"' if has_quotes else None,
            truncate_ragged_lines=False,
        )
    except (Exception, PanicException):  # ragged rows, open quotes: the careful way finds out which
        return None
    if frame.height != n_lines - 1 or (has_quotes and not _is_proven(frame, text)):
        return None
    return frame, np.arange(frame.height), {}, {}


def _is_proven(frame: pl.DataFrame, text: _Text) -> bool:
    """Whether rows that end in an empty cell really have all their cells, quotes considered."""
    doubtful = np.flatnonzero(frame[:, -1].is_null().to_numpy())
    if len(doubtful) > 50_000:
        return False
    return all(len(_cells(text.body[i], text.layout.delimiter)) == text.width for i in doubtful)


def _careful(text: _Text, findings: list[Finding]) -> _Read:
    """The same for files of any shape; adds to findings what it had to decide."""
    delimiter, width = text.layout.delimiter, text.width
    lines = pl.Series(text.body, dtype=pl.String)
    is_blank = (lines.str.strip_chars(f" {delimiter}\t").str.len_bytes() == 0).to_numpy()
    is_plain = (
        ~lines.str.contains('"', literal=True)
        & (lines.str.count_matches(delimiter, literal=True) == width - 1)
    ).to_numpy() & ~is_blank
    odd = _odd_lines(text, np.flatnonzero(~is_plain & ~is_blank))
    is_plain[list(odd.swallowed)] = False
    plain = np.flatnonzero(is_plain)
    is_usual = len(odd.short) >= 5 and len(odd.short) > _SYSTEMATIC * (len(plain) + len(odd.rows))
    for index, cells in odd.short.items():
        if is_usual:
            odd.rows[index] = cells + [""] * (width - len(cells))
        else:
            odd.bad[index] = f"{_n_cells(len(cells))}, the headers have {width}"
    if is_usual:
        findings.append(
            Finding(
                "info",
                text.file,
                "short-rows",
                "rows end early: the cells at their end are taken as empty",
                "nothing to do",
                len(odd.short),
            )
        )
    split = lines.gather(plain).str.split(delimiter) if width > 1 else lines.gather(plain)
    return _combine(text, plain, split, odd), *_places(plain, odd)


def _places(plain: Rows, odd: _Odd) -> tuple[NDArray[np.int64], dict[int, str], dict[int, str]]:
    at = np.concatenate([plain, np.asarray(sorted(odd.rows), dtype=np.int64)])
    return np.sort(at), odd.bad, odd.joined


def _combine(text: _Text, plain: Rows, cells: pl.Series, odd: _Odd) -> pl.DataFrame:
    """Plain and odd rows in the order of the file."""
    headers = list(text.layout.headers)
    if text.width > 1:
        wide = cells.to_frame("c").select(
            pl.col("c").list.get(i).alias(h) for i, h in enumerate(headers)
        )
    else:
        wide = cells.to_frame(headers[0])
    order = sorted(odd.rows)
    extra = pl.DataFrame(
        {h: [odd.rows[i][k] for i in order] for k, h in enumerate(headers)},
        schema=dict.fromkeys(headers, pl.String),
    )
    at = pl.Series("at", np.concatenate([plain, np.asarray(order, dtype=np.int64)]))
    return pl.concat([wide, extra]).with_columns(at).sort("at").drop("at")


@dataclass
class _Odd:
    """Lines looked at one by one, by their index in the body."""

    rows: dict[int, list[str]]
    short: dict[int, list[str]]  # too few cells
    bad: dict[int, str]  # reasons
    joined: dict[int, str]  # rows over several lines, as they stood
    swallowed: set[int]  # lines that belong to a row above


def _odd_lines(text: _Text, indices: Rows) -> _Odd:
    odd = _Odd({}, {}, {}, {}, set())
    delimiter, width = text.layout.delimiter, text.width
    for index in indices.tolist():
        if index in odd.swallowed:
            continue
        line = text.body[index]
        if line.count('"') % 2 == 0:
            _sort_in(odd, index, _cells(line, delimiter), width)
            continue
        joined = _join(text, index)
        if joined is not None:
            cells, n_lines = joined
            odd.rows[index] = cells
            odd.swallowed.update(range(index + 1, index + n_lines))
            odd.joined[index] = "\n".join(text.body[index : index + n_lines])
            continue
        cells = [
            c.strip().strip('"') for c in line.split(delimiter)
        ]  # a quote that is an inch mark
        if len(cells) == width:
            odd.rows[index] = cells
        else:
            odd.bad[index] = f"a quote does not close, and {_n_cells(len(cells))} of {width}"
    return odd


def _sort_in(odd: _Odd, index: int, cells: list[str], width: int) -> None:
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) == width:
        odd.rows[index] = cells
    elif len(cells) < width:
        odd.short[index] = cells
    else:
        odd.bad[index] = f"{_n_cells(len(cells))}, the headers have {width}"


def _join(text: _Text, index: int) -> tuple[list[str], int] | None:
    """Cells of a row that begins here and whose quoted cell ends on a later line, if it does."""
    together = text.body[index]
    for n_lines in range(2, _MOST_LINES + 1):
        if index + n_lines > len(text.body):
            return None
        line = text.body[index + n_lines - 1]
        together += "\n" + line
        if line.count('"') % 2 == 0:
            continue
        try:
            rows = list(csv.reader(together.split("\n"), delimiter=text.layout.delimiter))
        except csv.Error:
            return None
        return (rows[0], n_lines) if len(rows) == 1 and len(rows[0]) == text.width else None
    return None


def _n_cells(n: int) -> str:
    return "1 cell" if n == 1 else f"{n} cells"


def _finish(
    text: _Text,
    frame: pl.DataFrame,
    at: NDArray[np.int64],
    bad: dict[int, str],
    joined: dict[int, str],
    findings: list[Finding],
) -> Delimited:
    filled = ~frame.select(
        pl.all_horizontal(pl.all().is_null() | (pl.all().str.strip_chars() == ""))
    ).to_series()
    if frame.height and not filled.all():  # rows of delimiters only are blank
        at = at[filled.to_numpy()]
        frame = frame.filter(filled)

    def texts(rows: Rows) -> list[str]:
        found = (joined.get(int(i), text.body[int(i)]) for i in at[rows])
        return [text.masked(line) for line in found]

    origin = Origin(text.file, lambda rows: text.number(at[rows]), texts, text.layout.delimiter)
    wrong = np.asarray(sorted(bad), dtype=np.int64)
    aside = pl.DataFrame(
        {
            "table": [""] * len(wrong),
            "file": [text.file] * len(wrong),
            "line": text.number(wrong),
            "reason": [bad[int(i)] for i in wrong],
            "raw": [text.masked(text.body[int(i)]) for i in wrong],
        },
        schema=SET_ASIDE,
    )
    if frame.height + len(wrong) == 0:
        findings.append(
            Finding(
                "warning",
                text.file,
                "no-rows",
                "there are headers and nothing below",
                "export it again, or remove the file",
                0,
            )
        )
    return Delimited(frame, origin, aside, tuple(findings))
