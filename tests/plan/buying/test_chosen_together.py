"""What the solver chooses for many lines at once is judged by the orders that come of it, and its bound holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data import Tables
from onhand.decide.replenish.containers import Container, fit_containers
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.whole_order import WholeOrder, fit_whole_order
from onhand.plan.buying.packing import Asked, Solver, other_packings, pack
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan

Shop = Callable[..., Tables]


def asked(worth: np.ndarray, holds: float, cost: float, size: np.ndarray) -> Asked:
    """A container of `holds`, items of these sizes, none of them wanted beyond its first two packs."""
    n = len(worth)
    return Asked(
        supplier="Harbour",
        wanted=np.full(n, 2.0),
        offer=Worth(np.ones(n), worth),
        container=Container((("container_volume", size, holds),), cost),
        limits=(),
        order_cost=0.0,
        line_least=np.ones(n),
        line_most=np.full(n, np.inf),
    )


def by_rule(problem: Asked) -> WholeOrder:
    """The plain rule's order."""
    return fit_containers(
        problem.wanted,
        problem.container,
        lambda limits: fit_whole_order(problem.wanted, problem.offer, limits),
    )


def best_by_hand(problem: Asked) -> float:
    """The most that any contents of so many containers earn: every combination is tried."""
    n, k = problem.offer.worth.shape
    ((_, size, holds),) = problem.container.holds
    best = 0.0
    for packs in itertools.product(range(k + 1), repeat=n):
        filled = float(size @ np.array(packs)) / holds
        count = max(1, int(np.ceil(filled - 1e-9)))
        if any(packs) and count <= problem.most_containers and filled >= 0.9 * count - 1e-9:
            taken = np.arange(k) < np.array(packs)[:, None]
            earned = float((problem.offer.worth * taken).sum()) - count * problem.container.cost
            best = max(best, earned)
    return best


def test_two_small_ones_beat_the_big_one_that_is_worth_most_per_litre() -> None:
    """A box of 10. The rule keeps a 6 worth 6.5 and fills up; two of 5 worth 5 each earn more."""
    worth = np.array([[6.5, -9.0], [5.0, -9.0], [5.0, -9.0]])
    problem = replace(
        asked(worth, 10.0, 1.0, np.array([6.0, 5.0, 5.0])), wanted=np.array([1.0, 1.0, 1.0])
    )
    one_box = replace(problem, wanted=np.array([1.0, 0.0, 0.0]))
    order, packed = pack(one_box, by_rule(one_box), Solver())
    assert order.quantity.tolist() == [0.0, 1.0, 1.0]
    assert packed.method == "solver"
    assert packed.worth == pytest.approx(9.0)
    assert packed.bound == pytest.approx(9.0, rel=2e-3)
    assert packed.worth > packed.worth_by_rule
    assert sum(order.increments.values(), np.zeros(3)).tolist() == [-1.0, 1.0, 1.0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_solver_finds_the_best_contents_of_all(seed: int) -> None:
    """Three items, up to three packs each: as good as trying every combination, and never above the bound."""
    rng = np.random.default_rng(seed)
    worth = -np.sort(-rng.normal(3.0, 4.0, (3, 3)), axis=1)
    problem = asked(
        worth, float(rng.uniform(2, 9)), float(rng.uniform(0, 6)), rng.uniform(0.5, 3, 3)
    )
    order, packed = pack(problem, by_rule(problem), Solver(gap=1e-6))
    best = best_by_hand(problem)
    assert packed.finished
    assert packed.bound is not None
    assert packed.worth <= packed.bound + 1e-6
    assert packed.worth == pytest.approx(best, abs=0.01)
    assert order.worth >= by_rule(problem).worth - 1e-9


def test_without_time_the_rule_decides_and_a_bound_is_still_there() -> None:
    """The relaxed problem bounds what anybody could earn."""
    rng = np.random.default_rng(3)
    worth = -np.sort(-rng.normal(3.0, 4.0, (3, 3)), axis=1)
    problem = asked(worth, 5.0, 1.0, np.array([1.3, 0.9, 1.7]))
    _, packed = pack(problem, by_rule(problem), Solver(seconds=0.0))
    assert not packed.finished
    assert packed.method == "rule"
    assert packed.bound is None or packed.bound >= best_by_hand(problem) - 1e-6


def test_other_packings_take_less_of_what_is_scarce() -> None:
    """Dear goods make room for cheap ones, and each packing is the best for what it takes."""
    worth = np.array([[9.0, 8.0, 7.0, 6.0], [4.0, 3.9, 3.8, 3.7]])
    problem = asked(worth, 4.0, 0.0, np.ones(2))
    price = np.array([10.0, 1.0])
    order, _ = pack(problem, by_rule(problem), Solver())
    others = [quantity for quantity, _ in other_packings(problem, (price,), Solver())]
    assert min(float(price @ q) for q in others) < float(price @ order.quantity)


def shop_of_two(shop: Shop, order_cost: float) -> Tables:
    """Six items; Near is a little cheaper for half of them, Big for the others; each order costs."""
    items = [f"item-{i}" for i in range(6)]
    cost = [(1.0, 1.02) if i % 2 else (1.02, 1.0) for i in range(6)]
    return shop(
        n_items=6,
        n_weeks=30,
        stock=pl.DataFrame({"item": items, "location": "shop", "on_hand": [0.0] * 6}),
        inbound=None,
        supply=pl.DataFrame(
            {
                "item": [i for i in items for _ in range(2)],
                "supplier": ["Near", "Big"] * 6,
                "lead_time": [7.0] * 12,
                "unit_cost": [c for pair in cost for c in pair],
            }
        ),
        suppliers=pl.DataFrame({"supplier": ["Near", "Big"], "order_cost": [order_cost] * 2}),
    )


@pytest.mark.parametrize(("order_cost", "n_suppliers"), [(0.01, 2), (60.0, 1)])
def test_dear_orders_are_shared_now_and_for_long(
    shop: Shop, order_cost: float, n_suppliers: int
) -> None:
    """At a cent an order each item comes from its cheapest; at 60 all come from one, and the plan says so."""
    config = Config.from_dict(
        {
            "plan": {"n_samples": 30, "n_cards": 0},
            "replay": {"days": 1.0, "tuning_days": 1.0},
            "forecast": {"forecaster": "moving_average"},
            "policy": {"level": 0.9, "extra_periods": 0},
        }
    )
    plan = make_plan(shop_of_two(shop, order_cost), config)
    joint = {choice.what: choice for choice in plan.joint}
    long_run = joint["suppliers and cycles"]
    assert len(long_run.days) == n_suppliers
    assert {supplier for *_, supplier in long_run.items} == {name for name, _ in long_run.days}
    assert {line.supplier for line in plan.orders} <= {"Near", "Big"}
    assert len({line.supplier for line in plan.orders}) == n_suppliers
    for choice in joint.values():
        assert choice.is_proven
        assert choice.saved == pytest.approx(abs(choice.chosen - choice.by_rule), abs=0.006)
        assert choice.bound is not None
        assert choice.bound <= choice.chosen + 0.01
        assert "Nothing is better" in choice.sentence
    if n_suppliers == 1:
        assert joint["suppliers"].saved > 0
        assert long_run.saved > 0


def test_fewer_containers_are_had_without_the_solver_too() -> None:
    """Nothing left for the solver to do: the rule still cuts the order to fewer containers, each full enough."""
    worth = np.linspace(9.0, 2.0, 8) * np.ones((2, 1))
    problem = replace(asked(worth, 5.0, 1.0, np.ones(2)), wanted=np.array([8.0, 7.0]))
    assert problem.most_containers > 1
    found = list(other_packings(problem, (), Solver(seconds=0.0)))
    assert found
    for quantity, packed in found:
        assert packed.method == "rule"
        assert packed.n_containers < problem.most_containers
        assert problem.container.needed(quantity) <= packed.n_containers + 1e-9
        assert problem.container.needed(quantity) >= 0.9 * packed.n_containers - 1e-9
