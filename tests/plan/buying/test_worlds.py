"""Every world has its own deliveries, as the shop's receipts say, and the same whenever it is asked."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables, build_panel
from onhand.demand import believe
from onhand.plan.buying.order_days import OrderDays, order_days_of
from onhand.plan.buying.worlds import Worlds, supply_worlds
from onhand.plan.config import Config
from onhand.plan.economics import economics
from onhand.plan.shelf import open_orders, stock_now

START = date(2024, 7, 1)  # the first day not yet seen
KINDS = {
    "item": pl.String,
    "quantity": pl.Float64,
    "supplier": pl.String,
    "order_date": pl.Date,
    "due_date": pl.Date,
    "received_date": pl.Date,
    "received_quantity": pl.Float64,
}


def receipts(days: list[int], share: float = 1.0) -> list[dict[str, object]]:
    """Orders placed every ten days, promised after 5, that took so many days."""
    first = date(2023, 12, 1)
    return [
        {
            "item": "tea",
            "quantity": 10.0,
            "supplier": "Late",
            "order_date": first + timedelta(days=10 * i),
            "due_date": first + timedelta(days=10 * i + 5),
            "received_date": first + timedelta(days=10 * i + took),
            "received_quantity": 10.0 * share,
        }
        for i, took in enumerate(days)
    ]


def shop(rows: list[dict[str, object]], items: tuple[str, ...] = ("tea",)) -> Tables:
    """A year half of each item, bought from one supplier that promises 5 days."""
    days = [date(2024, 1, 1) + timedelta(days=d) for d in range(182)]
    full = [{name: row.get(name) for name in KINDS} | {"location": "shop"} for row in rows]
    return Tables(
        sales=pl.DataFrame(
            {
                "item": [i for i in items for _ in days],
                "location": "shop",
                "date": days * len(items),
                "quantity": 2.0,
            }
        ),
        stock=pl.DataFrame({"item": items, "location": "shop", "on_hand": 5.0}),
        supply=pl.DataFrame({"item": items, "supplier": "Late", "lead_time": 5.0}),
        inbound=pl.DataFrame(full, schema={**KINDS, "location": pl.String}) if rows else None,
    )


def worlds(
    tables: Tables, n_samples: int = 100, days: dict[str | None, OrderDays] | None = None
) -> Worlds | None:
    """The supply of a shop, in so many worlds."""
    config = Config()
    history = believe(build_panel(tables, frequency="day"))
    terms = economics(tables, history.panel, config)
    stock, _ = stock_now(tables, history, terms, config)
    opened = open_orders(tables, history.panel, terms, config)
    known = order_days_of(tables) if days is None else days
    return supply_worlds(history.panel, terms, known, stock, opened, n_samples=n_samples, seed=3)


def test_without_a_receipt_nothing_is_uncertain() -> None:
    """No record: the promise, as before; nor where everybody was punctual."""
    assert worlds(shop([])) is None
    assert worlds(shop(receipts([5, 5, 5]))) is None


def test_lateness_is_drawn_as_often_as_it_was_seen() -> None:
    """Ten came on the day, ten six days late, and the promise counts two: 10 of 22 worlds are late."""
    found = worlds(shop(receipts([5, 11] * 10)), n_samples=220)
    assert found is not None
    lead = found.of(slice(None), 60).lead_time[0]
    assert np.unique(lead).tolist() == [5, 11]
    assert (lead == 11).sum() == 100


def test_relief_is_a_later_order_with_a_lateness_of_its_own() -> None:
    """The next order comes a week later, 0 or 6 days late; relief always comes after the order."""
    found = worlds(shop(receipts([5, 11] * 10)), n_samples=220)
    assert found is not None
    supply = found.of(slice(None), 60)
    assert (supply.relief > supply.lead_time).all()
    assert set(np.unique(supply.relief).tolist()) == {12, 18}
    # Order and next order are late independently of each other.
    late, later = supply.lead_time[0] == 11, supply.relief[0] == 18
    assert abs((late & later).mean() - late.mean() * later.mean()) < 0.06


def test_one_delivery_is_late_for_all_its_items() -> None:
    """What is promised for one day by one supplier comes together, in every world."""
    found = worlds(shop(receipts([5, 11] * 10), items=("tea", "salt")))
    assert found is not None
    lead = found.of(slice(None), 60).lead_time
    np.testing.assert_array_equal(lead[0], lead[1])


def test_an_order_read_back_is_as_late_as_it_was_planned() -> None:
    """Placed today, an open order tomorrow: it comes in the same period of the same world."""
    planned = worlds(shop(receipts([5, 11] * 10)))
    placed = {
        "item": "tea",
        "quantity": 7.0,
        "supplier": "Late",
        "order_date": START,
        "due_date": START + timedelta(days=5),
    }
    again = worlds(shop([*receipts([5, 11] * 10), placed]))
    assert planned is not None
    assert again is not None
    lead = planned.of(slice(None), 60).lead_time[0]
    arrivals = again.of(slice(None), 60).arrivals[0]
    assert (arrivals.argmax(axis=1) == lead).all()
    assert (arrivals.sum(axis=1) == 7).all()


def test_an_overdue_order_comes_as_those_did_that_were_later_still() -> None:
    """Two days late, from a supplier that is on time or six days late: four days to go, in every world."""
    overdue = {"item": "tea", "quantity": 7.0, "supplier": "Late", "due_date": START - timedelta(2)}
    found = worlds(shop([*receipts([5, 11] * 10), overdue]))
    assert found is not None
    arrivals = found.of(slice(None), 60).arrivals[0]
    assert (arrivals.argmax(axis=1) == 4).all()


def test_short_deliveries_reach_orders_and_open_orders() -> None:
    """Four fifths came, eight times; the promise of all counts two: 8 of 10 worlds get four fifths."""
    coming = {"item": "tea", "quantity": 10.0, "supplier": "Late", "due_date": START}
    found = worlds(shop([*receipts([5] * 8, share=0.8), coming]), n_samples=100)
    assert found is not None
    supply = found.of(slice(None), 30)
    shares, counts = np.unique(supply.share.round(3), return_counts=True)
    assert shares.tolist() == pytest.approx([0.8, 1.0])
    assert counts.tolist() == [80, 20]
    assert supply.arrivals.sum(axis=2).mean() == pytest.approx(8.4)


def test_closed_days_do_not_count_for_late_goods_either() -> None:
    """Closed from the 3rd to the 12th: five days become fifteen, eleven become twenty-one."""
    closed = OrderDays(closures=((date(2024, 7, 3), date(2024, 7, 12)),))
    found = worlds(shop(receipts([5, 11] * 10)), days={"Late": closed})
    assert found is not None
    assert set(np.unique(found.of(slice(None), 60).lead_time).tolist()) == {15, 21}


def test_rows_do_not_depend_on_their_block() -> None:
    """One stock point at a time or all at once: the same supply."""
    opened = {"quantity": 3.0, "supplier": "Late", "due_date": START + timedelta(days=2)}
    rows = [*receipts([5, 11] * 10), opened | {"item": "tea"}, opened | {"item": "salt"}]
    found = worlds(shop(rows, items=("tea", "salt")))
    assert found is not None
    whole = found.of(slice(None), 20)
    for i in range(2):
        one = found.of(slice(i, i + 1), 20)
        np.testing.assert_array_equal(one.arrivals[0], whole.arrivals[i])
        np.testing.assert_array_equal(one.relief[0], whole.relief[i])
