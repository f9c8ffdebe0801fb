"""The last unit of an order pays for itself, the next one would not: against playing it out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.adaptive import order_on_arrivals
from onhand.decide.replenish.marginal import MarginalValue
from onhand.errors import ConfigError, ShapeError
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths, known_supply
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

Case = tuple[np.ndarray, np.ndarray, SupplyPaths, Costs]


def some_case(seed: int, n: int = 4, s: int = 30, h: int = 8) -> Case:
    """Random shelves, demand, arrivals, lead times (some never) and reliefs."""
    rng = np.random.default_rng(seed)
    lead = rng.integers(0, 4, (n, s))
    relief = np.minimum(h, lead + rng.integers(1, 4, (n, s)))
    lead = np.where(rng.random((n, s)) < 0.2, h, lead)
    relief = np.where(lead == h, h, relief)
    arrivals = rng.integers(0, 3, (n, s, h)).astype(np.float32)
    costs = Costs.of(rng.uniform(0.1, 1, n), rng.uniform(1, 9, n), n_series=n)
    demand = rng.poisson(4, (n, s, h)).astype(np.float32)
    return rng.integers(0, 9, n).astype(float), demand, SupplyPaths(arrivals, lead, relief), costs


def worth_of_next(case: Case, row: int, quantity: float) -> float:
    """What one more unit than `quantity` earns, world by world, following that unit alone."""
    on_hand, demand, supply, costs = case
    money = 0.0
    n_samples, horizon = demand.shape[1:]
    for s in range(n_samples):
        lead, relief = supply.lead_time[row, s], supply.relief[row, s]
        shelf = on_hand[row]
        for k in range(horizon):
            shelf += supply.arrivals[row, s, k]
            if k == lead:
                shelf += quantity
            shelf -= demand[row, s, k]
            if k < lead:
                shelf = max(0.0, shelf)
                continue
            if shelf < 0:  # all before it was sold, so this is when the unit is
                money += costs.shortage_cost[row] if k < relief else 0.0
                break
            money -= costs.holding_cost[row]
    return money / n_samples


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_ends_where_the_next_unit_no_longer_pays(seed: int) -> None:
    case = some_case(seed)
    order = order_on_arrivals(*case)
    for row, quantity in enumerate(order):
        assert worth_of_next(case, row, quantity) <= 1e-9
        if quantity > 0:
            assert worth_of_next(case, row, quantity - 1) > 0


def test_with_one_period_it_is_the_newsvendor() -> None:
    """Nothing lasts: the order is the critical ratio's quantile of demand (Arrow et al. 1951)."""
    demand = np.arange(1.0, 101.0, dtype=np.float32).reshape(1, 100, 1)
    never_before = np.zeros((1, 100), np.int64)
    supply = SupplyPaths(np.zeros((1, 100, 1), np.float32), never_before, never_before + 1)
    for price, quantile in ((1.0, 50), (4.0, 80), (19.0, 95)):
        costs = Costs.of(1.0, price, n_series=1)
        assert order_on_arrivals(np.zeros(1), demand, supply, costs)[0] == quantile


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_with_a_known_lead_time_it_is_the_marginal_value_policy(seed: int) -> None:
    """Both count the same money: to the unit where demand comes in units."""
    rng = np.random.default_rng(seed)
    n, h = 4, 12
    situation = Situation(
        Stock.of(rng.integers(0, 12, n), rng.integers(0, 4, (n, 4))),
        rng.negative_binomial(2, 0.3, (n, 25, h)).astype(np.float32),
        SupplyTerms.of(rng.integers(0, 4, n), rng.integers(1, 3, n), n_series=n),
        Costs.of(rng.uniform(0.1, 0.5, n), rng.uniform(1, 5, n), n_series=n),
    )
    supply = known_supply(situation.stock, situation.terms, n_samples=25, horizon=h)
    ours = order_on_arrivals(situation.stock.on_hand, situation.paths, supply, situation.costs)
    assert ours == pytest.approx(MarginalValue(look_ahead=h).order(situation), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_more_stock_orders_no_more_and_dearer_sales_no_less(seed: int) -> None:
    on_hand, demand, supply, costs = some_case(seed)
    order = order_on_arrivals(on_hand, demand, supply, costs)
    assert (order_on_arrivals(on_hand + 2, demand, supply, costs) <= order).all()
    dearer = dataclasses.replace(costs, shortage_cost=2 * costs.shortage_cost)
    assert (order_on_arrivals(on_hand, demand, supply, dearer) >= order).all()
    assert (order_on_arrivals(on_hand, demand, supply, costs, holding_weight=2.0) <= order).all()


def test_nothing_is_ordered_from_a_supplier_who_never_delivers() -> None:
    demand = np.full((1, 10, 5), 8.0, np.float32)
    never = np.full((1, 10), 5)
    supply = SupplyPaths(np.zeros((1, 10, 5), np.float32), never, never)
    assert order_on_arrivals(np.zeros(1), demand, supply, Costs.of(1.0, 9.0, n_series=1)) == [0.0]


def test_a_shaky_supplier_gets_a_larger_order() -> None:
    """Where the next order may be lost as well, this one has to last longer."""
    demand = np.full((1, 100, 6), 8.0, np.float32)
    none = np.zeros((1, 100, 6), np.float32)
    lead = np.zeros((1, 100), np.int64)
    relief = np.where(np.arange(100) < 40, 2, 1)[None, :]
    costs = Costs.of(1.0, 9.0, n_series=1)
    steady = order_on_arrivals(np.zeros(1), demand, SupplyPaths(none, lead, lead + 1), costs)
    shaky = order_on_arrivals(np.zeros(1), demand, SupplyPaths(none, lead, relief), costs)
    assert steady.tolist() == [8.0]
    assert shaky.tolist() == [16.0]


def test_worlds_that_do_not_fit_are_refused() -> None:
    on_hand, demand, supply, costs = some_case(1)
    with pytest.raises(ShapeError, match="supply has"):
        order_on_arrivals(on_hand, demand[:, :5], supply, costs)
    with pytest.raises(ShapeError, match="one per row"):
        order_on_arrivals(on_hand[:2], demand, supply, costs)
    with pytest.raises(ConfigError, match="holding_weight is 0"):
        order_on_arrivals(on_hand, demand, supply, costs, holding_weight=0.0)
