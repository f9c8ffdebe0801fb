"""Shared deliveries: exact where the items fall apart, never worse than analytic where they do not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from onhand.decide.replenish.joint_cycles import (
    MOST_MULTIPLE,
    CycleProblem,
    analytic_cycles,
    cycles_of,
    search_cycles,
)
from onhand.errors import ShapeError
from onhand.optimize.methods import GeneticAlgorithm
from onhand.optimize.problem import Problem
from onhand.optimize.stop import Evaluations


def _supplier(seed: int, n: int = 12, container: float = 0.0) -> CycleProblem:
    rng = np.random.default_rng(seed)
    return CycleProblem(
        demand=rng.lognormal(2.0, 1.2, n),
        line_cost=rng.uniform(2, 20, n),
        holding_cost=rng.uniform(0.01, 0.1, n),
        volume=rng.uniform(0.01, 0.05, n),
        delivery_cost=100.0,
        container_cost=container,
        container_volume=40.0,
        safety=rng.uniform(0, 3, n),
        lead_time=2.0,
    )


def test_without_containers_the_analytic_answer_is_exact() -> None:
    """Two items, every T and every pair of multiples tried."""
    problem = _supplier(1, n=2)
    tried = [
        np.array([base, a, b, 0.0, 0.0])
        for base in range(1, 27)
        for a, b in itertools.product(range(1, MOST_MULTIPLE + 1), repeat=2)
    ]
    best = problem.costs(np.array(tried)).min()
    assert analytic_cycles(problem).cost == pytest.approx(best)
    assert problem.bound() == pytest.approx(best)


def test_one_item_is_the_economic_order_interval() -> None:
    """T* = sqrt(2 (K + k) / (h d)), the classic: K = 45, k = 5, h d = 1 gives 10 periods."""
    problem = CycleProblem(
        demand=np.array([10.0]),
        line_cost=np.array([5.0]),
        holding_cost=np.array([0.1]),
        volume=np.ones(1),
        delivery_cost=45.0,
    )
    cycles = analytic_cycles(problem)
    assert (cycles.base, cycles.multiples.tolist()) == (10, [1])
    assert cycles.cost == pytest.approx(10.0)


def test_phases_share_the_room() -> None:
    """Two bulky items ordered every second time do not meet in the same container."""
    problem = CycleProblem(
        demand=np.array([10.0, 10.0, 50.0]),
        line_cost=np.array([60.0, 60.0, 0.1]),
        holding_cost=np.array([0.1, 0.1, 0.5]),
        volume=np.array([1.0, 1.0, 0.001]),
        delivery_cost=10.0,
        container_cost=5.0,
        container_volume=100.0,
    )
    cycles = analytic_cycles(problem)
    assert cycles.multiples[0] == cycles.multiples[1] > 1
    assert cycles.phases[0] != cycles.phases[1]


def test_a_search_with_containers_is_never_worse_and_never_below_the_bound() -> None:
    """Warm started: at worst it returns what it began with."""
    problem = _supplier(4, container=60.0)
    start = analytic_cycles(problem)
    found = search_cycles(
        problem, GeneticAlgorithm(20), Evaluations(600), rng=np.random.default_rng(0)
    )
    assert problem.bound() - 1e-9 <= found.cost <= start.cost + 1e-9
    again = cycles_of(problem, found)
    assert again.cost == found.cost
    assert (again.phases < again.multiples).all()


def test_it_is_a_problem_like_any_other() -> None:
    """So every method of the search room can solve it."""
    assert isinstance(_supplier(0), Problem)


def test_arrays_must_fit() -> None:
    """The odd one is named."""
    with pytest.raises(ShapeError, match="line_cost"):
        CycleProblem(np.ones(2), np.ones(3), np.ones(2), np.ones(2), 1.0)


def test_what_perishes_is_not_ordered_for_longer_than_it_keeps() -> None:
    """Deliveries so dear that a season would be bought at once, but it keeps three periods."""
    items = CycleProblem(
        demand=np.array([10.0]),
        line_cost=np.array([500.0]),
        holding_cost=np.array([0.01]),
        volume=np.ones(1),
        delivery_cost=0.0,
        shelf_life=np.array([3.0]),
        unit_cost=np.array([100.0]),
    )
    cycles = analytic_cycles(items)
    assert cycles.base * int(cycles.multiples[0]) == 3
    assert cycles.cost >= items.bound() * (1 - 1e-9)
    kept = analytic_cycles(replace(items, shelf_life=np.inf))
    assert kept.base * int(kept.multiples[0]) > 20
