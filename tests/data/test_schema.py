"""Column names are spelled once, foreign headers are translated, and the reference page is true."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import onhand
from onhand.data.schema import (
    INBOUND,
    INVOICES,
    PRICE_BREAKS,
    SALES,
    STOCK,
    TABLES,
    Kind,
    Table,
    as_markdown,
    recognise_columns,
    recognise_table,
)

ROOT = Path(onhand.__file__).parents[2]


def test_the_reference_page_is_written_from_the_schema() -> None:
    """`python -m onhand.data.schema > docs/reference/tables.md` was run after the last change."""
    page = ROOT / "docs" / "reference" / "tables.md"
    if not page.exists():
        pytest.skip("an installed package carries no docs")
    assert page.read_text() == as_markdown()


@pytest.mark.parametrize("table", [*TABLES.values(), INVOICES], ids=lambda t: t.name)
def test_every_column_is_documented_and_no_alias_means_two_columns(table: object) -> None:
    """Meaning and null are said, bounds come in pairs, an alias leads to one column only."""
    aliases: set[str] = set()
    for column in table.columns:  # type: ignore[attr-defined]
        assert column.meaning
        assert column.null
        assert (column.low is None) == (column.high is None)
        assert column.unit or column.kind in (Kind.TEXT, Kind.DATE, Kind.WEEKDAYS)
        assert not aliases & set(column.aliases), f"{column.name}: {aliases & set(column.aliases)}"
        aliases |= set(column.aliases)


def test_every_table_says_what_holds_without_it() -> None:
    """Only sales has no default."""
    assert [name for name, t in TABLES.items() if t.default.startswith("none")] == ["sales"]


@pytest.mark.parametrize(
    ("stem", "headers", "wanted"),
    [
        ("sales", "item,date,quantity", "sales"),
        ("Sales 2024", "sku,day,qty", "sales"),
        ("anything", "unique_id,ds,y", "sales"),
        ("orders_export_1", "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku", "invoices"),
        ("report", "amazon-order-id,purchase-date,order-status,sku,quantity,item-price", "invoices"),
        ("data", "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", "invoices"),
        ("inventory_export", "Handle,Title,SKU,Location,Incoming,Committed,Available,On hand (current)", "stock"),
        ("fba", "sku,fnsku,asin,afn-fulfillable-quantity", "stock"),
        ("products", "SKU,Name,Regular price,Categories", "items"),
        ("suppliers", "sku,supplier,lead time,moq", "supply"),
        ("suppliers", "supplier,minimum value,order days", "suppliers"),
        ("price breaks", "sku,quantity,price", "price_breaks"),
        ("shutdowns", "supplier,from,to", "closures"),
        ("open_purchase_orders", "sku,quantity,eta", "inbound"),
        ("inbound", "Artikelnummer,Menge,Liefertermin", "inbound"),
        ("holidays", "date,holiday", "calendar"),
        ("events", "visitorid,itemid,timestamp,event", "interactions"),
        ("customers", "name,street", None),
    ],
)  # fmt: skip
def test_tables_are_recognised_by_name_or_headers(
    stem: str, headers: str, wanted: str | None
) -> None:
    """The exports that shops hold: Shopify, Amazon, WooCommerce, tills, planning tools."""
    assert recognise_table(stem, headers.split(",")) == wanted


@pytest.mark.parametrize(
    "table", [SALES, STOCK, INBOUND, PRICE_BREAKS, INVOICES], ids=lambda t: t.name
)
@pytest.mark.parametrize("header", ["Menge", "Cantidad", "Quantité", "Hoeveelheid", "Quantità"])
def test_a_quantity_is_one_in_every_table_and_language(table: Table, header: str) -> None:
    """German, Spanish, French, Dutch, Italian: a table must not be lost for the word in its head."""
    number = "on_hand" if table is STOCK else "quantity"
    assert recognise_columns(table, ["sku", header]) == {"sku": "item", header: number}


def test_a_canonical_name_wins_over_an_alias() -> None:
    """With both `item` and `sku`, item is the item."""
    assert recognise_columns(SALES, ["sku", "Item", "ds", "y"])["Item"] == "item"
    assert "sku" not in recognise_columns(SALES, ["sku", "Item", "ds", "y"])


def test_only_the_data_room_speaks_foreign_headers() -> None:
    """No module behind the door spells `sku`, `unique_id` or `ds` as a column."""
    source = ROOT / "src" / "onhand"
    for path in source.rglob("*.py"):
        if path.parent.name == "data" or "sample" in path.parts:
            continue
        texts = {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not texts & {"sku", "unique_id", "ds", "stock_code"}, path
