"""Lead times are learned from receipts, and open orders are neither forgotten nor believed for ever."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables, build_panel
from onhand.demand import believe
from onhand.inventory.lead_times import fit_lateness
from onhand.plan.buying.receipts import Deliveries, notes_on
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics
from onhand.plan.shelf import stock_now

START = date(2024, 7, 1)  # the first day not yet seen


def received(supplier: str, days: list[int], item: str = "tea") -> list[dict[str, object]]:
    """Orders placed every ten days that took so many days."""
    first = date(2024, 1, 1)
    return [
        {
            "item": item,
            "quantity": 10.0,
            "supplier": supplier,
            "order_date": first + timedelta(days=10 * i),
            "received_date": first + timedelta(days=10 * i + took),
        }
        for i, took in enumerate(days)
    ]


def shop(rows: list[dict[str, object]]) -> Tables:
    """Half a year of tea and of salt, bought from a punctual and from a late supplier."""
    days = [date(2024, 1, 1) + timedelta(days=d) for d in range(182)]
    kinds = {
        "item": pl.String,
        "quantity": pl.Float64,
        "supplier": pl.String,
        "order_date": pl.Date,
        "due_date": pl.Date,
        "received_date": pl.Date,
        "received_quantity": pl.Float64,
    }
    full = [{name: row.get(name) for name in kinds} | {"location": "shop"} for row in rows]
    return Tables(
        sales=pl.DataFrame(
            {
                "item": ["tea"] * 182 + ["salt"] * 182,
                "location": ["shop"] * 364,
                "date": days * 2,
                "quantity": [2.0] * 364,
            }
        ),
        stock=pl.DataFrame({"item": ["tea", "salt"], "location": "shop", "on_hand": [5.0, 5.0]}),
        supply=pl.DataFrame(
            {"item": ["tea", "salt"], "supplier": ["Late", "Prompt"], "lead_time": [5.0, 5.0]}
        ),
        inbound=pl.DataFrame(full, schema={**kinds, "location": pl.String}) if rows else None,
    )


def terms(tables: Tables, share: float) -> Economics:
    """The terms planned with at a lead-time quantile."""
    config = Config.from_dict({"supply": {"lead_time_quantile": share}})
    return economics(tables, build_panel(tables, frequency="day"), config)


def test_a_supplier_that_is_late_is_planned_as_late() -> None:
    """Promised 5 days, came after 5, 9 and 9 of them: the plan counts on 9. The other keeps its 5."""
    tables = shop(received("Late", [5, 9, 9] * 4) + received("Prompt", [5] * 12, "salt"))
    found = terms(tables, 0.8)
    assert dict(zip(found.offer["item"], found.lead_time_days, strict=True)) == {
        "tea": 9.0,
        "salt": 5.0,
    }
    assert any("Late: 80% of deliveries" in note.why for note in found.assumptions)


def test_more_caution_never_plans_shorter_lead_times() -> None:
    """A higher quantile of the same record is no shorter."""
    tables = shop(received("Late", [4, 5, 6, 9, 14, 5, 5]))
    planned = [terms(tables, share).lead_time_days[0] for share in (0.1, 0.5, 0.8, 0.95)]
    assert planned == sorted(planned)


def test_one_receipt_does_not_decide() -> None:
    """Once 30 days late, beside the promise and nine punctual others: still planned as promised."""
    tables = shop(received("Late", [35]) + received("Prompt", [5] * 9, "salt"))
    assert terms(tables, 0.8).lead_time_days.tolist() == [5.0, 5.0]


def test_a_supplier_without_receipts_is_judged_by_the_others() -> None:
    """Where everybody else is four days late, a newcomer is not believed either."""
    tables = shop(received("Late", [9] * 12))
    found = terms(tables, 0.8)
    assert found.lead_time_days.tolist() == [9.0, 9.0]


def open_order(days_late: int, **more: object) -> dict[str, object]:
    """An order of 40 tea, overdue by so many days."""
    due = START - timedelta(days=days_late)
    return {"item": "tea", "quantity": 40.0, "supplier": "Late", "due_date": due} | more


def pipeline(rows: list[dict[str, object]]) -> tuple[np.ndarray, list[str]]:
    """What is on its way to the tea shelf, and what was said about it."""
    tables = shop(rows)
    history = believe(build_panel(tables, frequency="day"))
    config = Config()
    found = economics(tables, history.panel, config)
    stock, notes = stock_now(tables, history, found, config)
    row = history.panel.items.tolist().index("tea")
    return stock.pipeline[row], [note.why for note in notes]


def test_an_overdue_order_is_expected_when_its_supplier_usually_comes() -> None:
    """Two days late, from a supplier that is on time or six days late: four days to go."""
    slots, said = pipeline([*received("Late", [5, 11] * 5), open_order(2)])
    assert slots[4] == 40
    assert slots.sum() == 40
    assert any("overdue" in why for why in said)


def test_an_order_later_than_any_is_expected_at_once_and_at_last_written_off() -> None:
    """Three weeks late: tomorrow. Half a year and more: no longer, and the plan says so."""
    assert pipeline([*received("Late", [5, 11] * 5), open_order(21)])[0][0] == 40
    slots, said = pipeline([*received("Late", [5, 11] * 5), open_order(181)])
    assert slots.sum() == 0
    assert any("no longer expected" in why for why in said)


def test_of_a_part_delivery_the_rest_is_still_to_come() -> None:
    """40 ordered, 30 there: 10 on order. Once it has a received date, nothing is."""
    assert pipeline([open_order(-3, received_quantity=30.0)])[0].sum() == 10
    closed = open_order(3, received_quantity=30.0, received_date=START - timedelta(days=2))
    slots, _ = pipeline([closed])
    assert slots.sum() == 0


def test_short_deliveries_are_said() -> None:
    """Ordered 40, got 30: three quarters."""
    closed = open_order(3, received_quantity=30.0, received_date=START - timedelta(days=2))
    notes = economics(
        shop([closed]), build_panel(shop([closed]), frequency="day"), Config()
    ).assumptions
    assert [n.value for n in notes if n.key == "supply.delivered"] == ["0.750"]


@pytest.mark.parametrize("late", [0.0, 1.0, 5.0])
def test_the_time_left_is_positive_and_ends_with_the_record(late: float) -> None:
    """Who has waited can wait no longer than the latest ever."""
    rest = fit_lateness([0, 2, 2, 6]).remaining(late)
    assert rest is not None
    assert 0 < rest <= 6 - late


def test_lateness_is_told_in_few_digits() -> None:
    """Nobody plans with 1.90476 days."""
    seen = pl.DataFrame({"supplier": ["Acme"], "n": [8], "ordered": [80.0], "received": [80.0]})
    late = fit_lateness([40 / 21] * 8)
    deliveries = Deliveries({"Acme": late}, late, seen, {}, {})
    (note,) = notes_on(deliveries, 0.8)
    assert note.key == "supply.lateness"
    assert float(note.value) == pytest.approx(late.quantile(0.8), abs=0.01)
    assert len(note.value.replace(".", "").lstrip("0")) <= 3
