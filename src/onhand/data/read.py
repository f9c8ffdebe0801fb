"""Where are the shop's tables? In a folder, a file, a database, or already in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PanicException

from onhand.data.delimited import read_delimited
from onhand.data.door import Accepted, Origin, accept, from_rows
from onhand.data.findings import Finding
from onhand.data.frames import is_frame, to_polars
from onhand.data.invoices import from_invoices
from onhand.data.schema import INVOICES, TABLES, Repeat, normalise_header, recognise_table
from onhand.data.tables import SET_ASIDE, Tables
from onhand.data.validate import validate
from onhand.errors import ReadError

__all__ = ["read_tables"]

_TEXT_FILES = (".csv", ".tsv", ".txt", ".tab")
_PARQUET_FILES = (".parquet", ".pq")


def read_tables(source: Any) -> Tables:
    """The canonical tables of a shop, with findings and with bad rows set aside.

    Parameters
    ----------
    source : one of
        a folder: each CSV or Parquet file is the table of its name, or the one its headers betray;
        a file: likewise;
        a mapping of table name -> dataframe or file path;
        one dataframe: sales, or invoice lines if its headers say so;
        a database URL (`sqlite:///shop.db`, `postgresql://…` with the extra `onhand[sql]`).
    Bad rows and unknown files never raise; they become findings.

    Raises
    ------
    ReadError
        When there is nothing at `source`, or no table in it.

    >>> tables = read_tables({"sales": {"sku": ["a"], "ds": ["2024-01-01"], "y": [3]}})
    >>> tables.sales.select("item", "quantity").rows(), dict(tables.renamed["sales"])
    ([('a', 3.0)], {'sku': 'item', 'ds': 'date', 'y': 'quantity'})
    """
    return _assemble([_translate(piece) for piece in _pieces(source)])


@dataclass(frozen=True)
class _Piece:
    """One table as it came: its name, cells and origin, and what was noticed while decoding."""

    name: str | None
    frame: pl.DataFrame
    origin: Origin
    set_aside: pl.DataFrame
    findings: tuple[Finding, ...] = ()


def _pieces(source: Any) -> list[_Piece]:
    if isinstance(source, Mapping) and not is_frame(source):
        return [_named(str(name), thing) for name, thing in source.items()]
    if is_frame(source):
        return [_from_frame(None, source, "memory")]
    text = str(source)
    if "://" in text:
        from onhand.data.database import database_tables

        return [
            _from_frame(_recognise(name, frame), frame, name)
            for name, frame in database_tables(text)
        ]
    path = Path(source)
    if path.is_dir():
        files = sorted(
            p for p in path.iterdir() if p.suffix.lower() in _TEXT_FILES + _PARQUET_FILES
        )
        if not files:
            raise ReadError(f"there is no CSV or Parquet file in {path}; put sales.csv there")
        return [_from_file(None, p) for p in files]
    if not path.exists():
        raise ReadError(f"there is no file or folder {path}; check the path")
    return [_from_file(None, path)]


def _named(name: str, thing: Any) -> _Piece:
    if name not in TABLES and name != "invoices":
        raise ReadError(f"there is no table {name!r}; the tables are {', '.join(TABLES)}, invoices")
    if isinstance(thing, str | Path):
        return _from_file(name, Path(thing))
    return _from_frame(name, thing, "memory")


def _recognise(stem: str, frame: pl.DataFrame) -> str | None:
    return recognise_table(stem, frame.columns)


def _from_frame(name: str | None, thing: Any, file: str) -> _Piece:
    frame = to_polars(thing)
    name = name or _recognise("sales", frame)
    if name == "sales" and _recognise("sales", frame) == "invoices":
        name = "invoices"
    return _Piece(name, frame, from_rows(frame, file), pl.DataFrame(schema=SET_ASIDE))


def _from_file(name: str | None, path: Path) -> _Piece:
    if not path.exists():
        raise ReadError(f"there is no file {path}; check the path")
    if path.suffix.lower() in _PARQUET_FILES:
        try:
            frame = pl.read_parquet(path)
        except (Exception, PanicException) as error:  # a panic of the reader is no Exception
            finding = Finding(
                "error",
                path.name,
                "unreadable-file",
                (str(error).splitlines() or [type(error).__name__])[0][:200],
                "export it again",
                1,
            )
            return _Piece(
                None,
                pl.DataFrame(),
                from_rows(pl.DataFrame(), path.name),
                pl.DataFrame(schema=SET_ASIDE),
                (finding,),
            )
        name = name or _recognise(path.stem, frame)
        if name == "sales" and _recognise("sales", frame) == "invoices":
            name = "invoices"
        return _Piece(name, frame, from_rows(frame, path.name), pl.DataFrame(schema=SET_ASIDE))
    read = read_delimited(path)
    name = name or _recognise(path.stem, read.frame)
    return _Piece(name, read.frame, read.origin, read.set_aside, read.findings)


@dataclass(frozen=True)
class _Translated:
    name: str
    accepted: Accepted
    rows_in: int
    currencies: pl.Series


def _translate(piece: _Piece) -> _Translated | _Piece:
    if piece.name is None or piece.frame.width == 0:
        return piece  # nothing in it that could be a table; its findings say why
    table = INVOICES if piece.name == "invoices" else TABLES[piece.name]
    accepted = accept(piece.frame, table, piece.origin)
    accepted.findings[:0] = piece.findings
    named = piece.set_aside.with_columns(pl.lit(piece.name).alias("table"))
    accepted.set_aside = pl.concat([named, accepted.set_aside])
    rows_in = piece.frame.height + piece.set_aside.height
    return _Translated(piece.name, accepted, rows_in, _currencies(piece))


def _assemble(parts: list[_Translated | _Piece]) -> Tables:
    frames: dict[str, list[pl.DataFrame]] = {}
    findings: list[Finding] = []
    aside: list[pl.DataFrame] = [pl.DataFrame(schema=SET_ASIDE)]
    renamed: dict[str, dict[str, str]] = {}
    rows_in: dict[str, int] = {}
    currencies = [pl.Series("", [], pl.String)]
    for part in parts:
        if isinstance(part, _Piece):
            is_said = any(f.severity == "error" for f in part.findings)
            findings += part.findings if is_said else (*part.findings, _unrecognised(part))
            continue
        findings += part.accepted.findings
        currencies.append(part.currencies)
        aside.append(part.accepted.set_aside)
        renamed.setdefault(part.name, {}).update(part.accepted.renamed)
        rows_in[part.name] = rows_in.get(part.name, 0) + part.rows_in
        if part.accepted.frame is not None:
            frames.setdefault(part.name, []).append(part.accepted.frame)
    together = {name: _stack(name, pieces) for name, pieces in frames.items()}
    findings += _added_up(frames.get("stock", []))
    set_aside = pl.concat(aside)
    reconciliation = None
    if "invoices" in together:
        lines = together.pop("invoices")
        made = from_invoices(lines, n_set_aside=set_aside.filter(table="invoices").height)
        reconciliation = made.reconciliation
        findings += made.findings
        together.setdefault("sales", made.sales)
        together.setdefault("items", made.items)
    tables = Tables(
        **together,
        findings=tuple(findings),
        set_aside=set_aside,
        renamed=renamed,
        rows_in=rows_in,
        reconciliation=reconciliation,
        currency=_usual(currency := pl.concat(currencies)),
        today=None,
    )
    if currency.n_unique() > 1:
        tables = replace(tables, findings=(*tables.findings, _mixed(currency)))
    return validate(tables)


_MONEY_COLUMNS = (
    "currency",
    "currency_code",
    "currencycode",
    "order_currency",
    "presentment_currency",
)


def _currencies(piece: _Piece) -> pl.Series:
    """The ISO codes that the rows of sales or invoices name, one for each row that does."""
    nothing = pl.Series("", [], pl.String)
    if piece.name not in ("sales", "invoices"):
        return nothing
    headers = {normalise_header(header): header for header in piece.frame.columns}
    header = next((headers[name] for name in _MONEY_COLUMNS if name in headers), None)
    if header is None:
        return nothing
    codes = piece.frame[header].cast(pl.String).str.strip_chars().str.to_uppercase()
    return codes.filter(codes.str.contains(r"^[A-Z]{3}$").fill_null(False)).rename("")


def _usual(currencies: pl.Series) -> str:
    """The code that most rows name; empty where none does."""
    return "" if not len(currencies) else str(currencies.mode().sort()[0])


def _mixed(currencies: pl.Series) -> Finding:
    counts = currencies.value_counts(sort=True)
    said = ", ".join(f"{code} ({n:,} rows)" for code, n in counts.iter_rows())
    return Finding(
        "warning",
        "sales",
        "several-currencies",
        f"amounts are in {said}; prices are averaged as if all were {currencies.mode().sort()[0]}",
        "convert them to one currency in the export; units and demand are not touched",
        int(counts["count"][1:].sum()),
    )


def _stack(name: str, pieces: list[pl.DataFrame]) -> pl.DataFrame:
    frame = pieces[0] if len(pieces) == 1 else pl.concat(pieces, how="diagonal_relaxed")
    if name == "stock" and frame.height:
        table = TABLES[name]
        assert table.repeat is Repeat.SUM
        frame = frame.group_by(table.key, maintain_order=True).agg(
            pl.col("on_hand", "backorders").sum()
        )
    return frame


def _added_up(pieces: list[pl.DataFrame]) -> Iterator[Finding]:
    """What to say of lines of stock that were added up, in which nobody can tell them apart again."""
    if not pieces:
        return
    stock = pl.concat(pieces, how="diagonal_relaxed")
    key = pl.struct(TABLES["stock"].key)
    lines = stock.filter(key.is_duplicated())
    n = stock.height - stock.select(key.n_unique()).item() if stock.height else 0
    if not n:
        return
    item, location, day = lines.select("item", "location", "date").row(0)
    same = lines.filter(
        (pl.col("item") == item)
        & (pl.col("location") == location)
        & pl.col("date").eq_missing(pl.lit(day, pl.Date()))
    )
    parts = " and ".join(f"{units:g}" for units in same["on_hand"].to_list()[:5])
    yield Finding(
        # In many shops each bin has a line; where it is the exception, it may be an error.
        "warning" if n <= 0.2 * stock.height else "info",
        "stock",
        "stock-added-up",
        f"several lines for one stock point and day: {parts} units were added up",
        "delete one if the same count was exported twice; places in one location are rightly added",
        n,
        f"item {item}, location {location}, date {day or 'none'}",
    )


def _unrecognised(piece: _Piece) -> Finding:
    headers = ", ".join(repr(c) for c in piece.frame.columns[:8]) or "none"
    return Finding(
        "warning",
        piece.origin.file,
        "unknown-file",
        f"headers: {headers}",
        f"name the file after its table ({', '.join(TABLES)}) if it should be read",
        piece.frame.height,
    )
