"""Each rule finds what it is for, and a sound shop has no warnings."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from onhand.data import findings_table, read_tables, validate, worst_severity
from onhand.data.findings import Finding

DAY = dt.date(2024, 1, 1)
N = 30
SOUND: dict[str, dict[str, list[Any]]] = {
    "sales": {"item": ["a"] * N, "date": [DAY + dt.timedelta(days=k) for k in range(N)], "quantity": [4] * N, "price": [2.0] * N},
    "stock": {"item": ["a"], "on_hand": [9], "date": [DAY + dt.timedelta(days=N - 1)]},
    "supply": {"item": ["a"], "supplier": ["Acme"], "lead_time": [7], "unit_cost": [1.0]},
    "items": {"item": ["a"], "price": [2.0], "unit_cost": [1.0]},
}  # fmt: skip


def test_a_sound_shop_has_nothing_to_mend() -> None:
    """Four good tables: no error, no warning."""
    assert worst_severity(read_tables(SOUND).findings) is None


def _changed(table: str, **columns: list[Any]) -> dict[str, Any]:
    return {**SOUND, table: {**SOUND.get(table, {}), **columns}}


@pytest.mark.parametrize(
    ("rule", "severity", "tables"),
    [
        ("returns", "info", _changed("sales", quantity=[4] * 29 + [-1])),
        ("giant-quantity", "warning", _changed("sales", quantity=[4] * 29 + [40_000])),
        ("far-price", "warning", _changed("sales", price=[2.0] * 29 + [250.0])),
        ("spellings", "warning", _changed("sales", item=["a"] * 29 + ["A"])),
        ("no-count", "warning", _changed("sales", item=["a"] * 29 + ["b"])),
        ("negative-stock", "warning", _changed("stock", on_hand=[-2])),
        ("stale-stock", "warning", _changed("stock", date=[DAY - dt.timedelta(days=60)])),
        ("no-common-items", "error", _changed("stock", item=["zzz"])),
        ("never-sold", "info", _changed("items", item=["a", "z"], price=[2.0] * 2, unit_cost=[1.0] * 2)),
        ("cost-above-price", "warning", _changed("items", unit_cost=[3.0])),
        ("no-cost", "info", _changed("supply", unit_cost=[0.0])),
        ("overdue", "warning", _changed("inbound", item=["a"], quantity=[5], due_date=[DAY])),
        ("received-before-ordered", "warning", _changed("inbound", item=["a"], quantity=[5], order_date=[DAY], received_date=[DAY - dt.timedelta(days=1)])),
        ("table-missing", "warning", {"sales": SOUND["sales"]}),
        ("rows-set-aside", "error", _changed("sales", date=["soon"] * 20 + SOUND["sales"]["date"][20:])),
        ("rows-set-aside", "warning", _changed("sales", date=["soon", *SOUND["sales"]["date"][1:]])),
        ("no-sales", "error", {"stock": SOUND["stock"]}),
        ("columns-left-out", "info", _changed("stock", colour=["red"])),
    ],
)  # fmt: skip
def test_each_rule_finds_its_own(rule: str, severity: str, tables: dict[str, Any]) -> None:
    """One change to a sound shop, one finding, of the stated severity and with advice."""
    found = [f for f in read_tables(tables).findings if f.rule == rule]
    assert [f.severity for f in found] == [severity] * len(found) != []
    assert all(f.advice and f.value for f in found)


def test_checking_twice_says_it_once() -> None:
    """The rules replace their own earlier findings."""
    tables = read_tables(_changed("stock", on_hand=[-2]))
    assert validate(tables).findings == tables.findings


def test_findings_are_a_table_with_the_gravest_first() -> None:
    """For files and for people."""
    findings = [
        Finding("info", "sales", "b", "v", "a"),
        Finding("error", "sales", "a", "v", "a", 3, "line 2"),
    ]
    table = findings_table(findings)
    assert table["severity"].to_list() == ["error", "info"]
    assert table["count"].to_list() == [3, 1]
    assert findings_table([]).height == 0
    with pytest.raises(ValueError, match="choose one of"):
        Finding("fatal", "sales", "a", "v", "a")  # type: ignore[arg-type]
