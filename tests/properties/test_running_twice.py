"""Two suppliers at random: a plan whose orders were placed is not made a second time on the same day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import OrderLine, Plan

N, DAYS = 3, 60
ITEMS = [f"item-{i}" for i in range(N)]


def some_shop(seed: int) -> tuple[Tables, Config]:
    """Items from Near and from Far: lead times, cycles, breaks, capacities, minima and costs of orders."""
    rng = np.random.default_rng(seed)
    start = date(2024, 1, 1)
    sales = pl.DataFrame(
        {
            "item": np.repeat(ITEMS, DAYS),
            "date": [start + timedelta(days=d) for d in range(DAYS)] * N,
            "quantity": rng.poisson(rng.uniform(0.5, 6, (N, 1)), (N, DAYS)).ravel() * 1.0,
        }
    )
    cost = rng.uniform(2, 9, N).round(2)
    far_cost = (cost * rng.uniform(0.85, 1.02, N)).round(2)
    has_fees = rng.random() < 0.4
    supply = pl.DataFrame(
        {
            "item": ITEMS * 2,
            "supplier": ["Near"] * N + ["Far"] * N,
            "lead_time": [float(rng.choice([1, 2, 7]))] * N + [float(rng.choice([14, 28]))] * N,
            "review_days": [7.0] * N + [float(rng.choice([7, 28]))] * N,
            "moq": rng.choice([0.0, 0.0, 10.0], 2 * N),
            "pack_size": rng.choice([1.0, 4.0], 2 * N),
            "unit_cost": [*cost, *far_cost],
            "order_cost": rng.choice([0.0, 5.0], 2 * N) if has_fees else [0.0] * (2 * N),
            "capacity": [float(x) if x < 60 else None for x in rng.integers(5, 400, 2 * N)],
        },
        schema_overrides={"capacity": pl.Float64},
    )
    breaks = pl.DataFrame(
        {
            "item": ITEMS * 2,
            "supplier": ["Near"] * N + ["Far"] * N,
            "quantity": [float(x) for x in rng.integers(20, 160, 2 * N)],
            "unit_cost": [*(cost * 0.9).round(2), *(far_cost * 0.95).round(2)],
        }
    ).filter(pl.Series(rng.random(2 * N) < 0.6))
    suppliers = pl.DataFrame(
        {
            "supplier": ["Near", "Far"],
            "order_cost": rng.choice([0.0, 12.0], 2),
            "minimum_value": rng.choice([0.0, 0.0, 150.0], 2),
        }
    )
    stock = pl.DataFrame({"item": ITEMS, "on_hand": rng.integers(0, 40, N) * 1.0})
    items = pl.DataFrame({"item": ITEMS, "price": cost * 2})
    tables = Tables(
        sales=sales, supply=supply, suppliers=suppliers, items=items, stock=stock,
        price_breaks=breaks,
    )  # fmt: skip
    tables = tables_with_places(tables)
    config = Config.from_dict(
        {
            "shop": {"frequency": "day"},
            "plan": {"n_samples": 20, "n_cards": 0},
            "policy": {"level": 0.9, "extra_periods": 0},
            "forecast": {"forecaster": "moving_average"},
            "replay": {"days": 1.0, "tuning_days": 1.0},
            "supply": {
                "bridges": bool(rng.random() < 0.7),
                "cycles": str(rng.choice(["stated", "proposed"])),
                "solver_seconds": 0.0,
            },
        }
    )
    return tables, config


def tables_with_places(tables: Tables) -> Tables:
    """The same, everything at the one place there is."""
    here: dict[str, Any] = {
        name: frame.with_columns(location=pl.lit("shop"))
        for name, frame in tables.given.items()
        if name in ("sales", "stock")
    }
    return replace(tables, **here)


def placed(orders: tuple[OrderLine, ...]) -> pl.DataFrame:
    """The lines of a plan as open orders."""
    return pl.DataFrame(
        {
            "item": [line.item for line in orders],
            "location": [line.location for line in orders],
            "supplier": [line.supplier for line in orders],
            "quantity": [line.quantity for line in orders],
            "order_date": [date.fromisoformat(line.order_date) for line in orders],
            "due_date": [date.fromisoformat(line.due_date) for line in orders],
        }
    )


def again(tables: Tables, config: Config, first: Plan) -> Plan:
    """The plan of the same day, once the orders of `first` are placed."""
    return make_plan(replace(tables, inbound=placed(first.orders)), config)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_nothing_is_ordered_twice(seed: int) -> None:
    """Whatever the offers: with the plan's own orders on the way, nothing more is ordered that day."""
    tables, config = some_shop(seed)
    first = make_plan(tables, config)
    if first.orders:
        assert again(tables, config, first).orders == ()


@pytest.mark.parametrize("bridges", [True, False])
def test_a_price_break_nearby_does_not_empty_the_far_suppliers_shelf(bridges: bool) -> None:
    """A hundred from Near, for the price; Far, asked for a longer time, is not asked for the rest as well."""
    tables, config = some_shop(0)
    given = tables.given
    one: dict[str, Any] = {
        n: f.filter(pl.col("item") == "item-0") for n, f in given.items() if "item" in f.columns
    }
    one["stock"] = one["stock"].with_columns(on_hand=pl.lit(0.0))
    pace = pl.Series([float(3 + d % 5) for d in range(DAYS)])
    one["sales"] = one["sales"].with_columns(quantity=pace)
    one["items"] = pl.DataFrame({"item": ["item-0"], "price": [20.0]})
    one["supply"] = pl.DataFrame(
        {
            "item": ["item-0"] * 2,
            "supplier": ["Near", "Far"],
            "lead_time": [2.0, 28.0],
            "unit_cost": [9.8, 9.0],
            "review_days": [7.0, 28.0],
        }
    )
    one["price_breaks"] = pl.DataFrame(
        {"item": ["item-0"], "supplier": ["Near"], "quantity": [100.0], "unit_cost": [8.9]}
    )
    supply = {"bridges": bridges, "cycles": "stated"}
    config = Config.from_dict({**config.model_dump(mode="json"), "supply": supply})
    first = make_plan(Tables(**one), config)
    assert [(line.supplier, line.quantity) for line in first.orders] == [("Near", 100.0)]
    assert again(Tables(**one), config, first).orders == ()
    # What is missing of an order of today is still asked for, and of the same supplier.
    half = replace(first.orders[0], quantity=20.0)
    rest = again(Tables(**one), config, replace(first, orders=(half,)))
    assert {line.supplier for line in rest.orders} == {"Near"}
