"""What comes in may be hostile, and what people confide to a shop stays there."""

from __future__ import annotations

import sqlite3
import traceback
from pathlib import Path

import polars as pl
import pytest

from onhand.data import read_tables
from onhand.data.tables import disarmed
from onhand.errors import ReadError

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:p@ss:{SECRET}@host/db",  # an @ in the password, not escaped
        f"postgresql://user:{SECRET}@host:port/db",
        f"nosuchdialect://user:{SECRET}@host/db",
    ],
)
def test_no_password_in_an_error(url: str) -> None:
    """Neither in the message nor in the chain that a traceback shows."""
    with pytest.raises(ReadError) as caught:
        read_tables(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value)).replace(url, "")


@pytest.mark.parametrize("name", ["a#b.db", "a?mode=rwc.db", "a%20b.db", "a b.db"])
def test_a_database_is_the_file_that_was_named(tmp_path: Path, name: str) -> None:
    """Marks that end a path in a URI end none here, and reading makes no file."""
    with sqlite3.connect(tmp_path / name) as connection:
        connection.execute("CREATE TABLE sales (item, date, quantity)")
        connection.execute("INSERT INTO sales VALUES ('x', '2024-01-01', 3)")
    connection.close()
    sales = read_tables(f"sqlite:///{tmp_path / name}").sales
    assert sales is not None
    assert sales["item"].to_list() == ["x"]
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_name_that_slipped_into_another_column_is_hidden(tmp_path: Path) -> None:
    """With a cell missing, `Jane Doe` stands where the quantity belongs."""
    rows = ["item,date,quantity,customer_name,phone"]
    rows += [f"a,2024-01-{d:02},1,Ann Lee,5" for d in range(1, 29)]
    rows += ["b,2024-01-05,Jane Doe,01712345678", "c,2024-01-06,2,Joe Roe,5,6"]
    (tmp_path / "sales.csv").write_text("\n".join(rows))
    raw = read_tables(tmp_path).set_aside["raw"].to_list()
    assert raw == ["***,2024-01-05,***,***", "***,2024-01-06,2,***,***,***"]


@pytest.mark.parametrize("sign", [*list("=+-@＝＋－＠"), " =", "\t=", "\r="])
def test_no_cell_begins_a_formula(sign: str) -> None:
    """Whatever a spreadsheet would run gets an apostrophe; numbers and words stay."""
    rows = pl.DataFrame({"value": [f"{sign}cmd|calc", "-3,5", "tea = cup"], "count": [1, 2, 3]})
    assert disarmed(rows)["value"].to_list() == [f"'{sign}cmd|calc", "-3,5", "tea = cup"]
