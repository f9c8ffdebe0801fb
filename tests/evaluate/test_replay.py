"""Replay plays the past by the rules of `onhand.inventory.moves`, and lets nobody see ahead."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.evaluate.replay import Window, replay, whole_units
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


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
    demand: list[list[float]],
    orders: list[float | None],
    lead_time: int = 1,
    review_period: int = 1,
    on_hand: float = 0.0,
    pipeline: tuple[float, ...] = (0.0,),
) -> Window:
    """One or more equal stock points; `orders` says what Scripted will order at each review."""
    n = len(demand)
    return Window(
        opening=Stock.of([on_hand] * n, [pipeline] * n),
        forecasts=[None if q is None else np.full((n, 1, 1), q, dtype=np.float32) for q in orders],
        demand=np.asarray(demand, dtype=np.float64),
        terms=SupplyTerms.of(lead_time, review_period, n_series=n),
        costs=Costs.of(0.2, 1.0, 5.0, n_series=n),
    )


def test_four_periods_worked_by_hand() -> None:
    """Lead time 2: what is ordered before period 0 is on the shelf in period 2, not before.

    period | arrives | demand | served | left | order placed before it
         0 |       1 |      4 |      4 |    0 | 5  (3 on hand, 1 due now)
         1 |       2 |      1 |      1 |    1 | 0
         2 |       5 |      9 |      6 |    0 | 7
         3 |       0 |      2 |      0 |    0 | 0
    """
    result = replay(
        Scripted(),
        window([[4, 1, 9, 2]], [5, 0, 7, 0], lead_time=2, on_hand=3, pipeline=(1, 2, 0)),
    )
    assert result.orders.tolist() == [[5, 0, 7, 0]]
    assert result.arrivals.tolist() == [[1, 2, 5, 0]]
    assert result.served.tolist() == [[4, 1, 6, 0]]
    assert result.on_hand.tolist() == [[0, 1, 0, 0]]
    assert result.holding.tolist() == [[0, 0.2, 0, 0]]
    assert result.shortage.tolist() == [[0, 0, 3, 2]]
    assert result.ordering.tolist() == [[5, 0, 5, 0]]
    assert result.total_cost == pytest.approx(15.2)
    assert result.fill_rate == pytest.approx(11 / 16)


def test_what_is_short_may_wait_instead() -> None:
    """Backorders: 2 owed after period 0 are delivered from the 3 that arrive in period 1."""
    played = window([[2, 0, 0]], [3, 0, 0], lead_time=1)
    waited = replay(Scripted(), played, shortage="backorder")
    assert waited.shortage.tolist() == [[2, 0, 0]]
    assert waited.on_hand.tolist() == [[0, 1, 1]]
    assert replay(Scripted(), played).on_hand.tolist() == [[0, 3, 3]]


def test_nobody_orders_where_there_is_no_review() -> None:
    """None as forecast: no review; a review period of 2: every other period."""
    assert replay(Scripted(), window([[0] * 4], [1, None, 1, 1])).orders.tolist() == [[1, 0, 1, 1]]
    every_other = window([[0] * 4], [1, 1, 1, 1], review_period=2)
    assert replay(Scripted(), every_other).orders.tolist() == [[1, 0, 1, 0]]


def test_stock_points_keep_their_own_review_period() -> None:
    """One reviewed every period, one every third; the policy sees only who is reviewed."""
    both = window([[0] * 4, [0] * 4], [1] * 4)
    both = replace(both, terms=SupplyTerms.of(1, [1, 3], n_series=2))
    policy = Scripted()
    assert replay(policy, both).orders.tolist() == [[1, 1, 1, 1], [1, 0, 0, 1]]
    assert [len(s.paths) for s in policy.shown] == [2, 1, 1, 2]


def test_the_policy_cannot_see_the_demand_that_will_judge_it() -> None:
    """Other demand from period 2 on: every order up to the review before 2 stays the same."""
    known = window([[3, 1, 4, 1]], [2, 7, 1, 8], on_hand=5)
    other = replace(known, demand=np.array([[3.0, 1.0, 99.0, 99.0]]))
    first, second = Scripted(), Scripted()
    replay(first, known)
    replay(second, other)
    for a, b in zip(first.shown[:3], second.shown[:3], strict=True):
        assert np.array_equal(a.stock.on_hand, b.stock.on_hand)
        assert np.array_equal(a.paths, b.paths)
    assert not np.array_equal(first.shown[3].stock.on_hand, second.shown[3].stock.on_hand)


def test_we_decide_by_one_set_of_costs_and_are_judged_by_another() -> None:
    """The policy is told that a lost sale costs 9; the score still charges 1."""
    played = window([[1.0]], [0.0])
    told = Costs.of(0.5, 9.0, n_series=1)
    policy = Scripted()
    result = replay(policy, played, decide_costs=told)
    assert policy.shown[0].costs is told
    assert result.shortage.tolist() == [[1.0]]


def test_unknown_demand_charges_no_shortage() -> None:
    """Nobody knows what was wanted in period 1: stock is held, nothing is lost."""
    result = replay(Scripted(), window([[0, np.nan, 3]], [0, 0, 0], on_hand=2))
    assert result.shortage.tolist() == [[0, 0, 1]]
    assert result.holding.tolist() == [pytest.approx([0.4, 0.4, 0])]


def test_periods_before_the_first_scored_one_are_played_and_not_counted() -> None:
    """VN2 counts from week 3: no order could change the weeks before."""
    played = replace(window([[1, 1, 1]], [0, 0, 0]), first_scored=2)
    result = replay(Scripted(), played)
    assert result.cost.sum() == 3
    assert result.total_cost == 1
    assert result.cost_by_series.tolist() == [1]


def test_needs_become_quantities_that_can_be_ordered() -> None:
    """`round_to` is applied to what the policy asks for."""
    result = replay(Scripted(), window([[0, 0, 0]], [0.4, 0.5, 2.6]), round_to=whole_units)
    assert result.orders.tolist() == [[0, 1, 3]]


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    lead_time=st.integers(0, 3),
    shortage=st.sampled_from(["lost_sales", "backorder"]),
)
def test_units_are_neither_made_nor_lost(seed: int, lead_time: int, shortage: str) -> None:
    """Opening + arrivals - delivered = left; and every order arrives `lead_time` periods later."""
    rng = np.random.default_rng(seed)
    demand = rng.poisson(2.0, (3, 8)).astype(float)
    played = window(
        demand.tolist(), [*rng.poisson(2.0, 8)], lead_time, on_hand=4.0, pipeline=(1.0, 0.0, 3.0)
    )
    result = replay(Scripted(), played, shortage=shortage)  # type: ignore[arg-type]
    if shortage == "lost_sales":
        left = 4 + (result.arrivals - result.served).sum(axis=1)
        assert left == pytest.approx(result.on_hand[:, -1])
    opening = np.zeros((3, 8))
    opening[:, :3] = (1, 0, 3)
    on_time = np.zeros((3, 8))
    on_time[:, lead_time:] = result.orders[:, : 8 - lead_time]
    assert result.arrivals == pytest.approx(opening + on_time)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), more=st.integers(1, 5))
def test_with_the_same_orders_more_opening_stock_never_loses_more_sales(
    seed: int, more: int
) -> None:
    """More on the shelf at the start is never worse for service."""
    rng = np.random.default_rng(seed)
    demand = rng.poisson(3.0, (2, 6)).astype(float).tolist()
    orders = [*rng.poisson(2.0, 6)]
    poorer = replay(Scripted(), window(demand, orders, on_hand=1.0))
    richer = replay(Scripted(), window(demand, orders, on_hand=1.0 + more))
    assert richer.shortage.sum() <= poorer.shortage.sum()


def test_a_window_that_does_not_fit_itself_says_so() -> None:
    """Two forecasts for three periods; other stock points in the terms; nothing left to score."""
    good = window([[1, 1, 1]], [1, 1, 1])
    with pytest.raises(ShapeError, match="2 forecasts for 3 periods"):
        replace(good, forecasts=good.forecasts[:2])
    with pytest.raises(ShapeError, match="terms has 2 stock points"):
        replace(good, terms=SupplyTerms.of(1, n_series=2))
    with pytest.raises(ShapeError, match="first_scored is 3"):
        replace(good, first_scored=3)


def test_what_is_left_is_charged_until_it_would_be_sold() -> None:
    """6 units left, sold at 2 per period, stand 6 * 3 / 2 = 9 unit-periods; unsold ones a year."""
    window = Window(
        opening=Stock.of([6.0, 6.0], np.zeros((2, 1))),
        forecasts=[None],
        demand=np.zeros((2, 1)),
        terms=SupplyTerms.of(0, n_series=2),
        costs=Costs.of(0.5, 1.0, n_series=2),
    )
    free = replay(Nothing(), window)
    charged = replay(Nothing(), replace(window, rate_after=np.array([2.0, 0.0])))
    np.testing.assert_allclose(charged.cost - free.cost, [[0.5 * 9], [0.5 * 6 * 52]])
    with pytest.raises(ShapeError, match="rate_after"):
        replace(window, rate_after=np.ones(3))


class Nothing:
    """Never orders."""

    name = "nothing"

    def horizon(self, terms: SupplyTerms) -> int:  # noqa: ARG002
        return 1

    def order(self, situation: Situation) -> np.ndarray:
        return np.zeros(len(situation.paths))


def test_an_order_waits_for_the_end_of_a_closure() -> None:
    """Placed before period 1, while the supplier is closed for two periods more: there in period 4, not 2.

    The policy is told so: an order before period 1 has to last from 4 to 5, when the next one can be there.
    """
    shut = window([[0.0] * 6], [1.0, 5.0, None, None, None, None], lead_time=1)
    waits = SupplyTerms.of(3, 2, n_series=1)
    policy = Scripted()
    played = replay(policy, replace(shut, timing=[None, waits, None, None, None, None]))
    assert played.arrivals.tolist() == [[0.0, 1.0, 0.0, 0.0, 5.0, 0.0]]
    assert [s.terms.lead_time.tolist() for s in policy.shown] == [[1], [3]]
    assert [s.terms.review_period.tolist() for s in policy.shown] == [[1], [2]]
    with pytest.raises(ShapeError, match="2 timings for 6 periods"):
        replace(shut, timing=[None, waits])
