"""Levels for one period: the exact quantile, the tutorials' objective, and searches that must agree."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.decide.replenish.levels import LevelProblem, exact_levels, newsvendor_problem
from onhand.decide.replenish.ratio import (
    RatioObjective,
    implied_no_stockout_probability,
    literal_objective,
    ratio_problem,
)
from onhand.errors import ConfigError, ShapeError
from onhand.inventory.costs import Costs
from onhand.optimize.methods import CMAES, GeneticAlgorithm, Gradient
from onhand.optimize.minimize import minimize
from onhand.optimize.problem import DifferentiableProblem
from onhand.optimize.stop import Evaluations


def _demand(n: int = 6, s: int = 200, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(3.0, 3.0, (n, 1)), (n, s)).astype(float)


def test_costs_are_the_newsvendors() -> None:
    """Overage and underage, added up the slow way."""
    demand, level = _demand(), np.array([3.0, 8.0, 0.0, 20.0, 9.5, 1.0])
    costs = Costs.of(0.5, 4.0, n_series=6)
    over = np.maximum(level[:, None] - demand, 0).mean(axis=1)
    under = np.maximum(demand - level[:, None], 0).mean(axis=1)
    got = newsvendor_problem(demand, costs).costs(level[None])
    assert got[0] == pytest.approx((0.5 * over + 4.0 * under).sum())


def test_no_integer_level_beats_the_exact_one() -> None:
    """Every level of every item, tried alone."""
    problem = newsvendor_problem(_demand(), Costs.of(1.0, 7.0, n_series=6))
    best = exact_levels(problem)
    base = problem.costs(best[None])[0]
    for item in range(6):
        tries = np.repeat(best[None], 60, axis=0)
        tries[:, item] = np.arange(60)
        assert (problem.costs(tries) >= base - 1e-9).all()


def test_searches_reach_the_exact_answer_on_a_few_items() -> None:
    """And never pass below it: the exact cost is a bound."""
    problem = newsvendor_problem(_demand(), Costs.of(1.0, 7.0, n_series=6))
    assert isinstance(problem, DifferentiableProblem)
    bound = float(problem.costs(exact_levels(problem)[None])[0])
    for method in (GeneticAlgorithm(), CMAES(), Gradient()):
        found = minimize(
            problem, method, Evaluations(3000), rng=np.random.default_rng(1), bound=bound
        )
        assert found.gap is not None
        assert -1e-9 <= found.gap < 0.02, method.name


def test_ratio_weights_imply_a_service_level_and_its_inverse() -> None:
    """P(D > I) = alpha / (beta / mean + gamma), by closed form and by the solved levels."""
    demand = _demand(n=4, s=4000)
    weights = RatioObjective(alpha=1.0, beta=20.0, gamma=4.0)
    wanted = implied_no_stockout_probability(demand.mean(axis=1), weights)
    level = exact_levels(ratio_problem(demand, weights))
    reached = (demand <= level[:, None]).mean(axis=1)
    one_less = (demand <= level[:, None] - 1).mean(axis=1)
    assert (reached >= wanted - 1e-9).all()
    assert (one_less < wanted + 1e-9).all()


def test_weights_too_small_to_stock_anything() -> None:
    """When a unit of stock costs more than it can ever save, the level is 0 and says so."""
    weights = RatioObjective(alpha=10.0, beta=1.0, gamma=1.0)
    assert exact_levels(ratio_problem(_demand(), weights)).tolist() == [0.0] * 6
    assert implied_no_stockout_probability([9.0, 0.0], weights).tolist() == [0.0, 0.0]


def test_the_literal_formula_has_no_bottom() -> None:
    """Ten times less stock, ever lower 'cost': why it is not offered."""
    level = np.array([1.0, 0.1, 0.01, 0.001])
    value = literal_objective(level, 10.0, RatioObjective(1.0, 20.0, 4.0))
    assert (np.diff(value) < 0).all()
    assert value[-1] < -100_000


def test_nonsense_is_refused() -> None:
    """Free stock, unsorted samples, negative weights."""
    with pytest.raises(ShapeError, match="hold must be above 0"):
        LevelProblem(np.ones((1, 2)), np.zeros(1), np.ones(1))
    with pytest.raises(ShapeError, match="sorted"):
        LevelProblem(np.array([[2.0, 1.0]]), np.ones(1), np.ones(1))
    with pytest.raises(ConfigError, match="alpha = -1"):
        RatioObjective(-1, 1, 1)
