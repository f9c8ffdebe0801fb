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


def suppliers(
    cost: np.ndarray, wanted: np.ndarray, share: float, fee: float = 0.0
) -> tuple[SupplierOrder, ...]:
    """Two suppliers of four lines; each asks for a share of what is wanted as a minimum value."""
    halves = (np.arange(4), np.arange(4, 8))
    return tuple(
        SupplierOrder(rows, (Limit("value", cost, share * float(cost[rows] @ wanted[rows])),), fee)
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


def in_packs(offer: Worth, packs: int) -> Worth:
    """The same offer pack by pack, where a step holds so many, all worth the same."""
    return Worth(offer.step / packs, np.repeat(offer.worth / packs, packs, axis=1))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), share=st.floats(0.05, 1.5), minimum=st.sampled_from([0, 0.4]))
def test_steps_of_several_packs_are_bought_pack_by_pack(
    seed: int, share: float, minimum: float
) -> None:
    """Very large orders are weighed in steps of several packs; what is ordered is as if it were in packs."""
    rng = np.random.default_rng(seed)
    coarse = Worth(np.full(4, 5.0), -np.sort(-rng.exponential(5.0, (4, 6)), axis=1))
    wanted = rng.integers(0, 31, 4).astype(float)
    cost, least = rng.uniform(1, 9, 4), np.ones(4)
    if minimum:
        least = np.minimum(rng.integers(1, 12, 4), np.maximum(wanted, 1))
    rows = np.arange(4)
    order = (SupplierOrder(rows, (Limit("value", cost, minimum * float(cost @ wanted)),)),)
    limit = (Limit("budget", cost, most=share * float(cost @ wanted)),)
    by_step = share_out(wanted, coarse, limit, order, line_least=least, pack=np.ones(4))
    by_pack = share_out(wanted, in_packs(coarse, 5), limit, order, line_least=least)
    np.testing.assert_array_equal(by_step, np.rint(by_step))
    assert cost @ by_step <= limit[0].most * (1 + 1e-6) + 1e-9
    assert share < 1 or (by_step == wanted).all()
    if minimum == 0:
        assert value(in_packs(coarse, 5), by_step, order) == pytest.approx(
            value(in_packs(coarse, 5), by_pack, order)
        )


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    low=st.floats(0, 300),
    more=st.floats(0, 200),
    share=st.floats(0, 1),
    fee=st.floats(0, 40),
)
def test_more_budget_never_earns_less(
    seed: int, low: float, more: float, share: float, fee: float
) -> None:
    """For packs that are worth something each, whatever the suppliers ask and an order costs."""
    offer, wanted, cost, least = drawn(seed)
    orders = suppliers(cost, wanted, share, fee)
    budgets = [b for b in (low, low + more) if b < cost @ wanted]  # all of it is not for choice
    earned = [
        value(
            offer,
            share_out(wanted, offer, (Limit("budget", cost, most=b),), orders, line_least=least),
            orders,
        )
        for b in budgets
    ]
    assert earned == sorted(earned) or np.ptp(earned) < 1e-6


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 100_000), shares=st.tuples(*[st.floats(0.1, 0.7)] * 3))
def test_more_budget_never_earns_less_where_room_is_scarce_too(
    seed: int, shares: tuple[float, float, float]
) -> None:
    """A pack that more money allows may not take the room of better ones; nor with more room."""
    rng = np.random.default_rng(seed)
    offer = Worth(np.ones(5), -np.sort(-rng.exponential(5.0, (5, 4)), axis=1))
    wanted = rng.integers(0, 5, 5).astype(float)
    cost, volume = rng.uniform(1, 9, (2, 5))
    orders = (SupplierOrder(np.arange(5)),)

    def earned(money: float, room: float) -> float:
        limits = (
            Limit("budget", cost, most=money * float(cost @ wanted)),
            Limit("space", volume, most=room * float(volume @ wanted)),
        )
        return value(offer, share_out(wanted, offer, limits, orders), orders)

    less, more = sorted(shares[:2])
    assert earned(more, shares[2]) >= earned(less, shares[2]) - 1e-6
    assert earned(shares[2], more) >= earned(shares[2], less) - 1e-6


@pytest.mark.parametrize(
    ("budget", "fee", "units"), [(500, 40, [50, 0]), (999, 40, [99, 0]), (60, 40, [0, 6])]
)
def test_an_order_that_does_not_fit_whole_is_bought_as_far_as_it_goes(
    budget: float, fee: float, units: list[float]
) -> None:
    """Worth 10 a pack and a fee, or 5 without: half of the money still buys the better one's packs.

    With money for six packs the fee of 40 leaves 20 of 60, and the free supplier's packs earn 30.
    """
    worth = np.vstack([np.linspace(10, 9.9, 100), np.full(100, 5.0)])
    orders = (SupplierOrder(np.array([0]), order_cost=fee), SupplierOrder(np.array([1])))
    limit = Limit("budget", np.full(2, 10.0), most=budget)
    bought = share_out([100.0, 100.0], Worth(np.ones(2), worth), (limit,), orders)
    assert bought.tolist() == units


def test_money_is_kept_rather_than_spent_on_packs_that_lose() -> None:
    """A tight budget buys the one pack that earns 9 and none of those that lose 1 each."""
    offer = Worth(np.ones(1), np.array([[9.0, -1.0, -1.0, -1.0]]))
    order = (SupplierOrder(np.array([0])),)
    for budget in (1.0, 2.0, 3.0):
        bought = share_out([4.0], offer, (Limit("budget", np.ones(1), most=budget),), order)
        assert bought.tolist() == [1.0]


def best_of_all(
    offer: Worth, cost: np.ndarray, budget: float, orders: tuple[SupplierOrder, ...]
) -> float:
    """What can be earned at most, every quantity of 0 to 3 of six lines tried."""
    every = np.array(list(np.ndindex(*[4] * len(cost))))
    is_possible = every @ cost <= budget + 1e-9
    earned = np.zeros(len(every))
    sums = np.concatenate([np.zeros((len(cost), 1)), np.cumsum(offer.worth, axis=1)], axis=1)
    for row in range(len(cost)):
        earned += sums[row, every[:, row]]
    for order in orders:
        spent = every[:, order.rows] @ cost[order.rows]
        is_possible &= (spent == 0) | (spent >= order.least[0].least - 1e-9)
        earned -= order.order_cost * (spent > 0)
    return float(earned[is_possible].max())


def test_orders_with_minima_and_fees_come_near_the_best_of_all_choices() -> None:
    """Within 2 % on average over 60 small shops, where single packs are a tenth of the budget."""
    gaps = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        offer = Worth(np.ones(6), -np.sort(-rng.exponential(5.0, (6, 3)), axis=1))
        cost = rng.uniform(1, 9, 6)
        orders = tuple(
            SupplierOrder(
                np.arange(a, a + 2),
                (Limit("value", cost, rng.uniform(0.2, 0.8) * 3 * float(cost[a : a + 2].sum())),),
                order_cost=rng.uniform(0, 6),
            )
            for a in (0, 2, 4)
        )
        budget = rng.uniform(0.3, 0.8) * 3 * float(cost.sum())
        limit = Limit("budget", cost, most=budget)
        bought = share_out(np.full(6, 3.0), offer, (limit,), orders)
        best = best_of_all(offer, cost, budget, orders)
        assert value(offer, bought, orders) <= best + 1e-6
        gaps.append(1 - value(offer, bought, orders) / best if best > 0 else 0.0)
    assert np.mean(gaps) < 0.02
    assert np.quantile(gaps, 0.9) < 0.06


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


@settings(max_examples=60, deadline=None)
@given(worth=st.floats(0.01, 99), size=st.floats(0.01, 99), least=st.integers(2, 9))
def test_a_least_order_comes_first_where_all_packs_are_worth_the_same(
    worth: float, size: float, least: int
) -> None:
    """The sum of equal worths per sum of sizes is, in floats, now and then below each of them."""
    limit = Limit("budget", np.full(1, size), most=(least - 0.5) * size)
    bought = share_out(
        [20.0], Worth(np.ones(1), np.full((1, 20), worth)), (limit,),
        (SupplierOrder(np.array([0])),), line_least=least,
    )  # fmt: skip
    assert bought.tolist() == [0.0]
