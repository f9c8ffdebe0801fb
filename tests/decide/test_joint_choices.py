"""Containers and suppliers that tie items together: the proven answer judges all the others."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from onhand.decide.replenish.container_mix import (
    ContainerKind,
    MixProblem,
    exact_mix,
    mix_of,
    ranked_mix,
    search_mix,
)
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.supplier_calendars import (
    CALENDARS,
    SupplierProblem,
    exact_suppliers,
    item_by_item,
    search_suppliers,
    suppliers_of,
)
from onhand.errors import ConfigError, ShapeError
from onhand.optimize.methods import GeneticAlgorithm, SimulatedAnnealing
from onhand.optimize.stop import Evaluations


def shipment(seed: int, n: int = 4) -> MixProblem:
    """A few items whose packs fall in worth, two kinds of container."""
    rng = np.random.default_rng(seed)
    worth = np.sort(rng.uniform(-2, 20, (n, 4)), axis=1)[:, ::-1].copy()
    kinds = (
        ContainerKind("small", volume=8.0, weight=20.0, freight=18.0, most=2),
        ContainerKind("large", volume=16.0, weight=24.0, freight=30.0, most=1),
    )
    return MixProblem(
        Worth(np.ones(n), worth),
        rng.uniform(0.5, 3, n),
        rng.uniform(1, 4, n),
        kinds,
        rng.integers(0, 4, n),
    )


def trade(seed: int, n: int = 6, s: int = 3) -> SupplierProblem:
    """A few items, three suppliers with orders, minima and surcharges."""
    rng = np.random.default_rng(seed)
    price = rng.uniform(4, 6, (n, 1)) * rng.uniform(0.9, 1.1, (n, s))
    price[rng.random((n, s)) < 0.25] = np.nan
    price[:, 0] = np.nan_to_num(price[:, 0], nan=6.5)
    return SupplierProblem(
        price=price,
        demand=rng.lognormal(1.5, 1.0, n),
        spread=rng.uniform(0, 3, n),
        line_cost=rng.uniform(0, 3, s),
        order_cost=rng.uniform(5, 40, s),
        minimum_value=rng.uniform(0, 300, s),
        surcharge=rng.uniform(0, 30, s),
        lead_time=rng.integers(1, 6, s).astype(np.float64),
        holding_rate=0.01,
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_shipment_is_worth_more_than_the_exact_one(seed: int) -> None:
    """All 625 shipments of four items with up to four packs each, one by one."""
    problem = shipment(seed)
    every = np.array(list(itertools.product(range(5), repeat=4)))
    allowed = every[((every == 0) | (every >= problem.least)).all(axis=1)]
    best = problem.worth_of(allowed).max()
    exact = exact_mix(problem)
    assert exact.worth == pytest.approx(max(best, 0.0), rel=1e-4)
    assert exact.bound is not None
    assert exact.bound >= best * (1 - 1e-6)
    assert ranked_mix(problem).worth <= exact.worth + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_a_shipment_fits_its_containers(seed: int) -> None:
    """Volume, weight and minima hold, and its worth is what its packs earn less the freight."""
    problem = shipment(seed, n=8)
    found = search_mix(
        problem, GeneticAlgorithm(20), Evaluations(400), rng=np.random.default_rng(0)
    )
    start = ranked_mix(problem)
    for mix in (start, mix_of(problem, found), exact_mix(problem)):
        holds = [
            sum(c * getattr(k, name) for c, k in zip(mix.containers, problem.kinds, strict=True))
            for name in ("volume", "weight")
        ]
        assert problem.volume @ mix.quantity <= holds[0] * (1 + 1e-9)
        assert problem.weight @ mix.quantity <= holds[1] * (1 + 1e-9)
        assert ((mix.quantity == 0) | (mix.quantity >= problem.least)).all()
        earned = sum(problem.offer.worth[i, : int(q)].sum() for i, q in enumerate(mix.quantity))
        paid = sum(c * k.freight for c, k in zip(mix.containers, problem.kinds, strict=True))
        assert mix.worth == pytest.approx(earned - paid)
    assert -found.cost >= start.worth - 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_no_choice_of_suppliers_is_cheaper_than_the_exact_one(seed: int) -> None:
    """Every assignment of four items and every pair of calendars, one by one."""
    problem = trade(seed, n=4, s=2)
    best = np.inf
    for place in itertools.product(range(len(CALENDARS) + 1), repeat=2):
        each = np.where(
            np.array(place) > 0,
            problem.item_costs[:, np.arange(2), np.maximum(np.array(place) - 1, 0)],
            np.inf,
        )
        for supplier in itertools.product(range(2), repeat=4):
            best = min(best, problem.cost(np.array(supplier), np.array(place), each))
    exact = exact_suppliers(problem)
    assert exact.cost == pytest.approx(best, rel=1e-4)
    assert exact.bound is not None
    assert exact.bound <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_choices_are_ordered_from_plain_to_proven(seed: int) -> None:
    """Item by item >= searched from there >= exact; nobody buys where it is not sold."""
    problem = trade(seed, n=10)
    plain, exact = item_by_item(problem), exact_suppliers(problem)
    found = search_suppliers(
        problem, SimulatedAnnealing(), Evaluations(300), rng=np.random.default_rng(0)
    )
    searched = suppliers_of(problem, found)
    assert exact.cost <= searched.cost * (1 + 1e-4)
    assert searched.cost <= plain.cost + 1e-9
    for choice in (plain, searched, exact):
        assert np.isfinite(problem.price[np.arange(10), choice.supplier]).all()
        assert set(choice.calendar[choice.supplier].tolist()) <= set(CALENDARS)
        assert (choice.calendar[~np.isin(np.arange(3), choice.supplier)] == 0).all()


def test_nonsense_is_refused() -> None:
    """Rising worth, no container, an item that nobody sells."""
    fair = shipment(0)
    with pytest.raises(ShapeError, match="must fall"):
        MixProblem(
            Worth(np.ones(1), np.array([[1.0, 2.0]])), np.ones(1), np.ones(1), fair.kinds,
            np.zeros(1, dtype=np.int64),
        )  # fmt: skip
    with pytest.raises(ConfigError, match="no kind of container"):
        MixProblem(fair.offer, fair.volume, fair.weight, (), fair.least)
    with pytest.raises(ConfigError, match="must be above 0"):
        ContainerKind("flat", volume=0.0, weight=1.0, freight=1.0)
    lonely = trade(0)
    price = lonely.price.copy()
    price[2] = np.nan
    with pytest.raises(ConfigError, match="item 2 is sold by no supplier"):
        SupplierProblem(
            price, lonely.demand, lonely.spread, lonely.line_cost, lonely.order_cost,
            lonely.minimum_value, lonely.surcharge, lonely.lead_time, 0.01,
        )  # fmt: skip
