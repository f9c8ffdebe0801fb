"""Offers are chosen together where suppliers ask something of an order as a whole."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.price_breaks import PriceLadder
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.order_days import Timing
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import Rules, SupplierRule
from onhand.plan.buying.together import Options, _Judge, choose_together

K = 8


def lines(quantity: np.ndarray, unit_cost: np.ndarray, worth: np.ndarray) -> Proposal:
    """Lines of single units."""
    n = len(quantity)
    nothing, one = np.zeros(n), np.ones(n)
    return Proposal(
        need=quantity,
        by_cycle=nothing,
        by_minimum=nothing,
        by_pack=nothing,
        by_shelf_life=nothing,
        by_phase_out=nothing,
        by_silence=nothing,
        kept=nothing,
        by_capacity=nothing,
        by_price_break=nothing,
        by_fee=nothing,
        quantity=quantity,
        least=one,
        most=np.full(n, np.inf),
        unit_cost=unit_cost,
        pack=one,
        step=one,
        worth=worth,
        saves=np.zeros((n, K)),
    )


def rules(n: int) -> Rules:
    """A shop that asks nothing itself."""
    today = np.full(n, np.datetime64("2024-07-01"))
    return Rules(
        ladder=PriceLadder.flat(np.ones(n)),
        capacity=np.full(n, np.inf),
        weight=np.zeros(n),
        volume=np.ones(n),
        suppliers={},
        timing=Timing(today, today, SupplyTerms.of(1, n_series=n), today),
        shelf_life=np.full(n, np.inf),
        ends=np.full(n, np.inf),
        budget=np.inf,
        space=np.inf,
        previous=np.zeros(n),
        keep_within=0.0,
        is_frozen=np.zeros(n, dtype=bool),
        is_over=np.zeros(n, dtype=bool),
    )


def options(dear: float, n: int = 3) -> Options:
    """Every item wants 2 units, worth 50 together; Big sells them for 10 each, Near for `dear`."""
    row = np.repeat(np.arange(n), 2)
    price = np.tile([10.0, dear], n)
    worth = np.tile([25.0, 25.0, -1, -1, -2, -2, -3, -3], (2 * n, 1))
    steps = np.arange(K + 1)
    missing = 25.0 * np.maximum(2 - steps, 0)  # margin lost where fewer than 2 are bought
    held = 1.0 * np.maximum(steps - 2, 0)
    cost = missing + held + (price - 10.0)[:, None] * steps
    return Options(
        row=row,
        offer=np.tile([0, 1], n),
        supplier=np.tile(["Big", "Near"], n),
        lines=lines(np.full(2 * n, 2.0), price, worth),
        cost=cost,
    )


def test_a_minimum_out_of_reach_is_not_chosen_blindly() -> None:
    """Big is cheaper by 1 a unit and wants 1,000 an order: nothing would come. All go to Near."""
    asks = {"Big": SupplierRule(minimum_value=1000.0)}
    found = choose_together(options(11.0), asks, rules(3))
    assert set(options(11.0).supplier[found.alone]) == {"Big"}
    assert set(options(11.0).supplier[found.option]) == {"Near"}
    assert found.cost == 6.0  # 3 items, 2 units, 1 dearer
    assert found.saved == 150 - 6


def test_a_minimum_that_is_cheap_to_fill_is_filled() -> None:
    """Big wants 70: one unit more, held for 1, is cheaper than 6 units at 1 more."""
    asks = {"Big": SupplierRule(minimum_value=70.0)}
    found = choose_together(options(11.0), asks, rules(3))
    assert set(options(11.0).supplier[found.option]) == {"Big"}
    assert found.saved == 0


def test_one_order_is_shared() -> None:
    """Two suppliers at the same price, each order 30: all items go to one of them."""
    asks = {"Big": SupplierRule(order_cost=30.0), "Near": SupplierRule(order_cost=30.0)}
    mixed = options(10.0)
    mixed = replace(mixed, cost=mixed.cost + np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0])[:, None])
    found = choose_together(mixed, asks, rules(3))
    assert set(mixed.supplier[found.alone]) == {"Big", "Near"}
    assert set(mixed.supplier[found.option]) == {"Big"}
    assert found.saved == pytest.approx(29.0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_together_is_never_dearer_than_item_by_item(seed: int) -> None:
    """And never below the sum of every item's own best."""
    rng = np.random.default_rng(seed)
    every = options(float(rng.uniform(9, 14)), n=5)
    every = replace(every, cost=every.cost + rng.uniform(0, 5, (10, 1)))
    asks = {
        "Big": SupplierRule(
            minimum_value=float(rng.uniform(0, 200)), order_cost=float(rng.uniform(0, 20))
        ),
        "Near": SupplierRule(container_volume=float(rng.uniform(1, 9)), container_cost=3.0),
    }
    found = choose_together(every, asks, rules(5))
    assert found.bound - 1e-9 <= found.cost <= found.cost_alone + 1e-9
    np.testing.assert_array_equal(every.row[found.option], np.arange(5))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_no_assignment_beats_the_bound(seed: int) -> None:
    """Three items, two suppliers with minima, containers or a capacity: all eight ways are judged."""
    rng = np.random.default_rng(seed)
    every = options(float(rng.uniform(9, 14)), n=3)
    every = replace(every, cost=every.cost + rng.uniform(0, 5, (6, 1)))
    asks = {
        "Big": SupplierRule(
            minimum_value=float(rng.uniform(0, 120)), order_cost=float(rng.uniform(0, 20))
        ),
        "Near": SupplierRule(
            container_volume=float(rng.uniform(1, 9)),
            container_cost=3.0,
            capacity=float(rng.choice([3.0, np.inf])),
        ),
    }
    found = choose_together(every, asks, rules(3), Solver(gap=1e-6))
    costs = [
        _judged(every, asks, np.array(way)) for way in itertools.product((0, 1), (2, 3), (4, 5))
    ]
    assert found.proven
    assert found.bound <= min(costs) + 1e-6
    assert found.cost >= min(costs) - 1e-9
    assert found.cost <= found.cost_alone + 1e-9
    searched = choose_together(every, asks, rules(3))
    assert found.cost <= searched.cost + 1e-9 or found.cost == pytest.approx(min(costs))


def _judged(every: Options, asks: dict[str, SupplierRule], way: np.ndarray) -> float:
    """The landed cost of one assignment, with the orders that the suppliers accept."""
    return _Judge(every, asks, rules(3)).cost(way)
