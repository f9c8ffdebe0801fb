"""The ranked buy list: concave packs, bought best value first, is the Lagrangian optimum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.budget import buy_list, frontier, spend
from onhand.decide.replenish.marginal import Worth
from onhand.errors import ShapeError


def _offer(seed: int, n: int, k: int = 20) -> tuple[Worth, np.ndarray]:
    """Packs of falling worth, and what a unit costs."""
    rng = np.random.default_rng(seed)
    worth = -np.sort(-rng.normal(2.0, 4.0, (n, k)), axis=1)
    return Worth(rng.choice([1.0, 2.0, 6.0], n), worth), rng.uniform(1, 5, n)


def _value(worth: Worth, quantity: np.ndarray) -> float:
    """Expected money of buying `quantity`, pack by pack."""
    packs = np.arange(worth.worth.shape[1]) < (quantity / worth.step)[:, None]
    return float((worth.worth * packs).sum())


def test_without_a_limit_everything_worthwhile_is_bought() -> None:
    """And nothing else."""
    worth, cost = _offer(1, 20)
    quantity = spend(buy_list(worth, unit_size=cost), np.inf)
    assert _value(worth, quantity) == pytest.approx(worth.worth[worth.worth > 0].sum())


def test_small_shop_matches_enumeration_up_to_the_last_pack() -> None:
    """Three stock points, every combination tried: the list is within its own last block."""
    worth, cost = _offer(2, 3)
    plan = buy_list(worth, unit_size=cost)
    limit = 0.5 * plan.size.sum()
    choices = [np.arange(0, 21) * s for s in worth.step]
    best = max(
        _value(worth, np.array(q)) for q in itertools.product(*choices) if np.dot(q, cost) <= limit
    )
    got = _value(worth, spend(plan, limit))
    assert best - plan.value.max() <= got <= best + 1e-9


def test_thousand_stock_points_are_within_a_thousandth_of_the_bound() -> None:
    """The Lagrangian bound (a fractional last block) is above, and never by more than 0.1 %."""
    worth, cost = _offer(3, 1000)
    plan = buy_list(worth, unit_size=cost)
    limit = 0.4 * plan.size.sum()
    bound = float(np.interp(limit, *frontier(plan)))
    assert bound * 0.999 <= _value(worth, spend(plan, limit)) <= bound + 1e-6


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), low=st.floats(0, 200), more=st.floats(0, 200))
def test_more_budget_never_earns_less(seed: int, low: float, more: float) -> None:
    """What is bought never exceeds the limit, and a larger limit never buys worse."""
    worth, cost = _offer(seed, 8)
    plan = buy_list(worth, unit_size=cost)
    less, all_of_it = spend(plan, low), spend(plan, low + more)
    assert float(less @ cost) <= low + 1e-9
    assert _value(worth, all_of_it) >= _value(worth, less) - 1e-9
    assert (np.diff(plan.value / plan.size) <= 1e-9).all()


def test_minimum_order_is_the_first_block() -> None:
    """Nothing smaller than the supplier's minimum is ever bought."""
    offer = Worth(np.array([2.0]), np.array([[5.0, 4.0, 3.0, 2.0]]))
    plan = buy_list(offer, unit_size=1.0, minimum_order=5.0)
    assert plan.units.tolist() == [6.0, 2.0]
    assert plan.value.tolist() == [12.0, 2.0]
    assert spend(plan, 5.9).tolist() == [0.0]


def test_a_minimum_order_that_loses_money_is_not_offered() -> None:
    """Neither are the packs behind it, nor a minimum larger than anyone could use."""
    offer = Worth(np.array([1.0]), np.array([[3.0, -5.0, -6.0]]))
    assert len(buy_list(offer, unit_size=1.0, minimum_order=2.0).row) == 0
    assert len(buy_list(offer, unit_size=1.0, minimum_order=99.0).row) == 0
    assert len(buy_list(offer, unit_size=1.0).row) == 1


def test_free_goods_are_refused() -> None:
    """A unit that takes nothing of the limit would make the ranking meaningless."""
    with pytest.raises(ShapeError, match=r"stock point 0: a unit takes 0.0"):
        buy_list(Worth(np.ones(1), np.ones((1, 2))), unit_size=0.0)
