"""Tuning finds the number that past windows show, and admits when a rule is not worth using."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.decide.replenish import Coverage, ProjectedInventory
from onhand.errors import HistoryError
from onhand.evaluate.replay import Window
from onhand.inventory.costs import Costs
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.trials import Tuned, unseen
from onhand.plan.tune import Tuning, choose, tune


def steady_window(demand: float = 1.0, n_periods: int = 6) -> Window:
    """Two stock points, one wanted per period and forecast so; goods come after one full period."""
    paths = np.full((2, 3, 8), demand, dtype=np.float32)
    return Window(
        opening=Stock.of([demand, demand], [[0.0, 0.0]] * 2),
        forecasts=[paths] * n_periods,
        demand=np.full((2, n_periods), demand),
        terms=SupplyTerms.of(1, n_series=2),
        costs=Costs.of(0.1, 1.0, n_series=2),
    )


def test_sure_demand_is_covered_for_exactly_the_protection_interval() -> None:
    """L + R = 2: covering 1 loses every sale, covering 2 none, covering more only holds stock."""
    tuning = tune([Coverage(float(c)) for c in (1, 2, 3, 4)], [steady_window()] * 2)
    # Nothing can be on the shelf in period 1: one of two units each is held, or lost, whoever orders.
    assert tuning.totals.argmin(axis=0).tolist() == [1, 1]
    assert tuning.totals.shape == (4, 2)
    assert tuning.costs.shape == (4, 2, 2)


def test_a_lucky_number_is_not_chosen() -> None:
    """One candidate is cheap between two dear ones: its neighbours say it was luck."""
    costs = np.array([9.0, 3.0, 9.0, 5.0, 4.0, 5.0, 6.0])[:, None, None]
    ladder = tuple(Coverage(float(c)) for c in range(1, 8))
    assert Tuning(ladder, costs).best == Coverage(5.0)


def test_unseen_costs_come_from_numbers_chosen_elsewhere() -> None:
    """Each of two windows prefers one end; each is judged by what the other would have chosen."""
    costs = np.array([[0.0, 8.0], [8.0, 0.0]])[:, :, None]
    tuning = Tuning((Coverage(1.0), Coverage(2.0)), costs)
    assert tuning.unseen_costs[:, 0].tolist() == [8.0, 8.0]
    assert tuning.without(0).policies == tuning.policies
    assert tuning.without(0).totals.tolist() == [[8.0], [0.0]]


def family(costs: list[float], quantile: float) -> Tuning:
    """A family of one, with a cost per window."""
    return Tuning((ProjectedInventory(quantile),), np.array(costs)[None, :, None])


def test_the_preferred_rule_is_used_where_it_earns_its_place() -> None:
    """Cheaper by 2 in each of three windows."""
    choice = choose(family([8.0, 5.0, 6.0], 0.8), family([10.0, 7.0, 8.0], 0.6))
    assert choice.policy == ProjectedInventory(0.8)
    assert not choice.is_fallback
    assert choice.difference.mean == pytest.approx(-2)
    assert "beat" in choice.sentence
    assert "-2.00 per window" in choice.sentence


def test_the_plan_falls_back_where_it_does_not_and_says_so() -> None:
    """Dearer on windows it was not tuned on: the guard decides."""
    choice = choose(family([10.0, 7.0, 8.5], 0.8), family([8.0, 7.5, 8.0], 0.6))
    assert choice.policy == ProjectedInventory(0.6)
    assert choice.is_fallback
    assert "did not beat" in choice.sentence
    assert choice.sentence.endswith("using projected inventory at quantile 0.6.")


def test_there_must_be_something_to_tune_on() -> None:
    """No window, no candidate: the message says which is missing."""
    with pytest.raises(HistoryError, match="0 windows"):
        tune([Coverage(1.0)], [])
    with pytest.raises(HistoryError, match="0 policies"):
        tune([], [steady_window()])


def test_a_ladder_that_was_lucky_in_a_window_is_not_judged_by_that_luck() -> None:
    """Eight ladders alike in truth: the one that is cheapest on all windows was lucky on each of them."""
    rng = np.random.default_rng(0)
    claimed, unseen_mean = [], []
    for _ in range(40):
        lucky = [family(list(10 + rng.normal(0, 1, 3)), 0.8) for _ in range(8)]
        ladders = [Tuned("ours", str(k), tuning) for k, tuning in enumerate(lucky)]
        claimed.append(min(t.unseen_costs.sum(axis=1).mean() for t in lucky))
        unseen_mean.append(unseen(ladders).sum(axis=1).mean())
    assert np.mean(claimed) < 9.5
    assert np.mean(unseen_mean) == pytest.approx(10, abs=0.25)
