"""The warehouse holds so much: what is there and what is coming counts, and what is ordered goes into the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Assumption, Plan

Shop = Callable[..., Tables]
_SPACE = {"space": pl.Float64()}


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


def in_two_shops(shop: Shop, north: float | None, south: float | None, **more: object) -> Plan:
    """Two items of two cubes each, sold in two shops, where there is none left."""
    both, items = ["north", "south"], ["item-0", "item-1"]
    pairs = {"item": [i for i in items for _ in both], "location": both * 2}
    tables = shop(
        n_items=2,
        n_weeks=30,
        locations=("north", "south"),
        items=pl.DataFrame({"item": items, "price": [5.0] * 2, "volume": [2.0] * 2}),
        stock=pl.DataFrame({**pairs, "on_hand": [0.0] * 4}),
        supply=pl.DataFrame({"item": items, "lead_time": [7.0] * 2, "unit_cost": [2.0] * 2}),
        inbound=None,
    )
    rooms = pl.DataFrame({"location": both, "space": [north, south]}, schema_overrides=_SPACE)
    tables = replace(tables, locations=rooms)
    quick: dict[str, dict[str, object]] = {
        "plan": {"n_samples": 40, "n_cards": 0},
        "replay": {"days": 1.0, "tuning_days": 1.0},
        "forecast": {"forecaster": "moving_average"},
        "limits": dict(more),
    }
    return make_plan(tables, Config.from_dict(quick))


def units_at(plan: Plan, location: str) -> float:
    """That are ordered for a location."""
    return sum(line.quantity for line in plan.orders if line.location == location)


def test_each_location_has_its_own_room(shop: Shop) -> None:
    """Room for one unit in the north leaves the south as it was; the line says what left units out."""
    free = in_two_shops(shop, None, None)
    tight = in_two_shops(shop, 3.0, None)
    assert units_at(free, "north") > 1
    assert units_at(tight, "north") == 1
    assert units_at(tight, "south") == units_at(free, "south")
    line = next(line for line in tight.orders if line.location == "north")
    assert any(i.constraint == "space" and i.units < 0 for i in line.reason.increments)


def test_the_plan_tells_each_room(shop: Shop) -> None:
    """What is taken there, for those locations that have a limit."""
    told = [a.why for a in in_two_shops(shop, 3.0, None).assumptions if a.key == "locations.space"]
    assert told == ["north: 0 of it are taken by what is on the shelf and on order"]


def test_rooms_stand_beside_the_shop_s_own_limits(shop: Shop) -> None:
    """A budget for two units, and room for one of them in the north."""
    plan = in_two_shops(shop, 3.0, None, budget=4.0)
    assert units_at(plan, "north") <= 1
    assert 0 < units_at(plan, "north") + units_at(plan, "south") <= 2


def test_room_is_no_fact_for_forecasts(shop: Shop) -> None:
    """More room sells nothing: it is not among what stays the same of a stock point."""
    from onhand.plan.seen import panel_of

    tables = replace(shop(), locations=pl.DataFrame({"location": ["shop"], "space": [9.0]}))
    assert "space" not in panel_of(tables, Config()).static
