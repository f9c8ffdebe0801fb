"""The classical policies on paths: each against the book's formula, or against trying everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from onhand.decide.replenish.capped_base_stock import CappedBaseStock
from onhand.decide.replenish.look_ahead import LookAhead
from onhand.decide.replenish.mean_plus_errors import MeanPlusErrors
from onhand.decide.replenish.min_max import MinMax
from onhand.decide.replenish.newsvendor import Newsvendor
from onhand.decide.replenish.order_up_to import OrderUpToQuantile
from onhand.decide.replenish.power_approximation import PowerApproximation
from onhand.decide.replenish.projected import ProjectedInventory
from onhand.decide.replenish.reorder_point import ReorderPointQuantity
from onhand.errors import ConfigError
from onhand.inventory.costs import Costs
from onhand.inventory.formulas.eoq import economic_order_quantity
from onhand.inventory.formulas.min_max import power_approximation
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def normal_item(
    position: float,
    *,
    order_cost: float = 0.0,
    lead_time: int = 0,
    mean: float = 50.0,
    sd: float = 8.0,
) -> Situation:
    """Independent normal demand, by evenly spread quantiles shuffled anew in every period."""
    rng = np.random.default_rng(0)
    even = norm.ppf((np.arange(4000) + 0.5) / 4000, mean, sd)
    paths = np.stack([rng.permutation(even) for _ in range(lead_time + 8)], axis=1)
    return Situation(
        Stock.of([position], [[0.0] * (lead_time + 1)]),
        paths[None].astype(np.float32),
        SupplyTerms.of(lead_time, n_series=1),
        Costs.of(0.18, 0.70, order_cost, n_series=1),
    )


def test_min_max_orders_the_economic_lot_on_top() -> None:
    """At the reorder point exactly the economic lot; a unit above it nothing."""
    item = normal_item(0.0, order_cost=2.5)
    s = float(OrderUpToQuantile(0.9).order(item)[0])
    lot = economic_order_quantity(2.5, 0.18, 50.0).order_quantity
    at, above = normal_item(s, order_cost=2.5), normal_item(s + 1, order_cost=2.5)
    assert MinMax(0.9).order(at)[0] == pytest.approx(lot, rel=1e-3)
    assert MinMax(0.9).order(above)[0] == 0.0


def test_min_max_without_order_cost_is_base_stock() -> None:
    """s = S."""
    item = normal_item(13.0)
    assert MinMax(0.8).order(item) == pytest.approx(OrderUpToQuantile(0.8).order(item))


def test_power_approximation_gives_the_books_numbers() -> None:
    """Snyder & Shen (2019), example with K = 2.5, h = 0.18, p = 0.70, N(50, 8²): (40.19, 74.29)."""
    item = normal_item(0.0, order_cost=2.5)
    policy = PowerApproximation()
    s, up_to = (float(x[0]) for x in policy.levels(item))
    book = power_approximation(2.5, 0.18, 0.70, 50, 8)
    base = 50 + 8 * norm.ppf(0.70 / 0.88)  # the paper's second step: the lot is below 1.5 means
    assert s == pytest.approx(min(book.reorder_point, base), abs=0.05)
    assert up_to == pytest.approx(min(book.order_up_to_level, base), abs=0.05)
    costly = normal_item(0.0, order_cost=60.0, lead_time=2)
    book = power_approximation(60.0, 0.18, 0.70, 50, 8, lead_time=2)
    s, up_to = (float(x[0]) for x in policy.levels(costly))
    assert s == pytest.approx(book.reorder_point, rel=5e-3)
    assert up_to == pytest.approx(book.order_up_to_level, rel=5e-3)


def test_lots_come_whole_and_as_few_as_do() -> None:
    """r - position = 23 in lots of 10: three; the supplier's own lot where none is given."""
    item = normal_item(0.0)
    r = float(OrderUpToQuantile(0.9).order(item)[0])
    missing_23 = normal_item(r - 23)
    assert ReorderPointQuantity(0.9, lot=10.0).order(missing_23).tolist() == [30.0]
    of_six = replace(missing_23, terms=SupplyTerms.of(0, pack_size=6, n_series=1))
    assert ReorderPointQuantity(0.9).order(of_six).tolist() == [24.0]
    assert ReorderPointQuantity(0.9, lot=10.0).order(normal_item(r)).tolist() == [0.0]


def test_a_cap_takes_the_peak_off() -> None:
    """An empty shelf with a lead time of 2 asks for three periods' demand at once; a cap does not."""
    item = normal_item(0.0, lead_time=2)
    free = OrderUpToQuantile(0.9).order(item)
    assert free[0] > 150
    assert CappedBaseStock(0.9, cap=1.5).order(item)[0] == pytest.approx(75.0, rel=1e-3)
    assert CappedBaseStock(0.9, cap=10.0).order(item) == pytest.approx(free)


def test_mean_absolute_errors_are_four_fifths_of_a_deviation() -> None:
    """k MAE = k √(2/π) σ √(L + R) for normal demand."""
    item = normal_item(0.0, lead_time=3)
    expected = 200 + 2 * np.sqrt(2 / np.pi) * 8 * 2
    assert MeanPlusErrors(2.0).order(item)[0] == pytest.approx(expected, rel=5e-3)


def test_a_season_of_one_review_is_the_projection() -> None:
    """And a longer one covers all of it at the critical ratio."""
    item = normal_item(20.0, lead_time=1)
    once = ProjectedInventory(0.8).order(item)
    assert Newsvendor(0.8, season=1).order(item) == pytest.approx(once)
    whole = 150 + 8 * np.sqrt(3) * norm.ppf(0.8)
    empty = normal_item(0.0)
    assert Newsvendor(0.8, season=3).order(empty)[0] == pytest.approx(whole, rel=5e-3)


def test_a_season_lasts_as_long_where_supply_is_uncertain() -> None:
    """Worlds of supply that keep every promise: three periods are covered, as without them."""
    item = normal_item(20.0, lead_time=1)
    n_worlds, horizon = item.paths.shape[1:]
    lead_time = np.ones((1, n_worlds), dtype=np.int64)
    none_open = np.zeros((1, n_worlds, horizon), dtype=np.float32)
    told = replace(item, supply=SupplyPaths(none_open, lead_time, lead_time + 1))
    policy = Newsvendor(0.8, season=3)
    assert policy.order(told) == pytest.approx(policy.order(item), rel=1e-5)
    assert policy.order(told)[0] > 2 * Newsvendor(0.8, season=1).order(told)[0]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_looking_one_period_ahead_is_the_newsvendor(seed: int) -> None:
    """No lead time, one period: the least q with P(D <= q) >= p / (p + h)."""
    demand = np.random.default_rng(seed).poisson(6, (1, 40, 2)).astype(np.float32)
    item = Situation(
        Stock.of([0.0], [[0.0]]),
        demand,
        SupplyTerms.of(0, n_series=1),
        Costs.of(0.3, 1.0, n_series=1),
    )
    ordered = np.sort(demand[0, :, 0])
    best = ordered[int(np.ceil(1.0 / 1.3 * 40 - 1e-9)) - 1]
    assert LookAhead(0.7, look_ahead=1).order(item).tolist() == [best]


@pytest.mark.parametrize("shortage", ["lost_sales", "backorder"])
def test_looking_ahead_finds_what_trying_by_hand_finds(shortage: str) -> None:
    """Two worlds, every order from 0 to 30, period by period in plain Python."""
    rng = np.random.default_rng(4)
    paths = rng.poisson(4, (1, 6, 9)).astype(np.float32)
    item = Situation(
        Stock.of([3.0], [[2.0, 0.0, 1.0]]),
        paths,
        SupplyTerms.of(2, 1, n_series=1),
        Costs.of(0.4, 1.5, 2.0, n_series=1),
    )
    policy = LookAhead(0.6, look_ahead=4, shortage=shortage)
    levels = [_level(paths[0], r, 3, 0.6) for r in range(1, 6)]
    book = {0: 2.0, 2: 1.0}
    costs = [
        np.mean([_by_hand(d, q, levels, 3.0, book, 2, (0.4, 1.5, 2.0), shortage) for d in paths[0]])
        for q in range(31)
    ]
    assert policy.order(item)[0] == float(np.argmin(costs))


def test_a_rollout_can_order_more_with_more_on_hand() -> None:
    """Why the law that holds for every other policy cannot be asked of this one: by hand.

    Whatever is ordered now, the rule that follows fills up to the same level, so the cost of an order
    has more than one valley, and one more unit on the shelf can make another valley the deepest.
    """
    paths = np.array(
        [[[1, 2, 1, 1, 3, 1], [3, 0, 1, 3, 3, 1], [0, 1, 0, 2, 3, 0], [2, 0, 2, 1, 1, 1]]],
        dtype=np.float32,
    )
    levels = [_level(paths[0], r, 2, 0.7) for r in range(1, 5)]

    def ordered(on_hand: float) -> float:
        item = Situation(
            Stock.of([on_hand], [[0.0, 0.0]]),
            paths,
            SupplyTerms.of(1, 1, n_series=1),
            Costs.of(0.2, 1.0, n_series=1),
        )
        order = float(LookAhead(0.7, look_ahead=4).order(item)[0])
        costs = [
            np.mean([_by_hand(d, q, levels, on_hand, {}, 1, (0.2, 1.0, 0.0)) for d in paths[0]])
            for q in range(11)
        ]
        assert order == float(np.argmin(np.round(costs, 9)))
        return order

    assert (ordered(2.0), ordered(3.0)) == (0.0, 1.0)


def _level(paths: np.ndarray, start: int, n_periods: int, quantile: float) -> float:
    wanted = np.sort(paths[:, start : start + n_periods].sum(axis=1))
    return float(wanted[int(np.ceil(quantile * len(wanted))) - 1])


def _by_hand(
    demand: np.ndarray,
    first: int,
    levels: list[float],
    on_hand: float,
    book: dict[int, float],
    lead_time: int,
    costs: tuple[float, float, float],
    shortage: str = "lost_sales",
) -> float:
    """What one order costs in one world over the four periods from its arrival on."""
    hold, gain, per_order = costs
    due = {**book, lead_time: book.get(lead_time, 0.0) + first}
    end = lead_time + 4
    shelf, waits, total = on_hand, 0.0, per_order * (first > 0)
    position = on_hand + sum(due.values())
    for t in range(end):
        shelf += due.get(t, 0.0)
        shelf, waits = max(0.0, shelf - waits), max(0.0, waits - shelf)
        served = min(shelf, float(demand[t]))
        short = float(demand[t]) - served
        shelf -= served
        position -= served
        if shortage == "backorder":
            waits += short
            position -= short
        if t >= lead_time:
            total += hold * shelf + gain * (short if shortage == "lost_sales" else waits)
        arrives = t + 1 + lead_time
        more = levels[min(t, len(levels) - 1)] - position
        if more > 0 and arrives < end:
            due[arrives] = due.get(arrives, 0.0) + more
            position += more
            total += per_order
    return total


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: CappedBaseStock(0.9, cap=0.5), "cap is 0.5"),
        (lambda: ReorderPointQuantity(0.9, lot=0.0), "lot is 0.0"),
        (lambda: Newsvendor(0.9, season=0), "season is 0"),
        (lambda: LookAhead(0.9, look_ahead=0), "look_ahead is 0"),
        (lambda: MeanPlusErrors(-1.0), "multiple is -1"),
    ],
)
def test_nonsense_numbers_are_refused_when_built(build, message: str) -> None:
    """Not from the middle of a replay."""
    with pytest.raises(ConfigError, match=message):
        build()
