"""What comes in may be hostile, and what people confide to a shop stays there."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import traceback
from pathlib import Path
from time import process_time

import polars as pl
import pytest

import onhand
from onhand.data import read_tables
from onhand.data.delimited import _unique
from onhand.data.tables import disarmed, disarmed_text, write_set_aside
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


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_part_of_a_cell_begins_a_formula_where_semicolons_split(sign: str) -> None:
    """Excel in Germany splits `tea;=1+1` into two cells; numbers after a semicolon stay numbers."""
    assert disarmed_text(f"tea; {sign}cmd|calc") == f"tea;' {sign}cmd|calc"
    assert disarmed_text("A1;01.02.2024;-3;+2,50") == "A1;01.02.2024;-3;+2,50"


def test_rows_set_aside_are_quoted(tmp_path: Path) -> None:
    """A spreadsheet with another list separator keeps each text in one cell."""
    sales = {"item": ["a", "=b;@c"], "date": ["2024-01-01", "soon"], "quantity": [1, 1]}
    write_set_aside(read_tables({"sales": sales}), tmp_path / "aside.csv")
    assert (tmp_path / "aside.csv").read_text().splitlines()[1].endswith(""","'=b;'@c,soon,1\"""")


def test_a_table_with_a_column_for_each_day_is_refused_quickly(tmp_path: Path) -> None:
    """30,003 columns in a small file: one clear error, and no time lost on their names."""
    headers = ["item", "date", "quantity", *(f"c{k % 20_000}" for k in range(30_000))]
    (tmp_path / "sales.csv").write_text(",".join(headers) + "\na,2024-01-01,1\n")
    start = process_time()
    tables = read_tables(tmp_path)
    assert process_time() - start < 2  # it was 19 CPU-seconds
    assert tables.sales is None
    found = [f for f in tables.findings if f.rule == "too-many-columns"]
    assert [(f.severity, f.count) for f in found] == [("error", 30_003)]


def test_many_headers_of_one_name_stay_apart() -> None:
    """Also where a header looks like the number that another one got; and in no time."""
    start = process_time()
    names, n_renamed = _unique(["c", "c (2)", *["c"] * 30_000])
    assert process_time() - start < 1
    assert len(set(names)) == len(names)
    assert n_renamed == 30_000


def test_the_page_disarms_cells_as_the_files_do() -> None:
    """The browser's own export follows the rule of `disarmed_text`; run where there is a Node to run it."""
    page = Path(onhand.__file__).parent / "plan" / "report" / "script" / "orders.js"
    script = page.read_text(encoding="utf-8")
    part = script[script.index("function disarmed") : script.index("// The lines as orders.csv")]
    assert "[=+\\-@＝＋－＠]" in part
    node = shutil.which("node")
    if node is None:
        return
    cells = ["＝1+1", "tea;=1+1", "A1;-3;2,50", "\t=x", "-3", "6 pots", " ;@x"]
    told = subprocess.run(
        [node, "-e", f"{part}; console.log(JSON.stringify({json.dumps(cells)}.map(disarmed)))"],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert json.loads(told.stdout) == [disarmed_text(cell) for cell in cells]
