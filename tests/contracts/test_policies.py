"""Every replenishment policy answers the same questions in the same obvious worlds.

Policies are found by walking `onhand.decide.replenish`: a new one is tested without being listed.
If it has a number that the suite does not know, say in `NUMBERS` what a fair value would be.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onhand.decide.replenish as room
from onhand.errors import ConfigError, ShapeError
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Policy, Situation
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

NUMBERS: dict[str, Any] = {
    "periods": 3.5,
    "factor": 1.25,
    "extra": 1,
    "quantiles_by_bucket": (0.6, 0.8),
    "borders": (4.0,),  # below the 5 of these costs: the second of the two
    "cycle_service_level": 0.8,
    "quantile": 0.8,
    "holding_weight": 1.5,
    "spread": 0.7,
    "alpha": 1.0,
    "beta": 0.0,  # above 0 more demand can order less: see tests/decide/test_ratio.py
    "gamma": 5.0,
    "cap": 2.0,
    "lot": 3.0,
    "multiple": 1.2,
    "season": 2,
}


def policies() -> list[type[Any]]:
    """Every class in the room that has the methods of a Policy."""
    found = {}
    for module in pkgutil.iter_modules(room.__path__, room.__name__ + "."):
        for name, thing in inspect.getmembers(
            importlib.import_module(module.name), inspect.isclass
        ):
            is_ours = thing.__module__.startswith(room.__name__)
            if is_ours and all(hasattr(thing, m) for m in ("order", "horizon", "name")):
                found[name] = thing
    return list(found.values())


def build(kind: type[Any]) -> Policy:
    """A policy with fair numbers."""
    required = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
    return kind(**{name: NUMBERS[name] for name in required})


def situation(
    on_hand: Any, pipeline: Any, paths: Any, lead_time: Any = 2, review_period: Any = 1
) -> Situation:
    """A situation at the VN2 competition's costs."""
    n = len(on_hand)
    return Situation(
        Stock.of(on_hand, pipeline),
        np.asarray(paths, dtype=np.float32),
        SupplyTerms.of(lead_time, review_period, n_series=n),
        Costs.of(0.2, 1.0, n_series=n),
    )


def some_situation(seed: int, n: int = 7) -> Situation:
    """Random stock, open orders, demand, lead times 0..4 and review periods 1..3."""
    rng = np.random.default_rng(seed)
    return situation(
        on_hand=rng.integers(0, 12, n),
        pipeline=rng.integers(0, 4, (n, 6)),
        paths=rng.negative_binomial(1, 0.3, (n, 25, 14)),
        lead_time=rng.integers(0, 5, n),
        review_period=rng.integers(1, 4, n),
    )


ALL = [pytest.param(kind, id=kind.__name__) for kind in policies()]
every_policy = pytest.mark.parametrize("kind", ALL)
seeds = st.integers(0, 10_000)


def test_the_suite_finds_the_policies_that_the_room_offers() -> None:
    """A suite that finds nothing would pass."""
    offered = {n for n in room.__all__ if hasattr(getattr(room, n), "horizon")}
    assert {kind.__name__ for kind in policies()} >= offered
    assert len(offered) >= 6


@every_policy
def test_it_is_a_frozen_value_with_a_name(kind: type[Any]) -> None:
    """Two policies with the same numbers are the same, and nobody can change one."""
    policy = build(kind)
    assert isinstance(policy, Policy)
    assert policy == build(kind)
    assert policy.name
    field = dataclasses.fields(kind)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(policy, field, 0.5)


@every_policy
def test_it_says_how_far_it_looks_and_looks_no_farther(kind: type[Any]) -> None:
    """Paths of exactly `horizon` periods are enough: what comes later changes nothing."""
    policy, full = build(kind), some_situation(1)
    horizon = policy.horizon(full.terms)
    just_enough = dataclasses.replace(full, paths=full.paths[:, :, :horizon])
    assert policy.order(just_enough) == pytest.approx(policy.order(full), rel=1e-6)


@every_policy
def test_paths_that_end_before_the_order_could_arrive_are_refused(kind: type[Any]) -> None:
    """One period of paths and a lead time of four: an answer would be a guess."""
    blind = situation([0.0], [[0.0] * 5], np.ones((1, 9, 1)), lead_time=4)
    with pytest.raises(ShapeError, match="periods ahead"):
        build(kind).order(blind)


@every_policy
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_orders_are_finite_never_negative_and_one_per_stock_point(
    kind: type[Any], seed: int
) -> None:
    """(N,), finite, >= 0, whatever the situation."""
    full = some_situation(seed)
    order = build(kind).order(full)
    assert order.shape == (len(full.paths),)
    assert np.isfinite(order).all()
    assert (order >= 0).all()


@every_policy
def test_nothing_is_ordered_where_nobody_wants_anything(kind: type[Any]) -> None:
    """No demand in any world: no order, even on an empty shelf."""
    assert build(kind).order(situation([0.0], [[0.0] * 3], np.zeros((1, 9, 12)))).tolist() == [0.0]


@every_policy
def test_nothing_is_ordered_where_the_shelf_is_full(kind: type[Any]) -> None:
    """A thousand in hand, one wanted per period."""
    assert build(kind).order(situation([1e3], [[0.0] * 3], np.ones((1, 9, 12)))).tolist() == [0.0]


@every_policy
def test_an_empty_shelf_with_sure_demand_is_refilled(kind: type[Any]) -> None:
    """Ten wanted every period in every world: at least the period that the order covers."""
    order = build(kind).order(situation([0.0], [[0.0] * 3], np.full((1, 9, 12), 10.0)))
    assert order[0] >= 10.0


# A rollout is as even as the rule that it supposes afterwards: its cost has more than one valley. A
# counterexample worked out by hand: `test_a_rollout_can_order_more_with_more_on_hand`.
UNEVEN = {"LookAhead"}
every_even_policy = pytest.mark.parametrize("kind", [p for p in ALL if p.id not in UNEVEN])


@every_even_policy
@settings(max_examples=15, deadline=None)
@given(seed=seeds, more=st.integers(1, 5))
def test_more_on_hand_never_orders_more(kind: type[Any], seed: int, more: int) -> None:
    """Stock is a substitute for an order."""
    full, policy = some_situation(seed), build(kind)
    stock = full.stock
    richer = Stock(stock.on_hand + more, stock.pipeline, stock.backorders)
    fewer = policy.order(dataclasses.replace(full, stock=richer))
    assert (fewer <= policy.order(full) + 1e-5).all()


@every_even_policy
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_more_demand_never_orders_less(kind: type[Any], seed: int) -> None:
    """One more unit wanted in every period of every world."""
    full, policy = some_situation(seed), build(kind)
    busier = dataclasses.replace(full, paths=full.paths + 1)
    assert (policy.order(busier) >= policy.order(full) - 1e-5).all()


@every_policy
@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_each_stock_point_is_decided_as_if_alone(kind: type[Any], seed: int) -> None:
    """With its own lead time and review period, in any block, at any place in the block."""
    full, policy = some_situation(seed), build(kind)
    together = policy.order(full)
    alone = [policy.order(full.rows(np.array([i])))[0] for i in range(len(together))]
    assert together == pytest.approx(alone, rel=1e-6)


@every_policy
@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_supply_that_keeps_every_promise_changes_nothing(kind: type[Any], seed: int) -> None:
    """Worlds of supply in which all goods come exactly when the pipeline and the terms say."""
    full, policy = some_situation(seed), build(kind)
    n, n_worlds, horizon = full.paths.shape
    due = np.zeros((n, horizon), dtype=np.float32)
    width = full.stock.pipeline.shape[1]
    due[:, :width] = full.stock.pipeline
    lead_time = np.repeat(full.terms.lead_time[:, None], n_worlds, axis=1)
    punctual = SupplyPaths(
        np.repeat(due[:, None], n_worlds, axis=1),
        lead_time,
        lead_time + full.terms.review_period[:, None],
    )
    told = dataclasses.replace(full, supply=punctual)
    assert policy.order(told) == pytest.approx(policy.order(full), rel=1e-5)


@every_policy
def test_deciding_changes_nothing(kind: type[Any]) -> None:
    """The situation is the same afterwards, and so is a second answer."""
    full, policy = some_situation(3), build(kind)
    before = full.paths.copy(), full.stock.on_hand.copy(), full.stock.pipeline.copy()
    first = policy.order(full)
    assert np.array_equal(first, policy.order(full))
    after = full.paths, full.stock.on_hand, full.stock.pipeline
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@every_policy
@pytest.mark.parametrize("nonsense", [-1.0, float("nan"), float("inf")])
def test_nonsense_numbers_are_refused(kind: type[Any], nonsense: float) -> None:
    """The message comes when the policy is built, not from the middle of a replay."""
    fields = [f for f in dataclasses.fields(kind) if f.name in NUMBERS]
    fair = {f.name: NUMBERS[f.name] for f in fields}
    for name in [f.name for f in fields if f.type == "float" or nonsense == -1.0]:
        usual = fair[name]
        wrong = (nonsense,) * len(usual) if isinstance(usual, tuple) else nonsense
        with pytest.raises(ConfigError, match=str(nonsense)):
            kind(**(fair | {name: wrong}))
