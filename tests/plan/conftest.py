"""Small shops to plan for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

Shop = Callable[..., Tables]


def build_shop(
    n_items: int = 6,
    n_weeks: int = 26,
    *,
    seed: int = 0,
    with_stock: bool = True,
    locations: tuple[str, ...] = ("shop",),
    **tables: Any,
) -> Tables:
    """A shop with weekly sales of a few items, their stock, one open order each, and terms."""
    rng = np.random.default_rng(seed)
    items = [f"item-{i}" for i in range(n_items)]
    monday = np.datetime64("2024-01-01")
    rows = [
        (item, place, (monday + 7 * week).item(), float(rng.poisson(1 + 2 * i)))
        for i, item in enumerate(items)
        for place in locations
        for week in range(n_weeks)
    ]
    sales = pl.DataFrame(
        rows,
        schema={
            "item": pl.String,
            "location": pl.String,
            "date": pl.Date,
            "quantity": pl.Float64,
        },
        orient="row",
    )
    pairs = [(item, place) for item in items for place in locations]
    given: dict[str, Any] = {
        "sales": sales,
        "items": pl.DataFrame(
            {
                "item": items,
                "title": [f"Item number {i}" for i in range(n_items)],
                "price": [4.0 + i for i in range(n_items)],
                "unit_cost": [1.5 + 0.5 * i for i in range(n_items)],
            }
        ),
        "supply": pl.DataFrame(
            {
                "item": items,
                "supplier": [f"supplier {i % 2}" for i in range(n_items)],
                "lead_time": [7.0 + 7 * (i % 2) for i in range(n_items)],
                "moq": [float(4 * (i % 3)) for i in range(n_items)],
                "pack_size": [float(1 + i % 4) for i in range(n_items)],
            }
        ),
    }
    if with_stock:
        given["stock"] = pl.DataFrame(
            {
                "item": [i for i, _ in pairs],
                "location": [p for _, p in pairs],
                "on_hand": rng.integers(0, 25, len(pairs)).astype(float),
            }
        )
        last = (monday + 7 * n_weeks).item()
        given["inbound"] = pl.DataFrame(
            {
                "item": [i for i, _ in pairs],
                "location": [p for _, p in pairs],
                "quantity": rng.integers(0, 9, len(pairs)).astype(float),
                "due_date": [last] * len(pairs),
            }
        )
    return Tables(**(given | tables))


@pytest.fixture(scope="session")
def shop() -> Shop:
    """The builder of small shops."""
    return build_shop


@pytest.fixture(scope="session")
def quick() -> Config:
    """Settings that plan a small shop in a moment."""
    return Config.from_dict(
        {
            "plan": {"n_samples": 40},
            "replay": {"n_samples": 20},
            "forecast": {"forecaster": "tsb"},
        }
    )


@pytest.fixture(scope="session")
def plan(quick: Config) -> Plan:
    """The plan of the small shop."""
    return make_plan(build_shop(), quick)
