"""What more money would buy is what suppliers would send: no single packs below a minimum or beside a container."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import FrontierPoint, Plan

Shop = Callable[..., Tables]
COST = [1.2, 2.1, 2.6]


def planned(shop: Shop, budget: float, **asks: float) -> Plan:
    """Three empty shelves and one supplier, who asks something of an order as a whole."""
    items = [f"item-{i}" for i in range(3)]
    tables = shop(
        n_items=3,
        n_weeks=30,
        items=pl.DataFrame({"item": items, "price": [3 * c for c in COST], "volume": [1.0] * 3}),
        stock=pl.DataFrame({"item": items, "location": "shop", "on_hand": [0.0] * 3}),
        inbound=None,
        supply=pl.DataFrame(
            {"item": items, "supplier": ["Large"] * 3, "lead_time": [7.0] * 3, "unit_cost": COST}
        ),
        suppliers=pl.DataFrame({"supplier": ["Large"], **{k: [v] for k, v in asks.items()}}),
    )
    quick: dict[str, dict[str, object]] = {
        "plan": {"n_samples": 40, "n_cards": 0},
        "replay": {"days": 1.0, "tuning_days": 1.0},
        "forecast": {"forecaster": "moving_average"},
        "policy": {"level": 0.9, "extra_periods": 0},
        "limits": {"budget": budget},
    }
    return make_plan(tables, Config.from_dict(quick))


def beyond(plan: Plan) -> list[FrontierPoint]:
    """The points of the curve that take more money than the plan."""
    assert plan.frontier is not None
    return [p for p in plan.frontier.curve if p.spend > plan.board.order_value + 0.01]


@pytest.mark.parametrize("minimum", [45.0, 60.0])
def test_more_money_starts_at_the_suppliers_minimum(shop: Shop, minimum: float) -> None:
    """With 30 nothing is to be had; what more would buy begins at the minimum, not at the first pack."""
    plan = planned(shop, 30.0, minimum_value=minimum)
    assert plan.orders == ()
    found = beyond(plan)
    assert found
    assert min(point.spend for point in found) >= minimum - 0.01
    assert found[0].spend > 30.0
    again = planned(shop, found[0].spend + 0.01, minimum_value=minimum)
    assert again.frontier is not None
    assert again.frontier.chosen.margin_saved >= found[0].margin_saved - 0.02


def test_it_comes_in_whole_containers(shop: Shop) -> None:
    """Every unit takes one; a container of eight is nine tenths full or more, or not sent."""
    plan = planned(shop, 15.0, container_volume=8.0, container_cost=1.0)
    found = beyond(plan)
    assert found
    assert all(point.spend > 15.0 for point in found)
    fewest = 8 * min(COST)  # 7.2 of 8 are full enough, in whole units 8
    assert all(point.spend >= fewest - 0.01 for point in found)


def test_where_nothing_is_asked_the_next_packs_are_drawn(shop: Shop) -> None:
    """Without rules every pack can be had by itself, and the curve is fine."""
    plan = planned(shop, 0.0)
    assert plan.frontier is not None
    spends = [point.spend for point in plan.frontier.curve]
    assert spends == sorted(spends)
    assert len(beyond(plan)) > 3
