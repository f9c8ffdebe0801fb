"""Tables come from folders, files, frames and databases, and arrive the same."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from onhand.data import Tables, read_tables
from onhand.data.frames import is_frame, to_polars
from onhand.errors import ReadError

SALES = {
    "sku": ["007", "b"],
    "store": ["s", "t"],
    "day": ["2024-01-01", "2024-01-02"],
    "qty": [3, 4],
}
WANTED = [("007", "s", dt.date(2024, 1, 1), 3.0), ("b", "t", dt.date(2024, 1, 2), 4.0)]


def _rows(tables: Tables) -> list[tuple[Any, ...]]:
    assert tables.sales is not None
    return tables.sales.select("item", "location", "date", "quantity").rows()


@pytest.mark.parametrize(
    "frame",
    [
        SALES,
        pl.DataFrame(SALES),
        pl.LazyFrame(SALES),
        pd.DataFrame(SALES),
        pa.table(SALES),
        [dict(zip(SALES, row, strict=True)) for row in zip(*SALES.values(), strict=True)],
    ],
    ids=["dict", "polars", "lazy", "pandas", "arrow", "rows"],
)
def test_any_dataframe_is_read(frame: Any) -> None:
    """The same sales as six kinds of frame."""
    assert _rows(read_tables({"sales": frame})) == WANTED
    assert _rows(read_tables(frame)) == WANTED


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_files_and_folders_are_read(tmp_path: Path, suffix: str) -> None:
    """A file alone, a folder, and a mapping of names to files."""
    frame = pl.DataFrame(SALES)
    path = tmp_path / f"sales.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="\t" if suffix == "tsv" else ",")
    for source in (path, str(path), tmp_path, {"sales": path}):
        assert _rows(read_tables(source)) == WANTED


def test_writing_and_reading_gives_back_the_same(tmp_path: Path) -> None:
    """Canonical tables written as CSV and as Parquet come back unchanged."""
    first = read_tables({"sales": SALES, "stock": {"sku": ["007"], "on_hand": [2]}})
    for name, frame in first.given.items():
        frame.write_csv(tmp_path / f"{name}.csv")
    again = read_tables(tmp_path)
    for name, frame in first.given.items():
        assert again.given[name].equals(frame)


def test_a_database_is_read_table_by_table(tmp_path: Path) -> None:
    """SQLite by itself and through SQLAlchemy: known tables are read, others left alone."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE sales (sku TEXT, store TEXT, "day" TEXT, qty)')
        connection.executemany(
            "INSERT INTO sales VALUES (?, ?, ?, ?)",
            [("007", "s", "2024-01-01", 3), ("b", "t", "2024-01-02", "4")],
        )
        connection.execute("CREATE TABLE stock (sku TEXT, on_hand INTEGER)")
        connection.execute("INSERT INTO stock VALUES ('007', 5)")
        connection.execute('CREATE TABLE "odd "" name" (x INTEGER)')
    connection.close()
    for url in (f"sqlite:///{path}", f"sqlite+pysqlite:///{path}"):
        tables = read_tables(url)
        assert _rows(tables) == WANTED
        assert tables.stock is not None
        assert tables.stock["on_hand"].to_list() == [5]


def test_a_database_that_cannot_be_opened_says_so_without_its_password(tmp_path: Path) -> None:
    """Neither a missing file nor a refused connection ends in a traceback of another library."""
    with pytest.raises(ReadError, match="no database file"):
        read_tables(f"sqlite:///{tmp_path}/nowhere.db")
    (tmp_path / "not.db").write_text("hello, this is no database at all" * 50)
    with pytest.raises(ReadError, match="as an SQLite database"):
        read_tables(f"sqlite:///{tmp_path}/not.db")
    for url, said in (
        ("nosuchdriver://ann:secret@host/db", "kind 'nosuchdriver'"),
        ("postgresql+pg8000://ann:secret@host/db", "'pg8000' is not installed.*pip install pg8000"),
        ("sqlite+pysqlite:////no/such/secret/folder/x.db", "check the URL"),
    ):
        with pytest.raises(ReadError, match=said) as error:
            read_tables(url)
        assert "secret" not in str(error.value)


def test_a_cell_that_cannot_be_used_is_shown_in_its_finding_and_in_its_row() -> None:
    """`a dozen` is no number: the finding shows it, short, masked and without control characters."""
    rows = {
        "item": ["a"] * 4,
        "date": ["2024-01-01"] * 4,
        "quantity": ["3", "a dozen\x1b[31m", "ann.lee@shop.example", "x" * 99],
    }
    tables = read_tables({"sales": rows})
    finding = next(f for f in tables.findings if f.rule == "rows-set-aside")
    assert finding.count == 3
    assert "quantity is not a usable number, such as 'a dozen [31m'" in finding.value
    assert tables.set_aside["reason"].to_list()[1:] == [
        "quantity is not a usable number: '***@***'",
        f"quantity is not a usable number: '{'x' * 37}...'",
    ]


def test_the_currency_of_an_export_is_read_and_several_are_told() -> None:
    """Shopify writes it on every order line; another column of three letters is none."""
    rows = {
        "Name": ["#1", "#2", "#3"],
        "Created at": ["2024-01-01", "2024-01-02", "2024-01-03"],
        "Lineitem sku": ["a", "a", "b"],
        "Lineitem quantity": [1, 2, 3],
        "Lineitem price": [5.0, 5.0, 6.0],
        "Currency": ["USD", "USD", "USD"],
    }
    assert read_tables({"invoices": rows}).currency == "USD"
    mixed = read_tables({"invoices": rows | {"Currency": ["usd", "USD", "CAD"]}})
    assert mixed.currency == "USD"
    said = next(f for f in mixed.findings if f.rule == "several-currencies")
    assert said.count == 1
    assert "CAD (1 rows)" in said.value
    silent = {"item": ["a"], "date": ["2024-01-01"], "quantity": [1]}
    assert read_tables({"sales": silent}).currency == ""


def test_all_tables_have_their_columns_even_where_not_given() -> None:
    """What a table lacks is there and empty, so that no room behind has to ask."""
    tables = read_tables(
        {
            "sales": SALES,
            "items": {"sku": ["007"], "cost": ["1,50"]},
            "locations": {"store": ["s"]},
            "stock": {"sku": ["007", "007"], "store": ["s", "s"], "bin": [1, 2], "on_hand": [2, 3]},
            "inbound": {"sku": ["007"], "qty": [6], "eta": ["2024-01-09"]},
            "supply": {
                "sku": ["007"],
                "vendor": ["Acme"],
                "lead time": [7],
                "lead_times": ["6;7;9"],
            },
            "suppliers": {"vendor": ["Acme"], "min order value": ["250,00"]},
            "price_breaks": {"sku": ["007"], "from quantity": [24], "price": ["1,40"]},
            "closures": {"from": ["2024-08-01"], "to": ["2024-08-21"]},
            "calendar": {"date": ["2024-01-03"], "holiday_flag": [True]},
            "market": {"indicator": ["fx"], "date": ["2024-01-01"], "value": [1.1]},
            "interactions": {
                "user_id": [1],
                "sku": ["007"],
                "timestamp": ["2024-01-01"],
                "event": ["view"],
            },
        }
    )
    from onhand.data.schema import TABLES

    assert set(tables.given) == set(TABLES)
    for name, frame in tables.given.items():
        assert set(TABLES[name].schema) <= set(frame.columns), name
    assert tables.stock is not None
    assert tables.stock["on_hand"].to_list() == [5]  # two bins of one shelf
    assert tables.items is not None
    assert tables.items["unit_cost"].to_list() == [1.5]
    assert tables.set_aside.height == 0


def test_a_second_row_for_one_item_is_set_aside() -> None:
    """Two costs for one item: the first counts, the other is shown with the reason."""
    tables = read_tables({"sales": SALES, "items": {"sku": ["b", "b"], "cost": [1, 2]}})
    assert tables.items is not None
    assert tables.items["unit_cost"].to_list() == [1]
    assert tables.set_aside["reason"].to_list() == ["a row with the same item came before"]


def test_what_is_no_table_is_refused_with_the_next_step() -> None:
    """A wrong name, a wrong thing."""
    with pytest.raises(ReadError, match="the tables are sales"):
        read_tables({"selling": pl.DataFrame(SALES)})
    with pytest.raises(ReadError, match="cannot read a int as a table"):
        to_polars(3)
    assert not is_frame("text")


def test_importing_the_package_stays_light() -> None:
    """`import onhand.data` loads neither pandas nor a database driver nor a compiler."""
    code = "import sys, onhand.data; print([m for m in ('pandas','sqlalchemy','numba','lightgbm','pyarrow') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
