"""The ranked buy list: concave packs, bought best value first, is the Lagrangian optimum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.budget import buy_list, frontier, spend
from onhand.errors import ShapeError


def _world(seed: int, n: int, s: int = 60) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    shortfall = rng.poisson(rng.gamma(2.0, 2.0, (n, 1)), (n, s)).astype(np.float32) - 1
    money = {
        "gain": rng.uniform(1, 9, n),
        "waste": rng.uniform(0.1, 1, n),
        "unit_cost": rng.uniform(1, 5, n),
        "pack_size": rng.choice([1.0, 2.0, 6.0], n),
    }
    return shortfall, money


def _value(shortfall, quantity, gain, waste) -> float:
    """Expected money of buying `quantity`, straight from its definition."""
    met = np.minimum(np.maximum(shortfall, 0), quantity[:, None]).mean(axis=1)
    return float((gain * met - waste * (quantity - met)).sum())


def test_values_add_up_to_the_definition() -> None:
    """Without a limit, the list's values are the expected money of what it buys."""
    shortfall, money = _world(1, 20)
    plan = buy_list(shortfall, **money)
    quantity = spend(plan, np.inf)
    assert plan.value.sum() == pytest.approx(
        _value(shortfall, quantity, money["gain"], money["waste"])
    )


def test_small_shop_matches_enumeration_up_to_the_last_pack() -> None:
    """Three stock points, every combination tried: the list is within its own last block."""
    shortfall, money = _world(2, 3)
    plan = buy_list(shortfall, **money)
    budget = 0.5 * plan.cost.sum()
    choices = [np.arange(0, 25) * p for p in money["pack_size"]]
    best = max(
        _value(shortfall, np.array(q), money["gain"], money["waste"])
        for q in itertools.product(*choices)
        if float(np.dot(q, money["unit_cost"])) <= budget
    )
    got = _value(shortfall, spend(plan, budget), money["gain"], money["waste"])
    assert got <= best + 1e-9
    assert best - got <= plan.value.max()


def test_thousand_stock_points_are_within_a_thousandth_of_the_bound() -> None:
    """The Lagrangian bound (a fractional last block) is above, and never by more than 0.1 %."""
    shortfall, money = _world(3, 1000)
    plan = buy_list(shortfall, **money)
    budget = 0.4 * plan.cost.sum()
    spent, earned = frontier(plan)
    bound = float(np.interp(budget, spent, earned))
    got = _value(shortfall, spend(plan, budget), money["gain"], money["waste"])
    assert bound * 0.999 <= got <= bound + 1e-6


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), low=st.floats(0, 200), more=st.floats(0, 200))
def test_more_budget_never_earns_less(seed: int, low: float, more: float) -> None:
    """Neither on the frontier nor in what is really bought; and the frontier bends down."""
    shortfall, money = _world(seed, 8)
    plan = buy_list(shortfall, **money)
    spent, earned = frontier(plan)
    assert np.interp(low + more, spent, earned) >= np.interp(low, spent, earned)
    assert (np.diff(plan.return_on_cost) <= 1e-9).all()
    less, all_of_it = spend(plan, low), spend(plan, low + more)
    assert float(less @ money["unit_cost"]) <= low + 1e-9
    worth = [_value(shortfall, q, money["gain"], money["waste"]) for q in (less, all_of_it)]
    assert worth[1] >= worth[0] - 1e-9


def test_minimum_order_is_the_first_block() -> None:
    """Nothing smaller than the supplier's minimum is ever bought."""
    plan = buy_list(
        np.full((1, 5), 9.0, dtype=np.float32),
        gain=3.0, waste=1.0, unit_cost=1.0, pack_size=2.0, minimum_order=5.0,
    )  # fmt: skip
    assert plan.units.tolist() == [6.0, 2.0, 2.0][: len(plan.units)]
    assert spend(plan, 5.9).tolist() == [0.0]


def test_free_goods_are_refused() -> None:
    """A unit cost of 0 would make the ranking meaningless."""
    with pytest.raises(ShapeError, match="unit_cost"):
        buy_list(np.ones((1, 2), dtype=np.float32), gain=1.0, waste=1.0, unit_cost=0.0)
