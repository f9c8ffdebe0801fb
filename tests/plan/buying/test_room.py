"""The warehouse holds so much: what is there and what is coming counts, and what is ordered goes into the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Assumption, Plan

Shop = Callable[..., Tables]


def planned(shop: Shop, room: float, on_hand: float, coming: float = 0.0) -> Plan:
    """One item is sold out; of the other `on_hand` units stand there, `coming` are ordered."""
    items = ["item-0", "item-1"]
    day = date(2024, 1, 1) + timedelta(weeks=29)
    inbound = pl.DataFrame(
        {"item": ["item-0"], "location": ["shop"], "quantity": [coming],
         "order_date": [day], "due_date": [day + timedelta(weeks=2)]}
    )  # fmt: skip
    tables = shop(
        n_items=2,
        n_weeks=30,
        items=pl.DataFrame({"item": items, "price": [4.0, 5.0], "volume": [0.5, 2.0]}),
        stock=pl.DataFrame({"item": items, "location": "shop", "on_hand": [on_hand, 0.0]}),
        supply=pl.DataFrame({"item": items, "lead_time": [7.0] * 2, "unit_cost": [2.0] * 2}),
        inbound=inbound if coming else None,
    )
    quick: dict[str, dict[str, object]] = {
        "plan": {"n_samples": 40, "n_cards": 0},
        "replay": {"days": 1.0, "tuning_days": 1.0},
        "forecast": {"forecaster": "moving_average"},
        "limits": {"space": room},
    }
    return make_plan(tables, Config.from_dict(quick))


def volume(plan: Plan) -> float:
    """That the plan's orders take."""
    return sum(line.quantity * {"item-0": 0.5, "item-1": 2.0}[line.item] for line in plan.orders)


def note(plan: Plan) -> Assumption:
    """What the plan says of the room."""
    return next(a for a in plan.assumptions if a.key == "limits.space")


def test_what_is_on_the_shelf_takes_room(shop: Shop) -> None:
    """A thousand units of half a cube leave 4 of 504; in an empty room of 504 all that is needed fits."""
    free = planned(shop, 0.0, 1000.0)
    assert volume(free) > 4.0
    tight = planned(shop, 504.0, 1000.0)
    assert 0 < volume(tight) <= 4.0
    assert "500 of it are taken" in note(tight).why
    assert volume(planned(shop, 5000.0, 1000.0)) == volume(free)


def test_so_does_what_is_on_order(shop: Shop) -> None:
    """The same with the units still on their way."""
    assert 0 < volume(planned(shop, 504.0, 500.0, coming=500.0)) <= 4.0


def test_what_is_over_is_told_and_nothing_that_takes_room_is_ordered(shop: Shop) -> None:
    """More stands there than the warehouse holds."""
    full = planned(shop, 100.0, 5000.0)
    assert full.orders == ()
    assert "2,400 more than there is" in note(full).why
