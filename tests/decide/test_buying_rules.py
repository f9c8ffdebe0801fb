"""Price breaks, containers and the choice of a supplier, in worlds whose answer is plain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.containers import FULL, Container, fit_containers
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.price_breaks import PriceLadder, raise_to_breaks
from onhand.decide.replenish.sourcing import landed_cost, missing
from onhand.decide.replenish.whole_order import Limit, fit_whole_order
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def per_period(units: float, price: float, hold: float, fee: float, rate: float) -> float:
    """Money for a period's goods, its share of an order, and half a lot on the shelf."""
    return rate * price + fee * rate / units + hold * units / 2


@settings(max_examples=100, deadline=None)
@given(
    q=st.integers(1, 60),
    start=st.integers(2, 120),
    cut=st.floats(0.01, 0.5),
    hold=st.floats(0.0, 0.05),
    fee=st.floats(0.0, 9.0),
)
def test_a_line_is_raised_when_its_lot_costs_less_per_period(
    q: int, start: int, cut: float, hold: float, fee: float
) -> None:
    """Against the two costs written out: lots as needed bought dear, or lots of the break."""
    ladder = PriceLadder(np.array([[0.0, float(start)]]), np.array([[2.0, 2.0 * (1 - cut)]]))
    terms = SupplyTerms.of(1, n_series=1)
    (got,) = raise_to_breaks(
        [float(q)], ladder, terms, mean_demand=3.0, holding_cost=hold, order_cost=fee
    )
    gain = per_period(q, 2.0, hold, fee, 3.0) - per_period(start, 2.0 * (1 - cut), hold, fee, 3.0)
    if abs(gain) > 1e-9:
        assert got == (start if q < start and gain > 0 else q)


def test_the_break_that_is_cheapest_per_week_wins_not_the_one_that_saves_most_at_once() -> None:
    """20 a week: lots of 100 at 0.90 cost 18.24 a week, lots of 500 at 0.88 cost 18.80.

    At once 500 units at 0.88 save 60 of their price, 100 at 0.90 save 10: that is no measure.
    """
    ladder = PriceLadder(np.array([[0.0, 100.0, 500.0]]), np.array([[1.0, 0.90, 0.88]]))
    hold, terms = 0.25 / 52, SupplyTerms.of(1, n_series=1)
    raised = raise_to_breaks([20.0], ladder, terms, mean_demand=20.0, holding_cost=hold)
    assert raised.tolist() == [100.0]


def test_nothing_is_raised_above_what_will_sell_in_time_or_from_nothing() -> None:
    """A cap is a cap, and no need makes no line."""
    ladder = PriceLadder(np.tile([0.0, 50.0], (2, 1)), np.tile([2.0, 0.5], (2, 1)))
    terms = SupplyTerms.of(1, n_series=2)
    raised = raise_to_breaks(
        [10.0, 0.0], ladder, terms, mean_demand=3, holding_cost=0.001, most=[40.0, 999.0]
    )
    assert raised.tolist() == [10.0, 0.0]


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.floats(4, 60), least=st.integers(1, 4))
def test_containers_are_full_or_not_sent(seed: int, size: float, least: int) -> None:
    """Nine tenths of whole containers, and each line's least, or nothing."""
    rng = np.random.default_rng(seed)
    offer = Worth(np.ones(5), -np.sort(-rng.normal(1.0, 3.0, (5, 12)), axis=1))
    steps = (offer.worth > 0).sum(axis=1)
    wanted = np.where(steps >= least, steps, 0).astype(float)
    volume = rng.uniform(0.2, 2, 5)
    box = Container((("container_volume", volume, size),), cost=1.0)

    def fit(limits: tuple[Limit, ...]) -> object:
        return fit_whole_order(wanted, offer, limits, line_least=float(least))

    order = fit_containers(wanted, box, fit)  # type: ignore[arg-type]
    filled = float(volume @ order.quantity) / size
    if order.quantity.any():
        n = np.ceil(filled - 1e-9)
        assert filled >= FULL * n - 1e-9
    assert ((order.quantity == 0) | (order.quantity >= least)).all()
    total = wanted + sum(order.increments.values(), np.zeros(5))
    np.testing.assert_allclose(order.quantity, total, atol=1e-9)


def offer(lead: int, hold: float = 0.01, on_hand: float = 0.0) -> Situation:
    """One item that sells 10 a period, for sure, from a supplier that takes `lead` periods."""
    paths = np.full((1, 4, 8), 10.0, dtype=np.float32)
    return Situation(
        Stock.of([on_hand], np.zeros((1, 8))),
        paths,
        SupplyTerms.of(lead, n_series=1),
        Costs.of(holding_cost=hold, shortage_cost=1.0, n_series=1),
    )


def total(situation: Situation, quantity: float, price: float) -> float:
    """Landed cost beside an offer at price 2."""
    found = landed_cost(
        missing(situation),
        situation.costs,
        np.array([quantity]),
        unit_cost=np.array([price]),
        least_unit_cost=np.array([2.0]),
        shortage_cost=np.ones(1),
    )
    return float(found.total[0])


def test_the_dear_and_fast_supplier_wins_only_when_the_shelf_is_empty() -> None:
    """Fast costs 0.5 more per unit: worth it against 20 lost sales, not with stock for the wait."""
    assert total(offer(0), 10, 2.5) < total(offer(2), 10, 2.0)
    assert total(offer(0, on_hand=30), 0, 2.5) > total(offer(2, on_hand=30), 0, 2.0)


@pytest.mark.parametrize("n_reviews", [1.0, 4.0])
def test_a_large_lot_is_held_until_it_is_sold(n_reviews: float) -> None:
    """10 a period for sure: lots of 500 lie 250 high on average, lots of 10 lie 5 high.

    A week of the first costs 25 times as much shelf, and a fiftieth of the order cost.
    """
    now = offer(1)
    costs = Costs.of(holding_cost=0.01, shortage_cost=1.0, n_series=1, order_cost=40.0)
    for quantity in (10.0, 500.0):
        found = landed_cost(
            missing(now),
            costs,
            np.array([quantity]),
            unit_cost=np.array([2.0]),
            least_unit_cost=np.array([1.9]),
            shortage_cost=np.ones(1),
            n_reviews=n_reviews,
        )
        assert found.shelf[0] == pytest.approx(n_reviews * 0.01 * quantity / 2, rel=1e-5)
        assert found.order[0] == pytest.approx(n_reviews * 40 * 10 / quantity)
        assert found.premium[0] == pytest.approx(n_reviews * 0.1 * 10)
        assert found.transit[0] == pytest.approx(n_reviews * 0.01 * 10)


@pytest.mark.parametrize("on_hand", [0.0, 10.0, 25.0])
def test_who_is_dearer_and_slower_never_wins(on_hand: float) -> None:
    """A dominated offer costs at least as much, whatever is on the shelf."""
    need = {lead: max(0.0, 10.0 * (lead + 1) - max(on_hand, 10.0 * lead)) for lead in (1, 3)}
    assert total(offer(1, on_hand=on_hand), need[1], 2.0) <= total(
        offer(3, on_hand=on_hand), need[3], 2.2
    )
