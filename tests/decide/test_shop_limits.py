"""A budget buys what earns most, never breaks what a supplier asks, and more of it never earns less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.shop_limits import SupplierOrder, share_out
from onhand.decide.replenish.whole_order import Limit


def drawn(seed: int) -> tuple[Worth, np.ndarray, np.ndarray, np.ndarray]:
    """Eight lines of falling worth: the offer, what is wanted, unit costs and least quantities."""
    rng = np.random.default_rng(seed)
    worth = -np.sort(-rng.exponential(5.0, (8, 10)), axis=1)
    step = rng.choice([1.0, 6.0], 8)
    steps = rng.integers(0, 11, 8)
    least = np.where(steps > 0, np.minimum(rng.integers(1, 5, 8), steps), 1) * step
    return Worth(step, worth), steps * step, rng.uniform(1, 9, 8), least


def value(offer: Worth, quantity: np.ndarray, orders: tuple[SupplierOrder, ...]) -> float:
    """Expected money of a set of orders."""
    taken = np.arange(offer.worth.shape[1]) < (quantity / offer.step)[:, None]
    fees = sum(o.order_cost for o in orders if quantity[o.rows].any())
    return float((offer.worth * taken).sum()) - fees


def suppliers(cost: np.ndarray, wanted: np.ndarray, share: float) -> tuple[SupplierOrder, ...]:
    """Two suppliers of four lines; each asks for a share of what is wanted as a minimum value."""
    halves = (np.arange(4), np.arange(4, 8))
    return tuple(
        SupplierOrder(rows, (Limit("value", cost, share * float(cost[rows] @ wanted[rows])),))
        for rows in halves
    )


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 100_000), budget=st.floats(0, 400), share=st.floats(0, 1))
def test_limits_and_minima_are_kept(seed: int, budget: float, share: float) -> None:
    """The budget; the supplier's minimum or nothing; the line's least or nothing; never more."""
    offer, wanted, cost, least = drawn(seed)
    orders = suppliers(cost, wanted, share)
    bought = share_out(
        wanted, offer, (Limit("budget", cost, most=budget),), orders, line_least=least
    )
    assert cost @ bought <= budget * (1 + 1e-6) + 1e-9
    assert (bought <= wanted + 1e-9).all()
    assert ((bought == 0) | (bought >= least - 1e-9)).all()
    for order in orders:
        (minimum,) = order.least
        spent = float(cost[order.rows] @ bought[order.rows])
        assert spent == 0 or spent >= minimum.least * (1 - 1e-6)


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    low=st.floats(0, 300),
    more=st.floats(0, 200),
    share=st.floats(0, 1),
)
def test_more_budget_never_earns_less(seed: int, low: float, more: float, share: float) -> None:
    """For packs that are worth something each, whatever the suppliers ask."""
    offer, wanted, cost, least = drawn(seed)
    orders = suppliers(cost, wanted, share)
    earned = [
        value(
            offer,
            share_out(wanted, offer, (Limit("budget", cost, most=b),), orders, line_least=least),
            orders,
        )
        for b in (low, low + more)
    ]
    assert earned[1] >= earned[0] - 1e-6


def test_enough_budget_changes_nothing() -> None:
    """A limit that does not bind is not felt."""
    offer, wanted, cost, least = drawn(3)
    limit = Limit("budget", cost, most=float(cost @ wanted))
    np.testing.assert_array_equal(
        share_out(wanted, offer, (limit,), suppliers(cost, wanted, 0.5), line_least=least), wanted
    )


@pytest.mark.parametrize("budget", [3.0, 5.0, 7.0])
def test_loose_packs_are_bought_as_well_as_can_be(budget: float) -> None:
    """Without minima and with packs of one price, no other choice earns more: tried one by one."""
    rng = np.random.default_rng(1)
    worth = -np.sort(-rng.exponential(5.0, (3, 4)), axis=1)
    offer = Worth(np.ones(3), worth)
    wanted = np.full(3, 4.0)
    orders = tuple(SupplierOrder(np.array([i])) for i in range(3))
    bought = share_out(wanted, offer, (Limit("budget", np.ones(3), most=budget),), orders)
    best = max(
        value(offer, np.array(q, float), orders) for q in np.ndindex(5, 5, 5) if sum(q) <= budget
    )
    assert value(offer, bought, orders) == pytest.approx(best)


def test_a_container_comes_whole_or_not_at_all() -> None:
    """Half a container is no order."""
    offer = Worth(np.ones(1), np.array([[5.0, 4.0, 3.0]]))
    order = (SupplierOrder(np.array([0]), is_whole=True),)
    for budget, wanted in ((2.9, 0.0), (3.0, 3.0)):
        bought = share_out([3.0], offer, (Limit("budget", np.ones(1), most=budget),), order)
        assert bought.tolist() == [wanted]
