"""A learned policy starts where it was tuned, cannot be wild, and learns what one number cannot say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from onhand.decide.replenish import ProjectedInventory
from onhand.decide.replenish.learned import FEATURES, LearnedProjection, Weights
from onhand.decide.replenish.learning import Lesson, imagined, teach
from onhand.errors import HistoryError, ShapeError
from onhand.evaluate.replay import Window, replay, whole_units
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def a_situation(seed: int, n: int = 20) -> Situation:
    rng = np.random.default_rng(seed)
    return Situation(
        Stock.of(rng.integers(0, 10, n), rng.integers(0, 3, (n, 3))),
        rng.negative_binomial(1, 0.2, (n, 50, 4)).astype(np.float32),
        SupplyTerms.of(lead_time=2, n_series=n),
        Costs.of(0.2, rng.uniform(0.2, 5, n), n_series=n),
    )


def weights(seed: int, size: float) -> Weights:
    rng = np.random.default_rng(seed)
    f, u = len(FEATURES), 4
    drawn = [rng.normal(0, size, shape) for shape in ((f, u), (u,), (u, 2), (2,))]
    return Weights(*drawn, center=np.zeros(f), scale=np.ones(f))


def test_untaught_it_is_the_projected_inventory_it_starts_from() -> None:
    now = a_situation(1)
    told = LearnedProjection(0.8).order(now)
    assert np.array_equal(told, ProjectedInventory(0.8).order(now))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.1, 10.0, 1e6]))
def test_whatever_it_has_learned_it_stays_between_two_projections(seed: int, size: float) -> None:
    now = a_situation(seed)
    per_period = now.paths[:, :, 2].mean(axis=1)
    order = LearnedProjection(0.7, weights(seed, size)).order(now)
    least = ProjectedInventory(0.05).order(now) - per_period
    most = ProjectedInventory(0.995).order(now) + per_period
    assert (order >= np.maximum(0, least) - 1e-6).all()
    assert (order <= most + 1e-6).all()


def test_weights_of_the_wrong_shape_are_refused() -> None:
    good = weights(0, 1.0)
    with pytest.raises(ShapeError, match=r"out has shape \(3, 2\)"):
        Weights(
            good.hidden, good.hidden_bias, np.ones((3, 2)), good.out_bias, good.center, good.scale
        )


# --- teaching --------------------------------------------------------------------------------------


def lesson(seed: int, shortage_cost: NDArray[np.float64], n_periods: int = 10) -> Lesson:
    """Poisson demand of 6 a period, forecast as it is; lead time 1, one review a period."""
    rng = np.random.default_rng(seed)
    n = len(shortage_cost)
    forecasts = [rng.poisson(6, (n, 80, 2)).astype(np.float32) for _ in range(n_periods)]
    return Lesson(
        Stock.of(np.full(n, 6.0), np.full((n, 2), 6.0)),
        forecasts,
        rng.poisson(6, (n, n_periods)).astype(float),
        SupplyTerms.of(lead_time=1, n_series=n),
        Costs.of(1.0, shortage_cost, n_series=n),
        first_scored=2,
    )


def cost(policy: LearnedProjection | ProjectedInventory, what: Lesson) -> float:
    window = Window(
        what.opening, what.forecasts, what.demand, what.terms, what.costs, what.first_scored
    )
    return replay(policy, window, round_to=whole_units).total_cost


def test_it_learns_that_dear_shortages_deserve_more_stock() -> None:
    pytest.importorskip("torch")
    margins = np.repeat([0.5, 20.0], 40)
    start = LearnedProjection(0.8)
    told = teach(
        start,
        [lesson(k, margins) for k in range(2)],
        [lesson(9, margins)],
        n_rounds=10,
        step=0.1,
        n_samples=40,
    )
    fresh = lesson(77, margins)
    assert told.is_kept
    empty = Stock.of(np.zeros(len(margins)), np.zeros((len(margins), 2)))
    now = Situation(empty, fresh.forecasts[0], fresh.terms, fresh.costs)  # type: ignore[arg-type]
    more = told.policy.order(now) - start.order(now)
    assert more[:40].mean() < 0 < more[40:].mean()
    one_number = min(cost(ProjectedInventory(q), fresh) for q in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95))
    assert cost(told.policy, fresh) < one_number


def test_where_there_is_nothing_to_learn_the_start_stays() -> None:
    pytest.importorskip("torch")
    alike = np.full(40, 4.0)
    told = teach(
        LearnedProjection(0.75), [lesson(1, alike)], [lesson(2, alike)], n_rounds=3, n_samples=40
    )
    assert told.policy == LearnedProjection(0.75)
    assert not told.is_kept
    assert len(told.held_back) == 4


def test_the_taught_costs_are_those_of_the_replay() -> None:
    """The tensor physics and the plain moves charge the same for the same orders."""
    pytest.importorskip("torch")
    what = lesson(5, np.full(30, 3.0))
    told = teach(LearnedProjection(0.50625), [what], [what], n_rounds=1, n_samples=80)
    # At (k + 1/2) / 80 the interpolated quantile is a sample itself, as in the policy.
    assert told.held_back[0] == pytest.approx(cost(ProjectedInventory(0.50625), what))


def test_an_imagined_lesson_has_demand_of_one_world_of_its_own_forecasts() -> None:
    what = lesson(3, np.ones(2), n_periods=3)
    only_first = Lesson(
        what.opening, [what.forecasts[0], None, None], what.demand, what.terms, what.costs
    )
    drawn = imagined(what, np.random.default_rng(0)).demand
    for period in range(3):
        worlds = what.forecasts[period]
        assert worlds is not None
        assert (worlds[:, :, 0] == drawn[:, period, None]).all(axis=0).any()
    with pytest.raises(HistoryError, match="do not reach period 2"):
        imagined(only_first, np.random.default_rng(0))


def test_teaching_without_lessons_is_refused() -> None:
    with pytest.raises(HistoryError, match="at least one lesson"):
        teach(LearnedProjection(0.8), [], [])
