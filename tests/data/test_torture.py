"""Bad files are read as far as they can be: nothing raises, nothing is lost, every reason is said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onhand.data import build_panel, read_tables, write_set_aside
from onhand.data.delimited import _careful, _fast, _Layout, _Text
from onhand.errors import OnhandError

HEADER = "item,location,date,quantity\n"


@dataclass(frozen=True)
class Nasty:
    """A bad sales file: what is in it, the quantities that survive, lines set aside with reasons."""

    name: str
    content: str | bytes
    kept: tuple[float, ...]
    aside: tuple[tuple[int, str], ...] = ()
    rules: tuple[str, ...] = ()


NASTIES = [
    Nasty("clean", HEADER + "a,s,2024-01-01,3\nb,s,2024-01-02,4\n", (3, 4)),
    Nasty("no newline at the end", HEADER + "a,s,2024-01-01,3", (3,)),
    Nasty("empty file", b"", (), (), ("empty-file", "no-sales")),
    Nasty("only spaces", b"  \n \n", (), (), ("empty-file",)),
    Nasty("header only", HEADER, (), (), ("no-rows", "no-sales")),
    Nasty("byte order mark", b"\xef\xbb\xbf" + (HEADER + "a,s,2024-01-01,3\n").encode(), (3,)),
    Nasty("utf-16 with mark", (HEADER + "ä,s,2024-01-01,3\n").encode("utf-16"), (3,)),
    Nasty("utf-16 without mark", (HEADER + "a,s,2024-01-01,3\n").encode("utf-16-le"), (3,)),
    Nasty("utf-16 big endian", b"\xfe\xff" + (HEADER + "a,s,2024-01-01,3\n").encode("utf-16-be"), (3,)),
    Nasty("windows-1252", (HEADER + "café €,s,2024-01-01,3\n").encode("cp1252"), (3,)),
    Nasty("no encoding at all", HEADER.encode() + b"a\x81\x8d\xff,s,2024-01-01,3\n", (3,)),
    Nasty("zero bytes", (HEADER + "a,s,2024-01-01,3\n").encode().replace(b"a,s", b"a\x00,s"), (3,), (), ("zero-bytes",)),
    Nasty("semicolons", HEADER.replace(",", ";") + "a;s;2024-01-01;3\n", (3,)),
    Nasty("tabs", HEADER.replace(",", "\t") + "a\ts\t2024-01-01\t3\n", (3,)),
    Nasty("pipes", HEADER.replace(",", "|") + "a|s|2024-01-01|3\n", (3,)),
    Nasty("sep line of a spreadsheet", "sep=;\n" + HEADER.replace(",", ";") + "a;s;2024-01-01;3\n", (3,)),
    Nasty("report title above", "Sales report 2024\nprinted today\n\n" + HEADER + "a,s,2024-01-01,3\n", (3,), (), ("lines-above-headers",)),
    Nasty("decimal commas", HEADER.replace(",", ";") + "a;s;2024-01-01;1.234,5\nb;s;2024-01-01;0,25\n", (1234.5, 0.25)),
    Nasty("thousands and signs", HEADER + 'a,s,2024-01-01,"1,234.5"\nb,s,2024-01-01,(7)\nc,s,2024-01-01,8-\n', (1234.5, -7, -8)),
    Nasty("doubtful thousands", HEADER + 'a,s,2024-01-01,"1,234"\n', (1234,), (), ("unclear-decimal-mark",)),
    Nasty("ragged rows", HEADER + "a,s,2024-01-01,3\nb,s,2024-01-01\nc,s,2024-01-01,5,oops\n", (3,), ((3, "3 cells"), (4, "5 cells"))),
    Nasty("commas at the end", HEADER + "a,s,2024-01-01,3,,\n", (3,)),
    Nasty("rows of commas", HEADER + "a,s,2024-01-01,3\n,,,\n,,,\n", (3,)),
    Nasty("blank lines", HEADER + "\na,s,2024-01-01,3\n\n  \nb,s,2024-01-02,x\n", (3,), ((6, "quantity is not a usable number"),)),
    Nasty("mixed line ends", HEADER + "a,s,2024-01-01,3\r\nb,s,2024-01-01,4\rc,s,2024-01-01,5\n", (3, 4, 5)),
    Nasty("quoted commas and newlines", HEADER + '"a,\nb",s,2024-01-01,3\nc,s,2024-01-01,4\n', (3, 4)),
    Nasty("doubled quotes", HEADER + '"12"" rule",s,2024-01-01,3\n', (3,)),
    Nasty("inch mark", HEADER + '12" rule,s,2024-01-01,3\nb,s,2024-01-01,4\n', (3, 4)),
    Nasty("quote that never closes", HEADER + '"a,s,2024-01-01,3\nb,s,2024-01-01,4\n', (3, 4)),
    Nasty("open quote on a short row", HEADER + '"a,s\nb,s,2024-01-01,4\n', (4,), ((2, "does not close"),)),
    Nasty("duplicate headers", "item,item,date,quantity,Quantity\na,x,2024-01-01,3,9\n", (3,), (), ("duplicate-headers",)),
    Nasty("unnamed column", "item,,date,quantity\na,x,2024-01-01,3\n", (3,)),
    Nasty("foreign headers", "SKU;Store ID;ds;Units Sold\na;s;2024-01-01;3\n", (3,)),
    Nasty("day first", HEADER + "a,s,31/01/2024,3\nb,s,02/01/2024,4\n", (3, 4)),
    Nasty("day or month first", HEADER + "a,s,01/02/2024,3\nb,s,02/03/2024,4\n", (3, 4), (), ("unclear-date-order",)),
    Nasty("many spellings of a date", HEADER + "a,s,2024-01-05T10:00:00Z,1\na,s,20240106,2\na,s,7 Jan 2024,3\na,s,45300,4\na,s,2024/1/9,5\n", (1, 2, 3, 4, 5), (), ("date-as-number",)),
    Nasty("dates that are none", HEADER + "a,s,2024-02-30,3\nb,s,0001-01-01,4\nc,s,9999-12-31,5\nd,s,soon,6\ne,s,2024-02-29,7\nf,s,,8\n", (7,), ((2, "date"), (3, "date"), (4, "date"), (5, "date"), (7, "date is empty"))),
    Nasty("negative quantities", HEADER + "a,s,2024-01-01,3\na,s,2024-01-02,-1\n", (3, -1), (), ("returns",)),
    Nasty("absurd quantities", HEADER + "a,s,2024-01-01,4006381333931\nb,s,2024-01-01,inf\nc,s,2024-01-01,1e308\nd,s,2024-01-01,5\n", (5,), ((2, "outside"), (3, "not a usable"), (4, "outside"))),
    Nasty("exact copies", HEADER + "".join(f"i{k},s,2024-01-01,3\n" for k in range(20)) + "i1,s,2024-01-01,3\n", (3,) * 21, (), ("exact-copies",)),
    Nasty("a lonely year", HEADER + "".join(f"a,s,2024-01-{k:02d},1\n" for k in range(1, 31)) + "a,s,2042-01-01,1\n", (1,) * 30, ((32, "more than a year"),)),
    Nasty("empty keys and totals", HEADER + "a,s,2024-01-01,3\n,s,2024-01-01,4\nTotal,,,7\n", (3,), ((3, "item is empty"), (4, "date is empty"))),
    Nasty("no quantity column", "item,date,colour\na,2024-01-01,red\n", (), ((2, "no column quantity"),), ("missing-column",)),
    Nasty("no headers", "a,s,2024-01-01,3\nb,s,2024-01-02,4\n", (), ((2, "no column"),), ("missing-column",)),
    Nasty("a workbook called csv", b"PK\x03\x04rest", (), (), ("not-text",)),
    Nasty("formulas and e-mails", HEADER + "=cmd|' /C calc'!A0,s,never,3\nann@shop.example,s,never,4\n", (), ((2, "date"), (3, "date"))),
    Nasty("a huge cell", HEADER + f'"{"x" * 300_000}",s,2024-01-01,3\nb,s,2024-01-01,4\n', (3, 4)),
    Nasty("missing words", HEADER + "a,s,2024-01-01,N/A\nb,NULL,2024-01-01,4\n", (4,), ((2, "quantity is empty"),)),
]  # fmt: skip


def _write(folder: Path, nasty: Nasty) -> Path:
    content = nasty.content.encode() if isinstance(nasty.content, str) else nasty.content
    path = folder / "sales.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("nasty", NASTIES, ids=lambda n: n.name)
def test_a_bad_file_gives_its_good_rows_and_says_what_is_wrong(
    nasty: Nasty, tmp_path: Path
) -> None:
    """Good rows are kept in order; bad ones are set aside with their line and the reason."""
    tables = read_tables(_write(tmp_path, nasty))
    kept = () if tables.sales is None else tuple(tables.sales["quantity"])
    assert kept == nasty.kept
    lines = tables.set_aside["line"].to_list()
    reasons = tables.set_aside["reason"].to_list()
    for line, reason in nasty.aside:
        assert reason in reasons[lines.index(line)]
    if nasty.rules != ("missing-column",):
        assert sorted(lines) == [line for line, _ in nasty.aside]
    assert set(nasty.rules) <= {f.rule for f in tables.findings}
    assert len(kept) + tables.set_aside.height == tables.rows_in.get("sales", 0)


def test_a_folder_of_bad_files_is_read_as_a_whole(tmp_path: Path) -> None:
    """One bad file beside another stops neither: the good table still makes a panel."""
    for number, nasty in enumerate(NASTIES):
        content = nasty.content.encode() if isinstance(nasty.content, str) else nasty.content
        (tmp_path / f"sales_{number}.csv").write_bytes(content)
    (tmp_path / "notes.txt").write_text("call Bob\n")
    (tmp_path / "stock.parquet").write_bytes(b"PAR1 and nothing more")
    tables = read_tables(tmp_path)
    assert tables.sales is not None
    assert tables.sales.height == sum(len(n.kept) for n in NASTIES)
    assert tables.sales.height + tables.set_aside.height == tables.rows_in["sales"]
    assert {"unreadable-file", "unknown-file", "not-text"} <= {f.rule for f in tables.findings}
    assert build_panel(tables).n_series > 0


def test_what_is_written_aside_runs_in_no_spreadsheet_and_names_nobody(tmp_path: Path) -> None:
    """Formulas are disarmed and e-mail addresses masked in the file of rows set aside."""
    nasty = next(n for n in NASTIES if n.name == "formulas and e-mails")
    tables = read_tables(_write(tmp_path, nasty))
    assert write_set_aside(tables, tmp_path / "out" / "aside.csv") == 2
    raws = pl.read_csv(tmp_path / "out" / "aside.csv")["raw"].to_list()
    assert raws[0].startswith("'=cmd")
    assert raws[1] == "***@***,s,never,4"


def test_personal_columns_are_hidden_in_rows_set_aside(tmp_path: Path) -> None:
    """A row with a customer's name and street loses both before anybody sees it."""
    path = tmp_path / "sales.csv"
    path.write_text("sku,Billing Name,Shipping Street,date,qty\na,Ann Lee,1 Low Rd,never,3\n")
    assert read_tables(path).set_aside["raw"].to_list() == ["a,***,***,never,3"]


def test_short_rows_are_filled_where_the_whole_export_drops_empty_cells(tmp_path: Path) -> None:
    """Some programs leave out empty cells at the end: then short rows are no accident."""
    path = tmp_path / "sales.csv"
    path.write_text("item,date,quantity,price\n" + "a,2024-01-01,3\n" * 6 + "a,2024-01-02,4,1.5\n")
    tables = read_tables(path)
    assert tables.sales is not None
    assert tables.sales["price"].to_list() == [None] * 6 + [1.5]
    assert "short-rows" in {f.rule for f in tables.findings}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(tmp_path: Path, content: bytes) -> None:
    """Whatever the bytes: no traceback, and rows in = rows accepted + rows set aside."""
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    tables = read_tables(path)
    _nothing_is_lost(tables)


CELL = st.one_of(
    st.sampled_from(
        ["a", "b", "", "3", "-2", "1,5", "1.5", "2024-01-01", "31/12/2023", "x,y", '"', "é", " "]
    ),
    st.text(alphabet='abc0123456789.,;"-/\n\t ', max_size=8),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=6), max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
def test_rows_are_never_lost(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    """Rows of any cells below good headers: accepted or set aside, and never more than were there."""
    text = delimiter.join(["item", "date", "quantity", "location"]) + "\n"
    text += delimiter.join(["a", "2024-01-01", "3", "s"]) + "\n"
    body = "".join(delimiter.join(row) + "\n" for row in rows)
    path = tmp_path / "sales.csv"
    path.write_text(text + body, encoding="utf-8", newline="")
    tables = read_tables(path)
    _nothing_is_lost(tables)
    n_filled = sum(1 for line in body.split("\n") if line.strip(f" {delimiter}\t"))
    assert tables.rows_in["sales"] <= 1 + n_filled


def _nothing_is_lost(tables: object) -> None:
    given = tables.given  # type: ignore[attr-defined]
    aside = tables.set_aside  # type: ignore[attr-defined]
    for name, n in tables.rows_in.items():  # type: ignore[attr-defined]
        kept = given[name].height if name in given else 0
        assert kept + aside.filter(pl.col("table") == name).height == n


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.text(alphabet='ab1 ,"', max_size=5), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    )
)
def test_the_fast_way_reads_what_the_careful_way_reads(rows: list[list[str]]) -> None:
    """Oracle: where the fast way claims a file, the careful way finds the same cells."""
    quoted = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows]
    data = ("item,date,quantity\n" + "\n".join(quoted)).encode()
    text = _Text("t", data, _Layout.of(data))
    fast = _fast(text)
    if fast is not None:
        careful = _careful(text, [])
        filled = ~pl.all_horizontal((pl.all() == "") | pl.all().is_null())
        one = fast[0].fill_null("").filter(filled)
        other = careful[0].fill_null("").filter(filled)
        assert one.rows() == other.rows()


def test_a_path_that_is_not_there_says_so(tmp_path: Path) -> None:
    """Only a source that holds no table at all raises, with the next step."""
    with pytest.raises(OnhandError, match="check the path"):
        read_tables(tmp_path / "nowhere.csv")
    with pytest.raises(OnhandError, match=r"put sales\.csv there"):
        read_tables(tmp_path)
