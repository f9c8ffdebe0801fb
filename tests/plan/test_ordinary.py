"""The ordinary buyer's shelf: full where sales are steady, from the past alone, nothing lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data import Frequency, Panel
from onhand.demand import believe
from onhand.inventory.terms import SupplyTerms
from onhand.plan.ordinary import cover_stock, ordinary_stock, recent_mean


def test_steady_sales_leave_the_cover_minus_one_period() -> None:
    """Topping up to 4 weeks of 5 a week, the position after a week's sale is 15; one order of 5 is due."""
    history = believe(Panel.of(np.full((1, 30), 5.0), frequency=Frequency.WEEK))
    stock = ordinary_stock(history, SupplyTerms.of(lead_time=1, n_series=1), periods=4)
    assert stock.inventory_position.tolist() == [15.0]
    assert stock.pipeline.tolist() == [[5.0, 0.0]]


def test_the_future_does_not_reach_it() -> None:
    """What sells later changes nothing about the stock at an origin."""
    rng = np.random.default_rng(0)
    sales = rng.poisson(3, (4, 40)).astype(float)
    other = sales.copy()
    other[:, 25:] = 99
    terms = SupplyTerms.of(lead_time=2, n_series=4)
    a, b = (
        ordinary_stock(believe(Panel.of(s, frequency=Frequency.WEEK).until(25)), terms, 6)
        for s in (sales, other)
    )
    np.testing.assert_array_equal(a.on_hand, b.on_hand)
    np.testing.assert_array_equal(a.pipeline, b.pipeline)


def test_a_cover_shorter_than_the_wait_is_lengthened() -> None:
    """Nobody tops up to less than what sells until goods can come."""
    history = believe(Panel.of(np.full((1, 30), 5.0), frequency=Frequency.WEEK))
    stock = ordinary_stock(history, SupplyTerms.of(lead_time=3, n_series=1), periods=1)
    assert stock.inventory_position.tolist() == [15.0]


def test_unknown_demand_is_not_zero_demand() -> None:
    """The mean is over known periods; a series without any has none."""
    panel = Panel.of([[4.0, np.nan, 2.0], [np.nan, np.nan, np.nan]])
    assert recent_mean(believe(panel), 3).tolist() == [3.0, 0.0]


@pytest.mark.parametrize("n_past", [1, 2])
def test_the_shortest_past_still_gives_a_stock(n_past: int) -> None:
    """One period is enough to fill a shelf."""
    history = believe(Panel.of(np.full((1, n_past), 2.0)))
    assert ordinary_stock(history, SupplyTerms.of(0, n_series=1), 3).on_hand[0] >= 4


def test_cover_stock_is_whole_units() -> None:
    """A shelf holds no half units."""
    history = believe(Panel.of([[1.0, 0.0, 0.0]]))
    stock = cover_stock(history, SupplyTerms.of(lead_time=1, n_series=1), 2)
    assert stock.on_hand.tolist() == [1.0]
