"""In a replay with deliveries orders come late and short, the same for all, and no unit is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.evaluate.deliveries import PastDeliveries
from onhand.evaluate.replay import Window, replay
from onhand.inventory.costs import Costs
from onhand.inventory.lead_times import fit_delivered
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.supply_odds import SupplyOdds, draw_worlds
from onhand.inventory.terms import SupplyTerms

ODDS = SupplyOdds(
    np.zeros(1, dtype=np.int64),
    np.array([[0.0, 0.5, 0.25, 0.25]]),
    [fit_delivered([0.5, 1.0])],
    np.array([1]),
)


@dataclass(frozen=True)
class Scripted:
    """Orders what the forecast says for its first period; remembers what it was shown."""

    name: str = "scripted"
    shown: list[Situation] = field(default_factory=list)

    def horizon(self, terms: SupplyTerms) -> int:  # noqa: ARG002
        return 1

    def order(self, situation: Situation) -> NDArray[np.float64]:
        self.shown.append(situation)
        return situation.paths[:, :, 0].mean(axis=1, dtype=np.float64)


def window(
    orders: list[float], lead_time: list[int] | None, share: list[float] | None = None
) -> Window:
    """One stock point, 3 on hand, 1 known to come in the first period; lead time 1 planned."""
    n_samples, horizon = 8, 6
    supply = None
    if lead_time is not None:
        supply = PastDeliveries(
            np.array([lead_time]),
            np.array([share or [1.0] * len(lead_time)]),
            ODDS.kind,
            draw_worlds(ODDS, n_samples, np.random.default_rng(0)),
        )
    return Window(
        opening=Stock.of([3.0], [[1.0, 0.0]]),
        forecasts=[np.full((1, n_samples, horizon), q, dtype=np.float32) for q in orders],
        demand=np.array([[2.0] * len(orders)]),
        terms=SupplyTerms.of(1, n_series=1),
        costs=Costs.of(0.2, 1.0, n_series=1),
        supply=supply,
    )


def test_four_periods_worked_by_hand() -> None:
    """4 ordered before period 0 come in period 3 instead of 1, 6 ordered before period 1 half, on time.

    period | ordered before it | comes | demand | left | open at the review before it
         0 |                 4 |     1 |      2 |    2 |
         1 |                 6 |     0 |      2 |    0 | the 4
         2 |                 0 |     3 |      2 |    1 | the 6, and the 4, overdue
         3 |                 0 |     4 |      2 |    3 | the 4, overdue
    """
    buyer = Scripted()
    result = replay(buyer, window([4, 6, 0, 0], [3, 1, 1, 1], [1.0, 0.5, 1.0, 1.0]))
    assert result.orders.tolist() == [[4, 6, 0, 0]]
    assert result.arrivals.tolist() == [[1, 0, 3, 4]]
    assert result.on_hand.tolist() == [[2, 0, 1, 3]]
    on_order = [now.stock.on_order.tolist() for now in buyer.shown]
    assert on_order == [[1], [4], [10], [4]]
    # Where the terms expect it: due in the next period, or overdue and expected then.
    assert buyer.shown[2].stock.pipeline.tolist() == [[10, 0]]


def test_the_policy_sees_worlds_of_its_open_orders() -> None:
    """What is overdue comes in none of the periods that have passed; what is open comes in every world."""
    buyer = Scripted()
    replay(buyer, window([4, 0, 0, 0], [3, 1, 1, 1]))
    supply = [now.supply for now in buyer.shown]
    assert supply[0] is not None
    assert supply[0].arrivals[0, :, 0].tolist() == [1.0] * 8  # known from before the window
    assert supply[1] is not None
    assert (supply[1].arrivals[0].sum(axis=1) <= 4).all()
    assert len(set(supply[1].arrivals[0].argmax(axis=1).tolist())) > 1  # nobody knows when
    assert supply[3] is not None
    assert (supply[3].arrivals[0].argmax(axis=1) == 0).all()  # three periods are the longest


def test_sure_deliveries_are_those_of_the_terms() -> None:
    """Lead times as planned and whole: to the last bit the replay without deliveries."""
    orders = [4.0, 6.0, 0.0, 1.0, 3.0]
    plain = replay(Scripted(), window(orders, None))
    sure = replay(Scripted(), window(orders, [1] * 5))
    for name in ("orders", "arrivals", "served", "on_hand", "holding", "shortage"):
        np.testing.assert_array_equal(getattr(sure, name), getattr(plain, name))


def test_without_deliveries_the_policy_is_told_of_none() -> None:
    """No supply in the window: none in the situation."""
    buyer = Scripted()
    replay(buyer, window([1, 1], None))
    assert [now.supply for now in buyer.shown] == [None, None]


@settings(deadline=None, max_examples=30)
@given(
    orders=st.lists(st.integers(0, 9).map(float), min_size=6, max_size=6),
    lead_time=st.lists(st.integers(1, 3), min_size=6, max_size=6),
    share=st.lists(st.sampled_from([0.5, 1.0]), min_size=6, max_size=6),
)
def test_no_unit_is_lost_or_made(
    orders: list[float], lead_time: list[int], share: list[float]
) -> None:
    """At hand at first, and delivered: sold, on the shelf, or still on its way."""
    played = window(orders, lead_time, share)
    result = replay(Scripted(), played)
    assert result.closing is not None
    delivered = 4 + float(np.dot(orders, share))
    left = result.closing.on_hand.sum() + result.closing.on_order.sum()
    assert result.served.sum() + left == pytest.approx(delivered)


def test_another_policy_meets_the_same_luck() -> None:
    """Twice as much ordered comes in the same periods, twice as much of it."""
    lead_time, share = [3, 1, 2, 1, 1, 1], [1.0, 0.5, 1.0, 1.0, 0.5, 1.0]
    orders = [4.0, 2.0, 6.0, 0.0, 0.0, 0.0]
    once = replay(Scripted(), window(orders, lead_time, share))
    twice = replay(Scripted(), window([2 * q for q in orders], lead_time, share))
    np.testing.assert_allclose(twice.arrivals[:, 1:], 2 * once.arrivals[:, 1:])


def test_deliveries_that_do_not_fit_are_refused() -> None:
    """Of another length than the demand, or later than anybody is told."""
    played = window([1, 1, 1], [1, 1, 1])
    assert played.supply is not None
    with pytest.raises(ShapeError, match="supply has shape"):
        replace(played, supply=replace(played.supply, **_short(played.supply)))
    with pytest.raises(ShapeError, match="a lead time of 9"):
        replace(played.supply, lead_time=np.array([[9, 1, 1]]))


def _short(supply: PastDeliveries) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    return {"lead_time": supply.lead_time[:, :2], "share": supply.share[:, :2]}
