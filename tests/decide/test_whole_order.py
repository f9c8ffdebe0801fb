"""Orders as a whole: minima reached and limits kept where it costs least, or the order waits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.whole_order import Limit, fit_whole_order
from onhand.errors import ConfigError, ShapeError


def _offer(seed: int, n: int = 6, k: int = 12) -> tuple[Worth, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    worth = Worth(rng.choice([1.0, 6.0], n), -np.sort(-rng.normal(1.0, 3.0, (n, k)), axis=1))
    best = worth.step * (worth.worth > 0).sum(axis=1)
    return worth, best, rng.uniform(1, 9, n)


def _value(worth: Worth, quantity: np.ndarray) -> float:
    taken = np.arange(worth.worth.shape[1]) < (quantity / worth.step)[:, None]
    return float((worth.worth * taken).sum())


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10_000), least=st.floats(0, 300), room=st.floats(0, 300))
def test_every_limit_is_kept_and_every_number_adds_up(seed: int, least: float, room: float) -> None:
    """quantity = wanted + increments; at least the least, at most the most, or nothing at all."""
    offer, wanted, cost = _offer(seed)
    most = least + room
    order = fit_whole_order(wanted, offer, (Limit("value", cost, least, most),))
    total = wanted + sum(order.increments.values(), np.zeros_like(wanted))
    np.testing.assert_allclose(order.quantity, total, atol=1e-9)
    value = float(cost @ order.quantity)
    if order.quantity.any():
        assert least - 1e-6 <= value <= most + 1e-6
        assert order.worth == pytest.approx(_value(offer, order.quantity))
        assert order.worth >= 0
    assert (order.quantity >= 0).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), low=st.floats(5, 200), more=st.floats(0, 200))
def test_more_room_never_earns_less(seed: int, low: float, more: float) -> None:
    """Up to the one step that a whole number of packs leaves open."""
    offer, wanted, cost = _offer(seed)
    tight = fit_whole_order(wanted, offer, (Limit("budget", cost, most=low),)).worth
    roomy = fit_whole_order(wanted, offer, (Limit("budget", cost, most=low + more),)).worth
    assert roomy >= tight - offer.worth.max()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), least=st.floats(0, 400), room=st.floats(0, 300))
def test_steps_of_several_packs_are_cut_and_filled_pack_by_pack(
    seed: int, least: float, room: float
) -> None:
    """A line may end inside a step: the order is what it would be if every pack were a step of its own."""
    rng = np.random.default_rng(seed)
    coarse = Worth(np.full(4, 6.0), -np.sort(-rng.normal(1.0, 3.0, (4, 8)), axis=1))
    fine = Worth(np.full(4, 2.0), np.repeat(coarse.worth / 3, 3, axis=1))
    wanted, cost = 2.0 * rng.integers(0, 24, 4), rng.uniform(1, 9, 4)
    limits = (Limit("value", cost, least, least + room),)
    by_step = fit_whole_order(wanted, coarse, limits, pack=np.full(4, 2.0))
    by_pack = fit_whole_order(wanted, fine, limits)
    np.testing.assert_allclose(by_step.quantity, by_pack.quantity, atol=1e-9)
    assert by_step.worth == pytest.approx(by_pack.worth, abs=1e-9)


def test_a_minimum_is_reached_with_the_packs_that_hurt_least() -> None:
    """No other way of adding packs loses less per euro."""
    offer = Worth(np.ones(3), np.array([[5.0, -3.0], [5.0, -1.0], [5.0, -2.0]]))
    order = fit_whole_order([1, 1, 1], offer, (Limit("minimum_value", np.ones(3), least=4),))
    assert order.quantity.tolist() == [1.0, 2.0, 1.0]
    assert order.increments["minimum_value"].tolist() == [0.0, 1.0, 0.0]


def test_an_order_that_loses_money_waits() -> None:
    """When the minimum costs more than the order saves, it is better placed next time."""
    offer = Worth(np.ones(1), np.array([[1.0, -3.0, -3.0]]))
    order = fit_whole_order([1.0], offer, (Limit("minimum_value", np.ones(1), least=3),))
    assert order.is_deferred
    assert order.quantity.tolist() == [0.0]
    assert order.increments["deferred"].tolist() == [-3.0]


def test_an_unreachable_minimum_is_named() -> None:
    """All packs on offer together are not enough."""
    offer = Worth(np.ones(1), np.array([[9.0, 8.0]]))
    order = fit_whole_order([2.0], offer, (Limit("minimum_weight", np.ones(1), least=100),))
    assert order.is_deferred
    assert order.is_short_of == ("minimum_weight",)


def test_order_cost_counts_once() -> None:
    """A line that saves 4 does not pay for a delivery of 5; two of them do."""
    offer = Worth(np.ones(2), np.array([[4.0], [4.0]]))
    assert fit_whole_order([1.0, 0.0], offer, order_cost=5.0).is_deferred
    assert fit_whole_order([1.0, 1.0], offer, order_cost=5.0).worth == pytest.approx(3.0)


def test_nothing_wanted_is_nothing_ordered() -> None:
    """A supplier's minimum alone is no reason to order."""
    offer = Worth(np.ones(1), np.array([[-1.0, -2.0]]))
    order = fit_whole_order([0.0], offer, (Limit("minimum_value", np.ones(1), least=2),))
    assert order.quantity.tolist() == [0.0]
    assert not order.is_deferred


def test_contradictions_are_refused() -> None:
    """A most below its least, and half packs."""
    with pytest.raises(ConfigError, match="at most 1 but at least 2"):
        Limit("value", np.ones(1), least=2, most=1)
    with pytest.raises(ShapeError, match="not a whole number of packs of 6"):
        fit_whole_order([4.0], Worth(np.array([6.0]), np.ones((1, 2))))
