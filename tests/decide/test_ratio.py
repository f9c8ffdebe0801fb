"""The tutorials' objective as a policy: what its weights ask for, and the law that it breaks."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.examples import two_worlds
from onhand.decide.replenish.ratio import (
    RatioLevels,
    RatioObjective,
    exact_ratio,
    implied_no_stockout_probability,
    ratio_problem,
    search_ratio,
    weights_for,
)
from onhand.errors import ConfigError
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.optimize.methods import GeneticAlgorithm
from onhand.optimize.stop import Evaluations


def one_item(demand: np.ndarray, on_hand: float = 0.0) -> Situation:
    """Demand (S,) of the only period that an order now covers."""
    return Situation(
        Stock.of([on_hand], [[0.0]]),
        demand.astype(np.float32)[None, :, None],
        SupplyTerms.of(0, n_series=1),
        Costs.of(0.2, 1.0, n_series=1),
    )


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    alpha=st.floats(0.1, 5),
    beta=st.floats(0, 50),
    gamma=st.floats(0, 20),
)
def test_no_other_level_is_better(seed: int, alpha: float, beta: float, gamma: float) -> None:
    """Every level from none to beyond all demand, tried one by one."""
    rng = np.random.default_rng(seed)
    problem = ratio_problem(rng.poisson(4, (1, 30)), RatioObjective(alpha, beta, gamma))
    best = exact_ratio(problem.samples, RatioObjective(alpha, beta, gamma))
    tried = problem.costs(np.arange(0.0, 20.0, 0.5)[:, None])
    assert best.cost <= tried.min() + 1e-9


def test_the_order_leaves_out_what_is_there() -> None:
    """The best level is what the order and the inventory position come to together."""
    demand = np.arange(1.0, 101.0)
    policy = RatioLevels(alpha=1.0, beta=0.0, gamma=10.0)
    assert policy.order(one_item(demand)).tolist() == [90.0]
    assert policy.order(one_item(demand, on_hand=30.0)).tolist() == [60.0]
    assert policy.order(one_item(demand, on_hand=95.0)).tolist() == [0.0]


def test_weights_too_light_stock_nothing() -> None:
    """A unit that saves less than alpha even if it always sold."""
    policy = RatioLevels(alpha=1.0, beta=0.0, gamma=0.9)
    assert policy.order(one_item(np.full(10, 8.0))).tolist() == [0.0]
    assert policy.quantiles(one_item(np.full(10, 8.0))).tolist() == [0.0]


def test_more_demand_can_order_less() -> None:
    """Why beta is a strange weight: it is shared out over demand, so that a busy item weighs little.

    No sound rule does this; every policy of the contract suite is asked not to.
    """
    rare = one_item(np.r_[np.zeros(99), 100.0])
    busier = replace(rare, paths=rare.paths + 4)
    policy = RatioLevels(alpha=1.0, beta=200.0, gamma=0.0)
    assert policy.order(rare)[0] == 100.0
    assert policy.order(busier)[0] == 4.0


@pytest.mark.parametrize("asked", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_weights_for_a_service_ask_for_that_service(asked: float, share: float) -> None:
    """There and back again."""
    weights = weights_for(asked, share_of_beta=share, mean_demand=12.0)
    assert implied_no_stockout_probability([12.0], weights)[0] == pytest.approx(asked)


def test_a_search_tells_how_far_it_stayed_behind() -> None:
    """The gap is to the exact answer, never below it; from the exact answer it is none."""
    samples = np.random.default_rng(3).poisson(6, (20, 60))
    weights = RatioObjective(1.0, 10.0, 4.0)
    cold = search_ratio(
        samples, weights, GeneticAlgorithm(), Evaluations(500), rng=np.random.default_rng(0)
    )
    assert cold.gap is not None
    assert cold.gap > 1e-3
    warm = search_ratio(
        samples,
        weights,
        GeneticAlgorithm(),
        Evaluations(500),
        rng=np.random.default_rng(0),
        start=exact_ratio(samples, weights).candidate,
    )
    assert warm.gap == pytest.approx(0.0, abs=1e-12)


def test_the_picture_in_the_docs_is_what_the_example_draws() -> None:
    """A drawing that nobody can make again is an opinion."""
    root = Path(__file__).parents[2]
    drawn = runpy.run_path(str(root / "examples" / "ratio_objective.py"))["picture"]()
    committed = (root / "docs" / "concepts" / "ratio-objective.svg").read_text(encoding="utf-8")
    assert drawn == committed


def test_nonsense_weights_are_refused() -> None:
    """Before anything is ordered."""
    with pytest.raises(ConfigError, match="gamma = nan"):
        RatioLevels(1.0, 1.0, float("nan")).order(two_worlds())
    with pytest.raises(ConfigError, match=r"1\.5 must lie between 0 and 1"):
        weights_for(1.5)
