"""What must be true of orders whatever the shop: constraints kept, sums that add up, sane directions."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import inspect
import pkgutil
import re
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onhand.decide.replenish as room
from onhand.data import Tables
from onhand.decide.replenish.budget import buy_list, frontier, spend
from onhand.decide.replenish.levels import exact_levels, newsvendor_problem
from onhand.decide.replenish.marginal import Worth, worth_of_steps
from onhand.decide.replenish.ratio import RatioObjective, exact_ratio
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.config import Config
from onhand.plan.explain import explain
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

seeds = st.integers(0, 100_000)


def some_situation(seed: int, shortage_cost: float, n: int = 6) -> Situation:
    """Stock, open orders, demand and terms at random; costs as told."""
    rng = np.random.default_rng(seed)
    return Situation(
        Stock.of(rng.integers(0, 10, n), rng.integers(0, 4, (n, 5))),
        rng.negative_binomial(1, 0.3, (n, 30, 16)).astype(np.float32),
        SupplyTerms.of(rng.integers(0, 4, n), rng.integers(1, 3, n), n_series=n),
        Costs.of(rng.uniform(0.05, 0.3, n), shortage_cost, n_series=n),
    )


FAIR = {
    "periods": 3.5,
    "factor": 1.25,
    "extra": 1,
    "cycle_service_level": 0.8,
    "quantile": 0.8,
    "holding_weight": 1.5,
    "spread": 0.7,
    "alpha": 1.0,
    "beta": 0.0,
    "gamma": 5.0,
}


def policies() -> dict[str, Any]:
    """Every policy of the room that these numbers can build; a new one is found by itself."""
    found = {}
    for module in pkgutil.iter_modules(room.__path__, room.__name__ + "."):
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if all(hasattr(kind, m) for m in ("order", "horizon", "name")):
                fields = dataclasses.fields(kind)
                needed = [f.name for f in fields if f.default is dataclasses.MISSING]
                if set(needed) <= set(FAIR):
                    found[name] = kind(**{n: FAIR[n] for n in needed})
    return found


def test_policies_that_look_at_costs_are_among_those_asked() -> None:
    """The test below would mean nothing if none of them did."""
    cheap, dear = some_situation(3, 0.3), some_situation(3, 3.0)
    moved = {n for n, p in policies().items() if (p.order(dear) != p.order(cheap)).any()}
    assert moved >= {"BalancedProjection", "PointProjection", "MarginalValue"}


@pytest.mark.parametrize("name", sorted(policies()))
@settings(max_examples=8, deadline=None)
@given(seed=seeds, low=st.floats(0.05, 3), more=st.floats(0, 5))
def test_raising_the_shortage_cost_never_lowers_the_order(
    name: str, seed: int, low: float, more: float
) -> None:
    """A sale that is worth more is protected at least as well."""
    policy = policies()[name]
    cheap, dear = some_situation(seed, low), some_situation(seed, low + more)
    assert (policy.order(dear) >= policy.order(cheap) - 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(seed=seeds, low=st.floats(0.05, 3), more=st.floats(0, 5))
def test_raising_the_price_of_a_shortage_never_lowers_a_level(
    seed: int, low: float, more: float
) -> None:
    """The one-period levels, in money and by the tutorials' weights."""
    samples = np.random.default_rng(seed).poisson(5, (4, 25))
    cheap, dear = (
        exact_levels(newsvendor_problem(samples, Costs.of(0.3, p, n_series=4)))
        for p in (low, low + more)
    )
    assert (dear >= cheap).all()
    light, heavy = (
        exact_ratio(samples, RatioObjective(1.0, 2.0, g)).candidate for g in (low, low + more)
    )
    assert (heavy >= light).all()


@settings(max_examples=30, deadline=None)
@given(seed=seeds, low=st.floats(0, 1), more=st.floats(0, 1))
def test_more_budget_never_lowers_expected_value(seed: int, low: float, more: float) -> None:
    """From demand paths to the ranked list to what a budget buys; and never above the bound."""
    situation = some_situation(seed, 1.0)
    cost = np.random.default_rng(seed).uniform(1, 5, 6)
    worth = worth_of_steps(situation, look_ahead=4, n_steps=16)
    plan = buy_list(worth, unit_size=cost)
    all_of_it = float(plan.size.sum())
    budgets = low * all_of_it, (low + more) * all_of_it
    spent = [spend(plan, b) for b in budgets]
    values = [_value(worth, q) for q in spent]
    assert values[1] >= values[0] - 1e-9
    for quantity, budget, value in zip(spent, budgets, values, strict=True):
        assert quantity @ cost <= budget * (1 + 1e-9) + 1e-9
        assert value <= float(np.interp(budget, *frontier(plan))) + 1e-6


def _value(worth: Worth, quantity: np.ndarray) -> float:
    packs = np.arange(worth.worth.shape[1]) < (quantity / worth.step)[:, None]
    return float((worth.worth * packs).sum())


def shop_with_rules(seed: int) -> tuple[Tables, Config, dict[str, tuple[float, float]]]:
    """A shop whose suppliers ask for packs and minima, under a budget; and the rules by item."""
    rng = np.random.default_rng(seed)
    n, n_weeks = 5, 9
    items = [f"item-{i}" for i in range(n)]
    monday = datetime.date(2024, 1, 1)
    rules = {
        item: (float(rng.choice([0, 3, 10, 25])), float(rng.choice([1, 4, 6]))) for item in items
    }
    sales = pl.DataFrame(
        {
            "item": np.repeat(items, n_weeks),
            "location": ["shop"] * (n * n_weeks),
            "date": [monday + datetime.timedelta(weeks=w) for w in range(n_weeks)] * n,
            "quantity": rng.poisson(rng.uniform(0.5, 12, (n, 1)), (n, n_weeks)).ravel() * 1.0,
        }
    )
    supply = pl.DataFrame(
        {
            "item": items,
            "supplier": [f"supplier {i % 2}" for i in range(n)],
            "lead_time": rng.choice([0.0, 7.0, 14.0], n),
            "moq": [rules[i][0] for i in items],
            "pack_size": [rules[i][1] for i in items],
            "unit_cost": rng.uniform(1, 9, n).round(2),
        }
    )
    prices = pl.DataFrame({"item": items, "price": [12.0] * n})
    stock = pl.DataFrame(
        {"item": items, "location": ["shop"] * n, "on_hand": rng.integers(0, 15, n) * 1.0}
    )
    config = Config.from_dict(
        {
            "plan": {"n_samples": 20, "n_cards": 0},
            "policy": {"level": 0.9, "extra_periods": 0},
            "forecast": {"forecaster": "moving_average"},
            "limits": {"budget": float(rng.choice([0, 60, 400]))},
            "shop": {"frequency": "week"},
        }
    )
    return Tables(sales=sales, supply=supply, items=prices, stock=stock), config, rules


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_a_plan_keeps_every_constraint_and_every_printed_sum(seed: int) -> None:
    """Packs, minima and budget; and what `onhand explain` prints adds up to the digits printed."""
    tables, config, rules = shop_with_rules(seed)
    plan = make_plan(tables, config)
    for line in plan.orders:
        least, pack = rules[line.item]
        assert line.quantity / pack == pytest.approx(round(line.quantity / pack), abs=1e-9)
        assert line.quantity >= least - 1e-9
        _printed_sums_hold(plan, line.item)
    if config.limits.budget:
        assert plan.board.order_value <= config.limits.budget + 0.01


def _printed_sums_hold(plan: Plan, item: str) -> None:
    """target - projected + what is said besides = need; need + every constraint = order; order x unit cost = total."""
    rows = {}
    order = []
    for text in explain(plan, item).splitlines()[1:]:
        if not text.strip():
            break
        name, _, rest = text.strip().partition("  ")
        rows[name] = rest.strip()
        order.append(name)
    said = {name: _number(rest) for name, rest in rows.items() if _number(rest) is not None}
    target, projected, need = (said[n] for n in ("target", "minus", "need"))
    besides = [said[n] for n in order[order.index("minus") + 1 : order.index("need")]]
    digits = sum(each[1] for each in (target, projected, need, *besides))
    wanted = target[0] - projected[0] + sum(value for value, _ in besides)
    assert wanted == pytest.approx(need[0], abs=digits)
    steps = [said[n] for n in order[order.index("need") + 1 : order.index("order")]]
    quantity = said["order"]
    parts = [need, *steps]
    room_for_digits = sum(digits for _, digits in parts) + quantity[1]
    assert sum(value for value, _ in parts) == pytest.approx(quantity[0], abs=room_for_digits)


def _number(text: str) -> tuple[float, float] | None:
    """The first number of a text, and how far its last printed digit lets it be off."""
    found = re.match(r"[+-]?[\d,]+(\.\d+)?", text)
    if found is None:
        return None
    digits = len(found.group(1) or ".") - 1
    return float(found.group().replace(",", "")), 0.5 * 10.0**-digits + 0.006
