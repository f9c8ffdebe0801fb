"""The worth of the next unit, against adding it up world by world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.cover import shortfalls
from onhand.decide.replenish.marginal import MarginalValue, worth_of_steps
from onhand.decide.replenish.whole_order import Limit, fit_whole_order
from onhand.errors import ConfigError
from onhand.inventory.costs import Costs
from onhand.inventory.moves import place, serve_or_lose
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import known_supply
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def _situation(seed: int, n: int = 4, s: int = 50, h: int = 9) -> Situation:
    rng = np.random.default_rng(seed)
    lead = rng.integers(0, 3, n)
    return Situation(
        stock=Stock.of(rng.integers(0, 8, n), rng.integers(0, 4, (n, 4))),
        paths=rng.poisson(2.0, (n, s, h)).astype(np.float32),
        terms=SupplyTerms.of(lead, rng.integers(1, 4, n), n_series=n),
        costs=Costs.of(rng.uniform(0.05, 0.4, n), rng.uniform(1, 5, n), n_series=n),
    )


def _cost(situation: Situation, row: int, quantity: float, look_ahead: int) -> float:
    """Lost sales before the next order can come, and holding for the whole look ahead, played out."""
    lead = int(situation.terms.lead_time[row])
    review = int(situation.terms.review_period[row])
    one = slice(row, row + 1)
    samples = situation.paths[row]  # (S, H)
    wide = Stock.of(
        np.repeat(situation.stock.on_hand[one], len(samples)),
        np.pad(np.repeat(situation.stock.pipeline[one], len(samples), 0), ((0, 0), (0, 8))),
    )
    stock = place(wide, quantity, lead)
    money = 0.0
    for k in range(lead + max(review, look_ahead)):
        stock, flow = serve_or_lose(stock, samples[:, k])
        if lead <= k < lead + look_ahead:
            money += situation.costs.holding_cost[row] * flow.on_hand.mean()
        if lead <= k < lead + review:
            money += situation.costs.shortage_cost[row] * flow.short.mean()
    return float(money)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_worth_is_the_saving_of_one_more_unit(seed: int) -> None:
    """The difference in played-out cost between q and q + 1 units, for every q.

    Arrivals inside the cover can hide the saving of a unit (lost sales do not wait for them), so
    the played-out world has none there.
    """
    base = _situation(seed)
    pipeline = base.stock.pipeline * (np.arange(4) < base.terms.lead_time[:, None])
    situation = Situation(
        Stock.of(base.stock.on_hand, pipeline), base.paths, base.terms, base.costs
    )
    money = worth_of_steps(situation, look_ahead=5, n_steps=64)
    for row in range(4):
        costs = [_cost(situation, row, q, 5) for q in range(8)]
        np.testing.assert_allclose(money.worth[row, :7], -np.diff(costs), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_each_unit_is_worth_less_than_the_one_before(seed: int) -> None:
    """Concave, whatever the pipeline."""
    money = worth_of_steps(_situation(seed), look_ahead=5)
    assert (np.diff(money.worth, axis=1) <= 1e-9).all()


def test_steps_add_up_to_units() -> None:
    """A pack of three is worth its three units."""
    situation = _situation(3)
    single = worth_of_steps(situation, step=1.0, n_steps=60).worth
    packs = worth_of_steps(situation, step=3.0, n_steps=20).worth
    np.testing.assert_allclose(packs, single.reshape(4, 20, 3).sum(axis=2), atol=1e-9)


def test_one_period_and_one_look_is_the_newsvendor() -> None:
    """With R = 1 and J = 1 it orders the critical-ratio quantile of the shortfall."""
    rng = np.random.default_rng(0)
    situation = Situation(
        Stock.of([0.0], [[0.0, 0.0]]),
        rng.poisson(20.0, (1, 999, 3)).astype(np.float32),
        SupplyTerms.of(1, n_series=1),
        Costs.of(1.0, 4.0, n_series=1),
    )
    missing = shortfalls(situation, np.array([0]), 1, 1, "lost_sales")
    expected = np.quantile(missing, 0.8, method="inverted_cdf")
    assert MarginalValue(look_ahead=1).order(situation)[0] == expected


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), more=st.floats(1.0, 5.0))
def test_dearer_shortages_never_order_less(seed: int, more: float) -> None:
    """And dearer holding never more."""
    base = _situation(seed)
    dear = Costs(base.costs.holding_cost, base.costs.shortage_cost * more, base.costs.order_cost)
    policy = MarginalValue()
    order = policy.order(base)
    assert (policy.order(Situation(base.stock, base.paths, base.terms, dear)) >= order).all()
    assert (MarginalValue(holding_weight=more).order(base) <= order).all()


@pytest.mark.parametrize("is_uncertain", [False, True])
def test_what_is_left_over_is_charged_until_it_sells(is_uncertain: bool) -> None:
    """2 sell a period and 4 are there; the tenth unit sells in the middle of the 6th period from now.

    Of its time on the shelf the look ahead of 2 periods charges 2; the rest at 2 units a period, and
    never more than the longest time.
    """
    now = Situation(
        Stock.of([4.0], np.zeros((1, 1))),
        np.full((1, 3, 4), 2.0, dtype=np.float32),
        SupplyTerms.of(0, n_series=1),
        Costs.of(1.0, 0.0, n_series=1),
    )
    if is_uncertain:
        now = replace(now, supply=known_supply(now.stock, now.terms, n_samples=3, horizon=4))
    short = worth_of_steps(now, look_ahead=2, n_steps=40).worth[0]
    long = worth_of_steps(now, look_ahead=2, n_steps=40, until_sold=5.0).worth[0]
    waits = (4 + np.arange(40) + 0.5) / 2 - 2  # the middle of each unit, after the look ahead
    np.testing.assert_allclose(short - long, np.clip(waits, 0, 5), atol=0.03)
    assert (np.diff(long) <= 1e-9).all()


def test_a_slow_item_is_not_filled_up_for_a_minimum() -> None:
    """Days: 0.003 a day sell of one, 1 a day of two others; 300 of value at 10 each are asked for.

    Thirteen days of holding are the same for all; until they sell, 20 units of the slow one are years.
    """
    rng = np.random.default_rng(0)
    pace = np.array([0.003, 1.0, 1.0])
    now = Situation(
        Stock.of([1.0, 8.0, 0.0], np.zeros((3, 6))),
        rng.poisson(pace[:, None, None], (3, 200, 60)).astype(np.float32),
        SupplyTerms.of(5, review_period=7, n_series=3),
        Costs.of(10 * 0.25 / 365, 10.0, n_series=3),
    )
    offer = worth_of_steps(now, look_ahead=13, n_steps=128, until_sold=1000.0)
    value = Limit("minimum_value", np.full(3, 10.0), least=1000.0)
    order = fit_whole_order(np.array([0.0, 10.0, 18.0]), offer, (value,))
    assert order.quantity[0] == 0
    assert order.quantity.sum() == 100


@pytest.mark.parametrize("is_uncertain", [False, True])
def test_units_owed_are_worth_their_steps(is_uncertain: bool) -> None:
    """Seven owed and one wanted a period, of which the first is lost: 8 to order, all 8 earn the margin.

    Where demand is backordered the first period's is owed as well: 9.
    """
    now = Situation(
        Stock.of([0.0], [[0.0, 0.0]], [7.0]),
        np.ones((1, 4, 4), dtype=np.float32),
        SupplyTerms.of(1, n_series=1),
        Costs.of(0.01, 5.0, n_series=1),
    )
    if is_uncertain:
        now = replace(now, supply=known_supply(now.stock, now.terms, n_samples=4, horizon=4))
    for shortage, units in (("lost_sales", 8), ("backorder", 9)):
        money = worth_of_steps(now, look_ahead=2, n_steps=12, shortage=shortage)  # type: ignore[arg-type]
        assert (money.worth[0, :units] > 4.9).all()
        assert (money.worth[0, units:] <= 0).all()
        needed = shortfalls(now, np.array([0]), 1, 1, shortage)  # type: ignore[arg-type]
        assert needed[0].tolist() == [units] * 4


def test_nonsense_is_refused() -> None:
    """Each setting says what it must be."""
    with pytest.raises(ConfigError, match="holding_weight is 0"):
        MarginalValue(holding_weight=0)
    with pytest.raises(ConfigError, match="look_ahead is 0"):
        MarginalValue(look_ahead=0)
