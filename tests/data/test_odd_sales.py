"""One row among thousands must not move the plan, or not unseen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onhand.data import build_panel, read_tables

START = dt.date(2024, 1, 1)
N = 100
END = START + dt.timedelta(days=N - 1)


def _shop(n_items: int, *rows: tuple[str, dt.date, float], every: int = 1) -> dict[str, Any]:
    days = [START + dt.timedelta(days=k) for k in range(0, N, every)]
    usual = [(f"{i:04}", day, 5.0) for i in range(n_items) for day in days]
    item, date, quantity = (list(column) for column in zip(*usual, *rows, strict=True))
    return {"sales": {"item": item, "date": date, "quantity": quantity}}


@pytest.mark.parametrize("ahead", [30, 300])
def test_a_sale_of_a_day_to_come_is_set_aside(ahead: int) -> None:
    """One row dated a month ahead of 4,000 others does not make the plan a month later."""
    late = END + dt.timedelta(days=ahead)
    tables = read_tables(_shop(40, ("0007", late, 5.0)))
    assert build_panel(tables, frequency="day").dates[-1].item() == END
    found = [f for f in tables.findings if f.rule == "future-sales"]
    assert [(f.severity, f.count) for f in found] == [("error", 1)]
    assert f"item 0007 on {late}" in found[0].value
    assert str(END) in found[0].value
    assert tables.set_aside.height == 1


def test_several_wrong_days_do_not_hide_each_other() -> None:
    """Each alone is a trickle, and so are all together."""
    rows = [("0001", END + dt.timedelta(days=d), 5.0) for d in (20, 23, 40, 300)]
    assert read_tables(_shop(40, *rows)).set_aside.height == 4


def test_a_slow_shop_keeps_its_last_sale() -> None:
    """A sale every week or so, and one two weeks later: nobody can call that wrong."""
    late = END + dt.timedelta(days=14)
    tables = read_tables(_shop(1, ("0000", late, 5.0), every=7))
    assert tables.set_aside.height == 0


def test_a_shop_that_opens_again_keeps_its_sales() -> None:
    """After three weeks of holidays the usual rows come again: not late, but new."""
    rows = [(f"{i:04}", END + dt.timedelta(days=21), 5.0) for i in range(20)]
    assert read_tables(_shop(40, *rows)).set_aside.height == 0


def test_a_last_day_that_was_cut_is_said() -> None:
    """One row where its weekday usually has forty."""
    day = END + dt.timedelta(days=1)
    found = [f for f in read_tables(_shop(40, ("0003", day, 5.0))).findings if f.rule == "cut-end"]
    assert [(f.severity, f.key) for f in found] == [("warning", f"item 0003, date {day}")]
    assert [f for f in read_tables(_shop(40)).findings if f.rule == "cut-end"] == []


def test_one_misread_thousand_is_named() -> None:
    """An item that sells 5 a row, and 1,234 once: item, day, value, rule, and what the plan does."""
    found = [
        f for f in read_tables(_shop(2, ("0001", END, 1234.0))).findings if "quantity" in f.rule
    ]
    assert [(f.severity, f.rule, f.count) for f in found] == [("warning", "unusual-quantity", 1)]
    assert found[0].key == f"item 0001, location shop, date {END}"
    assert found[0].value == "1,234 units, and 95 of 100 of the item's rows have at most 5"
    assert "the plan believes it" in found[0].advice


@pytest.mark.parametrize("quantity", [19.0, 49.0])
def test_a_good_day_is_no_error(quantity: float) -> None:
    """Less than ten times what is usual, or a handful."""
    rules = {f.rule for f in read_tables(_shop(2, ("0001", END, quantity))).findings}
    assert "unusual-quantity" not in rules


def test_large_orders_that_come_again_are_usual() -> None:
    """Two customers who buy by the pallet."""
    rows = [("0001", START + dt.timedelta(days=k), 900.0 + k) for k in (5, 60)]
    rules = {f.rule for f in read_tables(_shop(2, *rows)).findings}
    assert "unusual-quantity" not in rules


def test_numbers_beyond_reason_never_reach_the_panel(tmp_path: Path) -> None:
    """A quantity is set aside with its row; a covariate or an indicator without one is left empty."""
    rows = ["item,date,quantity,visits"]
    rows += [f"a,{START + dt.timedelta(days=k)},5,10" for k in range(60)]
    rows[5] = rows[5].replace(",5,10", ",3e38,10")
    rows[6] = rows[6].replace(",10", ",3e38")
    (tmp_path / "sales.csv").write_text("\n".join(rows))
    (tmp_path / "market.csv").write_text(f"indicator,date,value\nsearches,{START},3e38\n")
    tables = read_tables(tmp_path)
    reasons = tables.set_aside["reason"].to_list()
    assert any("quantity is outside" in reason for reason in reasons)
    assert any("value is outside" in reason for reason in reasons)
    found = [f for f in tables.findings if f.rule == "absurd-number"]
    assert [(f.severity, f.count) for f in found] == [("warning", 1)]
    assert np.nanmax(build_panel(tables, frequency="day").observed["visits"]) == 10
