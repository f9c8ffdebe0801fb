"""The environment is the same physics: an agent that orders like a policy pays what the replay says."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("gymnasium")

from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env

from onhand.errors import ShapeError
from onhand.evaluate.replay import Window, replay
from onhand.inventory.costs import Costs
from onhand.inventory.environment import Replenishment
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

TERMS = SupplyTerms.of(lead_time=2, n_series=1)
COSTS = Costs.of(1.0, 4.0, order_cost=3.0, n_series=1)


def environment(shortage: str = "lost_sales") -> Replenishment:
    paths = np.random.default_rng(0).poisson(5, (30, 12))
    return Replenishment(paths, TERMS, COSTS, most_packs=12, shortage=shortage)  # type: ignore[arg-type]


def test_gymnasium_finds_nothing_to_complain_about() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises on the scale of observations
        check_env(environment(), skip_render_check=True)


@pytest.mark.parametrize("shortage", ["lost_sales", "backorder"])
def test_orders_cost_what_the_replay_charges(shortage: str) -> None:
    orders = np.random.default_rng(1).integers(0, 9, 12)

    class Script:
        name = "script"
        period = -1

        def horizon(self, terms: SupplyTerms) -> int:  # noqa: ARG002
            return 1

        def order(self, situation: object) -> np.ndarray:  # noqa: ARG002
            self.period += 1
            return np.array([float(orders[self.period])])

    env = environment(shortage)
    env.reset(seed=3)
    rewards = [env.step(int(order))[1] for order in orders]
    window = Window(
        Stock.of([0.0], np.zeros((1, 3))),
        [np.ones((1, 1, 1), dtype=np.float32)] * 12,
        env._demand[None],
        TERMS,
        COSTS,
    )
    past = replay(Script(), window, shortage=shortage)  # type: ignore[arg-type]
    assert -np.array(rewards) == pytest.approx(past.cost[0])


def test_the_same_seed_draws_the_same_path() -> None:
    first, second = environment(), environment()
    for env in (first, second):
        env.reset(seed=11)
    for _ in range(12):
        a, b = first.step(5), second.step(5)
        assert a[1] == b[1]
        assert np.array_equal(a[0], b[0])
    assert a[3]


def test_what_an_agent_sees_does_not_depend_on_the_path_it_is_on() -> None:
    calm, wild = environment(), environment()
    seen = [env.reset(seed=0, options={"path": k})[0] for k, env in enumerate((calm, wild))]
    assert np.array_equal(*seen)
    assert not np.array_equal(calm._demand, wild._demand)


def test_between_reviews_nothing_can_be_ordered() -> None:
    slow = SupplyTerms.of(lead_time=0, review_period=2, n_series=1)
    env = Replenishment(np.zeros((1, 4)), slow, COSTS, most_packs=5)
    env.reset(seed=0)
    on_hand = [env.step(5)[0][0] for _ in range(4)]
    assert on_hand == [5, 5, 10, 10]


def test_parts_of_several_stock_points_are_refused() -> None:
    with pytest.raises(ShapeError, match="one stock point"):
        Replenishment(np.ones((1, 3)), SupplyTerms.of(1, n_series=2), COSTS, most_packs=3)
    with pytest.raises(ShapeError, match="3 slots"):
        Replenishment(np.ones((1, 3)), TERMS, COSTS, opening=Stock.of([0.0], [[0.0]]), most_packs=3)


def test_an_episode_begins_with_a_reset_and_ends_with_its_path() -> None:
    """As Gymnasium asks: a step before the first reset or past the end says what to call."""
    env = environment()
    with pytest.raises(ResetNeeded, match="reset"):
        env.step(1)
    env.reset(seed=0)
    assert [env.step(1)[3] for _ in range(12)] == [False] * 11 + [True]
    with pytest.raises(ResetNeeded, match="no period is left after 12"):
        env.step(1)
    env.reset()
    assert not env.step(1)[3]


@pytest.mark.parametrize("action", [-5, 13, 2.5, np.nan, None])
def test_an_order_that_nobody_can_place_is_refused(action: object) -> None:
    """Not clipped: an agent is never paid for another order than its own."""
    env = environment()
    before, _ = env.reset(seed=0)
    with pytest.raises(InvalidAction, match=r"whole number of packs, 0\.\.12"):
        env.step(action)
    assert np.array_equal(env._seen(), before)
    env.step(np.int64(12))
    env.step(np.array(3))


def test_a_path_that_is_not_there_is_refused() -> None:
    """A negative one too, rather than counted from the end."""
    for path in (-1, 30):
        with pytest.raises(ShapeError, match="there are 30"):
            environment().reset(options={"path": path})
