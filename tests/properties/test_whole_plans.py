"""Small shops whose suppliers ask for everything at once: what must hold of the whole plan, line by line."""

from __future__ import annotations

import math
import os
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import OrderLine, Plan

N, WEEKS = 4, 8
ITEMS = [f"item-{i}" for i in range(N)]
OWN = [
    f"S{i % 2}" for i in range(N)
]  # the first supplier of each item; S2 offers some of them, too
NUMBERS = ("container_volume", "container_cost", "capacity")
seeds = st.integers(0, 100_000)
FEW = 15 if os.environ.get("HYPOTHESIS_PROFILE") == "hunt" else 1  # a plan takes a second or two


def some_shop(seed: int, *, offers: bool = True, breaks: bool = True, asks: bool = True) -> Tables:
    """Packs, minimum orders, capacities; a minimum value, fees and containers; now and then very large orders."""
    rng = np.random.default_rng(seed)
    large = float(rng.choice([1, 1, 40]))
    rate = large * rng.lognormal(1.5, 0.8, (N, 1))
    cost = rng.uniform(1, 30, N).round(2)
    sold = rng.poisson(rate, (N, WEEKS)).ravel() * 1.0
    weeks = [date(2024, 1, 1) + timedelta(weeks=w) for w in range(WEEKS)]
    sales = pl.DataFrame(
        {
            "item": np.repeat(ITEMS, WEEKS),
            "location": ["shop"] * (N * WEEKS),
            "date": weeks * N,
            "quantity": sold,
        }
    )
    packs, least = rng.choice([1.0, 4.0], 2 * N), rng.choice([0.0, 0.0, 6.0], 2 * N)
    far = rng.random(N) < (0.6 if offers else 0.0)
    supply = pl.DataFrame(
        {
            "item": [*ITEMS, *np.array(ITEMS)[far]],
            "supplier": [*OWN, *["S2"] * int(far.sum())],
            "lead_time": [*rng.choice([7.0, 14.0], N), *rng.choice([7.0, 28.0], N)[far]],
            "pack_size": [*packs[:N], *packs[N:][far]],
            "moq": [*least[:N], *least[N:][far]],
            "unit_cost": [*cost, *(cost * rng.uniform(0.8, 1.1, N)).round(2)[far]],
        }
    )
    suppliers = pl.DataFrame(
        {
            "supplier": ["S0", "S1", "S2"],
            "minimum_value": [float(rng.choice([0, 400])) * large, 0.0, 0.0],
            "order_cost": [0.0, float(rng.choice([0, 15])), 5.0],
            "container_volume": [None, float(rng.choice([12, 50])) * large, None],
            "container_cost": [None, float(rng.uniform(0, 20)), None],
            "capacity": [None, None, float(rng.choice([20, 500])) * large],
        },
        schema_overrides=dict.fromkeys(NUMBERS, pl.Float64),
    )
    lists = [
        (item, float(q), round(price * c, 3))
        for item, c in zip(ITEMS, cost.tolist(), strict=True)
        for q, price in ((rng.integers(5, 40), 0.95), (rng.integers(50, 120), 0.85))
        if rng.random() < 0.6
    ]
    items = pl.DataFrame(
        {
            "item": ITEMS,
            "price": (cost * rng.uniform(1.2, 3, N)).round(2),
            "volume": rng.uniform(0.3, 2.0, N),
        }
    )
    stock = pl.DataFrame(
        {"item": ITEMS, "location": ["shop"] * N, "on_hand": rng.integers(0, 12, N) * 1.0}
    )
    return Tables(
        sales=sales,
        supply=supply,
        items=items,
        stock=stock,
        suppliers=suppliers if asks else None,
        price_breaks=pl.DataFrame(lists, schema=["item", "quantity", "unit_cost"], orient="row")
        if breaks and lists
        else None,
    )


def planned(tables: Tables, **changes: dict[str, object]) -> Plan:
    """The plan of a quick forecaster with a stated number."""
    settings = {
        "plan": {"n_samples": 20, "n_cards": 0},
        "policy": {"level": 0.9, "extra_periods": 0},
        "forecast": {"forecaster": "moving_average"},
        "shop": {"frequency": "week"},
        **changes,
    }
    return make_plan(tables, Config.from_dict(settings))


@settings(max_examples=FEW, deadline=None)
@given(seed=seeds, share=st.floats(0.25, 1.2))
def test_every_line_keeps_every_rule_and_adds_up(seed: int, share: float) -> None:
    """Packs, minima, capacities, containers, price lists and the budget; target - position, then rounding."""
    tables = some_shop(seed)
    free = planned(tables)
    budget = round(share * free.board.order_value, 2)
    plan = planned(tables, limits={"budget": budget}) if budget else free
    for line in plan.orders:
        _adds_up(line)
    _keeps_what_suppliers_ask(plan, tables)
    if budget:
        assert plan.board.order_value <= budget + 0.01
    for choice in plan.joint:
        is_money_earned = choice.what in {"containers", "budget"}
        assert choice.bound is not None
        assert (1 if is_money_earned else -1) * (choice.bound - choice.chosen) >= -0.02
    assert Plan.from_json(plan.to_json()) == plan


@settings(max_examples=4 * FEW, deadline=None)
@given(seed=seeds)
def test_where_nothing_binds_the_order_is_the_need_in_whole_packs(seed: int) -> None:
    """However large; that there is a budget, which is never reached, changes nothing."""
    tables = some_shop(seed, offers=False, breaks=False, asks=False)
    assert tables.supply is not None
    packs = dict(tables.supply.select("item", "pack_size").iter_rows())
    least = dict(tables.supply.select("item", "moq").iter_rows())
    plan = planned(tables, limits={"budget": 1e9}, policy={"level": 0.9, "rounding": "up"})
    for line in plan.orders:
        pack = packs[line.item]
        wanted = math.ceil(round(max(line.reason.need, least[line.item]) / pack, 6)) * pack
        assert line.quantity == pytest.approx(wanted)


@settings(max_examples=FEW, deadline=None)
@given(seed=seeds, low=st.floats(0.3, 0.6), more=st.floats(0.05, 0.35))
def test_more_budget_never_earns_less(seed: int, low: float, more: float) -> None:
    """Of the whole plan with minima, fees and containers, by the money that it says its orders earn."""
    tables = some_shop(seed, offers=False, breaks=False)
    value = planned(tables).board.order_value
    if value == 0:
        return
    earned = [0.0]
    for share in (low, low + more):
        plan = planned(tables, limits={"budget": share * value})
        earned += [choice.chosen for choice in plan.joint if choice.what == "budget"]
    assert all(b >= a * (1 - 1e-4) - 0.01 for a, b in pairwise(earned))


@settings(max_examples=FEW, deadline=None)
@given(seed=seeds)
def test_a_dearer_shortage_never_lowers_a_target(seed: int) -> None:
    """Nor a need, of any line of the plan."""
    tables = some_shop(seed, offers=False)
    policy = {"name": "balanced_projection", "level": 4.0}
    low, high = (
        planned(tables, policy=policy, costs={"shortage_share": share}) for share in (0.4, 1.6)
    )
    dear = {line.item: line.reason for line in high.orders}
    for line in low.orders:
        if line.item in dear:  # what is ordered may wait for its supplier's minimum in one of them
            assert dear[line.item].target >= line.reason.target - 0.011
            assert dear[line.item].need >= line.reason.need - 0.011


def _adds_up(line: OrderLine) -> None:
    why = line.reason
    besides = math.fsum(step.units for step in why.besides)
    wanted = max(0.0, why.target - why.projected_stock + besides)
    assert why.need == pytest.approx(wanted, abs=0.031)
    parts = math.fsum([why.need, *(step.units for step in why.increments)])
    assert line.quantity == why.quantity == pytest.approx(parts, abs=1e-6)
    assert line.cost == pytest.approx(line.quantity * line.unit_cost, abs=0.0051)


def _keeps_what_suppliers_ask(plan: Plan, tables: Tables) -> None:
    assert tables.supply is not None
    assert tables.suppliers is not None
    assert tables.items is not None
    terms = {(r["item"], r["supplier"]): r for r in tables.supply.iter_rows(named=True)}
    lists: dict[str, list[tuple[float, float]]] = {}
    if tables.price_breaks is not None:
        for item, quantity, price in tables.price_breaks.iter_rows():
            lists.setdefault(item, []).append((quantity, price))
    volume = dict(tables.items.select("item", "volume").iter_rows())
    for line in plan.orders:
        own = terms[line.item, line.supplier]
        packs = line.quantity / own["pack_size"]
        assert packs == pytest.approx(round(packs), abs=1e-9)
        assert line.kind == "bridge" or line.quantity >= own["moq"] - 1e-9
        prices = [p for q, p in sorted(lists.get(line.item, [])) if q <= line.quantity + 1e-9]
        assert line.unit_cost == pytest.approx([own["unit_cost"], *prices][-1])
    for rule in tables.suppliers.iter_rows(named=True):
        lines = [line for line in plan.orders if line.supplier == rule["supplier"]]
        value = math.fsum(line.cost for line in lines)
        assert not lines or value >= rule["minimum_value"] - 0.01 * len(lines)
        assert sum(line.quantity for line in lines) <= (rule["capacity"] or math.inf) + 1e-9
        if rule["container_volume"]:
            filled = sum(line.quantity * volume[line.item] for line in lines)
            filled /= rule["container_volume"]
            assert filled >= 0.9 * math.ceil(filled - 1e-9) - 1e-6
