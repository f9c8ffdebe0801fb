"""What leaves the plan as text: explanations, sentences and the CSV of orders."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from onhand.data import Tables
from onhand.errors import InputError, ReadError
from onhand.plan.explain import explain
from onhand.plan.orders_csv import COLUMNS, TO_SEND, file_names, orders_csv
from onhand.plan.plan import Plan
from onhand.plan.wording import units
from onhand.plan.write import ready_folder, write_plan

Shop = Callable[..., Tables]


def test_an_explanation_holds_the_numbers_of_the_line(plan: Plan) -> None:
    """Target minus projected is the need; every increment is named; the total is the line's."""
    line = plan.orders[0]
    text = explain(plan, line.item)
    why = line.reason
    for number in (why.target, why.projected_stock, why.need, why.quantity):
        assert units(number) in text
    assert line.sentence in text
    assert line.due_date in text
    for step in ("demand", "in hand", "target", "minus", "need", "minimum order", "whole packs"):
        assert f"\n  {step}" in text


def test_an_item_without_an_order_is_explained_too(plan: Plan) -> None:
    """Not ordering is a decision as well."""
    ordered = {line.item for line in plan.orders}
    idle = next(p.item for p in plan.stock_points if p.item not in ordered)
    assert "nothing to order" in explain(plan, idle)


def test_a_misspelt_item_gets_the_nearest_names(plan: Plan) -> None:
    """The error helps."""
    with pytest.raises(InputError, match="Did you mean 'item-"):
        explain(plan, "itm-1")
    with pytest.raises(InputError, match="It is at: shop"):
        explain(plan, "item-1", "harbour")


def test_orders_read_back_as_the_lines(plan: Plan) -> None:
    """One row per line, numbers plain."""
    rows = list(csv.DictReader(io.StringIO(orders_csv(plan))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["item"] for row in rows] == [line.item for line in plan.orders]
    assert [float(row["cost"]) for row in rows] == [line.cost for line in plan.orders]


@pytest.mark.parametrize("title", ["=1+1", "+CMD", "-2+3", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_no_cell_runs_as_a_formula(plan: Plan, title: str) -> None:
    """A title from the shop's file is data for every spreadsheet."""
    line = replace(plan.orders[0], title=title, item=title, supplier=title)
    rows = list(csv.DictReader(io.StringIO(orders_csv(replace(plan, orders=(line,))), newline="")))
    for name in ("title", "item", "supplier"):
        assert rows[0][name].startswith("'")


def test_all_files_are_written_and_the_plan_reads_back(
    plan: Plan, shop: Shop, tmp_path: object
) -> None:
    """report.html, orders.csv and plan.json; the folder is made."""
    files = write_plan(plan, f"{tmp_path}/new/folder", shop())
    assert sorted(files) == ["orders", "orders.csv", "plan.json", "report.html"]
    assert all(path.stat().st_size > 0 for path in files.values())
    assert Plan.read(f"{tmp_path}/new/folder") == plan


def test_a_folder_that_cannot_be_made_is_named(plan: Plan, tmp_path: object) -> None:
    """A file in the way is the user's to move."""
    in_the_way = f"{tmp_path}/file"
    with open(in_the_way, "w", encoding="utf-8") as file:
        file.write("")
    with pytest.raises(InputError, match="Choose another folder"):
        write_plan(plan, in_the_way)


def test_a_missing_plan_says_how_to_make_one(tmp_path: object) -> None:
    """`onhand explain` before `onhand plan`."""
    with pytest.raises(ReadError, match="onhand plan SOURCE"):
        Plan.read(f"{tmp_path}")


def test_what_was_there_stays_until_everything_new_is_whole(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up while the last file is written leaves the old plan and no rubbish."""
    write_plan(plan, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.rglob("*.*")}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Plan, "write", full)
    with pytest.raises(InputError, match="No space left"):
        write_plan(plan, tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.rglob("*.*")} == before


def test_each_supplier_gets_a_file_of_its_own_and_an_old_one_is_not_sent_again(
    plan: Plan, tmp_path: Path
) -> None:
    """Lines of one supplier without risks and reasons; what is not ordered now, nobody sends by mistake."""
    first, *others = plan.orders
    two = replace(plan, orders=(replace(first, supplier="Leaf & Co"), *others))
    write_plan(two, tmp_path)
    (tmp_path / "orders" / "mine.csv").write_text(",".join(TO_SEND))
    letter = (tmp_path / "orders" / "Leaf-Co.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(letter)))
    assert [(row["item"], row["quantity"]) for row in rows] == [(first.item, f"{first.quantity:g}")]
    assert not {"reason", "money_at_risk_with"} & rows[0].keys()
    sent = [f for f in (tmp_path / "orders").iterdir() if f.name != "mine.csv"]
    n_lines = sum(len(f.read_text(encoding="utf-8").splitlines()) - 1 for f in sent)
    assert n_lines == len(two.orders)
    write_plan(replace(plan, orders=()), tmp_path)
    assert [f.name for f in (tmp_path / "orders").iterdir()] == ["mine.csv"]


def test_a_folder_that_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    """A file of that name, and a folder inside a file."""
    (tmp_path / "taken").write_text("a file")
    for name in ("taken", "taken/inside"):
        with pytest.raises(InputError, match="Choose another folder with --out"):
            ready_folder(tmp_path / name)
    assert list(ready_folder(tmp_path / "new").iterdir()) == []


def test_nothing_is_replaced_where_the_files_for_suppliers_have_no_place(
    plan: Plan, tmp_path: Path
) -> None:
    """A file, a link to another folder, and a folder in the way of a file: found before, not half-way."""
    ways = {name: tmp_path / name for name in ("file", "link", "folder")}
    (tmp_path / "elsewhere").mkdir()
    for way in ways.values():
        way.mkdir()
    (ways["file"] / "orders").write_text("")
    (ways["link"] / "orders").symlink_to(tmp_path / "elsewhere")
    (ways["folder"] / "orders" / file_names([plan.orders[0].supplier]).popitem()[1]).mkdir(
        parents=True
    )
    for way in ways.values():
        with pytest.raises(InputError, match="--out"):
            write_plan(plan, way)
        assert [p.name for p in way.iterdir()] == ["orders"]


def test_a_suppliers_name_is_no_path() -> None:
    """Whatever it is called, its file lies in the folder and its name is short enough."""
    names = file_names(["../../x", "a/b", "..", "CON", "nul", "茶" * 90, "A\u0301", "\u00c1"])
    assert all(re.fullmatch(r"[\w-]+\.csv", name) for name in names.values())
    assert all(len(name.encode()) <= 110 for name in names.values())
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert names["CON"] != "CON.csv"
