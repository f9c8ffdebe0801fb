"""A budget that a supplier's minimum does not fit into: who else sells the items gets the order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables
from onhand.plan.buying import choose
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

Shop = Callable[..., Tables]


def config(budget: float, **limits: float) -> Config:
    """Settings that plan a small shop in a moment."""
    return Config.from_dict(
        {
            "plan": {"n_samples": 40, "n_cards": 0},
            "replay": {"days": 1.0, "tuning_days": 1.0},
            "forecast": {"forecaster": "moving_average"},
            "policy": {"level": 0.9, "extra_periods": 0},
            "limits": {"budget": budget, **limits},
        }
    )


def tables(shop: Shop, n_items: int = 3, minimum: float = 250.0, seed: int = 0) -> Tables:
    """Empty shelves. Large is cheaper and asks a minimum, Corner sells all but the last item; both as fast."""
    rng = np.random.default_rng(seed)
    items = [f"item-{i}" for i in range(n_items)]
    cost = rng.uniform(1.0, 3.0, n_items).round(2)
    return shop(
        n_items=n_items,
        n_weeks=30,
        seed=seed,
        items=pl.DataFrame({"item": items, "price": cost * 3, "volume": [1.0] * n_items}),
        stock=pl.DataFrame({"item": items, "location": "shop", "on_hand": [0.0] * n_items}),
        inbound=None,
        supply=pl.DataFrame(
            {
                "item": [*items, *items[:-1]],
                "supplier": ["Large"] * n_items + ["Corner"] * (n_items - 1),
                "lead_time": [7.0] * (2 * n_items - 1),
                "unit_cost": [*cost, *(cost[:-1] * 1.2).round(2)],
            }
        ),
        suppliers=pl.DataFrame({"supplier": ["Large"], "minimum_value": [minimum]}),
    )


def asked(plan: Plan) -> set[str]:
    """The suppliers that get an order."""
    return {line.supplier for line in plan.orders}


def margin(plan: Plan) -> float:
    """Margin that the plan's orders are expected to save; its suppliers are equally fast."""
    return 0.0 if plan.frontier is None else plan.frontier.chosen.margin_saved


def test_what_the_minimum_puts_out_of_reach_is_bought_elsewhere(shop: Shop) -> None:
    """With money enough Large gets all; with less than its minimum Corner gets what it sells."""
    plenty = make_plan(tables(shop, minimum=40.0), config(0.0))
    assert asked(plenty) == {"Large"}
    little = make_plan(tables(shop, minimum=40.0), config(30.0))
    assert asked(little) == {"Corner"}
    assert little.board.order_value <= 30.0
    (joint,) = [j for j in little.joint if j.what == "suppliers"]
    assert joint.saved > 0
    assert "without the budget" in joint.sentence


def test_the_same_of_the_stock_room(shop: Shop) -> None:
    """Room for a few units only: Large's least order does not go in."""
    room = make_plan(tables(shop, minimum=40.0), config(0.0, space=20.0))
    assert asked(room) == {"Corner"}
    assert sum(line.quantity for line in room.orders) <= 20.0


@pytest.mark.parametrize("seed", range(2))
def test_never_less_than_with_the_suppliers_chosen_without_the_budget(
    shop: Shop, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any budget the plan saves at least the margin that it would without looking elsewhere."""
    shops = tables(shop, n_items=4, minimum=120.0, seed=seed)
    budgets = (25.0, 70.0, 110.0)
    within = [make_plan(shops, config(budget)) for budget in budgets]
    monkeypatch.setattr(choose, "choose_within_limits", lambda *_: None)
    free = [make_plan(shops, config(budget)) for budget in budgets]
    for mine, other in zip(within, free, strict=True):
        assert margin(mine) >= margin(other) - 0.005
    assert sum(map(margin, within)) > sum(map(margin, free))
